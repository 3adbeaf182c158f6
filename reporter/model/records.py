"""Evidence records, typed (domain.md B1.14 - B1.16, B3): the envelope, and of each payload what a loop needs.

The payload is the record; the copies of its fields that the envelope carries for searching are read only where there
is no payload. Fields that no step needs are not read. `record_reader` makes these from bytes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

UNDATED: Final = datetime.max.replace(tzinfo=UTC)
"""Stands for a time that is missing or cannot be read: it sorts after every real one."""

DELIVERY_KIND: Final = "release-connector-delivery"
INTENT_KIND: Final = "release-connector-delivery-intent"
"""Ours: upstream writes nothing before it sends."""

Text: TypeAlias = str | None
Instant: TypeAlias = datetime | None
Id: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]


class Step(StrEnum):
    """What a record does in the life of a loop (domain.md B5)."""

    SUBJECT = "subject"
    PLAN = "plan"
    DELIVERY = "delivery"
    INTENT = "intent"
    ACKNOWLEDGEMENT = "acknowledgement"
    RETRY_PLAN = "retry_plan"
    APPROVAL_PLAN = "approval_plan"
    APPROVAL = "approval"
    WORKER_RUN = "worker_run"
    EXECUTION = "execution"
    HEALTH = "health"
    PLAYBOOK = "playbook"
    CLOSURE = "closure"
    RELEASE_DECISION = "release_decision"
    EXPORT = "export"
    ATTACHMENT = "attachment"
    VERIFICATION = "verification"
    ARCHIVE = "archive"
    ARCHIVE_MANIFEST = "archive_manifest"
    OTHER = "other"


class ContentFault(msgspec.Struct, frozen=True, order=True, gc=False):
    """One thing wrong inside one record: its id, a JSON pointer, what was found and wanted, where it was read."""

    environment: ClassVar[None] = None

    record: str
    pointer: str
    found: str
    wanted: str
    where: str = ""

    def __str__(self) -> str:
        """Write a sentence for a person."""
        place = f"{self.where or 'record'} ({self.record}){' ' if self.pointer else ''}{self.pointer}"
        return f"{place}: found {self.found}, wanted {self.wanted}"


class Doubted(NamedTuple):
    """A record whose bytes do not say one thing alone, as the decoder took it: of a key that stands twice, the last.

    It speaks for nothing. `fault` says what is wrong with it.
    """

    record: "Record"
    fault: ContentFault


class Record(msgspec.Struct, gc=False):
    """The envelope (B3). `kind`, `loop` and `step` come from the table and belong to the class.

    `environment` is of any type, for a wrong one must not make the record disappear.
    """

    kind: ClassVar[str] = ""
    loop: ClassVar[str] = ""
    step: ClassVar[Step] = Step.OTHER

    session_id: Id
    created_at: Instant = None
    environment: Any = None


class Unknown(Record):
    """A record of a kind that no loop knows: other products share the index."""

    metadata_kind: str = ""


class ProviderResult(msgspec.Struct, gc=False):
    """What one provider answered (B1.14)."""

    provider: str = ""
    success: bool = False
    status_code: int | UnsetType | None = UNSET
    error: Text = None


UNTOLD: Final[Sequence[ProviderResult]] = ()
"""Stands for results that are not there at all; an empty list of them says that nobody was told."""


class DeliveryResult(msgspec.Struct, gc=False):
    """The result of one delivery (B1.14). Without a word of its own it is as good as its parts."""

    success: bool | UnsetType = UNSET
    dry_run: bool = False
    deliveries: Sequence[ProviderResult] = UNTOLD


class Delivery(Record):
    """One delivery, to any number of providers (B1.15). An unset `delivery_success` is no success, nor is a dry run."""

    connector_delivery_source: Text = None
    event_type: Text = None
    event_id: Text = None
    blocked_count: int = 0
    dry_run: bool = False
    delivery_success: bool | UnsetType = UNSET
    providers: Sequence[str] = ()
    failed_providers: Sequence[str] = ()
    status_codes: Sequence[int | None] = ()
    delivery: DeliveryResult | None = None
    retry_plan_id: Text = None
    worker_run_id: Text = None
    outcome: Text = None
    error_class: Text = None


class Intent(Record):
    """What is about to be sent to one provider, and the id that the record of its delivery will have."""

    connector_delivery_source: Text = None
    event_type: Text = None
    event_id: Text = None
    provider: Text = None
    delivery_id: Text = None
    retry_plan_id: Text = None
    worker_run_id: Text = None
    approval_decision_id: Text = None
    executed_by: Text = None


class MaintenanceWindow(msgspec.Struct, gc=False):
    """The window that covers a plan's time (B2.10)."""

    window_id: Text = None
    reason: Text = None


class OwnerAvailability(msgspec.Struct, gc=False):
    """Whether an owner can be reached (B2.10)."""

    available: bool = True
    reason: Text = None


class RouteDecision(msgspec.Struct, gc=False):
    """One route of a notification plan (B2.10). Upstream's have no `category`."""

    provider: str = ""
    owner: Text = None
    action: Text = None
    acknowledgement_minutes: float | None = None
    escalation_owner: Text = None
    category: Text = None
    reason: Text = None
    maintenance_window: MaintenanceWindow | None = None
    owner_availability: OwnerAvailability | None = None


class SuppressedProvider(msgspec.Struct, gc=False):
    """A provider that an alert plan leaves out, having told it already (B2.19)."""

    provider: str = ""


class Plan(Record):
    """Who is to be told about a subject (B2.10, B2.13, B2.19, B2.22)."""

    payload: ClassVar["Plan | None"] = None

    generated_at: Instant = None
    plan_id: Text = None
    next_due_at: Instant = None
    alert_level: Text = None
    selected_providers: Sequence[str] = ()
    acknowledgement_required_providers: Sequence[str] = ()
    suppressed_providers: Sequence[str | SuppressedProvider] = ()
    route_decisions: Sequence[RouteDecision] = ()
    deliverable_route_count: int = 0
    approval_required_count: int = 0


class Acknowledgement(Record):
    """A person's answer for one provider (B1.16)."""

    payload: ClassVar["Acknowledgement | None"] = None

    provider: Text = None
    acknowledgement_state: Text = None
    acknowledged_by: Text = None
    acknowledged_at: Instant = None
    external_ref: Text = None
    plan_id: Text = None
    retry_plan_id: Text = None


class RetryDecision(msgspec.Struct, gc=False):
    """One route of a retry plan or of a worker run; the subject's ids are added from the table (B2.14)."""

    provider: Text = None


class RetryPlan(Record):
    """What may be retried, and when (B2.14)."""

    payload: ClassVar["RetryPlan | None"] = None

    generated_at: Instant = None
    retry_plan_id: Text = None
    retry_decisions: Sequence[RetryDecision] = ()


class WorkerSchedule(msgspec.Struct, gc=False):
    """The worker's own idea of its schedule (B1.12)."""

    interval_minutes: float | None = None
    enabled: bool = True


class WorkerRun(Record):
    """One run of a retry worker (B2.16). A run that does not say so is a dry one."""

    payload: ClassVar["WorkerRun | None"] = None

    generated_at: Instant = None
    run_id: Text = None
    dry_run: bool = True
    status: Text = None
    schedule: WorkerSchedule | None = None
    selected_retries: Sequence[RetryDecision] = ()


class Execution(Record):
    """One retry that was executed, or skipped with a reason (B2.17). What is null was given; what is unset was not."""

    payload: ClassVar["Execution | None"] = None

    blocked_count: int = 0

    provider: Text = None
    execution_status: Text = None
    executed_at: Instant = None
    executed_by: Text = None
    retry_plan_id: Text = None
    worker_run_id: Text = None
    delivery_metadata_id: Text = None
    delivery_success: bool | UnsetType | None = UNSET
    dry_run: bool = False
    skipped: bool | UnsetType = UNSET
    approval_decision_id: Text = None
    skip_reason: Text = None


class Approval(Record):
    """A decision about the retry of one route (B1.16)."""

    payload: ClassVar["Approval | None"] = None

    provider: Text = None
    approval_state: Text = None
    decided_by: Text = None
    decided_at: Instant = None
    external_ref: Text = None
    retry_plan_id: Text = None
    decision_id: Text = None
    approval_decision_id: Text = None


class ProviderPlaybook(msgspec.Struct, gc=False):
    """The recovery of one provider (B2.20)."""

    provider: str = ""
    failure_count: int = 0
    latest_failure_at: Instant = None


class Playbook(Record):
    """A connector recovery playbook (B2.20)."""

    payload: ClassVar["Playbook | None"] = None

    generated_at: Instant = None
    playbook_id: Text = None
    provider_count: int = 0
    failure_count: int = 0
    provider_playbooks: Sequence[ProviderPlaybook] = ()


class Closure(Record):
    """A decision that a recovery is over, or is not (B1.16, B2.20)."""

    payload: ClassVar["Closure | None"] = None

    playbook_id: Text = None
    provider: Text = None
    closure_state: Text = None
    closed_by: Text = None
    closed_at: Instant = None
    verification_refs: Sequence[str] = ()


class ReleaseDecision(Record):
    """A decision about a release readiness summary (B1.16, A8)."""

    payload: ClassVar["ReleaseDecision | None"] = None

    decision_id: Text = None
    summary_id: Text = None
    readiness_state: Text = None
    approval_state: Text = None
    override_blockers: bool = False
    decided_by: Text = None
    decided_at: Instant = None
    notes: Text = None


class Export(Plan):
    """An auditor export: what is delivered, and what is archived (B2.27)."""

    export_id: Text = None
    export_hash: Text = None
    release_record_ref: Text = None
    verification_state: Text = None


class AttachedEvidence(msgspec.Struct, gc=False):
    """One thing attached to a release record; one that was missing has an empty id (B2.27)."""

    session_id: Text = None


class Attachment(Record):
    """The attachment of the evidence to the release record (B2.27)."""

    payload: ClassVar["Attachment | None"] = None

    generated_at: Instant = None
    attached_by: Text = None
    attachment_state: Text = None
    release_record_ref: Text = None
    decision_id: Text = None
    approval_decision_id: Text = None
    attached_evidence: Sequence[AttachedEvidence] = ()


class Verification(Record):
    """What somebody says of the whole packet (B2.27)."""

    payload: ClassVar["Verification | None"] = None

    generated_at: Instant = None
    release_record_ref: Text = None
    verification_state: Text = None


class Archive(Record):
    """A reference to an immutable archive (B2.28)."""

    payload: ClassVar["Archive | None"] = None

    generated_at: Instant = None
    export_id: Text = None
    archive_ref: Text = None
    archive_hash: Text = None
    retention_until: Text = None
    legal_hold: bool = False


class ArchiveManifest(Record):
    """A manifest of archived objects, signed by others (B2.28)."""

    payload: ClassVar["ArchiveManifest | None"] = None

    generated_at: Instant = None
    signature_state: Text = None


SHAPES: Final[dict[Step, type[Record]]] = {
    Step.PLAN: Plan,
    Step.DELIVERY: Delivery,
    Step.INTENT: Intent,
    Step.ACKNOWLEDGEMENT: Acknowledgement,
    Step.RETRY_PLAN: RetryPlan,
    Step.APPROVAL: Approval,
    Step.WORKER_RUN: WorkerRun,
    Step.EXECUTION: Execution,
    Step.PLAYBOOK: Playbook,
    Step.CLOSURE: Closure,
    Step.RELEASE_DECISION: ReleaseDecision,
    Step.EXPORT: Export,
    Step.ATTACHMENT: Attachment,
    Step.VERIFICATION: Verification,
    Step.ARCHIVE: Archive,
    Step.ARCHIVE_MANIFEST: ArchiveManifest,
}
"""The struct of each step. A step that is not here only says that its loop has a record."""


def type_word(value: object) -> str:
    """Name the JSON type of a value."""
    words = {type(None): "nothing", bool: "bool", str: "str", list: "array", dict: "object"}
    return words.get(type(value), "number")
