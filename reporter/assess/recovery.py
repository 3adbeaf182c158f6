"""Recovery: which connectors are being repaired, for how long, and who is told (domain.md A9, B2.20 - B2.22).

A provider that fails and that nobody repairs, a repair that takes too long and an escalation that would reach nobody
fail a check. A repair within its SLO is only due.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from reporter.assess.conditions import CheckSpec, Condition, check
from reporter.assess.evidence import (
    about,
    asked,
    check_evidence,
    evidence_notes,
    evidence_spec,
    instant,
    minutes,
    most,
    none_of,
    route_pointer,
    standing,
    unasked,
)
from reporter.assess.recovery_escalation import Failing, category_of, channels_of, escalations_of
from reporter.loops.closure import MEND, advise_retries
from reporter.loops.facts import is_undated
from reporter.loops.recovery import NeededPlaybook, needed_playbooks, recovery_days, under_repair
from reporter.loops.routes import LoopStates
from reporter.loops.states import CLOSED_STATES
from reporter.loops.writing.releases import RECOVERY_STEPS
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.closing_reports import PlaybookNeeded, RecoveryDay, RecoveryEscalation, RecoveryReport, RecoveryRow
from reporter.model.documents import pointer_to
from reporter.model.ids import make_id
from reporter.model.instants import format_span
from reporter.model.providers import Category
from reporter.model.reports import AlertLevel
from reporter.model.routes import RecoveryState

EVIDENCE: Final = evidence_spec("recovery")
OPENED: Final = CheckSpec(
    "recovery_opened",
    "Failing connectors are being repaired",
    "Open a recovery with `reporter recovery open PROVIDER --by NAME --reason TEXT --ref REF`.",
)
IN_TIME: Final = CheckSpec(
    "recovery_within_slo",
    "Repaired in time",
    "Mend the connector, then close with `reporter recovery close PROVIDER --state resolved --verification REF"
    " --by NAME --reason TEXT --ref REF`.",
)
RETRIED: Final = CheckSpec(
    "recovery_executions_succeeded",
    "Retries succeeded",
    f"{MEND} `reporter retry plan` says when.",
)
TOLD: Final = CheckSpec(
    "recovery_independent_channel",
    "Told through another channel",
    "Tell a person, and add a provider that works to notification_providers; see `reporter check schedule`.",
)
SPECS: Final = (EVIDENCE, OPENED, IN_TIME, RETRIED, TOLD)

REPORT_PREFIX: Final = "gordackretryreport"
_LOOK_AT: Final[Mapping[Category, str]] = {
    Category.SIEM: "Check the collector: it answers, its ingestion token is valid, its daily volume is not used up.",
    Category.ITSM: "Check the service desk: its API answers, its user may write, its mandatory fields are all sent.",
    Category.CHATOPS: "Check the channel: it exists, its webhook or bot is still allowed, its rate limit not reached.",
    Category.WEBHOOK: "Check the receiver: it answers, its certificate and secret are valid, it takes this payload.",
}
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


def assess_recovery(case: Case, states: LoopStates) -> RecoveryReport:
    """Judge the recovery of every provider."""
    policy = states.policies.recovery
    scope = Failing(
        sorted(states.recoveries, key=_urgency),
        needed_playbooks(states.recent_failures, states.recoveries, policy),
        [one for one in states.routes if one.execution_failed],
        channels_of(case),
    )
    open_ = [one for one in scope.recoveries if not one.closed]
    breached = [one for one in open_ if one.breached]
    closed_count = len(scope.recoveries) - len(open_)
    escalations = tuple(sorted(escalations_of(scope), key=lambda one: one.severity is not AlertLevel.CRITICAL))
    if asked(case, states):
        level = AlertLevel.WARNING if open_ else AlertLevel.HEALTHY
        count = len(scope.needed)
        unopened = f"{count} provider{' fails' if count == 1 else 's fail'} without a recovery"
        summary = f"{len(open_)} open, {len(breached)} of them too long; {unopened}"
        head = standing("recovery", case, _checks(states, scope, escalations), level, summary)
    else:
        head = unasked("recovery", case, SPECS)
    listed, omitted = most(scope.recoveries)
    return RecoveryReport(
        **head,
        operator_notes=(*evidence_notes(states), *([f"{omitted} more recoveries are not listed."] if omitted else [])),
        report_id=make_id(
            REPORT_PREFIX,
            environment=case.environment,
            recoveries=[(one.provider, one.playbooks, one.slo_status) for one in scope.recoveries],
            needed=[one.provider for one in scope.needed],
            failed=sorted(one.route for one in scope.failed),
        ),
        recovery_slo_minutes=minutes(policy.slo),
        lookback_hours=minutes(policy.lookback) / 60,
        min_failure_count=policy.min_failures,
        recovery_playbook_provider_count=len(scope.recoveries),
        recovery_open_count=len(open_),
        recovery_closed_count=closed_count,
        recovery_slo_breached_count=len(breached),
        failed_execution_count=len(scope.failed),
        closure_rate=round(closed_count / len(scope.recoveries), 4) if scope.recoveries else None,
        recoveries=tuple(_row(one, minutes(policy.slo)) for one in listed),
        playbooks_needed=tuple(map(_needed, scope.needed)),
        escalation_routes=escalations,
        closure_trends=tuple(
            RecoveryDay(day=one.day.isoformat(), opened=one.opened, closed=one.closed)
            for one in recovery_days(states.recoveries, states.now)
        ),
    )


def recovery_steps(provider: str) -> tuple[str, ...]:
    """Say how to repair a connector, by the kind of system that it is."""
    first, _, *others = RECOVERY_STEPS
    return first, _LOOK_AT[category_of(provider)], *others


def _checks(states: LoopStates, scope: Failing, escalations: Sequence[RecoveryEscalation]) -> tuple[Check, ...]:
    slo = states.policies.recovery.slo
    late = [_late(one, f"closed within {format_span(slo)}") for one in scope.recoveries if one.breached]
    failed = [
        about(route_pointer(one.route), "; ".join(one.reasons), "a retry that delivers", met=False)
        for one in scope.failed
    ]
    untold = [
        about(_place(one.provider), one.channel_reason, "a channel that does not fail itself", met=False)
        for one in escalations
        if not one.channels
    ]
    return (
        check_evidence(EVIDENCE, states),
        check(OPENED, none_of("recovery", [_unopened(one) for one in scope.needed], "provider without a recovery")),
        check(IN_TIME, none_of("recovery", late, "recovery that takes too long")),
        check(
            RETRIED._replace(remedy=advise_retries(scope.failed, under_repair(states.recoveries))),
            none_of("retries", failed, "failed retry"),
        ),
        check(TOLD, none_of("recovery", untold, "escalation without a channel")),
    )


def _unopened(one: NeededPlaybook) -> Condition:
    newest = instant(_latest(one)) or "an unknown time"
    found = f"{len(one.failures)} failed attempts, the latest at {newest}, and no recovery for them"
    return about(_place(one.provider), found, "an open recovery", met=False)


def _late(one: RecoveryState, wanted: str) -> Condition:
    return about(_place(one.provider), "; ".join(one.reasons), wanted, met=False)


def _row(one: RecoveryState, slo_minutes: float) -> RecoveryRow:
    took = one.closure_time
    return RecoveryRow(
        provider=one.provider,
        category=category_of(one.provider),
        playbook_ids=one.playbooks,
        opened_at="" if one.undated else instant(one.opened_at),
        age_minutes=None if one.undated else minutes(one.age),
        # What was called closed without proof stays open (C13).
        closure_state="open" if one.state in CLOSED_STATES and not one.closed else one.state,
        closed_at=instant(one.closed_at),
        closed_by=one.by if one.closed else "",
        closure_minutes=None if took is None else minutes(took),
        recovery_slo_minutes=slo_minutes,
        slo_status=one.slo_status,
        reasons=one.reasons,
    )


def _needed(one: NeededPlaybook) -> PlaybookNeeded:
    return PlaybookNeeded(
        provider=one.provider,
        category=category_of(one.provider),
        failure_count=len(one.failures),
        latest_failure_at=instant(_latest(one)),
        recovery_steps=recovery_steps(one.provider),
    )


def _latest(one: NeededPlaybook) -> datetime | None:
    return max((failure.at for failure in one.failures if not is_undated(failure.at)), default=None)


def _urgency(one: RecoveryState) -> tuple[object, ...]:
    """Put first what takes too long, then what is open, each by its age; of the closed ones the latest."""
    if one.closed_at is not None:
        return 2, -one.closed_at.timestamp(), one.provider
    return int(not one.breached), (_EARLIEST if one.undated else one.opened_at).timestamp(), one.provider


def _place(provider: str) -> str:
    return pointer_to("recovery", provider)[1:]
