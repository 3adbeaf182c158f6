"""Retry plan: what is tried again, when, and who has to allow it (domain.md B2.14, B2.15, A5, C1).

Upstream calls every retry that is due critical and an exhausted route healthy. Here what may still be tried is due
soon, for that is what a worker is for; a route with no attempt left, or one that failed again on retry, fails a check.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
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
from reporter.loops.closure import MEND, UNDER_REPAIR, advise_retries
from reporter.loops.loop import Loop
from reporter.loops.recovery import under_repair
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.delivery_reports import LoopRetryPlan, RetryDecision, RetryPlanReport
from reporter.model.ids import make_id
from reporter.model.reports import AlertLevel
from reporter.model.routes import GateState, RetryAction, RouteState

LEFT: Final = CheckSpec(
    "retry_attempts_left",
    "An attempt is left",
    "Mend the connector, open a recovery with `reporter recovery open`, and deliver by hand: no worker tries again.",
)
RETRIED: Final = CheckSpec(
    "retry_executions_succeeded",
    "Retries succeeded",
    f"{MEND} `reporter retry plan` says when.",
)
EVIDENCE: Final = evidence_spec("retry")
SPECS: Final = (EVIDENCE, LEFT, RETRIED)

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_WORST_FIRST: Final = (RetryAction.SUPPRESS, RetryAction.RETRY, RetryAction.WAIT)


def assess_retry_plan(case: Case, states: LoopStates) -> RetryPlanReport:
    """Plan the retries of every loop that has a route to decide on."""
    plans = tuple(plan for loop in states.loops if (plan := _plan(case, states, loop)))
    failing = [one for one in states.routes if one.retry.action is not RetryAction.NONE]
    if asked(case, states):
        level = AlertLevel.WARNING if failing else AlertLevel.HEALTHY
        head = standing("retry-plan", case, _checks(states, failing), level, _summarise(failing))
    else:
        head = unasked("retry-plan", case, SPECS)
    return RetryPlanReport(
        **head,
        operator_notes=(*evidence_notes(states), *_notes(failing)),
        decision_count=len(failing),
        retryable_count=_count(failing, RetryAction.RETRY),
        waiting_count=_count(failing, RetryAction.WAIT),
        suppressed_count=_count(failing, RetryAction.SUPPRESS),
        gated_count=len(_gated(failing)),
        plans=plans,
    )


def _checks(states: LoopStates, failing: Iterable[RouteState]) -> tuple[Check, ...]:
    routes = sorted(failing, key=_urgency)
    repaired = under_repair(states.recoveries)
    spent = [one for one in routes if one.exhausted]
    left = LEFT._replace(remedy=UNDER_REPAIR) if advise_retries(spent, repaired) == UNDER_REPAIR else LEFT
    exhausted = [_failed(one, "an attempt left") for one in spent]
    retried = [one for one in routes if one.execution_failed]
    failed = [_failed(one, "a retry that delivers") for one in retried]
    return (
        check_evidence(EVIDENCE, states),
        check(left, none_of("retries", exhausted, "exhausted routes")),
        check(RETRIED._replace(remedy=advise_retries(retried, repaired)), none_of("retries", failed, "failed retries")),
    )


def _failed(one: RouteState, wanted: str) -> Condition:
    return about(route_pointer(one.route), f"{one.retry.reason}; {'; '.join(one.reasons)}", wanted, met=False)


def _plan(case: Case, states: LoopStates, loop: Loop) -> LoopRetryPlan | None:
    routes = sorted((one for one in states.of(loop) if one.retry.action is not RetryAction.NONE), key=_urgency)
    if not routes:
        return None
    policy = states.policies.of(loop)
    decided = [(one.route, one.retry.action, one.retry.failures) for one in routes]
    listed, omitted = most([_decision(one) for one in routes])
    return LoopRetryPlan(
        schema_version=loop.retry_plan.schema_id,
        retry_plan_id=make_id(loop.retry_plan.prefix, environment=case.environment, decisions=sorted(decided)),
        loop=loop.word,
        title=loop.title,
        alert_level=AlertLevel.CRITICAL if any(map(_is_critical, routes)) else AlertLevel.WARNING,
        decision_count=len(routes),
        retryable_count=_count(routes, RetryAction.RETRY),
        waiting_count=_count(routes, RetryAction.WAIT),
        suppressed_count=_count(routes, RetryAction.SUPPRESS),
        gated_count=len(_gated(routes)),
        max_retry_attempts=policy.max_attempts,
        base_retry_delay_minutes=minutes(timedelta(0) if policy.immediate else policy.delay),
        allow_immediate_retry=policy.immediate,
        backoff_multiplier=policy.multiplier,
        retry_decisions=listed,
        omitted_decision_count=omitted,
    )


def _decision(one: RouteState) -> RetryDecision:
    return RetryDecision(
        **route_name(one.route),
        action=one.retry.action,
        reason=one.retry.reason,
        retry_count=one.retry.failures,
        max_retry_attempts=one.retry.max_attempts,
        latest_delivery_at=instant(one.last_attempt_at),
        next_retry_at=instant(one.retry.next_retry_at),
        gate_state=one.gate.state,
        gate_reason=one.gate.reason,
        self_approved=one.gate.self_approved,
        owner=one.owner,
        since=instant(one.since),
    )


def _is_critical(one: RouteState) -> bool:
    return one.exhausted or one.execution_failed


def _urgency(one: RouteState) -> tuple[object, ...]:
    """Put first what no worker mends; of the same kind, what has failed for longest."""
    return _WORST_FIRST.index(one.retry.action), not one.execution_failed, one.since or _EARLIEST, one.route


def _count(routes: Iterable[RouteState], action: RetryAction) -> int:
    return sum(one.retry.action is action for one in routes)


def _gated(routes: Iterable[RouteState]) -> list[RouteState]:
    """Give the routes that are due but that somebody has to let through."""
    return [one for one in routes if one.retry.action is RetryAction.RETRY and not one.gate.lets_through]


def _summarise(routes: Sequence[RouteState]) -> str:
    if not routes:
        return "nothing to try again"
    counts = (
        (_count(routes, RetryAction.SUPPRESS), "without an attempt left"),
        (_count(routes, RetryAction.RETRY), "due"),
        (len(_gated(routes)), "of those behind a gate"),
        (_count(routes, RetryAction.WAIT), "waiting"),
        (sum(one.execution_failed for one in routes), "failed again on retry"),
    )
    return f"{len(routes)} not delivered: " + ", ".join(f"{count} {what}" for count, what in counts if count)


def _notes(routes: Sequence[RouteState]) -> Iterator[str]:
    gated = [one.gate.state for one in _gated(routes)]
    both = gated.count(GateState.WAIT_FOR_RETRY_ACK)
    answer = gated.count(GateState.ACKNOWLEDGEMENT_REQUIRED)
    for count, words in (
        (both, "`reporter ack` first, then `reporter retry approve`"),
        (answer, "`reporter ack`"),
        (len(gated) - both - answer, "`reporter retry approve`"),
    ):
        if count:
            yield f"{count} due behind a gate that these open: {words}."
    selfish = sum(one.gate.self_approved for one in routes)
    if selfish:
        yield f"self_approved: of {selfish} the same person approves and executes."
