"""`reporter status`: where every environment stands, from its newest bundle."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from reporter.cli.explanation_text import explanation_as_json, explanation_text
from reporter.cli.options import (
    as_of_option,
    environments_option,
    explain_option,
    instant_of,
    json_option,
    settings_option,
)
from reporter.cli.terminal import print_json, remark, say
from reporter.cli.verdict import overall
from reporter.environments import chosen_environments
from reporter.errors import ExitCode
from reporter.jobs.held import summary_of
from reporter.jobs.runs.latest import LastRun, last_bundles, last_runs
from reporter.jobs.standing import public_key_of
from reporter.jobs.standing.standing import OLD_AFTER, Attached, Due, OpenItem, Standing, standing_of
from reporter.seal.keys import PublicKey
from reporter.settings import load_places

if TYPE_CHECKING:
    from reporter.model.explanation import Explanation

MOST_SHOWN = 10


@click.command
@environments_option
@as_of_option
@settings_option
@json_option
@explain_option
def status(
    environments: tuple[str, ...],
    as_of: datetime | None,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
    explain: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Say where every environment stands: the verdict, what is due, who must act.

    Begins with the jobs whose last run failed, for one environment or for all, and ends with the last run of the
    others. Reads the newest bundle of each environment, once it verifies, and assesses nothing. A bundle older than 26
    hours is called out. Exits 5 when one does not verify or is gone, 2 when there is none yet.

    \b
    Examples:
      reporter status
      reporter status --environment production-pilot --json
      reporter status --explain
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, remarks = load_places(settings_file)
    for line in remarks:
        remark(line)
    now, key = instant_of(as_of), public_key_of(settings)
    names, recorded = chosen_environments(settings, environments), last_bundles(settings, now)
    standings = [standing_of(settings, name, now, key, recorded.get(name, "")) for name in names]
    reasons = _explain(standings, key) if explain and key else {}
    runs = sorted(last_runs(settings, environments), key=lambda one: not one.failed)
    if as_json:
        told = {
            "runs": [{"failed": one.failed, **one._asdict()} for one in runs],
            "environments": [_as_json(one, reasons) for one in standings],
        }
        print_json(json.dumps(told, indent=1))
    else:
        for run in runs:
            if run.failed:
                say(f"FAILED: {_run(run)}")
        for one in standings:
            say("\n".join(_lines(one)))
            if one.environment in reasons:
                say(explanation_text(reasons[one.environment]))
        for run in runs:
            if not run.failed:
                say(_run(run))
    broken = any(one.bundle and one.faults for one in standings)
    if broken:
        return ExitCode.VERIFICATION_FAILED
    return ExitCode.DONE if all(one.bundle for one in standings) else ExitCode.USAGE


def _explain(standings: list[Standing], key: PublicKey) -> "dict[str, Explanation]":
    """Explain what is sealed, by environment."""
    from reporter.jobs.explanation import explain_bundles

    sealed = [one for one in standings if one.sealed]
    return dict(
        zip([one.environment for one in sealed], explain_bundles([one.bundle for one in sealed], key), strict=True)
    )


def _lines(one: Standing) -> Iterator[str]:
    if not one.sealed:
        yield f"{one.environment}: {'NOT VERIFIED' if one.bundle else 'NO BUNDLE'}"
        if one.bundle:
            yield f"  {one.bundle}, as of {one.as_of}: nothing that it says can be relied on"
        yield from (f"  {fault}" for fault in one.faults)
        return
    yield f"{one.environment}: {overall(one.status, one.readiness_state, one.closure_state)}"
    yield f"  {summary_of(one)}"
    states = (("release readiness", one.readiness_state), ("closure", one.closure_state))
    said = [f"{what}: {state.replace('_', ' ')}" for what, state in states if state]
    yield f"  {'; '.join((*said, f'as of {one.as_of}, {_age(one.age)} ago'))}"
    if one.old:
        yield f"  OLD: older than {_age(OLD_AFTER)}; run `reporter run --environment {one.environment}`, see the timer"
    yield f"  {one.bundle}"
    yield from (f"  due   {_due(each)}" for each in one.due)
    for item in one.open_items[:MOST_SHOWN]:
        yield from _open(item)
    if len(one.open_items) > MOST_SHOWN:
        yield f"  open  and {len(one.open_items) - MOST_SHOWN} more; --json lists all"
    for each in _latest(one.attachments):
        bundle = each.bundle_digest[:12]
        yield f"  kept  {each.release_record_ref}: {_kept(each)} at {_second(each.recorded_at)}, bundle {bundle}"
    for actor in one.actors:
        yield f"  act   {actor.owner}: {actor.steps} step{'' if actor.steps == 1 else 's'}; first: {actor.task}"
        if actor.command:
            yield f"        -> {actor.command}"


def _open(item: OpenItem) -> Iterator[str]:
    since = f" since {_second(item.since)}" if item.since else ""
    yield f"  open  {item.title}{since}  [{item.owner}]"
    if item.about:
        rest = f", the first of {item.route_count}; --json lists them" if item.route_count > 1 else ""
        yield f"        {item.about[0]}{rest}"
    yield f"        -> {item.next_action}"
    if item.settles:
        yield f"        settles too: {'; '.join(item.settles)}"


def _latest(attachments: Iterable[Attached]) -> Iterable[Attached]:
    """Give the newest of each release record; they come newest first."""
    newest: dict[str, Attached] = {}
    for each in attachments:
        newest.setdefault(each.release_record_ref, each)
    return newest.values()


def _kept(each: Attached) -> str:
    return each.level if each.outcome == "accepted" else f"NOT COMPLETE ({each.outcome.replace('_', ' ')})"


def _second(instant: str) -> str:
    """Leave out what is finer than people read."""
    return re.sub(r"\.\d+(?=Z$)", "", instant)


def _due(due: Due) -> str:
    more = f", first of {due.pending}" if due.pending > 1 else ""
    what = f"{due.what} of {due.about}" if due.about else due.what
    return f"{what} {'OVERDUE since' if due.overdue else 'at'} {_second(due.at)}{more}"


def _run(run: LastRun) -> str:
    head = f"last `reporter {run.what}`: as of {run.as_of}"
    if run.running:
        return f"{head}, still at work"
    if run.exit_code is None:
        about = f" for {', '.join(run.failed_environments)}" if run.failed_environments else ""
        return f"{head}, NEVER CAME TO AN END{about}: killed, or the machine stopped"
    failed = f", FAILED for {', '.join(run.failed_environments)}" if run.failed_environments else ""
    return f"{head}, exit code {run.exit_code} after {run.duration_seconds:g} s{failed}"


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - from two days on


def _as_json(one: Standing, reasons: "Mapping[str, Explanation]") -> dict[str, object]:
    return {
        "environment": one.environment,
        "bundle": one.bundle,
        "sealed": one.sealed,
        "as_of": one.as_of,
        "age_minutes": int(one.age.total_seconds() // 60),
        "old": one.old,
        "status": one.status,
        "readiness_state": one.readiness_state,
        "closure_state": one.closure_state,
        "alert_level": one.alert_level,
        "summary": one.summary,
        "due": [each._asdict() for each in one.due],
        "open_items": [item._asdict() for item in one.open_items],
        "actors": [actor._asdict() for actor in one.actors],
        "attachments": [each._asdict() for each in one.attachments],
        "faults": list(one.faults),
        **explanation_as_json(reasons.get(one.environment)),
    }
