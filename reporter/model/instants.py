"""Timestamps as the documents write them (domain.md A2.2). Everything inside is aware UTC."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
FUTURE_TOLERANCE = timedelta(minutes=5)
"""How far after `now` evidence may be dated and still count (domain.md A2.3)."""

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE | re.ASCII,
)


class Instant(NamedTuple):
    """A point in time, and whether its offset had to be assumed; `is_day` where no time of day was given."""

    at: datetime
    assumed_utc: bool
    is_day: bool = False


def parse_instant(text: str) -> Instant | None:
    """Read an ISO 8601 timestamp; None when it is not one.

    A missing offset means UTC and is reported; a missing time of day means midnight, the start of that
    day, which is the less favourable reading both for a due date and for the age of evidence. Not for what speaks
    against something: whoever orders events asks `is_day`.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    day, clock, second, fraction, offset = found.groups()
    zone = "+00:00" if offset is None or offset in "Zz" else offset
    micros = (fraction or "0").ljust(6, "0")[:6]
    try:
        at = datetime.fromisoformat(f"{day}T{clock or '00:00'}:{second or '00'}.{micros}{zone}")
        return Instant(at.astimezone(UTC), assumed_utc=offset is None, is_day=clock is None)
    except (ValueError, OverflowError):
        return None


def format_instant(at: datetime) -> str:
    """Write an aware instant as RFC 3339 in UTC, without needless zeros."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text}Z"


def format_day(at: date) -> str:
    """Write a day, or that of an instant in UTC, for people: `20 June 2026`."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def format_moment(at: datetime) -> str:
    """Write an aware instant for people, to the minute: `20 June 2026, 15:40 UTC`."""
    utc = at.astimezone(UTC)
    return f"{format_day(utc)}, {utc.hour:02d}:{utc.minute:02d} UTC"


def is_future(at: datetime, now: datetime) -> bool:
    """Say whether evidence is dated too far after `now` to count (domain.md A2.3)."""
    return at - now > FUTURE_TOLERANCE


def shift(at: datetime, by: timedelta) -> datetime:
    """Add a span to an instant; beyond the calendar's first or last day, stop there."""
    try:
        return at + by
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if by > timedelta(0) else datetime.min.replace(tzinfo=UTC)


def days(span: timedelta) -> float:
    """Express a span in days, to four decimals as on the wire."""
    return round(span / timedelta(days=1), 4)


def format_span(span: timedelta) -> str:
    """Write a span in its two largest units: `12 minutes`, `2 hours 30 minutes`, `3 days 9 hours`."""
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    days, odd_hours = divmod(hours, 24)
    in_days = days >= 2  # noqa: PLR2004 - two days
    parts = ((days, "day"), (odd_hours, "hour")) if in_days else ((hours, "hour"), (minutes, "minute"))
    return " ".join(f"{number:,} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number) or "no time"
