"""The state of a route, and what follows from all of them (domain.md A5 - A9). Values; the rules are in `loops`."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from reporter.model.reports import AlertLevel


class RouteOutcome(StrEnum):
    """How far a route came. The latest attempt decides."""

    PLANNED = "planned"
    DELIVERED = "delivered"
    FAILED = "failed"


class RetryAction(StrEnum):
    """What a retry plan says of a route (A5, B2.14)."""

    NONE = "none"
    WAIT = "wait"
    RETRY = "retry"
    SUPPRESS = "suppress"


class GateState(StrEnum):
    """Whether a live retry may be executed (A5, B2.15)."""

    NOT_NEEDED = "not_needed"
    OPEN = "open"
    ACKNOWLEDGEMENT_REQUIRED = "acknowledgement_required"
    WAIT_FOR_RETRY_ACK = "wait_for_retry_ack"
    APPROVAL_REQUIRED = "approval_required"
    REVOKED = "revoked"
    USED = "used"
    SELF_APPROVAL_REFUSED = "self_approval_refused"


class RouteId(NamedTuple):
    """What is delivered to whom: the unit that is delivered, acknowledged, retried and closed (A1)."""

    loop: str
    subject: str
    provider: str

    def __str__(self) -> str:
        """Name the route the way that people say it."""
        return f"{self.loop} {self.subject or '(no subject)'} -> {self.provider or '(no provider)'}"

    def idempotency_key(self, cycle: str = "") -> str:
        """Give the key that every attempt carries, so that a retry is known as one (A5)."""
        named = json.dumps([*self, cycle], ensure_ascii=True)
        return hashlib.sha256(named.encode()).hexdigest()


class RetryState(NamedTuple):
    """Whether a route is to be tried again, and when. Without a time for `retry`, at once."""

    action: RetryAction
    failures: int
    max_attempts: int
    next_retry_at: datetime | None
    reason: str


class AcknowledgementState(NamedTuple):
    """Whether somebody answered (A5). `state` is their word, `outstanding`, or `not_required`; `at` when they did."""

    required: bool
    state: str
    outstanding: bool
    breached: bool
    since: datetime | None
    due_at: datetime | None
    slo: timedelta
    by: str
    record: str
    at: datetime | None = None
    external_ref: str = ""


class Executions(NamedTuple):
    """How often retries were executed, of those records that are kept: the newest."""

    delivered: int = 0
    failed: int = 0
    skipped: int = 0


class Gate(NamedTuple):
    """The gate before a live retry. `decision` is the id of the approval that opened it."""

    state: GateState
    by: str
    self_approved: bool
    reason: str
    decision: str = ""

    @property
    def lets_through(self) -> bool:
        """Whether a live retry may be executed."""
        return self.state in (GateState.NOT_NEEDED, GateState.OPEN)


@dataclass(frozen=True, slots=True)
class RouteState:
    """One route at one instant. `records` are the ids of the records that say so.

    `ever_failed` says that any attempt failed, made up for or not; `retried` that another attempt came after it.
    """

    route: RouteId
    outcome: RouteOutcome
    failures: int
    since: datetime | None
    last_attempt_at: datetime | None
    last_failure_at: datetime | None
    last_success_at: datetime | None
    retry: RetryState
    acknowledgement: AcknowledgementState
    gate: Gate
    execution_failed: bool
    skipped: str
    cycle: str
    plan_id: str
    owner: str
    escalation_owner: str
    reasons: tuple[str, ...]
    records: tuple[str, ...]
    ever_failed: bool
    retried: bool
    executions: Executions

    @property
    def recovered(self) -> bool:
        """Whether its latest success made up for failures."""
        return self.ever_failed and not self.failures

    @property
    def holds_open(self) -> bool:
        """Whether it holds the closure open (A7)."""
        return self.outcome is RouteOutcome.FAILED or self.acknowledgement.outstanding

    @property
    def exhausted(self) -> bool:
        """Whether no attempt is left: critical, and it opens the closure (A5, C1)."""
        return self.retry.action is RetryAction.SUPPRESS

    @property
    def alert_level(self) -> AlertLevel:
        """How loudly to tell of this route."""
        if self.exhausted or self.execution_failed or self.acknowledgement.breached:
            return AlertLevel.CRITICAL
        if self.outcome is RouteOutcome.FAILED or self.acknowledgement.outstanding:
            return AlertLevel.WARNING
        return AlertLevel.HEALTHY


@dataclass(frozen=True, slots=True)
class RecoveryState:
    """The recovery of one provider (A9). Playbooks made while it was open belong to it.

    Without a date `opened_at` means nothing and there is no `due_at`. `failures` is the most that any of its playbooks
    counted, `record` the id of the latest decision about it.
    """

    provider: str
    playbooks: tuple[str, ...]
    opened_at: datetime
    undated: bool
    state: str
    closed: bool
    closed_at: datetime | None
    age: timedelta
    breached: bool
    by: str
    reasons: tuple[str, ...]
    due_at: datetime | None
    failures: int
    latest_failure_at: datetime | None
    record: str

    @property
    def closure_time(self) -> timedelta | None:
        """How long it took; None while it is open."""
        return None if self.closed_at is None else self.closed_at - self.opened_at

    @property
    def slo_status(self) -> str:
        """Upstream's word: `breached`, `closed` or `open` (B2.21)."""
        return "closed" if self.closed else "breached" if self.breached else "open"


class HealthAlert(NamedTuple):
    """One thing that is wrong with a worker, and what to do about it (A6)."""

    loop: str
    severity: AlertLevel
    category: str
    message: str
    recommendation: str
    routes: tuple[RouteId, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """The worker of one loop (A6). Counts are of routes as they are, never sums over history."""

    loop: str
    alert_level: AlertLevel
    last_run_at: datetime | None
    last_run_age: timedelta | None
    last_run_id: str
    missed: bool
    plan_age: timedelta | None
    plan_stale: bool
    retryable: int
    waiting: int
    exhausted: int
    failed: int
    delivery_failures: int
    unacknowledged: int
    dry_run_only: bool
    alerts: tuple[HealthAlert, ...]


class ClosureState(StrEnum):
    """Whether reporting is done (A7)."""

    CLOSED = "closed"
    OPEN = "open"
    NOT_REQUESTED = "not_requested"


class OpenItem(NamedTuple):
    """One thing that holds the closure open."""

    code: str
    severity: AlertLevel
    routes: tuple[RouteId, ...]
    since: datetime | None
    owner: str
    next_action: str
    detail: str


class FinalClosure(NamedTuple):
    """The final closure (A7)."""

    state: ClosureState
    open_items: tuple[OpenItem, ...]

    @property
    def alert_level(self) -> AlertLevel:
        """How loudly to tell of it."""
        return AlertLevel.CRITICAL if self.open_items else AlertLevel.HEALTHY


class Blocker(NamedTuple):
    """One thing that holds the release (A8)."""

    code: str
    severity: AlertLevel
    detail: str


class ReleaseReadiness(NamedTuple):
    """Whether the release may be closed (A8). `overrides` are shown whatever the state."""

    ready: bool
    blockers: tuple[Blocker, ...]
    overrides: tuple["Override", ...]

    @property
    def state(self) -> str:
        """Upstream's word (B2.25)."""
        return "ready" if self.ready else "blocked"

    @property
    def recommended_state(self) -> str:
        """Upstream's word for the decision (B2.25)."""
        return "approve_release_closure" if self.ready else "hold_release_closure"


class Override(NamedTuple):
    """A decision to approve a blocked summary all the same, and why."""

    summary_id: str
    decided_by: str
    decided_at: datetime
    reason: str
    record: str
