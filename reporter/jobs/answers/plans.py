"""Planning the retries of every loop: what would be tried again, what waits, is gated or exhausted (B2.14)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from reporter.jobs.answers.recording import append_own, sealed_for
from reporter.jobs.loops import states_of
from reporter.loops.loop import Loop
from reporter.loops.writing import RecordValue, decisions_of, write_retry_plan
from reporter.loops.writing.envelope import GOVERNANCE
from reporter.model.routes import RetryAction, RouteState
from reporter.settings_model import Settings

ORDER = ("exhausted", "gated", "retry", "wait")
"""What becomes of a route, the most urgent first."""


class LoopPlan(NamedTuple):
    """The plan of one loop: its routes that were not delivered, the most urgent first, and the record of it."""

    loop: Loop
    routes: tuple[RouteState, ...]
    record: RecordValue


class RetryPlans(NamedTuple):
    """The plans of all loops that have any record."""

    environment: str
    plans: tuple[LoopPlan, ...]
    faults: tuple[str, ...]


def plan_retries(  # noqa: PLR0913 - whose retries, and who asks
    settings: Settings,
    environment: str,
    now: datetime,
    recorded_at: datetime,
    *,
    only: Collection[str] = (),
    by: str = GOVERNANCE,
) -> RetryPlans:
    """Plan the retries of every loop that has a record, or of these `only`.

    A plan with nothing to decide shows that somebody looked.
    """
    states = states_of(settings, environment, now).states
    plans = []
    for loop in states.loops:
        if loop.word not in states.facts or (only and loop.word not in only):
            continue
        routes = sorted(
            (one for one in states.of(loop) if one.retry.action is not RetryAction.NONE),
            key=lambda one: (ORDER.index(fate(one)), one.route),
        )
        record = write_retry_plan(loop, now, decisions_of(routes), policy=states.policies.of(loop), by=by)
        plans.append(LoopPlan(loop, tuple(routes), sealed_for(environment, recorded_at, record)))
    return RetryPlans(environment, tuple(plans), tuple(map(str, states.faults)))


def record_plans(settings: Settings, plans: RetryPlans) -> int:
    """Append the plans to the ledger; give how many were not there yet. Raise LedgerUnusable."""
    return append_own(settings, plans.environment, [one.record for one in plans.plans])


def fate(route: RouteState) -> str:
    """Say in a word what becomes of a route that was not delivered."""
    match route.retry.action:
        case RetryAction.RETRY:
            return "retry" if route.gate.lets_through else "gated"
        case RetryAction.WAIT:
            return "wait"
        case _:
            return "exhausted"


def count_fates(routes: Sequence[RouteState]) -> dict[str, int]:
    """Count the routes by what becomes of them."""
    fates = [fate(one) for one in routes]
    return {word: fates.count(word) for word in ORDER}
