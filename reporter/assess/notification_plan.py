"""Notification plan: who is told of the next drill, who is not, why, and until when (domain.md B2.10, A4).

Suppression changes who is told, never what is true: the status is the schedule's, made worse only by a routing or a
request that cannot be used. A plan that tells nobody fails its check, and the check stays out of the status.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from reporter.assess.conditions import (
    CheckSpec,
    Condition,
    check,
    faults_under,
    fold,
    head,
    judged,
    not_applicable,
    under,
    unrequested,
)
from reporter.assess.routing import (
    Hold,
    Merged,
    RoutingInForce,
    last_to_end,
    routing_conditions,
    routing_in_force,
    rule_conditions,
    same,
)
from reporter.assess.windows import LONGEST_WINDOW
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.instants import days, format_instant
from reporter.model.manifests.drills import MOST_OWNERS
from reporter.model.providers import ALL, FALLBACK, PROVIDERS, normalise
from reporter.model.reports import (
    NotificationPlanReport,
    OwnerAvailability,
    OwnerRoute,
    RouteDecision,
    ScheduleReport,
    Status,
    SuppressingWindow,
)
from reporter.model.text import is_blank, show
from reporter.model.words import RouteCategory

POLICY: Final = CheckSpec(
    "go_rollback_drill_routing_policy",
    "Routing",
    "Correct the routing; `reporter schema routing_policy` prints its form. Rules may name scheduled providers only.",
)
REQUEST: Final = CheckSpec(
    "go_rollback_drill_notification_providers",
    "Providers",
    "Ask for providers that the schedule names, or add them to its notification_providers.",
)
WINDOWS: Final = CheckSpec(
    "go_rollback_drill_notification_windows",
    "Windows and calendars",
    "Correct the window. Until then it does not apply, and people are told.",
)
TOLD: Final = CheckSpec(
    "go_rollback_drill_notification_told",
    "Somebody is told",
    "Tell an owner by hand, or end a window: by this plan nobody learns of the drill.",
)
SPECS: Final = (POLICY, REQUEST, WINDOWS, TOLD)

DEFAULT_OWNER: Final = "release-governance"
PLAN_PREFIX: Final = "gordn"
ROUTE_PREFIX: Final = "gordroute"

_TO_BE_TOLD: Final = (Status.NEEDS_ATTENTION, Status.DUE_SOON)


class _Route(NamedTuple):
    """A decision, and what it is held by, if it is."""

    decision: RouteDecision
    hold: Hold | None

    @property
    def delivers(self) -> bool:
        return self.decision.action == "deliver"


class _Scope(NamedTuple):
    """What all routes of a plan share."""

    schedule: ScheduleReport
    routing: RoutingInForce
    scheduled: tuple[str, ...]
    eligible: tuple[str, ...]
    owners: tuple[str, ...]
    notify: bool
    reason: str


def assess_notification_plan(case: Case, schedule: ScheduleReport) -> NotificationPlanReport:
    """Plan every route of the schedule: owners by providers. Sends nothing."""
    scope = _scope(case, schedule)
    rules = scope.routing.merge_rules(scope.owners)
    asked = schedule.status is not Status.NOT_REQUESTED
    routes = tuple(_routes(case, scope, rules)) if asked else ()
    if asked:
        checks = _checks(case, scope, routes)
        mended = fold(one for one in checks if one.id != TOLD.id)
        loud = schedule.status if mended is Status.READY else mended
        status = schedule.status if fold(checks) is Status.READY else Status.NEEDS_ATTENTION
    else:
        checks = unrequested(case, SPECS, "drill schedule")
        status = loud = schedule.status
    decisions = tuple(route.decision for route in routes)
    told = tuple(one for one in decisions if one.action == "deliver")
    silent = tuple(one for one in decisions if one.action == "suppress")
    selected = _providers(told)
    due = schedule.schedule.next_due_at
    critical = schedule.status in _TO_BE_TOLD and bool(silent) and not told
    # Who is told does not change how loud it is (domain.md A4): `schedule_status` is the schedule's own.
    standing = head("notification-plan", case, status, checks) | {"alert_level": loud.alert_level}
    if asked:
        standing["summary"] += f"; {_count(len(told), 'route')} to deliver, {len(silent)} suppressed"
    return NotificationPlanReport(
        **standing,
        operator_notes=tuple(_notes(scope, routes, critical=critical)) if asked else (),
        plan_id=_plan_id(schedule, decisions),
        schedule_id=schedule.schedule.schedule_id,
        schedule_status=schedule.status,
        routing_policy_path=case.manifest("routing_policy").document.name,
        requested_provider=",".join(case.request.providers) or ALL,
        force=case.request.force,
        should_notify=scope.notify,
        reason=scope.reason,
        next_due_at=due,
        eligible_providers=scope.eligible,
        selected_providers=selected,
        acknowledgement_required_providers=selected,
        suppressed_providers=tuple(one for one in _providers(silent) if one not in selected),
        owners=scope.owners if asked else (),
        owner_routes=tuple(_owner_routes(scope, rules)) if asked else (),
        route_decisions=decisions,
        deliverable_route_count=len(told),
        suppressed_route_count=len(silent),
        maintenance_suppressed_count=sum(one.category == "maintenance_window" for one in silent),
        calendar_suppressed_count=sum(one.category == "owner_calendar" for one in silent),
        healthy_suppressed_count=sum(one.category == "healthy_schedule" for one in silent),
        suppressed_critical=critical,
        told_again_at=min((one.until for one in silent if one.until), default="") if critical else "",
    )


def _scope(case: Case, schedule: ScheduleReport) -> _Scope:
    facts = schedule.schedule
    named = (normalise(one) for one in facts.notification_providers)
    scheduled = tuple(dict.fromkeys(one for one in named if one in PROVIDERS)) or (FALLBACK,)
    wanted = case.request.providers or scheduled
    # The schedule report fails on more owners; each is paired with every provider, so here they end.
    owners = tuple(dict.fromkeys(owner.strip() for owner in facts.owners[:MOST_OWNERS] if not is_blank(owner)))
    asked = schedule.status is not Status.NOT_REQUESTED
    return _Scope(
        schedule,
        routing_in_force(case),
        scheduled,
        tuple(one for one in scheduled if one in wanted) if asked else (),
        owners or (DEFAULT_OWNER,),
        schedule.status in _TO_BE_TOLD or (case.request.force and asked),
        _reason(schedule, force=case.request.force),
    )


def _reason(schedule: ScheduleReport, *, force: bool) -> str:
    due = schedule.schedule.due.at
    if schedule.status is Status.NOT_REQUESTED:
        return "no drill schedule was asked for"
    if not due:
        return "the due date of the next drill is unknown, which counts as overdue"
    if schedule.schedule.stale:
        return f"the drill is overdue since {due}"
    if schedule.status is Status.DUE_SOON:
        return f"the next drill is due soon, on {due}"
    healthy = "the schedule is healthy, and telling is forced" if force else "the schedule is healthy"
    said = healthy if schedule.status is Status.READY else "the drill schedule needs attention"
    return f"{said}; the next drill is due on {due}"


def _routes(case: Case, scope: _Scope, rules: dict[str, Merged]) -> Iterator[_Route]:
    maintenance = scope.routing.maintenance(case.now)
    unavailable = scope.routing.unavailable(case.now)
    schedule_id = scope.schedule.schedule.schedule_id
    for owner, rule in rules.items():
        for provider in _providers_for(scope, rule):
            window = last_to_end(one for one in maintenance if one.concerns(schedule_id, owner, provider))
            absence = last_to_end(
                one for one in unavailable.get(same(owner), ()) if one.concerns(schedule_id, owner, provider)
            )
            yield _decide(scope, owner, provider, rule, window, absence)


def _providers_for(scope: _Scope, rule: Merged) -> list[str]:
    """Take the rule's providers that are scheduled; a rule that leaves nobody is a finding, and silences nobody."""
    ruled = [one for one in rule.providers if one in scope.scheduled] or scope.scheduled
    return [one for one in ruled if one in scope.eligible]


def _decide(  # noqa: PLR0913, PLR0917 - what one decision rests on
    scope: _Scope, owner: str, provider: str, rule: Merged, window: Hold | None, absence: Hold | None
) -> _Route:
    """Apply the first rule that matches: healthy schedule, maintenance window, owner unavailable, else deliver."""
    hold: Hold | None = None
    until = ""
    category: RouteCategory
    if not scope.notify:
        category, reason, until = "healthy_schedule", scope.reason, scope.schedule.schedule.due_soon_from
    elif window:
        category, reason, hold = "maintenance_window", window.reason, window
    elif absence:
        category, reason, hold = "owner_calendar", absence.reason, absence
    else:
        category, reason = "deliver", scope.reason
    if hold and hold.span:
        until = format_instant(hold.span.end)
    schedule_id = scope.schedule.schedule.schedule_id
    decision = RouteDecision(
        route_key=_digest(ROUTE_PREFIX, {"schedule_id": schedule_id, "owner": owner, "provider": provider}),
        schedule_id=schedule_id,
        provider=provider,
        owner=owner,
        acknowledgement_minutes=scope.routing.minutes_for(rule, provider),
        escalation_owner=rule.escalation_owner or rule.manager or owner,
        maintenance_window=_window(window),
        owner_availability=_availability(absence),
        action="deliver" if category == "deliver" else "suppress",
        category=category,
        reason=reason,
        until=until,
    )
    return _Route(decision, hold)


def _window(hold: Hold | None) -> SuppressingWindow | None:
    if hold is None or hold.span is None:
        return None
    return SuppressingWindow(
        window_id=hold.window_id,
        start_at=format_instant(hold.span.start),
        end_at=format_instant(hold.span.end),
        reason=hold.reason,
    )


def _availability(hold: Hold | None) -> OwnerAvailability:
    if hold is None:
        return OwnerAvailability(available=True, reason="", start_at="", end_at="")
    return OwnerAvailability(
        available=False,
        reason=hold.reason,
        start_at=format_instant(hold.span.start) if hold.span else "",
        end_at=format_instant(hold.span.end) if hold.span else "",
    )


def _checks(case: Case, scope: _Scope, routes: Sequence[_Route]) -> tuple[Check, ...]:
    windows = [
        condition
        for window in scope.routing.all_windows
        for condition in (*faults_under(window.document, window.pointer), *window.conditions)
    ]
    told = (
        check(TOLD, _told(case, scope, routes))
        if scope.notify
        else not_applicable(TOLD, f"nobody has to be told: {scope.reason}")
    )
    return (
        check(POLICY, [*routing_conditions(case), *rule_conditions(scope.routing, scope.scheduled)]),
        check(REQUEST, _requested(case, scope)),
        check(WINDOWS, windows) if windows else not_applicable(WINDOWS, "no windows and no calendars are configured"),
        told,
    )


def _requested(case: Case, scope: _Scope) -> Iterator[Condition]:
    """Want a schedule that names known providers, and every provider that was asked for to be among them."""
    schedule = case.manifest("rollback_drill_schedule")
    pointer = "/notification_providers"
    yield from under(judged(schedule, "drill schedule"), pointer)
    for provider in case.request.providers:
        found = f"scheduled: {', '.join(scope.scheduled)}"
        yield Condition(
            schedule.document, pointer, found, f"{provider}, which was asked for", met=provider in scope.eligible
        )


def _told(case: Case, scope: _Scope, routes: Sequence[_Route]) -> Iterator[Condition]:
    """Want at least one route that delivers; else every route says what holds it."""
    document = case.manifest("rollback_drill_schedule").document
    wanted = "at least one route that delivers"
    told = sum(route.delivers for route in routes)
    if told or not routes:
        found = f"{_count(told, 'route')} to deliver" if routes else "no route for these providers"
        yield Condition(document, "/notification_providers", found, wanted, met=bool(told))
        return
    for hold, decision in ((route.hold, route.decision) for route in routes if route.hold):
        yield Condition(hold.document, hold.pointer, _held(decision), f"{wanted}: {scope.reason}", met=False)


def _held(one: RouteDecision) -> str:
    until = f"until {one.until}" if one.until else "with no end given"
    return f"{one.provider} for {show(one.owner)} suppressed {until} ({one.category}: {show(one.reason)})"


def _notes(scope: _Scope, routes: Sequence[_Route], *, critical: bool) -> Iterator[str]:
    facts = scope.schedule.schedule
    if critical:
        held = "; ".join(dict.fromkeys(_held(route.decision) for route in routes))
        yield f"suppressed_critical: {scope.reason}, and nobody is told: {held}."
    if not any(normalise(one) in PROVIDERS for one in facts.notification_providers):
        yield f"The schedule names no known provider: {FALLBACK} is planned."
    if not any(not is_blank(owner) for owner in facts.owners):
        yield f"The schedule names no owner: {DEFAULT_OWNER} is told."
    for window in scope.routing.all_windows:
        yield from window.notes
    endless = dict.fromkeys(
        (route.hold.pointer, route.hold.span)
        for route in routes
        if route.hold and route.hold.span and route.hold.span.end - route.hold.span.start > LONGEST_WINDOW
    )
    long_by_itself = {one.pointer for one in scope.routing.all_windows if one.longer_than_wanted}
    for pointer, span in endless:
        if pointer not in long_by_itself:
            length = days(span.end - span.start)
            yield (
                f"window_too_long: {pointer} recurs without a gap, {length:g} days at least from"
                f" {format_instant(span.start)}; it still applies."
            )


def _owner_routes(scope: _Scope, rules: dict[str, Merged]) -> Iterator[OwnerRoute]:
    for owner, rule in rules.items():
        yield OwnerRoute(
            owner=owner,
            providers=tuple(_providers_for(scope, rule)),
            acknowledgement_minutes=rule.acknowledgement_minutes or scope.routing.acknowledgement_minutes,
            escalation_owner=rule.escalation_owner or rule.manager or owner,
        )


def _providers(decisions: Iterable[RouteDecision]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.provider for one in decisions))


def _plan_id(schedule: ScheduleReport, decisions: Iterable[RouteDecision]) -> str:
    """Name the plan after what it says, not after when: the same plan of the same cycle keeps its name (trap 6)."""
    return _digest(
        PLAN_PREFIX,
        {
            "schedule_id": schedule.schedule.schedule_id,
            "due": schedule.schedule.next_due_at,
            "status": schedule.status,
            "routes": sorted((one.route_key, one.action) for one in decisions),
        },
    )


def _digest(prefix: str, fields: dict[str, object]) -> str:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
