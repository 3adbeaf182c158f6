"""What people decide: acknowledgements, approvals, closings, release decisions (domain.md A5, A8, A9, B1.16)."""

from datetime import UTC

from reporter.loops.facts import KEPT_ANSWERS, Answer, Closing, PlaybookFacts, ReleaseNote
from reporter.loops.folder import Folder
from reporter.loops.growing import put
from reporter.loops.sets import keep
from reporter.loops.states import (
    ACKNOWLEDGEMENT_STATES,
    ANSWERED_STATES,
    APPROVAL_STATES,
    CLOSED_STATES,
    CLOSURE_STATES,
    weigh_answer,
)
from reporter.model.records import UNDATED, Acknowledgement, Approval, Closure, ReleaseDecision
from reporter.model.text import is_blank


def fold_acknowledgement(folder: Folder, record: Acknowledgement) -> None:
    """Keep an answer with its route, or, where it names only a retry plan, with its loop (B1.16)."""
    said = record.payload or record
    at = said.acknowledged_at or record.created_at
    if at is None or at.tzinfo is not UTC or at > folder.latest:
        at = folder.dated(record, at)
        if at is None:
            return
    loop = folder.growing[record.loop]
    facts = folder.loops.get(loop.word) or folder.loop(loop.word)
    state = folder.stated(record, said, "acknowledgement_state", ACKNOWLEDGEMENT_STATES)
    folder.compare(record, said, loop)
    if at is UNDATED and state in ANSWERED_STATES:
        return
    reference, by = said.external_ref, folder.name(said.acknowledged_by)
    answer = Answer(
        at,
        weigh_answer(state, by, loop.accepted),
        record.session_id,
        state,
        by,
        said.plan_id or "",
        said.retry_plan_id or "",
        folder.text(reference) if reference else "",
    )
    provider, find = said.provider, loop.subject
    if subject := find(said):
        route = loop.routes.get((subject, provider)) or folder.route(loop, subject, provider)
        put(route.acknowledgements, answer, KEPT_ANSWERS)
    else:
        provider = folder.word(provider)
        kept = facts.acknowledgements.get(provider, ())
        facts.acknowledgements[provider] = keep(kept, answer, KEPT_ANSWERS)


def fold_approval(folder: Folder, record: Approval) -> None:
    """Keep a decision likewise."""
    said = record.payload or record
    at = folder.dated(record, said.decided_at or record.created_at)
    if at is None:
        return
    facts, loop = folder.loop(record.loop), folder.growing[record.loop]
    state = folder.stated(record, said, "approval_state", APPROVAL_STATES)
    folder.compare(record, said, loop)
    if at == UNDATED and state == "approved":
        return
    by = folder.name(said.decided_by)
    answer = Answer(
        at,
        0 if state == "approved" and not is_blank(by) else 2,
        record.session_id,
        state,
        by,
        "",
        said.retry_plan_id or "",
        folder.text(said.external_ref),
        folder.name(said.decision_id or said.approval_decision_id),
    )
    if subject := loop.subject(said):
        put(folder.route(loop, subject, said.provider).approvals, answer, KEPT_ANSWERS)
    else:
        provider = folder.word(said.provider)
        facts.approvals[provider] = keep(facts.approvals.get(provider, ()), answer, KEPT_ANSWERS)


def fold_closure(folder: Folder, record: Closure) -> None:
    """Note a decision about a recovery; only verified ones can close it (A9, C13)."""
    said = record.payload or record
    at = folder.dated(record, said.closed_at or record.created_at)
    if at is None:
        return
    state = folder.stated(record, said, "closure_state", CLOSURE_STATES)
    if at == UNDATED and state in CLOSED_STATES:
        return
    verified = any(not is_blank(ref) for ref in said.verification_refs)
    closing = Closing(at, state not in CLOSED_STATES, record.session_id, state, verified, said.closed_by or "")
    folder.recovery(said.playbook_id or "", said.provider, PlaybookFacts(closings=(closing,)))


def fold_release_decision(folder: Folder, record: ReleaseDecision) -> None:
    """Note a decision about a readiness summary (A8). One without a date can only revoke."""
    said = record.payload or record
    at = folder.dated(record, said.decided_at or record.created_at)
    if at is None:
        return
    state = folder.stated(record, said, "approval_state", APPROVAL_STATES)
    if at == UNDATED and state == "approved":
        return
    note = ReleaseNote(
        at,
        record.session_id,
        state,
        folder.text(said.summary_id),
        said.override_blockers,
        folder.text(said.decided_by),
        folder.text(said.notes),
        folder.stated(record, said, "readiness_state"),
        folder.text(said.decision_id or record.session_id),
    )
    folder.folded.releases = folder.listed("releases", folder.folded.releases, note)
