"""Short ways from evidence records to the reports that close."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from assess.cases import EARLY, WORSE, Pilot, failed
from loops import records as make
from loops.cases import NOW, calm, settled
from reporter.assess.everything import assess_reports
from reporter.loops.policy import LoopPolicies
from reporter.model.case import Artifact
from reporter.model.checks import CheckStatus
from reporter.model.reports import Report

CLOSING: Final = ("recovery", "closure", "release-readiness", "executive", "runbook")
QUIET: Final = EARLY.put("rollback_drill_schedule", "/next_due_at", "2026-07-01T15:40:00Z").put(
    "rollback_drill_history", "/drills/0/executed_at", "2026-06-05T15:40:00Z"
)
"""A pilot with its last drill six days before NOW, and the next twenty days after: ready, and not even due soon."""

SEALED: Final = (Artifact("index.html", exists=True, verified=True),)


def closing(
    *values: make.RecordValue,
    pilot: Pilot = QUIET,
    now: datetime = NOW,
    artifacts: tuple[Artifact, ...] | None = SEALED,
    policies: LoopPolicies | None = None,
) -> dict[str, Any]:
    """Write, read, fold, finalise and assess; and prove that each report can be written and read again."""
    reports = _assessed(values, pilot, now, artifacts, policies)
    for name in CLOSING:
        report = reports[name]
        failed(report)
        assert type(report).model_validate_json(report.model_dump_json()) == report
    return dict(reports)


def _assessed(
    values: Iterable[make.RecordValue],
    pilot: Pilot,
    now: datetime,
    artifacts: tuple[Artifact, ...] | None,
    policies: LoopPolicies | None = None,
) -> dict[str, Report]:
    case = replace(pilot.but(now=now).case(), artifacts=artifacts)
    return assess_reports(case, ["production", *CLOSING], settled(*values, now=now, policies=policies))


def badness(values: Iterable[make.RecordValue], now: datetime = NOW, pilot: Pilot = QUIET) -> dict[str, int]:
    """Say how bad each report is."""
    reports = _assessed(values, pilot, now, SEALED)
    return {name: WORSE[reports[name].status] for name in CLOSING}


def failing(report: Report) -> list[str]:
    """Name the checks that fail."""
    return [one.id for one in report.checks if one.status is CheckStatus.FAIL]


def calm_but(*values: make.RecordValue) -> list[make.RecordValue]:
    """Add records to a world in order."""
    return [*calm(), *values]
