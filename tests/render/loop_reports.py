"""The reports of the loops, made by hand for one environment in trouble and one in order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from render.closing_parts import (
    closed_closing,
    open_closing,
)
from reporter.model.delivery_reports import (
    AlertDashboard,
    AlertPlan,
    AuditEntry,
    AuditPackageReport,
    EscalationPlanReport,
    EscalationRoute,
    LoopHealth,
    LoopRetryPlan,
    RetryDecision,
    RetryPlanReport,
    RouteName,
    RoutingDay,
    RoutingEvent,
    RoutingFilters,
    RoutingTrendReport,
    SuppressedProvider,
    WorkerAlert,
    WorkerHealthReport,
)
from reporter.model.instants import format_instant
from reporter.model.readiness import LoopReports
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel, NotificationPlanReport, ProductionReport, Status

Ago = Callable[..., str]

OWNERS = {"drill_notification": "release-governance", "executive_report": "platform-lead"}
SUBJECTS = {
    "drill_notification": "go_backend_python_fallback_monthly",
    "executive_report": "gordackexecsched-71d0c6be11f2a904",
    "recovery_escalation": "gordackrecoveryesc-0b62a7d9c41e88f3",
    "executive_retry_health_alert": "gordackexecdeliveryhealth-9c0e551fd2ab7734",
}
DAYS = 60


def open_loops(
    environment: str, now: datetime, production: ProductionReport, plan: NotificationPlanReport
) -> LoopReports:
    """Give loops with something of every kind left to do."""
    return _loops(environment, now, production, plan, quiet=False)


def closed_loops(
    environment: str, now: datetime, production: ProductionReport, plan: NotificationPlanReport
) -> LoopReports:
    """Give loops with nothing left to do."""
    return _loops(environment, now, production, plan, quiet=True)


def _loops(
    environment: str, now: datetime, production: ProductionReport, plan: NotificationPlanReport, *, quiet: bool
) -> LoopReports:
    def head(name: str, status: Status, summary: str) -> dict[str, Any]:
        kind = BY_NAME[name]
        return {
            "schema_version": kind.schema_id,
            "report": name,
            "title": kind.title,
            "environment": environment,
            "generated_at": format_instant(now),
            "mode": production.mode,
            "status": status,
            "alert_level": status.alert_level,
            "summary": summary,
            "checks": (),
        }

    def ago(**span: float) -> str:
        return format_instant(now - timedelta(**span))

    closing = closed_closing(head, ago, production) if quiet else open_closing(head, ago, production)
    return LoopReports(
        notification_plan=plan,
        escalation_plan=_escalation(head, ago, quiet=quiet),
        routing_trend=_routing(head, ago, now),
        audit_package=_audit(head, ago, quiet=quiet),
        retry_plan=_retries(head, ago, quiet=quiet),
        worker_health=_health(head, ago, quiet=quiet),
        **closing,
    )


def route(loop: str, provider: str) -> dict[str, Any]:
    """Name one route of a loop."""
    subject = SUBJECTS[loop]
    return {
        "route_key": f"gordroute-{abs(sum(map(ord, loop + provider))):016x}",
        "loop": loop,
        "subject": subject,
        "provider": provider,
    }


def _escalation(head: Any, ago: Ago, *, quiet: bool) -> EscalationPlanReport:  # noqa: ANN401
    rows = (
        ("drill_notification", "slack", 2880, True),
        ("drill_notification", "teams", 2880, True),
        ("executive_retry_health_alert", "webhook", 12, False),
    )
    routes = tuple(
        EscalationRoute(
            **route(loop, provider),
            plan_id=f"gordn-{age:016x}",
            owner=OWNERS.get(loop, "release-governance"),
            escalation_owner="platform-lead",
            acknowledgement_state="acknowledged" if quiet else "outstanding",
            acknowledged=quiet,
            acknowledged_by="r.okafor" if quiet else "",
            acknowledgement_minutes=30,
            planned_at=ago(minutes=age),
            due_at=ago(minutes=age - 30),
            age_minutes=age,
            breached=breached and not quiet,
            recommended_action="none" if quiet else "escalate_to_owner" if breached else "wait_for_acknowledgement",
        )
        for loop, provider, age, breached in rows
    )
    status = Status.READY if quiet else Status.NEEDS_ATTENTION
    summary = "everybody answered" if quiet else "3 of 3 routes wait for an answer, 2 of them too long"
    return EscalationPlanReport(
        **head("escalation-plan", status, summary),
        plan_id="gordesc-4f2a91c07be6d318",
        acknowledgement_minutes=30,
        route_count=3,
        outstanding_count=0 if quiet else 3,
        breached_count=0 if quiet else 2,
        routes=routes,
        omitted_route_count=0,
    )


def _routing(head: Any, ago: Ago, now: datetime) -> RoutingTrendReport:  # noqa: ANN401
    days = []
    for index in range(DAYS):
        maintenance = 4 if 20 <= index < 24 else 0
        calendar = 2 if index % 7 in (5, 6) else 0
        healthy = 0 if index > 48 else 3
        delivered = (index * 5) % 4 + (6 if index > 48 else 1)
        days.append(
            RoutingDay(
                day=(now - timedelta(days=DAYS - 1 - index)).date().isoformat(),
                delivered=delivered,
                suppressed=maintenance + calendar + healthy,
                maintenance_suppressed=maintenance,
                calendar_suppressed=calendar,
                healthy_suppressed=healthy,
                other_suppressed=0,
            )
        )
    delivered = sum(one.delivered for one in days)
    maintenance = sum(one.maintenance_suppressed for one in days)
    calendar = sum(one.calendar_suppressed for one in days)
    healthy = sum(one.healthy_suppressed for one in days)
    suppressed = maintenance + calendar + healthy
    event = RoutingEvent(
        route_id="gordroute-00000000000009b1",
        created_at=ago(hours=3),
        plan_id="gordn-0000000000000b40",
        schedule_id=SUBJECTS["drill_notification"],
        alert_level="critical",
        provider="slack",
        owner="release-governance",
        escalation_owner="platform-lead",
        action="deliver",
        category="deliver",
        reason="the drill is overdue",
        acknowledgement_minutes=30,
        maintenance_window_id="",
        maintenance_window_reason="",
        owner_available=True,
        owner_availability_reason="",
        next_due_at=ago(days=1),
    )
    return RoutingTrendReport(
        **head("routing-trend", Status.READY, f"{delivered:,} told, {suppressed:,} suppressed in 60 days"),
        trend_id="gordtrend-1d55b09c7a2e4f60",
        filters=RoutingFilters(schedule_id="", provider="", owner="", action="", category=""),
        since=ago(days=DAYS),
        event_count=delivered + suppressed,
        suppression_event_count=suppressed,
        maintenance_suppressed_count=maintenance,
        calendar_suppressed_count=calendar,
        healthy_schedule_suppressed_count=healthy,
        category_counts={
            "deliver": delivered,
            "maintenance_window": maintenance,
            "owner_calendar": calendar,
            "healthy_schedule": healthy,
        },
        owner_counts={"release-governance": delivered + suppressed},
        provider_counts={"slack": delivered, "teams": suppressed},
        schedule_counts={SUBJECTS["drill_notification"]: delivered + suppressed},
        days=tuple(days),
        latest_events=(event,),
    )


def _audit(head: Any, ago: Ago, *, quiet: bool) -> AuditPackageReport:  # noqa: ANN401
    entries = tuple(
        AuditEntry(
            **route("drill_notification", provider),
            plan_id="gordn-0000000000000b40",
            owner="release-governance",
            escalation_owner="platform-lead",
            route_created_at=ago(days=2),
            acknowledgement_state="acknowledged" if quiet else "outstanding",
            acknowledged=quiet,
            acknowledged_by="r.okafor" if quiet else "",
            acknowledged_at=ago(days=2) if quiet else "",
            external_ref="CHG-20441" if quiet else "",
            acknowledgement_id="gordack-77aa01be23cd45ef" if quiet else "",
            answered_late_minutes=90.0 if quiet and provider == "teams" else None,
        )
        for provider in ("slack", "teams")
    )
    return AuditPackageReport(
        **head("audit-package", Status.READY if quiet else Status.NEEDS_ATTENTION, "2 routes had to be answered"),
        audit_id="gordackaudit-2c9b7f0e5a13d684",
        route_count=2,
        acknowledgement_count=2 if quiet else 0,
        acknowledged_count=2 if quiet else 0,
        resolved_count=0,
        escalated_count=0,
        dismissed_count=0,
        deferred_count=0,
        outstanding_count=0 if quiet else 2,
        entries=entries,
        omitted_entry_count=0,
    )


def _decision(ago: Ago, loop: str, provider: str, action: str, reason: str, **more: Any) -> RetryDecision:  # noqa: ANN401
    fields: dict[str, Any] = {
        "retry_count": 1,
        "max_retry_attempts": 3,
        "latest_delivery_at": ago(hours=5),
        "next_retry_at": "",
        "gate_state": "not_needed",
        "gate_reason": "",
        "self_approved": False,
        "owner": OWNERS.get(loop, "release-governance"),
        "since": ago(days=3),
    }
    return RetryDecision(action=action, reason=reason, **route(loop, provider), **(fields | more))


def _retries(head: Any, ago: Ago, *, quiet: bool) -> RetryPlanReport:  # noqa: ANN401
    decisions = (
        _decision(ago, "executive_report", "webhook", "suppress", "failed 3 times of 3", retry_count=3),
        _decision(ago, "drill_notification", "pagerduty", "retry", "the delay after its failure is over"),
        _decision(
            ago,
            "recovery_escalation",
            "servicenow",
            "wait",
            "its second failure is 20 minutes old",
            retry_count=2,
            next_retry_at=ago(minutes=-40),
            gate_state="acknowledgement_required",
            gate_reason="nobody acknowledged the escalation",
        ),
    )
    titles = {
        "executive_report": "Executive report",
        "drill_notification": "Drill notification",
        "recovery_escalation": "Recovery escalation",
    }
    plans = tuple(
        LoopRetryPlan(
            schema_version="reporter.retry-plan.v1",
            retry_plan_id=f"gordretry-{index:016x}",
            loop=one.loop,
            title=titles[one.loop],
            alert_level=AlertLevel.CRITICAL if one.action == "suppress" else AlertLevel.WARNING,
            decision_count=1,
            retryable_count=int(one.action == "retry"),
            waiting_count=int(one.action == "wait"),
            suppressed_count=int(one.action == "suppress"),
            gated_count=int(one.gate_state != "not_needed"),
            max_retry_attempts=3,
            base_retry_delay_minutes=15,
            allow_immediate_retry=False,
            backoff_multiplier=2,
            retry_decisions=(one,),
            omitted_decision_count=0,
        )
        for index, one in enumerate(() if quiet else decisions)
    )
    status = Status.READY if quiet else Status.NEEDS_ATTENTION
    return RetryPlanReport(
        **head("retry-plan", status, "nothing to try again" if quiet else "1 due, 1 waits, 1 is exhausted"),
        decision_count=len(plans),
        retryable_count=sum(one.retryable_count for one in plans),
        waiting_count=sum(one.waiting_count for one in plans),
        suppressed_count=sum(one.suppressed_count for one in plans),
        gated_count=sum(one.gated_count for one in plans),
        plans=plans,
    )


def _health(head: Any, ago: Ago, *, quiet: bool) -> WorkerHealthReport:  # noqa: ANN401
    def worker(loop: str, title: str, age: float, alerts: tuple[WorkerAlert, ...] = (), **more: Any) -> LoopHealth:  # noqa: ANN401
        fields: dict[str, Any] = {
            "alert_level": alerts[0].severity if alerts else AlertLevel.HEALTHY,
            "missed_worker": False,
            "stale_retry_plan": False,
            "retryable_count": 0,
            "waiting_count": 0,
            "exhausted_count": 0,
            "failed_execution_count": 0,
            "acknowledgement_pending_count": 0,
            "alert_plan": None,
        }
        return LoopHealth(
            loop=loop,
            title=title,
            latest_run_id=f"gordackworker-{int(age):016x}",
            latest_run_at=ago(minutes=age),
            latest_run_age_minutes=age,
            expected_interval_minutes=60,
            latest_plan_age_minutes=age,
            stale_metadata_minutes=120,
            delivery_failure_count=0,
            dry_run_only=False,
            alerts=alerts,
            **(fields | more),
        )

    executive = RouteName(**route("executive_report", "webhook"))
    missed = WorkerAlert(
        severity=AlertLevel.CRITICAL,
        category="missed_worker_run",
        message="the last run was 9 hours ago; one is expected every 60 minutes",
        recommendation="Start the worker again, or mend what starts it.",
        routes=(),
    )
    exhausted = WorkerAlert(
        severity=AlertLevel.CRITICAL,
        category="failed_executive_report_delivery",
        message="1 route failed 3 times of 3",
        recommendation="Deliver the executive report by hand, then mend the connector.",
        routes=(executive,),
    )
    plan = AlertPlan(
        plan_id="gordackexechealthalert-1a2b3c4d5e6f7081",
        health_id=SUBJECTS["executive_retry_health_alert"],
        alert_loop="executive_retry_health_alert",
        alert_level=AlertLevel.CRITICAL,
        eligible_providers=("slack", "webhook"),
        selected_providers=("webhook",),
        suppressed_providers=(SuppressedProvider(provider="slack", last_delivery_at=ago(minutes=20)),),
        suppression_window_minutes=60,
        acknowledgement_required_providers=("webhook",),
    )
    quiet_workers = (
        worker("acknowledgement_audit", "Acknowledgement audit", 12),
        worker("executive_report", "Executive report", 25),
    )
    loud_workers = (
        worker("acknowledgement_audit", "Acknowledgement audit", 540, (missed,), missed_worker=True),
        worker("executive_report", "Executive report", 25, (exhausted,), exhausted_count=1, alert_plan=plan),
        worker("drill_notification", "Drill notification", 25, retryable_count=1, alert_level=AlertLevel.WARNING),
    )
    dashboards = (
        AlertDashboard(
            loop="executive_retry_health_alert",
            title="Executive retry health alert",
            alert_level=AlertLevel.HEALTHY if quiet else AlertLevel.WARNING,
            delivered_count=2,
            failed_delivery_count=0,
            outstanding_acknowledgement_count=0 if quiet else 1,
            suppressed_count=1,
        ),
    )
    status = Status.READY if quiet else Status.NEEDS_ATTENTION
    summary = "every worker runs" if quiet else "1 worker is missed and 1 route is exhausted"
    loops = quiet_workers if quiet else loud_workers
    return WorkerHealthReport(
        **head("worker-health", status, summary),
        expected_loop_count=len(loops),
        missed_worker_count=sum(one.missed_worker for one in loops),
        retryable_count=sum(one.retryable_count for one in loops),
        exhausted_count=sum(one.exhausted_count for one in loops),
        failed_execution_count=0,
        acknowledgement_pending_count=0 if quiet else 1,
        loops=loops,
        alert_dashboards=dashboards,
    )
