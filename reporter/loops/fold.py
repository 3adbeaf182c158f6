"""From records to facts in one pass (domain.md A5). All records count, whatever their number and order (A2.5)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import length_hint
from types import FunctionType
from typing import Any, Final, NamedTuple, cast

from msgspec import UNSET

from reporter.loops.answers import fold_acknowledgement, fold_approval, fold_closure, fold_release_decision
from reporter.loops.attempts import DONE, OK, fold_delivery, fold_execution, fold_intent, is_doubted_success
from reporter.loops.exhibits import fold_archive, fold_attachment, fold_export, fold_manifest, fold_verification
from reporter.loops.facts import Folded
from reporter.loops.folder import Folder
from reporter.loops.growing import FIRST_INSTANT
from reporter.loops.loop import Loop
from reporter.loops.plans import (
    fold_other,
    fold_plan,
    fold_playbook,
    fold_retry_plan,
    fold_worker_run,
    is_doubted_run,
    is_old_run,
)
from reporter.loops.table import LOOPS, READER
from reporter.model.record_reader import BACKSLASH, REFUSED, TOLD, RecordReader, says_one_thing
from reporter.model.records import DELIVERY_KIND, ContentFault, Doubted, Record, Step

STEPS: Final[dict[Step, Callable[[Folder, Any], None]]] = {
    Step.SUBJECT: fold_other,
    Step.APPROVAL_PLAN: fold_other,
    Step.HEALTH: fold_other,
    Step.PLAN: fold_plan,
    Step.DELIVERY: fold_delivery,
    Step.INTENT: fold_intent,
    Step.ACKNOWLEDGEMENT: fold_acknowledgement,
    Step.RETRY_PLAN: fold_retry_plan,
    Step.APPROVAL: fold_approval,
    Step.WORKER_RUN: fold_worker_run,
    Step.EXECUTION: fold_execution,
    Step.PLAYBOOK: fold_playbook,
    Step.CLOSURE: fold_closure,
    Step.RELEASE_DECISION: fold_release_decision,
    Step.EXPORT: fold_export,
    Step.ATTACHMENT: fold_attachment,
    Step.VERIFICATION: fold_verification,
    Step.ARCHIVE: fold_archive,
    Step.ARCHIVE_MANIFEST: fold_manifest,
}
"""What each step adds to the facts. A step that is not here adds nothing."""
DOUBTED: Final[dict[Step, Callable[[Folder, Any, ContentFault], bool]]] = {
    Step.DELIVERY: is_doubted_success,
    Step.WORKER_RUN: is_doubted_run,
}
"""Who takes a doubted record that newer ones may put out of sight, as they do where it is passed over."""


class Lines(NamedTuple):
    """Records as bytes, of which the last is the newest.

    `refused` reads what the usual way does not, by its position: it may be a fault, or doubted, or None when it is
    blank.
    """

    raws: Sequence[bytes]
    refused: Callable[[int], Record | ContentFault | Doubted | None]


def fold(
    records: Iterable[Record | ContentFault | Doubted],
    now: datetime,
    loops: tuple[Loop, ...] = LOOPS,
    *,
    environment: str = "",
) -> Folded:
    """Fold records as of `now`. What could not be decoded comes in as its fault and stays on the list.

    Given the name of an environment, a record that names another one does not count.
    """
    folder = Folder(now, loops, environment)
    for record in records:
        _fold_one(folder, record)
    return folder.finish()


def _fold_one(folder: Folder, record: Record | ContentFault | Doubted) -> None:
    if isinstance(record, ContentFault):
        folder.fault(record)
    elif isinstance(record, Doubted):
        _fold_doubted(folder, *record)
    elif record.environment is None or folder.is_here(record, record.environment):
        STEPS.get(record.step, _nothing)(folder, record)


def fold_lines(  # noqa: C901, PLR0912 - see below
    parts: Iterable[Lines | ContentFault],
    now: datetime,
    loops: tuple[Loop, ...] = LOOPS,
    reader: RecordReader = READER,
    *,
    environment: str = "",
) -> Folded:
    """Decode records and fold them, likewise: each is gone before the next is made.

    Three of four records are deliveries that reached their provider and runs of workers without anything to retry, of
    which routes and loops keep the newest few. This loop is long because it passes over those that add nothing without
    a call, which would cost more than all that is asked of them. Whatever is not plainly of that sort, a failure or a
    fault above all, goes to the function of its step, and that decides.
    """
    folder = Folder(now, loops, environment)
    sources, decode = folder.named_by_event, reader.decode_usual
    deliveries = reader.usual[DELIVERY_KIND]
    steps: dict[type, Callable[[Folder, Any], None]] = {
        kind: _of_its_own(STEPS.get(kind.step, _nothing)) for kind in reader.usual.values()
    }
    runs = {
        kind: (_of_its_own(is_old_run), folder.growing[kind.loop].oldest_runs)
        for kind in reader.usual.values()
        if kind.step is Step.WORKER_RUN and kind.loop in folder.growing
    }
    record: Any  # of a class that is made from the table
    for part in parts:
        if isinstance(part, ContentFault):
            folder.fault(part)
            continue
        raws = reversed(part.raws)
        for raw in raws:
            try:
                record = decode(raw)
            except REFUSED:
                _fold_refused(folder, part, length_hint(raws))
                continue
            kind = type(record)
            if kind is deliveries:
                if (
                    record.delivery_success
                    and not record.failed_providers
                    and not record.blocked_count
                    and not record.dry_run
                    and record.environment is None
                    and not record.error_class
                    and record.outcome in DONE
                    and len(providers := record.providers) == 1
                    and (not (codes := record.status_codes) or (len(codes) == 1 and codes[0] == OK))
                    and (loop := sources.get(record.connector_delivery_source)) is not None
                    and (at := record.created_at) is not None
                ):
                    provider = providers[0]
                    find = loop.subject
                    subject = find(record) or record.event_id
                    if (
                        subject != loop.event_type
                        and (route := loop.routes.get((subject, provider))) is not None
                        and FIRST_INSTANT <= at < route.oldest
                    ):
                        result = record.delivery
                        if result is None:
                            told = 1
                        elif (
                            len(results := result.deliveries) == 1
                            and (one := results[0]).success
                            and one.provider == provider
                            and ((code := one.status_code) is UNSET or code == OK)
                            and not one.error
                            and not result.dry_run
                            and result.success is not False
                        ):
                            told = 3 if result.success else 2
                        else:
                            told = 0
                        if raw.count(TOLD) == told and BACKSLASH not in raw:
                            continue
            elif (run := runs.get(kind)) is not None:
                is_old, oldest = run
                if is_old(record, oldest):
                    continue
            if not says_one_thing(raw):
                _fold_refused(folder, part, length_hint(raws))
            elif record.environment is None or folder.is_here(record, record.environment):
                steps[kind](folder, record)
    return folder.finish()


def _fold_doubted(folder: Folder, record: Record, fault: ContentFault) -> None:
    """List the fault of a record that counts for nothing, now or, where newer ones may make it vain, at the end."""
    take = DOUBTED.get(record.step)
    if take is None or record.environment is not None or not take(folder, record, fault):
        folder.fault(fault)


def _fold_refused(folder: Folder, part: Lines, position: int) -> None:
    record = part.refused(position)
    if record is not None:
        _fold_one(folder, record)


def _of_its_own(function: Callable[..., Any]) -> Callable[..., Any]:
    """Copy a function for one kind: the interpreter makes code fast for the class that comes to it, if it is one."""
    code = cast("FunctionType", function)
    return FunctionType(code.__code__.replace(), code.__globals__, code.__name__)


def _nothing(folder: Folder, record: Record) -> None:
    """Add nothing."""
