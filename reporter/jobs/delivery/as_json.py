"""What these jobs give, as JSON: the same at a terminal and over HTTP."""

from reporter.jobs.answers import route_as_json
from reporter.jobs.delivery.alerting import Alerts, told_by
from reporter.jobs.delivery.notifying import Notifications
from reporter.jobs.delivery.retrying import RetryRun
from reporter.jobs.delivery.sending import Delivery
from reporter.loops.alerts import AlertPlan
from reporter.model.instants import format_instant


def delivery_as_json(delivery: Delivery) -> dict[str, object]:
    """Give what became of each message."""
    return {
        "complete": delivery.is_complete,
        "counts": dict(delivery.counts),
        "messages": [
            {**one.route._asdict(), "fate": one.fate, "why": one.why, "delivery_id": one.delivery_id}
            for one in delivery.lines
        ],
        "faults": list(delivery.faults),
    }


def notifications_as_json(planned: Notifications) -> dict[str, object]:
    """Give who is told of the next drill."""
    return {
        "environment": planned.environment,
        "plan_id": planned.report.plan_id,
        "routes": [one.model_dump(mode="json") for one in planned.report.route_decisions],
        "told_already": {name: format_instant(at) if at else "" for name, at in planned.told.items()},
        "record": planned.record,
    }


def alerts_as_json(alerts: Alerts, delivery: Delivery | None) -> dict[str, object]:
    """Give who is told of which worker; without a delivery nothing was sent."""
    return {
        "environment": alerts.environment,
        "executed": delivery is not None,
        "alerts": [_plan_as_json(alerts, one) for one in alerts.wanted],
        "delivery": delivery_as_json(delivery) if delivery else None,
    }


def retry_run_as_json(ran: RetryRun) -> dict[str, object]:
    """Give what the retry workers selected, what they left, and what became of it."""
    return {
        "environment": ran.environment,
        "executed": ran.live,
        "runs": [
            {
                "loop": one.loop.word,
                "run_id": one.run_id,
                "retry_plan_id": one.plan_id,
                "selected": [route_as_json(state) for state in one.selected],
                "left": [route_as_json(state) for state in one.left],
            }
            for one in ran.runs
        ],
        "delivery": delivery_as_json(ran.delivery),
    }


def _plan_as_json(alerts: Alerts, one: AlertPlan) -> dict[str, object]:
    told, absent = told_by(alerts, one)
    return {
        "loop": one.loop,
        "about": one.about,
        "health_id": one.health_id,
        "alert_level": one.alert_level,
        "alerts": [
            {"severity": each.severity, "category": each.category, "message": each.message} for each in one.alerts
        ],
        "selected_providers": told,
        "not_configured": absent,
        "suppressed_providers": [each.provider for each in one.suppressed_providers],
    }
