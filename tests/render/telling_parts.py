"""Executive report and runbook, made by hand."""

from collections.abc import Callable
from typing import Any, Literal

from reporter.model.closing_reports import (
    ClosureReport,
    Decision,
    ExecutiveReport,
    ExecutiveSummary,
    KeyRisk,
    ReportSchedule,
    RunbookReport,
    RunbookStep,
)
from reporter.model.reports import AlertLevel, ProductionReport, Status

Head = Callable[[str, Status, str], dict[str, Any]]
Ago = Callable[..., str]

CRITICAL, WARNING, HEALTHY = AlertLevel.CRITICAL, AlertLevel.WARNING, AlertLevel.HEALTHY


def executive_report(head: Head, ago: Ago, closure: ClosureReport, *, quiet: bool) -> ExecutiveReport:
    """Say what executives have to know and decide."""
    status = Status.READY if quiet else Status.NEEDS_ATTENTION
    risks = tuple(
        KeyRisk(severity=severity, risk=risk, count=count, owner=owner, since=since)
        for severity, risk, count, owner, since in (
            (
                CRITICAL,
                "The way back to Python is not proven: the latest drill failed",
                1,
                "release-governance",
                ago(days=4),
            ),
            (
                CRITICAL,
                "The executive report no longer reaches its readers by webhook",
                1,
                "platform-lead",
                ago(days=3),
            ),
            (
                CRITICAL,
                "A connector is being repaired longer than agreed",
                1,
                "connector-operations",
                ago(minutes=2930),
            ),
            (CRITICAL, "Nobody answered the drill notification in time", 2, "release-governance", ago(days=2)),
            (WARNING, "A connector is being repaired", 1, "connector-operations", ago(minutes=85)),
            (WARNING, "Deliveries wait to be tried again", 2, "release-governance", ago(hours=5)),
        )
    )
    decisions = (
        Decision(
            decision="Hold the release until the drill passes.",
            why="The latest drill took 22 of 15 minutes, so nobody knows whether Python can take over in time.",
            by="Release board",
        ),
        Decision(
            decision="Name who answers for release-governance while it does not.",
            why="Two notifications wait since 9 June; the stand-in was not asked.",
            by="platform-lead",
        ),
    )
    verdict = (
        "This release may be approved: nothing is open, and the way back to Python is proven."
        if quiet
        else "Do not approve this release: 6 items are open, and the way back to Python is not proven."
    )
    return ExecutiveReport(
        **head("executive", status, "nothing to decide" if quiet else "2 decisions are asked for"),
        executive_report_id="gordackexecreport-e07b1c29d4a6f583",
        verdict=verdict,
        executive_summary=ExecutiveSummary(
            status=HEALTHY if quiet else CRITICAL,
            business_impact=not quiet,
            readiness_state="ready" if quiet else "blocked",
            closure_state=closure.closure_state,
            open_item_count=closure.open_item_count,
            escalation_count=0 if quiet else 1,
            failed_execution_count=0 if quiet else 2,
            open_recovery_count=0 if quiet else 2,
            slo_breached_count=0 if quiet else 1,
            exhausted_count=0 if quiet else 1,
            outstanding_acknowledgement_count=0 if quiet else 3,
        ),
        key_risks=() if quiet else risks,
        decisions=() if quiet else decisions,
        recommended_actions=("Approve the release closure.",)
        if quiet
        else (
            "Run the rollback drill again, and record it.",
            "Escalate the repair of servicenow past its 240 minutes.",
            "Deliver the executive report by hand until webhook is mended.",
        ),
        schedule=ReportSchedule(
            interval_minutes=1440,
            last_delivered_at=ago(hours=20) if quiet else ago(days=3, hours=9),
            next_due_at=ago(hours=-4) if quiet else ago(days=2, hours=9),
            overdue=not quiet,
        ),
    )


_Phase = Literal["rollback", "now", "soon", "close"]


def open_steps(ago: Ago) -> tuple[RunbookStep, ...]:
    """Give steps of every phase but the way back."""
    rows: tuple[tuple[_Phase, AlertLevel, str, str, str, str, str, str, str], ...] = (
        (
            "now",
            CRITICAL,
            "Run the rollback drill again",
            "",
            "release-governance",
            ago(days=4),
            ago(days=1),
            "The latest drill took 22 of 15 minutes, so the way back to Python is not proven.",
            "The drill history holds a drill that passed, dated after this bundle.",
        ),
        (
            "now",
            CRITICAL,
            "Get an answer to the drill notification on slack",
            "reporter ack go_backend_python_fallback_monthly --provider slack --by NAME --external-ref REF --execute",
            "platform-lead",
            ago(days=2),
            ago(days=2, minutes=-30),
            "Two notifications wait for an answer since 9 June 2026, 15:40 UTC; 30 minutes were agreed.",
            "reporter status shows no outstanding acknowledgement of this schedule.",
        ),
        (
            "now",
            CRITICAL,
            "Deliver the executive report by hand",
            "reporter mail bundles/payments-pilot/latest",
            "platform-lead",
            ago(days=3, hours=9),
            "",
            "webhook failed 3 times of 3; it is not tried again.",
            "A delivery of this report is recorded within the last two days.",
        ),
        (
            "now",
            CRITICAL,
            "Close the recovery of servicenow, or escalate it",
            "reporter recovery close servicenow --state resolved --by NAME --verification-ref REF --execute",
            "connector-operations",
            ago(minutes=2930),
            ago(minutes=2690),
            "The repair takes 48 hours 50 minutes; 4 hours were agreed.",
            "The recovery is closed with at least one verification reference.",
        ),
        (
            "soon",
            WARNING,
            "Run the retry worker for drill notifications",
            "reporter retry run --loop drill_notification --execute",
            "release-governance",
            ago(hours=5),
            ago(hours=4),
            "One delivery by pagerduty failed, and its delay is over.",
            "reporter status shows no retry that is due.",
        ),
        (
            "soon",
            WARNING,
            "Acknowledge the alert on the executive report's deliveries",
            "reporter ack gordackexecdeliveryhealth-9c0e551fd2ab7734 --provider webhook --by NAME --execute",
            "platform-lead",
            ago(minutes=12),
            ago(minutes=-18),
            "An alert about a worker has to be answered within 30 minutes.",
            "reporter status shows no outstanding acknowledgement.",
        ),
        (
            "close",
            HEALTHY,
            "Approve the release once nothing is open",
            "reporter run --environment payments-pilot",
            "release-governance",
            "",
            "",
            "The closeout packet has no approval decision.",
            "Release readiness says ready, and the decision is recorded.",
        ),
    )
    return tuple(
        RunbookStep(
            number=number,
            phase=phase,
            severity=severity,
            task=task,
            command=command,
            owner=owner,
            since=since,
            due_at=due,
            why=why,
            done_when=done,
        )
        for number, (phase, severity, task, command, owner, since, due, why, done) in enumerate(rows, start=2)
    )


def runbook_report(head: Head, ago: Ago, production: ProductionReport, steps: tuple[RunbookStep, ...]) -> RunbookReport:
    """Say what to do: the way back first."""
    quiet = not steps
    plan = production.go_backend_rollback.rollback
    rollback = RunbookStep(
        number=1,
        phase="rollback",
        severity=HEALTHY if quiet else CRITICAL,
        task="Verify that Python decides",
        command="reporter check backend --mode disabled",
        owner="release-governance",
        since="",
        due_at="",
        why="A rollback that nobody looks at is not done.",
        done_when="The backend report says disabled.",
    )
    status = Status.READY if quiet else Status.NEEDS_ATTENTION
    told = (rollback, *steps)
    return RunbookReport(
        **head("runbook", status, "nothing to do" if quiet else f"{len(steps)} things to do"),
        export_id="gordackfinalrunbook-b91d0e3f6a7c2584",
        readiness_summary_id="gordackfinalready-6b0f1a7c2d9e4835",
        readiness_state="ready" if quiet else "blocked",
        closure_state="closed" if quiet else "open",
        rollback_ready=quiet,
        rollback_target_minutes=plan.max_recovery_minutes,
        rollback_approval_id=plan.approval_id,
        runbook_ref=production.go_backend_rollback_drill_schedule.schedule.runbook_ref,
        contacts=("release-governance: owns the drills", "platform-lead: stands in for release-governance"),
        rollback_steps=plan.rollback_steps,
        steps=told,
        markdown="".join(f"{one.number}. {one.task}\n" for one in told) + f"As of {ago()}.\n",
    )
