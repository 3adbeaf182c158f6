"""What each report knows beside its checks, as labelled values, steps and tables."""

from collections.abc import Iterator

from reporter.model.closing_reports import (
    ClosureReport,
    ExecutiveReport,
    RecoveryReport,
    ReleaseReadinessReport,
    RunbookReport,
)
from reporter.model.delivery_reports import (
    AuditPackageReport,
    EscalationPlanReport,
    RetryPlanReport,
    RoutingTrendReport,
    WorkerHealthReport,
)
from reporter.model.instants import parse_instant
from reporter.model.reports import (
    BackendReport,
    DeploymentReport,
    DrillFacts,
    DrillsReport,
    NotificationPlanReport,
    PromotionReport,
    RehearsalReport,
    Report,
    RollbackReport,
    ScheduleReport,
)
from reporter.render.blockers import Named
from reporter.render.closing_facts import closure_facts, executive_facts, release_facts, runbook_facts
from reporter.render.mending_facts import health_facts, recovery_facts, retry_facts
from reporter.render.references import References
from reporter.render.shapes import Fact, Facts, Listing, Row, Table
from reporter.render.told_facts import audit_facts, escalation_facts, notification_facts, routing_facts
from reporter.render.wording import (
    OUTCOME_TAGS,
    day,
    given,
    listed,
    moment,
    number_of,
    plain,
    until,
    yes_no,
)

_BASES = {
    "explicit": "the schedule's next_due_at",
    "derived": "the last passing drill and the interval; the schedule gives no date",
    "cadence": "the cadence: the last passing drill and the interval",
    "unknown": "unknown, which counts as overdue",
}


def build_facts(  # noqa: C901, PLR0911, PLR0912 - one row for each report
    report: Report, references: References, blockers: tuple[Named, ...]
) -> Facts:
    """Choose the facts of a report by its type. `blockers` are those of release readiness, named."""
    match report:
        case BackendReport():
            return _backend(report)
        case DeploymentReport():
            return _deployment(report)
        case PromotionReport():
            return _promotion(report)
        case RollbackReport():
            return _rollback(report)
        case RehearsalReport():
            return _rehearsal(report)
        case DrillsReport():
            return _drills(report, references)
        case ScheduleReport():
            return _schedule(report)
        case NotificationPlanReport():
            return notification_facts(report)
        case EscalationPlanReport():
            return escalation_facts(report, references)
        case RoutingTrendReport():
            return routing_facts(report)
        case AuditPackageReport():
            return audit_facts(report, references)
        case RetryPlanReport():
            return retry_facts(report, references)
        case WorkerHealthReport():
            return health_facts(report, references)
        case RecoveryReport():
            return recovery_facts(report, references)
        case ClosureReport():
            return closure_facts(report, references)
        case ReleaseReadinessReport():
            return release_facts(report, blockers, references)
        case ExecutiveReport():
            return executive_facts(report)
        case RunbookReport():
            return runbook_facts(report)
        case _:
            return Facts()


def _backend(report: BackendReport) -> Facts:
    return Facts(
        pairs=(
            Fact("Go runtime", given(report.runtime_path)),
            Fact("Compiled policy", given(report.policy_path)),
            Fact("Tool registry", given(report.registry_path)),
            Fact("Time limit of a call", number_of(report.timeout_seconds, "second")),
        )
    )


def _deployment(report: DeploymentReport) -> Facts:
    return Facts(
        pairs=(Fact("Channels", listed(report.channels)),),
        tables=(
            Table(
                "CI runner targets",
                ("Target", "Platform", "Surface", "Runtime binary"),
                (34, 18, 16, 32),
                _rows(
                    (one.deployment_target, one.platform, one.surface, one.runtime_binary)
                    for one in report.ci_runner_targets
                ),
            ),
            Table(
                "Workstation targets",
                ("Target", "Channel", "Platform", "Managed by", "Binary"),
                (32, 13, 15, 14, 26),
                _rows(
                    (one.deployment_target, one.channel, one.platform, one.management_tool, one.binary)
                    for one in report.workstation_targets
                ),
            ),
        ),
    )


def _promotion(report: PromotionReport) -> Facts:
    evidence = report.evidence
    return Facts(
        pairs=(
            Fact("Approved", yes_no(evidence.approved), f"approval {given(evidence.approval_id)}"),
            Fact("Parity with Python", given(evidence.parity_status)),
            Fact("Deployment", given(evidence.deployment_status)),
            Fact("Evidence", listed(evidence.evidence_refs)),
        )
    )


def _rollback(report: RollbackReport) -> Facts:
    plan = report.rollback
    return Facts(
        pairs=(
            Fact("Approved", yes_no(plan.approved), f"approval {given(plan.approval_id)}"),
            Fact("Back to mode", given(plan.target_mode)),
            Fact("Recovery target", number_of(plan.max_recovery_minutes, "minute")),
            Fact("Controls", listed(plan.controls)),
            Fact("Missing controls", listed(plan.missing_controls)),
            Fact("Evidence", listed(plan.evidence_refs)),
        ),
        steps_title="Steps of the rollback",
        steps=Listing(tuple(plain(step) for step in plan.rollback_steps), "steps"),
    )


def _rehearsal(report: RehearsalReport) -> Facts:
    facts = report.rehearsal
    return Facts(
        pairs=(
            Fact(
                "Recovered in",
                number_of(facts.recovery_minutes, "minute"),
                f"target {number_of(facts.max_recovery_minutes, 'minute')}",
            ),
            Fact("Simulated", yes_no(facts.simulated)),
            Fact("Fallback to Python verified", yes_no(facts.fallback_verified)),
            Fact("Approval of the plan", given(facts.plan_approval_id)),
            Fact("Runbook", given(facts.runbook_ref)),
            Fact("Evidence", listed(facts.evidence_refs)),
        )
    )


def _drills(report: DrillsReport, references: References) -> Facts:
    history = report.history
    age = "" if history.age_days is None else until(-history.age_days)
    drills = sorted(history.drills, key=_newest_first, reverse=True)
    return Facts(
        pairs=(
            Fact("Latest drill", given(history.latest_drill_id)),
            Fact("Run", moment(history.latest_executed_at), age),
            Fact(
                "Recovered in",
                number_of(history.recovery_minutes, "minute"),
                f"target {number_of(history.max_recovery_minutes, 'minute')}",
            ),
            Fact(
                "Latest passing drill",
                given(history.latest_passing_drill_id),
                day(history.latest_passing_executed_at) if history.latest_passing_drill_id else "",
            ),
            Fact("Drills recorded", f"{history.drill_count:,}"),
            Fact("A drill counts for", number_of(report.rollback_drill_max_age_days, "day")),
            Fact("Runbook", given(history.runbook_ref)),
        ),
        tables=(
            Table(
                "Drills, newest first",
                ("Drill", "Run", "Outcome", "Recovered in", "Run by"),
                (33, 21, 14, 17, 15),
                Listing(tuple(_drill_row(one, references) for one in drills), "drills"),
                empty="No drill is recorded.",
            ),
        ),
    )


def _schedule(report: ScheduleReport) -> Facts:
    schedule = report.schedule
    left = "" if schedule.days_until_due is None else until(schedule.days_until_due)
    return Facts(
        pairs=(
            Fact("Next drill due", moment(schedule.due.at) if schedule.due.at else "unknown", left),
            Fact("Rule", _BASES[schedule.due.basis]),
            Fact("Sum", given(schedule.due.sum)),
            Fact(
                "Due soon from",
                moment(schedule.due_soon_from),
                f"{number_of(report.rollback_drill_due_soon_days, 'day')} before",
            ),
            Fact("Date in the schedule", moment(schedule.declared_next_due_at)),
            Fact("Interval", number_of(schedule.interval_days, "day")),
            Fact("Schedule", given(schedule.schedule_id), f"status {given(schedule.status)}"),
            Fact("Owners", listed(schedule.owners)),
            Fact("Notified through", listed(schedule.notification_providers)),
            Fact("Runbook", given(schedule.runbook_ref)),
        )
    )


def _rows(rows: Iterator[tuple[str, ...]]) -> Listing[Row]:
    return Listing(tuple(Row(tuple(given(cell) for cell in row)) for row in rows), "targets")


def _newest_first(drill: DrillFacts) -> tuple[bool, float, str]:
    instant = parse_instant(drill.executed_at)
    return instant is not None, instant.at.timestamp() if instant else 0.0, drill.drill_id


def _drill_row(drill: DrillFacts, references: References) -> Row:
    target = number_of(drill.max_recovery_minutes, "minute")
    return Row(
        cells=(
            given(drill.drill_id),
            moment(drill.executed_at),
            OUTCOME_TAGS[drill.outcome],
            f"{number_of(drill.recovery_minutes, 'minute')} (target {target})",
            given(drill.actor),
        ),
        anchor=references.anchors.name("drill", drill.drill_id),
    )
