"""Answers of people: acknowledgements, and the gate before a live retry (domain.md A5, C5, C6, C15)."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from reporter.loops.facts import Answer, Attempt, Cause, PlanFacts, PlanKey, is_undated
from reporter.loops.loop import GateKind, Loop
from reporter.loops.policy import DEFAULT_SLO, MOST_MINUTES, LoopPolicy
from reporter.model.instants import shift
from reporter.model.routes import AcknowledgementState, Gate, GateState
from reporter.model.text import UNSEEN, is_blank

NOBODY: Final = ""
APPROVED: Final = "approved"

_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u2e3a\u2e3b\u058a\u05be\u301c\u3030\ufe58\ufe63\uff0d]")


class FormerPlan(NamedTuple):
    """A plan of a former cycle that wanted an answer."""

    since: datetime
    plan_id: str


class PlanInForce(NamedTuple):
    """The newest plan of a route: since when it waits for an answer, and since when an answer is its own.

    `former` are the plans of other cycles that wanted an answer: what nobody answered is still wanted.
    """

    cycle: str
    plan_id: str
    since: datetime
    answered_from: datetime
    required: bool
    slo: timedelta | None
    owner: str
    escalation_owner: str
    record: str
    former: tuple[FormerPlan, ...] = ()


def plan_in_force(plans: dict[PlanKey, PlanFacts] | None) -> PlanInForce | None:
    """Find the newest plan. Planning again in the same due cycle keeps the first time (C6)."""
    if not plans:
        return None
    key, plan = max(plans.items(), key=lambda item: (item[1].newest, item[0]))
    same_cycle = [facts for one, facts in plans.items() if one.cycle == key.cycle]
    newest = plan.newest
    undated = is_undated(newest.at)
    minutes = newest.minutes if 0 < newest.minutes <= MOST_MINUTES else 0.0
    return PlanInForce(
        key.cycle,
        key.plan_id,
        newest.at if undated else min(facts.first_at for facts in same_cycle),
        newest.at if undated else plan.first_at,
        any(facts.required for facts in same_cycle),
        timedelta(minutes=minutes) if minutes else None,
        newest.owner,
        newest.escalation_owner,
        newest.record,
        tuple(
            FormerPlan(facts.first_at, one.plan_id)
            for one, facts in plans.items()
            if one.cycle != key.cycle and facts.required
        ),
    )


def acknowledgement_of(
    answers: Iterable[Answer],
    plan: PlanInForce | None,
    last_attempt_at: datetime | None,
    loop: Loop,
    policy: LoopPolicy,
) -> tuple[AcknowledgementState, Answer | None]:
    """Find the latest answer to what is in force: dated at or after it, and naming no other plan.

    Without a plan record the last attempt is what must be answered, where the loop wants answers at all. While it is
    not answered, what nobody answered in former cycles is wanted too, since it was.
    """
    required = (plan is not None and plan.required) or (loop.acknowledged and last_attempt_at is not None)
    start = _known(plan.answered_from if plan else last_attempt_at)
    slo = policy.acknowledgement or (plan.slo if plan else None) or DEFAULT_SLO
    told = list(answers)
    mine = [one for one in told if not plan or one.plan in ("", plan.plan_id)]
    latest = max((one for one in mine if start is not None and one.at >= start), default=None)
    accepted = latest is not None and _is_accepted(latest, loop)
    beginning = plan.since if plan else last_attempt_at
    if plan and not accepted and (waiting := _unanswered(plan.former, told, loop)):
        beginning = min(*waiting, plan.since) if required else min(waiting)
        required = True
    since = _known(beginning)
    state = AcknowledgementState(
        required,
        latest.state if latest else "outstanding" if required else "not_required",
        required and not accepted,
        breached=False,
        since=since,
        due_at=shift(since, slo) if since else None,
        slo=slo,
        by=latest.by if latest else NOBODY,
        record=latest.id if latest else "",
        at=_known(latest.at if latest else None),
        external_ref=latest.external_ref if latest else "",
    )
    return state, latest


def _unanswered(former: Iterable[FormerPlan], answers: Sequence[Answer], loop: Loop) -> list[datetime]:
    """List since when former plans wait whose latest answer was not one that counts."""
    waiting = []
    for plan in former:
        mine = (one for one in answers if one.plan in ("", plan.plan_id) and one.at >= plan.since)
        latest = max(mine, default=None)
        if latest is None or not _is_accepted(latest, loop):
            waiting.append(plan.since)
    return waiting


def _is_accepted(answer: Answer, loop: Loop) -> bool:
    return answer.state in loop.accepted and not is_blank(answer.by)


def at_instant(state: AcknowledgementState, now: datetime) -> AcknowledgementState:
    """Say whether the SLO is breached: at its very end, or at once where nobody knows since when it runs."""
    breached = state.outstanding and (state.due_at is None or now >= state.due_at)
    return state._replace(breached=breached)


class GateEvidence(NamedTuple):
    """What opens or shuts the gate of one route. `answer` is the one in force, `executor` who would execute."""

    failures: Sequence[Attempt]
    attempts: Sequence[Attempt]
    answer: Answer | None
    answers: Sequence[Answer]
    approvals: Sequence[Answer]
    causes: Sequence[Cause]
    executor: str


def gate_of(loop: Loop, policy: LoopPolicy, told: GateEvidence) -> Gate:
    """Say whether the route's next live retry may be executed."""
    self_approved = _self_approved(told)
    if loop.gate is GateKind.NONE or not told.failures:
        return Gate(GateState.NOT_NEEDED, NOBODY, self_approved, "no gate before a retry")
    if loop.gate is GateKind.APPROVAL:
        return _approval_gate(loop, policy, told)._replace(self_approved=self_approved)
    answer = told.answer
    if answer is not None and answer.state in loop.gate_accepted and not is_blank(answer.by):
        return Gate(GateState.OPEN, answer.by, self_approved, f"{answer.state} by {answer.by}")
    return Gate(GateState.ACKNOWLEDGEMENT_REQUIRED, NOBODY, self_approved, "nobody has acknowledged the escalation")


def _approval_gate(loop: Loop, policy: LoopPolicy, told: GateEvidence) -> Gate:
    failed_at = told.failures[-1].at
    decision = _answering(told.approvals, failed_at, told.causes)
    if decision is not None and decision.state != APPROVED:
        return _gate(GateState.REVOKED, decision.by, f"{decision.state or 'unknown'} by {decision.by or 'nobody'}")
    if decision is None or is_blank(decision.by):
        answer = _answering(told.answers, failed_at, told.causes)
        if policy.require_retry_ack and (answer is None or answer.state not in loop.accepted or is_blank(answer.by)):
            return _gate(GateState.WAIT_FOR_RETRY_ACK, NOBODY, "nobody has accepted the retry plan")
        return _gate(GateState.APPROVAL_REQUIRED, NOBODY, "no approval since the last failure")
    if any(one.approval in (decision.id, decision.decision) for one in told.attempts if one.approval):
        return _gate(GateState.USED, decision.by, f"{decision.id} was used: one approval covers one execution")
    if policy.self_approval == "refuse" and is_same_person(decision.by, told.executor):
        return _gate(GateState.SELF_APPROVAL_REFUSED, decision.by, f"{decision.by} would execute it too")
    return _gate(GateState.OPEN, decision.by, f"approved by {decision.by}")._replace(decision=decision.id)


def _gate(state: GateState, by: str, reason: str) -> Gate:
    return Gate(state, by, self_approved=False, reason=reason)


def _answering(answers: Sequence[Answer], failed_at: datetime, causes: Sequence[Cause]) -> Answer | None:
    """Find the latest answer given after the failure, and not to a plan made before it (C15)."""
    older = {cause.id for cause in causes if cause.at < failed_at}
    return max((one for one in answers if one.at > failed_at and one.cause not in older), default=None)


def _self_approved(told: GateEvidence) -> bool:
    """Say whether anybody executed, or would execute, what they approved themselves."""
    deciders = [(name, one.by) for one in told.approvals for name in {one.id, one.decision} if name]
    latest = max((one for one in told.approvals if one.state == APPROVED), default=None)
    would = bool(told.failures) and latest is not None and is_same_person(latest.by, told.executor)
    return would or any(
        one.approval == name and is_same_person(by, one.by) for name, by in deciders for one in told.attempts
    )


def is_same_person(one: str, other: str) -> bool:
    """Say whether two names are of one person, however they are written. Nobody is nobody's double."""
    return not is_blank(one) and _folded(one) == _folded(other)


def _folded(name: str) -> str:
    """Write a name the one way that it is compared: no case, no width, one dash, nothing invisible."""
    plain = unicodedata.normalize("NFKC", UNSEEN.sub("", unicodedata.normalize("NFKC", name).casefold()))
    return " ".join(_DASHES.sub("-", plain).split())


def _known(at: datetime | None) -> datetime | None:
    return None if at is None or is_undated(at) else at
