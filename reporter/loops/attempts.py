"""Attempts: delivery records and execution records (domain.md A5, B1.14, B1.15, B2.17)."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import UNSET
from msgspec.structs import astuple, replace

from reporter.loops.facts import KEPT_FAILURES, KEPT_INTENTS, KEPT_SUCCESSES, Attempt
from reporter.loops.folder import NO_PROVIDER, NO_SUBJECT, Folder, to_utc
from reporter.loops.growing import put
from reporter.loops.states import DELIVERED, EXECUTION_STATES, FAILED, SKIPPED, normalise_state
from reporter.model.providers import PROVIDERS
from reporter.model.records import (
    UNDATED,
    UNTOLD,
    ContentFault,
    Delivery,
    DeliveryResult,
    Execution,
    Intent,
    ProviderResult,
)
from reporter.model.text import UNSEEN, is_blank

OK: Final = 200
REACHED: Final = frozenset(range(200, 300))
"""The status codes of a success (B1.14)."""
DONE: Final = frozenset({None, "", "accepted", "delivered", "success"})
"""The outcomes that a success may name besides; most name none."""
MOST_PROVIDERS: Final = 200
"""How many names a delivery can hold. There are fewer providers by far, so that longer lists are refused."""
UNKNOWN: Final = "timeout_unknown: it was begun, nothing says how it ended, and it may have arrived"
"""What is known of an attempt of which only the intent is there."""
_OUR_SOURCES: Final = "go_backend_rollback_drill_"
_OUR_EVENTS: Final = "cavra.go_backend.rollback_drill."


def fold_delivery(folder: Folder, record: Delivery) -> None:
    """Count one attempt for each provider of a delivery. Most records are of this kind, so this one is kept fast."""
    loop = folder.sources.get(record.connector_delivery_source)
    if loop is None:
        _refuse_source(folder, record)
        return
    at = record.created_at
    if at is None or at.tzinfo is not UTC or at > folder.latest:
        at = folder.dated(record, at)
        if at is None:
            return
    subject = loop.sent_for(record)
    is_success = _is_success(record)
    providers, failed = (record.providers, ()) if is_success else _told(folder, record)
    for provider in providers:
        route = loop.routes.get((subject, provider))
        is_known = True
        if route is None:
            is_known = folder.knows(record, "providers", provider)
            route = folder.route(loop, subject, provider)
        if not is_known or provider in failed:
            put(route.failures, _attempt(record, at, _detail(record, provider)), KEPT_FAILURES)
        elif subject and at is not UNDATED and at >= route.oldest:
            route.succeed(_attempt(record, at, ""))


def is_doubted_success(folder: Folder, record: Delivery, fault: ContentFault) -> bool:
    """Keep what may be no success in the place of one: newer ones make it as old as any, in whatever order they come.

    Say whether the record is of that sort; whatever else it is, its fault is to be listed.
    """
    loop = folder.sources.get(record.connector_delivery_source)
    at = to_utc(record.created_at or UNDATED)
    if loop is None or at is UNDATED or at > folder.latest or len(record.providers) != 1 or not _is_success(record):
        return False
    subject, provider = loop.sent_for(record), record.providers[0]
    if not subject or folder.word(provider) not in PROVIDERS:
        return False
    folder.route(loop, subject, provider).succeed(replace(_attempt(record, at, ""), doubt=astuple(fault)))
    return True


def fold_intent(folder: Folder, record: Intent) -> None:
    """Note that an attempt was begun. Without a record of its delivery, nobody knows how it ended (design.md)."""
    loop = folder.sources.get(record.connector_delivery_source)
    if loop is None:
        _refuse_source(folder, record)
        return
    at = folder.dated(record, record.created_at)
    if at is None:
        return
    folder.knows(record, "provider", record.provider)
    begun = Attempt(
        at,
        record.delivery_id or record.session_id,
        True,  # noqa: FBT003 - fields in the order of events
        bool(record.worker_run_id),
        record.session_id,
        UNKNOWN,
        record.retry_plan_id or "",
        record.worker_run_id or "",
        record.approval_decision_id or "",
        folder.name(record.executed_by),
        True,  # noqa: FBT003 - as above
    )
    route = folder.route(loop, loop.sent_for(record), record.provider)
    put(route.intents, begun, KEPT_INTENTS)


def _refuse_source(folder: Folder, record: Delivery | Intent) -> None:
    """List a delivery that is ours by its source or event, and of no loop. Those of other products are theirs."""
    source = normalise_state(UNSEEN.sub("", record.connector_delivery_source or ""))
    event = UNSEEN.sub("", record.event_type or "").strip().lower()
    if not source or source.startswith(_OUR_SOURCES) or event.startswith(_OUR_EVENTS):
        known = filter(None, folder.sources)
        folder.unknown_word(record, "connector_delivery_source", record.connector_delivery_source, known)


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


def _is_success(record: Delivery) -> bool:
    """Say whether every part of a record says that each of its providers was reached."""
    providers, result = record.providers, record.delivery
    if not record.delivery_success or record.failed_providers or record.blocked_count or record.dry_run:
        return False
    if not 0 < len(providers) <= MOST_PROVIDERS or not _is_done(record):
        return False
    for code in record.status_codes:
        if code not in REACHED:
            return False
    return result is None or _all_reached(result, providers)


def _is_done(record: Delivery) -> bool:
    return record.outcome in DONE and not record.error_class


def _all_reached(result: DeliveryResult, providers: Sequence[str]) -> bool:
    results = result.deliveries
    if result.success is False or result.dry_run or len(results) > MOST_PROVIDERS:
        return False
    for one in results:
        if one.provider not in providers or not _is_reached(one):
            return False
    # Results that leave one out say nothing of it, and an empty list of them that nobody was told.
    return results is UNTOLD or len(providers) == 1 == len(results) or {*providers} == {one.provider for one in results}


def _is_reached(one: ProviderResult) -> bool:
    return one.success and (one.status_code is UNSET or one.status_code in REACHED) and not one.error


def _told(folder: Folder, record: Delivery) -> tuple[Sequence[str], Collection[str]]:
    """List who was told, and who was not reached: nobody was where more failed than the record names.

    `delivered` to nobody is not a delivery (A5, C14): it failed, for no provider.
    """
    result, providers = record.delivery, record.providers
    if len(providers) == 1 and record.failed_providers == providers and (result is None or _names(result, providers)):
        return providers, providers
    results = result.deliveries if result else UNTOLD
    named = {one.provider for one in results}
    lost = {*record.failed_providers, *(one.provider for one in results if not _is_reached(one))}
    told = {*record.providers, *named} | lost
    if results is not UNTOLD:  # nothing says what became of whom they leave out
        lost |= {*record.providers} - named
    if not told:
        return [NO_PROVIDER], {NO_PROVIDER}
    longest = max(len(record.providers), len(record.failed_providers), len(results))
    if longest > MOST_PROVIDERS:
        wanted = f"at most {MOST_PROVIDERS}"
        folder.fault(ContentFault(record.session_id, "/providers", f"{longest} providers", wanted))
        known = sorted(one for one in told if folder.word(one) in PROVIDERS)
        return known or [NO_PROVIDER], {*told, NO_PROVIDER}
    is_denied = not record.delivery_success or record.blocked_count != 0 or record.dry_run or not _is_done(record)
    is_denied = is_denied or (result is not None and (result.success is False or result.dry_run))
    unreached = sum(code not in REACHED for code in record.status_codes)
    if len(lost) < max(is_denied, record.blocked_count, unreached):
        lost = told
    return sorted(told), lost


def _names(result: DeliveryResult, providers: Sequence[str]) -> bool:
    """Say whether a result is of one provider, and of that one."""
    return len(result.deliveries) == 1 and result.deliveries[0].provider == providers[0]


def _detail(record: Delivery, provider: str) -> str:
    if provider not in PROVIDERS and is_blank(provider):
        return "no provider was used"
    if record.delivery_success:
        return "called a success, and something in the same record says otherwise"
    if record.outcome:
        return f"{record.outcome}: {record.error_class}" if record.error_class else record.outcome
    codes = record.status_codes
    return f"status code {codes[0]}" if len(codes) == 1 and codes[0] else "delivery failed"


def fold_execution(folder: Folder, record: Execution) -> None:
    """Count an executed retry; a skipped one is only shown (A5). Its delivery record is the same attempt."""
    said = record.payload or record
    at = said.executed_at or record.created_at
    if at is None or at.tzinfo is not UTC or at > folder.latest:
        at = folder.dated(record, at)
        if at is None:
            return
    loop = folder.growing[record.loop]
    if loop.word not in folder.loops:
        folder.loop(loop.word)
    status, provider = said.execution_status, said.provider
    if status not in EXECUTION_STATES:
        status = normalise_state(status)
        if status not in EXECUTION_STATES:
            folder.unknown_word(record, "execution_status", said.execution_status, EXECUTION_STATES)
    folder.compare(record, said, loop)
    find = loop.subject
    subject = find(said) or NO_SUBJECT
    route = loop.routes.get((subject, provider))
    is_known = route is not None or folder.knows(record, "provider", provider)
    outcome = _outcome(record, said, status) if is_known or status == SKIPPED else FAILED
    route = route or folder.route(loop, subject, provider)
    if outcome == DELIVERED and at < route.oldest:
        return
    attempt = Attempt(
        at,
        said.delivery_metadata_id or record.session_id,
        outcome == FAILED,
        True,  # noqa: FBT003 - order of events
        record.session_id,
        _detail_of(said, outcome, status, folder.word(provider)),
        said.retry_plan_id or "",
        said.worker_run_id or "",
        said.approval_decision_id or "",
        folder.name(said.executed_by),
    )
    if outcome == SKIPPED:
        put(route.skips, attempt, KEPT_SUCCESSES)
    elif outcome == FAILED:
        put(route.failures, attempt, KEPT_FAILURES)
    elif subject and at is not UNDATED:
        route.succeed(attempt)


def _outcome(record: Execution, said: Execution, status: str) -> str:
    """Say what an execution came to: what contradicts its own status failed, what was held back was skipped."""
    envelope = record.execution_status
    if envelope and envelope != status and normalise_state(envelope) not in ("", status):
        return FAILED
    if status == SKIPPED:
        return FAILED if said.skipped is False else SKIPPED
    both = (said,) if said is record else (said, record)
    is_denied = any(one.delivery_success is not True and one.delivery_success is not UNSET for one in both)
    if status != DELIVERED or record.blocked_count or is_denied:
        return FAILED
    is_held = any(one.skipped is True or one.dry_run for one in both)
    return SKIPPED if is_held or (said.skip_reason and not is_blank(said.skip_reason)) else DELIVERED


def _detail_of(said: Execution, outcome: str, status: str, provider: str) -> str:
    if outcome == SKIPPED:
        return said.skip_reason or "no reason given"
    if not provider:
        return "no provider was used"
    if outcome == FAILED and status in {DELIVERED, SKIPPED}:
        return f"execution called {status}, and something in the same record says otherwise"
    return f"execution {status or 'without a status'}"
