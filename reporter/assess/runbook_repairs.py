"""What an incident commander does about connectors: open a recovery, repair, prove, close (domain.md A9)."""

from collections.abc import Iterable, Iterator

from reporter.assess.commands import Commands
from reporter.assess.evidence import instant
from reporter.assess.recovery import recovery_steps
from reporter.assess.todo import CRITICAL, WARNING, Phase, Todo, sentence
from reporter.loops.closure import GOVERNANCE
from reporter.loops.recovery import needed_playbooks
from reporter.loops.routes import LoopStates
from reporter.model.reports import AlertLevel
from reporter.model.routes import RecoveryState, RouteState
from reporter.model.text import shorten, visible


def open_recoveries(
    commands: Commands, states: LoopStates, exhausted: Iterable[RouteState], repairs: Iterable[RecoveryState]
) -> Iterator[Todo]:
    """Open a recovery for each provider that calls for one, or that left a route without an attempt."""
    why: dict[str, str] = {}
    for needed in needed_playbooks(states.recent_failures, states.recoveries, states.policies.recovery):
        why[needed.provider] = f"{len(needed.failures)} attempts failed and nobody repairs it."
    for one in exhausted:
        if one.route.provider:
            why.setdefault(one.route.provider, "A route by it has no attempt left.")
    for provider in sorted(why.keys() - {one.provider for one in repairs}):
        steps = " ".join(f"{number}. {step}" for number, step in enumerate(recovery_steps(provider), start=1))
        yield Todo(
            "now",
            CRITICAL,
            f"Open the recovery of {shorten(visible(provider))}, and repair it",
            commands.open_recovery(provider),
            GOVERNANCE,
            f"{why[provider]} {steps}",
            f"{commands.check('closure')} names it in recovery_open.",
        )


def close_late(commands: Commands, one: RecoveryState) -> Todo:
    """Repair what takes longer than its SLO."""
    return _repair(commands, one, "now", CRITICAL)


def close_in_time(commands: Commands, one: RecoveryState) -> Todo:
    """Repair what is within its SLO."""
    return _repair(commands, one, "soon", WARNING)


def _repair(commands: Commands, one: RecoveryState, phase: Phase, severity: AlertLevel) -> Todo:
    return Todo(
        phase,
        severity,
        f"Repair {shorten(visible(one.provider))}, prove it with a delivery, and close its recovery",
        commands.close_recovery(one.provider),
        GOVERNANCE,
        sentence("; ".join(one.reasons)),
        f"{commands.check('closure')} does not name it in recovery_open.",
        "" if one.undated else instant(one.opened_at),
        instant(one.due_at),
    )
