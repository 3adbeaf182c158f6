"""The only clock. Everything below the jobs takes `now` as a value (domain.md A2.1)."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Read the wall clock: aware UTC, whole seconds, so that it round-trips through a bundle's name."""
    return datetime.now(UTC).replace(microsecond=0)
