"""Readiness documents made by hand: every part of the loops filled in, without a single evidence record.

`readiness_document()` is an environment in trouble, `closed_document()` one whose loops are all closed.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from render.loop_reports import closed_loops, open_loops
from reporter.assess.everything import assess_reports
from reporter.assess.readiness import list_inputs
from reporter.collect.case import collect_case
from reporter.model.instants import format_instant
from reporter.model.readiness import (
    Change,
    Input,
    LoopReports,
    PolicyFacts,
    Previous,
    Readiness,
    RecordSource,
    TrendPoint,
)
from reporter.model.reports import AlertLevel, NotificationPlanReport, ProductionReport, Report
from reporter.sample.write import sample_files, write_new
from reporter.settings import load_settings

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)

# One row for each bundle, oldest first: ready, due soon or blocked; its failed checks; its open items.
_TREND = (
    ("r", 0, 0),
    ("r", 0, 0),
    ("r", 0, 1),
    ("s", 0, 1),
    ("s", 0, 0),
    ("b", 2, 1),
    ("b", 2, 2),
    ("b", 3, 4),
    ("b", 3, 3),
    ("b", 4, 5),
    ("b", 5, 8),
    ("b", 4, 7),
)
_WORDS = {
    "r": ("ready", "ready", "closed", "healthy"),
    "s": ("due_soon", "ready", "closed", "warning"),
    "b": ("needs_attention", "blocked", "open", "critical"),
}


def readiness_document(environment: str = "payments-pilot", **changes: Any) -> Readiness:  # noqa: ANN401 - any field
    """Give an environment whose loops are open: an exhausted route, a breached acknowledgement, a recovery."""
    document = _document(environment, open_loops, readiness_state="blocked", closure_state="open")
    return document.model_copy(update=changes)


def closed_document(environment: str = "production-pilot", **changes: Any) -> Readiness:  # noqa: ANN401 - any field
    """Give an environment whose loops are all closed."""
    document = _document(environment, closed_loops, readiness_state="ready", closure_state="closed")
    return document.model_copy(update={"trend": document.trend[:5], "changes": ()} | changes)


def with_loops(document: Readiness, **reports: Report) -> Readiness:
    """Put other reports in the place of those of the loops."""
    return document.model_copy(update={"loops": document.loops.model_copy(update=reports)})


def _document(environment: str, make_loops: Any, *, readiness_state: str, closure_state: str) -> Readiness:  # noqa: ANN401
    production, plan, inputs = _assessed(environment)
    loops: LoopReports = make_loops(environment, NOW, production, plan)
    critical = AlertLevel.CRITICAL in (production.alert_level, loops.release_readiness.alert_level)
    return Readiness(
        environment=environment,
        as_of=format_instant(NOW),
        tool_version="0.1.0",
        mode=production.mode,
        status=production.status,
        readiness_state=readiness_state,
        closure_state=closure_state,
        alert_level=AlertLevel.CRITICAL if critical else production.alert_level,
        policy=PolicyFacts(rollback_drill_max_age_days=90, rollback_drill_due_soon_days=14),
        previous=Previous(
            digest="5b" * 32, as_of=format_instant(NOW - timedelta(days=1)), status=production.status, verified=True
        ),
        changes=_changes(),
        trend=tuple(_trend()),
        production=production,
        loops=loops,
        inputs=inputs,
        records=(
            RecordSource(
                alias="records",
                kind="jsonl",
                sha256="c4" * 32,
                size_bytes=412_877,
                record_count=1_604,
                fault_count=1,
                faults=("line 812: found no session_id, wanted a text",),
            ),
            RecordSource(
                alias="ledger",
                kind="ledger",
                sha256="d1" * 32,
                size_bytes=None,
                record_count=388,
                fault_count=0,
                faults=(),
            ),
        ),
    )


@cache
def _assessed(environment: str) -> tuple[ProductionReport, NotificationPlanReport, tuple[Input, ...]]:
    """Assess the manifests of the sample world."""
    with tempfile.TemporaryDirectory() as folder:
        write_new(Path(folder), sample_files(NOW))
        settings, _ = load_settings(str(Path(folder, "reporter.toml")), {})
        case = collect_case(settings, environment, NOW)
        reports = assess_reports(case, ["production", "notification-plan"])
    production, plan = reports["production"], reports["notification-plan"]
    assert isinstance(production, ProductionReport)
    assert isinstance(plan, NotificationPlanReport)
    return production, plan, tuple(list_inputs(case))


def _changes() -> tuple[Change, ...]:
    rows = (
        ("closure", "Final closure", "closed", "open", False),
        ("drills/go_rollback_drill_status", "Drill history: The latest drill passed", "pass", "fail", False),
        ("recovery", "Recovery", "ready", "needs_attention", False),
        ("deployment", "Deployment", "needs_attention", "ready", True),
    )
    return tuple(
        Change(subject=subject, title=title, before=before, after=after, better=better)
        for subject, title, before, after, better in rows
    )


def _trend() -> list[TrendPoint]:
    points = []
    for index, (word, failed, items) in enumerate(_TREND):
        status, readiness, closure, level = _WORDS[word]
        at = NOW - timedelta(days=len(_TREND) - index)
        points.append(
            TrendPoint(
                as_of=format_instant(at),
                digest=f"{index:02x}" * 32,
                status=status,
                readiness_state=readiness,
                closure_state=closure,
                alert_level=level,
                failed_check_count=failed,
                open_item_count=items,
            )
        )
    return points
