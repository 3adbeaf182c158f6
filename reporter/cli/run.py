"""`reporter run`: the main job."""

import json
from datetime import datetime
from pathlib import Path

import click

from reporter.cli.deliveries import Delivered, deliver_all, delivery_code, missing_lines, outcomes, stages_as_json
from reporter.cli.explanation_text import explanation_as_json, explanation_text
from reporter.cli.options import (
    as_of_option,
    environments_option,
    explain_option,
    fail_on_option,
    json_option,
    settings_option,
)
from reporter.cli.progress import shown
from reporter.cli.terminal import complain, event, log_as, print_json, remark, say
from reporter.cli.verdict import BLOCKED, exit_code, is_held, overall
from reporter.clock import utc_now
from reporter.environments import chosen_environments
from reporter.jobs.fleet import write_fleet
from reporter.jobs.keys import signing_key
from reporter.jobs.readiness import STEPS, Outcome, Run, run_environments
from reporter.jobs.runs.lock import patiently
from reporter.jobs.runs.results import Ending, Result
from reporter.jobs.runs.watched import watched
from reporter.model.explanation import Explanation
from reporter.model.reports import Status
from reporter.seal.keys import PublicKey
from reporter.settings import load_settings


@click.command
@environments_option
@as_of_option
@settings_option
@click.option("--no-deliver", is_flag=True, help="Write the bundles and send nothing.")
@json_option
@explain_option
@fail_on_option
def run(  # noqa: PLR0913, PLR0917 - one for each option
    environments: tuple[str, ...],
    as_of: datetime | None,
    settings_file: str | None,
    no_deliver: bool,  # noqa: FBT001 - a flag of click
    as_json: bool,  # noqa: FBT001 - a flag of click
    explain: bool,  # noqa: FBT001 - a flag of click
    fail_on: str | None,
) -> int:
    """Assess every environment and leave one sealed, verified bundle for each.

    Prints one line for each environment: its verdict and its bundle. What is wrong with an input is a finding in the
    bundle and never stops the run. Then it delivers what the settings ask for, and lists what is missing: the next run
    completes it.

    \b
    Examples:
      reporter run
      reporter run --environment production-pilot --fail-on needs_attention
      reporter run --explain
      reporter run --as-of 2026-06-11T15:40:00Z --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, remarks = load_settings(settings_file)
    log_as(settings)
    names = chosen_environments(settings, environments)
    for line in remarks:
        remark(line)
    wall_now = utc_now()
    now = as_of or wall_now
    with watched(settings, "run", names, now, wall_now, remark, patiently(remark)) as watch:
        key, made = signing_key(settings)
        if made:
            remark(made)
        with shown(STEPS * len(names)) as tick:
            result = run_environments(settings, names, now, key, wall_now.timestamp(), tick=tick)
        told = write_fleet(settings, now, wall_now, key.public)
        if told:
            remark(told)
        bundles = {one.environment: one.bundle for one in result.outcomes}
        delivered = {} if no_deliver else deliver_all(settings, bundles, key.public, now, wall_now)
        code = _exit_code(result, delivered, fail_on)
        ending = Ending(code, result.run_id, tuple(map(_as_result, result.outcomes)), outcomes(delivered))
        for came_to in ending.results:
            event("environment", **came_to._asdict())
        event("finished", exit_code=int(code), run_id=ending.run_id)
        watch.end(ending)
    for line in [*result.remarks, *(one for outcome in result.outcomes for one in outcome.remarks)]:
        remark(line)
    explained = _explained(result, key.public) if explain else {}
    if as_json:
        print_json(json.dumps(_as_json(result, explained, delivered), indent=1))
    else:
        _print(result)
        for line in missing_lines(delivered):
            say(line)
        for one in explained.values():
            say(f"\n{explanation_text(one)}")
    complain(fault for error in result.errors for fault in error.faults)
    return code


def _exit_code(result: Run, delivered: Delivered, fail_on: str | None) -> int:
    if result.errors:
        return result.errors[0].exit_code
    if incomplete := delivery_code(delivered):
        return incomplete
    statuses = [one.status for one in result.outcomes if one.status]
    held = [Status.NEEDS_ATTENTION for one in result.outcomes if is_held(one.readiness_state, one.closure_state)]
    return exit_code([*statuses, *held], fail_on)


def _as_result(one: Outcome) -> Result:
    return Result(
        one.environment,
        str(one.status or ""),
        one.readiness_state,
        one.closure_state,
        str(one.alert_level or ""),
        Path(one.bundle).name,
        one.digest,
        one.failed_check_count,
        one.open_item_count,
        one.failure,
    )


def _print(result: Run) -> None:
    widest = max(len(one.environment) for one in result.outcomes)
    for one in result.outcomes:
        verdict = overall(one.status or "", one.readiness_state, one.closure_state) if one.bundle else "NO BUNDLE"
        say(f"{one.environment:<{widest}}  {verdict:<15}  {one.bundle}".rstrip())
        if one.bundle:
            held = one.readiness_summary if one.readiness_state == "blocked" else _words(one.readiness_state)
            said = f"release readiness: {held}; closure: {_words(one.closure_state)}"
            lines = (said, f"production: {one.summary}") if verdict == BLOCKED else (one.summary, said)
            for line in lines:
                say(f"{'':<{widest}}  {line}")


def _words(state: str) -> str:
    return state.replace("_", " ")


def _explained(result: Run, key: PublicKey) -> dict[str, Explanation]:
    """Explain what was sealed, by environment."""
    from reporter.jobs.explanation import explain_bundles

    sealed = [one for one in result.outcomes if one.bundle]
    found = explain_bundles([one.bundle for one in sealed], key)
    return {one.environment: each for one, each in zip(sealed, found, strict=True)}


def _as_json(result: Run, explained: dict[str, Explanation], delivered: Delivered) -> dict[str, object]:
    return {
        "run_id": result.run_id,
        "as_of": result.as_of,
        "environments": [
            _outcome_as_json(one)
            | explanation_as_json(explained.get(one.environment))
            | {"deliveries": stages_as_json(delivered.get(one.environment, ()))}
            for one in result.outcomes
        ],
    }


def _outcome_as_json(one: Outcome) -> dict[str, object]:
    return {
        "environment": one.environment,
        "status": one.status,
        "readiness_state": one.readiness_state,
        "closure_state": one.closure_state,
        "alert_level": one.alert_level,
        "bundle": one.bundle,
        "digest": one.digest,
        "reports": dict(one.reports),
        "faults": list(one.faults),
    }
