"""Routing trend (domain.md B2.12): who was told by day; and a schedule of which nobody is told is critical (C7)."""

from datetime import timedelta
from typing import Any

import pytest

from assess.cases import NOW, failed, statuses
from assess.evidenced import SHADOW, reasons, reported
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, N, calm
from reporter.loops.history import KEPT_EVENTS, KEPT_PLANS
from reporter.model.case import EVERYBODY, Request
from reporter.model.reports import AlertLevel, Status

NAME, TOLD = "routing-trend", "routing_somebody_told"
FREEZE = {"window_id": "freeze-june", "start_at": "2026-06-11T00:00:00Z", "reason": "June freeze"}
AWAY = {"available": False, "reason": "on leave"}


def decision(provider: str = "slack", action: str = "deliver", **more: Any) -> make.RecordValue:  # noqa: ANN401
    return {
        "provider": provider,
        "owner": "release-governance",
        "escalation_owner": "platform-lead",
        "action": action,
        "reason": "June freeze" if "maintenance_window" in more else "",
        **more,
    }


def frozen(provider: str = "slack") -> make.RecordValue:
    return decision(provider, "suppress", maintenance_window=FREEZE)


def plan(
    *decisions: make.RecordValue,
    age: timedelta = MINUTE,
    name: str = "monthly",
    rid: str = "gordn-1",
    **more: Any,  # noqa: ANN401
) -> make.RecordValue:
    return make.routed_plan(N, NOW - age, name, decisions, rid=rid, **more)


@pytest.mark.parametrize("level", ["warning", "critical", "", "odd"])
def test_c7_schedule_that_is_not_well_and_of_which_nobody_is_told_is_critical(level: str) -> None:
    report = reported(NAME, plan(frozen(), frozen("teams"), alert_level=level))
    assert (report.status, report.alert_level) == (Status.NEEDS_ATTENTION, AlertLevel.CRITICAL), "upstream: a warning"
    (reason,) = reasons(report, TOLD)
    assert reason.pointer == "/drill_notification/monthly/gordn-1"
    assert reason.found == f"gordn-1 of monthly, {level or 'of no known level'}, tells nobody: June freeze"
    assert report.operator_notes == ("suppressed_critical: nobody is told of monthly: June freeze.",)
    assert "`reporter check notification-plan`" in failed(report)[TOLD].remedy


@pytest.mark.parametrize(
    ("decisions", "level", "status"),
    [
        pytest.param([decision()], "critical", Status.READY, id="all-told"),
        pytest.param([decision(), frozen("teams")], "critical", Status.DUE_SOON, id="some-told"),
        pytest.param([decision("slack", "suppress")], "healthy", Status.READY, id="nobody-has-to-be-told"),
        pytest.param([frozen()], "healthy", Status.READY, id="window-of-a-healthy-schedule"),
        pytest.param([decision(), frozen("teams")], "healthy", Status.DUE_SOON, id="forced-and-some-held"),
        pytest.param([decision("slack", "postpone")], "critical", Status.NEEDS_ATTENTION, id="unknown-action"),
    ],
)
def test_newest_plan_decides(decisions: list[make.RecordValue], level: str, status: Status) -> None:
    assert reported(NAME, plan(*decisions, alert_level=level)).status is status


def test_only_the_newest_plan_of_a_schedule_is_judged_and_all_are_counted() -> None:
    report = reported(NAME, plan(frozen(), age=2 * DAY), plan(decision(), rid="gordn-2"))
    assert (report.status, report.event_count, report.suppression_event_count) == (Status.READY, 2, 1)
    assert report.summary == "2 routing decisions, 1 suppressed"


def test_every_schedule_is_judged_by_itself() -> None:
    report = reported(NAME, plan(decision()), plan(frozen(), age=DAY, name="weekly", rid="gordn-2"))
    assert [reason.pointer for reason in reasons(report, TOLD)] == ["/drill_notification/weekly/gordn-2"]


def test_waiting_ends_no_silence() -> None:
    assert reported(NAME, plan(frozen(), age=200 * DAY)).status is Status.NEEDS_ATTENTION


HISTORY = (
    plan(decision(), frozen("jira"), decision("teams", "suppress", owner="Ops", owner_availability=AWAY), age=DAY),
    plan(decision("slack", "suppress"), age=2 * DAY, alert_level="healthy", rid="gordn-0"),
    plan(decision(), name="weekly", rid="gordn-2", next_due_at="2026-06-20T15:40:00Z"),
)


def test_trend_is_counted_by_day_category_owner_provider_and_schedule() -> None:
    report = reported(NAME, *HISTORY)
    assert (report.since, report.event_count, report.suppression_event_count) == ("2026-04-13", 5, 3)
    assert [(one.day, one.delivered, one.suppressed) for one in report.days] == [
        ("2026-06-09", 0, 1),
        ("2026-06-10", 1, 2),
        ("2026-06-11", 1, 0),
    ]
    assert (report.days[1].maintenance_suppressed, report.days[1].calendar_suppressed) == (1, 1)
    assert (report.days[0].healthy_suppressed, report.days[0].other_suppressed) == (1, 0)
    assert (
        report.maintenance_suppressed_count,
        report.calendar_suppressed_count,
        report.healthy_schedule_suppressed_count,
    ) == (1, 1, 1)
    assert report.category_counts == {"healthy_schedule": 1, "maintenance_window": 1, "owner_calendar": 1}
    assert report.owner_counts == {"Ops": 1, "release-governance": 2}
    assert report.provider_counts == {"jira": 1, "slack": 1, "teams": 1}
    assert report.schedule_counts == {"monthly": 3}


def test_event_says_all_that_the_plan_said() -> None:
    report = reported(NAME, *HISTORY, request=Request(providers=("jira",)))
    (event,) = report.latest_events
    assert (event.schedule_id, event.plan_id, event.alert_level) == ("monthly", "gordn-1", "critical")
    assert (event.provider, event.owner, event.escalation_owner) == ("jira", "release-governance", "platform-lead")
    assert (event.action, event.category, event.reason) == ("suppress", "maintenance_window", "June freeze")
    assert (event.maintenance_window_id, event.maintenance_window_reason) == ("freeze-june", "June freeze")
    assert (event.owner_available, event.acknowledgement_minutes) == (True, None)
    assert event.created_at == "2026-06-10T15:40:00Z"
    assert event.route_id.startswith("gordroute-")


@pytest.mark.parametrize(
    ("request_", "count"),
    [
        pytest.param(EVERYBODY, 5, id="everything"),
        pytest.param(Request(schedule="weekly"), 1, id="schedule"),
        pytest.param(Request(providers=("jira", "teams")), 2, id="providers"),
        pytest.param(Request(owner="oPs"), 1, id="owner"),
        pytest.param(Request(owner="platform"), 5, id="escalation-owner"),
        pytest.param(Request(action="suppress"), 3, id="action"),
        pytest.param(Request(category="owner_calendar"), 1, id="category"),
        pytest.param(Request(schedule="weekly", action="suppress"), 0, id="all-must-hold"),
    ],
)
def test_request_narrows_days_and_events_alike_and_is_written_down(request_: Request, count: int) -> None:
    report = reported(NAME, *HISTORY, request=request_)
    assert (report.event_count, len(report.latest_events)) == (count, count)
    assert report.filters.provider == ",".join(request_.providers)
    assert (report.filters.schedule_id, report.filters.owner) == (request_.schedule, request_.owner)
    assert (report.filters.action, report.filters.category) == (request_.action, request_.category)
    assert report.summary.startswith(str(count) if count else "no routing decision in this period")


def test_request_hides_no_silence() -> None:
    report = reported(NAME, plan(frozen()), request=Request(schedule="weekly"))
    assert (report.status, report.event_count) == (Status.NEEDS_ATTENTION, 0)
    assert report.summary == "nobody is told of 1 schedule; no routing decision in this period"


def test_twenty_latest_events_are_listed_the_newest_first() -> None:
    plans = [plan(decision(), age=place * HOUR, rid=f"gordn-{place}") for place in range(25)]
    report = reported(NAME, *plans)
    assert [one.plan_id for one in report.latest_events] == [f"gordn-{place}" for place in range(20)]
    assert len({one.route_id for one in report.latest_events}) == 20
    assert report.event_count == 25


def test_routes_of_one_plan_have_ids_of_their_own() -> None:
    events = reported(NAME, *HISTORY).latest_events
    assert len({one.route_id for one in events}) == len(events)


def test_count_that_stops_is_noted_as_the_least() -> None:
    plans = [plan(decision(), rid=f"gordn-{place}") for place in range(KEPT_PLANS + 1)]
    report = reported(NAME, *plans)
    assert report.event_count == KEPT_PLANS
    assert report.operator_notes == ("A route has more than 64 plans on one day: counts are the least there were.",)


def test_plan_that_newer_events_push_off_the_list_is_judged_all_the_same() -> None:
    others = [plan(decision(), age=timedelta(0), name=f"s-{place}", rid=f"p-{place}") for place in range(KEPT_EVENTS)]
    report = reported(NAME, plan(frozen()), *others)
    assert all(one.schedule_id != "monthly" for one in report.latest_events)
    assert report.status is Status.NEEDS_ATTENTION


def test_trend_id_follows_the_history_and_the_request() -> None:
    one, later = (reported(NAME, *HISTORY, now=NOW + age) for age in (MINUTE, HOUR))
    assert one.trend_id == later.trend_id
    assert one.trend_id.startswith("gordrtrend-")
    assert reported(NAME, *HISTORY, request=Request(action="deliver")).trend_id != one.trend_id
    assert reported(NAME, *HISTORY[1:]).trend_id != one.trend_id


def test_nobody_asked_where_the_mode_is_not_promoted_and_there_is_no_record() -> None:
    report = reported(NAME, pilot=SHADOW)
    assert (report.status, set(statuses(report).values())) == (Status.NOT_REQUESTED, {"not_applicable"})
    assert reported(NAME, *calm()).status is Status.READY
