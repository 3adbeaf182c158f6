"""The reports on delivering, acknowledging and retrying, as they are written (domain.md B2.11 - B2.19, A5, A6).

Routes are listed up to a limit, the worst first; `omitted_...` says how many more there are, and counts are of all.
"""

from reporter.model.checks import Wire
from reporter.model.reports import AlertLevel, Report


class RouteName(Wire):
    """A route by its three names, and the key that stands for them."""

    route_key: str
    loop: str
    subject: str
    provider: str


class EscalationRoute(RouteName):
    """One route whose subject somebody has to acknowledge (B2.11). `recommended_action` is upstream's word."""

    plan_id: str
    owner: str
    escalation_owner: str
    acknowledgement_state: str
    acknowledged: bool
    acknowledged_by: str
    acknowledgement_minutes: float
    planned_at: str
    due_at: str
    age_minutes: float | None
    breached: bool
    recommended_action: str


class EscalationPlanReport(Report):
    """Who has to be asked next, because nobody answered (B2.11)."""

    plan_id: str
    acknowledgement_minutes: float
    route_count: int
    outstanding_count: int
    breached_count: int
    routes: tuple[EscalationRoute, ...]
    omitted_route_count: int


class RoutingFilters(Wire):
    """What a trend was restricted to; empty is everything."""

    schedule_id: str
    provider: str
    owner: str
    action: str
    category: str


class RoutingDay(Wire):
    """What plans decided about routes on one UTC day; a plan made again that day counts once."""

    day: str
    delivered: int
    suppressed: int
    maintenance_suppressed: int
    calendar_suppressed: int
    healthy_suppressed: int
    other_suppressed: int


class RoutingEvent(Wire):
    """One decision of one plan about one route (B2.12)."""

    route_id: str
    created_at: str
    plan_id: str
    schedule_id: str
    alert_level: str
    provider: str
    owner: str
    escalation_owner: str
    action: str
    category: str
    reason: str
    acknowledgement_minutes: float | None
    maintenance_window_id: str
    maintenance_window_reason: str
    owner_available: bool
    owner_availability_reason: str
    next_due_at: str


class RoutingTrendReport(Report):
    """Who was told, who was not, day by day (B2.12).

    `since` is the first UTC day that counts. Days without a decision are left out; the newest events come first.
    """

    trend_id: str
    filters: RoutingFilters
    since: str
    event_count: int
    suppression_event_count: int
    maintenance_suppressed_count: int
    calendar_suppressed_count: int
    healthy_schedule_suppressed_count: int
    category_counts: dict[str, int]
    owner_counts: dict[str, int]
    provider_counts: dict[str, int]
    schedule_counts: dict[str, int]
    days: tuple[RoutingDay, ...]
    latest_events: tuple[RoutingEvent, ...]


class AuditEntry(RouteName):
    """One route that was to be acknowledged, and the answer in force (B2.13).

    `answered_late_minutes` says by how much it came after its due time; None where it did not, or is outstanding.
    """

    plan_id: str
    owner: str
    escalation_owner: str
    route_created_at: str
    acknowledgement_state: str
    acknowledged: bool
    acknowledged_by: str
    acknowledged_at: str
    external_ref: str
    acknowledgement_id: str
    answered_late_minutes: float | None


class AuditPackageReport(Report):
    """Every route that had to be answered, with the answer (B2.13).

    A route is acknowledged (or resolved, which counts as both) or outstanding (escalated, dismissed, deferred or not
    answered at all), and counts once (C23).
    """

    audit_id: str
    route_count: int
    acknowledgement_count: int
    acknowledged_count: int
    resolved_count: int
    escalated_count: int
    dismissed_count: int
    deferred_count: int
    outstanding_count: int
    entries: tuple[AuditEntry, ...]
    omitted_entry_count: int


class RetryDecision(RouteName):
    """What is to be done about one route that was not delivered (B2.14), and whether the gate lets it (B2.15)."""

    action: str
    reason: str
    retry_count: int
    max_retry_attempts: int
    latest_delivery_at: str
    next_retry_at: str
    gate_state: str
    gate_reason: str
    self_approved: bool
    owner: str
    since: str


class LoopRetryPlan(Wire):
    """The retry plan of one loop, with upstream's schema id where upstream has such a plan."""

    schema_version: str
    retry_plan_id: str
    loop: str
    title: str
    alert_level: AlertLevel
    decision_count: int
    retryable_count: int
    waiting_count: int
    suppressed_count: int
    gated_count: int
    max_retry_attempts: int
    base_retry_delay_minutes: float
    allow_immediate_retry: bool
    backoff_multiplier: float
    retry_decisions: tuple[RetryDecision, ...]
    omitted_decision_count: int


class RetryPlanReport(Report):
    """What may be tried again, when, and who has to allow it (B2.14, B2.15, A5)."""

    decision_count: int
    retryable_count: int
    waiting_count: int
    suppressed_count: int
    gated_count: int
    plans: tuple[LoopRetryPlan, ...]


class WorkerAlert(Wire):
    """One thing that is wrong with a worker (B2.18)."""

    severity: AlertLevel
    category: str
    message: str
    recommendation: str
    routes: tuple[RouteName, ...]


class SuppressedProvider(Wire):
    """A provider that had this very alert within the suppression window."""

    provider: str
    last_delivery_at: str


class AlertPlan(Wire):
    """Who is told about a worker's health, and who was told already (B2.19)."""

    plan_id: str
    health_id: str
    alert_loop: str
    alert_level: AlertLevel
    eligible_providers: tuple[str, ...]
    selected_providers: tuple[str, ...]
    suppressed_providers: tuple[SuppressedProvider, ...]
    suppression_window_minutes: float
    acknowledgement_required_providers: tuple[str, ...]


class LoopHealth(Wire):
    """The worker of one loop as it is (B2.18, A6). `alert_plan` is there where a loop tells of this one."""

    loop: str
    title: str
    alert_level: AlertLevel
    latest_run_id: str
    latest_run_at: str
    latest_run_age_minutes: float | None
    expected_interval_minutes: float
    missed_worker: bool
    latest_plan_age_minutes: float | None
    stale_metadata_minutes: float
    stale_retry_plan: bool
    retryable_count: int
    waiting_count: int
    exhausted_count: int
    failed_execution_count: int
    delivery_failure_count: int
    acknowledgement_pending_count: int
    dry_run_only: bool
    alerts: tuple[WorkerAlert, ...]
    alert_plan: AlertPlan | None


class AlertDashboard(Wire):
    """What became of the alerts of one loop (B2.19)."""

    loop: str
    title: str
    alert_level: AlertLevel
    delivered_count: int
    failed_delivery_count: int
    outstanding_acknowledgement_count: int
    suppressed_count: int


class WorkerHealthReport(Report):
    """Whether the workers that retry are alive, and what they leave undone (A6, B2.18, B2.19).

    `expected_loop_count` counts the loops that need a worker: always, or because something was not delivered.
    """

    expected_loop_count: int
    missed_worker_count: int
    retryable_count: int
    exhausted_count: int
    failed_execution_count: int
    acknowledgement_pending_count: int
    loops: tuple[LoopHealth, ...]
    alert_dashboards: tuple[AlertDashboard, ...]
