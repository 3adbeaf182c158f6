"""Release readiness: the reports, the workers, the closure, the answers and the artifacts as one decision (A8, B2.25).

The decision is made in `loops.readiness`; the checks say why, each with the report that has to be mended.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from reporter.assess.closure import closure_of
from reporter.assess.commands import RUN
from reporter.assess.conditions import CheckSpec, Condition, check, not_applicable
from reporter.assess.evidence import (
    about,
    asked,
    evidence_notes,
    instant,
    most,
    none_of,
    route_pointer,
    standing,
    unasked,
)
from reporter.assess.production import about_report
from reporter.loops.closeout import CloseoutPacket as Packet
from reporter.loops.closeout import assess_closeout
from reporter.loops.health import assess_health, worst_level
from reporter.loops.readiness import REPORTS, SCHEDULE_ACCEPTED, assess_readiness
from reporter.loops.routes import LoopStates
from reporter.model.case import Artifact, Case
from reporter.model.checks import Check, CheckStatus
from reporter.model.closing_reports import (
    BlockerRow,
    CloseoutEntry,
    CloseoutPacket,
    ClosureReport,
    OverrideRow,
    ReleaseCheck,
    ReleaseDecision,
    ReleaseReadinessReport,
)
from reporter.model.delivery_reports import WorkerHealthReport
from reporter.model.documents import Document, DocumentState
from reporter.model.ids import make_id
from reporter.model.registry import BY_NAME
from reporter.model.reports import (
    AlertLevel,
    DeploymentReport,
    DrillsReport,
    Mode,
    PromotionReport,
    RehearsalReport,
    Report,
    RollbackReport,
    ScheduleReport,
    Status,
)
from reporter.model.routes import Blocker, ClosureState, ReleaseReadiness, RouteOutcome

READINESS: Final = {
    name: CheckSpec(
        f"release_{name}",
        BY_NAME[name].title,
        f"Mend what `reporter check {name}` shows, then `{RUN}`.",
    )
    for name in (*REPORTS, "schedule")
}
_STEPS: Final = "The runbook of the bundle has the steps: runbook.html or runbook.md."
WORKERS: Final = CheckSpec(
    "release_worker_health",
    "Worker health",
    f"Mend what `reporter check worker-health` names. {_STEPS}",
)
CLOSED: Final = CheckSpec(
    "final_reporting_closure_state",
    "Final closure",
    f"Close the items that `reporter check closure` lists. {_STEPS}",
)
ANSWERED: Final = CheckSpec(
    "notification_acknowledgements",
    "Acknowledgements",
    "Acknowledge with `reporter ack LOOP SUBJECT --provider P --by NAME --reason TEXT --ref REF`.",
)
ARTIFACTS: Final = CheckSpec(
    "release_readiness_artifacts", "Artifacts of the bundle", f"Write the bundle again with `{RUN}`."
)
SPECS: Final = (*READINESS.values(), WORKERS, CLOSED, ANSWERED, ARTIFACTS)

_FEW: Final = 3
NOT_ACCEPTED: Final = "_not_accepted"
SUMMARY_PREFIX: Final = "gordackfinalready"
UNJUDGED: Final = "not judged: there is no bundle yet, or no key to verify it with; the run that writes one verifies it"


def assess_release_readiness(  # noqa: PLR0913, PLR0917 - everything that the decision rests on
    case: Case,
    states: LoopStates,
    deployment: DeploymentReport,
    promotion: PromotionReport,
    rollback: RollbackReport,
    rehearsal: RehearsalReport,
    drills: DrillsReport,
    schedule: ScheduleReport,
    worker_health: WorkerHealthReport,
    closure: ClosureReport,
) -> ReleaseReadinessReport:
    """Decide whether the release may be approved, and say what holds it."""
    reports = (deployment, promotion, rollback, rehearsal, drills, schedule)
    is_asked = asked(case, states)
    health = assess_health(states, Mode.PROMOTED) if is_asked else ()
    statuses = {one.report: one.status for one in reports}
    found = assess_readiness(statuses, health, closure_of(case, states), states, case.artifacts)
    if is_asked:
        checks = tuple(_checks(case, states, reports, worker_health, closure))
        level = worst_level((schedule.status.alert_level, worker_health.alert_level))
        head = standing("release-readiness", case, checks, level, _summarise(found, states, closure))
    else:
        head = unasked("release-readiness", case, SPECS)
    blockers = found.blockers if is_asked else ()
    approved = (promotion.evidence.approval_id, rollback.rollback.approval_id)
    summary_id = make_id(
        SUMMARY_PREFIX,
        environment=case.environment,
        state=found.state if is_asked else Status.NOT_REQUESTED,
        reports=statuses,
        blockers=[one.code for one in blockers],
        open=sorted(one.route for one in states.routes if one.holds_open),
        approved=approved,
        drill=drills.history.latest_passing_drill_id,
    )
    return ReleaseReadinessReport(
        **head,
        operator_notes=tuple(_notes(case, states, found)),
        summary_id=summary_id,
        readiness_state="not_requested" if not is_asked else "ready" if found.ready else "blocked",
        closure_state=closure.closure_state,
        release_decision=ReleaseDecision(
            recommended_state="approve_release_closure" if is_asked and found.ready else "hold_release_closure"
        ),
        open_item_count=closure.open_item_count,
        blockers=tuple(
            BlockerRow(code=one.code, severity=one.severity, detail=_sentence(one, closure)) for one in blockers
        ),
        release_checks=tuple(_release_checks(head["checks"], states)) if is_asked else (),
        overrides=tuple(
            OverrideRow(
                summary_id=one.summary_id,
                decided_by=one.decided_by,
                decided_at=instant(one.decided_at),
                reason=one.reason,
                record=one.record,
            )
            for one in found.overrides
        ),
        closeout=_closeout(assess_closeout(states, summary_id, readiness_ready=is_asked and found.ready)),
    )


def _checks(
    case: Case,
    states: LoopStates,
    reports: Sequence[Report],
    worker_health: WorkerHealthReport,
    closure: ClosureReport,
) -> Iterator[Check]:
    for report in reports:
        accepted = SCHEDULE_ACCEPTED if report.report == "schedule" else BY_NAME[report.report].accepted
        wanted = " or ".join(sorted(accepted))
        met = report.status in accepted
        yield check(READINESS[report.report], [about_report(report, "/status", report.status, wanted, met=met)])
    level = worker_health.alert_level
    quiet = level is not AlertLevel.CRITICAL
    yield check(WORKERS, [about_report(worker_health, "/alert_level", level, "not critical", met=quiet)])
    state = closure.closure_state
    yield check(CLOSED, [about_report(closure, "/closure_state", state, "closed", met=state == "closed")])
    unanswered = [
        about(route_pointer(one.route), one.acknowledgement.state, "an answer", met=False)
        for one in states.routes
        if one.acknowledgement.outstanding
    ]
    yield check(ANSWERED, none_of("acknowledgements", unanswered, "route without an answer"))
    if case.artifacts is None:
        yield not_applicable(ARTIFACTS, UNJUDGED)
    else:
        yield check(ARTIFACTS, _artifacts(case.artifacts))


def _artifacts(artifacts: Sequence[Artifact]) -> Iterator[Condition]:
    """Want every file that the last bundle promised, and one at least (C8)."""
    source = Document(alias="bundle", name="last bundle", state=DocumentState.READ)
    if not artifacts:
        yield Condition(source, "/", "no artifact", "the artifacts that a bundle promises", met=False)
    for one in artifacts:
        found = "verifies" if one.verified else "does not verify"
        there = found if one.exists else "is not there"
        yield Condition(source, f"/{one.name}", there, "there, and verifies", met=one.exists and one.verified)


def _release_checks(checks: Sequence[Check], states: LoopStates) -> Iterator[ReleaseCheck]:
    """Write the checks in upstream's shape, then for each loop what upstream asks of two: nothing failed."""
    for one in checks:
        word: Literal["pass", "fail", "warning"] = "warning"
        if one.status is not CheckStatus.NOT_APPLICABLE:
            word = "fail" if one.status is CheckStatus.FAIL else "pass"
        yield ReleaseCheck(id=one.id, title=one.title, status=word, evidence=one.message, operator_action=one.remedy)
    for loop in states.loops:
        routes = states.of(loop)
        for what, title, failed in (
            ("delivery", "deliveries", sum(one.outcome is RouteOutcome.FAILED for one in routes)),
            ("retry_execution", "retries", sum(one.execution_failed for one in routes)),
        ):
            yield ReleaseCheck(
                id=f"{loop.code}_{what}",
                title=f"{loop.title}: {title}",
                status="fail" if failed else "pass",
                evidence=f"{failed} of {len(routes)} routes failed",
                operator_action="Mend the connector of each route that `reporter retry plan` lists." if failed else "",
            )


def _closeout(packet: Packet) -> CloseoutPacket:
    return CloseoutPacket(
        closeout_state="closed" if packet.state is ClosureState.CLOSED else "open",
        entries=tuple(
            CloseoutEntry(
                code=one.code,
                title=one.title,
                met=one.met,
                found=one.found,
                wanted=one.wanted,
                since=instant(one.since),
                record=one.record,
            )
            for one in packet.entries
        ),
    )


def _summarise(found: ReleaseReadiness, states: LoopStates, closure: ClosureReport) -> str:
    """Name what holds the release, the worst first; the blockers have the codes."""
    count = len(found.blockers)
    if not count:
        return "ready: nothing holds the release"
    titles = _titles(states, closure)
    named, more = most([titles.get(one.code, one.code) for one in found.blockers], _FEW)
    return f"blocked by {count}: {', '.join(named)}{f' and {more} more' if more else ''}"


def _titles(states: LoopStates, closure: ClosureReport) -> dict[str, str]:
    """Give the title of what each code is about."""
    return (
        {item.code: item.title for item in closure.open_items}
        | {spec.id: spec.title for spec in (CLOSED, ANSWERED, ARTIFACTS)}
        | {f"{name}{NOT_ACCEPTED}": BY_NAME[name].title for name in READINESS}
        | {f"{WORKERS.id.removeprefix('release_')}_{loop.word}": f"worker of {loop.title}" for loop in states.loops}
    )


def _sentence(one: Blocker, closure: ClosureReport) -> str:
    """Write what a blocker is about, then what is wrong with it."""
    name = one.code.removesuffix(NOT_ACCEPTED)
    titles = {item.code: item.title for item in closure.open_items}
    titles |= {spec.id: spec.title for spec in (CLOSED, ANSWERED, ARTIFACTS)}
    if name in READINESS and name != one.code:
        return f"{BY_NAME[name].title}: {one.detail.replace('_', ' ')}"
    subject = titles.get(one.code, "")
    if not subject or one.detail.startswith(f"{subject}: "):
        return one.detail
    loop, _, rest = one.detail.partition(": ")
    return f"{subject}: {rest if subject.startswith(f'{loop}: ') else one.detail}"


def _notes(case: Case, states: LoopStates, found: ReleaseReadiness) -> Iterator[str]:
    yield from evidence_notes(states)
    if case.artifacts is None:
        yield f"Artifacts of the bundle: {UNJUDGED}."
    for one in found.overrides:
        yield (
            f"Override: {one.decided_by or 'nobody named'} approved {one.summary_id} over its blockers"
            f" at {instant(one.decided_at)}: {one.reason or 'without a reason'}."
        )
