"""What these jobs give, as JSON: the same at a terminal and over HTTP."""

from reporter.jobs.answers.plans import RetryPlans, count_fates, fate
from reporter.jobs.answers.recording import Prepared
from reporter.model.instants import format_instant
from reporter.model.routes import RouteState


def prepared_as_json(prepared: Prepared, *, execute: bool, added: bool) -> dict[str, object]:
    """Give a decision, and whether it was recorded."""
    return {
        "environment": prepared.environment,
        "about": prepared.about,
        "executed": execute,
        "added": added,
        "repeated": prepared.repeats,
        "record_id": prepared.record_id,
        "changes": list(prepared.changes),
        "remarks": list(prepared.remarks),
        "record": prepared.record,
    }


def plans_as_json(plans: RetryPlans, *, execute: bool, added: int) -> dict[str, object]:
    """Give retry plans, and how many were recorded."""
    return {
        "environment": plans.environment,
        "executed": execute,
        "added": added,
        "plans": [
            {
                "loop": one.loop.word,
                "retry_plan_id": one.record["session_id"],
                **count_fates(one.routes),
                "routes": [route_as_json(route) for route in one.routes],
                "record": one.record,
            }
            for one in plans.plans
        ],
        "faults": list(plans.faults),
    }


def route_as_json(route: RouteState) -> dict[str, object]:
    """Give a route that was not delivered: what becomes of it, and why."""
    next_at = route.retry.next_retry_at
    return {
        **route.route._asdict(),
        "fate": fate(route),
        "failures": route.retry.failures,
        "max_attempts": route.retry.max_attempts,
        "next_retry_at": format_instant(next_at) if next_at else "",
        "reason": route.retry.reason,
        "gate_state": route.gate.state,
        "gate_reason": route.gate.reason,
        "owner": route.owner,
    }
