"""What people are told: of a drill that is due, of a worker that is not well, of what was not delivered. Pure.

Everything comes from a row of the loop table, the state of a route and what was planned; no loop has words of its own.
Connectors cut what does not fit; here everything is said.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from reporter.deliver.message import Message
from reporter.loops.alerts import AlertPlan
from reporter.loops.loop import Loop
from reporter.model.instants import format_instant
from reporter.model.reports import NotificationPlanReport, ScheduleReport
from reporter.model.routes import RouteId, RouteState

MOST_ALERTS: Final = 20
"""Alerts of one event; the others are counted (B2.19)."""
DRILL_EVENT: Final = "cavra.go-backend-pilot.rollback-drill-notification.v1"


class Head(NamedTuple):
    """What a message is besides its content. `link` is where the bundles are published, empty where nowhere."""

    message_id: str
    environment: str
    route: RouteId
    at: datetime
    link: str = ""

    @property
    def page(self) -> str:
        """The page that says more."""
        return f"{self.link.rstrip('/')}/{self.environment}/latest/index.html" if self.link else ""


def drill_message(head: Head, loop: Loop, plan: NotificationPlanReport, schedule: ScheduleReport) -> Message:
    """Tell owners of the next rollback drill (B2.9)."""
    facts = schedule.schedule
    routes = [one for one in plan.route_decisions if one.provider == head.route.provider and one.action == "deliver"]
    owners = list(dict.fromkeys(one.owner for one in routes))
    minutes = min((one.acknowledgement_minutes for one in routes), default=0)
    title = "Rollback drill is overdue" if facts.stale else "Rollback drill is due soon"
    if not facts.stale and not facts.due_soon:
        title = "Rollback drill"
    named = {"schedule_id": head.route.subject, "plan_id": plan.plan_id}
    event = {
        **_event(head, loop, plan.alert_level),
        "schema_version": DRILL_EVENT,
        **named,
        "summary": {
            "environment": head.environment,
            "latest_drill_id": schedule.history.latest_drill_id,
            "latest_executed_at": schedule.history.latest_executed_at,
            "next_due_at": facts.next_due_at,
            "days_until_due": facts.days_until_due,
            "stale": facts.stale,
            "due_soon": facts.due_soon,
            "interval_days": facts.interval_days,
        },
        "owners": owners,
        "notification_providers": list(plan.selected_providers),
        "owner_routes": [one.model_dump(mode="json") for one in plan.owner_routes],
        "runbook_ref": facts.runbook_ref,
        "evidence_refs": list(schedule.history.evidence_refs),
    }
    return _message(
        head,
        loop,
        plan.alert_level,
        f"{title}: {head.environment}",
        _sentence(plan.reason),
        [
            ("Schedule", head.route.subject),
            ("Next due", facts.next_due_at or "unknown"),
            ("Latest drill", schedule.history.latest_drill_id or "none"),
            ("Owners", ", ".join(owners)),
            ("Acknowledge within", f"{minutes:g} minutes"),
        ],
        ["Run the rollback drill, or move its date, and acknowledge this notification."],
        owner=", ".join(owners),
        runbook_ref=facts.runbook_ref,
        event=event,
    )


def alert_message(head: Head, teller: Loop, about: Loop, plan: AlertPlan) -> Message:
    """Tell that a retry worker is not well (B2.19)."""
    listed, more = plan.alerts[:MOST_ALERTS], len(plan.alerts[MOST_ALERTS:])
    event = {
        **_event(head, teller, plan.alert_level),
        "health_id": plan.health_id,
        "about": about.word,
        "alerts": [
            {
                "severity": one.severity,
                "category": one.category,
                "message": one.message,
                "recommendation": one.recommendation,
                "route_count": len(one.routes),
            }
            for one in listed
        ],
        "omitted_alert_count": more,
    }
    facts = [("Worker", about.title), ("Health", plan.health_id)]
    return _message(
        head,
        teller,
        plan.alert_level,
        f"{about.title}: its retry worker is not well, in {head.environment}",
        " ".join(_sentence(one.message) for one in listed) + (f" {more} more." if more else ""),
        [*facts, *((one.category, one.severity.value) for one in listed)],
        dict.fromkeys(one.recommendation for one in listed),
        owner=about.owner,
        event=event,
    )


def retry_message(head: Head, loop: Loop, state: RouteState, steps: Sequence[str] = ()) -> Message:
    """Tell again what others tried to tell and could not: what is known of it, and where it stands."""
    reasons = state.reasons or (state.retry.reason,)
    event = {
        **_event(head, loop, state.alert_level),
        loop.subject_keys[0]: head.route.subject,
        "plan_id": state.plan_id,
        "failure_count": state.failures,
        "acknowledgement_state": state.acknowledgement.state,
        "reasons": list(reasons),
    }
    since = format_instant(state.since) if state.since else "an unknown time"
    return _message(
        head,
        loop,
        state.alert_level,
        f"{loop.title}: delivered late, in {head.environment}",
        f"{head.route.subject} could not be delivered since {since}. {_sentence('; '.join(reasons))}",
        [
            ("Loop", loop.title),
            ("Subject", head.route.subject),
            ("Plan", state.plan_id or "none"),
            ("Owner", state.owner),
            ("Answer", state.acknowledgement.state.replace("_", " ")),
        ],
        [*steps, *(["Acknowledge it."] if state.acknowledgement.outstanding else [])],
        owner=state.owner,
        event=event,
    )


def _event(head: Head, loop: Loop, level: str) -> dict[str, Any]:
    return {
        "product": "CAVRA",
        "event_type": loop.event_type,
        "event_id": head.route.subject,
        "session_id": head.route.subject,
        "generated_at": format_instant(head.at),
        "generated_by": "release-governance",
        "environment": head.environment,
        "alert_level": level,
    }


def _message(  # noqa: PLR0913, PLR0917 - what a message holds
    head: Head,
    loop: Loop,
    level: Any,  # noqa: ANN401 - an AlertLevel, also where a report holds it as its word
    title: str,
    summary: str,
    facts: Iterable[tuple[str, str]],
    actions: Iterable[str],
    *,
    owner: str,
    event: dict[str, Any],
    runbook_ref: str = "",
) -> Message:
    return Message(
        message_id=head.message_id,
        environment=head.environment,
        loop=head.route.loop,
        event_type=loop.event_type,
        subject=head.route.subject,
        severity=level,
        title=title,
        summary=summary,
        at=head.at,
        facts=tuple(facts),
        actions=tuple(actions),
        owner=owner,
        runbook_ref=runbook_ref,
        link=head.page,
        event=event,
    )


def _sentence(text: str) -> str:
    """Write a reason as a sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
