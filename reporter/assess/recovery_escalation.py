"""Who is told of a connector that fails: channels that do not fail themselves (domain.md A9, B2.22, C27)."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from reporter.loops.recovery import NeededPlaybook, escalate
from reporter.model.case import Case
from reporter.model.closing_reports import RecoveryEscalation
from reporter.model.manifests.drills import DrillSchedule
from reporter.model.providers import PROVIDERS, Category, normalise
from reporter.model.reports import AlertLevel
from reporter.model.routes import RecoveryState, RouteState

RETRY_EXECUTION: Final = "retry-execution"
"""Upstream's category of an escalation that no recovery stands for."""


class Failing(NamedTuple):
    """What is wrong, and through whom it can be told."""

    recoveries: Sequence[RecoveryState]
    needed: Sequence[NeededPlaybook]
    failed: Sequence[RouteState]
    channels: frozenset[str]

    @property
    def providers(self) -> frozenset[str]:
        """The providers that cannot be relied on."""
        return frozenset(
            {one.provider for one in self.needed}
            | {one.provider for one in self.recoveries if not one.closed}
            | {one.route.provider for one in self.failed}
        )


def escalations_of(scope: Failing) -> Iterator[RecoveryEscalation]:
    """Tell of each provider that fails: without a recovery, in one that is open, or again on retry."""
    for needed in scope.needed:
        why = f"{len(needed.failures)} failed attempts and no recovery"
        yield _escalation(scope, needed.provider, AlertLevel.CRITICAL, category_of(needed.provider), why)
    for one in scope.recoveries:
        if not one.closed:
            severity = AlertLevel.CRITICAL if one.breached else AlertLevel.WARNING
            yield _escalation(scope, one.provider, severity, category_of(one.provider), "; ".join(one.reasons))
    for provider, routes in groupby(sorted(one.route.provider for one in scope.failed)):
        if provider:
            why = f"{len(list(routes))} failed again on retry"
            yield _escalation(scope, provider, AlertLevel.CRITICAL, RETRY_EXECUTION, why)


def _escalation(scope: Failing, provider: str, severity: AlertLevel, category: str, why: str) -> RecoveryEscalation:
    """Choose channels that do not fail themselves: never the failing provider, alone or with another such (C27)."""
    chosen = escalate(provider, scope.channels - scope.providers)
    unreliable = sorted((scope.channels & scope.providers) - {provider})
    reason = chosen.reason
    if unreliable and not chosen.channels:
        reason = f"every other channel fails too ({', '.join(unreliable)}): tell a person"
    return RecoveryEscalation(
        provider=provider,
        severity=severity,
        category=category,
        reason=why,
        channels=chosen.channels,
        channel_reason=reason,
    )


def channels_of(case: Case) -> frozenset[str]:
    """Give the known providers of the drill schedule."""
    schedule = case.manifest("rollback_drill_schedule").value
    named = schedule.notification_providers if isinstance(schedule, DrillSchedule) else ()
    return frozenset(map(normalise, named)) & PROVIDERS.keys()


def category_of(provider: str) -> Category:
    """Say what kind of system a provider is."""
    return PROVIDERS.get(provider, Category.WEBHOOK)
