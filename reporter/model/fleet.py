"""All environments side by side: `fleet.json` beside the bundles. Made from sealed bundles, part of none."""

from typing import Literal

from reporter.model.checks import Wire
from reporter.model.readiness import TrendPoint


class FleetRow(Wire):
    """One environment by its newest bundle; where that does not verify, `faults` say why and nothing else is told.

    `bundle` is the path from this file's directory. `risks` say what its rank follows from, the gravest first.
    """

    rank: int
    environment: str
    sealed: bool
    verdict: str
    status: str
    readiness_state: str
    closure_state: str
    alert_level: str
    failed_check_count: int
    open_item_count: int
    summary: str
    as_of: str
    age_minutes: int
    old: bool
    next_due: str
    drill_overdue: bool
    owners: tuple[str, ...]
    bundle: str
    risks: tuple[str, ...]
    faults: tuple[str, ...]
    trend: tuple[TrendPoint, ...]


class Fleet(Wire):
    """All environments, the one with the most risk first."""

    schema_version: Literal["reporter.fleet.v1"] = "reporter.fleet.v1"
    as_of: str
    tool_version: str
    environments: tuple[FleetRow, ...]
