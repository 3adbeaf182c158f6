"""From records to facts in one pass (domain.md A5). All records count, whatever their number and order (A2.5)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from reporter.loops.answers import fold_acknowledgement, fold_approval, fold_closure, fold_release_decision
from reporter.loops.attempts import fold_delivery, fold_execution, fold_intent
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


def fold(
    records: Iterable[Record | ContentFault],
    now: datetime,
    loops: tuple[Loop, ...] = LOOPS,
    *,
    environment: str = "",
) -> Folded:
    """Fold records as of `now`. What could not be decoded comes in as its fault and stays on the list.

    Given the name of an environment, a record that names another one does not count.
    """
    folder = Folder(now, loops, environment)
    steps: dict[type, Callable[[Folder, Any], None]] = {ContentFault: Folder.fault}
    for record in records:
        if record.environment is not None and not folder.is_here(record, record.environment):  # type: ignore[arg-type]
            continue
        try:
            step = steps[type(record)]
        except KeyError:
            step = steps[type(record)] = STEPS.get(getattr(record, "step", Step.OTHER), _nothing)
        step(folder, record)
    cut_events(folder.folded.routing)
    return folder.folded


def _nothing(folder: Folder, record: Record) -> None:
    """Add nothing."""
