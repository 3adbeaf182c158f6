"""What is planned and run: plans, retry plans, worker runs, playbooks (domain.md B2.10, B2.14, B2.16, B2.20)."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from reporter.loops.decisions import DELIVER, decided_action, fold_decisions, fold_suppressed
from reporter.loops.facts import (
    KEPT_CAUSES,
    KEPT_RUNS,
    Cause,
    LoopFacts,
    PlanKey,
    Planned,
    PlaybookFacts,
    Run,
)
from reporter.loops.folder import CONTRADICTORY, NO_PROVIDER, NO_SUBJECT, Folder, GrowingLoop, to_utc
from reporter.loops.growing import FIRST_INSTANT, put
from reporter.loops.sets import is_past, keep
from reporter.loops.states import PASSED_RUN_STATES, RUN_STATES, normalise_state
from reporter.model.instants import format_instant
from reporter.model.records import UNDATED, ContentFault, Plan, Playbook, Record, RetryPlan, RouteDecision, WorkerRun


def fold_plan(folder: Folder, record: Plan) -> None:
    """Note who is to be told, and who must answer (B2.10, B2.19)."""
    said = record.payload or record
    at = said.generated_at or record.created_at
    if at is None or at.tzinfo is not UTC or at > folder.latest:
        at = folder.dated(record, at)
        if at is None:
            return
    loop = folder.growing[record.loop]
    if loop.word not in folder.loops:
        folder.loop(loop.word)
    find = loop.subject
    subject = find(said) or NO_SUBJECT
    due = folder.utc(record, "next_due_at", said.next_due_at) if said.next_due_at else None
    key = PlanKey(format_instant(due) if due else "", said.plan_id or record.session_id)
    required, decisions = said.acknowledgement_required_providers, said.route_decisions
    if required or decisions or not said.selected_providers:
        wanted = _wanted(folder, said)
        if not wanted:
            _refuse_counts(folder, record, said)
        for provider, (is_required, decided) in wanted.items():
            planned = Planned(at, record.session_id, is_required)
            folder.route(loop, subject, provider).plan(key, _decided(planned, decided) if decided else planned)
    else:
        planned = Planned(at, record.session_id)
        for provider in said.selected_providers:
            route = loop.routes.get((subject, provider)) or folder.route(loop, subject, provider)
            route.plan(key, planned)
    if said.suppressed_providers:
        fold_suppressed(folder, record, said, subject, at)
    if said.route_decisions:
        fold_decisions(folder, record, said, subject, at)


def _wanted(folder: Folder, said: Plan) -> dict[str, tuple[bool, list[RouteDecision]]]:
    """List who is told, whether they must answer, and what was decided about them."""
    required = [*map(folder.word, said.acknowledgement_required_providers)]
    told = dict.fromkeys([*required, *map(folder.word, said.selected_providers)])
    wanted: dict[str, tuple[bool, list[RouteDecision]]] = {one: (one in required, []) for one in told}
    for decision in said.route_decisions:
        if decided_action(decision) == DELIVER and decision.provider:
            wanted.setdefault(folder.word(decision.provider), (False, []))[1].append(decision)
    return wanted


def _decided(planned: Planned, decisions: Sequence[RouteDecision]) -> Planned:
    """Add what decisions about one provider want of it: an answer, within the shortest time, of all owners."""
    return Planned(
        planned.at,
        planned.record,
        True,  # noqa: FBT003 - fields in the order of events
        min((one.acknowledgement_minutes for one in decisions if one.acknowledgement_minutes), default=0.0),
        _names(one.owner for one in decisions),
        _names(one.escalation_owner for one in decisions),
    )


def _refuse_counts(folder: Folder, record: Plan, said: Plan) -> None:
    """List as a fault that a plan counts routes and names none."""
    counted = max(said.deliverable_route_count, said.approval_required_count)
    if counted > 0:
        found = f"no provider, and a count of {counted}"
        folder.fault(ContentFault(record.session_id, "/selected_providers", found, "each provider that is told"))


def fold_retry_plan(folder: Folder, record: RetryPlan) -> None:
    """Note the plan's time, and which routes it decided on (B2.14)."""
    said = record.payload or record
    at = said.generated_at or record.created_at
    if at is None or at.tzinfo is not UTC or at > folder.latest:
        at = folder.dated(record, at)
        if at is None:
            return
    cause = Cause(at, said.retry_plan_id or record.session_id)
    loop = folder.growing[record.loop]
    facts = folder.loops.get(loop.word) or folder.loop(loop.word)
    if at is not UNDATED and not is_past(facts.retry_plans, at, KEPT_RUNS):
        facts.retry_plans = keep(facts.retry_plans, cause, KEPT_RUNS)
    _tie(folder, loop, said.retry_decisions, cause)


def fold_worker_run(folder: Folder, record: WorkerRun) -> None:
    """Note a run: a dry one is a heartbeat, and no more (A5, A6)."""
    said = record.payload or record
    at = said.generated_at or record.created_at
    if at is None or at.tzinfo is not UTC or at > folder.latest:
        at = folder.dated(record, at)
        if at is None:
            return
    loop, failed = folder.growing[record.loop], ""
    facts = folder.loops.get(loop.word) or folder.loop(loop.word)
    if said.status or record.status:
        failed = "two states at once" if folder.stated(record, said, "status", RUN_STATES) == CONTRADICTORY else ""
    if not is_past(facts.live_runs, at, KEPT_RUNS) or not is_past(facts.runs, at, KEPT_RUNS):
        _keep_run(facts, record, said, at, failed)
        loop.oldest_runs[:] = _oldest_kept(facts)
    if said.selected_retries:
        _tie(folder, loop, said.selected_retries, Cause(at, said.run_id or record.session_id))


def is_doubted_run(folder: Folder, record: WorkerRun, fault: ContentFault) -> bool:
    """Keep a run of which nobody can say how it ended as one that failed, until newer ones take its place.

    Say whether the record tells no more than that it was; whatever else it tells, its fault is to be listed.
    """
    said = record.payload
    if said is None or said.selected_retries or (said.status and said.status not in RUN_STATES):
        return False
    at = to_utc(said.generated_at or record.created_at or UNDATED)
    if at is UNDATED or at > folder.latest:
        return False
    _keep_run(folder.loop(record.loop), record, said, at, f"two things at once ({fault.found})")
    return True


def _keep_run(facts: LoopFacts, record: WorkerRun, said: WorkerRun, at: datetime, failed: str = "") -> None:
    status = normalise_state(said.status)
    failed = failed or ("" if status in PASSED_RUN_STATES else status)
    disabled = said.schedule is not None and not said.schedule.enabled
    run = Run(at, failed, disabled, said.run_id or record.session_id, said.dry_run)
    if at is not UNDATED or failed:
        facts.runs = keep(facts.runs, run, KEPT_RUNS)
    if at is not UNDATED and not said.dry_run:
        facts.live_runs = keep(facts.live_runs, run, KEPT_RUNS)


def is_old_run(record: WorkerRun, oldest: Sequence[datetime]) -> bool:
    """Say whether a run tells nothing but that it was, before the oldest live and dry ones that are kept."""
    said = record.payload
    return (
        said is not None
        and not said.selected_retries
        and (not said.status or said.status in RUN_STATES)
        and (not record.status or record.status == said.status)
        and record.environment is None
        and (at := said.generated_at or record.created_at) is not None
        and FIRST_INSTANT <= at < oldest[said.dry_run]
    )


def _oldest_kept(facts: LoopFacts) -> tuple[datetime, datetime]:
    """Say before which instants a live run and a dry one are too old to be kept."""
    runs, live = (kept[0].at if len(kept) == KEPT_RUNS else FIRST_INSTANT for kept in (facts.runs, facts.live_runs))
    return min(runs, live), runs


def fold_playbook(folder: Folder, record: Playbook) -> None:
    """Note that the recovery of a provider was opened (B2.20)."""
    said = record.payload or record
    at = folder.dated(record, said.generated_at or record.created_at)
    if at is None:
        return
    named = {folder.word(one.provider) for one in said.provider_playbooks} - {NO_PROVIDER}
    if said.provider_count > len(named) or (said.failure_count and not named):
        found = f"{len(named)} named, of {said.provider_count} providers with {said.failure_count} failures"
        folder.fault(ContentFault(record.session_id, "/provider_playbooks", found, "each provider that fails"))
    for one in said.provider_playbooks:
        newest = folder.utc(record, "provider_playbooks", one.latest_failure_at)
        folder.recovery(
            said.playbook_id or record.session_id,
            one.provider,
            PlaybookFacts((at, record.session_id), newest, one.failure_count, (), at),
        )


def fold_other(folder: Folder, record: Record) -> None:
    """Note that the loop has a record."""
    if folder.dated(record, record.created_at) is not None:
        folder.loop(record.loop)


def _tie(folder: Folder, loop: GrowingLoop, decisions: Iterable[Any], cause: Cause) -> None:
    """Tie a retry plan or run to the routes that it decided on (C19)."""
    find = loop.subject
    for decision in decisions:
        if (provider := decision.provider) and (subject := find(decision)):
            route = loop.routes.get((subject, provider)) or folder.route(loop, subject, provider)
            put(route.causes, cause, KEPT_CAUSES)


def _names(owners: Iterable[str | None]) -> str:
    return sys.intern(", ".join(sorted({one for one in owners if one})))
