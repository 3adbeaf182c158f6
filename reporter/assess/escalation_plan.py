"""Escalation plan: who has to be asked next, because nobody answered (domain.md B2.11, A5).

Every route of every loop that wants an answer, whether it was delivered or not. Past its time it is escalated; until
then it is only due.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from reporter.assess.conditions import CheckSpec, Condition, check
from reporter.assess.evidence import (
    about,
    asked,
    check_evidence,
    evidence_notes,
    evidence_spec,
    instant,
    minutes,
    most,
    none_of,
    route_name,
    route_pointer,
    standing,
    unasked,
)
from reporter.loops.closure import escalation_owner
from reporter.loops.policy import DEFAULT_SLO
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.delivery_reports import EscalationPlanReport, EscalationRoute
from reporter.model.ids import make_id
from reporter.model.reports import AlertLevel
from reporter.model.routes import AcknowledgementState, RouteState

IN_TIME: Final = CheckSpec(
    "escalation_answered_in_time",
    "Answered in time",
    "Ask the escalation owner of each route. Whoever takes it over records that with `reporter ack`.",
)
EVIDENCE: Final = evidence_spec("escalation")
SPECS: Final = (EVIDENCE, IN_TIME)

PLAN_PREFIX: Final = "gordesc"
WAIT: Final = "wait_for_acknowledgement"
DONE: Final = "no_action"
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


def assess_escalation_plan(case: Case, states: LoopStates) -> EscalationPlanReport:
    """Plan an escalation for every route whose answer is overdue. A breach fails; what is still in time is due soon."""
    routes = answerable(states)
    late = [one for one in routes if one.acknowledgement.breached]
    open_ = [one for one in routes if one.acknowledgement.outstanding]
    if asked(case, states):
        checks = (
            check_evidence(EVIDENCE, states),
            check(IN_TIME, none_of("acknowledgements", [_overdue(one) for one in late], "overdue answers")),
        )
        level = AlertLevel.WARNING if open_ else AlertLevel.HEALTHY
        summary = f"{len(open_)} of {len(routes)} routes wait for an answer, {len(late)} of them too long"
        head = standing("escalation-plan", case, checks, level, summary)
    else:
        head = unasked("escalation-plan", case, SPECS)
    actions = {loop.word: loop.escalation for loop in states.loops}
    listed, omitted = most([_route(one, states, actions[one.route.loop]) for one in routes])
    decided = [(one.route, one.plan_id, one.acknowledgement.state, one.acknowledgement.breached) for one in routes]
    return EscalationPlanReport(
        **head,
        operator_notes=tuple(evidence_notes(states)),
        plan_id=make_id(PLAN_PREFIX, environment=case.environment, routes=sorted(decided)),
        acknowledgement_minutes=minutes(DEFAULT_SLO),
        route_count=len(routes),
        outstanding_count=len(open_),
        breached_count=len(late),
        routes=listed,
        omitted_route_count=omitted,
    )


def answerable(states: LoopStates) -> Sequence[RouteState]:
    """List the routes that want an answer: overdue ones first, then outstanding ones, each by when it was due."""
    return sorted((one for one in states.routes if one.acknowledgement.required), key=_urgency)


def _urgency(one: RouteState) -> tuple[object, ...]:
    answer = one.acknowledgement
    return not answer.breached, not answer.outstanding, answer.due_at or _EARLIEST, one.route


def _overdue(one: RouteState) -> Condition:
    answer = one.acknowledgement
    found = f"{answer.state} since {instant(answer.since) or 'an unknown time'}"
    wanted = f"an answer before {instant(answer.due_at)}" if answer.due_at else "an answer"
    return about(route_pointer(one.route), found, wanted, met=False)


def _route(one: RouteState, states: LoopStates, escalation: str) -> EscalationRoute:
    answer = one.acknowledgement
    return EscalationRoute(
        **route_name(one.route),
        plan_id=one.plan_id,
        owner=one.owner,
        escalation_owner=escalation_owner(states, one),
        acknowledgement_state=answer.state,
        acknowledged=not answer.outstanding,
        acknowledged_by=answer.by,
        acknowledgement_minutes=minutes(answer.slo),
        planned_at=instant(answer.since),
        due_at=instant(answer.due_at),
        age_minutes=_age(answer, states.now),
        breached=answer.breached,
        recommended_action=escalation if answer.breached else WAIT if answer.outstanding else DONE,
    )


def _age(answer: AcknowledgementState, now: datetime) -> float | None:
    """Give how long it waits for an answer; once answered, how long it waited."""
    until = now if answer.outstanding else answer.at
    return minutes(until - answer.since) if until and answer.since else None
