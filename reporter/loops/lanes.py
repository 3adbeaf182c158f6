"""How far the routes of a loop came, and what became of those that failed. Counts are of routes as they are."""

from typing import NamedTuple

from reporter.loops.loop import Loop
from reporter.loops.routes import LoopStates
from reporter.model.routes import RetryAction, RouteOutcome


class Lane(NamedTuple):
    """One loop, from planned to closed.

    Every route is one of `planned` (not yet delivered), `delivered` and `failed`; every failed one is one of `waiting`,
    `due` and `exhausted`; every one that must be answered is one of `acknowledged` and `outstanding`. `open` are those
    that hold the closure open, `closed` the delivered ones that do not.
    """

    loop: str
    planned: int
    delivered: int
    failed: int
    waiting: int
    due: int
    exhausted: int
    acknowledged: int
    outstanding: int
    closed: int
    open: int

    @property
    def routes(self) -> int:
        """How many there are."""
        return self.planned + self.delivered + self.failed


class Funnel(NamedTuple):
    """The routes that ever failed, of all loops: how many were tried again, and how each stands.

    Every one of `failed` is one of `recovered`, `waiting`, `due` and `exhausted`.
    """

    failed: int
    retried: int
    recovered: int
    waiting: int
    due: int
    exhausted: int


def summarise_lane(states: LoopStates, loop: Loop) -> Lane:
    """Count the routes of one loop."""
    routes = states.of(loop)
    outcomes = [one.outcome for one in routes]
    actions = [one.retry.action for one in routes]
    delivered = [one for one in routes if one.outcome is RouteOutcome.DELIVERED]
    return Lane(
        loop.word,
        planned=outcomes.count(RouteOutcome.PLANNED),
        delivered=len(delivered),
        failed=outcomes.count(RouteOutcome.FAILED),
        waiting=actions.count(RetryAction.WAIT),
        due=actions.count(RetryAction.RETRY),
        exhausted=actions.count(RetryAction.SUPPRESS),
        acknowledged=sum(one.acknowledgement.required and not one.acknowledgement.outstanding for one in routes),
        outstanding=sum(one.acknowledgement.outstanding for one in routes),
        closed=sum(not one.holds_open for one in delivered),
        open=sum(one.holds_open for one in routes),
    )


def funnel(states: LoopStates) -> Funnel:
    """Count what became of the routes that ever failed."""
    failed = [one for one in states.routes if one.ever_failed]
    actions = [one.retry.action for one in failed]
    return Funnel(
        failed=len(failed),
        retried=sum(one.retried for one in failed),
        recovered=sum(one.recovered for one in failed),
        waiting=actions.count(RetryAction.WAIT),
        due=actions.count(RetryAction.RETRY),
        exhausted=actions.count(RetryAction.SUPPRESS),
    )
