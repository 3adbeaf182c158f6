"""The agenda of one environment: what is due, and when who cannot be told; windows exactly as the plan judges them."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from reporter.assess.routing import (
    DEFAULT_CALENDAR_REASON,
    DEFAULT_WINDOW_ID,
    DEFAULT_WINDOW_REASON,
    RoutingInForce,
    routing_in_force,
)
from reporter.assess.windows import TimeWindow, in_doubt
from reporter.model.agenda import AgendaKind, Appointment
from reporter.model.case import Case
from reporter.model.instants import format_instant, parse_instant, shift
from reporter.model.reports import Report, ScheduleReport

if TYPE_CHECKING:
    from reporter.model.closing_reports import ExecutiveReport, RecoveryReport
    from reporter.model.delivery_reports import RetryPlanReport

REPORTS_READ: Final = ("schedule", "retry-plan", "recovery", "executive")
"""The reports that an agenda is made from."""

_RETRIED: Final = ("retry", "wait")


def build_agenda(case: Case, reports: Mapping[str, Report], horizon: timedelta) -> list[Appointment]:
    """List what is due, whenever that is, and every window that ends after `now` and starts within the horizon."""
    until = shift(case.now, horizon)
    found = [
        *_drill(case, reports["schedule"]),  # type: ignore[arg-type] # the registry names the model of each
        *_windows(case, routing_in_force(case), until),
        *_executive(case, reports["executive"]),  # type: ignore[arg-type]
        *_recoveries(case, reports["recovery"]),  # type: ignore[arg-type]
        *_retries(case, reports["retry-plan"]),  # type: ignore[arg-type]
    ]
    return sorted(found, key=lambda one: (one.start, one.kind, one.key))


def _drill(case: Case, report: ScheduleReport) -> Iterator[Appointment]:
    schedule = report.schedule
    due = parse_instant(schedule.due.at)
    if due is None:
        return
    overdue = "overdue: " if case.now > due.at else ""
    yield Appointment(
        AgendaKind.DRILL,
        case.environment,
        schedule.schedule_id,
        f"{overdue}rollback drill due",
        (
            f"schedule {schedule.schedule_id}: {report.status}",
            f"due by {schedule.due.basis}: {schedule.due.sum}",
            f"runbook: {schedule.runbook_ref or 'none'}",
        ),
        due.at,
        owners=schedule.owners,
    )


def _windows(case: Case, routing: RoutingInForce, until: datetime) -> Iterator[Appointment]:
    for window in routing.windows:
        given = window.window
        name = given.window_id or given.id or DEFAULT_WINDOW_ID
        reason = given.reason or given.description or DEFAULT_WINDOW_REASON
        yield from _occurrences(case, AgendaKind.WINDOW, window, name, reason, tuple(given.owners), until)
    for calendar in routing.calendars:
        owner = _spelt(calendar.pointer)
        reason = calendar.calendar.reason or DEFAULT_CALENDAR_REASON
        if not calendar.calendar.available and not in_doubt(calendar.document, calendar.pointer):
            yield Appointment(
                AgendaKind.UNAVAILABLE,
                case.environment,
                calendar.pointer,
                f"{owner} cannot be reached, with no end given",
                (reason,),
                case.now,
                owners=(owner,),
                whole_day=True,
            )
        for window in calendar.windows:
            why = window.window.reason or window.window.description or reason
            yield from _occurrences(case, AgendaKind.UNAVAILABLE, window, owner, why, (owner,), until)


def _occurrences(  # noqa: PLR0913, PLR0917 - what a window is told by
    case: Case, kind: AgendaKind, window: TimeWindow, name: str, reason: str, owners: tuple[str, ...], until: datetime
) -> Iterator[Appointment]:
    title = f"{name} cannot be reached" if kind is AgendaKind.UNAVAILABLE else f"nobody is told: {name}"
    given = window.window
    details = [reason]
    details += [f"providers: {', '.join(given.providers)}"] if given.providers else []
    details += [f"schedules: {', '.join(given.schedule_ids)}"] if given.schedule_ids else []
    details += [f"recurs: {given.rrule} in {given.timezone or 'UTC'}"] if given.rrule else []
    for span in window.occurrences(case.now, until):
        key = f"{window.document.alias}{window.pointer}@{format_instant(span.start)}"
        yield Appointment(kind, case.environment, key, title, tuple(details), span.start, span.end, owners)


def _executive(case: Case, report: "ExecutiveReport") -> Iterator[Appointment]:
    due = parse_instant(report.schedule.next_due_at)
    if due:
        overdue = "overdue: " if report.schedule.overdue else ""
        last = report.schedule.last_delivered_at or "never"
        yield Appointment(
            AgendaKind.EXECUTIVE,
            case.environment,
            "executive-report",
            f"{overdue}executive report due",
            (f"last delivered: {last}",),
            due.at,
        )


def _recoveries(case: Case, report: "RecoveryReport") -> Iterator[Appointment]:
    for row in report.recoveries:
        opened = parse_instant(row.opened_at)
        if opened is None or row.slo_status == "closed":
            continue
        yield Appointment(
            AgendaKind.RECOVERY,
            case.environment,
            f"{row.provider}@{row.opened_at}",
            f"{'too long: ' if row.slo_status == 'breached' else ''}recovery of {row.provider} has to be closed",
            (f"open since {row.opened_at}", f"time allowed: {row.recovery_slo_minutes:g} minutes"),
            shift(opened.at, timedelta(minutes=row.recovery_slo_minutes)),
        )


def _retries(case: Case, report: "RetryPlanReport") -> Iterator[Appointment]:
    for plan in report.plans:
        for one in plan.retry_decisions:
            at = parse_instant(one.next_retry_at)
            if at is None or one.action not in _RETRIED:
                continue
            yield Appointment(
                AgendaKind.RETRY,
                case.environment,
                one.route_key,
                f"retry due: {plan.title}, {one.provider}",
                (
                    f"subject {one.subject}",
                    f"attempt {one.retry_count + 1} of {one.max_retry_attempts}; gate: {one.gate_state or 'none'}",
                ),
                at.at,
                owners=(one.owner,) if one.owner else (),
            )


def _spelt(pointer: str) -> str:
    """Give the owner as the document spells the name."""
    return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
