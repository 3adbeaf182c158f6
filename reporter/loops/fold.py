"""From records to facts in one pass (domain.md A5). All records count, whatever their number and order (A2.5)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from reporter.loops.answers import fold_acknowledgement, fold_approval, fold_closure, fold_release_decision
from reporter.loops.attempts import fold_delivery, fold_execution, fold_intent
from reporter.loops.exhibits import fold_archive, fold_attachment, fold_export, fold_manifest, fold_verification
from reporter.loops.facts import Folded
from reporter.loops.folder import NO_SUBJECT, Folder
from reporter.loops.growing import FIRST_INSTANT
from reporter.loops.loop import Loop
from reporter.loops.plans import (
    fold_other,
    fold_plan,
    fold_playbook,
    fold_retry_plan,
    fold_worker_run,
    oldest_kept_runs,
)
from reporter.loops.states import RUN_STATES
from reporter.loops.table import LOOPS
from reporter.model.providers import PROVIDERS
from reporter.model.records import ContentFault, DeliveryResult, ProviderResult, Record, Step

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

_PLAIN_CODES: Final[tuple[Sequence[int | None], ...]] = ([200], (), [])
_PLAIN_RESULTS: Final = {
    provider: (
        DeliveryResult(deliveries=[ProviderResult(provider, success=True, status_code=200)]),
        DeliveryResult(deliveries=[ProviderResult(provider, success=True)]),
        None,
    )
    for provider in PROVIDERS
}
"""What results of one provider that was reached look like, if nothing odd is about them."""
_NONE_IS_KEPT: Final = (FIRST_INSTANT, FIRST_INSTANT)


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
    return fold_batches([records], now, loops, environment=environment)


def fold_batches(  # noqa: C901, PLR0912 - see below
    batches: Iterable[Iterable[Record | ContentFault]],
    now: datetime,
    loops: tuple[Loop, ...] = LOOPS,
    *,
    environment: str = "",
) -> Folded:
    """Fold records that come in batches.

    Three of four records are deliveries that reached their provider and runs of workers without anything to retry, of
    which routes and loops keep the newest few. This loop is long because it passes over those that add nothing without
    a call, which would cost more than all that is asked of them. Whatever is not plainly of that sort, a failure or a
    fault above all, goes to the function of its step, and that decides.
    """
    folder = Folder(now, loops, environment)
    steps: dict[type, Callable[[Folder, Any], None]] = {ContentFault: Folder.fault}
    sources, plain_codes, plain_results = folder.sources, _PLAIN_CODES, _PLAIN_RESULTS
    oldest_runs: dict[type, tuple[datetime, datetime]] = {}
    record: Any  # of a class that is made from the table
    for batch in batches:
        for record in batch:
            kind = type(record)
            try:
                step = steps[kind]
            except KeyError:
                step = steps[kind] = STEPS.get(getattr(record, "step", Step.OTHER), _nothing)
            if step is fold_delivery:
                if (
                    record.delivery_success
                    and not record.failed_providers
                    and not record.blocked_count
                    and not record.dry_run
                    and record.status_codes in plain_codes
                    and record.environment is None
                    and len(record.providers) == 1
                    and (loop := sources.get(record.connector_delivery_source)) is not None
                    and (at := record.created_at) is not None
                    and at.tzinfo is UTC
                ):
                    _, event_type, names, routes = loop
                    provider = record.providers[0]
                    for name in names(record):
                        if name and name != event_type:
                            break
                    else:
                        name = NO_SUBJECT
                    if (
                        (route := routes.get((name, provider))) is not None
                        and at < route.oldest
                        and record.delivery in plain_results.get(provider, ())
                    ):
                        continue
            elif step is fold_worker_run and (said := record.payload) is not None:
                if (
                    not said.selected_retries
                    and (not said.status or said.status in RUN_STATES)
                    and record.environment is None
                    and (at := said.generated_at or record.created_at) is not None
                    and at.tzinfo is UTC
                    and at < oldest_runs.get(kind, _NONE_IS_KEPT)[said.dry_run]
                ):
                    continue
                if facts := folder.loops.get(record.loop):
                    oldest_runs[kind] = oldest_kept_runs(facts)
            if record.environment is None or folder.is_here(record, record.environment):
                step(folder, record)
    return folder.finish()


def _nothing(folder: Folder, record: Record) -> None:
    """Add nothing."""
