"""Which environment carries the most risk: an order with its reasons. What is not known is a risk, not its absence."""

from collections.abc import Iterable
from typing import Final

from reporter.model.fleet import FleetRow

_LEVELS: Final = {"critical": 0, "warning": 2, "healthy": 3}
_UNKNOWN: Final = 1
"""A level that nobody can tell stands between critical and warning; a broken seal stands before all."""


def rank_fleet(rows: Iterable[FleetRow]) -> tuple[FleetRow, ...]:
    """Sort by severity, then release readiness, closure, open items, failed checks and age; and say why."""
    ordered = sorted(rows, key=_risk)
    return tuple(
        row.model_copy(update={"rank": place, "risks": tuple(_risks(row))})
        for place, row in enumerate(ordered, start=1)
    )


def _risk(row: FleetRow) -> tuple[int, int, int, int, int, int, int, str]:
    broken = bool(row.bundle) and not row.sealed
    return (
        0 if broken else 1,
        _LEVELS.get(row.alert_level, _UNKNOWN),
        0 if row.readiness_state == "blocked" else 1,
        0 if row.closure_state == "open" else 1,
        -row.open_item_count,
        -row.failed_check_count,
        -row.age_minutes,
        row.environment,
    )


def _risks(row: FleetRow) -> Iterable[str]:
    if not row.bundle:
        yield "there is no bundle"
    elif not row.sealed:
        yield "the latest bundle does not verify"
    if row.old:
        yield f"the latest bundle is {_age(row.age_minutes)} old"
    if row.alert_level in {"critical", "warning"}:
        yield row.alert_level
    if row.readiness_state == "blocked":
        yield "release blocked"
    if row.closure_state == "open":
        yield "closure open"
    for number, what in ((row.open_item_count, "open item"), (row.failed_check_count, "failed check")):
        if number:
            yield f"{number:,} {what}{'' if number == 1 else 's'}"


def _age(minutes: int) -> str:
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - from two days on
