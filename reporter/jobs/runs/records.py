"""The record of a run in the ledger: one row before it does anything, one when it ended.

A run that cannot leave its record still does its work; what went wrong is a remark.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from reporter import __version__
from reporter.errors import LedgerUnusable, UsageFault
from reporter.jobs.records import open_settings_ledger
from reporter.jobs.runs.results import Ending
from reporter.model.instants import format_instant
from reporter.settings import environment_variables
from reporter.settings_model import Settings

SCHEMA: Final = "reporter.run.v1"


class Begun(NamedTuple):
    """A run that has begun. Without a `row` it leaves no record, and `remark` says why."""

    what: str
    job: str
    as_of: datetime
    row: int | None
    remark: str = ""


def record_start(
    settings: Settings, what: str, environments: Sequence[str], as_of: datetime, wall_now: datetime
) -> Begun:
    """Record that a run starts; as of `as_of`, at `wall_now` by the wall clock."""
    job = environment_variables().get("REPORTER_JOB") or what
    payload = {
        "schema_version": SCHEMA,
        "event": "started",
        "what": what,
        "job": job,
        "as_of": format_instant(as_of),
        "started_at": format_instant(wall_now),
        "tool_version": __version__,
        "environments": list(environments),
    }
    row, remark = _append(settings, job, format_instant(as_of), payload, None)
    return Begun(what, job, as_of, row, remark)


def record_end(settings: Settings, begun: Begun, ending: Ending, wall_now: datetime, took: timedelta) -> str:
    """Record how a run ended, and give a remark where that was not possible."""
    if begun.row is None:
        return ""
    payload = {
        "schema_version": SCHEMA,
        "event": "finished",
        "what": begun.what,
        "as_of": format_instant(begun.as_of),
        "finished_at": format_instant(wall_now),
        "duration_seconds": round(took.total_seconds(), 3),
        "exit_code": int(ending.exit_code),
        "run_id": ending.run_id,
        "failure": ending.failure,
        "environments": [one._asdict() for one in ending.results],
        "deliveries": dict(ending.deliveries),
    }
    return _append(settings, begun.job, format_instant(begun.as_of), payload, begun.row)[1]


def _append(
    settings: Settings, job: str, as_of: str, payload: dict[str, Any], run: int | None
) -> tuple[int | None, str]:
    from reporter.ledger import append_run

    try:
        with open_settings_ledger(settings, write=True) as ledger:
            return append_run(ledger.database, job, as_of, payload, run), ""
    except (LedgerUnusable, UsageFault) as fault:
        return None, f"no record of this run: {fault}"
