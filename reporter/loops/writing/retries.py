"""Records of what is decided about retries: plans and approvals (domain.md B1.16, B2.14, B2.15).

`loop` is a row of the loop table, `subject` the id of what it delivers, `at` the record's own time. Keyword arguments
that are not named are further fields of the payload.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from reporter.loops.loop import Loop
from reporter.loops.policy import LoopPolicy, default_policy
from reporter.loops.retry import back_off
from reporter.loops.writing.envelope import GOVERNANCE, RecordValue, given, make_record, name_subject
from reporter.model.instants import format_instant
from reporter.model.reports import AlertLevel
from reporter.model.routes import RetryAction, RouteState


class Decision(NamedTuple):
    """What a retry plan decides about one route (B2.14)."""

    subject: str
    provider: str
    action: RetryAction = RetryAction.RETRY
    failures: int = 1
    next_retry_at: datetime | None = None
    reason: str = ""
    latest_delivery_id: str = ""
    latest_delivery_at: datetime | None = None


def decisions_of(routes: Iterable[RouteState]) -> list[Decision]:
    """Give the decision about each route that failed."""
    return [
        Decision(
            one.route.subject,
            one.route.provider,
            one.retry.action,
            one.retry.failures,
            one.retry.next_retry_at,
            one.retry.reason,
            latest_delivery_at=one.last_failure_at,
        )
        for one in routes
        if one.retry.action is not RetryAction.NONE
    ]


def decision_fields(loop: Loop, one: Decision, rules: LoopPolicy) -> RecordValue:
    """Write a decision as retry plans and worker runs hold it."""
    return {
        **name_subject(loop, one.subject),
        "provider": one.provider,
        "action": one.action,
        "retry_count": one.failures,
        "max_retry_attempts": rules.max_attempts,
        "retry_delay_minutes": whole_minutes(back_off(rules, one.failures)),
        **given(
            reason=one.reason,
            latest_delivery_id=one.latest_delivery_id,
            latest_delivery_at=one.latest_delivery_at and format_instant(one.latest_delivery_at),
            next_retry_at=one.next_retry_at and format_instant(one.next_retry_at),
        ),
    }


def whole_minutes(span: timedelta) -> int:
    """Write a span in whole minutes, as on the wire."""
    return int(span / timedelta(minutes=1))


def write_retry_plan(  # noqa: PLR0913
    loop: Loop,
    at: datetime,
    decisions: Iterable[Decision],
    *,
    policy: LoopPolicy | None = None,
    by: str = GOVERNANCE,
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Decide which routes are retried, wait, or are exhausted (B2.14). An exhausted one is critical (C1)."""
    decided = list(decisions)
    rules = policy or default_policy(loop)
    retry, wait, left = (
        sum(one.action is action for one in decided)
        for action in (RetryAction.RETRY, RetryAction.WAIT, RetryAction.SUPPRESS)
    )
    fields = {
        "alert_level": _level(critical=retry + left, warning=wait),
        "decision_count": len(decided),
        "retryable_count": retry,
        "waiting_count": wait,
        "suppressed_count": left,
        "max_retry_attempts": rules.max_attempts,
        "base_retry_delay_minutes": whole_minutes(rules.delay),
        "allow_immediate_retry": rules.immediate,
        "backoff_multiplier": rules.multiplier,
        "retry_decisions": [decision_fields(loop, one, rules) for one in decided],
        **more,
    }
    return make_record(
        loop.retry_plan,
        "retry_plan_id",
        at,
        fields,
        by=by,
        record_id=record_id,
        counts=(len(decided), left, retry),
        lifted=("alert_level", "retryable_count"),
    )


def write_approval(  # noqa: PLR0913
    loop: Loop,
    at: datetime,
    subject: str | None,
    provider: str,
    state: str,
    *,
    by: str,
    retry_plan_id: str = "",
    approval_plan_id: str = "",
    external_ref: str = "",
    notes: str = "",
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Decide about the next retry of a route (B1.16). Raises ValueError for a loop that wants no approval."""
    if loop.approval is None:
        message = f"found a decision about {loop.word}, wanted one about a loop whose retries need approval"
        raise ValueError(message)
    fields = {
        **name_subject(loop, subject),
        "provider": provider,
        "approval_state": state,
        **given(approval_plan_id=approval_plan_id, retry_plan_id=retry_plan_id, external_ref=external_ref, notes=notes),
        **more,
    }
    return make_record(
        loop.approval,
        "decision_id",
        at,
        fields,
        by=by,
        done="decided",
        record_id=record_id,
        counts=(1, int(state != "approved"), 0),
        lifted=("provider", "approval_state"),
    )


def _level(*, critical: int, warning: int) -> AlertLevel:
    if critical:
        return AlertLevel.CRITICAL
    return AlertLevel.WARNING if warning else AlertLevel.HEALTHY
