"""Whether a route is tried again, and when (domain.md A5, B2.14)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from reporter.loops.facts import is_undated
from reporter.loops.policy import LoopPolicy
from reporter.model.instants import format_instant, shift
from reporter.model.routes import RetryAction, RetryState, RouteState

MOST_DELIVERIES: Final = 25


def back_off(policy: LoopPolicy, failures: int) -> timedelta:
    """Give the delay after so many failures: base * multiplier^(failures - 1)."""
    if policy.immediate:
        return timedelta(0)
    try:
        return policy.delay * policy.multiplier ** (failures - 1)
    except OverflowError:
        return timedelta.max


def decide_retry(failures: int, last_failure_at: datetime | None, policy: LoopPolicy, now: datetime) -> RetryState:
    """Decide: nothing without failures; no more when exhausted; wait before the delay is over; from then on, retry."""
    most = policy.max_attempts
    if not failures or last_failure_at is None:
        return RetryState(RetryAction.NONE, 0, most, None, "no failure since the last success")
    tried = f"{failures} of {most} attempts failed"
    if failures >= most:
        return RetryState(RetryAction.SUPPRESS, failures, most, None, f"{tried}: none is left")
    if is_undated(last_failure_at):
        return RetryState(RetryAction.RETRY, failures, most, None, f"{tried}, the last at an unknown time")
    at = shift(last_failure_at, back_off(policy, failures))
    if now < at:
        return RetryState(RetryAction.WAIT, failures, most, at, f"{tried}; the next is due at {format_instant(at)}")
    return RetryState(RetryAction.RETRY, failures, most, at, f"{tried}; the next was due at {format_instant(at)}")


def select_retries(
    states: Iterable[RouteState], max_deliveries: int, *, live: bool
) -> tuple[list[RouteState], list[RouteState]]:
    """Choose what a worker run would send, oldest failure first, and what it leaves: behind a gate or over the cap.

    A dry run selects as if every gate were open; it sends nothing (A5).
    """
    due = sorted(
        (one for one in states if one.retry.action is RetryAction.RETRY),
        key=lambda one: (one.last_failure_at is not None, one.last_failure_at, one.route),
    )
    ready = [one for one in due if one.gate.lets_through or not live]
    selected = ready[: min(max(max_deliveries, 1), MOST_DELIVERIES)]
    return selected, [one for one in due if one not in selected]
