"""Executive report: the verdict in a sentence, the decisions asked for, when it is due again (domain.md B2.23, C24).

The verdict is made from the counts that the report shows. It recommends approval only where release readiness is
ready and production readiness accepts. The risks are in `risks`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from reporter.assess.closure import EXHAUSTED, RETRIED, part_of
from reporter.assess.commands import RUN
from reporter.assess.conditions import CheckSpec, check
from reporter.assess.evidence import about, asked, evidence_notes, instant, minutes, most, none_of, standing, unasked
from reporter.assess.production import about_report, unaccepted
from reporter.assess.risks import key_risks
from reporter.loops.health import worst_level
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.checks import Check, CheckStatus
from reporter.model.closing_reports import (
    CloseoutEntry,
    ClosureReport,
    Decision,
    ExecutiveReport,
    ExecutiveSummary,
    KeyRisk,
    OpenItemRow,
    RecoveryReport,
    ReleaseReadinessReport,
    ReportSchedule,
)
from reporter.model.delivery_reports import EscalationPlanReport, EscalationRoute
from reporter.model.ids import make_id
from reporter.model.instants import format_span, shift
from reporter.model.reports import AlertLevel, ProductionReport, Report, Status

RELEASE: Final = CheckSpec(
    "executive_release",
    "The release may be approved",
    f"Have the steps of the runbook done (runbook.html or runbook.md of the bundle), then `{RUN}`.",
)
RISKS: Final = CheckSpec(
    "executive_critical_risks",
    "No critical risk",
    "Have the owner of each risk act; the runbook of the bundle (runbook.html, runbook.md) says how.",
)
SPECS: Final = (RELEASE, RISKS)

REPORT_PREFIX: Final = "gordackexecreport"
MOST_ACTIONS: Final = 10
ACCEPTED: Final = (Status.READY, Status.DUE_SOON)
BOARD: Final = "release-governance"
"""Who decides about a release."""


def assess_executive(  # noqa: PLR0913, PLR0917 - everything that executives are told of
    case: Case,
    states: LoopStates,
    production: ProductionReport,
    escalation_plan: EscalationPlanReport,
    recovery: RecoveryReport,
    closure: ClosureReport,
    release: ReleaseReadinessReport,
) -> ExecutiveReport:
    """Sum up for people who decide and do not operate."""
    is_asked = asked(case, states)
    schedule = _schedule(states)
    risks = key_risks(states, production, closure, release, schedule) if is_asked else ()
    verdict = _verdict(production, closure, release)
    if is_asked:
        level = worst_level(one.severity for one in risks)
        head = standing("executive", case, tuple(_checks(production, release, risks)), level, verdict)
    else:
        head = unasked("executive", case, SPECS)
    exhausted = sum(one.exhausted for one in states.routes)
    return ExecutiveReport(
        **head,
        operator_notes=(
            *evidence_notes(states),
            *(one for one in release.operator_notes if one.startswith("Override")),
        ),
        executive_report_id=make_id(
            REPORT_PREFIX,
            summary=release.summary_id,
            production=production.status,
            risks=[(one.severity, one.risk, one.count) for one in risks],
        ),
        verdict=verdict,
        executive_summary=ExecutiveSummary(
            status=head["alert_level"],
            business_impact=any(one.severity is AlertLevel.CRITICAL for one in risks),
            readiness_state=release.readiness_state,
            closure_state=closure.closure_state,
            open_item_count=closure.open_item_count,
            escalation_count=escalation_plan.breached_count + len(recovery.escalation_routes),
            failed_execution_count=recovery.failed_execution_count,
            open_recovery_count=recovery.recovery_open_count,
            slo_breached_count=recovery.recovery_slo_breached_count,
            exhausted_count=exhausted,
            outstanding_acknowledgement_count=escalation_plan.outstanding_count,
        ),
        key_risks=risks,
        decisions=tuple(_decisions(production, escalation_plan, recovery, release, exhausted)) if is_asked else (),
        recommended_actions=_actions(production, closure, recovery) if is_asked else (),
        schedule=schedule,
    )


def may_approve(production: ProductionReport, release: ReleaseReadinessReport) -> bool:
    """Say whether to recommend approval: release readiness is ready, and production readiness accepts."""
    return release.readiness_state == "ready" and production.status in ACCEPTED


def _verdict(production: ProductionReport, closure: ClosureReport, release: ReleaseReadinessReport) -> str:
    if may_approve(production, release):
        due = production.go_backend_rollback_drill_schedule.schedule.due.at
        soon = f"; the next rollback drill is due soon, at {due}" if production.status is Status.DUE_SOON else ""
        order = f"everything asked for is in order and nothing is open{soon}."
        if _approval(release).met:
            return f"The closure of this release is approved, and nothing holds it: {order}"
        return f"Approve the closure of this release: {order}"
    if release.readiness_state == "not_requested":
        return "There is no release to decide on: nobody asked for promotion, and there are no evidence records."
    parts = (
        (len(release.blockers), "blocker"),
        (closure.open_item_count, "open item"),
        (len(unaccepted(production)), "unproven readiness report"),
    )
    counted = ", ".join(_count(count, noun) for count, noun in parts if count)
    return f"Hold this release: {counted or f'production readiness is {production.status.value}'}."


def _checks(production: ProductionReport, release: ReleaseReadinessReport, risks: Sequence[KeyRisk]) -> Iterator[Check]:
    yield check(
        RELEASE,
        [
            about_report(
                release, "/readiness_state", release.readiness_state, "ready", met=release.readiness_state == "ready"
            ),
            about_report(
                production, "/status", production.status, " or ".join(ACCEPTED), met=production.status in ACCEPTED
            ),
        ],
    )
    critical = [
        about(f"key_risks/{number}", f"{one.risk} ({one.count})", "no critical risk", met=False)
        for number, one in enumerate(risks)
        if one.severity is AlertLevel.CRITICAL
    ]
    yield check(RISKS, none_of("key_risks", critical, "critical risk"))


def _decisions(
    production: ProductionReport,
    escalation_plan: EscalationPlanReport,
    recovery: RecoveryReport,
    release: ReleaseReadinessReport,
    exhausted: int,
) -> Iterator[Decision]:
    """Ask for what no operator may decide alone."""
    approved = _approval(release)
    if may_approve(production, release):
        if not approved.met:
            yield Decision(decision="Approve the closure of this release.", why="Nothing holds it.", by=BOARD)
    else:
        held = f"{_count(len(release.blockers), 'blocker')}; the readiness report lists them."
        why = held if release.blockers else "Production readiness is not proven."
        yield Decision(decision="Hold this release until nothing blocks it.", why=why, by=BOARD)
        if approved.met:
            yield Decision(
                decision="Confirm or withdraw the approval that was given over the blockers.",
                why=f"{approved.found}.",
                by=BOARD,
            )
    unproven = [one.title for one in unaccepted(production) if one.report in ("rollback", "rehearsal", "drills")]
    if unproven:
        yield Decision(
            decision="Decide whether Go stays on while the way back to Python is not proven.",
            why=f"Not in order: {', '.join(unproven)}.",
            by=BOARD,
        )
    late = [one for one in escalation_plan.routes if one.breached]
    if late:
        yield Decision(
            decision="Name who answers for those who did not.",
            why=f"{_count(escalation_plan.breached_count, 'answer')} overdue by {_names(one.owner for one in late)}.",
            by=_above(late),
        )
    slow = [one.provider for one in recovery.recoveries if one.slo_status == "breached"]
    if slow:
        yield Decision(
            decision="Decide whether to wait for the repair or to tell people another way.",
            why=f"Longer than {format_span(timedelta(minutes=recovery.recovery_slo_minutes))}: {_names(slow)}.",
            by=BOARD,
        )
    if exhausted:
        yield Decision(
            decision="Name who delivers by hand what no worker tries again.",
            why=f"{_count(exhausted, 'route')} without an attempt left.",
            by=BOARD,
        )


def _above(late: Sequence[EscalationRoute]) -> str:
    """Name who is asked about those who did not answer: never one of them."""
    silent = {one.owner for one in late}
    asked_next = {one.escalation_owner for one in late} - silent
    if asked_next:
        return _names(asked_next)
    return f"whoever leads {_names(silent)}" if BOARD in silent else BOARD


def _approval(release: ReleaseReadinessReport) -> CloseoutEntry:
    return next(one for one in release.closeout.entries if one.code == "approval_decision")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))


def _actions(production: ProductionReport, closure: ClosureReport, recovery: RecoveryReport) -> tuple[str, ...]:
    """Recommend what follows from what is; without anything, nothing."""
    actions = [
        *(
            f"{one.title}: have it brought in order; not so yet: {', '.join(_failed_titles(one))}."
            for one in unaccepted(production)
        ),
        *(f"{one.title}: {part_of(one.code).see_to}." for one in _settled_apart(closure)),
        *(f"{one.provider} fails: have it repaired." for one in recovery.playbooks_needed),
    ]
    schedule = production.go_backend_rollback_drill_schedule
    if schedule.status is Status.DUE_SOON:
        actions.append(f"Run the next rollback drill by {schedule.schedule.due.at}.")
    told, more = most(actions, MOST_ACTIONS)
    return (*told, *([f"And {more} more: see the runbook."] if more else []))


def _settled_apart(closure: ClosureReport) -> Iterator[OpenItemRow]:
    """Leave out what is about the same routes as an item that says more of them: that no attempt is left."""
    gone = {one.route_key for item in closure.open_items if item.code.endswith(EXHAUSTED) for one in item.routes}
    for item in closure.open_items:
        same = item.code.endswith(RETRIED) and gone.issuperset(one.route_key for one in item.routes)
        if not same or item.route_count > len(item.routes):
            yield item


def _failed_titles(report: Report) -> Iterator[str]:
    return (one.title for one in report.checks if one.status is CheckStatus.FAIL)


def _schedule(states: LoopStates) -> ReportSchedule:
    """Say when the report went out and when it is due again; at that very instant it is overdue."""
    loop, interval = next((one, one.report_interval) for one in states.loops if one.report_interval)
    last = max((one.last_success_at for one in states.of(loop) if one.last_success_at), default=None)
    due = shift(last, interval) if last else None
    return ReportSchedule(
        interval_minutes=minutes(interval),
        last_delivered_at=instant(last),
        next_due_at=instant(due),
        overdue=due is None or states.now >= due,
    )
