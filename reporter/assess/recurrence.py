"""Recurring windows: the dates of an RFC 5545 rule, and their wall time as instants in UTC (domain.md A4).

Every answer looks at the periods around one instant and no others, so that neither a start long ago nor a rule that
never matches costs time. That is why the dates are not taken from dateutil: it tests its bounds on matches alone, and
walks on to the year 9999 where there is none. The tests hold both against each other.

Reads the time zone database, as `zoneinfo` does; nothing else here looks outside.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple, assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LONGEST_OCCURRENCE: Final = timedelta(days=366)
MOST_INTERVALS: Final = 1000
MOST_OCCURRENCES: Final = 1000
COUNTED: Final = timedelta(days=366 * 30)
"""How long after its start a rule with COUNT is followed; what it would still have after that does not suppress."""

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9900

_DAY: Final = timedelta(days=1)
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}", re.ASCII)
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY: Final = re.compile(r"([+-]?(?:0?[1-9]|[1-5]\d))?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?\d{1,4}", re.ASCII)
_UNTIL: Final = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)


class Span(NamedTuple):
    """A time from its start up to, and without, its end; both aware UTC."""

    start: datetime
    end: datetime


class Frequency(StrEnum):
    """How often at most. Anything more often than daily is not for maintenance."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Rule(NamedTuple):
    """An RFC 5545 recurrence rule. `weekdays` are pairs of ordinal (0 for every one) and weekday (0 for Monday).

    `most` is COUNT, the number of all occurrences; 0 for no end.
    """

    frequency: Frequency
    interval: int = 1
    most: int = 0
    until: datetime | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    positions: frozenset[int] = frozenset()
    week_start: int = 0


class RuleFault(Exception):
    """What is wrong with a rule; caught where the rule becomes a finding."""


def find_zone(name: str) -> tzinfo | None:
    """Find a time zone by its IANA name; None for an unknown one. No name is UTC."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name) if _ZONE.fullmatch(name) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def read_rule(text: str) -> Rule:
    """Read a rule such as `FREQ=WEEKLY;BYDAY=SU`. Raise RuleFault with what was wanted."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        key, equals, value = part.partition("=")
        if not equals or key in parts or key not in _READERS:
            raise RuleFault(f"each of {', '.join(_READERS)} once at most, as KEY=VALUE;KEY=VALUE")
        parts[key] = value
    if "FREQ" not in parts:
        raise RuleFault("a FREQ")
    values = {field: read(parts[key]) for key, (field, read) in _READERS.items() if key in parts}
    rule = Rule(**values)  # type: ignore[arg-type] # each reader gives the type of its field
    if rule.most and rule.until:
        raise RuleFault("COUNT or UNTIL, not both")
    numbered = any(ordinal for ordinal, _ in rule.weekdays)
    if numbered and rule.frequency in (Frequency.DAILY, Frequency.WEEKLY):
        raise RuleFault("BYDAY with numbers in a MONTHLY or YEARLY rule only")
    if rule.positions and not (rule.weekdays or rule.month_days or rule.months):
        raise RuleFault("BYSETPOS only together with BYDAY, BYMONTHDAY or BYMONTH")
    return rule


class Recurrence:
    """A rule with its first occurrence, given in wall time of its zone."""

    def __init__(self, rule: Rule, first: datetime, length: timedelta, zone: tzinfo) -> None:
        """Fill in what the rule leaves to the first occurrence: its weekday, its day, its month."""
        if not rule.weekdays and not rule.month_days:
            if rule.frequency is Frequency.WEEKLY:
                rule = rule._replace(weekdays=frozenset({(0, first.weekday())}))
            elif rule.frequency is Frequency.MONTHLY:
                rule = rule._replace(month_days=frozenset({first.day}))
            elif rule.frequency is Frequency.YEARLY:
                months = rule.months or frozenset({first.month})
                rule = rule._replace(month_days=frozenset({first.day}), months=months)
        self._rule = rule
        self._first = first
        self._length = length
        self._zone = zone

    @property
    def starts_with_first(self) -> bool:
        """Say whether the first occurrence is one by the rule, too."""
        today = self._first.date()
        return today in set(self.dates(today, today))

    def spans(self, since: datetime, until: datetime) -> list[Span]:
        """Give the occurrences that end after `since` and start by `until`, by their start. All in UTC.

        One that vanishes into a gap of the clock is left out.
        """
        low = wall_time(since, self._zone) - self._length - _DAY
        high = wall_time(until, self._zone) + _DAY
        found = []
        for day in self.dates(low.date(), high.date()):
            start = datetime.combine(day, self._first.time())
            span = Span(latest(start, self._zone), earliest(start + self._length, self._zone))
            if span.start < span.end and since < span.end and span.start <= until and not self._over(start, span):
                found.append(span)
        return sorted(found)

    def dates(self, low: date, high: date) -> Iterator[date]:
        """Give the dates from `low` to `high` on which an occurrence starts."""
        rule, first = self._rule, self._first.date()
        begin, end = self._period_of(low), self._period_of(high)
        if rule.most:
            begin, end = 0, min(end, self._period_of(first + COUNTED))
        begin = max(begin, 0)
        counted = 0
        for period in range(begin + -begin % rule.interval, end + 1, rule.interval):
            for day in self._chosen(period):
                if day < first:
                    continue
                counted += 1
                if rule.most and counted > rule.most:
                    return
                if low <= day <= high:
                    yield day

    def _over(self, start: datetime, span: Span) -> bool:
        until = self._rule.until
        if until is None:
            return False
        return start > until if until.tzinfo is None else span.start > until

    def _period_of(self, day: date) -> int:
        """Count the days, weeks, months or years since that of the first occurrence."""
        first = self._first.date()
        match self._rule.frequency:
            case Frequency.DAILY:
                return (day - first).days
            case Frequency.WEEKLY:
                return (day.toordinal() - self._week_begin()) // 7
            case Frequency.MONTHLY:
                return 12 * (day.year - first.year) + day.month - first.month
            case Frequency.YEARLY:
                return day.year - first.year
            case _ as never:
                assert_never(never)

    def _week_begin(self) -> int:
        first = self._first.date()
        return first.toordinal() - (first.weekday() - self._rule.week_start) % 7

    def _days_in(self, period: int) -> list[date]:
        first = self._first.date()
        match self._rule.frequency:
            case Frequency.DAILY:
                return [first + period * _DAY]
            case Frequency.WEEKLY:
                begin = self._week_begin() + 7 * period
                return [date.fromordinal(begin + offset) for offset in range(7)]
            case Frequency.MONTHLY:
                return _days_of_month(*divmod(12 * first.year + first.month - 1 + period, 12))
            case Frequency.YEARLY:
                return [day for month in range(12) for day in _days_of_month(first.year + period, month)]
            case _ as never:
                assert_never(never)

    def _chosen(self, period: int) -> list[date]:
        days = [day for day in self._days_in(period) if self._matches(day)]
        if not self._rule.positions:
            return days
        return [
            day
            for position, day in enumerate(days, start=1)
            if self._rule.positions & {position, position - len(days) - 1}
        ]

    def _matches(self, day: date) -> bool:
        rule = self._rule
        in_month = monthrange(day.year, day.month)[1]
        return (
            (not rule.months or day.month in rule.months)
            and (not rule.month_days or bool(rule.month_days & {day.day, day.day - in_month - 1}))
            and (not rule.weekdays or bool(rule.weekdays & self._names_of(day, in_month)))
        )

    def _names_of(self, day: date, in_month: int) -> set[tuple[int, int]]:
        """Name a date by its weekday: every one, the nth, the nth from the end of the month or of the year."""
        number, last = day.day, in_month
        if self._rule.frequency is Frequency.YEARLY and not self._rule.months:
            number, last = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
        weekday = day.weekday()
        return {(0, weekday), ((number - 1) // 7 + 1, weekday), (-((last - number) // 7 + 1), weekday)}


def wall_time(at: datetime, zone: tzinfo) -> datetime:
    """Read an instant off a clock of the zone. Instants beyond the years that windows may have stand at their edge."""
    edges = (datetime(FIRST_YEAR - 2, 1, 1, tzinfo=UTC), datetime(LAST_YEAR + 2, 1, 1, tzinfo=UTC))
    return min(max(at, edges[0]), edges[1]).astimezone(zone).replace(tzinfo=None)


def latest(local: datetime, zone: tzinfo) -> datetime:
    """Resolve wall time that is skipped or that comes twice to its later reading: for a start, it suppresses less."""
    return max(_readings(local, zone))


def earliest(local: datetime, zone: tzinfo) -> datetime:
    """Resolve wall time that is skipped or that comes twice to its earlier reading: for an end, it suppresses less."""
    return min(_readings(local, zone))


def _readings(local: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _days_of_month(year: int, month: int) -> list[date]:
    """Give the days of a month, counted from 0."""
    return [date(year, month + 1, day + 1) for day in range(monthrange(year, month + 1)[1])]


def _frequency(text: str) -> Frequency:
    if text not in list(Frequency):
        raise RuleFault(f"FREQ={', '.join(Frequency)}")
    return Frequency(text)


def _number(text: str, key: str, low: int, high: int) -> int:
    number = int(text) if _NUMBER.fullmatch(text) else 0
    if not number or not low <= number <= high:
        raise RuleFault(f"{key} from {low} to {high}, and not 0")
    return number


def _numbers(text: str, key: str, low: int, high: int) -> frozenset[int]:
    return frozenset(_number(one, key, low, high) for one in text.split(","))


def _by_day(text: str) -> frozenset[tuple[int, int]]:
    days = set()
    for one in text.split(","):
        found = _BY_DAY.fullmatch(one)
        if found is None:
            raise RuleFault("BYDAY such as MO, 2TU or -1FR")
        days.add((int(found[1] or 0), _WEEKDAYS.index(found[2])))
    return frozenset(days)


def _until(text: str) -> datetime:
    try:
        if not _UNTIL.fullmatch(text):
            raise ValueError  # noqa: TRY301 - one answer for both
        day = datetime.strptime(text[:8], "%Y%m%d")  # noqa: DTZ007 - wall time
        if len(text) == len("20260101"):
            return datetime.combine(day, time.max)
        at = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall time
    except ValueError:
        raise RuleFault("UNTIL such as 20261231 or 20261231T230000Z") from None
    return at.replace(tzinfo=UTC) if text.endswith("Z") else at


def _week_start(text: str) -> int:
    if text not in _WEEKDAYS:
        raise RuleFault(f"WKST={', '.join(_WEEKDAYS)}")
    return _WEEKDAYS.index(text)


_READERS: Final = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", lambda text: _number(text, "INTERVAL", 1, MOST_INTERVALS)),
    "COUNT": ("most", lambda text: _number(text, "COUNT", 1, MOST_OCCURRENCES)),
    "UNTIL": ("until", _until),
    "BYDAY": ("weekdays", _by_day),
    "BYMONTHDAY": ("month_days", lambda text: _numbers(text, "BYMONTHDAY", -31, 31)),
    "BYMONTH": ("months", lambda text: _numbers(text, "BYMONTH", 1, 12)),
    "BYSETPOS": ("positions", lambda text: _numbers(text, "BYSETPOS", -366, 366)),
    "WKST": ("week_start", _week_start),
}
