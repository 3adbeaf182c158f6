"""Routing trend: who was told and who was not, day by day, over the last sixty days (domain.md B2.12, C7).

A request narrows what is counted and listed, never what is judged: that is the newest plan of every schedule.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from reporter.assess.conditions import CheckSpec, Condition, check
from reporter.assess.evidence import (
    about,
    asked,
    check_evidence,
    evidence_notes,
    evidence_spec,
    instant,
    none_of,
    standing,
    unasked,
)
from reporter.loops import routing
from reporter.loops.days import first_day
from reporter.loops.decisions import HEALTHY
from reporter.loops.facts import ROUTING_DAYS
from reporter.loops.history import KEPT_PLANS, LatestPlan
from reporter.loops.history import RoutingEvent as Event
from reporter.loops.routes import LoopStates
from reporter.model.case import Case, Request
from reporter.model.delivery_reports import RoutingDay, RoutingEvent, RoutingFilters, RoutingTrendReport
from reporter.model.documents import pointer_to
from reporter.model.ids import make_id
from reporter.model.reports import AlertLevel

TOLD: Final = CheckSpec(
    "routing_somebody_told",
    "Somebody is told",
    "Tell an owner by hand, or end what holds the routes, and plan again:"
    " `reporter check notification-plan` shows what that is.",
)
EVIDENCE: Final = evidence_spec("routing")
SPECS: Final = (EVIDENCE, TOLD)

TREND_PREFIX: Final = "gordrtrend"
ROUTE_PREFIX: Final = "gordroute"
MOST_EVENTS: Final = 20

R = TypeVar("R", routing.RoutingDay, Event)


def assess_routing_trend(case: Case, states: LoopStates) -> RoutingTrendReport:
    """Count the decisions of the request's part of the history, by day and otherwise.

    Fails for a schedule that is not well and of whose newest plan no route delivers. A newest plan that leaves out
    some is due soon.
    """
    plans = states.latest_plans
    days = _choose(states.routing_days, case.request)
    trend = routing.suppression_trend(days)
    if asked(case, states):
        silent = [one for one in plans if is_silent(one)]
        checks = (
            check_evidence(EVIDENCE, states),
            check(TOLD, none_of("plans", [_silent(one) for one in silent], "silent plans")),
        )
        level = AlertLevel.WARNING if any(one.held for one in plans) else AlertLevel.HEALTHY
        head = standing("routing-trend", case, checks, level, _summarise(len(silent), days, trend))
    else:
        head = unasked("routing-trend", case, SPECS)
    filters = _filters(case.request)
    return RoutingTrendReport(
        **head,
        operator_notes=tuple(_notes(states)),
        trend_id=make_id(
            TREND_PREFIX,
            environment=case.environment,
            filters=filters.model_dump(),
            decided=sorted((one.loop, one.subject, one.provider, one.owner, one.category, one.plans) for one in days),
        ),
        filters=filters,
        since=first_day(case.now).isoformat(),
        event_count=sum(len(one.plans) for one in days),
        suppression_event_count=trend.suppressed,
        maintenance_suppressed_count=trend.by_category.get("maintenance_window", 0),
        calendar_suppressed_count=trend.by_category.get("owner_calendar", 0),
        healthy_schedule_suppressed_count=trend.by_category.get("healthy_schedule", 0),
        category_counts=dict(trend.by_category),
        owner_counts=dict(trend.by_owner),
        provider_counts=dict(trend.by_provider),
        schedule_counts=dict(trend.by_schedule),
        days=tuple(map(_day, trend.days)),
        latest_events=tuple(map(_event, reversed(_choose(states.routing_events, case.request)[-MOST_EVENTS:]))),
    )


def is_silent(plan: LatestPlan) -> bool:
    """Say whether a subject is not well, or in no known state, and its newest plan tells nobody (C7)."""
    return plan.alert_level != HEALTHY and not plan.told


def _silent(plan: LatestPlan) -> Condition:
    level = plan.alert_level or "of no known level"
    found = f"{plan.plan_id} of {_subject(plan)}, {level}, tells nobody{_why(plan)}"
    pointer = pointer_to(plan.loop, plan.subject, plan.record)[1:]
    return about(pointer, found, "at least one route that delivers", met=False)


def _subject(plan: LatestPlan) -> str:
    return plan.subject or "(no subject)"


def _why(plan: LatestPlan) -> str:
    return f": {plan.reason}" if plan.reason else ""


def _choose(rows: Iterable[R], request: Request) -> tuple[R, ...]:
    wanted = routing.RoutingFilter(
        schedule=request.schedule, owner=request.owner, action=request.action, category=request.category
    )
    chosen = routing.filter_routing(rows, wanted)
    return tuple(one for one in chosen if not request.providers or one.provider in request.providers)


def _filters(request: Request) -> RoutingFilters:
    return RoutingFilters(
        schedule_id=request.schedule,
        provider=",".join(request.providers),
        owner=request.owner,
        action=request.action,
        category=request.category,
    )


def _summarise(silent: int, days: Iterable[routing.RoutingDay], trend: routing.SuppressionTrend) -> str:
    count = sum(len(one.plans) for one in days)
    told = f"nobody is told of {silent} schedule{'' if silent == 1 else 's'}; " if silent else ""
    if not count:
        return f"{told}no routing decision in this period"
    return f"{told}{count} routing decision{'' if count == 1 else 's'}, {trend.suppressed} suppressed"


def _day(one: routing.RoutingCount) -> RoutingDay:
    return RoutingDay(
        day=one.day.isoformat(),
        delivered=one.deliver,
        suppressed=one.suppressed,
        maintenance_suppressed=one.maintenance_window,
        calendar_suppressed=one.owner_calendar,
        healthy_suppressed=one.healthy_schedule,
        other_suppressed=one.other,
    )


def _event(one: Event) -> RoutingEvent:
    return RoutingEvent(
        route_id=make_id(ROUTE_PREFIX, record=one.record, at=instant(one.at), owner=one.owner, provider=one.provider),
        created_at=instant(one.at),
        plan_id=one.plan_id,
        schedule_id=one.subject,
        alert_level=one.alert_level,
        provider=one.provider,
        owner=one.owner,
        escalation_owner=one.escalation_owner,
        action=one.action,
        category=one.category,
        reason=one.reason,
        acknowledgement_minutes=one.acknowledgement_minutes or None,
        maintenance_window_id=one.maintenance_window_id,
        maintenance_window_reason=one.maintenance_window_reason,
        owner_available=one.owner_available,
        owner_availability_reason=one.owner_availability_reason,
        next_due_at=one.next_due_at,
    )


def _notes(states: LoopStates) -> Iterator[str]:
    yield from evidence_notes(states)
    if ROUTING_DAYS in states.truncated:
        yield f"A route has more than {KEPT_PLANS} plans on one day: counts are the least there were."
    for one in states.latest_plans:
        if is_silent(one):
            yield f"suppressed_critical: nobody is told of {_subject(one)}{_why(one)}."
