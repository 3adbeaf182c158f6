"""Worker health of every loop (domain.md A6, B2.18). Everything is as of now; nothing is summed over history (C18)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from reporter.loops.facts import LoopFacts, Run, is_undated
from reporter.loops.loop import MISSED_AFTER_INTERVALS, Alert, Loop
from reporter.loops.policy import LoopPolicy
from reporter.loops.routes import LoopStates
from reporter.model.instants import format_instant, format_span
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import HealthAlert, RetryAction, RouteId, RouteOutcome, RouteState, WorkerHealth

CRITICAL: Final = frozenset({Alert.MISSED_RUN, Alert.FAILED_RUN, Alert.FAILED_EXECUTION, Alert.EXHAUSTED})

RECOMMENDATIONS: Final = {
    Alert.MISSED_RUN: "Start the retry worker of {loops} and find out why it stopped.",
    Alert.FAILED_RUN: "Read why the latest run of the retry worker of {loops} failed, and mend its cause.",
    Alert.FAILED_EXECUTION: "Mend the connectors of {loops} before the next attempt is used up.",
    Alert.EXHAUSTED: "Deliver by hand for {loops}, and open a recovery where none is: no worker tries again.",
    Alert.RETRYABLE: "Open the gate of {loops} where it is shut; the retry worker delivers what is due.",
    Alert.DELIVERY_FAILURE: "Check the connector of each provider that failed for {loops}.",
    Alert.STALE_PLAN: "Make a new retry plan for {loops}; the worker decides on an old one.",
    Alert.DISABLED_SCHEDULE: "Enable the schedule of the retry worker of {loops}, or say who retries by hand.",
    Alert.DRY_RUN_ONLY: "Let the worker of {loops} run live, `reporter retry run --execute`: dry runs deliver nothing.",
    Alert.ACKNOWLEDGEMENT_GAP: "Have the owner of each open answer of {loops} acknowledge, or escalate.",
}
"""What to do about an alert; `recommend` names the loops."""


class _Sight(NamedTuple):
    """What the rules look at, for one loop."""

    loop: Loop
    policy: LoopPolicy
    run: Run | None
    run_failed: str
    disabled: str
    missed: bool
    plan_stale: bool
    dry_run_only: bool
    retryable: tuple[RouteState, ...]
    waiting: tuple[RouteState, ...]
    exhausted: tuple[RouteState, ...]
    failed: tuple[RouteState, ...]
    delivery_failures: tuple[RouteState, ...]
    unacknowledged: tuple[RouteState, ...]


def assess_health(states: LoopStates, mode: Mode) -> tuple[WorkerHealth, ...]:
    """Judge the worker of each loop; nothing where nobody asked: not promoted, and no record of any loop."""
    if mode is not Mode.PROMOTED and not states.has_records:
        return ()
    return tuple(_judge(states, loop) for loop in states.loops)


def recommend(alert: Alert, titles: Sequence[str]) -> str:
    """Say what to do about an alert of these loops."""
    loops = f"the {titles[0].lower()}" if len(titles) == 1 else f"each of {len(titles)} loops"
    return RECOMMENDATIONS[alert].format(loops=loops)


def worst_level(levels: Iterable[AlertLevel]) -> AlertLevel:
    """Give the loudest of some levels."""
    order = list(AlertLevel)
    return max(levels, key=order.index, default=AlertLevel.HEALTHY)


def _judge(states: LoopStates, loop: Loop) -> WorkerHealth:
    facts = states.facts.get(loop.word, LoopFacts())
    now = states.now
    sight = _look(states, loop, facts)
    plan = facts.retry_plans[-1] if facts.retry_plans else None
    alerts = tuple(_alerts(sight, now))
    return WorkerHealth(
        loop=loop.word,
        alert_level=worst_level(one.severity for one in alerts),
        last_run_at=sight.run.at if sight.run else None,
        last_run_age=now - sight.run.at if sight.run else None,
        last_run_id=sight.run.id if sight.run else "",
        missed=sight.missed,
        plan_age=now - plan.at if plan else None,
        plan_stale=sight.plan_stale,
        retryable=len(sight.retryable),
        waiting=len(sight.waiting),
        exhausted=len(sight.exhausted),
        failed=len(sight.failed),
        delivery_failures=len(sight.delivery_failures),
        unacknowledged=len(sight.unacknowledged),
        dry_run_only=sight.dry_run_only,
        alerts=alerts,
    )


def _look(states: LoopStates, loop: Loop, facts: LoopFacts) -> _Sight:
    policy, now = states.policies.of(loop), states.now
    routes = states.of(loop)
    run = max((one for one in facts.runs if not is_undated(one.at)), default=None)
    live = facts.live_runs[-1] if facts.live_runs else None
    retryable = _with(routes, RetryAction.RETRY)
    failing = tuple(one for one in routes if one.outcome is RouteOutcome.FAILED)
    needed = loop.always_on or bool(failing)
    plan = facts.retry_plans[-1] if facts.retry_plans else None
    # Failures before the first live run since are its to retry; a failure after it is not evidence of dry runs only.
    oldest = min((one.last_failure_at for one in retryable if one.last_failure_at), default=None)
    return _Sight(
        loop,
        policy,
        run,
        facts.runs[-1].failed if facts.runs else "",
        next((one.id for one in facts.runs if run and one.at == run.at and one.disabled), ""),
        needed and (run is None or now - run.at > MISSED_AFTER_INTERVALS * policy.worker_interval),
        needed and (plan is None or now - plan.at > policy.stale_after),
        bool(retryable) and _ran_dry_only(run, live, oldest),
        retryable,
        _with(routes, RetryAction.WAIT),
        _with(routes, RetryAction.SUPPRESS),
        tuple(one for one in failing if one.execution_failed),
        failing,
        tuple(one for one in routes if one.acknowledgement.outstanding),
    )


def _ran_dry_only(run: Run | None, live: Run | None, failed_at: datetime | None) -> bool:
    """Say whether there were runs since a failure, and none of them live."""
    if run is None or (failed_at is not None and run.at < failed_at):
        return False
    return live is None or (failed_at is not None and live.at < failed_at)


def _with(routes: tuple[RouteState, ...], action: RetryAction) -> tuple[RouteState, ...]:
    return tuple(one for one in routes if one.retry.action is action)


def _alerts(sight: _Sight, now: datetime) -> Iterator[HealthAlert]:
    """Apply the rules; each alert has a message of its own and a recommendation of its own."""
    run = sight.run
    if sight.missed:
        limit = MISSED_AFTER_INTERVALS * sight.policy.worker_interval
        seen = f"the last was at {format_instant(run.at)}, {format_span(now - run.at)} ago" if run else "there was none"
        yield _alert(sight, Alert.MISSED_RUN, f"wanted a run within {format_span(limit)}; {seen}")
    if sight.run_failed:
        yield _alert(sight, Alert.FAILED_RUN, f"the latest run says {sight.run_failed}")
    if sight.plan_stale:
        yield _alert(sight, Alert.STALE_PLAN, f"wanted a retry plan within {format_span(sight.policy.stale_after)}")
    if sight.disabled:
        yield _alert(sight, Alert.DISABLED_SCHEDULE, f"run {sight.disabled} says that its schedule is disabled")
    for alert, routes, said in (
        (Alert.EXHAUSTED, sight.exhausted, "without an attempt left"),
        (Alert.FAILED_EXECUTION, sight.failed, "failed again on retry"),
        (Alert.RETRYABLE, sight.retryable, "due for a retry"),
        (Alert.DELIVERY_FAILURE, sight.delivery_failures, "not delivered"),
        (Alert.DRY_RUN_ONLY, sight.retryable if sight.dry_run_only else (), "due, and only dry runs since they failed"),
        (Alert.ACKNOWLEDGEMENT_GAP, sight.unacknowledged, "without an answer"),
    ):
        if routes:
            yield _alert(sight, alert, f"{len(routes)} route{'' if len(routes) == 1 else 's'} {said}", routes)


def _alert(sight: _Sight, alert: Alert, message: str, routes: tuple[RouteState, ...] = ()) -> HealthAlert:
    """Write an alert. Where no route has an attempt left, it does not recommend to wait for one."""
    by_hand = alert is not Alert.ACKNOWLEDGEMENT_GAP and routes and all(one.exhausted for one in routes)
    critical = alert in CRITICAL or (alert is Alert.DELIVERY_FAILURE and sight.loop.delivery_failure_is_critical)
    return HealthAlert(
        sight.loop.word,
        AlertLevel.CRITICAL if critical else AlertLevel.WARNING,
        sight.loop.alert_word(alert),
        f"{sight.loop.title}: {message}",
        recommend(Alert.EXHAUSTED if by_hand else alert, [sight.loop.title]),
        tuple(RouteId(*one.route) for one in routes),
    )
