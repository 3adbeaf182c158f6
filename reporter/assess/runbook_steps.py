"""What an incident commander does about the loops: one step for each thing that is open, with its command.

A route that waits, or that is still in time, is for soon; all else that holds the closure open is for now.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from reporter.assess.commands import (
    RETRY_PLAN,
    RETRY_RUN,
    RUN,
    acknowledge,
    approve_retry,
    check_report,
)
from reporter.assess.evidence import instant, most
from reporter.assess.runbook_repairs import close_in_time, close_late, open_recoveries
from reporter.assess.todo import CRITICAL, WARNING, Phase, Todo, capped, name_of
from reporter.loops.closure import CODE_SUFFIXES, GOVERNANCE, RECOVERY_OPEN
from reporter.loops.health import RECOMMENDATIONS, assess_health
from reporter.loops.loop import Alert
from reporter.loops.routes import LoopStates
from reporter.model.closing_reports import ClosureReport
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import GateState, RetryAction, RouteState
from reporter.model.text import visible

_ANSWER_OPENS: Final = (GateState.ACKNOWLEDGEMENT_REQUIRED, GateState.WAIT_FOR_RETRY_ACK)


def loop_steps(states: LoopStates, closure: ClosureReport) -> Iterator[Todo]:
    """List everything to do about the loops, the first to do first."""
    routes = states.routes
    late = [one for one in routes if one.acknowledgement.breached]
    in_time = [one for one in routes if one.acknowledgement.outstanding and not one.acknowledgement.breached]
    repairs = [one for one in states.recoveries if not one.closed]
    due = [one for one in routes if one.retry.action is RetryAction.RETRY]
    gated = [one for one in due if not one.gate.lets_through]
    exhausted = [one for one in routes if one.exhausted]
    yield from capped(late, _answer_late, "escalation-plan")
    yield from open_recoveries(states, exhausted, repairs)
    yield from capped([one for one in repairs if one.breached], close_late, "recovery")
    yield from capped(exhausted, _by_hand, "retry-plan")
    yield from capped(gated, _open_gate, "retry-plan")
    yield from _retry(due)
    yield from _workers(states)
    yield from _other_items(closure)
    yield from capped(in_time, _answer, "escalation-plan")
    yield from capped([one for one in repairs if not one.breached], close_in_time, "recovery")
    yield from capped([one for one in routes if one.retry.action is RetryAction.WAIT], _wait, "retry-plan")


def _answer_late(one: RouteState) -> Todo:
    return _ask(one, "now", CRITICAL, one.escalation_owner or one.owner, "The answer is overdue")


def _answer(one: RouteState) -> Todo:
    return _ask(one, "soon", WARNING, one.owner, "An answer is asked for")


def _ask(one: RouteState, phase: Phase, severity: AlertLevel, owner: str, why: str) -> Todo:
    answer = one.acknowledgement
    command = acknowledge(one.route)
    return Todo(
        phase,
        severity,
        f"Answer for {name_of(one.route)}" if command else f"Repair the records of {name_of(one.route)}",
        command,
        owner,
        f"{why}; the state is {visible(answer.state)}.",
        "reporter check escalation-plan shows the route as acknowledged.",
        instant(answer.since),
        instant(answer.due_at),
    )


def _by_hand(one: RouteState) -> Todo:
    return Todo(
        "now",
        CRITICAL,
        f"Deliver {name_of(one.route)} by hand, once the connector is repaired",
        "",
        one.escalation_owner or one.owner,
        f"{one.retry.reason}; {'; '.join(one.reasons)}.",
        "A delivery record says that it arrived, and reporter check closure lists the route no more.",
        instant(one.since),
    )


def _open_gate(one: RouteState) -> Todo:
    asks = one.gate.state in _ANSWER_OPENS
    return Todo(
        "now",
        CRITICAL,
        f"{'Answer for' if asks else 'Decide about'} the retry of {name_of(one.route)}",
        acknowledge(one.route) if asks else approve_retry(one.route),
        one.owner,
        f"The retry is due, and its gate is shut: {one.gate.reason}.",
        "reporter check retry-plan shows its gate as open.",
        instant(one.since),
        instant(one.retry.next_retry_at),
    )


def _retry(due: Sequence[RouteState]) -> Iterator[Todo]:
    """Retry everything that is due with one command."""
    if due:
        since = min((one.since for one in due if one.since), default=None)
        again = sum(one.execution_failed for one in due)
        why = f"{len(due)} route{'' if len(due) == 1 else 's'} not delivered, {again} of them after a retry: "
        yield Todo(
            "now",
            CRITICAL,
            "Mend the connectors, then retry what is due",
            RETRY_RUN,
            _owners(one.owner for one in due),
            f"{why}{_few([name_of(one.route) for one in due])}.",
            "reporter check retry-plan lists nothing that is due.",
            instant(since),
        )


def _wait(one: RouteState) -> Todo:
    return Todo(
        "soon",
        WARNING,
        f"Retry {name_of(one.route)} when its delay is over",
        RETRY_RUN,
        one.owner,
        f"{one.retry.reason}; {'; '.join(one.reasons)}.",
        "reporter check retry-plan lists the route no more.",
        instant(one.since),
        instant(one.retry.next_retry_at),
    )


_WORKER_COMMANDS: Final = {
    Alert.MISSED_RUN: RETRY_RUN,
    Alert.FAILED_RUN: RETRY_RUN,
    Alert.STALE_PLAN: RETRY_PLAN,
    Alert.DISABLED_SCHEDULE: "",
}
"""What to run for an alert that is about a worker and not about routes."""


def _workers(states: LoopStates) -> Iterator[Todo]:
    """Tell once of all workers with the same trouble."""
    found: dict[tuple[Phase, Alert], list[str]] = defaultdict(list)
    for loop, health in zip(states.loops, assess_health(states, Mode.PROMOTED), strict=True):
        alerts = {loop.alert_word(one): one for one in _WORKER_COMMANDS}
        for alert in health.alerts:
            if alert.category in alerts:
                phase: Phase = "now" if alert.severity is CRITICAL else "soon"
                found[phase, alerts[alert.category]].append(alert.message)
    for (phase, kind), messages in found.items():
        yield Todo(
            phase,
            CRITICAL if phase == "now" else WARNING,
            RECOMMENDATIONS[kind].removesuffix("."),
            _WORKER_COMMANDS[kind],
            GOVERNANCE,
            f"{'; '.join(messages)}.",
            "reporter check worker-health shows no such alert.",
        )


def _other_items(closure: ClosureReport) -> Iterator[Todo]:
    """Take the items that are about no route and no recovery: reports and evidence that are missing."""
    for item in closure.open_items:
        if not item.code.endswith((*CODE_SUFFIXES, RECOVERY_OPEN)):
            is_report = item.code.endswith("_missing")
            yield Todo(
                "now",
                item.severity,
                item.next_action.removesuffix("."),
                RUN if is_report else check_report("closure"),
                item.owner,
                f"{item.title}: {item.detail}.",
                f"{check_report('closure')} lists no {item.code}.",
                item.since,
            )


def _owners(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))


def _few(names: Sequence[str]) -> str:
    told, more = most(names, 5)
    return ", ".join(told) + (f" and {more} more" if more else "")
