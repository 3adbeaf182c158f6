"""The routing in force: the routing policy's, and where that is silent the schedule's (domain.md B1.10).

Each of the three subjects - rules, windows, calendars - comes whole from one document, under either of its names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from reporter.assess.conditions import Condition, judged, under
from reporter.assess.recurrence import Span
from reporter.assess.windows import TimeWindow, calendar_windows, in_doubt, maintenance_windows
from reporter.model.case import Case
from reporter.model.documents import Document, Manifest, pointer_to
from reporter.model.manifests.routing import (
    CALENDAR_KEYS,
    LONGEST_ACKNOWLEDGEMENT_MINUTES,
    ROUTE_KEYS,
    WINDOW_KEYS,
    Calendar,
    OwnerRule,
    Routing,
    RoutingPolicy,
)
from reporter.model.providers import PROVIDERS, normalise
from reporter.model.text import show

DEFAULT_ACKNOWLEDGEMENT_MINUTES: Final = 60.0
DEFAULT_WINDOW_ID: Final = "maintenance-window"
DEFAULT_WINDOW_REASON: Final = "maintenance window"
DEFAULT_CALENDAR_REASON: Final = "owner unavailable"


class PlacedRule(NamedTuple):
    """A rule, where it stands, and whose it is: no owner means everybody's."""

    document: Document
    pointer: str
    rule: OwnerRule
    owners: frozenset[str]


class OwnerCalendar(NamedTuple):
    """A calendar, where it stands, and whose it is."""

    document: Document
    pointer: str
    owner: str
    calendar: Calendar
    windows: tuple[TimeWindow, ...]


class Merged(NamedTuple):
    """All rules of one owner, merged in their order: a later one goes before an earlier one, field by field."""

    providers: tuple[str, ...] = ()
    acknowledgement_minutes: float | None = None
    escalation_owner: str = ""
    manager: str = ""

    def overlaid(self, rule: OwnerRule) -> "Merged":
        """Put what a rule says over it."""
        return Merged(
            tuple(providers_of(rule)) or self.providers,
            _first(rule.acknowledgement_minutes, rule.ack_minutes) or self.acknowledgement_minutes,
            rule.escalation_owner.strip() or self.escalation_owner,
            rule.manager.strip() or self.manager,
        )


class Hold(NamedTuple):
    """Something that keeps people from being told now: whom, why, until when. An empty set means all.

    `span` is None when nobody says until when.
    """

    document: Document
    pointer: str
    window_id: str
    reason: str
    span: Span | None
    schedule_ids: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()

    def concerns(self, schedule_id: str, owner: str, provider: str) -> bool:
        """Say whether it speaks of this route."""
        return (
            (not self.schedule_ids or same(schedule_id) in self.schedule_ids)
            and (not self.owners or same(owner) in self.owners)
            and (not self.providers or provider in self.providers)
        )


@dataclass(frozen=True, eq=False)
class RoutingInForce:
    """Rules, windows and calendars as they apply."""

    rules: tuple[PlacedRule, ...]
    windows: tuple[TimeWindow, ...]
    calendars: tuple[OwnerCalendar, ...]
    acknowledgement_minutes: float

    @property
    def all_windows(self) -> tuple[TimeWindow, ...]:
        """Every window, of maintenance and of calendars."""
        return (*self.windows, *(window for calendar in self.calendars for window in calendar.windows))

    def merge_rules(self, owners: Iterable[str]) -> dict[str, Merged]:
        """Merge the rules of each owner in one pass. A rule in doubt is left out."""
        merged = {owner: Merged() for owner in owners}
        spellings: dict[str, list[str]] = {}
        for owner in merged:
            spellings.setdefault(same(owner), []).append(owner)
        for one in self.rules:
            if not in_doubt(one.document, one.pointer):
                named = [owner for word in one.owners for owner in spellings.get(word, ())]
                for owner in named if one.owners else merged:
                    merged[owner] = merged[owner].overlaid(one.rule)
        return merged

    def minutes_for(self, rule: Merged, provider: str) -> float:
        """Give the time for an answer: the owner's rule, where it speaks of this provider, else the policy's."""
        if rule.acknowledgement_minutes and (not rule.providers or provider in rule.providers):
            return rule.acknowledgement_minutes
        return self.acknowledgement_minutes

    def maintenance(self, now: datetime) -> list[Hold]:
        """Give the maintenance windows that cover `now`, whomever they concern."""
        return [
            _hold(window, span, DEFAULT_WINDOW_REASON)
            for window in self.windows
            if (span := window.covering(now)) is not None
        ]

    def unavailable(self, now: datetime) -> dict[str, list[Hold]]:
        """Give, by owner, what makes them unavailable now: a window of their calendar, or its plain word."""
        found: dict[str, list[Hold]] = {}
        for document, pointer, owner, calendar, windows in self.calendars:
            holds = found.setdefault(owner, [])
            reason = calendar.reason or DEFAULT_CALENDAR_REASON
            if not calendar.available and not in_doubt(document, pointer):
                holds.append(Hold(document, pointer, "", reason, None))
            holds += [_hold(window, span, reason) for window in windows if (span := window.covering(now)) is not None]
        return found


def same(text: str) -> str:
    """Write an owner or an id the one way that it is compared."""
    return text.strip().casefold()


def last_to_end(holds: Iterable[Hold]) -> Hold | None:
    """Give the hold that ends last, one without an end before all; of equals the first by its place."""
    endless = datetime.max.replace(tzinfo=UTC)
    ordered = sorted(holds, key=lambda one: (one.document.alias, one.pointer))
    return max(ordered, key=lambda one: one.span.end if one.span else endless, default=None)


def providers_of(rule: OwnerRule) -> list[str]:
    """Give the providers of a rule under either name, each once."""
    given = rule.providers or rule.notification_providers
    return list(dict.fromkeys(normalise(one) for one in ([given] if isinstance(given, str) else given)))


def routing_in_force(case: Case) -> RoutingInForce:
    """Merge the routing policy with the schedule: what the policy says goes before."""
    policy = case.manifest("routing_policy")
    rules, windows, calendars = (_source(case, keys) for keys in (ROUTE_KEYS, WINDOW_KEYS, CALENDAR_KEYS))
    value: RoutingPolicy = policy.value or RoutingPolicy()
    return RoutingInForce(
        tuple(_rules(rules)),
        tuple(maintenance_windows(windows)),
        tuple(_calendars(calendars)),
        _first(value.acknowledgement_minutes, value.default_slo.acknowledgement_minutes)
        or DEFAULT_ACKNOWLEDGEMENT_MINUTES,
    )


def routing_conditions(case: Case) -> Iterator[Condition]:
    """Want a routing policy, where there is one, that can be read and used; and so the schedule's own routing."""
    policy = case.manifest("routing_policy")
    if policy.configured:
        yield from judged(policy, "routing policy")
    keys = (*ROUTE_KEYS, *WINDOW_KEYS, *CALENDAR_KEYS)
    schedule = case.manifest("rollback_drill_schedule")
    yield from under(judged(schedule, "drill schedule"), *(pointer_to(key) for key in keys))


def rule_conditions(routing: RoutingInForce, eligible: tuple[str, ...]) -> Iterator[Condition]:
    """Want every provider of a rule to be scheduled: others would be told of what nobody scheduled (trap 35)."""
    for document, pointer, rule, _ in routing.rules:
        for provider in providers_of(rule):
            key = "providers" if rule.providers else "notification_providers"
            wanted = f"scheduled providers only: {', '.join(eligible)}"
            if provider in PROVIDERS:
                yield Condition(document, f"{pointer}/{key}", show(provider), wanted, met=provider in eligible)


def _hold(window: TimeWindow, span: Span, reason: str) -> Hold:
    given = window.window
    return Hold(
        window.document,
        window.pointer,
        given.window_id or given.id or DEFAULT_WINDOW_ID,
        given.reason or given.description or reason,
        span,
        frozenset(map(same, given.schedule_ids)),
        frozenset(map(same, given.owners)),
        frozenset(map(normalise, given.providers)),
    )


def _source(case: Case, keys: tuple[str, ...]) -> Manifest[Any]:
    """Give the document that speaks of a subject: the policy, if it does at all, else the schedule."""
    policy = case.manifest("routing_policy")
    speaks = policy.document.value is not None and any(key in policy.document.value for key in keys)
    return policy if speaks else case.manifest("rollback_drill_schedule")


def _rules(manifest: Manifest[Any]) -> Iterator[PlacedRule]:
    routing = manifest.value if isinstance(manifest.value, Routing) else Routing()
    for key in ROUTE_KEYS:
        given = getattr(routing, key)
        if isinstance(given, dict):
            for owner, rule in given.items():
                yield PlacedRule(manifest.document, pointer_to(key, owner), rule, frozenset({same(owner)}))
        else:
            for position, rule in enumerate(given):
                owners = frozenset(map(same, rule.owners))
                yield PlacedRule(manifest.document, pointer_to(key, position), rule, owners)


def _calendars(manifest: Manifest[Any]) -> Iterator[OwnerCalendar]:
    routing = manifest.value if isinstance(manifest.value, Routing) else Routing()
    windows: dict[str, list[TimeWindow]] = {}
    for window in calendar_windows(manifest):
        windows.setdefault(window.pointer.rsplit("/", 2)[0], []).append(window)
    for key in CALENDAR_KEYS:
        for owner, calendar in getattr(routing, key).items():
            pointer = pointer_to(key, owner)
            own = tuple(windows.get(pointer, ()))
            yield OwnerCalendar(manifest.document, pointer, same(owner), calendar, own)


def _first(*minutes: float) -> float | None:
    """Give the first number of minutes that was given and that is usable."""
    usable = (one for one in minutes if 0 < one <= LONGEST_ACKNOWLEDGEMENT_MINUTES)
    return next(usable, None)
