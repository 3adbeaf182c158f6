"""The reports as they are written: upstream's words and fields, and ours beside them (domain.md B2.1 - B2.10).

Upstream's `*_path` fields hold the document's file name here, never a path or an address (domain.md A10).
Times are RFC 3339 in UTC; the other units are in the names.
"""

from typing import Literal

from reporter.model.checks import Check, Wire
from reporter.model.words import AlertLevel as AlertLevel  # noqa: PLC0414 - given on from here
from reporter.model.words import Mode as Mode  # noqa: PLC0414 - given on from here
from reporter.model.words import RouteAction, RouteCategory
from reporter.model.words import Status as Status  # noqa: PLC0414 - given on from here


class Report(Wire):
    """What every report says."""

    schema_version: str
    product: Literal["CAVRA"] = "CAVRA"
    report: str
    title: str
    environment: str
    generated_at: str
    generated_by: Literal["release-governance"] = "release-governance"
    mode: Mode
    status: Status
    alert_level: AlertLevel
    summary: str
    checks: tuple[Check, ...]
    operator_notes: tuple[str, ...] = ()


class BackendReport(Report):
    """Whether the Go runtime can be selected at all (B2.1)."""

    runtime_path: str
    policy_path: str
    registry_path: str
    timeout_seconds: float


class CiRunnerTarget(Wire):
    """A CI runner that the release covers."""

    deployment_target: str
    platform: str
    runtime_binary: str
    surface: str


class WorkstationTarget(Wire):
    """A workstation that the release covers."""

    channel: str
    deployment_target: str
    platform: str
    management_tool: str
    binary: str


class MetadataPaths(Wire):
    """The four release files by name."""

    endpoint_deployment: str
    ci_runner_bundles: str
    channel_manifest: str
    updater_policy: str


class DeploymentReport(Report):
    """Whether the rollout paths to runners and workstations are controlled (B2.2)."""

    package_dir: str
    metadata_paths: MetadataPaths
    ci_runner_targets: tuple[CiRunnerTarget, ...]
    workstation_targets: tuple[WorkstationTarget, ...]
    channels: tuple[str, ...]


class PromotionFacts(Wire):
    """What the promotion evidence says."""

    valid: bool
    approved: bool
    schema_version: str
    approval_id: str
    message: str
    approval_message: str
    evidence_refs: tuple[str, ...]
    parity_status: str
    deployment_status: str


class PromotionReport(Report):
    """Whether Go may be promoted (B2.3)."""

    promotion_evidence_path: str
    backend_status: Status
    deployment_status: Status
    evidence: PromotionFacts


class RollbackFacts(Wire):
    """What the rollback plan says."""

    valid: bool
    approved: bool
    schema_version: str
    status: str
    target_mode: str
    approval_id: str
    max_recovery_minutes: float | None
    controls: tuple[str, ...]
    missing_controls: tuple[str, ...]
    rollback_steps: tuple[str, ...]
    evidence_refs: tuple[str, ...]


class RollbackReport(Report):
    """Whether the way back to Python is planned and approved (B2.4)."""

    rollback_plan_path: str
    rollback: RollbackFacts


class RehearsalFacts(Wire):
    """What the rehearsal evidence says."""

    valid: bool
    schema_version: str
    status: str
    plan_approval_id: str
    simulated: bool
    fallback_verified: bool
    recovery_minutes: float | None
    max_recovery_minutes: float | None
    recovery_sla_met: bool
    runbook_ref: str
    evidence_refs: tuple[str, ...]


class RehearsalReport(Report):
    """Whether the way back was rehearsed within its target (B2.5)."""

    rollback_rehearsal_path: str
    rehearsal: RehearsalFacts


Outcome = Literal["passed", "failed", "future_dated", "undated"]
Basis = Literal["explicit", "derived", "cadence", "unknown"]


class DrillFacts(Wire):
    """One drill as judged. `outcome` is `passed`, `failed`, `future_dated` or `undated`."""

    drill_id: str
    executed_at: str
    outcome: Outcome
    status: str
    actor: str
    recovery_minutes: float | None
    max_recovery_minutes: float | None


class HistoryFacts(Wire):
    """What the drill history says, from its latest drill."""

    environment: str
    drill_count: int
    latest_drill_id: str
    latest_status: str
    latest_target_mode: str
    latest_executed_at: str
    age_days: float | None
    fresh: bool
    fallback_verified: bool
    recovery_sla_met: bool
    recovery_minutes: float | None
    max_recovery_minutes: float | None
    runbook_ref: str
    evidence_refs: tuple[str, ...]
    latest_passing_drill_id: str
    latest_passing_executed_at: str
    future_dated: tuple[str, ...]
    drills: tuple[DrillFacts, ...]


class DrillsReport(Report):
    """Whether the way back is still exercised (B2.6)."""

    rollback_drill_history_path: str
    rollback_drill_max_age_days: float
    history: HistoryFacts


class DueDate(Wire):
    """The effective due date and how it came about (domain.md A4)."""

    at: str
    basis: Basis
    sum: str


class ScheduleFacts(Wire):
    """What the schedule says, and when the next drill is really due."""

    valid: bool
    schedule_id: str
    environment: str
    status: str
    interval_days: float | None
    next_due_at: str
    declared_next_due_at: str
    due: DueDate
    days_until_due: float | None
    stale: bool
    due_soon: bool
    due_soon_from: str
    owners: tuple[str, ...]
    notification_providers: tuple[str, ...]
    runbook_ref: str


class ScheduleReport(Report):
    """Whether the next drill is planned, owned and in time (B2.7, A4)."""

    rollback_drill_schedule_path: str
    rollback_drill_due_soon_days: float
    schedule: ScheduleFacts
    history: HistoryFacts


class SuppressingWindow(Wire):
    """The maintenance window that covers the plan's time; of one that recurs, this occurrence."""

    window_id: str
    start_at: str
    end_at: str
    reason: str


class OwnerAvailability(Wire):
    """Whether an owner can be reached, and if not, from when until when where that is given."""

    available: bool
    reason: str
    start_at: str
    end_at: str


class RouteDecision(Wire):
    """One owner by one provider: told or not, why, and until when not. `until` is empty when nobody says."""

    route_key: str
    schedule_id: str
    provider: str
    owner: str
    acknowledgement_minutes: float
    escalation_owner: str
    maintenance_window: SuppressingWindow | None
    owner_availability: OwnerAvailability
    action: RouteAction
    category: RouteCategory
    reason: str
    until: str


class OwnerRoute(Wire):
    """The rules of one owner, merged."""

    owner: str
    providers: tuple[str, ...]
    acknowledgement_minutes: float
    escalation_owner: str


class NotificationPlanReport(Report):
    """Who is told of the next drill, and who is not (B2.10, A4). `status` never follows from suppression.

    `suppressed_critical` says that a drill is overdue, due soon or in doubt and that no route of the plan delivers;
    `told_again_at` is when the first of them may deliver again.
    """

    plan_id: str
    schedule_id: str
    schedule_status: Status
    routing_policy_path: str
    requested_provider: str
    force: bool
    should_notify: bool
    reason: str
    next_due_at: str
    eligible_providers: tuple[str, ...]
    selected_providers: tuple[str, ...]
    acknowledgement_required_providers: tuple[str, ...]
    suppressed_providers: tuple[str, ...]
    owners: tuple[str, ...]
    owner_routes: tuple[OwnerRoute, ...]
    route_decisions: tuple[RouteDecision, ...]
    deliverable_route_count: int
    suppressed_route_count: int
    maintenance_suppressed_count: int
    calendar_suppressed_count: int
    healthy_suppressed_count: int
    suppressed_critical: bool
    told_again_at: str


class ProductionReport(Report):
    """Everything together: the verdict of one environment (B2.8)."""

    go_backend_pilot: BackendReport
    go_backend_deployment: DeploymentReport
    go_backend_promotion: PromotionReport
    go_backend_rollback: RollbackReport
    go_backend_rollback_rehearsal: RehearsalReport
    go_backend_rollback_drill_history: DrillsReport
    go_backend_rollback_drill_schedule: ScheduleReport
