"""Recovery, closure and release readiness, made by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Literal

from render.telling_parts import executive_report, open_steps, runbook_report
from reporter.model.closing_reports import (
    BlockerRow,
    CloseoutEntry,
    CloseoutPacket,
    ClosureReport,
    DeliveryDay,
    EvidenceFault,
    FutureDated,
    LoopLane,
    OpenItemRow,
    OverrideRow,
    PlaybookNeeded,
    RecoveryDay,
    RecoveryEscalation,
    RecoveryReport,
    RecoveryRow,
    ReleaseCheck,
    ReleaseDecision,
    ReleaseReadinessReport,
    RetryFunnel,
)
from reporter.model.delivery_reports import RouteName
from reporter.model.reports import AlertLevel, ProductionReport, Status

Head = Callable[[str, Status, str], dict[str, Any]]
Ago = Callable[..., str]

CRITICAL, WARNING, HEALTHY = AlertLevel.CRITICAL, AlertLevel.WARNING, AlertLevel.HEALTHY
PROVIDERS = ("slack", "teams", "servicenow", "webhook", "pagerduty")

# planned, delivered, acknowledged, outstanding, failed, waiting, due, exhausted, closed, open
_LANES = (
    ("drill_notification", "Drill notification", (0, 5, 3, 2, 1, 0, 1, 0, 3, 3), CRITICAL),
    ("acknowledgement_audit", "Acknowledgement audit", (0, 3, 0, 0, 0, 0, 0, 0, 3, 0), HEALTHY),
    ("audit_worker_health_alert", "Audit worker health alert", (0, 2, 2, 0, 0, 0, 0, 0, 2, 0), HEALTHY),
    ("recovery_escalation", "Recovery escalation", (1, 1, 1, 0, 1, 1, 0, 0, 1, 1), WARNING),
    ("recovery_retry_health_alert", "Recovery retry health alert", (0, 1, 1, 0, 0, 0, 0, 0, 1, 0), HEALTHY),
    ("executive_report", "Executive report", (0, 9, 0, 0, 1, 0, 0, 1, 9, 1), CRITICAL),
    ("executive_retry_health_alert", "Executive retry health alert", (0, 2, 1, 1, 0, 0, 0, 0, 1, 1), WARNING),
    ("auditor_export", "Auditor export", (0, 1, 0, 0, 0, 0, 0, 0, 1, 0), HEALTHY),
    ("archive_health_alert", "Archive health alert", (0, 0, 0, 0, 0, 0, 0, 0, 0, 0), HEALTHY),
)


def open_closing(head: Head, ago: Ago, production: ProductionReport) -> dict[str, Any]:
    """Give the closing reports of an environment with open items."""
    closure = _closure(head, ago, quiet=False)
    return {
        "recovery": _recovery(head, ago, quiet=False),
        "closure": closure,
        "release_readiness": _release(head, ago, closure, quiet=False),
        "executive": executive_report(head, ago, closure, quiet=False),
        "runbook": runbook_report(head, ago, production, open_steps(ago)),
    }


def closed_closing(head: Head, ago: Ago, production: ProductionReport) -> dict[str, Any]:
    """Give the closing reports of an environment with nothing left to do."""
    closure = _closure(head, ago, quiet=True)
    return {
        "recovery": _recovery(head, ago, quiet=True),
        "closure": closure,
        "release_readiness": _release(head, ago, closure, quiet=True),
        "executive": executive_report(head, ago, closure, quiet=True),
        "runbook": runbook_report(head, ago, production, ()),
    }


def _recovery(head: Head, ago: Ago, *, quiet: bool) -> RecoveryReport:
    def row(provider: str, opened: float, closed: float | None, *, breached: bool) -> RecoveryRow:
        return RecoveryRow(
            provider=provider,
            category="authentication" if provider == "servicenow" else "connector_failure",
            playbook_ids=(f"gordackrecovery-{int(opened):016x}",),
            opened_at=ago(minutes=opened),
            age_minutes=opened,
            closure_state="open" if closed is None else "resolved",
            closed_at="" if closed is None else ago(minutes=opened - closed),
            closed_by="" if closed is None else "r.okafor",
            closure_minutes=closed,
            recovery_slo_minutes=240,
            slo_status="breached" if breached else "open" if closed is None else "closed",
            reasons=("2 deliveries answered 401",),
        )

    closed = (row("jira", 11_500, 95, breached=False), row("teams", 30_240, 310, breached=True))
    open_ones = (row("servicenow", 2_930, None, breached=True), row("slack", 85, None, breached=False))
    rows = closed[:1] if quiet else open_ones + closed
    needed = PlaybookNeeded(
        provider="webhook",
        category="serialisation",
        failure_count=3,
        latest_failure_at=ago(hours=5),
        recovery_steps=("Send one test event.", "Compare the body with the receiver's schema."),
    )
    escalation = RecoveryEscalation(
        provider="servicenow",
        severity=CRITICAL,
        category="authentication",
        reason="open for 2 days 49 minutes, wanted at most 4 hours",
        channels=("slack", "pagerduty"),
        channel_reason="servicenow fails itself",
    )
    end = date.fromisoformat(ago()[:10])
    trend = tuple(
        RecoveryDay(day=(end - timedelta(days=29 - n)).isoformat(), opened=int(n % 9 == 8), closed=int(n % 10 == 9))
        for n in range(30)
    )
    status = Status.READY if quiet else Status.NEEDS_ATTENTION
    open_count = sum(not one.closed_at for one in rows)
    return RecoveryReport(
        **head("recovery", status, "nothing is open" if quiet else "2 recoveries are open, 1 of them too long"),
        report_id="gordackretryreport-5c1d9e02b7f3a846",
        recovery_slo_minutes=240,
        lookback_hours=24,
        min_failure_count=2,
        recovery_playbook_provider_count=len(rows),
        recovery_open_count=open_count,
        recovery_closed_count=len(rows) - open_count,
        recovery_slo_breached_count=sum(one.slo_status == "breached" for one in rows),
        failed_execution_count=0 if quiet else 2,
        closure_rate=(len(rows) - open_count) / len(rows),
        recoveries=rows,
        playbooks_needed=() if quiet else (needed,),
        escalation_routes=() if quiet else (escalation,),
        closure_trends=trend,
    )


def _items(ago: Ago) -> tuple[OpenItemRow, ...]:
    def item(  # noqa: PLR0913, PLR0917 - one row of a table
        code: str, severity: AlertLevel, title: str, detail: str, since: str, owner: str, action: str, *routes: str
    ) -> OpenItemRow:
        names = tuple(one.split(" ") for one in routes)
        return OpenItemRow(
            code=code,
            severity=severity,
            title=title,
            detail=detail,
            since=since,
            owner=owner,
            next_action=action,
            route_count=len(routes),
            routes=tuple(
                RouteName(route_key=f"gordroute-{index:016x}", loop=loop, subject=subject, provider=provider)
                for index, (loop, subject, provider) in enumerate(names)
            ),
        )

    return (
        item(
            "executive_report_retry_exhausted",
            CRITICAL,
            "Executive report: retries are exhausted",
            "1 route failed 3 times of 3; it is not tried again",
            ago(days=3, hours=9),
            "platform-lead",
            "Deliver the executive report by hand, and mend the connector webhook.",
            "executive_report gordackexecsched-71d0c6be11f2a904 webhook",
        ),
        item(
            "drill_notification_acknowledgement_outstanding",
            CRITICAL,
            "Drill notification: nobody acknowledged",
            "2 routes wait for an answer since 9 June 2026; 30 minutes were agreed",
            ago(days=2),
            "release-governance",
            "Ask platform-lead, who stands in for release-governance.",
            "drill_notification go_backend_python_fallback_monthly slack",
            "drill_notification go_backend_python_fallback_monthly teams",
        ),
        item(
            "recovery_open",
            CRITICAL,
            "A connector recovery is open",
            "servicenow and slack",
            ago(minutes=2930),
            "connector-operations",
            "Close the recovery with at least one verification reference.",
        ),
        item(
            "drill_notification_delivery_failed",
            WARNING,
            "Drill notification: a delivery failed",
            "1 route, due to be tried again",
            ago(hours=5),
            "release-governance",
            "Run the retry worker.",
            "drill_notification go_backend_python_fallback_monthly pagerduty",
        ),
        item(
            "recovery_escalation_delivery_failed",
            WARNING,
            "Recovery escalation: a delivery failed",
            "1 route, to be tried again at 16:20 UTC",
            ago(hours=2),
            "connector-operations",
            "Acknowledge the escalation, so that its retry may run.",
            "recovery_escalation gordackrecoveryesc-0b62a7d9c41e88f3 servicenow",
        ),
        item(
            "executive_retry_health_alert_acknowledgement_outstanding",
            WARNING,
            "Executive retry health alert: nobody acknowledged yet",
            "1 route waits for an answer since 12 minutes",
            ago(minutes=12),
            "platform-lead",
            "Acknowledge the alert.",
            "executive_retry_health_alert gordackexecdeliveryhealth-9c0e551fd2ab7734 webhook",
        ),
    )


def _lanes(*, quiet: bool) -> tuple[LoopLane, ...]:
    names = (
        "planned",
        "delivered",
        "acknowledged",
        "outstanding",
        "failed",
        "waiting",
        "due",
        "exhausted",
        "closed",
        "open",
    )
    lanes = []
    for loop, title, numbers, level in _LANES:
        counts = dict(zip(names, numbers, strict=True))
        if quiet:
            routes = counts["planned"] + counts["delivered"] + counts["failed"]
            answered = counts["acknowledged"] + counts["outstanding"]
            counts = dict.fromkeys(names, 0) | {"delivered": routes, "closed": routes, "acknowledged": answered}
        lanes.append(LoopLane(loop=loop, title=title, alert_level=HEALTHY if quiet else level, **counts))
    return tuple(lanes)


def _delivery_days(ago: Ago, *, quiet: bool) -> tuple[DeliveryDay, ...]:
    end = date.fromisoformat(ago()[:10])
    days = []
    for index in range(60):
        for column, provider in enumerate(PROVIDERS):
            failed = 0
            if not quiet and (
                (provider == "servicenow" and index > 56) or (provider == "webhook" and index in (55, 57))
            ):
                failed = index % 3 + 1
            if provider == "teams" and index in (38, 39):
                failed = 4
            delivered = (index * (column + 2) + column) % 5 if column < 4 else index % 7 // 6
            if delivered or failed:
                day = (end - timedelta(days=59 - index)).isoformat()
                days.append(DeliveryDay(day=day, provider=provider, delivered=delivered, failed=failed))
    return tuple(days)


def _closure(head: Head, ago: Ago, *, quiet: bool) -> ClosureReport:
    items = () if quiet else _items(ago)
    lanes = _lanes(quiet=quiet)
    status = Status.READY if quiet else Status.NEEDS_ATTENTION
    return ClosureReport(
        **head("closure", status, "everything is closed" if quiet else f"{len(items)} open items"),
        closure_state="closed" if quiet else "open",
        open_item_count=len(items),
        open_items=items,
        route_count=sum(one.planned + one.delivered + one.failed for one in lanes),
        lanes=lanes,
        funnel=RetryFunnel(ever_failed=4, recovered=4, waiting=0, due=0, gated=0, exhausted=0)
        if quiet
        else RetryFunnel(ever_failed=9, recovered=6, waiting=1, due=1, gated=1, exhausted=1),
        delivery_days=_delivery_days(ago, quiet=quiet),
        faults=()
        if quiet
        else (
            EvidenceFault(
                record="gordack-51ab",
                pointer="/acknowledged_at",
                found="yesterday",
                wanted="an RFC 3339 time",
                where="records, line 640",
            ),
        ),
        future_dated=()
        if quiet
        else (FutureDated(record="gordackworker-99", kind="worker-run", created_at=ago(hours=-20)),),
        conflicting_records=() if quiet else ("gordn-0000000000000b40",),
        unmatched_routes=(),
        truncated=(),
    )


def _release(head: Head, ago: Ago, closure: ClosureReport, *, quiet: bool) -> ReleaseReadinessReport:
    status = Status.READY if quiet else Status.NEEDS_ATTENTION
    blockers = (
        BlockerRow(code="closure_open", severity=CRITICAL, detail="final closure is open: 6 open items"),
        BlockerRow(code="worker_health_critical", severity=CRITICAL, detail="1 worker is missed, 1 route is exhausted"),
        BlockerRow(code="go_backend_rollback_drill_history", severity=CRITICAL, detail="the latest drill failed"),
        BlockerRow(code="notification_acknowledgements", severity=WARNING, detail="3 acknowledgements are outstanding"),
    )
    checks = tuple(
        ReleaseCheck(
            id=check_id,
            title=title,
            status="pass" if quiet else state,
            evidence=evidence,
            operator_action="" if quiet or state == "pass" else action,
        )
        for check_id, title, state, evidence, action in _RELEASE_CHECKS
    )
    override = OverrideRow(
        summary_id="gordackfinalready-08d2c7b1e4f5a690",
        decided_by="m.lindqvist",
        decided_at=ago(days=6),
        reason="Customer fix CHG-20377 could not wait; the open item was the weekly digest.",
        record="gordackfinalapproval-33c0a1d9b7e2f458",
    )
    entries = tuple(
        CloseoutEntry(
            code=code,
            title=title,
            met=quiet or met,
            found=found,
            wanted=wanted,
            since="" if met or quiet else ago(days=2),
            record="gordackfinalpacket-1" if met else "",
        )
        for code, title, met, found, wanted in (
            ("approved_readiness_decision", "Approval decision", False, "none", "an approved decision"),
            ("release_record_attachment", "Attached to the release record", True, "CHG-20441", "an attachment"),
            ("verified_closure_packet", "Verified packet", False, "incomplete", "verified"),
            ("immutable_archive_reference", "Archived", True, "archive-eu/2026/06", "an archive reference"),
        )
    )
    return ReleaseReadinessReport(
        **head("release-readiness", status, "the release may be approved" if quiet else "4 blockers hold the release"),
        summary_id="gordackfinalready-6b0f1a7c2d9e4835",
        readiness_state="ready" if quiet else "blocked",
        closure_state=closure.closure_state,
        release_decision=ReleaseDecision(
            recommended_state="approve_release_closure" if quiet else "hold_release_closure"
        ),
        open_item_count=closure.open_item_count,
        blockers=() if quiet else blockers,
        release_checks=checks,
        overrides=() if quiet else (override,),
        closeout=CloseoutPacket(closeout_state="closed" if quiet else "open", entries=entries),
    )


_State = Literal["pass", "fail", "warning"]
_RELEASE_CHECKS: tuple[tuple[str, str, _State, str, str], ...] = (
    ("final_reporting_closure_state", "Final closure", "fail", "open, 6 open items", "Close the open items."),
    ("rollback_drill_history", "Drill history", "fail", "the latest drill failed", "Run the drill again."),
    ("worker_health", "Worker health", "fail", "critical", "Start the missed worker."),
    ("notification_acknowledgements", "Acknowledgements", "warning", "3 outstanding", "Ask for an answer."),
    ("release_readiness_artifacts", "Artifacts of the bundle", "pass", "all verify", ""),
)
