"""The retry worker of every loop: what is due and let through, tried again, with a record of each step (B2.14 - B2.17).

A dry run is a heartbeat and delivers nothing (A5, C12).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from reporter.deliver.outbox import Sending
from reporter.deliver.retry_after import MOST
from reporter.deliver.wording import Head, retry_message
from reporter.jobs.delivery.channels import NOT_CONFIGURED, Channels
from reporter.jobs.delivery.past import Past, read_past
from reporter.jobs.delivery.sending import SKIPPED, Delivery, Line, Sender, message_id, reconcile, send_all, starts_at
from reporter.jobs.loops import states_of
from reporter.loops.loop import Loop
from reporter.loops.retry import select_retries
from reporter.loops.routes import LoopStates
from reporter.loops.table import BY_WORD
from reporter.loops.writing import (
    Cause,
    RecordValue,
    decisions_of,
    write_execution,
    write_retry_plan,
    write_worker_run,
)
from reporter.loops.writing.workers import WORKER
from reporter.model.instants import format_instant
from reporter.model.reports import Mode
from reporter.model.routes import RouteState

UNKNOWN_SO_FAR: Final = "outcome_unknown"
"""Why a retry is not executed: an attempt may have arrived, and nobody could be asked."""
THROTTLED: Final = "throttled_until"


class LoopRun(NamedTuple):
    """The run of one loop's worker: what it selects, what it leaves, and its records."""

    loop: Loop
    selected: tuple[RouteState, ...]
    left: tuple[RouteState, ...]
    records: tuple[RecordValue, ...]
    plan_id: str
    run_id: str


class RetryRun(NamedTuple):
    """The runs of all loops."""

    environment: str
    now: datetime
    live: bool
    runs: tuple[LoopRun, ...]
    delivery: Delivery


def run_retries(
    sender: Sender, now: datetime, *, live: bool, most: int | None = None, only: Collection[str] = ()
) -> RetryRun:
    """Run the workers of all loops, each with at most so many deliveries (1 to 25); without it, as the rules say.

    Given `only` some loops, no other's worker runs. Plans and runs are recorded before anything is sent, dry ones too.
    """
    settings, environment = sender.settings, sender.environment
    past, delivery = reconcile(sender) if live else (read_past(settings, environment), Delivery())
    now = starts_at(now, sender.clock) if live else now
    states = states_of(settings, environment, now).states
    is_promoted = settings.environments[environment].mode is Mode.PROMOTED
    runs = tuple(_runs(states, most, only, is_promoted=is_promoted, live=live))
    sender.record([record for one in runs for record in one.records])
    if live:
        delivery += _execute(sender, states, past, runs)
    return RetryRun(environment, now, live, runs, delivery)


def _runs(
    states: LoopStates, most: int | None, only: Collection[str], *, is_promoted: bool, live: bool
) -> Iterator[LoopRun]:
    """Select for each loop that has a record; where the pilot is promoted, for each whose worker is looked for."""
    for loop in states.loops:
        if only and loop.word not in only:
            continue
        if loop.word not in states.facts and not (is_promoted and loop.always_on):
            continue
        policy, routes = states.policies.of(loop), states.of(loop)
        chosen, left = select_retries(routes, most or policy.max_deliveries, live=live)
        decisions = decisions_of(routes)
        plan = write_retry_plan(loop, states.now, decisions, policy=policy)
        run = write_worker_run(
            loop,
            states.now,
            dry=not live,
            decisions=decisions,
            selected=decisions_of(chosen),
            retry_plan_id=plan["session_id"],
            policy=policy,
            by=states.policies.executor or WORKER,
        )
        yield LoopRun(
            loop,
            tuple(chosen),
            tuple(left),
            (plan, run),
            plan["session_id"],
            run["session_id"],
        )


def _execute(sender: Sender, states: LoopStates, past: Past, runs: Sequence[LoopRun]) -> Delivery:
    """Send what was selected; record of the others that they were skipped, and why."""
    sendings: list[Sending] = []
    skipped: list[Line] = []
    records: list[RecordValue] = []
    executor = states.policies.executor or WORKER
    for run in runs:
        for state in run.selected:
            cause = Cause(run.plan_id, run.run_id, state.gate.decision, executor)
            why = _why_not(run.loop, state, past, sender.channels, states.now)
            if why:
                skipped.append(Line(state.route, SKIPPED, why))
                records.append(_skip(run, state, cause, why, states.now))
            else:
                sendings.append(_sending(sender, state, past, cause, states.now))
    sender.record(records)
    return Delivery.of(skipped) + send_all(sender, sendings)


def _why_not(loop: Loop, state: RouteState, past: Past, channels: Channels, now: datetime) -> str:
    """Say why a retry is skipped, in upstream's words where it has any (B2.17).

    Nobody is asked for more patience than counts: a longer wait was written down by a clock that was ahead.
    """
    if not state.route.subject:
        return loop.not_found
    if state.route.provider not in channels.by_provider:
        return NOT_CONFIGURED
    if past.is_unknown(state.route):
        return UNKNOWN_SO_FAR
    before = past.latest_of(state.route)
    if before and before.not_before and timedelta(0) < before.not_before - now <= MOST:
        return f"{THROTTLED}_{format_instant(before.not_before)}"
    return ""


def _skip(run: LoopRun, state: RouteState, cause: Cause, why: str, now: datetime) -> RecordValue:
    return write_execution(
        run.loop,
        now,
        state.route.subject,
        state.route.provider,
        "skipped",
        by=cause.executed_by,
        worker_run_id=cause.worker_run_id,
        retry_plan_id=cause.retry_plan_id,
        skip_reason=why,
    )


def _sending(sender: Sender, state: RouteState, past: Past, cause: Cause, now: datetime) -> Sending:
    """Take the message that was tried before; one that others could not deliver is told with what is known of it.

    Either way its id is that of every attempt since the last success (A5, C19).
    """
    route = state.route
    before = past.latest_of(route)
    if before and not before.delivered and before.message:
        return Sending(before.message, route, before.attempts + 1, cause, before.doubtful)
    cycle = f"{state.plan_id or state.cycle}/{format_instant(state.last_success_at) if state.last_success_at else ''}"
    name = message_id(sender.environment, route, cycle)
    told = past.told(name)
    loop = BY_WORD[route.loop]
    message = retry_message(Head(name, sender.environment, route, now, sender.link), loop, state)
    return Sending(message, route, told.attempts + 1 if told else 1, cause, bool(told and told.doubtful))
