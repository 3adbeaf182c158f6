"""Operator runbook: what an incident commander does, in order, with no other page (domain.md B2.26).

First the way back, and loudly where it is not proven: the runbook promises no rollback that nobody has shown to work.
Then what is open now, what is due soon, and how the release is closed.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from reporter.assess.commands import Commands
from reporter.assess.conditions import CheckSpec, Condition, check, not_applicable
from reporter.assess.evidence import about, asked, evidence_notes, none_of, standing, unasked
from reporter.assess.production import about_report
from reporter.assess.runbook_plan import PROOFS, close_steps, is_proven, readiness_steps, rollback_steps
from reporter.assess.runbook_steps import loop_steps
from reporter.assess.runbook_text import write_markdown
from reporter.loops.closure import escalation_owner
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.closing_reports import ReleaseReadinessReport, RunbookReport, RunbookStep
from reporter.model.ids import make_id
from reporter.model.reports import AlertLevel, NotificationPlanReport, ProductionReport, Report, Status
from reporter.model.text import visible

PROVEN: Final = CheckSpec(
    "runbook_rollback_proven",
    "The way back is proven",
    "Mend what `reporter check rollback`, `reporter check rehearsal` and `reporter check drills` show.",
)
QUIET: Final = CheckSpec(
    "runbook_nothing_urgent",
    "Nothing to do now",
    "Do the steps of the runbook in their order: runbook.html or runbook.md of the bundle.",
)
SPECS: Final = (PROVEN, QUIET)

EXPORT_PREFIX: Final = "gordackfinalrunbook"
PHASES: Final = ("rollback", "now", "soon", "close")


def assess_runbook(case: Case, states: LoopStates, *reports: Report) -> RunbookReport:
    """Write down what to do. The reports come in the order of the registry."""
    named: dict[str, Any] = {one.report: one for one in reports}
    production: ProductionReport = named["production"]
    plan: NotificationPlanReport = named["notification-plan"]
    release: ReleaseReadinessReport = named["release-readiness"]
    commands = Commands(case.environment)
    todos = [*rollback_steps(commands, case.mode, production), *readiness_steps(commands, production, plan, release)]
    if asked(case, states):
        todos += [*loop_steps(commands, states, named["closure"]), *close_steps(commands, release)]
    todos.sort(key=lambda one: PHASES.index(one.phase))
    steps = tuple(RunbookStep(number=number, **one._asdict()) for number, one in enumerate(todos, start=1))
    urgent = [one for one in steps if one.phase == "now"]
    soon = sum(one.phase == "soon" for one in steps)
    if asked(case, states) or urgent or soon:
        level = AlertLevel.WARNING if soon else AlertLevel.HEALTHY
        summary = f"{len(urgent)} to do now, {soon} soon"
        head = standing("runbook", case, tuple(_checks(production, urgent)), level, summary)
    else:
        head = unasked("runbook", case, SPECS)
    rollback = production.go_backend_rollback.rollback
    report = RunbookReport(
        **head,
        operator_notes=(
            *evidence_notes(states),
            *(one for one in release.operator_notes if one.startswith("Override")),
        ),
        export_id=make_id(
            EXPORT_PREFIX,
            environment=case.environment,
            summary=release.summary_id,
            steps=[(one.phase, one.task, one.command) for one in steps],
        ),
        readiness_summary_id=release.summary_id,
        readiness_state=release.readiness_state,
        closure_state=release.closure_state,
        rollback_ready=is_proven(production),
        rollback_target_minutes=rollback.max_recovery_minutes,
        rollback_approval_id=rollback.approval_id,
        runbook_ref=_runbook_ref(production),
        contacts=tuple(_contacts(states, production, plan)),
        rollback_steps=rollback.rollback_steps,
        steps=steps,
        markdown="",
    )
    return report.model_copy(update={"markdown": write_markdown(report)})


def _checks(production: ProductionReport, urgent: Sequence[RunbookStep]) -> Iterator[Check]:
    proofs = [getattr(production, section) for section in PROOFS]
    if all(one.status is Status.NOT_REQUESTED for one in proofs):
        yield not_applicable(PROVEN, "nobody asked for a way back")
    else:
        yield check(PROVEN, map(_is_ready, proofs))
    steps = [about(f"steps/{one.number}", visible(one.task), "nothing to do now", met=False) for one in urgent]
    yield check(QUIET, none_of("steps", steps, "step to do now"))


def _is_ready(report: Report) -> Condition:
    return about_report(report, "/status", report.status, Status.READY, met=report.status is Status.READY)


def _runbook_ref(production: ProductionReport) -> str:
    """Give the service's own runbook: the schedule's, else that of the newest drill or the rehearsal."""
    refs = (
        production.go_backend_rollback_drill_schedule.schedule.runbook_ref,
        production.go_backend_rollback_drill_history.history.runbook_ref,
        production.go_backend_rollback_rehearsal.rehearsal.runbook_ref,
    )
    return next((one for one in refs if one), "")


def _contacts(states: LoopStates, production: ProductionReport, plan: NotificationPlanReport) -> Iterator[str]:
    """Name everybody once, with what they are there for."""
    roles: dict[str, str] = {}
    for owner in production.go_backend_rollback_drill_schedule.schedule.owners:
        roles.setdefault(owner, "owns the drills")
    for route in plan.owner_routes:
        roles.setdefault(route.escalation_owner, f"stands in for {route.owner}")
    titles = {loop.word: loop.title.lower() for loop in states.loops}
    for one in states.routes:
        if one.holds_open:
            roles.setdefault(one.owner, f"answers for the {titles[one.route.loop]}")
            roles.setdefault(escalation_owner(states, one), f"stands in for {one.owner}")
    for name, role in roles.items():
        yield f"{name}: {role}"
