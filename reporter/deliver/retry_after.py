"""When the other side wants to be asked again, in all the ways that vendors say it (integrations.md)."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

MOST: Final = timedelta(days=1)
"""A longer wait than this is taken for a mistake, and for none said."""

_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", re.ASCII)
_EARLIEST_EPOCH: Final = 1_000_000_000
"""A smaller number in a header of a reset counts from the answer: Datadog's does, GitHub's is an epoch."""
_EARLIEST_EPOCH_IN_MS: Final = 1_000_000_000_000


def read_retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Give how long to wait, or None where nothing is said that can be meant. Names of headers are in lower case.

    `Retry-After` goes before the time at which a limit is reset, and that counts where nothing remains of the limit.
    """
    for wait in _waits(headers, now):
        if wait is not None and timedelta(0) <= wait <= MOST:
            return wait
    return None


def says_limit(headers: Mapping[str, str]) -> bool:
    """Say whether an answer tells of a limit that was reached: GitHub refuses with 403 then, as it does a bad token."""
    return "retry-after" in headers or any(headers.get(name, "").strip() == "0" for name in _REMAINING)


_REMAINING: Final = ("x-ratelimit-remaining", "ratelimit-remaining")


def _waits(headers: Mapping[str, str], now: datetime) -> Iterator[timedelta | None]:
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        number = _number(headers.get(name, ""))
        yield None if number is None else timedelta(milliseconds=number)
    yield _seconds_or_date(headers.get("retry-after", ""), now)
    for name, remaining in zip(("x-ratelimit-reset", "ratelimit-reset"), _REMAINING, strict=True):
        if headers.get(remaining, "0").strip() == "0":
            yield _reset(headers.get(name, ""), now)


def _seconds_or_date(text: str, now: datetime) -> timedelta | None:
    number = _number(text)
    if number is not None:
        return timedelta(seconds=number)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _aware(at) - now


def _reset(text: str, now: datetime) -> timedelta | None:
    number = _number(text)
    if number is None:
        try:
            return _aware(datetime.fromisoformat(text.strip())) - now
        except ValueError:
            return None
    if number < _EARLIEST_EPOCH:
        return timedelta(seconds=number)
    return timedelta(seconds=number / (1_000 if number >= _EARLIEST_EPOCH_IN_MS else 1) - now.timestamp())


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text := text.strip()) else None


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
