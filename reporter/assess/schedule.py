"""Drill schedule: when is the next drill due, and who is told (domain.md B2.7, A4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from reporter.assess.approval import given
from reporter.assess.conditions import (
    CheckSpec,
    Condition,
    check,
    faults_under,
    fold,
    found_at,
    head,
    judged,
    requested,
    under,
    unrequested,
)
from reporter.assess.numbers import number
from reporter.assess.same_environment import environment_conditions
from reporter.assess.windows import all_windows
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.documents import Manifest
from reporter.model.instants import days, format_instant, format_span, parse_instant, shift
from reporter.model.manifests.drills import DrillSchedule
from reporter.model.reports import Basis, DrillsReport, DueDate, ScheduleFacts, ScheduleReport, Status
from reporter.model.text import show

FILE: Final = CheckSpec(
    "go_rollback_drill_schedule_file",
    "Drill schedule",
    "Correct the drill schedule; `reporter schema rollback_drill_schedule` prints its form.",
)
ACTIVE: Final = CheckSpec(
    "go_rollback_drill_schedule_active",
    "Schedule is active",
    "Set the schedule's status to active.",
)
CADENCE: Final = CheckSpec(
    "go_rollback_drill_schedule_cadence",
    "Cadence",
    "Set interval_days to the number of days between two drills.",
)
NEXT_DUE: Final = CheckSpec(
    "go_rollback_drill_schedule_next_due",
    "Next due date known",
    "Set next_due_at to an ISO 8601 timestamp, or run a drill from which it can be derived.",
)
NOT_STALE: Final = CheckSpec(
    "go_rollback_drill_schedule_not_stale",
    "Next drill not overdue",
    "Run the rollback drill that is overdue and add it to the drill history.",
)
ROUTES: Final = CheckSpec(
    "go_rollback_drill_notification_routes",
    "Notification routes",
    "Name at least one owner and one notification provider in the schedule.",
)
SPECS: Final = (FILE, ACTIVE, CADENCE, NEXT_DUE, NOT_STALE, ROUTES)


class Due(NamedTuple):
    """The effective due date, which rule gave it, and the sum for a person to check."""

    at: datetime | None
    basis: Basis
    sum: str


def assess_schedule(case: Case, drills: DrillsReport) -> ScheduleReport:
    """Judge the schedule and compute the effective due date from it and from the last passing drill."""
    schedule = case.manifest("rollback_drill_schedule")
    value: DrillSchedule = schedule.value or DrillSchedule()
    due = _due(schedule, drills, case.policy.drill_due_soon)
    stale = due.at is None or case.now > due.at
    due_soon = not stale and due.at is not None and due.at - case.now <= case.policy.drill_due_soon
    conditions = [
        *judged(schedule, "drill schedule"),
        *(one for window in all_windows(schedule) for one in window.conditions),
    ]
    if requested(case, schedule):
        checks: tuple[Check, ...] = (
            check(
                FILE,
                [
                    *conditions,
                    *environment_conditions(case, "rollback_drill_schedule", "rollback_plan", "rollback_drill_history"),
                ],
            ),
            check(ACTIVE, under(conditions, "/status")),
            check(CADENCE, under(conditions, "/interval_days")),
            check(NEXT_DUE, [_known(schedule, due)]),
            check(NOT_STALE, [_not_stale(case, schedule, due, stale=stale)]),
            check(ROUTES, under(conditions, "/owners", "/notification_providers")),
        )
        status = fold(checks)
        if status is Status.READY and due_soon:
            status = Status.DUE_SOON
    else:
        checks = unrequested(case, SPECS, "drill schedule")
        status = Status.NOT_REQUESTED
    return ScheduleReport(
        **head("schedule", case, status, checks),
        operator_notes=tuple(_notes(schedule)),
        rollback_drill_schedule_path=schedule.document.name,
        rollback_drill_due_soon_days=days(case.policy.drill_due_soon),
        history=drills.history,
        schedule=ScheduleFacts(
            valid=status in (Status.READY, Status.DUE_SOON),
            schedule_id=value.schedule_id,
            environment=value.environment,
            status=value.status,
            interval_days=number(value.interval_days),
            next_due_at=format_instant(due.at) if due.at else "",
            declared_next_due_at=value.next_due_at,
            due=DueDate(at=format_instant(due.at) if due.at else "", basis=due.basis, sum=due.sum),
            days_until_due=days(due.at - case.now) if due.at else None,
            stale=stale,
            due_soon=due_soon,
            due_soon_from=format_instant(shift(due.at, -case.policy.drill_due_soon)) if due.at else "",
            owners=tuple(value.owners),
            notification_providers=tuple(value.notification_providers),
            runbook_ref=value.runbook_ref,
        ),
    )


def effective_due(
    declared: datetime | None,
    interval: timedelta | None,
    last_passing: datetime | None,
    window: timedelta,
) -> Due:
    """Apply domain.md A4: a declared date may be brought forward, never pushed past the cadence.

    `declared` is `next_due_at`, `last_passing` the instant of the last passing drill, `window` the due-soon
    window. Without an interval or without a passing drill only the declared date is left.
    """
    if last_passing is None or interval is None:
        if declared is None:
            return Due(None, "unknown", "no next_due_at and no passing drill to count from")
        return Due(declared, "explicit", f"next_due_at {format_instant(declared)}")
    cadence = shift(last_passing, interval)
    counted = f"last passing drill {format_instant(last_passing)} + {days(interval):g} days = {format_instant(cadence)}"
    if declared is None:
        return Due(cadence, "derived", counted)
    early = min(window, interval / 2)
    if declared - last_passing <= early:
        return Due(
            cadence,
            "cadence",
            f"{counted}; the drill fulfils next_due_at {format_instant(declared)}",
        )
    if declared <= cadence:
        return Due(declared, "explicit", f"next_due_at {format_instant(declared)}, not after {counted}")
    return Due(
        cadence,
        "cadence",
        f"{counted}; next_due_at {format_instant(declared)} is later and cannot push it out",
    )


def _due(schedule: Manifest[DrillSchedule], drills: DrillsReport, window: timedelta) -> Due:
    value = schedule.value
    if value is None:
        return Due(None, "unknown", "no schedule to read")
    declared = parse_instant(value.next_due_at)
    in_doubt = declared is None or faults_under(schedule.document, "/next_due_at")
    if in_doubt and given(schedule.document, "/next_due_at"):
        found = found_at(schedule.document, "/next_due_at")
        return Due(None, "unknown", f"next_due_at {found}, which no other date stands in for")
    passing = parse_instant(drills.history.latest_passing_executed_at)
    interval = value.interval_days
    usable = any(one.pointer == "/interval_days" and one.met for one in judged(schedule, "drill schedule"))
    return effective_due(
        declared.at if declared else None,
        timedelta(days=interval) if usable else None,
        passing.at if passing else None,
        window,
    )


def _known(schedule: Manifest[DrillSchedule], due: Due) -> Condition:
    return Condition(
        schedule.document,
        _decided_at(due),
        due.sum,
        "a next_due_at, or a passing drill and interval_days to derive it from",
        met=due.at is not None,
    )


def _decided_at(due: Due) -> str:
    """Point at the field that decided the date."""
    return "/interval_days" if due.basis in ("cadence", "derived") else "/next_due_at"


def _not_stale(case: Case, schedule: Manifest[DrillSchedule], due: Due, *, stale: bool) -> Condition:
    if due.at is None:
        found = "an unknown due date, which counts as overdue"
    else:
        left = format_span(abs(due.at - case.now))
        when = f"{left} ago" if stale else f"in {left}"
        computed = "" if due.basis == "explicit" else f" (computed: {due.sum})"
        found = f"due {format_instant(due.at)}, {when}{computed}"
    return Condition(
        schedule.document,
        _decided_at(due),
        found,
        f"a due date not before {format_instant(case.now)}",
        met=not stale,
    )


def _notes(schedule: Manifest[DrillSchedule]) -> Iterator[str]:
    value = schedule.value
    declared = parse_instant(value.next_due_at) if value else None
    if value and declared and declared.assumed_utc:
        yield f"/next_due_at {show(value.next_due_at)} has no offset and is taken as UTC."
    for window in all_windows(schedule):
        yield from window.notes
