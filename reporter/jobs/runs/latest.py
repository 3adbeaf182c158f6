"""The last run of every job, for whoever asks often: a look at the end of the ledger, without what writing it needs."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from reporter.errors import LedgerUnusable, UsageFault
from reporter.jobs.runs.holder import read_holder
from reporter.jobs.runs.results import WORKED
from reporter.model.instants import is_future, parse_instant
from reporter.settings_places import Places

if TYPE_CHECKING:
    from reporter.settings_model import Settings

LOOKED_AT: Final = 200
"""Rows: each job that ran among the last hundred runs is told."""
_OF_JOB: Final = (
    "SELECT sequence, run, payload FROM run_event WHERE job = {} AND run = sequence ORDER BY sequence DESC LIMIT 1"
)
_LAST: Final = f"SELECT sequence, run, payload FROM run_event ORDER BY sequence DESC LIMIT {LOOKED_AT}"  # noqa: S608
_BUSY_SECONDS: Final = 5.0
_STAMP: Final = len("20260611T154000Z")

_Row = tuple[int, int, str]


class LastRun(NamedTuple):
    """The last run of one job. Without an exit code it has not ended; `running` says whether it still may."""

    what: str
    as_of: str
    started_at: str
    duration_seconds: float | None
    exit_code: int | None
    running: bool
    failed_environments: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    """What it was about; empty where it was about none by name."""

    @property
    def failed(self) -> bool:
        """Whether it did not do all that it was to do; a verdict that the call made an exit code is no failure."""
        if self.exit_code is None:
            return not self.running
        return self.exit_code not in WORKED or bool(self.failed_environments)


def last_runs(settings: "Settings | Places", environments: Collection[str] = ()) -> list[LastRun]:
    """Give the last run of every job, the latest first; with names, of those that were about one of them, or about all.

    An earlier one is given too where it failed for an environment of these that no later run of that job was about.
    What cannot be read is left out.
    """
    ends: dict[int, dict[str, Any]] = {}
    found: list[LastRun] = []
    later: dict[str, list[tuple[str, ...]]] = {}
    asked = environments or settings.environments
    for sequence, run, payload in _rows(settings, _LAST, ()):
        value = json.loads(payload)
        if sequence != run:
            ends[run] = value
        elif _is_about(value["environments"], environments):
            one = _last_run(settings, value, ends.get(run))
            since = later.setdefault(one.what, [])
            found += _as_last(one, since, asked) if since else [_named(one, settings.environments)]
            since.append(one.environments)
    return found


def _named(one: LastRun, known: Collection[str]) -> LastRun:
    """Name what a run failed for, where it was about some environments alone."""
    is_of_some = one.failed and not one.failed_environments and {*one.environments} < {*known}
    return one._replace(failed_environments=one.environments) if is_of_some else one


def _as_last(one: LastRun, since: Collection[tuple[str, ...]], asked: Collection[str]) -> list[LastRun]:
    """Narrow an earlier run to the environments that it failed for and no run since was about; none, no run."""
    if not one.failed or () in since:
        return []
    left = {*(one.failed_environments or one.environments)} & {*asked} - {name for names in since for name in names}
    return [one._replace(failed_environments=tuple(sorted(left)))] if left else []


def _is_about(told: Collection[str], asked: Collection[str]) -> bool:
    return not told or not asked or not set(told).isdisjoint(asked)


def last_start(settings: "Settings", job: str) -> str:
    """Give when a job started last, by the wall clock of then; empty where no record of it can be read."""
    rows = _rows(settings, _OF_JOB, (job,))
    return str(json.loads(rows[0][2])["started_at"]) if rows else ""


def last_bundles(settings: "Settings | Places", now: datetime) -> dict[str, str]:
    """Give the name of the newest bundle of each environment by the records of the last runs, none dated after `now`.

    What cannot be read is left out.
    """
    found: dict[str, str] = {}
    for sequence, run, payload in _rows(settings, _LAST, ()):
        if sequence == run:
            continue  # it only began
        value = json.loads(payload)
        at = parse_instant(value["as_of"])
        for one in value["environments"] if at and not is_future(at.at, now) else ():
            name, known = one["bundle"], found.get(one["environment"], "")
            if name[:_STAMP] > known[:_STAMP]:
                found[one["environment"]] = name
    return found


def _last_run(settings: "Settings | Places", start: dict[str, Any], end: dict[str, Any] | None) -> LastRun:
    failed = tuple(one["environment"] for one in end["environments"] if one["failure"]) if end else ()
    holder = read_holder(settings.state_path) if end is None else None
    return LastRun(
        start["what"],
        start["as_of"],
        start["started_at"],
        end["duration_seconds"] if end else None,
        end["exit_code"] if end else None,
        bool(holder and holder.lives and holder.command == start["what"] and holder.since == start["started_at"]),
        failed,
        tuple(start["environments"]),
    )


def _rows(settings: "Settings | Places", query: str, values: tuple[str, ...]) -> Sequence[_Row]:
    kind, _, path = settings.ledger.partition(":///")
    if kind != "sqlite" and not isinstance(settings, Places):
        return _rows_of_server(settings, query, values)
    address = f"file:{quote(str(settings.base_dir / path))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)
    except sqlite3.Error:
        return []
    try:
        return connection.execute(query.format("?"), values).fetchall()
    except sqlite3.Error:
        return []
    finally:
        connection.close()


def _rows_of_server(settings: "Settings", query: str, values: tuple[str, ...]) -> Sequence[_Row]:
    from reporter.jobs.records import open_settings_ledger

    try:
        with open_settings_ledger(settings, write=False) as ledger, ledger.database.transaction() as connection:
            return [(row[0], row[1], row[2]) for row in connection.exec_driver_sql(query.format("%s"), values)]
    except (LedgerUnusable, UsageFault):
        return []
