"""What an incident commander does about connectors: open a recovery, repair, prove, close (domain.md A9)."""

from collections.abc import Iterable, Iterator

from reporter.assess.commands import close_recovery, open_recovery
from reporter.assess.evidence import instant
from reporter.assess.recovery import recovery_steps
from reporter.assess.todo import CRITICAL, WARNING, Phase, Todo
from reporter.loops.closure import GOVERNANCE
from reporter.loops.recovery import needed_playbooks
from reporter.loops.routes import LoopStates
from reporter.model.reports import AlertLevel
from reporter.model.routes import RecoveryState, RouteState
from reporter.model.text import shorten, visible


def open_recoveries(
    states: LoopStates, exhausted: Iterable[RouteState], repairs: Iterable[RecoveryState]
) -> Iterator[Todo]:
    """Open a recovery for each provider that calls for one, or that left a route without an attempt."""
    why: dict[str, str] = {}
    for needed in needed_playbooks(states.recent_failures, states.recoveries, states.now, states.policies.recovery):
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
            open_recovery(provider),
            GOVERNANCE,
            f"{why[provider]} {steps}",
            "reporter check recovery shows the recovery.",
        )


def close_late(one: RecoveryState) -> Todo:
    """Repair what takes longer than its SLO."""
    return _repair(one, "now", CRITICAL)


def close_in_time(one: RecoveryState) -> Todo:
    """Repair what is within its SLO."""
    return _repair(one, "soon", WARNING)


def _repair(one: RecoveryState, phase: Phase, severity: AlertLevel) -> Todo:
    return Todo(
        phase,
        severity,
        f"Repair {shorten(visible(one.provider))}, prove it with a delivery, and close its recovery",
        close_recovery(one.provider),
        GOVERNANCE,
        f"{'; '.join(one.reasons)}.",
        "reporter check recovery shows the recovery as closed.",
        "" if one.undated else instant(one.opened_at),
        instant(one.due_at),
    )
