"""Acknowledgement audit: was every alert that asked for an answer acknowledged (domain.md B2.13, A5, C3, C23)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from reporter.assess.conditions import CheckSpec, Condition, check, not_applicable
from reporter.assess.escalation_plan import answerable
from reporter.assess.evidence import (
    MOST_NAMED,
    about,
    asked,
    check_evidence,
    evidence_notes,
    evidence_spec,
    instant,
    minutes,
    most,
    none_of,
    route_name,
    route_pointer,
    standing,
    unasked,
)
from reporter.loops.closure import escalation_owner
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.delivery_reports import AuditEntry, AuditPackageReport
from reporter.model.ids import make_id
from reporter.model.instants import format_span
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import RouteState
from reporter.model.text import visible

THERE: Final = CheckSpec(
    "acknowledgement_audit_routes",
    "Something to audit",
    "Name the evidence index in the environment's `records`, or import it with `reporter records import`.",
)
IN_TIME: Final = CheckSpec(
    "acknowledgement_audit_in_time",
    "Acknowledged in time",
    "Have the owner of each route answer, and record it with `reporter ack`.",
)
SETTLED: Final = CheckSpec(
    "acknowledgement_audit_escalations_settled",
    "No escalation open",
    "Settle what was escalated, then record `acknowledged` or `resolved` with `reporter ack`.",
)
EVIDENCE: Final = evidence_spec("acknowledgement_audit")
SPECS: Final = (EVIDENCE, THERE, IN_TIME, SETTLED)

AUDIT_PREFIX: Final = "gordackaudit"
ESCALATED, DISMISSED, DEFERRED, RESOLVED = "escalated", "dismissed", "deferred", "resolved"


def assess_audit_package(case: Case, states: LoopStates) -> AuditPackageReport:
    """Audit every route that wants an answer.

    A route is either acknowledged or outstanding, and counts once: who escalated, dismissed or deferred has not
    acknowledged. Escalated or overdue fails; what is still in time is due soon. In promoted mode an audit of nothing
    proves nothing, and fails.
    """
    routes = answerable(states)
    open_ = [one for one in routes if one.acknowledgement.outstanding]
    if asked(case, states):
        level = AlertLevel.WARNING if open_ else AlertLevel.HEALTHY
        head = standing("audit-package", case, _checks(case, states, routes), level, _summarise(routes, open_))
    else:
        head = unasked("audit-package", case, SPECS)
    words = [one.acknowledgement.state for one in open_]
    listed, omitted = most([_entry(states, one) for one in routes])
    answers = [(one.route, one.plan_id, one.acknowledgement.state, one.acknowledgement.record) for one in routes]
    return AuditPackageReport(
        **head,
        operator_notes=(*evidence_notes(states), *_notes(states, routes)),
        audit_id=make_id(AUDIT_PREFIX, environment=case.environment, answers=sorted(answers)),
        route_count=len(routes),
        acknowledgement_count=sum(bool(one.acknowledgement.record) for one in routes),
        acknowledged_count=len(routes) - len(open_),
        resolved_count=sum(_is(one, RESOLVED) and not one.acknowledgement.outstanding for one in routes),
        escalated_count=words.count(ESCALATED),
        dismissed_count=words.count(DISMISSED),
        deferred_count=words.count(DEFERRED),
        outstanding_count=len(open_),
        entries=listed,
        omitted_entry_count=omitted,
    )


def _checks(case: Case, states: LoopStates, routes: Sequence[RouteState]) -> tuple[Check, ...]:
    late = [_open(one, "an answer in time") for one in routes if one.acknowledgement.breached]
    escalated = [
        _open(one, "acknowledged or resolved")
        for one in routes
        if one.acknowledgement.outstanding and _is(one, ESCALATED)
    ]
    return (
        check_evidence(EVIDENCE, states),
        check(THERE, [_there(states, len(routes))])
        if case.mode is Mode.PROMOTED
        else not_applicable(THERE, f"mode is {case.mode}: nobody has to be told"),
        check(IN_TIME, none_of("acknowledgements", late, "overdue answers")),
        check(SETTLED, none_of("acknowledgements", escalated, "open escalations")),
    )


def _summarise(routes: Sequence[RouteState], open_: Sequence[RouteState]) -> str:
    if not routes:
        return "no route that was to be answered"
    late = sum(one.acknowledgement.breached for one in open_)
    done = f"{len(routes) - len(open_)} of {len(routes)} routes acknowledged"
    return f"{done}, {len(open_)} outstanding, {late} of them overdue" if open_ else done


def _there(states: LoopStates, count: int) -> Condition:
    found = f"{count} route{'' if count == 1 else 's'}" if states.has_records else "no evidence record that counts"
    return about("acknowledgements", found, "at least one route that was to be answered", met=count > 0)


def _open(one: RouteState, wanted: str) -> Condition:
    answer = one.acknowledgement
    by = f" by {answer.by}" if answer.by else ""
    due = f", due {instant(answer.due_at)}" if answer.due_at else ", since an unknown time"
    return about(route_pointer(one.route), f"{answer.state}{by}{due}", wanted, met=False)


def _is(one: RouteState, state: str) -> bool:
    return one.acknowledgement.state == state


def _entry(states: LoopStates, one: RouteState) -> AuditEntry:
    answer = one.acknowledgement
    return AuditEntry(
        **route_name(one.route),
        plan_id=one.plan_id,
        owner=one.owner,
        escalation_owner=escalation_owner(states, one),
        route_created_at=instant(answer.since),
        acknowledgement_state=answer.state,
        acknowledged=not answer.outstanding,
        acknowledged_by=answer.by,
        acknowledged_at=instant(answer.at),
        external_ref=answer.external_ref,
        acknowledgement_id=answer.record,
        answered_late_minutes=minutes(late) if (late := _late_by(one)) else None,
    )


def _late_by(one: RouteState) -> timedelta | None:
    """Give how long after its due time an answer came that settled its route."""
    answer = one.acknowledgement
    if answer.outstanding or not (answer.at and answer.due_at) or answer.at <= answer.due_at:
        return None
    return answer.at - answer.due_at


def _notes(states: LoopStates, routes: Sequence[RouteState]) -> Iterator[str]:
    late = [(one, by) for one in routes if (by := _late_by(one))]
    told, more = most(late, MOST_NAMED)
    for one, by in told:
        yield f"{visible(str(one.route))}: answered {format_span(by)} late."
    if more:
        yield f"{more} more answered late."
    count = len(states.unmatched)
    if count:
        yield f"Answers about {count} route{'' if count == 1 else 's'} that nobody planned or tried count for nothing."
