"""The days that the histories look back on, and the deliveries of each (domain.md B2.12, B2.29). Days are of UTC."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from reporter.loops.facts import KEPT_FAILURES, KEPT_SUCCESSES, Attempt, RouteFacts
from reporter.model.records import UNDATED

HISTORY_DAYS: Final = 60
"""How many days a history shows, that of `now` included."""

_DELIVERED, _FAILED = 0, 1


class DeliveryDay(NamedTuple):
    """The attempts of one provider on one day. Without a provider nobody was told."""

    provider: str
    day: date
    delivered: int
    failed: int


def first_day(now: datetime) -> date:
    """Give the oldest day of the histories."""
    today = now.astimezone(UTC).date()
    return today - min(timedelta(days=HISTORY_DAYS - 1), today - date.min)


def history_days(now: datetime) -> tuple[date, ...]:
    """List the days of the histories, the oldest first."""
    today = now.astimezone(UTC).date()
    return tuple(date.fromordinal(day) for day in range(first_day(now).toordinal(), today.toordinal() + 1))


class DeliveryDays:
    """Counts attempts by provider and day; the same attempt of two routes counts once, and as failed if either says so.

    `is_partial` says that a route has as many attempts as are kept of it: the counts are then the least there were.
    """

    def __init__(self, now: datetime) -> None:
        self._since = datetime.combine(first_day(now), time.min, UTC)
        self._told: dict[str, dict[str, tuple[int, int]]] = {}
        self.is_partial = False

    def add(self, provider: str, facts: RouteFacts, attempts: Iterable[Attempt]) -> None:
        """Count the attempts of a route."""
        told = self._told.setdefault(provider, {})
        for one in attempts:
            at = one.at
            if self._since <= at < UNDATED:
                found = (_FAILED if one.failed else _DELIVERED, at.toordinal())
                told[one.id] = max(told.get(one.id, found), found)
        for kept, most in ((facts.successes, KEPT_SUCCESSES), (facts.failures, KEPT_FAILURES)):
            if len(kept) >= most and kept[0].at >= self._since:
                self.is_partial = True

    def rows(self) -> tuple[DeliveryDay, ...]:
        """List the days on which anything was tried, by provider and day."""
        rows = []
        for provider, told in sorted(self._told.items()):
            counts = Counter(told.values())
            rows += [
                DeliveryDay(provider, date.fromordinal(day), counts[_DELIVERED, day], counts[_FAILED, day])
                for day in sorted({day for _, day in counts})
            ]
        return tuple(rows)
