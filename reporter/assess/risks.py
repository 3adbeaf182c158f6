"""The key risks that executives are told of: in a fixed order, each with its owner and since when (domain.md B2.23).

What is counted is what is: a route that was delivered since is no risk any more (C17).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from reporter.assess.evidence import instant
from reporter.assess.production import unaccepted
from reporter.loops.closure import CODE_SUFFIXES, GOVERNANCE, RECOVERY_OPEN, escalation_owner
from reporter.loops.facts import is_undated
from reporter.loops.health import assess_health
from reporter.loops.recovery import needed_playbooks
from reporter.loops.routes import LoopStates
from reporter.model.closing_reports import ClosureReport, KeyRisk, ReleaseReadinessReport, ReportSchedule
from reporter.model.instants import parse_instant
from reporter.model.registry import REPORTS
from reporter.model.reports import AlertLevel, Mode, ProductionReport, Status
from reporter.model.routes import RouteOutcome, RouteState

CRITICAL: Final = AlertLevel.CRITICAL
WARNING: Final = AlertLevel.WARNING

_NOT_ACCEPTED: Final = "_not_accepted"
_WORKER: Final = "worker_health_"
_TOLD_BY_ROUTE: Final = (*CODE_SUFFIXES, RECOVERY_OPEN)
"""The ends of the codes whose routes and recoveries are risks of their own."""


def key_risks(
    states: LoopStates,
    production: ProductionReport,
    closure: ClosureReport,
    release: ReleaseReadinessReport,
    schedule: ReportSchedule,
) -> tuple[KeyRisk, ...]:
    """List the risks; what is not there is not listed."""
    found = (
        *_readiness(production, release),
        *_critical_routes(states),
        *_critical_repairs(states),
        *_release(states, closure, release),
        *_due(states, production, closure, schedule),
    )
    return tuple(one for one in found if one.count)


def _readiness(production: ProductionReport, release: ReleaseReadinessReport) -> Iterator[KeyRisk]:
    names = {one.report for one in unaccepted(production)}
    names |= {one.code.removesuffix(_NOT_ACCEPTED) for one in release.blockers if one.code.endswith(_NOT_ACCEPTED)}
    what = ", ".join(kind.title for kind in REPORTS if kind.name in names)
    since = [at for name in names for at in _unproven_since(name, production)]
    yield _risk(CRITICAL, f"Readiness is not proven: {what}", len(names), _drill_owners(production), since)


def _unproven_since(name: str, production: ProductionReport) -> Iterator[datetime | None]:
    """Say since when, for the reports that know it: the drill that failed, the day that a drill was due."""
    history = production.go_backend_rollback_drill_history.history
    if name == "drills":
        for one in history.drills:
            if one.outcome == "failed" and one.executed_at == history.latest_executed_at:
                yield _at(one.executed_at)
    elif name == "schedule":
        yield _at(production.go_backend_rollback_drill_schedule.schedule.due.at)


def _at(text: str) -> datetime | None:
    read = parse_instant(text)
    return read.at if read else None


def _critical_routes(states: LoopStates) -> Iterator[KeyRisk]:
    exhausted = [one for one in states.routes if one.exhausted]
    failed = [one for one in states.routes if one.execution_failed and not one.exhausted]
    late = [one for one in states.routes if one.acknowledgement.breached]
    asked_next = partial(escalation_owner, states)
    yield _routes(CRITICAL, "Deliveries have no attempt left", exhausted, _failing_since, asked_next)
    yield _routes(CRITICAL, "Deliveries failed again on retry", failed, _failing_since, _owner)
    yield _routes(CRITICAL, "Alerts were not answered in time", late, _unanswered_since, asked_next)


def _critical_repairs(states: LoopStates) -> Iterator[KeyRisk]:
    late = [one for one in states.recoveries if one.breached]
    needed = needed_playbooks(states.recent_failures, states.recoveries, states.policies.recovery)
    since = (None if one.undated else one.opened_at for one in late)
    yield _risk(CRITICAL, "Connectors are being repaired for too long", len(late), (GOVERNANCE,), since)
    failed = (one.at for playbook in needed for one in playbook.failures if not is_undated(one.at))
    yield _risk(CRITICAL, "Connectors fail and nobody repairs them", len(needed), (GOVERNANCE,), failed)


def _release(states: LoopStates, closure: ClosureReport, release: ReleaseReadinessReport) -> Iterator[KeyRisk]:
    blocking = {one.code for one in release.blockers}
    workers = [one for one in assess_health(states, Mode.PROMOTED) if f"{_WORKER}{one.loop}" in blocking]
    artifacts = [one for one in release.blockers if one.code == "release_readiness_artifacts"]
    runs = (one.last_run_at for one in workers)
    yield _risk(CRITICAL, "Workers that retry do not do their work", len(workers), (GOVERNANCE,), runs)
    for item in closure.open_items:
        if not item.code.endswith(_TOLD_BY_ROUTE):
            yield KeyRisk(severity=CRITICAL, risk=item.title, count=1, owner=item.owner, since=item.since)
    yield _risk(CRITICAL, "Files of the last bundle do not verify", len(artifacts), (GOVERNANCE,))


def _due(
    states: LoopStates, production: ProductionReport, closure: ClosureReport, schedule: ReportSchedule
) -> Iterator[KeyRisk]:
    failed = [
        one
        for one in states.routes
        if one.outcome is RouteOutcome.FAILED and not one.exhausted and not one.execution_failed
    ]
    waiting = [one for one in states.routes if one.acknowledgement.outstanding and not one.acknowledgement.breached]
    repairs = [one for one in states.recoveries if not one.closed and not one.breached]
    drills = production.go_backend_rollback_drill_schedule
    missing = any(one.code.endswith("_missing") for one in closure.open_items)
    overdue = int(schedule.overdue and not missing)
    due_soon = int(drills.status is Status.DUE_SOON)
    yield _routes(WARNING, "Deliveries failed and are tried again", failed, _failing_since, _owner)
    yield _routes(WARNING, "Alerts wait for an answer", waiting, _unanswered_since, _owner)
    yield _risk(
        WARNING, "Connectors are being repaired", len(repairs), (GOVERNANCE,), (one.opened_at for one in repairs)
    )
    drill = f"The next rollback drill is due soon, at {drills.schedule.due.at}"
    drill_since = (_at(drills.schedule.due_soon_from),)
    yield _risk(WARNING, drill, due_soon, _drill_owners(production), drill_since)
    report_due = (_at(schedule.next_due_at),)
    yield _risk(WARNING, "The executive report is overdue", overdue, (GOVERNANCE,), report_due)


def _routes(
    severity: AlertLevel,
    risk: str,
    routes: list[RouteState],
    since: Callable[[RouteState], datetime | None],
    owner: Callable[[RouteState], str],
) -> KeyRisk:
    return _risk(severity, risk, len(routes), map(owner, routes), map(since, routes))


def _risk(
    severity: AlertLevel,
    risk: str,
    count: int,
    owners: Iterable[str],
    since: Iterable[datetime | None] = (),
) -> KeyRisk:
    """Write a risk; since the earliest known time."""
    return KeyRisk(
        severity=severity,
        risk=risk,
        count=count,
        owner=", ".join(sorted(set(owners))),
        since=instant(min((at for at in since if at), default=None)),
    )


def _drill_owners(production: ProductionReport) -> tuple[str, ...]:
    return production.go_backend_rollback_drill_schedule.schedule.owners or (GOVERNANCE,)


def _failing_since(one: RouteState) -> datetime | None:
    return one.since


def _unanswered_since(one: RouteState) -> datetime | None:
    return one.acknowledgement.since


def _owner(one: RouteState) -> str:
    return one.owner
