"""From records to facts in one pass (domain.md A5). All records count, whatever their number and order (A2.5)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
import os
SOME=int(os.environ.get('SOME','256'))
from typing import Any, Final

from reporter.loops.answers import fold_acknowledgement, fold_approval, fold_closure, fold_release_decision
from reporter.loops.attempts import fold_deliveries, fold_execution
from reporter.loops.exhibits import fold_archive, fold_attachment, fold_export, fold_manifest, fold_verification
from reporter.loops.facts import Folded
from reporter.loops.folder import Folder
from reporter.loops.history import cut_events
from reporter.loops.loop import Loop
from reporter.loops.plans import fold_other, fold_plan, fold_playbook, fold_retry_plan, fold_worker_run
from reporter.loops.table import LOOPS
from reporter.model.records import ContentFault, Record, Step

STEPS: Final[dict[Step, Callable[[Folder, Any], None]]] = {
    Step.SUBJECT: fold_other,
    Step.APPROVAL_PLAN: fold_other,
    Step.HEALTH: fold_other,
    Step.PLAN: fold_plan,
    Step.DELIVERY: fold_deliveries,
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


def fold(records: Iterable[Record | ContentFault], now: datetime, loops: tuple[Loop, ...] = LOOPS) -> Folded:
    """Fold records as of `now`. What could not be decoded comes in as its fault and stays on the list."""
    folder = Folder(now, loops)
    waiting: dict[Callable[[Folder, Any], None], list[Any]] = {}
    take: dict[type, Callable[[Any], None]] = {ContentFault: waiting.setdefault(Folder.fault, []).append}
    records = iter(records)
    some = True
    while some:
        some = False
        for record in islice(records, SOME):
            some = True
            try:
                take[type(record)](record)
            except KeyError:
                step = STEPS.get(record.step, _nothing)
                take[type(record)] = waiting.setdefault(step, []).append
                take[type(record)](record)
        for step, waits in waiting.items():
            if step is fold_deliveries:
                step(folder, waits)
            else:
              for record in waits:
                step(folder, record)
            waits.clear()
    cut_events(folder.folded.routing)
    return folder.folded


def _nothing(folder: Folder, record: Record) -> None:
    """Add nothing."""
