"""When a cron expression comes due, in a time zone. Pure: it is given an instant and gives the next.

As cron has it: of day and weekday either is enough where both are given, 0 and 7 are Sunday. When clocks change, a
fixed hour comes once: a time that is skipped comes as much later as the clock is put forward, one that is repeated
comes the first time. Where every hour is meant, every hour that passes counts.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)
_LONGEST_DAYS: Final = 366 * 8 + 2
"""No day of a calendar takes longer to come again: 29 February, over a century that has none."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART: Final = re.compile(r"(\*|[0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?(?:/([0-9]{1,2}))?")


class _Field(NamedTuple):
    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()

    def number(self, word: str) -> int:
        """Read a number or a name. Raise ValueError."""
        if word in self.names:
            return self.names.index(word) + self.first
        if word.isdigit() and self.first <= int(word) <= self.last:
            return int(word)
        raise ValueError(f"found {word!r} for the {self.name}, wanted {self.first} to {self.last}")


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _WEEKDAYS),
)


class CronTimes(NamedTuple):
    """A parsed expression; days of the week as `date.isoweekday` counts them."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_hour: bool
    any_day: bool
    any_weekday: bool

    def is_on(self, day: date) -> bool:
        """Say whether it comes due on a day."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() in self.weekdays
        both = not self.any_day and not self.any_weekday
        return by_day or by_weekday if both else by_day and by_weekday


def parse_cron(text: str) -> CronTimes:
    """Read an expression of five fields: minute, hour, day of the month, month, day of the week. Raise ValueError."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f"found {len(parts)} fields, wanted five: minute, hour, day of the month, month, weekday")
    minutes, hours, days, months, weekdays = (
        frozenset(_numbers(field, part)) for field, part in zip(_FIELDS, parts, strict=True)
    )
    sundays_as_seven = frozenset(number or 7 for number in weekdays)
    times = CronTimes(
        minutes,
        hours,
        days,
        months,
        sundays_as_seven,
        parts[1].startswith("*"),
        parts[2].startswith("*"),
        parts[4].startswith("*"),
    )
    if next_after(times, ZoneInfo("UTC"), datetime(2026, 1, 1, tzinfo=UTC)) is None:
        raise ValueError("found a day that never comes, wanted one that is in a calendar")
    return times


def _numbers(field: _Field, text: str) -> Iterator[int]:
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if found is None or (found[1] == "*" and found[2]):
            raise ValueError(f"found {part!r} for the {field.name}, wanted *, a number, a range or a step such as */15")
        step = int(found[3] or 1)
        if not step:
            raise ValueError(f"found {part!r} for the {field.name}, wanted a step of 1 at least")
        if found[1] == "*":
            first, last = field.first, field.last
        else:
            first = field.number(found[1])
            last = field.number(found[2]) if found[2] else (field.last if found[3] else first)
        if first > last:
            raise ValueError(f"found {part!r} for the {field.name}, wanted the smaller number first")
        yield from range(first, last + 1, step)


def next_after(times: CronTimes, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Give the first instant after `at` at which it comes due, in UTC."""
    return next(_dues_from(times, zone, at), None)


def dues_between(times: CronTimes, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the instants after one and up to another, in order."""
    return takewhile(lambda due: due <= until, _dues_from(times, zone, after))


def _dues_from(times: CronTimes, zone: ZoneInfo, at: datetime) -> Iterator[datetime]:
    """Yield the instants after one, in order, until no day of the calendar comes any more."""
    day = at.astimezone(zone).date() - _DAY
    empty = 0
    while empty < _LONGEST_DAYS:
        later = sorted({due for due in _dues_on(times, zone, day) if due > at}) if times.is_on(day) else []
        yield from later
        empty = 0 if later else empty + 1
        day += _DAY


def _dues_on(times: CronTimes, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    for hour in times.hours:
        for minute in times.minutes:
            local = datetime.combine(day, time(hour, minute), zone)
            yield local.astimezone(UTC)
            if times.any_hour:
                yield local.replace(fold=1).astimezone(UTC)
