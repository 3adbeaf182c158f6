"""What a row of the loop table says. A loop has no code of its own (domain.md B5)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from reporter.loops.states import ACKNOWLEDGEMENT_STATES, APPROVAL_STATES, EXECUTION_STATES
from reporter.model.providers import PROVIDERS
from reporter.model.record_reader import KindRow, RecordReader
from reporter.model.records import Step

MAX_ATTEMPTS: Final = 3
MULTIPLIER: Final = 2.0
MAX_DELIVERIES: Final = 5
MISSED_AFTER_INTERVALS: Final = 2

_PROVIDER_FIELDS: Final = (
    "provider",
    "providers",
    "failed_providers",
    "selected_providers",
    "acknowledgement_required_providers",
)


class Kind(NamedTuple):
    """One kind of record: its word, its payload's key, the prefix of its ids; `ours` where upstream has none.

    `own_id` is the payload's name for the record's own id and `schema` its schema id, where the usual ones are wrong.
    """

    word: str
    payload: str
    prefix: str
    ours: bool = False
    own_id: str = ""
    schema: str = ""

    @property
    def schema_id(self) -> str:
        """Give the schema id of the payload: the kind's word, in a family of its own for final reporting (B1.16)."""
        tail = self.word.removeprefix("go-backend-").replace("acknowledgement-audit-delivery-final-", "final-")
        return self.schema or f"cavra.go-backend-pilot.{tail}.v1"


class GateKind(StrEnum):
    """What a live retry needs besides being asked for (B5.1)."""

    NONE = "none"
    APPROVAL = "approval"
    ACKNOWLEDGEMENT = "acknowledgement"


class Alert(StrEnum):
    """What worker health can raise; the word of a loop without a spelling of its own is built from these (A6)."""

    MISSED_RUN = "missed_{stem}_worker"
    FAILED_RUN = "failed_{stem}_worker_run"
    FAILED_EXECUTION = "failed_{stem}_execution"
    EXHAUSTED = "exhausted_{stem}"
    RETRYABLE = "retryable_{stem}"
    DELIVERY_FAILURE = "failed_{stem}_delivery"
    STALE_PLAN = "stale_{stem}_plan"
    DISABLED_SCHEDULE = "disabled_{stem}_schedule"
    DRY_RUN_ONLY = "dry_run_only_{stem}"
    ACKNOWLEDGEMENT_GAP = "{stem}_acknowledgement_gap"


class Loop(NamedTuple):
    """One loop. Over HTTP everything about it is below its `path`.

    `subject_keys` name the subject in payloads, first given wins; `event_keys` are further names in delivery records
    alone. `accepted` are the acknowledgement states that count; `gate_accepted` those that open an acknowledgement
    gate; `escalation` is what is recommended where none came in time (B2.11), `not_found` why a retry whose subject
    nobody knows is skipped (B2.17). `alert_loop` tells people about the
    health of this one's worker; `plan_step` is what its plans are besides plans. `always_on` says that upstream runs a
    worker for it, so that a silent one is always missed.
    """

    word: str
    path: str
    title: str
    source: str
    event_type: str
    subject_keys: tuple[str, ...]
    event_keys: tuple[str, ...]
    plans: tuple[Kind, ...]
    acknowledgement: Kind
    retry_plan: Kind
    worker_run: Kind
    execution: Kind
    health: Kind
    code: str
    alert_stem: str
    alert_loop: str = ""
    plan_step: Step = Step.PLAN
    subjects: tuple[Kind, ...] = ()
    approval_plan: Kind | None = None
    approval: Kind | None = None
    alert_words: tuple[tuple[Alert, str], ...] = ()
    acknowledged: bool = True
    accepted: frozenset[str] = frozenset({"acknowledged", "resolved"})
    gate: GateKind = GateKind.NONE
    gate_accepted: frozenset[str] = frozenset()
    base_delay: timedelta = timedelta(minutes=15)
    worker_interval: timedelta = timedelta(minutes=60)
    stale_after: timedelta = timedelta(minutes=120)
    suppression_window: timedelta = timedelta(minutes=60)
    report_interval: timedelta | None = None
    always_on: bool = True
    delivery_failure_is_critical: bool = False
    owner: str = "release-governance"
    escalation: str = "escalate_missed_acknowledgement"
    not_found: str = "subject_not_found"

    def kinds(self) -> Iterator[tuple[Step, Kind]]:
        """List every kind of record of this loop but its deliveries, which all loops share."""
        yield from ((Step.SUBJECT, kind) for kind in self.subjects)
        yield from ((self.plan_step, kind) for kind in self.plans)
        yield Step.ACKNOWLEDGEMENT, self.acknowledgement
        yield Step.RETRY_PLAN, self.retry_plan
        if self.approval_plan and self.approval:
            yield Step.APPROVAL_PLAN, self.approval_plan
            yield Step.APPROVAL, self.approval
        yield Step.WORKER_RUN, self.worker_run
        yield Step.EXECUTION, self.execution
        yield Step.HEALTH, self.health

    def alert_word(self, alert: Alert) -> str:
        """Spell an alert's category: upstream's word where there is one."""
        return dict(self.alert_words).get(alert) or alert.value.format(stem=self.alert_stem)


def kind_rows(loops: tuple[Loop, ...], shared: Mapping[Step, str], others: tuple[KindRow, ...]) -> Iterator[KindRow]:
    """List the rows from which a reader of these loops' records is made; `shared` are the kinds that all loops have."""
    for loop in loops:
        for step, kind in loop.kinds():
            yield KindRow(kind.word, loop.word, step, kind.payload, loop.subject_keys)
    keys = dict.fromkeys(key for loop in loops for key in (*loop.subject_keys, *loop.event_keys))
    yield from (KindRow(word, "", step, "", tuple(keys)) for step, word in shared.items())
    yield from others


def make_reader(loops: tuple[Loop, ...], shared: Mapping[Step, str], others: tuple[KindRow, ...]) -> RecordReader:
    """Make the reader of these loops' records."""
    words = {
        **dict.fromkeys(_PROVIDER_FIELDS, PROVIDERS),
        "connector_delivery_source": [loop.source for loop in loops],
        "acknowledgement_state": sorted(ACKNOWLEDGEMENT_STATES),
        "approval_state": sorted(APPROVAL_STATES),
        "execution_status": EXECUTION_STATES,
    }
    return RecordReader(kind_rows(loops, shared, others), words)
