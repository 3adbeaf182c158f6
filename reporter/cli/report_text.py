"""A report as text for a person at a terminal: the status, then the failed checks with their remedies."""

from collections.abc import Iterator

from reporter.cli.explanation_text import MARKS
from reporter.cli.verdict import word
from reporter.model.case import Case
from reporter.model.checks import Check, CheckStatus
from reporter.model.delivery_reports import WorkerHealthReport
from reporter.model.documents import Document, DocumentState
from reporter.model.reports import (
    AlertLevel,
    NotificationPlanReport,
    ProductionReport,
    Report,
    RouteDecision,
    ScheduleReport,
)
from reporter.model.text import visible


def report_text(report: Report, case: Case) -> str:
    """Write a whole report. What a document says stays on its line."""
    return "\n".join(visible(line) for line in _lines(report, case))


def _lines(report: Report, case: Case) -> Iterator[str]:
    context = f"{report.environment}, mode {report.mode}, as of {report.generated_at}"
    yield f"{report.title}: {word(report.status)}  ({context})"
    yield report.summary
    if isinstance(report, ScheduleReport) and report.schedule.due.at:
        yield f"next drill due {report.schedule.due.at} ({report.schedule.due.basis}: {report.schedule.due.sum})"
    if isinstance(report, NotificationPlanReport):
        yield from _route_lines(report)
    yield ""
    order = list(MARKS)
    for check in sorted(report.checks, key=lambda one: order.index(one.status)):
        yield from _check_lines(check)
    if isinstance(report, WorkerHealthReport):
        yield from _warning_lines(report)
    if markdown := getattr(report, "markdown", ""):
        yield ""
        yield from markdown.splitlines()
    if report.operator_notes:
        yield ""
        yield from (f"note: {note}" for note in report.operator_notes)
    documents = [] if isinstance(report, ProductionReport) else list(_documents(case))
    if documents:
        yield ""
        yield "read:"
        yield from documents


def _route_lines(plan: NotificationPlanReport) -> Iterator[str]:
    yield plan.reason
    if plan.suppressed_critical:
        again = f"; the first may be told again at {plan.told_again_at}" if plan.told_again_at else ""
        yield f"SUPPRESSED: nobody is told{again}"
    for route in plan.route_decisions:
        yield f"  {route.action:<8}  {route.provider}  {route.owner}  {_why(route)}"


def _why(route: RouteDecision) -> str:
    if route.action == "deliver":
        minutes = f"{route.acknowledgement_minutes:g} minute{'' if route.acknowledgement_minutes == 1 else 's'}"
        return f"answer within {minutes}, else {route.escalation_owner}"
    until = f"until {route.until}" if route.until else "with no end given"
    return f"{until}  {route.category}: {route.reason}"


def _check_lines(check: Check) -> Iterator[str]:
    yield f"{MARKS[check.status]}  {check.title}  [{check.id}]"
    if check.status is CheckStatus.FAIL:
        yield from (f"        {reason.text}" for reason in check.reasons)
        yield f"        -> {check.remedy}"
    elif check.status is CheckStatus.NOT_APPLICABLE:
        yield f"        {check.message}"


def _warning_lines(report: WorkerHealthReport) -> Iterator[str]:
    """Name what makes the report due soon and fails no check."""
    for loop in report.loops:
        for alert in loop.alerts:
            if alert.severity is AlertLevel.WARNING:
                yield f"warn  {alert.message}  [{alert.category}]"
                yield f"        -> {alert.recommendation}"


def _documents(case: Case) -> Iterator[str]:
    others = (case.runtime.document, case.compiled_policy, case.tool_registry)
    for document in (*(one.document for one in case.manifests.values()), *others):
        if document.configured:
            yield f"  {document.alias}: {document.name}  {_state(document)}"


def _state(document: Document) -> str:
    if document.state is DocumentState.READ:
        return f"sha256 {document.sha256}"
    return "; ".join(fault.found for fault in document.faults)
