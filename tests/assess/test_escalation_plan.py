"""Escalation plan (domain.md B2.11, A5): who has to be asked next, and when waiting is over."""

from datetime import timedelta

import pytest

from assess.cases import NOW, SECOND, statuses
from assess.evidenced import SHADOW, reasons, reported
from loops import records as make
from loops.cases import AH, DAY, HOUR, MINUTE, A, N, R, calm, policies
from reporter.assess.evidence import MOST_LISTED, MOST_NAMED
from reporter.model.reports import AlertLevel, Status

NAME, IN_TIME = "escalation-plan", "escalation_answered_in_time"
ASKED = make.plan(N, NOW - 30 * MINUTE, "monthly", ["slack"], rid="gordn-1", route_decisions=[])
OVERDUE = make.plan(R, NOW - DAY, "plan-1", ["jira"])
ANSWERED = [make.plan(AH, NOW - DAY, "health-1", ["teams"]), make.acknowledgement(AH, NOW - HOUR, "health-1", "teams")]


@pytest.mark.parametrize(
    ("past", "status", "action"),
    [
        pytest.param(-SECOND, Status.DUE_SOON, "wait_for_acknowledgement", id="a-second-before"),
        pytest.param(0 * SECOND, Status.NEEDS_ATTENTION, "escalate_missed_drill_notification", id="at"),
        pytest.param(SECOND, Status.NEEDS_ATTENTION, "escalate_missed_drill_notification", id="a-second-after"),
    ],
)
def test_route_is_escalated_from_the_very_end_of_its_time(past: timedelta, status: Status, action: str) -> None:
    plan = make.plan(
        N, NOW - 30 * MINUTE - past, "monthly", rid="gordn-1", route_decisions=make.notification_routes(["slack"])
    )
    report = reported(NAME, plan)
    (route,) = report.routes
    assert (report.status, route.recommended_action) == (status, action)
    assert (route.acknowledgement_minutes, route.owner, route.escalation_owner) == (
        30.0,
        "release-governance",
        "platform-lead",
    )
    assert (report.outstanding_count, report.breached_count) == (1, int(status is Status.NEEDS_ATTENTION))


def test_other_loops_escalate_a_missed_acknowledgement() -> None:
    report = reported(NAME, OVERDUE)
    (route,) = report.routes
    assert (report.alert_level, route.recommended_action) == (AlertLevel.CRITICAL, "escalate_missed_acknowledgement")
    assert (route.planned_at, route.due_at, route.age_minutes) == (
        "2026-06-10T15:40:00Z",
        "2026-06-10T16:40:00Z",
        1440.0,
    )
    (reason,) = reasons(report, IN_TIME)
    assert (reason.document, reason.pointer) == ("records", "/recovery_escalation/plan-1/jira")
    assert reason.found == "outstanding since 2026-06-10T15:40:00Z"
    assert reason.wanted == "an answer before 2026-06-10T16:40:00Z"
    assert "`reporter ack`" in report.checks[1].remedy


def test_routes_of_all_loops_are_listed_the_worst_first() -> None:
    report = reported(NAME, *ANSWERED, ASKED, OVERDUE)
    assert [(one.loop, one.recommended_action) for one in report.routes] == [
        (R.word, "escalate_missed_acknowledgement"),
        (N.word, "wait_for_acknowledgement"),
        (AH.word, "no_action"),
    ]
    assert (report.route_count, report.outstanding_count, report.breached_count) == (3, 2, 1)
    assert report.summary == "2 of 3 routes wait for an answer, 1 of them too long"


def test_overdue_routes_are_listed_by_when_they_were_due_those_of_unknown_time_first() -> None:
    late = [make.plan(R, NOW - age, name, ["jira"]) for age, name in ((DAY, "b"), (2 * DAY, "c"), (3 * HOUR, "a"))]
    report = reported(NAME, *late, make.plan(AH, None, "undated", ["jira"]))
    assert [one.subject for one in report.routes] == ["undated", "c", "b", "a"]


def test_answered_route_needs_no_action_and_says_who_answered() -> None:
    report = reported(NAME, *ANSWERED)
    (route,) = report.routes
    assert report.status is Status.READY
    assert (route.acknowledged, route.acknowledged_by, route.acknowledgement_state) == (
        True,
        make.ACTOR,
        "acknowledged",
    )
    assert route.escalation_owner == route.owner, "where no plan names another"


@pytest.mark.parametrize("state", ["escalated", "dismissed"])
def test_answer_that_settles_nothing_is_shown_and_stays_outstanding(state: str) -> None:
    report = reported(NAME, ASKED, make.acknowledgement(N, NOW - MINUTE, "monthly", state=state))
    assert (report.status, report.routes[0].acknowledgement_state) == (Status.DUE_SOON, state)


def test_route_that_waits_since_an_unknown_time_is_overdue() -> None:
    report = reported(NAME, make.plan(N, None, "monthly"))
    (route,) = report.routes
    assert (route.breached, route.planned_at, route.due_at, route.age_minutes) == (True, "", "", None)
    (reason,) = reasons(report, IN_TIME)
    assert (reason.found, reason.wanted) == ("outstanding since an unknown time", "an answer")
    assert report.operator_notes == (
        "Evidence records: 1 cannot be read in full; `reporter check closure --json` lists them.",
    )


def test_route_that_nobody_has_to_answer_is_none_of_this_report() -> None:
    report = reported(NAME, make.delivery(A, NOW - DAY, "package"))
    assert (report.status, report.route_count) == (Status.READY, 0)


def test_rule_of_the_environment_wins_over_the_plans_own_minutes() -> None:
    loose = reported(NAME, OVERDUE, policies=policies(R, acknowledgement=2 * DAY))
    assert (loose.status, loose.routes[0].acknowledgement_minutes) == (Status.DUE_SOON, 2880.0)
    assert loose.acknowledgement_minutes == 60.0, "what applies where nobody says"


def test_c5_answer_of_a_former_cycle_does_not_answer_this_one() -> None:
    old = make.acknowledgement(N, NOW - 2 * DAY, "monthly")
    assert reported(NAME, old, ASKED).outstanding_count == 1


def test_c6_planning_again_does_not_wind_back_the_clock() -> None:
    first, again = (make.plan(R, NOW - age, "plan-1", ["jira"], rid="gordackrecoveryesc-1") for age in (DAY, MINUTE))
    assert reported(NAME, first, again).breached_count == 1, "upstream: the newest plan starts anew"


def test_plan_id_is_that_of_the_state_of_affairs_whatever_the_time() -> None:
    one, later = (reported(NAME, OVERDUE, now=NOW + age) for age in (MINUTE, DAY))
    assert one.plan_id == later.plan_id
    assert one.plan_id.startswith("gordesc-")
    assert reported(NAME, OVERDUE, ASKED).plan_id != one.plan_id
    assert reported(NAME, make.acknowledgement(R, NOW, "plan-1", "jira"), OVERDUE).plan_id != one.plan_id


def test_very_many_overdue_routes_are_all_counted() -> None:
    plans = [make.plan(R, NOW - DAY, f"plan-{place}", ["jira"]) for place in range(MOST_LISTED + 1)]
    report = reported(NAME, *plans)
    assert (report.breached_count, len(report.routes), report.omitted_route_count) == (MOST_LISTED + 1, MOST_LISTED, 1)
    found = reasons(report, IN_TIME)
    assert len(found) == MOST_NAMED + 1
    assert found[-1].found == f"{MOST_LISTED + 1 - MOST_NAMED} more overdue answers"


def test_nobody_asked_where_the_mode_is_not_promoted_and_there_is_no_record() -> None:
    report = reported(NAME, pilot=SHADOW)
    assert (report.status, set(statuses(report).values())) == (Status.NOT_REQUESTED, {"not_applicable"})
    assert reported(NAME, OVERDUE, pilot=SHADOW).status is Status.NEEDS_ATTENTION


def test_evidence_dated_ahead_answers_nothing_and_is_named() -> None:
    report = reported(NAME, OVERDUE, make.acknowledgement(R, NOW + HOUR, "plan-1", "jira"))
    assert report.breached_count == 1
    assert report.operator_notes == (
        "Evidence records: 1 dated after this report; `reporter check closure --json` lists them.",
    )


def test_world_in_order_has_nobody_to_ask() -> None:
    assert reported(NAME, *calm()).status is Status.READY


def test_route_that_was_answered_does_not_grow_older() -> None:
    answer = make.acknowledgement(R, NOW - HOUR, "plan-1", "jira")
    plan = make.plan(R, NOW - DAY, "plan-1", ["jira"])
    ages = {reported(NAME, plan, answer, now=NOW + age).routes[0].age_minutes for age in (MINUTE, DAY)}
    assert ages == {1380.0}
