"""Records of the workers that retry: runs, executions, health (domain.md B2.16 - B2.18).

`loop` is a row of the loop table, `subject` the id of what it delivers, `at` the record's own time. Keyword arguments
that are not named are further fields of the payload.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from reporter.loops.loop import GateKind, Loop
from reporter.loops.policy import LoopPolicy, default_policy
from reporter.loops.writing.envelope import GOVERNANCE, RecordValue, given, make_record, name_subject
from reporter.loops.writing.retries import Decision, decision_fields, whole_minutes
from reporter.model.instants import format_instant
from reporter.model.reports import AlertLevel
from reporter.model.routes import RetryAction

WORKER: Final = "retry-worker"
_FOLLOW_UPS: Final = {
    GateKind.NONE: ("execution_state", "dry_run", "selected_for_delivery_retry"),
    GateKind.APPROVAL: ("approval_state", "dry_run_not_required", "approved"),
    GateKind.ACKNOWLEDGEMENT: ("acknowledgement_state", "dry_run_not_required", "accepted"),
}
"""How a run says of a selected retry what its gate says: the key, and the word in a dry run and in a live one."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write_worker_run(  # noqa: PLR0913
    loop: Loop,
    at: datetime,
    *,
    dry: bool,
    decisions: Iterable[Decision] = (),
    selected: Iterable[Decision] = (),
    retry_plan_id: str = "",
    enabled: bool = True,
    status: str = "",
    policy: LoopPolicy | None = None,
    by: str = WORKER,
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Record a run of the loop's worker: what it was to decide on, and what it selected (B2.16).

    The plan is named, not repeated (C39). The run's window holds a whole interval, whatever its length (C31).
    """
    planned, chosen = list(decisions), list(selected)
    rules = policy or default_policy(loop)
    start = at - (at - _EPOCH) % rules.worker_interval
    minutes = whole_minutes(rules.worker_interval)
    actions = [one.action for one in planned]
    left = actions.count(RetryAction.SUPPRESS)
    gated, in_dry_run, live = _FOLLOW_UPS[loop.gate]
    fields = {
        "dry_run": dry,
        **given(status=status, retry_plan_id=retry_plan_id),
        "schedule": {
            "interval_minutes": minutes,
            "window_start": format_instant(start),
            "window_end": format_instant(start + rules.worker_interval),
            "enabled": enabled,
            "cadence": f"every_{minutes}_minutes",
        },
        "summary": {
            "retry_plan_count": 1,
            "retryable_count": actions.count(RetryAction.RETRY),
            "waiting_retry_count": actions.count(RetryAction.WAIT),
            "suppressed_retry_count": left,
            "selected_retry_count": len(chosen),
            "follow_up_action_count": len(chosen),
        },
        "selected_retries": [decision_fields(loop, one, rules) for one in chosen],
        "follow_up_actions": [
            {**name_subject(loop, one.subject), "provider": one.provider, gated: in_dry_run if dry else live}
            for one in chosen
        ],
        **more,
    }
    return make_record(
        loop.worker_run,
        "run_id",
        at,
        fields,
        by=by,
        record_id=record_id,
        counts=(len(chosen), left, len(chosen)),
        lifted=("dry_run",),
    )


def write_execution(  # noqa: PLR0913
    loop: Loop,
    at: datetime,
    subject: str,
    provider: str,
    status: str,
    *,
    by: str = WORKER,
    worker_run_id: str = "",
    retry_plan_id: str = "",
    delivery_metadata_id: str = "",
    approval_decision_id: str = "",
    skip_reason: str = "",
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Record that a retry was executed, or skipped and why (B2.17). `delivery_metadata_id` is its delivery record."""
    fields = {
        "execution_status": status,
        **name_subject(loop, subject),
        "provider": provider,
        "skipped": status == "skipped",
        "delivery_success": status == "delivered",
        "selected_providers": [] if status == "skipped" else [provider],
        **given(
            worker_run_id=worker_run_id,
            retry_plan_id=retry_plan_id,
            delivery_metadata_id=delivery_metadata_id,
            approval_decision_id=approval_decision_id,
            skip_reason=skip_reason,
        ),
        **more,
    }
    return make_record(
        loop.execution,
        "execution_id",
        at,
        fields,
        by=by,
        done="executed",
        record_id=record_id,
        counts=(1, int(status != "delivered"), 0),
        lifted=("execution_status", "provider"),
    )


def write_health(
    loop: Loop, at: datetime, alert_level: AlertLevel, *, by: str = GOVERNANCE, record_id: str = "", **more: object
) -> RecordValue:
    """Report on the health of the loop's worker (B2.18)."""
    fields = {"alert_level": alert_level, **more}
    return make_record(loop.health, "health_id", at, fields, by=by, record_id=record_id, lifted=("alert_level",))
