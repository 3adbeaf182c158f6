"""Notifications, alerts and retries as jobs: planned, recorded, sent once, and found again by the next run."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deliver.store import NOT_THERE, Spoken
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, A, F, N, R, X
from reporter.deliver.connector import Recall
from reporter.deliver.outbox import Fate, Sending
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.jobs.answers.recording import append_own, read_own_records, sealed_for
from reporter.jobs.delivery.alerting import NOBODY, plan_alerting, send_alerts
from reporter.jobs.delivery.channels import NOT_CONFIGURED, Channel, Channels
from reporter.jobs.delivery.notifying import (
    Notifications,
    plan_notifications,
    record_notifications,
    send_notifications,
)
from reporter.jobs.delivery.past import read_past
from reporter.jobs.delivery.retrying import UNKNOWN_SO_FAR, run_retries
from reporter.jobs.delivery.sending import MOST_LINES, WAITING, Delivery, Line, Sender, message_id, send_all
from reporter.jobs.loops import load_checked_settings, states_of
from reporter.loops.attempts import UNKNOWN
from reporter.loops.loop import Loop
from reporter.loops.table import BY_WORD, DELIVERIES, INTENTS, LOOPS
from reporter.loops.writing import Begun, Cause, RecordValue, write_intent
from reporter.model.case import Request
from reporter.model.routes import RetryAction, RouteId, RouteOutcome, RouteState
from reporter.settings_model import Settings
from worlds import make_world

YES = Receipt(Outcome.ACCEPTED, Level.ACCEPTED, 200)
NO = Receipt(Outcome.REJECTED_PERMANENT, status_code=400, error_class="rejected")
LOST = Receipt(Outcome.TIMEOUT_UNKNOWN, error_class="read_timeout")
PILOT = "payments-pilot"


class Desk:
    """One environment, connectors that say what they are told to, and a clock that moves when it is read."""

    def __init__(self, settings: Settings, environment: str) -> None:
        self.settings, self.environment, self.now = settings, environment, NOW
        self.connectors: dict[str, Spoken] = {"slack": Spoken(YES), "teams": Spoken(YES)}

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    @property
    def sender(self) -> Sender:
        channels = {provider: Channel(one) for provider, one in self.connectors.items()}
        return Sender(self.settings, self.environment, Channels(channels), self.clock)

    def plan(self, **request: Any) -> Notifications:  # noqa: ANN401 - fields of a request
        return plan_notifications(self.settings, self.environment, self.now, self.now, Request(**request))

    def notify(self) -> Delivery:
        plan = self.plan()
        record_notifications(self.settings, plan)
        return send_notifications(self.sender, plan)

    def own(self, kind: str = "") -> list[RecordValue]:
        found = read_own_records(self.settings, self.environment)
        return [one for one in found if kind in ("", one["metadata_kind"])]

    def record(self, *records: RecordValue) -> None:
        append_own(self.settings, self.environment, [sealed_for(self.environment, self.now, one) for one in records])

    def routes(self) -> dict[str, RouteState]:
        states = states_of(self.settings, self.environment, self.now).states
        return {one.route.provider: one for one in states.routes}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("deliveries") / "world")


@pytest.fixture
def pilot(sample: Path, tmp_path: Path) -> Desk:
    """Give an environment of the sample world whose drill is overdue and one of whose workers is not well."""
    world = shutil.copytree(sample, tmp_path / "world")
    settings, _ = load_checked_settings(str(world / "reporter.toml"))
    return Desk(settings, PILOT)


Bare = Callable[..., Desk]


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    """Make an environment of evidence records alone."""

    def make_it(*records: RecordValue, more: str = "") -> Desk:
        lines = "".join(json.dumps(one) + "\n" for one in records)
        (tmp_path / "evidence.jsonl").write_text(lines, encoding="utf-8")
        file = tmp_path / "reporter.toml"
        file.write_text(f'[environments.pilot]\nrecords = ["evidence.jsonl"]\n{more}', encoding="utf-8")
        return Desk(load_checked_settings(str(file))[0], "pilot")

    return make_it


def test_plan_is_recorded_once_and_keeps_its_first_time(pilot: Desk) -> None:
    plan = pilot.plan()
    assert record_notifications(pilot.settings, plan)
    pilot.now += 5 * MINUTE
    again = pilot.plan()
    assert again.report.plan_id == plan.report.plan_id
    assert not record_notifications(pilot.settings, again)
    (record,) = pilot.own(N.plans[-1].word)
    assert (record["session_id"], record["created_at"]) == (plan.report.plan_id, "2026-06-11T15:40:00Z")


def test_plan_that_comes_into_force_again_is_recorded_again(pilot: Desk) -> None:
    for request in ({}, {"providers": ("slack",)}, {}):
        pilot.now += MINUTE
        assert record_notifications(pilot.settings, pilot.plan(**request))
    first, narrow, again = pilot.own(N.plans[-1].word)
    assert first["session_id"] == again["session_id"] != narrow["session_id"]
    states = states_of(pilot.settings, PILOT, pilot.now).states
    (found,) = (one for one in states.of(N) if one.route.provider == "teams")
    assert (found.plan_id, found.acknowledgement.since) == (first["session_id"], NOW + MINUTE)


def test_nothing_is_planned_where_no_schedule_is_asked_for(bare: Bare) -> None:
    desk = bare()
    plan = desk.plan()
    assert (plan.record, record_notifications(desk.settings, plan)) == (None, False)
    assert desk.notify() == Delivery()


def test_each_provider_of_the_plan_is_told_once(pilot: Desk) -> None:
    assert pilot.notify().counts == {"delivered": 2}
    assert pilot.notify() == Delivery()
    pilot.now += DAY
    assert pilot.notify() == Delivery()
    assert [len(one.asked) for one in pilot.connectors.values()] == [1, 1]
    (message,) = {one["delivery_intent"]["message"]["title"] for one in pilot.own(INTENTS.word)}
    assert message == f"Rollback drill is overdue: {PILOT}"
    event = pilot.own(INTENTS.word)[0]["delivery_intent"]["message"]["event"]
    assert (event["event_type"], event["session_id"]) == (N.event_type, event["schedule_id"])


def test_drill_that_is_not_due_is_told_as_no_more_than_that_when_it_is_asked_for(pilot: Desk) -> None:
    desk = Desk(pilot.settings, "build-fleet")
    plan = desk.plan(force=True)
    record_notifications(desk.settings, plan)
    send_notifications(desk.sender, plan)
    titles = {one["delivery_intent"]["message"]["title"] for one in desk.own(INTENTS.word)}
    assert titles == {"Rollback drill: build-fleet"}


def test_what_failed_is_left_to_the_retry_worker_which_sends_the_same_message_again(pilot: Desk) -> None:
    pilot.connectors["slack"] = Spoken(NO, YES)
    first = pilot.notify()
    assert (first.counts, first.lines[0].fate, first.lines[0].why) == (
        {"delivered": 1, "failed": 1}, "failed", "rejected_permanent: rejected",
    )  # fmt: skip
    waiting = pilot.notify()
    assert [(one.fate, one.route.provider) for one in waiting.lines] == [(WAITING, "slack")]
    pilot.now += HOUR
    ran = run_retries(pilot.sender, pilot.now, live=True)
    assert ran.delivery.counts == {"delivered": 1}
    one, other = pilot.connectors["slack"].asked
    assert one == other
    intents = [one["delivery_intent"] for one in pilot.own(INTENTS.word) if one["provider"] == "slack"]
    assert [one["attempt"] for one in intents] == [1, 2]
    assert intents[0]["message"] == intents[1]["message"]
    assert pilot.notify() == Delivery()


def test_provider_without_a_connector_is_a_failure_that_says_so_and_retries_of_it_are_skipped(pilot: Desk) -> None:
    del pilot.connectors["teams"]
    first = pilot.notify()
    assert [(one.fate, one.why) for one in first.lines if one.route.provider == "teams"] == [
        ("failed", f"refused_locally: {NOT_CONFIGURED}")
    ]
    pilot.now += HOUR
    ran = run_retries(pilot.sender, pilot.now, live=True)
    assert [(one.fate, one.route.provider, one.why) for one in ran.delivery.lines] == [
        ("skipped", "teams", NOT_CONFIGURED)
    ]
    (record,) = pilot.own(N.execution.word)
    payload = record[N.execution.payload]
    assert (payload["execution_status"], payload["skip_reason"]) == ("skipped", NOT_CONFIGURED)


def test_health_of_a_worker_is_recorded_with_who_is_told_before_anybody_is(pilot: Desk) -> None:
    alerts, delivery = send_alerts(pilot.sender, NOW)
    (plan,) = alerts.wanted
    assert delivery.counts == {"delivered": 2}
    (health,) = pilot.own(BY_WORD[plan.about].health.word)
    (recorded,) = pilot.own(BY_WORD[plan.loop].plans[-1].word)
    assert health["session_id"] == plan.health_id
    assert recorded[BY_WORD[plan.loop].plans[-1].payload]["health_id"] == plan.health_id
    kinds = [one["metadata_kind"] for one in pilot.own()]
    assert kinds.index(INTENTS.word) > max(kinds.index(health["metadata_kind"]), kinds.index(recorded["metadata_kind"]))


def test_same_state_of_affairs_is_told_again_after_its_window_as_another_message(pilot: Desk) -> None:
    assert send_alerts(pilot.sender, NOW)[1].counts == {"delivered": 2}
    assert send_alerts(pilot.sender, NOW)[1] == Delivery()
    forced = send_alerts(pilot.sender, NOW, force=True)[1]
    assert forced.counts == {"delivered": 2}
    pilot.now += 61 * MINUTE
    alerts, delivery = send_alerts(pilot.sender, NOW)
    assert {"delivered": 2 * len(alerts.wanted)} == delivery.counts
    assert all(len(set(one.asked)) == len(one.asked) for one in pilot.connectors.values())


def test_alert_that_failed_is_left_to_the_retry_worker(pilot: Desk) -> None:
    pilot.connectors = {"slack": Spoken(NO)}
    assert send_alerts(pilot.sender, NOW)[1].counts == {"failed": 1}
    again = send_alerts(pilot.sender, NOW)[1]
    assert {(one.fate, one.route.loop) for one in again.lines} >= {(WAITING, "audit_worker_health_alert")}
    assert len(pilot.connectors["slack"].asked) == 1


def test_alert_that_is_sent_to_nobody_asks_nobody_for_another_answer(pilot: Desk) -> None:
    pilot.connectors = {"slack": Spoken(YES), "teams": Spoken(NO)}
    alerts, first = send_alerts(pilot.sender, NOW)
    assert first.counts == {"delivered": 1, "failed": 1}
    kind = BY_WORD[alerts.wanted[0].loop].plans[-1].word
    before = pilot.own(kind)
    pilot.now += MINUTE
    assert send_alerts(pilot.sender, NOW)[1].counts == {"waiting": 1}
    assert pilot.own(kind) == before
    pilot.now += 61 * MINUTE
    again = send_alerts(pilot.sender, NOW)[1]
    assert again.counts == {"delivered": 1, "waiting": 1}
    assert [one["selected_providers"] for one in pilot.own(kind)[len(before) :]] == [["slack"]]


def test_without_a_usable_connector_nobody_is_told_and_that_is_said(pilot: Desk) -> None:
    pilot.connectors = {}
    alerts, delivery = send_alerts(pilot.sender, NOW)
    assert [(one.fate, one.why) for one in delivery.lines] == [(WAITING, NOT_CONFIGURED)]
    assert not delivery.is_complete
    assert alerts.wanted


def test_alert_never_counts_as_told_by_the_failing_provider_alone(bare: Bare) -> None:
    failed = [make.delivery(A, NOW - n * HOUR, "audit-1", ["slack"], ["slack"], rid=f"d{n}") for n in (1, 2)]
    desk = bare(*failed)
    desk.connectors = {"slack": Spoken(YES)}
    alerts, delivery = send_alerts(desk.sender, NOW)
    assert NOBODY in {one.why for one in delivery.lines}
    assert not delivery.is_complete
    desk.connectors["teams"] = Spoken(YES)
    _, again = send_alerts(desk.sender, NOW)
    assert NOBODY not in {one.why for one in again.lines}
    assert alerts.wanted


def test_healthy_workers_are_told_to_nobody(bare: Bare) -> None:
    desk = bare()
    assert plan_alerting(desk.sender, NOW).wanted == ()
    assert send_alerts(desk.sender, NOW)[1] == Delivery()
    assert desk.own() == []


def failing(loop: Loop, subject: str = "subject-1", provider: str = "slack") -> RecordValue:
    return make.delivery(loop, NOW - 2 * HOUR, subject, [provider], [provider])


@pytest.mark.parametrize("loop", [one for one in LOOPS if one.gate == "none"], ids=lambda loop: loop.word)
def test_what_others_could_not_deliver_is_retried_for_every_loop(bare: Bare, loop: Loop) -> None:
    desk = bare(failing(loop), more='executor = "night shift"\n')
    ran = run_retries(desk.sender, NOW, live=True)
    assert ran.delivery.counts == {"delivered": 1}
    (execution,) = desk.own(loop.execution.word)
    (run,), (plan,) = desk.own(loop.worker_run.word), desk.own(loop.retry_plan.word)
    (result,) = desk.own(DELIVERIES.word)
    payload = execution[loop.execution.payload]
    assert (payload["execution_status"], payload["executed_by"]) == ("delivered", "night shift")
    assert payload["delivery_metadata_id"] == result["session_id"]
    assert payload["worker_run_id"] == run["session_id"] == result["worker_run_id"]
    assert payload["retry_plan_id"] == plan["session_id"] == result["retry_plan_id"]
    assert desk.routes()["slack"].outcome is RouteOutcome.DELIVERED
    assert run_retries(desk.sender, NOW, live=True).delivery == Delivery()


def test_dry_run_is_recorded_and_sends_nothing(bare: Bare) -> None:
    desk = bare(failing(X))
    ran = run_retries(desk.sender, NOW, live=False)
    assert ([one.route.subject for one in ran.runs[0].selected], ran.delivery) == (["subject-1"], Delivery())
    (run,) = desk.own(X.worker_run.word)
    assert run[X.worker_run.payload]["dry_run"] is True
    assert (desk.connectors["slack"].asked, desk.own(X.execution.word)) == ([], [])
    states = states_of(desk.settings, "pilot", NOW).states
    assert states.facts[X.word].runs
    assert not states.facts[X.word].live_runs


def test_promoted_pilot_shows_that_its_workers_live_though_there_is_nothing_to_retry(bare: Bare) -> None:
    assert run_retries(bare().sender, NOW, live=False).runs == ()
    runs = run_retries(bare(more='mode = "promoted"\n').sender, NOW, live=False).runs
    assert {one.loop.word for one in runs} == {one.word for one in LOOPS if one.always_on}


def test_gate_is_obeyed_and_the_execution_names_the_approval_it_used(bare: Bare) -> None:
    desk = bare(failing(A, "audit-1"))
    shut = run_retries(desk.sender, NOW, live=True)
    (left,) = shut.runs[0].left
    assert (left.route.subject, shut.delivery) == ("audit-1", Delivery())
    desk.record(
        make.acknowledgement(A, NOW - HOUR, "audit-1", "slack", "accepted"),
        make.approval(A, NOW - HOUR, "audit-1", "slack", by="lead", rid="decision-1"),
    )
    assert run_retries(desk.sender, NOW, live=True).delivery.counts == {"delivered": 1}
    (execution,) = desk.own(A.execution.word)
    assert execution[A.execution.payload]["approval_decision_id"] == "decision-1"


def test_approval_of_an_execution_that_failed_is_used_up(bare: Bare) -> None:
    desk = bare(failing(A, "audit-1"))
    desk.record(
        make.acknowledgement(A, NOW - HOUR, "audit-1", "slack", "accepted"),
        make.approval(A, NOW - HOUR, "audit-1", "slack", by="lead"),
    )
    desk.connectors["slack"] = Spoken(NO)
    assert run_retries(desk.sender, NOW, live=True).delivery.counts == {"failed": 1}
    desk.now += DAY
    assert run_retries(desk.sender, NOW, live=True).delivery == Delivery()
    assert not desk.routes()["slack"].gate.lets_through


def test_acknowledged_escalation_is_retried(bare: Bare) -> None:
    desk = bare(failing(R, "escalation-1"))
    assert run_retries(desk.sender, NOW, live=True).delivery == Delivery()
    desk.record(make.acknowledgement(R, NOW - HOUR, "escalation-1", "slack"))
    assert run_retries(desk.sender, NOW, live=True).delivery.counts == {"delivered": 1}


def test_run_is_capped_and_takes_the_oldest_failures_first(bare: Bare) -> None:
    desk = bare(*(make.delivery(X, NOW - (30 - n) * HOUR, f"run-{n}", ["slack"], ["slack"]) for n in range(9)))
    ran = run_retries(desk.sender, NOW, live=True, most=3)
    assert [one.route.subject for one in ran.runs[0].selected] == ["run-0", "run-1", "run-2"]
    assert (len(ran.runs[0].left), ran.delivery.counts) == (6, {"delivered": 3})
    assert len(run_retries(desk.sender, NOW, live=True).runs[0].selected) == 5


def test_retry_whose_subject_nobody_knows_is_skipped_in_upstreams_words(bare: Bare) -> None:
    nameless = {**failing(F, "x"), "event_id": "", "export_id": ""}
    ran = run_retries(bare(nameless).sender, NOW, live=True)
    assert [(one.fate, one.why) for one in ran.delivery.lines] == [("skipped", F.not_found)]


def test_retries_use_up_attempts_until_none_is_left(bare: Bare) -> None:
    desk = bare(failing(X))
    desk.connectors["slack"] = Spoken(NO)
    for _ in range(4):
        run_retries(desk.sender, NOW, live=True)
        desk.now += DAY
    assert len(desk.connectors["slack"].asked) == 2
    assert desk.routes()["slack"].retry.action is RetryAction.SUPPRESS


def test_provider_that_asks_for_patience_is_left_alone_until_then(bare: Bare) -> None:
    desk = bare(failing(X))
    patient = Receipt(Outcome.THROTTLED, status_code=429, error_class="rate_limited", retry_after=timedelta(hours=5))
    desk.connectors["slack"] = Spoken(patient, YES)
    assert run_retries(desk.sender, NOW, live=True).delivery.counts == {"failed": 1}
    desk.now += 2 * HOUR
    early = run_retries(desk.sender, NOW, live=True).delivery
    assert [one.why.partition("2026")[0] for one in early.lines] == ["throttled_until_"]
    desk.now += 4 * HOUR
    assert run_retries(desk.sender, NOW, live=True).delivery.counts == {"delivered": 1}


def test_patience_that_was_asked_for_while_the_clock_was_ahead_holds_nothing_back(bare: Bare) -> None:
    desk = bare(failing(X))
    patient = Receipt(Outcome.THROTTLED, status_code=429, error_class="rate_limited", retry_after=timedelta(hours=5))
    desk.connectors["slack"] = Spoken(patient, YES)
    desk.now = NOW + 400 * DAY
    assert run_retries(desk.sender, NOW, live=True).delivery.counts == {"failed": 1}
    desk.now = NOW + HOUR
    assert run_retries(desk.sender, NOW, live=True).delivery.counts == {"delivered": 1}


def begin(desk: Desk, loop: Loop = X, provider: str = "slack", attempt: int = 1) -> Begun:
    """Leave an intent behind, as a process does that dies before it writes down how it ended."""
    route = RouteId(loop.word, "subject-1", provider)
    name = message_id(desk.environment, route, "")
    message = {
        "message_id": name, "environment": desk.environment, "loop": loop.word, "event_type": loop.event_type,
        "subject": "subject-1", "severity": "warning", "title": "Title", "summary": "Text.", "at": NOW.isoformat(),
    }  # fmt: skip
    begun = Begun(route, name, attempt, provider, "0" * 64, NOW - HOUR, Cause("plan", "run", "", "worker"))
    desk.record(write_intent(loop, begun, message))
    return begun


@pytest.mark.parametrize(
    ("recall", "found", "fates", "outcome"),
    [
        (Recall.KEYED, None, {"delivered": 1}, RouteOutcome.DELIVERED),
        (Recall.SEARCHABLE, YES, {"delivered": 1}, RouteOutcome.DELIVERED),
        (Recall.SEARCHABLE, NOT_THERE, {"delivered": 1}, RouteOutcome.DELIVERED),
        (Recall.SEARCHABLE, None, {"skipped": 1}, RouteOutcome.FAILED),
        (Recall.NONE, None, {"delivered": 1}, RouteOutcome.DELIVERED),
    ],
    ids=["keyed", "there", "not there", "cannot tell", "none"],
)
def test_attempt_without_a_result_is_unknown_in_every_report_and_is_found_out_about_before_it_is_retried(
    bare: Bare, recall: Recall, found: Receipt | None, fates: dict[str, int], outcome: RouteOutcome
) -> None:
    desk = bare()
    begun = begin(desk)
    before = desk.routes()["slack"]
    assert before.outcome is RouteOutcome.FAILED
    assert UNKNOWN in before.reasons[0]
    connector = Spoken(YES, recall=recall)
    connector.found = found
    desk.connectors["slack"] = connector
    ran = run_retries(desk.sender, NOW, live=True)
    assert ran.delivery.counts == fates
    assert desk.routes()["slack"].outcome is outcome
    results = [one["session_id"] for one in desk.own(DELIVERIES.word)]
    assert (begun.delivery_id in results) == (found is not None or recall is not Recall.SEARCHABLE)
    assert set(connector.asked) <= {begun.message_id}
    if "skipped" in fates:
        (execution,) = desk.own(X.execution.word)
        assert execution[X.execution.payload]["skip_reason"] == UNKNOWN_SO_FAR
        assert UNKNOWN in desk.routes()["slack"].reasons[0]


def test_every_sending_operation_finds_out_about_what_is_unknown_first(pilot: Desk) -> None:
    for operation in (pilot.notify, lambda: send_alerts(pilot.sender, NOW)[1]):
        pilot.connectors["jira"] = Spoken(YES, recall=Recall.KEYED)
        begin(pilot, provider="jira", attempt=len(pilot.own()) + 1)
        delivery = operation()
        assert ("jira", "delivered") in {(one.route.provider, one.fate) for one in delivery.lines}


def test_notification_that_was_delivered_is_told_no_more_in_its_cycle(pilot: Desk) -> None:
    assert pilot.notify().counts == {"delivered": 2}
    again = pilot.notify()
    assert (again.lines, again.counts) == ((), {})


def test_where_everybody_was_told_by_others_no_plan_is_recorded_and_every_answer_stays(pilot: Desk) -> None:
    desk = Desk(pilot.settings, "production-pilot")
    before = _told_drills(desk)
    for request in ({}, {"force": True}, {"providers": ("slack",)}):
        plan = desk.plan(**request)
        assert (plan.is_told, plan.record, set(plan.told)) == (True, None, set(plan.report.selected_providers))
        assert plan.told["slack"] == before["slack"].last_success_at is not None
        assert not record_notifications(desk.settings, plan)
        assert send_notifications(desk.sender, plan).counts == {}
    assert all(one.asked == [] for one in desk.connectors.values())
    assert (desk.own(), _told_drills(desk)) == ([], before)
    assert {one.acknowledgement.state for one in before.values()} == {"acknowledged"}


def test_where_some_were_told_by_others_an_answer_is_asked_of_those_alone_who_are_told_anew(pilot: Desk) -> None:
    file = Path(pilot.settings.base_dir, "evidence", "production-pilot.jsonl")
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    kept = [one for one in records if one.get("connector_delivery_source") != N.source or one["providers"] != ["teams"]]
    for one in kept:
        if one.get("connector_delivery_source") == N.source:
            one["providers"] = ["slack"]
            result = one[DELIVERIES.payload]
            result["deliveries"] = [each for each in result["deliveries"] if each["provider"] == "slack"]
    file.write_text("".join(json.dumps(one) + "\n" for one in kept), encoding="utf-8")
    desk = Desk(pilot.settings, "production-pilot")
    before = _told_drills(desk)
    plan = desk.plan()
    assert (set(plan.told), plan.is_told, plan.report.selected_providers) == ({"slack"}, False, ("slack", "teams"))
    desk.now += MINUTE
    assert desk.notify().counts == {"delivered": 1}
    assert [len(desk.connectors[one].asked) for one in ("slack", "teams")] == [0, 1]
    after = _told_drills(desk)
    assert (after["slack"], after["teams"].acknowledgement.state) == (before["slack"], "outstanding")
    (record,) = desk.own(N.plans[-1].word)
    assert (record["selected_providers"], record["plan"]["acknowledgement_required_providers"]) == (
        ["teams"],
        ["teams"],
    )
    assert {one["provider"] for one in record["plan"]["route_decisions"]} == {"teams"}
    assert desk.notify() == Delivery()
    assert len(desk.own(N.plans[-1].word)) == 1


def test_what_others_delivered_in_a_former_cycle_is_told_in_this_one(pilot: Desk) -> None:
    file = Path(pilot.settings.base_dir, "evidence", "production-pilot.jsonl")
    text = file.read_text(encoding="utf-8")
    desk = Desk(pilot.settings, "production-pilot")
    due = desk.plan().report.next_due_at
    file.write_text(text.replace(due, "2026-01-02T03:04:05Z"), encoding="utf-8")
    assert desk.plan().told == {}
    assert desk.notify().counts == {"delivered": 2}
    assert {one.acknowledgement.state for one in _told_drills(desk).values()} == {"outstanding"}


def _told_drills(desk: Desk) -> dict[str, RouteState]:
    states = states_of(desk.settings, desk.environment, desk.now).states
    return {one.route.provider: one for one in states.of(N)}


def test_route_that_was_interrupted_is_listed_once_by_the_next_call(pilot: Desk) -> None:
    for operation in (pilot.notify, lambda: send_alerts(pilot.sender, NOW, force=True)[1]):
        pilot.connectors = {"slack": Spoken(NO)}
        operation()
        told = read_past(pilot.settings, pilot.environment)
        route, name = [(one, name) for one, name in told.latest.items() if one.provider == "slack"][-1]
        begun = Begun(route, name, 2, "slack", "0" * 64, pilot.clock(), Cause())
        message = msgspec.to_builtins(told.messages[name].message, enc_hook=str)
        pilot.record(write_intent(BY_WORD[route.loop], begun, message))
        again = operation()
        assert [(one.fate, one.why) for one in again.lines if one.route == route] == [
            ("failed", "timeout_unknown: interrupted")
        ]
        assert again.counts["failed"] == 1


def test_message_that_was_delivered_is_not_sent_again_because_a_clock_was_wrong(pilot: Desk) -> None:
    pilot.now += 30 * DAY
    assert pilot.notify().counts == {"delivered": 2}
    pilot.now = NOW
    pilot.notify()
    assert [len(one.asked) for one in pilot.connectors.values()] == [1, 1]


def test_two_runs_that_send_the_same_attempt_are_stopped_before_the_request(bare: Bare) -> None:
    desk = bare(failing(X))
    state = desk.routes()["slack"]
    begun = begin(desk, attempt=7)
    sending = Sending(read_message(desk), state.route, begun.attempt)
    delivery = send_all(desk.sender, [sending])
    assert (delivery.counts, desk.connectors["slack"].asked) == ({"left": 1}, [])
    assert "two runs send at once" in delivery.faults[0]
    assert not delivery.is_complete


def read_message(desk: Desk) -> Any:  # noqa: ANN401 - a message
    return read_past(desk.settings, desk.environment).begun[0][1]


def test_deliveries_are_joined_with_what_is_wanting_first_and_cut_to_what_can_be_read() -> None:
    route = RouteId("executive_report", "run", "slack")
    many = Delivery.of(Line(route._replace(subject=f"{number}"), Fate.DELIVERED) for number in range(MOST_LINES))
    both = many + Delivery.of([Line(route, Fate.FAILED, "why")])
    assert (both.lines[0].fate, len(both.lines), both.counts) == (
        "failed",
        MOST_LINES,
        {"delivered": 1_000, "failed": 1},
    )
    assert many.is_complete
    assert not both.is_complete
    mended = both + Delivery.of([Line(route, Fate.DELIVERED)])
    assert (mended.counts, mended.is_complete) == ({"delivered": 1_001}, True)


def test_many_messages_are_all_counted(bare: Bare) -> None:
    desk = bare()
    desk.connectors["slack"] = Spoken(NO, *[YES] * 40)
    begin(desk)
    message = read_message(desk)

    def sendings() -> Iterator[Sending]:
        for number in range(41):
            yield Sending(message, RouteId(X.word, f"run-{number}", "slack"))

    delivery = send_all(desk.sender, sendings())
    assert (delivery.counts, delivery.lines[0].fate) == ({"delivered": 40, "failed": 1}, "failed")
