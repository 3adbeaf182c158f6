"""Closure report (domain.md A7, B2.24, C1, C2, C3, C17): each open item of the loops fails a check."""

from typing import Any

import pytest

from assess.cases import failed
from assess.closing_cases import QUIET, calm_but, closing, failing
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, RH, XH, A, N, R, X, calm
from loops.test_table import CLOSEOUT
from reporter.assess.closure import MOST_FAULTS, PARTS, assess_closure
from reporter.loops.closure import BY_HAND, UNDER_REPAIR
from reporter.loops.fold import fold
from reporter.loops.loop import Loop, make_reader
from reporter.loops.routes import finalise
from reporter.loops.table import LOOPS, OTHER_KINDS, SHARED
from reporter.model.records import ContentFault
from reporter.model.reports import AlertLevel, Mode, Status


def closure(*values: make.RecordValue, **given: Any) -> Any:  # noqa: ANN401
    return closing(*calm_but(*values), **given)["closure"]


def lost(loop: Loop, count: int = 1, provider: str = "slack") -> list[make.RecordValue]:
    return [make.delivery(loop, NOW - n * MINUTE - HOUR, "s", [provider], [provider]) for n in range(count)]


def test_everything_in_order_is_closed() -> None:
    report = closure()
    assert (report.status, report.closure_state, report.summary) == (Status.READY, "closed", "closed: nothing is open")
    assert (report.open_item_count, report.open_items, failing(report)) == (0, (), [])


def test_c3_no_evidence_in_promoted_mode_is_open() -> None:
    """Trap 3: upstream calls an empty history closed."""
    report = closing()["closure"]
    assert (report.closure_state, failing(report)) == ("open", ["closure_evidence"])


def test_nobody_asked_without_promotion_and_records() -> None:
    report = closing(pilot=QUIET.but(mode=Mode.SHADOW))["closure"]
    assert (report.status, report.closure_state, failing(report)) == (Status.NOT_REQUESTED, "not_requested", [])


def test_records_without_promotion_ask_for_it() -> None:
    shadow = QUIET.but(mode=Mode.SHADOW)
    assert closing(*calm(), pilot=shadow)["closure"].closure_state == "closed"
    assert closing(make.worker_run(A, NOW + DAY), pilot=shadow)["closure"].closure_state == "open"


@pytest.mark.parametrize(
    ("values", "codes", "checks"),
    [
        (lost(RH), ["recovery_retry_health_alert_delivery_failed"], ["closure_delivered"]),
        ([make.plan(XH, NOW - HOUR, "h")], ["executive_retry_health_alert_acknowledgement_outstanding"], []),
        (
            [make.execution(R, NOW - HOUR, "s", status="failed")],
            ["recovery_escalation_retry_execution_failed"],
            ["closure_retried"],
        ),
        (lost(A, 3), ["acknowledgement_audit_retry_exhausted"], ["closure_delivered", "closure_attempts_left"]),
        ([make.playbook(NOW - HOUR, {"slack": NOW - DAY})], ["recovery_open"], ["closure_recovered"]),
        ([make.worker_run(A, "someday", rid="r")], ["evidence_unreadable"], ["closure_evidence_readable"]),
    ],
    ids=["delivery", "answer", "execution", "exhausted", "recovery", "unreadable"],
)
def test_each_way_to_be_open_fails_its_own_check(
    values: list[make.RecordValue], codes: list[str], checks: list[str]
) -> None:
    """Traps 1 and 2: an exhausted retry and a failed recovery alert hold the closure open."""
    report = closure(*values)
    assert (report.status, report.closure_state) == (Status.NEEDS_ATTENTION, "open")
    assert set(codes) <= {one.code for one in report.open_items}
    assert set(checks) <= set(failing(report))
    assert report.open_item_count == len(report.open_items)
    reasons = [reason for one in failed(report).values() for reason in one.reasons]
    pointed = [f"/closure/{one.code}" for one in report.open_items if one.code != "evidence_unreadable"]
    assert sorted(reason.pointer for reason in reasons if reason.pointer.startswith("/closure/")) == sorted(pointed)


def test_every_fault_is_a_reason_with_its_place_in_the_order_of_the_lines() -> None:
    faults = [ContentFault(f"rcd-{n}", "/x", f"odd {n}", "a word", f"b.jsonl: line {n}") for n in (10, 9)]
    faults += [ContentFault("rcd-0", "/x", "odd", "a word", "a.jsonl: line 30"), ContentFault("rcd-1", "", "odd", "y")]
    report = assess_closure(QUIET.but(now=NOW).case(), finalise(fold(faults, NOW)))
    assert [reason.text for reason in failed(report)["closure_evidence_readable"].reasons] == [
        "evidence records /rcd-1: found odd, wanted y",
        "a.jsonl: line 30 /rcd-0/x: found odd, wanted a word",
        "b.jsonl: line 9 /rcd-9/x: found odd 9, wanted a word",
        "b.jsonl: line 10 /rcd-10/x: found odd 10, wanted a word",
    ]
    assert "`reporter check closure`" not in failed(report)["closure_evidence_readable"].remedy


@pytest.mark.parametrize(("count", "more"), [(21, "1 more faults"), (101, "at least 80 more faults")])
def test_very_many_faults_are_cut_and_counted(count: int, more: str) -> None:
    faults = [ContentFault(f"rcd-{n:03}", "", "x", "y") for n in range(count)]
    report = assess_closure(QUIET.but(now=NOW).case(), finalise(fold(faults, NOW)))
    found = failed(report)["closure_evidence_readable"].reasons
    assert (len(found), found[-1].found) == (MOST_FAULTS + 1, more)


def test_route_without_an_attempt_left_is_delivered_by_hand_in_every_advice() -> None:
    report = closure(make.execution(A, NOW - HOUR, "s", status="failed"), *lost(A, 3))
    assert {one.next_action for one in report.open_items} == {BY_HAND}
    checks = failed(report)
    assert checks["closure_delivered"].remedy == checks["closure_retried"].remedy == BY_HAND


def test_no_advice_asks_to_open_the_recovery_that_is_open() -> None:
    opened = make.playbook(NOW - MINUTE, {"slack": NOW - HOUR}, rid="playbook-1")
    values = (make.execution(A, NOW - HOUR, "s", status="failed"), *lost(A, 3), opened)
    report = closure(*values)
    checks = failed(report)
    names = ("closure_delivered", "closure_retried", "closure_attempts_left")
    assert {checks[name].remedy for name in names} == {UNDER_REPAIR}
    plan = failed(closing(*values)["retry-plan"])
    assert {plan[name].remedy for name in ("retry_attempts_left", "retry_executions_succeeded")} == {UNDER_REPAIR}
    assert failed(closing(*values)["recovery"])["recovery_executions_succeeded"].remedy == UNDER_REPAIR


def test_report_that_was_never_delivered_fails_its_check() -> None:
    values = [one for one in calm() if one.get("connector_delivery_source") != X.source]
    report = closing(*values)["closure"]
    assert failing(report) == ["closure_reported"]
    assert [(one.code, one.title) for one in report.open_items] == [
        ("executive_report_missing", "Executive report: no report delivered in time")
    ]


def test_c17_later_success_closes_again() -> None:
    """Trap 17: upstream keeps counting a failure that was made up for."""
    assert closure(*lost(A), make.delivery(A, NOW - MINUTE, "s")).closure_state == "closed"


def test_item_names_its_routes_owner_and_since() -> None:
    report = closure(*lost(A), *lost(A, provider="jira"))
    (item,) = report.open_items
    assert (item.title, item.route_count) == ("Acknowledgement audit: not delivered", 2)
    assert [one.provider for one in item.routes] == ["jira", "slack"]
    assert (item.since, item.owner) == ("2026-06-11T14:40:00Z", "release-governance")
    (reason,) = failed(report)["closure_delivered"].reasons
    assert reason.found == "Acknowledgement audit: 2 routes, since 2026-06-11T14:40:00Z"


def test_item_of_very_many_routes_names_some_and_counts_all() -> None:
    report = closure(*(make.delivery(A, NOW - HOUR, f"s-{n}", failed=["slack"]) for n in range(60)))
    (item,) = report.open_items
    assert (len(item.routes), item.route_count) == (50, 60)


def test_every_check_names_a_command_or_a_setting() -> None:
    for part in PARTS:
        assert "reporter " in part.spec.remedy


def test_lanes_and_funnel_count_routes_as_they_are() -> None:
    report = closure(
        *lost(A), make.plan(N, NOW - HOUR, "s", ["slack", "teams"]), make.acknowledgement(N, NOW - MINUTE, "s", "teams")
    )
    lanes = {one.loop: one for one in report.lanes}
    assert [one.loop for one in report.lanes] == [loop.word for loop in LOOPS]
    audit, drill = lanes["acknowledgement_audit"], lanes["drill_notification"]
    assert (audit.failed, audit.due, audit.open, audit.alert_level) == (1, 1, 1, AlertLevel.WARNING)
    assert (drill.planned, drill.acknowledged, drill.outstanding) == (2, 1, 1)
    assert drill.alert_level is AlertLevel.CRITICAL
    funnel = report.funnel
    assert (funnel.ever_failed, funnel.recovered, funnel.due, funnel.gated, funnel.exhausted) == (1, 0, 1, 1, 0)
    assert report.route_count == sum(one.planned + one.delivered + one.failed for one in report.lanes)


def test_days_say_what_was_delivered_and_what_was_not() -> None:
    report = closure(*lost(A))
    assert [(one.day, one.provider, one.delivered, one.failed) for one in report.delivery_days] == [
        ("2026-06-11", "slack", 1, 1)
    ]


def test_evidence_that_does_not_count_is_listed() -> None:
    report = closure(
        make.worker_run(A, NOW + DAY, rid="future-1"),
        make.delivery(A, NOW - HOUR, "s", rid="twice"),
        make.delivery(A, NOW - HOUR, "s", failed=["slack"], rid="twice"),
        make.acknowledgement(N, NOW - HOUR, "unknown", rid="ack-1"),
        make.delivery(A, "never", "s", rid="bad-1"),
    )
    assert [one.record for one in report.future_dated] == ["future-1"]
    assert [(one.record, one.pointer) for one in report.faults] == [("bad-1", "/created_at")]
    assert report.conflicting_records == ("twice",)
    assert [one.subject for one in report.unmatched_routes] == ["unknown"]
    notes = " ".join(report.operator_notes)
    for words in (
        "1 cannot be read in full",
        "1 dated after",
        "1 records came with different",
        "1 routes were answered",
    ):
        assert words in notes
    assert report.truncated == ()


def test_lists_that_were_cut_are_named() -> None:
    answers = [make.acknowledgement(N, NOW - HOUR, f"unknown-{n}") for n in range(501)]
    report = closure(*answers)
    assert (len(report.unmatched_routes), report.truncated) == (500, ("unmatched_routes",))


def test_tenth_loop_has_lane_items_and_checks() -> None:
    loops = (*LOOPS, CLOSEOUT)
    reader = make_reader(loops, SHARED, OTHER_KINDS)
    values = [make.delivery(CLOSEOUT, NOW - n * HOUR, "c", failed=["slack"]) for n in range(3)]
    states = finalise(fold([reader.decode_record(make.raw(one)) for one in values], NOW, loops), loops=loops)
    report = assess_closure(QUIET.but(now=NOW).case(), states)
    assert report.lanes[-1].exhausted == 1
    assert f"{CLOSEOUT.title}: no attempt left" in [one.title for one in report.open_items]
    assert "closure_attempts_left" in failing(report)
