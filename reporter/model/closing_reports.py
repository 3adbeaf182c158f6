"""The reports that close: recovery, executive, closure, release readiness, runbook (domain.md A7 - A9, B2.20 - B2.28).

Times are RFC 3339 in UTC, empty where unknown. Rows are listed up to a limit, the worst first.
"""

from typing import Literal

from reporter.model.checks import Wire
from reporter.model.delivery_reports import RouteName
from reporter.model.reports import AlertLevel, Report


class RecoveryRow(Wire):
    """The recovery of one provider (B2.21). `slo_status` is `breached`, `closed` or `open`."""

    provider: str
    category: str
    playbook_ids: tuple[str, ...]
    opened_at: str
    age_minutes: float | None
    closure_state: str
    closed_at: str
    closed_by: str
    closure_minutes: float | None
    recovery_slo_minutes: float
    slo_status: str
    reasons: tuple[str, ...]


class PlaybookNeeded(Wire):
    """A provider whose failures ask for a recovery that nobody has opened (B2.20)."""

    provider: str
    category: str
    failure_count: int
    latest_failure_at: str
    recovery_steps: tuple[str, ...]


class RecoveryEscalation(Wire):
    """Who is told about a provider that fails: never that provider alone (B2.22, C27)."""

    provider: str
    severity: AlertLevel
    category: str
    reason: str
    channels: tuple[str, ...]
    channel_reason: str


class RecoveryDay(Wire):
    """Recoveries that were opened and closed on one UTC day."""

    day: str
    opened: int
    closed: int


class RecoveryReport(Report):
    """Which connectors are being repaired, and for how long (A9, B2.20 - B2.22)."""

    report_id: str
    recovery_slo_minutes: float
    lookback_hours: float
    min_failure_count: int
    recovery_playbook_provider_count: int
    recovery_open_count: int
    recovery_closed_count: int
    recovery_slo_breached_count: int
    failed_execution_count: int
    closure_rate: float | None
    recoveries: tuple[RecoveryRow, ...]
    playbooks_needed: tuple[PlaybookNeeded, ...]
    escalation_routes: tuple[RecoveryEscalation, ...]
    closure_trends: tuple[RecoveryDay, ...]


class OpenItemRow(Wire):
    """One thing that holds the closure open (A7, B2.24)."""

    code: str
    severity: AlertLevel
    title: str
    detail: str
    since: str
    owner: str
    next_action: str
    route_count: int
    routes: tuple[RouteName, ...]


class LoopLane(Wire):
    """How far the routes of one loop came, from planned to closed. Counts are of routes as they are."""

    loop: str
    title: str
    planned: int
    delivered: int
    acknowledged: int
    outstanding: int
    failed: int
    waiting: int
    due: int
    exhausted: int
    closed: int
    open: int
    alert_level: AlertLevel


class DeliveryDay(Wire):
    """Attempts by one provider on one UTC day."""

    day: str
    provider: str
    delivered: int
    failed: int


class RetryFunnel(Wire):
    """What became of the routes that ever failed."""

    ever_failed: int
    recovered: int
    waiting: int
    due: int
    gated: int
    exhausted: int


class EvidenceFault(Wire):
    """One record that could not be used, or does not count."""

    record: str
    pointer: str
    found: str
    wanted: str
    where: str


class FutureDated(Wire):
    """A record dated after the verdict (A2.3)."""

    record: str
    kind: str
    created_at: str


class ClosureReport(Report):
    """Whether everything that was to be delivered, acknowledged and retried is closed (A7, B2.24)."""

    closure_state: Literal["closed", "open", "not_requested"]
    open_item_count: int
    open_items: tuple[OpenItemRow, ...]
    route_count: int
    lanes: tuple[LoopLane, ...]
    funnel: RetryFunnel
    delivery_days: tuple[DeliveryDay, ...]
    faults: tuple[EvidenceFault, ...]
    future_dated: tuple[FutureDated, ...]
    conflicting_records: tuple[str, ...]
    unmatched_routes: tuple[RouteName, ...]
    truncated: tuple[str, ...]


class KeyRisk(Wire):
    """One risk in a sentence, with who bears it."""

    severity: AlertLevel
    risk: str
    count: int
    owner: str
    since: str


class Decision(Wire):
    """One decision that executives are asked for."""

    decision: str
    why: str
    by: str


class ExecutiveSummary(Wire):
    """The counts behind the executive report (B2.23)."""

    status: AlertLevel
    business_impact: bool
    readiness_state: str
    closure_state: str
    open_item_count: int
    escalation_count: int
    failed_execution_count: int
    open_recovery_count: int
    slo_breached_count: int
    exhausted_count: int
    outstanding_acknowledgement_count: int


class ReportSchedule(Wire):
    """When the executive report went out, and when the next is due."""

    interval_minutes: float
    last_delivered_at: str
    next_due_at: str
    overdue: bool


class ExecutiveReport(Report):
    """What executives have to know and decide (B2.23)."""

    executive_report_id: str
    verdict: str
    executive_summary: ExecutiveSummary
    key_risks: tuple[KeyRisk, ...]
    decisions: tuple[Decision, ...]
    recommended_actions: tuple[str, ...]
    schedule: ReportSchedule


class ReleaseCheck(Wire):
    """One check in upstream's shape for this report (B2.25)."""

    id: str
    title: str
    status: Literal["pass", "fail", "warning"]
    evidence: str
    operator_action: str


class BlockerRow(Wire):
    """One thing that holds the release (A8)."""

    code: str
    severity: AlertLevel
    detail: str


class OverrideRow(Wire):
    """A blocked summary that somebody approved all the same, and why."""

    summary_id: str
    decided_by: str
    decided_at: str
    reason: str
    record: str


class CloseoutEntry(Wire):
    """One part of the closeout packet (B2.27, B2.28)."""

    code: str
    title: str
    met: bool
    found: str
    wanted: str
    since: str
    record: str


class CloseoutPacket(Wire):
    """Approval, attachment, verification and archive of one release."""

    closeout_state: Literal["closed", "open"]
    entries: tuple[CloseoutEntry, ...]


class ReleaseDecision(Wire):
    """What the summary recommends (B2.25)."""

    recommended_state: Literal["approve_release_closure", "hold_release_closure"]


class ReleaseReadinessReport(Report):
    """Whether this release may be approved (A8, B2.25)."""

    summary_id: str
    readiness_state: Literal["ready", "blocked", "not_requested"]
    closure_state: Literal["closed", "open", "not_requested"]
    release_decision: ReleaseDecision
    open_item_count: int
    blockers: tuple[BlockerRow, ...]
    release_checks: tuple[ReleaseCheck, ...]
    overrides: tuple[OverrideRow, ...]
    closeout: CloseoutPacket


class RunbookStep(Wire):
    """One thing to do: what, with which command or by whom, why, and how one knows that it is done."""

    number: int
    phase: Literal["rollback", "now", "soon", "close"]
    severity: AlertLevel
    task: str
    command: str
    owner: str
    since: str
    due_at: str
    why: str
    done_when: str


class RunbookReport(Report):
    """What to do now, in order (B2.26). `markdown` is the whole runbook for a terminal or a ticket."""

    export_id: str
    readiness_summary_id: str
    readiness_state: str
    closure_state: str
    rollback_ready: bool
    rollback_target_minutes: float | None
    rollback_approval_id: str
    runbook_ref: str
    contacts: tuple[str, ...]
    rollback_steps: tuple[str, ...]
    steps: tuple[RunbookStep, ...]
    markdown: str
