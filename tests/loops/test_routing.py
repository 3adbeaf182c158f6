"""Routing history and suppression by day (domain.md B2.10, B2.12)."""

from datetime import timedelta
from typing import Any

import pytest

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, N, R, folded, settled
from reporter.loops.days import HISTORY_DAYS, first_day, history_days
from reporter.loops.facts import merge
from reporter.loops.folder import LONGEST_TEXT
from reporter.loops.history import KEPT_EVENTS, KEPT_PLANS
from reporter.loops.routing import RoutingCount, RoutingFilter, count_by_day, filter_routing, suppression_trend
from reporter.model.reports import AlertLevel

WINDOW = {"window_id": "freeze-june", "start_at": "2026-06-11T00:00:00Z", "reason": "June freeze"}
AWAY = {"available": False, "reason": "on leave"}


def decision(provider: str = "slack", action: str | None = "deliver", **more: Any) -> make.RecordValue:  # noqa: ANN401
    return {
        "provider": provider,
        "owner": "release-governance",
        "acknowledgement_minutes": 30,
        "escalation_owner": "platform-lead",
        "action": action,
        "reason": "schedule is due soon",
        **more,
    }


def suppressed(**more: Any) -> make.RecordValue:  # noqa: ANN401
    return decision("jira", "suppress", **more)


def category(route: make.RecordValue, *others: make.RecordValue, level: str = "critical") -> str:
    states = settled(make.routed_plan(N, NOW, "monthly", [route, *others], alert_level=level))
    assert not states.faults
    (found,) = [one for one in states.routing_events if one.provider == route["provider"]]
    return found.category


@pytest.mark.parametrize(
    ("route", "level", "expected"),
    [
        pytest.param(decision(), "critical", "deliver", id="delivered"),
        pytest.param(decision(action=None), "critical", "deliver", id="no-action-means-deliver"),
        pytest.param(decision(category="other"), "critical", "deliver", id="delivered-whatever-the-category"),
        pytest.param(suppressed(maintenance_window=WINDOW), "critical", "maintenance_window", id="window"),
        pytest.param(
            suppressed(maintenance_window=WINDOW, owner_availability=AWAY),
            "warning",
            "maintenance_window",
            id="window-before-calendar",
        ),
        pytest.param(suppressed(owner_availability=AWAY), "critical", "owner_calendar", id="calendar"),
        pytest.param(suppressed(owner_availability={"available": True}), "critical", "other", id="available"),
        pytest.param(suppressed(maintenance_window=None), "critical", "other", id="no-reason-known"),
        pytest.param(suppressed(), "healthy", "healthy_schedule", id="healthy"),
        pytest.param(suppressed(maintenance_window=WINDOW), "healthy", "healthy_schedule", id="healthy-before-window"),
        pytest.param(suppressed(category="owner_calendar"), "critical", "owner_calendar", id="the-record-says"),
        pytest.param(
            suppressed(category="deliver", owner_availability=AWAY), "critical", "owner_calendar", id="contradicted"
        ),
    ],
)
def test_category_is_the_records_or_what_the_plan_looked_at_first(
    route: make.RecordValue, level: str, expected: str
) -> None:
    assert category(route, level=level) == expected


def test_healthy_plan_that_delivers_was_forced_so_that_its_other_routes_have_other_reasons() -> None:
    assert category(suppressed(maintenance_window=WINDOW), decision(), level="healthy") == "maintenance_window"


def test_event_holds_every_field_of_a_history_row() -> None:
    route = decision("Teams", "suppress", maintenance_window=WINDOW, owner_availability=AWAY)
    plan = make.routed_plan(N, NOW, "monthly", [route], rid="gordn-1", next_due_at="2026-06-20T17:40:00+02:00")
    (event,) = settled(plan).routing_events
    assert (event.at, event.plan_id, event.subject, event.alert_level) == (NOW, "gordn-1", "monthly", "critical")
    assert (event.provider, event.owner, event.escalation_owner) == ("teams", "release-governance", "platform-lead")
    assert (event.action, event.category, event.reason) == ("suppress", "maintenance_window", "schedule is due soon")
    assert (event.acknowledgement_minutes, event.next_due_at) == (30.0, "2026-06-20T15:40:00Z")
    assert (event.maintenance_window_id, event.maintenance_window_reason) == ("freeze-june", "June freeze")
    assert (event.owner_available, event.owner_availability_reason) == (False, "on leave")
    assert (event.loop, event.record) == (N.word, "gordn-1")


def test_event_of_a_bare_decision_has_blanks_for_what_nobody_said() -> None:
    (event,) = settled(make.routed_plan(N, NOW, "monthly", [{"provider": "slack"}], rid="gordn-1")).routing_events
    assert (event.owner, event.reason, event.maintenance_window_id, event.next_due_at) == ("", "", "", "")
    assert (event.owner_available, event.acknowledgement_minutes) == (True, 0.0)


def test_texts_are_kept_short_and_visible() -> None:
    route = decision(owner="own\u202eer", reason="r" * (LONGEST_TEXT + 1), escalation_owner="e" * LONGEST_TEXT)
    (event,) = settled(make.routed_plan(N, NOW, "monthly", [route])).routing_events
    assert event.owner == r"own\u202eer"
    assert event.reason == "r" * (LONGEST_TEXT - 1) + "…"
    assert event.escalation_owner == "e" * LONGEST_TEXT


@pytest.mark.parametrize(
    ("change", "found"),
    [({"action": "postpone"}, "postpone"), ({"action": "suppress", "category": "holiday"}, "holiday")],
    ids=["action", "category"],
)
def test_unknown_words_are_faults_that_list_the_known_ones(change: dict[str, Any], found: str) -> None:
    (fault,) = settled(make.routed_plan(N, NOW, "monthly", [decision() | change])).faults
    assert (fault.pointer, fault.found) == ("/route_decisions", found)
    assert "suppress" in fault.wanted or "owner_calendar" in fault.wanted


def test_decision_of_an_unknown_action_is_no_event_and_one_of_an_unknown_category_is() -> None:
    assert settled(make.routed_plan(N, NOW, "m", [decision(action="postpone")])).routing_events == ()
    (event,) = settled(make.routed_plan(N, NOW, "m", [suppressed(category="holiday")])).routing_events
    assert event.category == "other"


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        pytest.param("2026-04-12T23:59:59Z", False, id="a-second-before-the-first-day"),
        pytest.param("2026-04-13T00:00:00Z", True, id="at-its-start"),
        pytest.param("2026-04-13T01:00:00+02:00", False, id="by-utc"),
        pytest.param(None, False, id="undated"),
    ],
)
def test_history_holds_sixty_days_of_utc(at: str | None, *, shown: bool) -> None:
    states = settled(make.routed_plan(N, at, "monthly", [decision()]))
    assert (bool(states.routing_days), bool(states.routing_events)) == (shown, shown)
    days = history_days(NOW)
    assert (len(days), days[0], days[-1]) == (HISTORY_DAYS, first_day(NOW), NOW.date())


def test_plan_made_again_counts_once_a_day_and_its_newest_version_is_shown() -> None:
    early, late = (
        make.routed_plan(N, NOW - place, "monthly", [decision()], rid="gordn-1", alert_level=level)
        for place, level in ((9 * HOUR, "warning"), (MINUTE, "critical"))
    )
    states = settled(late, early, make.routed_plan(N, NOW - DAY, "monthly", [decision()], rid="gordn-1"))
    assert [(one.day, one.plans) for one in states.routing_days] == [
        ((NOW - DAY).date(), ("gordn-1",)),
        (NOW.date(), ("gordn-1",)),
    ]
    assert [(one.at, one.alert_level) for one in states.routing_events] == [
        (NOW - DAY, "critical"),
        (NOW - MINUTE, "critical"),
    ]


def test_two_plans_of_one_day_count_twice() -> None:
    plans = [make.routed_plan(N, NOW, "monthly", [decision()], rid=f"gordn-{place}") for place in range(2)]
    assert [one.deliver for one in count_by_day(settled(*plans).routing_days)] == [2]


def test_plans_of_any_loop_with_decisions_have_a_history() -> None:
    (event,) = settled(make.routed_plan(R, NOW, "plan-1", [decision()])).routing_events
    assert event.loop == R.word


HISTORY = settled(
    make.routed_plan(
        N,
        NOW - DAY,
        "monthly",
        [decision(), suppressed(maintenance_window=WINDOW), suppressed(owner="Ops", owner_availability=AWAY)],
        rid="gordn-1",
    ),
    make.routed_plan(N, NOW, "weekly", [decision(escalation_owner="Ops-Lead")], rid="gordn-2"),
)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        pytest.param(RoutingFilter(), 4, id="everything"),
        pytest.param(RoutingFilter(schedule="weekly"), 1, id="schedule"),
        pytest.param(RoutingFilter(schedule="week"), 0, id="schedule-is-exact"),
        pytest.param(RoutingFilter(provider="Jira"), 2, id="provider-in-any-spelling"),
        pytest.param(RoutingFilter(provider="jir"), 0, id="provider-is-exact"),
        pytest.param(RoutingFilter(owner="oPS"), 2, id="owner-or-escalation-owner"),
        pytest.param(RoutingFilter(owner="platform"), 3, id="escalation-owner"),
        pytest.param(RoutingFilter(action="suppress"), 2, id="action"),
        pytest.param(RoutingFilter(category="owner_calendar"), 1, id="category"),
        pytest.param(RoutingFilter(schedule="monthly", provider="slack", action="suppress"), 0, id="all-must-hold"),
    ],
)
def test_filters_choose_days_and_events_alike(wanted: RoutingFilter, count: int) -> None:
    assert len(filter_routing(HISTORY.routing_days, wanted)) == count
    assert len(filter_routing(HISTORY.routing_events, wanted)) == count


def test_trend_counts_what_was_suppressed_by_day_and_otherwise() -> None:
    trend = suppression_trend(HISTORY.routing_days)
    assert (trend.suppressed, trend.alert_level) == (2, AlertLevel.WARNING)
    assert trend.by_category == {"maintenance_window": 1, "owner_calendar": 1}
    assert trend.by_owner == {"Ops": 1, "release-governance": 1}
    assert (trend.by_provider, trend.by_schedule) == ({"jira": 2}, {"monthly": 2})
    assert trend.days == (
        RoutingCount((NOW - DAY).date(), 1, 1, 1, 0, 0),
        RoutingCount(NOW.date(), 1, 0, 0, 0, 0),
    )
    assert [one.suppressed for one in trend.days] == [2, 0]
    told = filter_routing(HISTORY.routing_days, RoutingFilter(action="deliver"))
    assert suppression_trend(told).alert_level is AlertLevel.HEALTHY


def test_events_hold_the_newest_hundred_whatever_the_order_and_the_shares() -> None:
    plans = [
        make.routed_plan(N, NOW - place * MINUTE, "monthly", [decision()], rid=f"gordn-{place:04}")
        for place in range(3 * KEPT_EVENTS)
    ]
    whole = folded(plans)
    assert folded([*plans[1::2], *reversed(plans)]) == whole
    assert merge(folded(plans[::2]), folded(plans[1::2])) == whole
    events = settled(*plans).routing_events
    assert [one.at for one in events] == [NOW - place * MINUTE for place in reversed(range(KEPT_EVENTS))]


def test_days_count_so_many_plans_and_say_when_there_are_more() -> None:
    step = timedelta(seconds=1)
    plans = [
        make.routed_plan(N, NOW - place * step, "monthly", [decision()], rid=f"gordn-{place:04}")
        for place in range(KEPT_PLANS + 1)
    ]
    assert folded(plans[:-1]).truncated == frozenset()
    assert folded([*plans[:-1], plans[0]]).truncated == frozenset()
    whole = folded(plans)
    assert whole.truncated == frozenset({"routing_days"})
    assert merge(folded(plans[:40]), folded(plans[40:])) == whole
    assert [one.deliver for one in count_by_day(settled(*plans).routing_days)] == [KEPT_PLANS]
