"""`reporter retry`: plan the retries, decide about one, and run the workers."""

import json
from collections.abc import Iterator
from datetime import datetime

import click

from reporter.cli.answering import (
    Deciding,
    decided_at,
    decision_options,
    recording_options,
    sending_options,
    start,
)
from reporter.cli.deliveries import counted, delivery_lines, ended
from reporter.cli.options import complete_loop
from reporter.cli.terminal import print_json, remark, say
from reporter.clock import utc_now
from reporter.errors import ExitCode
from reporter.jobs.answers import approve_retry, plans_as_json
from reporter.jobs.answers.plans import RetryPlans, count_fates, fate, plan_retries, record_plans
from reporter.jobs.delivery.alone import note_end, sending
from reporter.jobs.delivery.as_json import retry_run_as_json
from reporter.jobs.delivery.retrying import RetryRun, run_retries
from reporter.jobs.runs.lock import patiently
from reporter.loops.retry import MOST_DELIVERIES
from reporter.model.routes import RouteState

MOST_SHOWN = 20


@click.group
def retry() -> None:
    """Plan the retries of every loop; approve one; run the workers.

    \b
    Examples:
      reporter retry plan
      reporter retry run --execute
      reporter retry approve acknowledgement-audit AUDIT --provider splunk --by lead --reason mended --ref CHG-1
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


@retry.command
@recording_options
def plan(
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    execute: bool,  # noqa: FBT001 - a flag of click
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Say of every route that was not delivered: it is tried again, waits, is gated, or has no attempt left.

    --execute records the retry plan of each loop that has records; nothing is sent.

    \b
    Example:
      reporter retry plan --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, name = start(settings_file, environment)
    plans = plan_retries(settings, name, decided_at(as_of, execute=execute), utc_now())
    added = record_plans(settings, plans) if execute else 0
    if as_json:
        print_json(json.dumps(plans_as_json(plans, execute=execute, added=added), indent=1))
    else:
        for line in _lines(plans):
            say(line)
        if execute:
            say(f"recorded {added} retry plans, {len(plans.plans) - added} were there already")
    for fault in plans.faults[:MOST_SHOWN]:
        remark(f"evidence that may hide a failure: {fault}")
    if not execute:
        remark("nothing was recorded; --execute records the plans")
    return ExitCode.DONE


@retry.command
@click.argument("loop", shell_complete=complete_loop)
@click.argument("subject")
@click.option("--provider", required=True, metavar="NAME", help="The provider that the retry goes to.")
@click.option(
    "--state", default="approved", metavar="WORD", show_default=True, help="approved, denied, deferred or expired."
)
@decision_options
def approve(loop: str, subject: str, provider: str, state: str, deciding: Deciding) -> int:
    """Decide about the next retry of LOOP and SUBJECT. One approval covers one execution.

    denied, deferred and expired revoke. Whoever executes retries should not approve them: it is flagged or refused, as
    the settings say.

    \b
    Example:
      reporter retry approve acknowledgement-audit AUDIT --provider splunk --by lead --reason mended --ref CHG-1
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    route = (loop, subject, provider)
    return deciding.decide(
        lambda settings, name, now, signature: approve_retry(settings, name, now, route, state, signature)
    )


@retry.command
@click.option("--max", "most", type=click.IntRange(1, MOST_DELIVERIES), metavar="N", help="At most N retries a loop.")
@sending_options
def run(  # noqa: PLR0913, PLR0917 - one for each option
    most: int | None,
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    execute: bool,  # noqa: FBT001 - a flag of click
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Run the retry worker of every loop: send again what is due and let through, the oldest failure first.

    First it finds out about every attempt whose outcome is unknown. Without --execute it is a dry run: recorded as a
    sign of life of the worker, and nothing is sent.

    \b
    Examples:
      reporter retry run
      reporter retry run --max 10 --execute
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, name = start(settings_file, environment)
    now = decided_at(as_of, execute=True)
    with sending(settings, name, "retry run", remark, alone=True, patience=patiently(remark)) as (sender, watch):
        ran = run_retries(sender, now, live=execute, most=most)
        note_end(watch, ran.delivery)
    if as_json:
        print_json(json.dumps(retry_run_as_json(ran), indent=1))
    else:
        for line in _run_lines(ran):
            say(line)
    if not execute:
        remark("a dry run: it was recorded and nothing was sent; --execute sends")
    return ended(ran.delivery)


def _run_lines(ran: RetryRun) -> Iterator[str]:
    selected = sum(len(one.selected) for one in ran.runs)
    left = sum(len(one.left) for one in ran.runs)
    told = counted(ran.delivery) if ran.live else "nothing was sent"
    yield f"{ran.environment}: {selected} selected, {left} left: {told}"
    for one in ran.runs:
        for state in () if ran.live else one.selected:
            yield f"  would send  {state.route}  {state.retry.reason}"
        for state in one.left:
            yield f"  left        {state.route}  {state.gate.state}: {state.gate.reason}"
    yield from delivery_lines(ran.delivery)


def _lines(plans: RetryPlans) -> Iterator[str]:
    everything = [route for one in plans.plans for route in one.routes]
    if not everything:
        yield f"{plans.environment}: nothing to retry"
        return
    counted = ", ".join(f"{count} {word}" for word, count in count_fates(everything).items() if count)
    yield f"{plans.environment}: {len(everything)} not delivered: {counted}"
    for one in plans.plans:
        if one.routes:
            yield f"{one.loop.title}  [{one.loop.word}]"
        for route in one.routes[:MOST_SHOWN]:
            yield f"  {fate(route):<9}  {route.route.subject} -> {route.route.provider}  {_why(route)}"
        if len(one.routes) > MOST_SHOWN:
            yield f"  and {len(one.routes) - MOST_SHOWN} more; --json lists all"


def _why(route: RouteState) -> str:
    if fate(route) == "gated":
        return f"{route.retry.reason}; {route.gate.state}: {route.gate.reason}"
    return route.retry.reason
