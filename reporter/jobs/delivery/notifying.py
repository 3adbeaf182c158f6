"""Telling owners of the next rollback drill: plan, record the plan, deliver its routes (domain.md B2.9, B2.10, C6)."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from reporter.assess.everything import assess_reports, inputs_for
from reporter.collect.case import collect_case
from reporter.deliver.outbox import Sending
from reporter.deliver.wording import Head, drill_message
from reporter.jobs.answers.recording import read_own_records, sealed_for
from reporter.jobs.delivery.past import Past, read_past
from reporter.jobs.delivery.recording import append_keyed
from reporter.jobs.delivery.sending import WAITING, Delivery, Line, Sender, message_id, reconcile, send_all
from reporter.jobs.loops import states_of
from reporter.loops.table import BY_WORD
from reporter.loops.writing import RecordValue, write_notification_plan
from reporter.loops.writing.envelope import GOVERNANCE
from reporter.model.case import EVERYBODY, Request
from reporter.model.instants import format_instant, parse_instant
from reporter.model.reports import NotificationPlanReport, ScheduleReport, Status
from reporter.model.routes import RouteId, RouteOutcome
from reporter.settings_model import Settings

LOOP: Final = BY_WORD["drill_notification"]
_PLAN: Final = "notification-plan"


class Notifications(NamedTuple):
    """The plan, the schedule that it is of, and its record; None where nobody asked for a schedule, or all are told.

    `told` are the providers that have this message already, and since when, where that is known. The record leaves
    them out: an answer is asked for to what is sent, and what was answered stays answered (domain.md A5).
    """

    environment: str
    now: datetime
    report: NotificationPlanReport
    schedule: ScheduleReport
    record: RecordValue | None
    told: Mapping[str, datetime | None] = {}

    @property
    def is_told(self) -> bool:
        """Whether everybody whom the plan tells was told already."""
        return bool(self.told) and set(self.report.selected_providers) <= self.told.keys()


def plan_notifications(  # noqa: PLR0913 - what is planned, and who asks for it
    settings: Settings,
    environment: str,
    now: datetime,
    recorded_at: datetime,
    request: Request = EVERYBODY,
    *,
    by: str = GOVERNANCE,
) -> Notifications:
    """Plan who is told. Nothing is recorded or sent."""
    case = collect_case(settings, environment, now, inputs_for(_PLAN), request)
    reports = assess_reports(case, [_PLAN, "schedule"])
    report, schedule = reports[_PLAN], reports["schedule"]
    assert isinstance(report, NotificationPlanReport)  # noqa: S101 - by the registry, for mypy
    assert isinstance(schedule, ScheduleReport)  # noqa: S101 - as above
    record = None
    told = _told(settings, environment, report, max(now, recorded_at)) if report.selected_providers else {}
    decisions = [one for one in report.route_decisions if one.provider not in told]
    if report.status is not Status.NOT_REQUESTED and (decisions or not told):
        due = parse_instant(report.next_due_at)
        made = write_notification_plan(
            LOOP,
            now,
            report.schedule_id,
            decisions,
            alert_level=report.alert_level,
            next_due_at=due.at if due else None,
            record_id=report.plan_id,
            schedule_status=report.schedule_status,
            reason=report.reason,
            by=by,
        )
        record = sealed_for(environment, recorded_at, made)
    return Notifications(environment, now, report, schedule, record, told)


def _told(
    settings: Settings, environment: str, report: NotificationPlanReport, now: datetime
) -> dict[str, datetime | None]:
    """List who has this message: by us under this plan, or by others alone in this due cycle."""
    past = read_past(settings, environment)
    states = {one.route: one for one in states_of(settings, environment, now).states.of(LOOP)}
    due = parse_instant(report.next_due_at)
    cycle = format_instant(due.at) if due else ""
    told: dict[str, datetime | None] = {}
    for provider in report.selected_providers:
        route = RouteId(LOOP.word, report.schedule_id, provider)
        state, before = states.get(route), past.told(message_id(environment, route, report.plan_id))
        by_others = (
            state is not None
            and state.outcome is RouteOutcome.DELIVERED
            and (bool(state.plan_id), state.cycle) == (True, cycle)
            and past.latest_of(route) is None
        )
        if before.delivered if before else by_others:
            told[provider] = state.last_success_at if state else None
    return told


def record_notifications(settings: Settings, plan: Notifications) -> bool:
    """Record the plan; say whether it was not the one in force already.

    The same plan keeps its id and its first time, from which the answer is due (C6). One that comes into force again
    after another is recorded again, under the same id.
    """
    if plan.record is None:
        return False
    name = str(plan.record["session_id"])
    kind = LOOP.plans[-1].word
    subject = plan.report.schedule_id
    made = [
        one["session_id"]
        for one in read_own_records(settings, plan.environment)
        if one["metadata_kind"] == kind and one[LOOP.plans[-1].payload].get(LOOP.subject_keys[0]) == subject
    ]
    if made and made[-1] == name:
        return False
    key = f"{name}@{plan.record['created_at']}" if name in made else name
    return append_keyed(settings, plan.environment, [(key, plan.record)]) == 1


def send_notifications(sender: Sender, plan: Notifications) -> Delivery:
    """Deliver the routes of a recorded plan that were not delivered: each message once, and never what failed.

    What failed is the retry worker's, with its delays, its gates and its count of attempts.
    """
    past, found = reconcile(sender)
    prepared = list(_prepare(sender, plan, past, {one.route for one in found.lines}))
    waiting = Delivery.of(one for one in prepared if isinstance(one, Line))
    sendings = [one for one in prepared if isinstance(one, Sending)]
    return found + waiting + send_all(sender, sendings)


def _prepare(sender: Sender, plan: Notifications, past: Past, found: Collection[RouteId]) -> Iterator[Sending | Line]:
    """Give what is to be sent, and of what was tried in vain, that it waits for its retry, unless that was `found`."""
    for provider in plan.report.selected_providers:
        route = RouteId(LOOP.word, plan.report.schedule_id, provider)
        name = message_id(plan.environment, route, plan.report.plan_id)
        before = past.told(name)
        if before is None:
            if provider not in plan.told:
                head = Head(name, plan.environment, route, plan.now, sender.link)
                yield Sending(drill_message(head, LOOP, plan.report, plan.schedule), route)
        elif not before.delivered and route not in found:
            yield Line(route, WAITING, "it was tried before; see `reporter retry run`")
