"""What people decide: only what is there, wants it and would count is recorded, and once."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.entries import raw, tamper
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, A, F, N, R, X
from reporter.errors import LedgerUnusable, NotPublicSafe, UsageFault
from reporter.jobs.answers import (
    Prepared,
    Signature,
    acknowledge,
    approve_retry,
    close_recovery,
    open_recovery,
    plan_retries,
    record_answer,
    record_plans,
    sign,
    stored,
)
from reporter.jobs.answers.finding import MOST_LISTED
from reporter.jobs.loops import states_of
from reporter.jobs.records import open_settings_ledger
from reporter.ledger import verify_ledger
from reporter.loops.loop import Loop
from reporter.loops.routes import LoopStates
from reporter.model.routes import GateState, RecoveryState, RouteOutcome, RouteState
from reporter.settings import load_settings
from reporter.settings_model import Settings

SIGNED = Signature("lead", "it is planned", "CHG-1", NOW + DAY)
PILOT = "pilot"


class World:
    """Settings with two environments that read the same evidence, and a ledger of their own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.extra = ""
        self.tell()

    def tell(self, *records: make.RecordValue) -> None:
        """Let the evidence be these records."""
        (self.directory / "evidence.jsonl").write_bytes(b"".join(make.raw(one) + b"\n" for one in records))

    @property
    def settings(self) -> Settings:
        text = f'[environments.pilot]\nrecords = ["evidence.jsonl"]\n{self.extra}\n'
        text += '[environments.other]\nrecords = ["evidence.jsonl", "ledger"]\n'
        (self.directory / "reporter.toml").write_text(text, encoding="utf-8")
        settings, _ = load_settings(str(self.directory / "reporter.toml"), {})
        return settings

    def states(self, now: datetime = NOW, environment: str = PILOT) -> LoopStates:
        return states_of(self.settings, environment, now).states

    def route(self, now: datetime = NOW, environment: str = PILOT) -> RouteState:
        (route,) = self.states(now, environment).routes
        return route

    def recovery(self, now: datetime = NOW) -> RecoveryState:
        return self.states(now).recoveries[-1]

    def ack(  # noqa: PLR0913
        self,
        loop: Loop,
        subject: str,
        state: str = "",
        *,
        now: datetime = NOW,
        plan_id: str = "",
        by: Signature = SIGNED,
        provider: str = "slack",
    ) -> Prepared:
        return acknowledge(self.settings, PILOT, now, (loop.word, subject, provider), state, plan_id, by)

    def approve(
        self, loop: Loop, subject: str, state: str = "approved", *, now: datetime = NOW, by: Signature = SIGNED
    ) -> Prepared:
        return approve_retry(self.settings, PILOT, now, (loop.word, subject, "slack"), state, by)

    def open(self, provider: str = "slack", *, now: datetime = NOW, by: Signature = SIGNED) -> Prepared:
        return open_recovery(self.settings, PILOT, now, provider, by)

    def close(
        self, state: str, *refs: str, now: datetime = NOW + MINUTE, playbook: str = "", by: Signature = SIGNED
    ) -> Prepared:
        return close_recovery(self.settings, PILOT, now, "slack", playbook, state, refs, by)

    def record(self, prepared: Prepared) -> bool:
        return record_answer(self.settings, prepared)

    def rows(self) -> list[dict[str, Any]]:
        with open_settings_ledger(self.settings, write=False) as ledger:
            assert verify_ledger(ledger) == []
            return [json.loads(row.payload) for row in ledger.read()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def planned(**more: Any) -> make.RecordValue:  # noqa: ANN401 - JSON is untyped
    return make.plan(N, NOW - HOUR, "monthly", rid="gordn-1", **more)


def failed(count: int = 1) -> list[make.RecordValue]:
    """Fail an audit package so many times, the last an hour ago."""
    return [
        make.delivery(A, NOW - HOUR * at, "audit-1", failed=["slack"], rid=f"rcd-{at}") for at in range(count, 0, -1)
    ]


def accepted(at: datetime = NOW - 30 * MINUTE) -> make.RecordValue:
    return make.acknowledgement(A, at, "audit-1", state="accepted", by="auditor")


# Answers


def test_answer_counts_once_it_is_recorded_and_not_before(world: World) -> None:
    world.tell(planned())
    prepared = world.ack(N, "monthly")
    assert (prepared.repeats, prepared.changes) == (
        False,
        ("state: outstanding -> acknowledged (counts as an answer)",),
    )
    assert world.route().acknowledgement.outstanding
    assert world.record(prepared)
    answered = world.route().acknowledgement
    assert (answered.state, answered.by, answered.external_ref, answered.outstanding) == (
        "acknowledged", "lead", "CHG-1", False,
    )  # fmt: skip
    (row,) = world.rows()
    assert (row["environment"], row["created_at"]) == (PILOT, "2026-06-11T15:40:00Z")
    assert row["recorded_at"] == "2026-06-12T15:40:00Z", "the wall clock shows that it was dated back"
    assert row["acknowledgement"]["plan_id"] == "gordn-1"
    assert row["acknowledgement"]["notes"] == "it is planned"


def test_answer_of_one_environment_counts_in_no_other(world: World) -> None:
    world.tell(planned())
    world.record(world.ack(N, "monthly"))
    assert not world.route(environment=PILOT).acknowledgement.outstanding
    # This one reads the whole ledger.
    assert world.route(environment="other").acknowledgement.outstanding


@pytest.mark.parametrize("later", [timedelta(0), 5 * MINUTE], ids=["same moment", "later"])
def test_same_answer_again_is_the_same_record(world: World, later: timedelta) -> None:
    world.tell(planned())
    first = world.ack(N, "monthly")
    twin = world.ack(N, "monthly")
    assert world.record(first)
    assert not world.record(twin), "two calls at once"
    again = world.ack(N, "monthly", now=NOW + later)
    assert (again.repeats, again.record_id) == (True, first.record_id)
    assert len(world.rows()) == 1


def test_answer_that_is_dated_ahead_blocks_none_that_counts(world: World) -> None:
    world.tell(planned())
    ahead = NOW + 30 * DAY
    assert world.record(world.ack(N, "monthly", now=ahead))
    assert world.route().acknowledgement.outstanding
    given = world.ack(N, "monthly")
    assert not given.repeats
    assert world.record(given)
    assert not world.route().acknowledgement.outstanding
    assert world.ack(N, "monthly", now=NOW + MINUTE).record["created_at"] == "2026-06-11T15:40:00Z"


def test_recovery_that_is_opened_ahead_blocks_none_that_counts(world: World) -> None:
    assert world.record(world.open(now=NOW + 30 * DAY))
    assert world.record(world.open())
    assert not world.recovery().closed


def test_decision_is_shown_as_it_was_recorded(world: World) -> None:
    world.tell(planned())
    first, twin = world.ack(N, "monthly"), world.ack(N, "monthly", now=NOW + MINUTE)
    world.record(first)
    assert not world.record(twin)
    assert (stored(world.settings, twin).record, stored(world.settings, twin).repeats) == (first.record, True)


def test_same_words_in_the_next_cycle_are_another_answer(world: World) -> None:
    world.tell(planned(next_due_at="2026-06-20T15:40:00Z"))
    first = world.ack(N, "monthly")
    world.record(first)
    later = NOW + 30 * DAY
    world.tell(planned(), make.plan(N, later - HOUR, "monthly", rid="gordn-2", next_due_at="2026-07-20T15:40:00Z"))
    second = world.ack(N, "monthly", now=later)
    assert (second.repeats, second.record_id == first.record_id) == (False, False)
    assert world.record(second)
    assert not world.route(later).acknowledgement.outstanding


def test_answer_after_it_was_taken_back_is_another_one(world: World) -> None:
    world.tell(planned())
    for minutes, state in enumerate(["acknowledged", "escalated", "acknowledged"]):
        now = NOW + minutes * MINUTE
        prepared = world.ack(N, "monthly", state, now=now)
        assert world.record(prepared)
        assert world.route(now).acknowledgement.outstanding is (state == "escalated")
    assert len(world.rows()) == 3


def test_answer_that_somebody_else_took_back_is_another_one(world: World) -> None:
    world.tell(planned())
    world.record(world.ack(N, "monthly"))
    world.tell(planned(), make.acknowledgement(N, NOW + MINUTE, "monthly", state="escalated"))
    again = world.ack(N, "monthly", now=NOW + 2 * MINUTE)
    assert not again.repeats
    world.record(again)
    assert not world.route(NOW + 2 * MINUTE).acknowledgement.outstanding


def test_answer_may_go_on_from_acknowledged_to_resolved(world: World) -> None:
    world.tell(planned())
    world.record(world.ack(N, "monthly"))
    world.record(world.ack(N, "monthly", "Resolved", now=NOW + MINUTE))
    assert world.route(NOW + MINUTE).acknowledgement.state == "resolved"


def test_loop_and_provider_may_be_spelt_as_people_do(world: World) -> None:
    world.tell(planned())
    found = acknowledge(world.settings, PILOT, NOW, ("Drill-Notification", "monthly", "Slack"), "", "gordn-1", SIGNED)
    assert found.about == "acknowledgement of drill_notification monthly -> slack"


def test_retry_plan_is_accepted_by_default_and_named(world: World) -> None:
    world.tell(*failed(), make.retry_plan(A, NOW - 10 * MINUTE, [("audit-1", "slack")], rid="gordackretry-1"))
    prepared = world.ack(A, "audit-1")
    assert prepared.remarks == (), "here the answer is to the failure"
    payload = prepared.record["acknowledgement"]
    assert (payload["acknowledgement_state"], payload["retry_plan_id"]) == ("accepted", "gordackretry-1")
    world.record(prepared)
    assert world.route().gate.state is GateState.APPROVAL_REQUIRED


def test_retry_plan_made_before_the_failure_is_not_named(world: World) -> None:
    world.tell(*failed(), make.retry_plan(A, NOW - 2 * HOUR, [("audit-1", "slack")], rid="gordackretry-1"))
    assert "retry_plan_id" not in world.ack(A, "audit-1").record["acknowledgement"]


def test_escalation_may_be_answered_to_open_its_gate(world: World) -> None:
    world.tell(make.delivery(R, NOW - HOUR, "gordackrecoveryesc-1", failed=["slack"]))
    assert world.route().gate.state is GateState.ACKNOWLEDGEMENT_REQUIRED
    world.record(world.ack(R, "gordackrecoveryesc-1", "accepted"))
    assert world.route().gate.state is GateState.OPEN


def test_answer_to_what_nobody_got_says_so_and_leaves_the_delivery_open(world: World) -> None:
    world.tell(planned(), make.delivery(N, NOW - MINUTE, "monthly", failed=["slack"]))
    prepared = world.ack(N, "monthly")
    (said,) = prepared.remarks
    assert said.startswith("drill_notification monthly -> slack: nobody got it: its last delivery failed. ")
    assert world.ack(N, "monthly", "deferred").remarks == (), "it leaves the answer outstanding anyhow"
    world.record(prepared)
    route = world.route()
    assert (route.acknowledgement.outstanding, route.outcome) == (False, RouteOutcome.FAILED)
    world.tell(planned(), make.delivery(N, NOW - MINUTE, "monthly"))
    assert world.ack(N, "monthly", "resolved", now=NOW + MINUTE).remarks == ()


Refused = Callable[[World], Prepared]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda w: w.ack(N, "montly"), 'subject of drill_notification: found "montly", wanted one of monthly; did you'),
        (lambda w: w.ack(N, "monthly", provider="jira"), 'found "jira", wanted one of slack'),
        (lambda w: w.ack(F, "x"), "auditor_export: found no route"),
        (lambda w: w.ack(N._replace(word="drill"), "monthly"), 'loop: found "drill", wanted one of drill_notification'),
        (lambda w: w.ack(N, "monthly", "seen"), "--state of drill_notification: found"),
        (lambda w: w.ack(N, "monthly", "accepted"), "wanted one of acknowledged, deferred, dismissed, escalated, res"),
        (lambda w: w.ack(N, "monthly", plan_id="gordn-0"), 'found "gordn-0", wanted the plan in force, "gordn-1"'),
        (lambda w: w.ack(N, "monthly", now=NOW - 61 * MINUTE), "wanted a time after 2026-06-11T14:40:00Z"),
    ],
    ids=["subject", "provider", "no route", "loop", "state", "state of another loop", "plan", "before the plan"],
)
def test_answer_to_what_is_not_there_is_refused_with_what_is(world: World, call: Refused, said: str) -> None:
    world.tell(planned())
    with pytest.raises(UsageFault) as caught:
        call(world)
    assert said in str(caught.value)


def test_answer_is_refused_where_nobody_asks_for_one(world: World) -> None:
    world.tell(make.delivery(X, NOW - HOUR, "run-1"))
    with pytest.raises(UsageFault, match="needs no acknowledgement: no gate before a retry, and no plan asks"):
        world.ack(X, "run-1")
    with pytest.raises(UsageFault, match="wanted none: no plan is known"):
        world.ack(X, "run-1", plan_id="p")


def test_answer_is_refused_where_another_one_is_in_force(world: World) -> None:
    world.tell(planned(), make.acknowledgement(N, NOW - MINUTE, "monthly", by="manager"))
    with pytest.raises(UsageFault, match="needs no acknowledgement: acknowledged by manager at 2026-06-11T15:39:00Z"):
        world.ack(N, "monthly")


def test_answer_of_the_same_moment_as_the_last_is_refused(world: World) -> None:
    """Of two answers of one instant nobody knows which is the later."""
    world.tell(planned())
    world.record(world.ack(N, "monthly"))
    with pytest.raises(UsageFault, match="wanted a time after the last answer, 2026-06-11T15:40:00Z"):
        world.ack(N, "monthly", "escalated")
    with pytest.raises(UsageFault, match="wanted a time after the last answer"):
        world.ack(N, "monthly", "escalated", now=NOW - MINUTE)


def test_very_many_subjects_are_counted_not_listed_and_open_ones_come_first(world: World) -> None:
    names = [f"gordackexecsched-{number:03}" for number in range(50)]
    lost = "gordackexecsched-049"
    world.tell(
        *(make.delivery(X, NOW - HOUR, name, failed=["slack"] if name == lost else [], rid=name) for name in names)
    )
    with pytest.raises(UsageFault) as caught:
        world.ack(X, "zzz")
    assert f"wanted one of {lost}, gordackexecsched-000, " in str(caught.value)
    assert str(caught.value).endswith(f"gordackexecsched-{MOST_LISTED - 2:03} and {50 - MOST_LISTED} more")


# Approvals


def test_approval_opens_the_gate_and_a_denial_shuts_it(world: World) -> None:
    world.tell(*failed(), accepted())
    prepared = world.approve(A, "audit-1")
    assert prepared.changes[0] == "gate: approval_required (no approval since the last failure) -> open"
    assert world.record(prepared)
    assert world.route().gate.state is GateState.OPEN
    assert world.approve(A, "audit-1", now=NOW + MINUTE).repeats
    for minutes, state in ((1, "denied"), (3, "approved"), (5, "expired")):
        now = NOW + minutes * MINUTE
        assert world.record(world.approve(A, "audit-1", state, now=now))
        assert world.route(now).gate.lets_through is (state == "approved")
    assert world.approve(A, "audit-1", "expired", now=NOW + 9 * MINUTE).repeats


def test_approval_that_somebody_else_revoked_is_given_again_as_another(world: World) -> None:
    world.tell(*failed(), accepted())
    world.record(world.approve(A, "audit-1"))
    world.tell(*failed(), accepted(), make.approval(A, NOW + MINUTE, "audit-1", state="denied"))
    again = world.approve(A, "audit-1", now=NOW + 2 * MINUTE)
    assert not again.repeats
    world.record(again)
    assert world.route(NOW + 2 * MINUTE).gate.state is GateState.OPEN


def test_approval_of_the_next_failure_is_another_one(world: World) -> None:
    world.tell(*failed(), accepted())
    first = world.approve(A, "audit-1")
    world.record(first)
    later = NOW + HOUR
    lost = make.delivery(A, NOW + MINUTE, "audit-1", failed=["slack"], rid="rcd-later")
    world.tell(*failed(), accepted(), lost, accepted(NOW + 2 * MINUTE))
    second = world.approve(A, "audit-1", now=later)
    assert (second.repeats, second.record_id == first.record_id) == (False, False)


def test_approval_by_whoever_executes_is_flagged(world: World) -> None:
    world.extra = 'executor = "Lead"'
    world.tell(*failed(), accepted())
    (remark,) = world.approve(A, "audit-1").remarks
    assert remark.startswith('self_approved: "lead" executes retries too')
    assert world.approve(A, "audit-1", "denied").remarks == ()


def test_approval_by_whoever_executes_is_refused_where_the_settings_say_so(world: World) -> None:
    world.extra = 'executor = "lead"\nloops.acknowledgement_audit = { self_approval = "refuse" }'
    world.tell(*failed(), accepted())
    with pytest.raises(UsageFault, match='found "lead", who executes retries too, wanted somebody else'):
        world.approve(A, "audit-1")
    assert not world.approve(A, "audit-1", "denied").repeats


@pytest.mark.parametrize("executor", ["", 'executor = "-"\n'], ids=["not-given", "blank"])
def test_refusing_self_approval_needs_to_know_who_executes(world: World, executor: str) -> None:
    world.extra = f'{executor}loops.acknowledgement_audit = {{ self_approval = "refuse" }}'
    with pytest.raises(UsageFault, match=r"executor: found nobody, wanted who executes retries: loops\.\w+\.self_"):
        world.approve(A, "audit-1")


@pytest.mark.parametrize(
    ("records", "call", "said"),
    [
        ([make.delivery(A, NOW - HOUR, "audit-1")], lambda w: w.approve(A, "audit-1"), "nothing to retry"),
        (failed(3), lambda w: w.approve(A, "audit-1"), "nothing to approve: 3 of 3 attempts failed: none is left"),
        (failed(), lambda w: w.approve(A, "audit-1"), "nobody has accepted the retry plan; `reporter ack` it"),
        (
            [make.delivery(X, NOW - HOUR, "run-1", failed=["slack"])],
            lambda w: w.approve(X, "run-1"),
            "its retries need no approval: executive_report has no gate",
        ),
        (
            [make.delivery(R, NOW - HOUR, "p", failed=["slack"])],
            lambda w: w.approve(R, "p"),
            "its retries wait for an acknowledgement, not for an approval",
        ),
        ([*failed(), accepted()], lambda w: w.approve(A, "audit-1", "yes"), "wanted one of approved, deferred, denied"),
        (
            [*failed(), accepted(), make.approval(A, NOW - MINUTE, "audit-1", by="manager")],
            lambda w: w.approve(A, "audit-1"),
            "approved by manager already, and one approval covers one execution",
        ),
        (
            [*failed(), accepted()],
            lambda w: w.approve(A, "audit-1", "denied", now=NOW - HOUR),
            "wanted a time after 2026-06-11T14:40:00Z, when it began to wait",
        ),
    ],
    ids=["delivered", "exhausted", "not accepted", "no gate", "other gate", "state", "approved", "too early"],
)
def test_approval_of_what_wants_none_is_refused_with_the_reason(
    world: World, records: list[make.RecordValue], call: Refused, said: str
) -> None:
    world.tell(*records)
    with pytest.raises(UsageFault) as caught:
        call(world)
    assert said in str(caught.value)


# Recoveries


def test_recovery_is_opened_closed_and_opened_again(world: World) -> None:
    world.tell(*failed(2))
    opened = world.open()
    assert (opened.changes[0], opened.remarks) == ("opens a recovery: 2 failed attempts since its last success", ())
    assert world.record(opened)
    assert (world.recovery().closed, world.recovery().failures) == (False, 2)
    assert world.open(now=NOW + MINUTE).repeats
    with pytest.raises(UsageFault, match="slack: a recovery is open already: gordackrecovery-"):
        world.open(by=SIGNED._replace(by="other"))
    assert world.record(world.close("resolved", "run 7 of the probe"))
    assert world.recovery(NOW + MINUTE).closed
    assert world.close("resolved", "run 7 of the probe", now=NOW + 2 * MINUTE).repeats
    assert world.record(world.close("reopened", now=NOW + 3 * MINUTE))
    assert not world.recovery(NOW + 3 * MINUTE).closed
    assert world.record(world.close("resolved", "run 7 of the probe", now=NOW + 4 * MINUTE))
    assert world.recovery(NOW + 4 * MINUTE).closed
    again = world.open(now=NOW + 5 * MINUTE)
    assert again.remarks[0].startswith(
        "0 failed attempts since the recovery was closed at 2026-06-11T15:44:00Z: fewer than the 2"
    )
    world.record(again)
    assert len(world.states(NOW + 5 * MINUTE).recoveries) == 2
    assert not world.recovery(NOW + 5 * MINUTE).closed


@pytest.mark.parametrize("state", ["deferred", "escalated"])
def test_recovery_that_is_put_off_stays_open_without_proof(world: World, state: str) -> None:
    world.record(world.open())
    world.record(world.close(state))
    assert (world.recovery(NOW + MINUTE).closed, world.recovery(NOW + MINUTE).state) == (False, state)


def test_recovery_is_found_by_any_of_its_playbooks(world: World) -> None:
    world.tell(
        make.playbook(NOW - HOUR, {"slack": NOW - HOUR}, rid="old"), make.playbook(NOW - MINUTE, {"slack": None})
    )
    world.record(world.close("mitigated", "ref", playbook="old"))
    assert world.recovery(NOW + MINUTE).closed


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda w: w.open("slak"), 'provider: found "slak", wanted one of'),
        (lambda w: w.open(" "), "provider: found"),
        (lambda w: w.open("PROVIDER"), "; PROVIDER is a placeholder"),
        (lambda w: w.close("deferred", "REF"), "--verification: found the placeholder REF"),
        (lambda w: w.close("resolved"), "--verification: found none, wanted at least one to call a recovery resolved"),
        (lambda w: w.close("closed", "r"), "--state of a recovery: found"),
        (lambda w: w.close("deferred", *map(str, range(21))), "found 21 refs, wanted at most 20"),
        (lambda w: w.close("deferred", " "), "--verification: is blank"),
        (lambda w: w.close("deferred", playbook="x"), '--playbook of slack: found "x", wanted one of book-1, book-0'),
        (lambda w: w.close("reopened"), "slack: its recovery is open: open since"),
        (lambda w: w.close("deferred", now=NOW - HOUR - MINUTE), "wanted a time after it was opened"),
        (lambda w: w.close("resolved", "r", playbook="book-0"), "its recovery is closed since 2026-06-09T16:40:00Z"),
        (
            lambda w: close_recovery(w.settings, PILOT, NOW, "jira", "", "deferred", [], SIGNED),
            "jira: found no recovery",
        ),
    ],
    ids=[
        "unknown provider", "no provider", "placeholder", "placeholder ref", "no proof", "state", "many refs",
        "blank ref", "playbook", "is open", "too early", "closed", "never opened",
    ],
)  # fmt: skip
def test_decision_about_no_such_recovery_is_refused(world: World, call: Refused, said: str) -> None:
    world.tell(
        make.playbook(NOW - 2 * DAY, {"slack": NOW - 2 * DAY}, rid="book-0"),
        make.closure(NOW - 2 * DAY + HOUR, "book-0"),
        make.playbook(NOW - HOUR, {"slack": NOW - HOUR}, rid="book-1"),
    )
    with pytest.raises(UsageFault) as caught:
        call(world)
    assert said in str(caught.value)


def test_decision_not_after_the_last_one_is_refused(world: World) -> None:
    world.record(world.open())
    world.record(world.close("deferred"))
    with pytest.raises(UsageFault, match="wanted a time after the last decision, 2026-06-11T15:41:00Z"):
        world.close("escalated")
    world.record(world.close("resolved", "ref", now=NOW + 2 * MINUTE))
    with pytest.raises(UsageFault, match="wanted a time after the last recovery was closed"):
        world.open(now=NOW + 2 * MINUTE)


def test_recovery_without_a_date_may_be_decided_about(world: World) -> None:
    world.tell(make.playbook(None, {"slack": None}, rid="undated"))
    assert world.close("escalated").changes == ("state: open -> escalated (the recovery is open)",)


def test_recovery_closed_long_ago_is_what_failures_are_counted_from(world: World) -> None:
    world.record(world.open())
    world.record(world.close("resolved", "ref"))
    later = NOW + 2 * DAY
    assert (
        world.open(now=later)
        .remarks[0]
        .startswith("0 failed attempts since the recovery was closed at 2026-06-11T15:41:00Z: fewer")
    )


def test_proof_that_looks_like_a_record_must_be_one_of_that_provider(world: World) -> None:
    told = [make.delivery(X, NOW + number * MINUTE, f"run-{number}", rid=f"rcd-{number}") for number in range(1, 8)]
    elsewhere = make.delivery(X, NOW + MINUTE, "run-9", providers=["jira"], rid="rcd-elsewhere")
    world.tell(make.delivery(X, NOW - HOUR, "run-0", rid="rcd-0"), *told, elsewhere)
    with (world.directory / "evidence.jsonl").open("ab") as file:
        file.write(b'rcd-3 is no JSON\n{"session_id": "other", "about": "rcd-3"}\n')
    world.record(world.open())
    now = NOW + HOUR
    for ref in ("rcd-99", "rcd-elsewhere", "gordackretryexec-1"):
        with pytest.raises(UsageFault, match=f'found "{ref}", which is no record of slack in environments.pilot.rec'):
            world.close("resolved", "CHG-1", ref, now=now)
    with pytest.raises(UsageFault, match="call a recovery resolved; may prove it: rcd-7, delivered executive_report"):
        world.close("resolved", now=now)
    dry = world.close("resolved", "rcd-3", "CHG-1", now=now)
    assert [line.split()[3] for line in dry.changes[1:]] == ["rcd-7,", "rcd-6,", "rcd-5,", "rcd-4,", "rcd-3,"]
    assert world.record(dry)


# Plans


def test_plans_say_what_becomes_of_every_route_and_are_recorded_once(world: World) -> None:
    world.tell(*failed(), make.delivery(X, NOW - MINUTE, "run-1", failed=["jira"], providers=["jira"]))
    plans = plan_retries(world.settings, PILOT, NOW, NOW)
    assert [(one.loop.word, len(one.routes), one.record["retryable_count"]) for one in plans.plans] == [
        ("acknowledgement_audit", 1, 1),
        ("executive_report", 1, 0),
    ]
    assert (record_plans(world.settings, plans), record_plans(world.settings, plans)) == (2, 0)
    facts = world.states().facts["executive_report"]
    assert [one.at for one in facts.retry_plans] == [NOW]


def test_plans_name_the_evidence_that_may_hide_a_failure(world: World) -> None:
    world.tell(*failed())
    with (world.directory / "evidence.jsonl").open("ab") as file:
        file.write(b"broken\n")
    (fault,) = plan_retries(world.settings, PILOT, NOW, NOW).faults
    assert "evidence.jsonl" in fault


# Signatures


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ((" ", "r", "x"), "--by: is blank, wanted a text"),
        (("a", "\u200b", "x"), "--reason: is blank, wanted a text"),
        (("a", "r", "x" * 201), "--ref: found 201 characters, wanted at most 200"),
        (("NAME", "r", "x"), "--by: found the placeholder NAME, wanted what it stands for"),
        (("a", " TEXT ", "x"), "--reason: found the placeholder TEXT"),
        (("a", "r", "REF"), "--ref: found the placeholder REF"),
        (("a", "one\ntwo", "x"), "--reason: found line ends or invisible characters"),
    ],
)
def test_signature_is_refused_with_the_option_that_is_wrong(texts: tuple[str, str, str], said: str) -> None:
    with pytest.raises(UsageFault) as caught:
        sign(*texts, NOW)
    assert said in str(caught.value)


def test_secret_is_refused_without_being_shown() -> None:
    with pytest.raises(NotPublicSafe) as caught:
        sign("jane@example.org", "Bearer abcdefgh12345", "10.0.0.1", NOW)
    assert [fault.rpartition("rule ")[2] for fault in caught.value.faults] == [
        "email_address",
        "token",
        "private_address",
    ]
    assert "jane" not in str(caught.value)
    assert caught.value.exit_code == 7


def test_signature_is_trimmed() -> None:
    assert sign(" lead ", " why ", " CHG-1 ", NOW) == ("lead", "why", "CHG-1", NOW)


def test_other_records_of_the_ledger_are_nobodys_answers(world: World) -> None:
    world.tell(planned())
    with open_settings_ledger(world.settings, write=True) as ledger:
        ledger.append([raw(1)])
    assert not world.ack(N, "monthly").repeats


@pytest.mark.parametrize(
    "payload",
    ["[]", "{}", '{"metadata_kind": "x"}', '{"metadata_kind": [], "session_id": "a"}'],
    ids=["no object", "empty", "unknown kind", "no kind"],
)
def test_own_record_that_was_changed_is_a_fault_of_the_ledger(world: World, payload: str) -> None:
    world.tell(planned())
    world.record(world.ack(N, "monthly"))
    path = world.directory / "state" / "ledger.db"
    tamper(path, f"UPDATE record SET payload = '{payload}'")  # noqa: S608 - one of the above
    with pytest.raises(LedgerUnusable, match="found one of our own records changed; see `reporter records verify`"):
        world.ack(N, "monthly")
