"""The documents of a bundle beside the reports: `readiness.json` and `inputs.json`."""

from typing import Literal

from reporter.model.attachments import Attachment
from reporter.model.checks import Wire
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
from reporter.model.documents import DocumentState
from reporter.model.reports import AlertLevel, Mode, NotificationPlanReport, ProductionReport, Status


class InputFault(Wire):
    """One thing wrong with an input."""

    pointer: str
    found: str
    wanted: str


class Input(Wire):
    """One input: what it is, what was read, and why it could not be."""

    alias: str
    title: str
    name: str
    state: DocumentState
    sha256: str | None
    size_bytes: int | None
    faults: tuple[InputFault, ...]


class RecordSource(Wire):
    """One source of evidence records: what it is, what was read, and what could not be.

    `sha256` is of a file's bytes; of a source that is no file, of its records, each followed by a newline.
    `rewritten_since` is the instant of the bundle before, where a file of JSON Lines no longer begins as that read it.
    """

    alias: str
    kind: str
    sha256: str | None
    size_bytes: int | None
    record_count: int
    fault_count: int
    faults: tuple[str, ...]
    rewritten_since: str | None = None


class Inputs(Wire):
    """Everything that was read for one environment (`inputs.json`)."""

    schema_version: Literal["reporter.inputs.v1"] = "reporter.inputs.v1"
    environment: str
    as_of: str
    settings_sha256: str
    inputs: tuple[Input, ...]
    records: tuple[RecordSource, ...]


class Change(Wire):
    """One difference from the previous bundle: of the whole verdict, of a report or of a check."""

    subject: str
    title: str
    before: str
    after: str
    better: bool


class Previous(Wire):
    """The bundle that this one follows. Its status is only known when it still verifies."""

    digest: str
    as_of: str
    status: Status | None
    verified: bool


class TrendPoint(Wire):
    """What one bundle of this environment said, as its signed statement has it."""

    as_of: str
    digest: str
    status: str
    readiness_state: str
    closure_state: str
    alert_level: str
    failed_check_count: int
    open_item_count: int


class TroubledRun(Wire):
    """A run that did not do its work for this environment; an interrupted one never came to its end."""

    as_of: str
    outcome: Literal["failed", "interrupted"]
    exit_code: int | None
    failure: str


class Runs(Wire):
    """The runs before this one: the last that gave this environment its bundle, and what went wrong since the previous.

    Missed are instants of the schedule at which none ran. Of both lists the latest are here.
    """

    last_as_of: str | None = None
    failed_count: int = 0
    interrupted_count: int = 0
    missed_count: int = 0
    troubled: tuple[TroubledRun, ...] = ()
    missed: tuple[str, ...] = ()


class PolicyFacts(Wire):
    """The thresholds in force."""

    rollback_drill_max_age_days: float
    rollback_drill_due_soon_days: float


class LoopReports(Wire):
    """The reports that start from evidence records, and the plan of who is told next."""

    notification_plan: NotificationPlanReport
    escalation_plan: EscalationPlanReport
    routing_trend: RoutingTrendReport
    audit_package: AuditPackageReport
    retry_plan: RetryPlanReport
    worker_health: WorkerHealthReport
    recovery: RecoveryReport
    closure: ClosureReport
    release_readiness: ReleaseReadinessReport
    executive: ExecutiveReport
    runbook: RunbookReport


class Readiness(Wire):
    """The verdict of one environment with all its proof (`readiness.json`).

    `status` is that of production readiness; `alert_level` the louder of it and of release readiness. `trend` holds
    the last bundles before this one, oldest first. `attachments` are bundles at release approval records, newest first.
    """

    schema_version: Literal["reporter.readiness.v1"] = "reporter.readiness.v1"
    environment: str
    as_of: str
    tool_version: str
    mode: Mode
    status: Status
    readiness_state: str
    closure_state: str
    alert_level: AlertLevel
    policy: PolicyFacts
    previous: Previous | None
    changes: tuple[Change, ...]
    trend: tuple[TrendPoint, ...]
    runs: Runs = Runs.model_construct()
    production: ProductionReport
    loops: LoopReports
    inputs: tuple[Input, ...]
    records: tuple[RecordSource, ...]
    attachments: tuple[Attachment, ...] = ()
