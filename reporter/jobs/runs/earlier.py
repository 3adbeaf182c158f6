"""What the ledger and the schedule say of the runs before this one: those that failed, died or never came.

All of it is told by the instants that runs judge, never by the clock: the same call gives the same bytes, and a run
does not see itself or another attempt at its own instant.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, Final

from reporter.errors import LedgerUnusable, UsageFault
from reporter.jobs.records import open_settings_ledger
from reporter.jobs.runs.results import MAIN_JOB
from reporter.model.instants import format_instant, parse_instant
from reporter.model.readiness import Runs, TroubledRun
from reporter.settings_model import JobSettings, Settings

if TYPE_CHECKING:
    from reporter.ledger import RunEvent

MOST_TOLD: Final = 20
MOST_COUNTED: Final = 10_000


def runs_before(settings: Settings, environment: str, now: datetime, previous: str) -> Runs:
    """Tell of the runs as of the previous bundle or later and before `now`; of all before `now` without a bundle.

    A ledger that cannot be read tells nothing here; that it cannot is a finding among the evidence.
    """
    from reporter.ledger import read_runs

    try:
        with open_settings_ledger(settings, write=False) as ledger:
            events = read_runs(ledger.database, previous, format_instant(now))
    except (LedgerUnusable, UsageFault):
        return Runs()
    told = tell_runs(events, environment)
    missed = missed_runs(settings, environment, events, previous, now)
    return told.model_copy(update={"missed_count": len(missed), "missed": tuple(missed[-MOST_TOLD:])})


def missed_runs(
    settings: Settings, environment: str, events: "Iterable[RunEvent]", previous: str, now: datetime
) -> list[str]:
    """List the instants of the schedule since the previous bundle at which no run started before the next one."""
    since = parse_instant(previous)
    if since is None:
        return []
    starts = sorted(event.as_of for event in _starts(events, environment))
    missed: set[str] = set()
    for job in settings.schedule.values():
        if not _is_of(job, environment):
            continue
        dues = list(islice(_dues(job, since.at, now), MOST_COUNTED))
        for due, following in pairwise(map(format_instant, dues)):
            place = bisect_left(starts, due)
            if place == len(starts) or starts[place] >= following:
                missed.add(due)
    return sorted(missed)


def _is_of(job: JobSettings, environment: str) -> bool:
    """Say whether a job is the main job for an environment."""
    words = job.command or (MAIN_JOB,)
    named = [words[place + 1] for place, word in enumerate(words[:-1]) if word in {"-e", "--environment"}]
    return words[0] == MAIN_JOB and (not named or environment in named)


def _dues(job: JobSettings, after: datetime, until: datetime) -> Iterator[datetime]:
    from zoneinfo import ZoneInfo

    from reporter.cron_times import dues_between, parse_cron

    return dues_between(parse_cron(job.cron), ZoneInfo(job.timezone), after, until)


def tell_runs(events: "Iterable[RunEvent]", environment: str) -> Runs:
    """Tell of the runs of the main job for an environment."""
    troubled: list[TroubledRun] = []
    last: str | None = None
    for start, end in _pairs(events, environment):
        run = _troubled(start, end, environment)
        if run is None:
            last = max(last or "", start.as_of)
        else:
            troubled.append(run)
    troubled.sort(key=lambda run: run.as_of)
    failed = sum(run.outcome == "failed" for run in troubled)
    return Runs(
        last_as_of=last,
        failed_count=failed,
        interrupted_count=len(troubled) - failed,
        troubled=tuple(troubled[-MOST_TOLD:]),
    )


def _pairs(events: "Iterable[RunEvent]", environment: str) -> Iterator[tuple["RunEvent", "RunEvent | None"]]:
    """Give every start of the main job for an environment, with its end where there is one."""
    listed = list(events)
    ends = {event.run: event for event in listed if not event.is_start}
    for start in _starts(listed, environment):
        yield start, ends.get(start.run)


def _starts(events: "Iterable[RunEvent]", environment: str) -> "Iterator[RunEvent]":
    for event in events:
        if event.is_start and event.payload.get("what") == MAIN_JOB and environment in event.payload["environments"]:
            yield event


def _troubled(start: "RunEvent", end: "RunEvent | None", environment: str) -> TroubledRun | None:
    if end is None:
        return TroubledRun(as_of=start.as_of, outcome="interrupted", exit_code=None, failure="")
    result = _result(end.payload, environment)
    if result and not result["failure"]:
        return None
    failure = result["failure"] if result else end.payload["failure"]
    outcome = "interrupted" if failure == "Interrupted" else "failed"
    return TroubledRun.model_validate(
        {"as_of": start.as_of, "outcome": outcome, "exit_code": end.payload["exit_code"], "failure": failure}
    )


def _result(payload: Mapping[str, Any], environment: str) -> Mapping[str, Any] | None:
    return next((one for one in payload["environments"] if one["environment"] == environment), None)
