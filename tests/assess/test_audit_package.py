"""Acknowledgement audit (domain.md B2.13, A5): every answer counts once, and an audit of nothing proves nothing."""

from datetime import timedelta

import pytest

from assess.cases import NOW, PILOT, SECOND, failed, statuses
from assess.evidenced import SHADOW, reasons, reported
from loops import records as make
from loops.cases import AH, DAY, HOUR, MINUTE, A, N, R, calm
from reporter.assess.evidence import MOST_LISTED, MOST_NAMED
from reporter.model.reports import Mode, Status

NAME = "audit-package"
THERE, IN_TIME, SETTLED = (f"acknowledgement_audit_{one}" for one in ("routes", "in_time", "escalations_settled"))
PLAN = make.plan(R, NOW - 30 * MINUTE, "plan-1", ["jira"])


def answer(state: str = "acknowledged", age: timedelta = MINUTE, **more: str) -> make.RecordValue:
    return make.acknowledgement(R, NOW - age, "plan-1", "jira", state, **more)


@pytest.mark.parametrize(
    ("state", "status", "checks"),
    [
        pytest.param("acknowledged", Status.READY, [], id="acknowledged"),
        pytest.param("resolved", Status.READY, [], id="resolved"),
        pytest.param("dismissed", Status.DUE_SOON, [], id="dismissed"),
        pytest.param("deferred", Status.DUE_SOON, [], id="deferred"),
        pytest.param("escalated", Status.NEEDS_ATTENTION, [SETTLED], id="escalated"),
    ],
)
def test_answer_decides(state: str, status: Status, checks: list[str]) -> None:
    report = reported(NAME, PLAN, answer(state, external_ref="CHG-1"))
    (entry,) = report.entries
    assert (report.status, list(failed(report))) == (status, checks)
    assert (entry.acknowledgement_state, entry.acknowledged) == (state, status is Status.READY)
    assert (entry.acknowledged_by, entry.acknowledged_at) == (make.ACTOR, "2026-06-11T15:39:00Z")
    assert (entry.external_ref, entry.route_created_at) == ("CHG-1", "2026-06-11T15:10:00Z")
    assert entry.acknowledgement_id
    assert (entry.owner, entry.escalation_owner) == ("release-governance", "release-governance")
    assert (report.acknowledgement_count, report.acknowledged_count) == (1, int(status is Status.READY))
    assert report.resolved_count == (state == "resolved")


@pytest.mark.parametrize(
    ("past", "status"),
    [(-SECOND, Status.DUE_SOON), (0 * SECOND, Status.NEEDS_ATTENTION), (SECOND, Status.NEEDS_ATTENTION)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_unanswered_route_fails_from_the_very_end_of_its_time(past: timedelta, status: Status) -> None:
    report = reported(NAME, make.plan(R, NOW - HOUR - past, "plan-1", ["jira"]))
    assert (report.status, report.outstanding_count, report.acknowledgement_count) == (status, 1, 0)
    assert list(failed(report)) == ([IN_TIME] if status is Status.NEEDS_ATTENTION else [])


def test_failed_check_names_route_answer_and_what_to_run() -> None:
    report = reported(NAME, make.plan(R, NOW - DAY, "plan-1", ["jira"]), answer("escalated"))
    (late,) = reasons(report, IN_TIME)
    assert late.pointer == "/recovery_escalation/plan-1/jira"
    assert (late.found, late.wanted) == (f"escalated by {make.ACTOR}, due 2026-06-10T16:40:00Z", "an answer in time")
    (open_,) = reasons(report, SETTLED)
    assert open_.wanted == "acknowledged or resolved"
    assert all("`reporter ack`" in one.remedy for one in failed(report).values())
    (undated,) = reasons(reported(NAME, make.plan(N, None, "monthly")), IN_TIME)
    assert undated.found == "outstanding, since an unknown time"


def test_c3_audit_of_nothing_in_promoted_mode_is_not_healthy() -> None:
    for values, found in (
        ([], "no evidence record that counts"),
        (calm(), "0 routes"),
        ([make.delivery(A, NOW, "package")], "0 routes"),
    ):
        report = reported(NAME, *values)
        assert report.status is Status.NEEDS_ATTENTION, "upstream: zero routes are healthy"
        assert [reason.found for reason in reasons(report, THERE)] == [found]
        assert report.summary == "no route that was to be answered"
        assert "`reporter records import`" in failed(report)[THERE].remedy


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.SHADOW, Mode.ENFORCE])
def test_where_the_mode_is_not_promoted_nobody_has_to_be_told(mode: Mode) -> None:
    pilot = PILOT.but(mode=mode)
    assert reported(NAME, pilot=pilot).status is Status.NOT_REQUESTED
    report = reported(NAME, *calm(), pilot=pilot)
    assert (report.status, statuses(report)[THERE]) == (Status.READY, "not_applicable")
    assert reported(NAME, PLAN, pilot=pilot).status is Status.DUE_SOON


def test_c23_each_route_is_outstanding_once_whatever_was_said_of_it() -> None:
    states = ("acknowledged", "resolved", "escalated", "dismissed", "deferred")
    values = [make.plan(R, NOW - 30 * MINUTE, "all", [*states, "silent"])]
    values += [make.acknowledgement(R, NOW - MINUTE, "all", state, state) for state in states]
    report = reported(NAME, *values)
    assert (report.route_count, report.acknowledged_count, report.outstanding_count) == (6, 2, 4)
    assert (report.resolved_count, report.escalated_count, report.dismissed_count, report.deferred_count) == (
        1,
        1,
        1,
        1,
    )
    assert report.acknowledgement_count == 5
    assert report.summary == "2 of 6 routes acknowledged, 4 outstanding, 0 of them overdue"


def test_resolved_by_nobody_is_neither_resolved_nor_acknowledged() -> None:
    report = reported(NAME, PLAN, answer("resolved", by=" "))
    assert (report.resolved_count, report.outstanding_count) == (0, 1)


def test_c5_answer_that_was_given_before_the_plan_does_not_count() -> None:
    report = reported(NAME, PLAN, answer(age=HOUR))
    assert (report.outstanding_count, report.entries[0].acknowledgement_id) == (1, "")


def test_c5_newer_dismissal_takes_the_older_acknowledgement_back() -> None:
    report = reported(NAME, PLAN, answer(age=10 * MINUTE), answer("dismissed"))
    assert (report.status, report.dismissed_count) == (Status.DUE_SOON, 1)


def test_answer_about_a_route_that_nobody_planned_or_tried_is_noted_and_counts_for_nothing() -> None:
    report = reported(NAME, PLAN, answer(), make.acknowledgement(AH, NOW, "health-1"))
    assert report.route_count == 1
    assert report.operator_notes == ("Answers about 1 route that nobody planned or tried count for nothing.",)
    both = reported(NAME, *(make.acknowledgement(AH, NOW, name) for name in ("a", "b")))
    assert "2 routes" in both.operator_notes[0]


def test_all_routes_are_counted_and_so_many_listed() -> None:
    report = reported(NAME, *(make.plan(R, NOW - MINUTE, f"plan-{place}") for place in range(MOST_LISTED + 2)))
    assert (report.route_count, len(report.entries), report.omitted_entry_count) == (MOST_LISTED + 2, MOST_LISTED, 2)


def test_audit_id_changes_with_the_answers_and_not_with_the_time() -> None:
    one, later = (reported(NAME, PLAN, now=NOW + age) for age in (MINUTE, HOUR))
    assert one.audit_id == later.audit_id
    assert one.audit_id.startswith("gordackaudit-")
    assert reported(NAME, PLAN, answer()).audit_id != one.audit_id


def test_nobody_asked_where_there_is_nothing() -> None:
    report = reported(NAME, pilot=SHADOW)
    assert set(statuses(report).values()) == {"not_applicable"}


@pytest.mark.parametrize(
    ("age", "late"),
    [(97 * MINUTE, 97.0), (SECOND, 0.02), (0 * SECOND, None), (-MINUTE, None)],
    ids=["late", "a-second-late", "at-its-end", "in-time"],
)
def test_late_answer_is_shown_and_fails_nothing(age: timedelta, late: float | None) -> None:
    plan = make.plan(R, NOW - HOUR - MINUTE - age, "plan-1", ["jira"])
    report = reported(NAME, plan, answer())
    assert (report.status, report.entries[0].answered_late_minutes) == (Status.READY, late)
    noted = [note for note in report.operator_notes if note.endswith("late.")]
    assert len(noted) == (late is not None)
    if late == 97.0:
        assert noted == ["recovery_escalation plan-1 -> jira: answered 1 hour 37 minutes late."]


def test_answer_that_does_not_settle_is_not_late_but_open() -> None:
    report = reported(NAME, make.plan(R, NOW - DAY, "plan-1", ["jira"]), answer("deferred"))
    assert report.entries[0].answered_late_minutes is None


def test_very_many_late_answers_are_cut_and_counted() -> None:
    plans = [make.plan(R, NOW - DAY, f"plan-{n}", ["jira"]) for n in range(MOST_NAMED + 2)]
    answers = [make.acknowledgement(R, NOW - MINUTE, f"plan-{n}", "jira") for n in range(MOST_NAMED + 2)]
    assert reported(NAME, *plans, *answers).operator_notes[-1] == "2 more answered late."
