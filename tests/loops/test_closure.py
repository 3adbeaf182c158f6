"""The final closure (domain.md A7, B2.24)."""

from datetime import timedelta

import pytest

from loops import records as make
from loops.cases import DAY, FH, HOUR, MINUTE, NOW, RH, SECOND, XH, A, F, N, R, X, calm, folded, settled
from reporter.loops.closure import BY_HAND, CODE_SUFFIXES, MEND, UNDER_REPAIR, assess_closure
from reporter.loops.fold import fold
from reporter.loops.loop import Loop
from reporter.loops.routes import finalise
from reporter.loops.table import LOOPS
from reporter.model.records import ContentFault
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import ClosureState, FinalClosure


def closure(*values: make.RecordValue, mode: Mode = Mode.PROMOTED) -> FinalClosure:
    return assess_closure(settled(*calm(), *values), mode)


def codes(found: FinalClosure) -> list[str]:
    return [item.code for item in found.open_items]


def test_evidence_and_nothing_open_is_closed() -> None:
    found = closure()
    assert (found.state, found.open_items, found.alert_level) == (ClosureState.CLOSED, (), AlertLevel.HEALTHY)


def test_c3_no_evidence_is_open_where_upstream_says_closed() -> None:
    found = assess_closure(settled(), Mode.PROMOTED)
    assert (found.state, codes(found)) == (ClosureState.OPEN, ["no_reporting_evidence"])
    assert found.alert_level is AlertLevel.CRITICAL


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.SHADOW, Mode.ENFORCE], ids=str)
def test_not_requested_without_promotion_and_records(mode: Mode) -> None:
    assert assess_closure(settled(), mode).state is ClosureState.NOT_REQUESTED
    assert assess_closure(settled(*calm()), mode).state is ClosureState.CLOSED
    lost = make.delivery(F, NOW, "export-1", failed=["slack"])
    assert assess_closure(settled(lost), mode).state is ClosureState.OPEN


def test_evidence_dated_in_the_future_alone_is_none() -> None:
    states = settled(make.delivery(X, NOW + DAY, "run-1"))
    assert codes(assess_closure(states, Mode.PROMOTED)) == ["no_reporting_evidence"]


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.word)
def test_every_loop_opens_its_four_codes(loop: Loop) -> None:
    lost = [make.delivery(loop, NOW - DAY + n * HOUR, "subject-1", failed=["slack"]) for n in range(2)]
    plan = make.plan(loop, NOW - 2 * DAY, "subject-1", acknowledgement_required_providers=["slack"])
    told = make.execution(loop, NOW - HOUR, "subject-1", status="failed")
    found = closure(*lost, plan, told)
    assert codes(found) == [f"{loop.code}_{suffix}" for suffix in CODE_SUFFIXES]
    for item in found.open_items:
        assert [route.subject for route in item.routes] == ["subject-1"]
        assert item.owner == "release-governance"
        assert item.next_action
    since = {item.code: item.since for item in found.open_items}
    assert since[f"{loop.code}_delivery_failed"] == NOW - DAY
    assert since[f"{loop.code}_acknowledgement_outstanding"] == NOW - 2 * DAY


def test_c2_a_failed_recovery_alert_delivery_holds_the_closure_open() -> None:
    lost = make.delivery(RH, NOW, "health-1", failed=["slack"])
    answer = make.acknowledgement(RH, NOW, "health-1")
    assert codes(closure(lost, answer)) == ["recovery_retry_health_alert_delivery_failed"], "upstream: dead check"


def test_c17_a_failure_that_was_made_good_does_not_hold_it_open() -> None:
    values = [
        make.delivery(XH, NOW - DAY, "health-1", failed=["slack"]),
        make.execution(XH, NOW - HOUR, "health-1"),
        make.acknowledgement(XH, NOW, "health-1"),
    ]
    assert closure(*values).state is ClosureState.CLOSED, "upstream: open until it leaves the newest 500"


def test_c23_escalated_is_outstanding_and_counted_once() -> None:
    plan = make.plan(FH, NOW - HOUR, "health-1")
    sent = make.delivery(FH, NOW - HOUR, "health-1")
    (item,) = closure(plan, sent, make.acknowledgement(FH, NOW, "health-1", state="escalated")).open_items
    assert item.code == "final_archive_health_alert_acknowledgement_outstanding"
    assert len(item.routes) == 1


def test_exhausted_goes_to_the_escalation_owner() -> None:
    routes = make.notification_routes(["slack"], owner="payments", escalation="payments-lead")
    lost = [make.delivery(N, NOW - DAY + n * HOUR, "monthly", failed=["slack"]) for n in range(3)]
    items = {
        item.code: item
        for item in closure(make.plan(N, NOW - DAY, "monthly", route_decisions=routes), *lost).open_items
    }
    assert items["drill_notification_delivery_failed"].owner == "payments"
    assert items["drill_notification_retry_exhausted"].owner == "payments-lead"


@pytest.mark.parametrize(
    ("past", "missing"),
    [(-SECOND, False), (0 * SECOND, True), (SECOND, True)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_executive_report_is_missing_from_the_end_of_two_intervals_on(past: timedelta, *, missing: bool) -> None:
    others = [value for value in calm() if value.get("connector_delivery_source") != X.source]
    states = settled(*others, make.delivery(X, NOW - 2 * DAY - past, "run-1"))
    assert codes(assess_closure(states, Mode.PROMOTED)) == (["executive_report_missing"] if missing else [])


def test_executive_report_that_was_never_delivered_is_missing() -> None:
    others = [value for value in calm() if value.get("connector_delivery_source") != X.source]
    (item,) = assess_closure(settled(*others), Mode.PROMOTED).open_items
    assert (item.code, item.since) == ("executive_report_missing", None)
    assert "none was ever delivered" in item.detail


def test_c13_recovery_is_open_until_it_is_verified() -> None:
    opened = make.playbook(NOW - DAY, {"slack": NOW - DAY}, rid="playbook-1")
    (item,) = closure(opened).open_items
    assert (item.code, item.since) == ("recovery_open", NOW - DAY)
    assert item.detail.startswith("slack: open since 2026-06-10T15:40:00Z, longer than 240 minutes")
    assert codes(closure(opened, make.closure(NOW, "playbook-1", refs=[]))) == ["recovery_open"]
    assert closure(opened, make.closure(NOW, "playbook-1")).state is ClosureState.CLOSED


def test_undated_recovery_is_open_since_nobody_knows_when() -> None:
    found = closure(make.playbook(None, {"slack": None}, rid="playbook-1"))
    assert [(item.code, item.since) for item in found.open_items] == [
        ("recovery_open", None),
        ("evidence_unreadable", None),
    ]


def test_unreadable_evidence_holds_the_closure_open_for_it_may_hide_a_failure() -> None:
    fault = ContentFault("rcd-1", "/providers", "null", "array", "evidence.jsonl: line 3")
    read = folded(calm())
    states = finalise(fold([fault], NOW))
    assert codes(assess_closure(states, Mode.SHADOW)) == ["no_reporting_evidence", "evidence_unreadable"]
    both = finalise(type(read)(NOW, read.routes, read.loops, faults=(fault,)))
    (item,) = assess_closure(both, Mode.PROMOTED).open_items
    assert item.detail == "1 fault; first: evidence.jsonl: line 3 (rcd-1) /providers: found null, wanted array"


def test_more_faults_than_are_listed_are_said_to_be_more() -> None:
    faults = [ContentFault(f"rcd-{n:03}", "", "x", "y") for n in range(101)]
    (_, item) = assess_closure(finalise(fold(faults, NOW)), Mode.PROMOTED).open_items
    assert item.detail.startswith("more than 100 faults")


def test_c25_and_c8_a_report_that_could_not_be_sent_is_open_and_no_check_is_constant() -> None:
    value = make.delivery(X, NOW, "run-2", ["webhook"], ["webhook"])
    value["status_codes"] = [None]
    (item,) = closure(value).open_items
    assert item.code == "executive_report_delivery_failed"


def test_since_is_the_earliest_and_owners_are_all() -> None:
    values = [
        make.delivery(A, NOW - DAY, "audit-1", failed=["slack"]),
        make.delivery(A, NOW - 2 * DAY, "audit-2", failed=["jira"], providers=["jira"]),
        make.delivery(A, None, "audit-3", failed=["jira"], providers=["jira"]),
    ]
    item = closure(*values).open_items[0]
    assert (item.since, len(item.routes), item.detail) == (
        NOW - 2 * DAY,
        3,
        "Acknowledgement audit: 3 routes",
    )
    assert MINUTE < DAY


@pytest.mark.parametrize(
    ("loop", "answers", "advice"),
    [
        (X, [], MEND),
        (A, [], f"Open its gate: `reporter ack` first, then `reporter retry approve`. {MEND}"),
        (A, [make.approval(A, NOW, "s", state="denied")], f"Open its gate with `reporter retry approve`. {MEND}"),
        (R, [], f"Open its gate with `reporter ack`. {MEND}"),
        (A, [make.approval(A, NOW, "s")], MEND),
    ],
    ids=["no-gate", "both", "approval", "answer", "open"],
)
def test_advice_names_what_opens_the_gate_of_a_retry_that_is_due(
    loop: Loop, answers: list[make.RecordValue], advice: str
) -> None:
    found = closure(make.delivery(loop, NOW - HOUR, "s", failed=["slack"]), *answers)
    (item,) = [one for one in found.open_items if one.code.endswith("delivery_failed")]
    assert item.next_action == advice


def test_answers_are_asked_for_where_somebody_got_the_message() -> None:
    plans = [make.plan(RH, NOW - DAY, name) for name in ("got", "lost")]
    lost, got = make.delivery(RH, NOW - HOUR, "lost", failed=["slack"]), make.delivery(RH, NOW - HOUR, "got")

    def advice(*values: make.RecordValue) -> str:
        (item,) = [one for one in closure(*values).open_items if one.code.endswith("acknowledgement_outstanding")]
        return item.next_action

    answer = "Acknowledge with `reporter ack`, or escalate to the next owner."
    assert advice(plans[0], got) == answer
    assert advice(*plans, got, lost) == (
        f"{answer} 1 of 2: nobody got it: deliver it first, as `reporter retry plan` says."
    )
    assert advice(plans[1], lost) == (
        "Nobody got it: deliver it first, as `reporter retry plan` says; then have it acknowledged."
    )


def test_advice_about_some_routes_without_an_attempt_left_says_how_many() -> None:
    gone = [make.delivery(X, NOW - n * HOUR, "gone", failed=["slack"]) for n in (1, 2, 3)]
    items = {one.code: one for one in closure(*gone, make.delivery(X, NOW - HOUR, "s", failed=["slack"])).open_items}
    assert items["executive_report_delivery_failed"].next_action == (
        f"{MEND} 1 of 2: no attempt is left: open a recovery with `reporter recovery open` and deliver by hand."
    )
    assert items["executive_report_retry_exhausted"].next_action == BY_HAND


def test_advice_asks_for_no_recovery_that_is_open_already() -> None:
    def lost(provider: str) -> list[make.RecordValue]:
        return [make.delivery(X, NOW - n * HOUR, f"by {provider}", failed=[provider]) for n in (1, 2, 3)]

    def advice(*values: make.RecordValue) -> str:
        items = {one.code: one for one in closure(*values).open_items}
        said = items["executive_report_retry_exhausted"].next_action
        assert items["executive_report_delivery_failed"].next_action == said
        return said

    opened = make.playbook(NOW - HOUR, {"slack": NOW - HOUR}, rid="playbook-1")
    assert advice(*lost("slack"), opened) == UNDER_REPAIR
    assert advice(*lost("slack"), opened, make.closure(NOW, "playbook-1")) == BY_HAND
    assert advice(*lost("slack"), *lost("jira"), opened) == (
        f"{BY_HAND} 1 of 2: no attempt is left, and the recovery of the connector is open: mend the connector,"
        " deliver by hand, and close the recovery."
    )
