"""What an incident commander does about the loops: one step for each thing that is open, with its command.

A route that waits, or that is still in time, is for soon; all else that holds the closure open is for now.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from reporter.assess.commands import Commands
from reporter.assess.evidence import instant, most
from reporter.assess.runbook_repairs import close_in_time, close_late, open_recoveries
from reporter.assess.todo import CRITICAL, WARNING, Phase, Todo, capped, name_of, sentence
from reporter.loops.closure import CODE_SUFFIXES, GOVERNANCE, RECOVERY_OPEN, escalation_owner
from reporter.loops.health import assess_health, recommend
from reporter.loops.loop import Alert
from reporter.loops.routes import LoopStates
from reporter.model.closing_reports import ClosureReport
from reporter.model.reports import Mode
from reporter.model.routes import GateState, RetryAction, RouteOutcome, RouteState
from reporter.model.text import visible

LOST_FIRST: Final = "Have it delivered, then answer for"
_ANSWER: Final = "answer"
_APPROVE: Final = "approve"
_OPENED_BY: Final = {
    GateState.ACKNOWLEDGEMENT_REQUIRED: (_ANSWER,),
    GateState.WAIT_FOR_RETRY_ACK: (_ANSWER, _APPROVE),
}
"""What opens a gate, in order; any other one an approval."""


def loop_steps(commands: Commands, states: LoopStates, closure: ClosureReport) -> Iterator[Todo]:
    """List everything to do about the loops, the first to do first."""
    routes = states.routes
    late = [one for one in routes if one.acknowledgement.breached]
    in_time = [one for one in routes if one.acknowledgement.outstanding and not one.acknowledgement.breached]
    repairs = [one for one in states.recoveries if not one.closed]
    due = [one for one in routes if one.retry.action is RetryAction.RETRY]
    waiting = [one for one in routes if one.retry.action is RetryAction.WAIT]
    shut = [one for one in due if not one.gate.lets_through]
    keys = [(one, key) for one in shut for key in _OPENED_BY.get(one.gate.state, (_APPROVE,))]
    exhausted = [one for one in routes if one.exhausted]
    answers, retries = commands.check("escalation-plan"), commands.retry_plan
    yield from capped(late, partial(_answer_late, commands, states), answers)
    yield from open_recoveries(commands, states, exhausted, repairs)
    yield from capped([one for one in repairs if one.breached], partial(close_late, commands), _recoveries(commands))
    yield from capped(exhausted, partial(_by_hand, commands, states), retries)
    yield from capped(keys, partial(_open_gate, commands), retries)
    yield from _retry(commands, due)
    yield from _workers(commands, states)
    yield from _other_items(commands, closure)
    yield from capped(in_time, partial(_answer, commands), answers)
    in_slo = [one for one in repairs if not one.breached]
    yield from capped(in_slo, partial(close_in_time, commands), _recoveries(commands))
    yield from capped(waiting, partial(_wait, commands), retries)


def _recoveries(commands: Commands) -> str:
    return commands.check("recovery")


def _answer_late(commands: Commands, states: LoopStates, one: RouteState) -> Todo:
    return _ask(commands, one, "now", escalation_owner(states, one))


def _answer(commands: Commands, one: RouteState) -> Todo:
    return _ask(commands, one, "soon", one.owner)


def _ask(commands: Commands, one: RouteState, phase: Phase, owner: str) -> Todo:
    answer = one.acknowledgement
    command = commands.acknowledge(one.route)
    is_lost = one.outcome is RouteOutcome.FAILED and bool(command)
    why = "The answer is overdue" if answer.breached else "An answer is asked for"
    task = "Answer for" if command else "Repair the records of"
    return Todo(
        phase,
        CRITICAL if answer.breached else WARNING,
        f"{LOST_FIRST if is_lost else task} {name_of(one.route)}",
        commands.retry_plan if is_lost else command,
        owner,
        f"{why}; {'nobody got it' if is_lost else f'the state is {visible(answer.state)}'}.",
        f"{commands.check('closure')} counts one route fewer without an answer.",
        instant(answer.since),
        instant(answer.due_at),
    )


def _by_hand(commands: Commands, states: LoopStates, one: RouteState) -> Todo:
    return Todo(
        "now",
        CRITICAL,
        f"Deliver {name_of(one.route)} by hand, once the connector is repaired",
        "",
        escalation_owner(states, one),
        sentence(f"{one.retry.reason}; {'; '.join(one.reasons)}"),
        f"A delivery record says that it arrived, and {commands.retry_plan} does not list it.",
        instant(one.since),
    )


def _open_gate(commands: Commands, gate: tuple[RouteState, str]) -> Todo:
    one, key = gate
    asks = key is _ANSWER
    both = one.gate.state is GateState.WAIT_FOR_RETRY_ACK
    order = " It takes two decisions: reporter ack first, then reporter retry approve." if both else ""
    done = f"does not say {one.gate.state} of it" if asks else "does not list it as gated"
    return Todo(
        "now",
        CRITICAL,
        f"{'Answer for' if asks else 'Decide about'} the retry of {name_of(one.route)}",
        commands.acknowledge(one.route) if asks else commands.approve_retry(one.route),
        one.owner,
        f"{sentence(f'The retry is due, and its gate is shut: {one.gate.reason}')}{order}",
        f"{commands.retry_plan} {done}.",
        instant(one.since),
        instant(one.retry.next_retry_at),
    )


def _retry(commands: Commands, due: Sequence[RouteState]) -> Iterator[Todo]:
    """Mend the connectors of everything that is due."""
    if due:
        since = min((one.since for one in due if one.since), default=None)
        again = sum(one.execution_failed for one in due)
        after = f", {again} of them after a retry" if again else ""
        routes = f"{len(due)} route{'' if len(due) == 1 else 's'}"
        yield Todo(
            "now",
            CRITICAL,
            "Mend the connectors, and send again what is due",
            commands.retry_run,
            _owners(one.owner for one in due),
            f"{routes} not delivered{after}: {_few([name_of(one.route) for one in due])}.",
            f"{commands.retry_plan} lists nothing as due.",
            instant(since),
        )


def _wait(commands: Commands, one: RouteState) -> Todo:
    return Todo(
        "soon",
        WARNING,
        f"Mend the connector; the retry worker delivers {name_of(one.route)} again when its delay is over",
        commands.retry_plan,
        one.owner,
        sentence(f"{one.retry.reason}; {'; '.join(one.reasons)}"),
        f"{commands.retry_plan} does not list it.",
        instant(one.since),
        instant(one.retry.next_retry_at),
    )


_ABOUT_WORKERS: Final = (Alert.MISSED_RUN, Alert.FAILED_RUN, Alert.STALE_PLAN, Alert.DISABLED_SCHEDULE)
"""The alerts that are about a worker and not about routes."""


def _workers(commands: Commands, states: LoopStates) -> Iterator[Todo]:
    """Tell once of all workers with the same trouble."""
    found: dict[tuple[Phase, Alert], list[tuple[str, str]]] = defaultdict(list)
    for loop, health in zip(states.loops, assess_health(states, Mode.PROMOTED), strict=True):
        alerts = {loop.alert_word(one): one for one in _ABOUT_WORKERS}
        for alert in health.alerts:
            if alert.category in alerts:
                phase: Phase = "now" if alert.severity is CRITICAL else "soon"
                found[phase, alerts[alert.category]].append((loop.title, alert.message))
    for (phase, kind), told in found.items():
        yield Todo(
            phase,
            CRITICAL if phase == "now" else WARNING,
            recommend(kind, [title for title, _ in told]).removesuffix("."),
            f"{commands.retry_plan} --execute" if kind is Alert.STALE_PLAN else "",
            GOVERNANCE,
            sentence("; ".join(message for _, message in told)),
            f"{commands.check('worker-health')} shows no such alert.",
        )


def _other_items(commands: Commands, closure: ClosureReport) -> Iterator[Todo]:
    """Take the items that are about no route and no recovery: reports and evidence that are missing."""
    for item in closure.open_items:
        if not item.code.endswith((*CODE_SUFFIXES, RECOVERY_OPEN)):
            is_report = item.code.endswith("_missing")
            yield Todo(
                "now",
                item.severity,
                item.next_action.removesuffix("."),
                commands.run if is_report else commands.check("closure"),
                item.owner,
                sentence(f"{item.title}: {item.detail}"),
                f"{commands.check('closure')} lists no {item.code}.",
                item.since,
            )


def _owners(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))


def _few(names: Sequence[str]) -> str:
    told, more = most(names, 5)
    return ", ".join(told) + (f" and {more} more" if more else "")
