"""Attempts: delivery records and execution records (domain.md A5, B1.14, B1.15, B2.17)."""

from datetime import UTC, datetime
from typing import Final

from reporter.loops.facts import KEPT_FAILURES, KEPT_SUCCESSES, Attempt
from reporter.loops.folder import NO_PROVIDER, NO_SUBJECT, Folder
from reporter.loops.sets import is_past, keep
from reporter.loops.states import normalise_state
from reporter.model.records import UNDATED, Delivery, Execution

EXECUTION_STATES: Final = ("delivered", "failed", "skipped")


def fold_deliveries(folder: Folder, records: list[Delivery]) -> None:
    """Count one attempt for each provider of a delivery. Most records are of this kind, so this one is kept fast."""
    sources, latest = folder.sources, folder.latest
    for record in records:
        loop = sources.get(record.connector_delivery_source)
        if loop is None:
            continue
        at = record.created_at
        if at is None or at.tzinfo is not UTC or at > latest:
            at = folder.dated(record, at)
            if at is None:
                continue
        word, event_type, names, routes = loop
        for subject in names(record):
            if subject and subject != event_type:
                break
        else:
            subject = NO_SUBJECT
        providers, failed, result = record.providers, record.failed_providers, record.delivery
        if failed or not record.delivery_success or not providers:
            providers, failed = _told(record)
        elif result is not None:
            for one in result.deliveries:
                if not one.success or one.provider not in providers:
                    providers, failed = _told(record)
                    break
        for provider in providers:
            route = routes.get((subject, provider)) or folder.route(word, subject, provider)
            if provider in failed:
                kept = route.failures
                if len(kept) < KEPT_FAILURES or at >= kept[0].at:
                    route.failures = keep(kept, _attempt(record, at, _detail(record)), KEPT_FAILURES)
            elif subject and at is not UNDATED:
                kept = route.successes
                if len(kept) < KEPT_SUCCESSES or at >= kept[0].at:
                    route.successes = keep(kept, _attempt(record, at, ""), KEPT_SUCCESSES)


def _attempt(record: Delivery, at: datetime, failure: str) -> Attempt:
    session = record.session_id
    return Attempt(
        at,
        session,
        bool(failure),
        False,  # noqa: FBT003 - fields in the order of events
        session,
        failure,
        record.retry_plan_id or "",
        record.worker_run_id or "",
    )


def _told(record: Delivery) -> tuple[list[str], list[str]]:
    """List who was told, and those who were not reached: whoever any part of the record says failed.

    `delivered` to nobody is not a delivery (A5, C14): it failed, for no provider.
    """
    providers, failed, result = record.providers, record.failed_providers, record.delivery
    if result is not None:
        for one in result.deliveries:
            provider = one.provider
            if provider not in providers:
                providers = [*providers, provider]
            if not one.success and provider not in failed:
                failed = [*failed, provider]
    if failed:
        providers = list(dict.fromkeys((*providers, *failed)))
    elif not record.delivery_success:
        failed = providers
    if not providers:
        return [NO_PROVIDER], [NO_PROVIDER]
    return providers, failed


def _detail(record: Delivery) -> str:
    if not (record.providers or record.failed_providers):
        return "no provider was used"
    codes = record.status_codes
    return f"status code {codes[0]}" if len(codes) == 1 and codes[0] else "delivery failed"


def fold_execution(folder: Folder, record: Execution) -> None:
    """Count an executed retry; a skipped one is only shown (A5). Its delivery record is the same attempt."""
    said = record.payload or record
    at = folder.dated(record, said.executed_at or record.created_at)
    if at is None:
        return
    folder.loop(record.loop)
    status = normalise_state(said.execution_status)
    if status not in EXECUTION_STATES:
        folder.unknown_word(record, "execution_status", said.execution_status, EXECUTION_STATES)
    provider = folder.word(said.provider)
    skipped = status == "skipped"
    failed = status != "delivered" or said.delivery_success is False or not provider
    attempt = Attempt(
        at,
        said.delivery_metadata_id or record.session_id,
        failed,
        True,  # noqa: FBT003 - order of events
        record.session_id,
        _outcome(said, status, provider),
        said.retry_plan_id or "",
        said.worker_run_id or "",
        said.approval_decision_id or "",
        folder.name(said.executed_by),
    )
    subject = folder.subject(record, said)
    route = folder.route(record.loop, subject, said.provider)
    if skipped:
        route.skips = keep(route.skips, attempt, KEPT_SUCCESSES)
    elif failed:
        route.failures = keep(route.failures, attempt, KEPT_FAILURES)
    elif subject and at is not UNDATED:
        route.successes = keep(route.successes, attempt, KEPT_SUCCESSES)


def _outcome(said: Execution, status: str, provider: str) -> str:
    if status == "skipped":
        return said.skip_reason or "no reason given"
    if not provider:
        return "no provider was used"
    return f"execution {status or 'without a status'}"
