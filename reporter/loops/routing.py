"""Routing history and the trend of suppression by day (domain.md B2.12). Pure functions over finalised states."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple, Protocol, TypeVar

from reporter.loops.decisions import DELIVER, SUPPRESS
from reporter.loops.history import RoutingKey
from reporter.model.providers import normalise
from reporter.model.reports import AlertLevel


class RoutingFilter(NamedTuple):
    """What to look at; an empty word stands for everything.

    `owner` is looked for within owner and escalation owner, whatever the case; the others must be the same. Words that
    are not known are for the caller to refuse (`decisions.ACTIONS`, `decisions.CATEGORIES`).
    """

    schedule: str = ""
    provider: str = ""
    owner: str = ""
    action: str = ""
    category: str = ""


class RoutingDay(NamedTuple):
    """What was decided for one route on one day, and the plans that did. Each plan counts once."""

    day: date
    loop: str
    subject: str
    provider: str
    owner: str
    escalation_owner: str
    action: str
    category: str
    plans: tuple[str, ...]

    @classmethod
    def of(cls, key: RoutingKey, plans: tuple[str, ...]) -> "RoutingDay":
        """Put a day's plans under its route."""
        return cls(
            key.day,
            key.loop,
            key.subject,
            key.provider,
            key.owner,
            key.escalation_owner,
            key.action,
            key.category,
            plans,
        )


class RoutingCount(NamedTuple):
    """How often routes were decided on in one day, by category."""

    day: date
    deliver: int
    maintenance_window: int
    owner_calendar: int
    healthy_schedule: int
    other: int

    @property
    def suppressed(self) -> int:
        """How many were not delivered."""
        return self.maintenance_window + self.owner_calendar + self.healthy_schedule + self.other


class SuppressionTrend(NamedTuple):
    """How much was suppressed, of what, by whom and for whom; `days` counts what was delivered too."""

    suppressed: int
    by_category: Mapping[str, int]
    by_owner: Mapping[str, int]
    by_provider: Mapping[str, int]
    by_schedule: Mapping[str, int]
    days: tuple[RoutingCount, ...]

    @property
    def alert_level(self) -> AlertLevel:
        """Upstream's: any suppression is a warning."""
        return AlertLevel.WARNING if self.suppressed else AlertLevel.HEALTHY


class _Routed(Protocol):
    @property
    def subject(self) -> str: ...

    @property
    def provider(self) -> str: ...

    @property
    def owner(self) -> str: ...

    @property
    def escalation_owner(self) -> str: ...

    @property
    def action(self) -> str: ...

    @property
    def category(self) -> str: ...


R = TypeVar("R", bound=_Routed)


def filter_routing(rows: Iterable[R], wanted: RoutingFilter) -> tuple[R, ...]:
    """Choose days or events, in their order."""
    owner = wanted.owner.casefold()
    provider = normalise(wanted.provider)
    return tuple(
        one
        for one in rows
        if wanted.schedule in ("", one.subject)
        and provider in ("", one.provider)
        and (owner in one.owner.casefold() or owner in one.escalation_owner.casefold())
        and wanted.action in ("", one.action)
        and wanted.category in ("", one.category)
    )


def count_by_day(rows: Iterable[RoutingDay]) -> tuple[RoutingCount, ...]:
    """Count decisions by day and category, for the days on which there was any."""
    counts: dict[date, Counter[str]] = {}
    for one in rows:
        counts.setdefault(one.day, Counter())[one.category] += len(one.plans)
    return tuple(
        RoutingCount(
            day,
            found[DELIVER],
            found["maintenance_window"],
            found["owner_calendar"],
            found["healthy_schedule"],
            found["other"],
        )
        for day, found in sorted(counts.items())
    )


def suppression_trend(rows: Iterable[RoutingDay]) -> SuppressionTrend:
    """Sum up what was suppressed (B2.12)."""
    rows = tuple(rows)
    silent = tuple(one for one in rows if one.action == SUPPRESS)
    return SuppressionTrend(
        sum(len(one.plans) for one in silent),
        _sums(silent, lambda one: one.category),
        _sums(silent, lambda one: one.owner),
        _sums(silent, lambda one: one.provider),
        _sums(silent, lambda one: one.subject),
        count_by_day(rows),
    )


def _sums(rows: Iterable[RoutingDay], name: Callable[[RoutingDay], str]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for one in rows:
        sums[name(one)] += len(one.plans)
    return dict(sorted(sums.items()))
