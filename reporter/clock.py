"""The only clock. Everything below the jobs takes `now` as a value (domain.md A2.1)."""

from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """Read the wall clock: aware UTC, in whole seconds as a bundle's name holds it."""
    return whole_second(datetime.now(UTC))


def precise_now() -> datetime:
    """Read the wall clock in all its digits, for what follows within a second."""
    return datetime.now(UTC)


def whole_second(at: datetime) -> datetime:
    """Round up: a second later never judges better (domain.md A2), a second earlier might."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
