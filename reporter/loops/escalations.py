"""Which providers must be looked at by somebody, and who is told of them (domain.md A9, B2.22, C27)."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from reporter.loops.recovery import escalate
from reporter.loops.routes import LoopStates
from reporter.model.reports import AlertLevel


class EscalationCause(StrEnum):
    """Why a provider is escalated, as upstream writes it."""

    RECOVERY = "connector-recovery"
    EXECUTION = "retry-execution"


class RecoveryEscalation(NamedTuple):
    """One provider to look at. Without `channels` a person has to be told in another way; `reason` says so."""

    provider: str
    cause: EscalationCause
    severity: AlertLevel
    slo_status: str
    failures: int
    age: timedelta
    channels: tuple[str, ...]
    reason: str


def plan_escalations(states: LoopStates, available: Iterable[str]) -> tuple[RecoveryEscalation, ...]:
    """List every open recovery and every provider with failed retries: critical first, then by failures and age."""
    told = tuple(available)
    found = (*_recoveries(states, told), *_executions(states, told))
    return tuple(
        sorted(
            found,
            key=lambda one: (
                one.severity is not AlertLevel.CRITICAL,
                -one.failures,
                -one.age,
                one.provider,
                one.cause,
            ),
        )
    )


def _recoveries(states: LoopStates, available: tuple[str, ...]) -> Iterator[RecoveryEscalation]:
    for one in states.recoveries:
        if not one.closed:
            severity = AlertLevel.CRITICAL if one.breached else AlertLevel.WARNING
            told = escalate(one.provider, available)
            yield RecoveryEscalation(
                one.provider,
                EscalationCause.RECOVERY,
                severity,
                one.slo_status,
                one.failures,
                one.age,
                told.channels,
                "; ".join((*one.reasons, told.reason)),
            )


def _executions(states: LoopStates, available: tuple[str, ...]) -> Iterator[RecoveryEscalation]:
    failing = [one for one in states.routes if one.execution_failed and one.route.provider]
    for provider in sorted({one.route.provider for one in failing}):
        mine = [one for one in failing if one.route.provider == provider]
        told = escalate(provider, available)
        since = min((one.since for one in mine if one.since), default=states.now)
        yield RecoveryEscalation(
            provider,
            EscalationCause.EXECUTION,
            AlertLevel.CRITICAL,
            "review_required",
            sum(one.failures for one in mine),
            max(states.now - since, timedelta(0)),
            told.channels,
            f"{len(mine)} route{'' if len(mine) == 1 else 's'} failed again on retry; {told.reason}",
        )
