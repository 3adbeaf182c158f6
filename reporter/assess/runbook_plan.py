"""The steps of the runbook that the manifests and the release decide: the way back, readiness, closing."""

from collections.abc import Iterator, Sequence
from typing import Final

from reporter.assess.commands import Commands
from reporter.assess.evidence import most
from reporter.assess.production import unaccepted
from reporter.assess.todo import CRITICAL, MOST_STEPS, WARNING, Todo, sentence
from reporter.loops.closure import GOVERNANCE
from reporter.model.checks import Check, CheckStatus
from reporter.model.closing_reports import ReleaseReadinessReport
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel, Mode, NotificationPlanReport, ProductionReport, Report, Status
from reporter.model.text import shorten, visible

VARIABLE: Final = "CAVRA_GO_BACKEND_MODE"
DISABLE: Final = f"export {VARIABLE}=disabled"
_SET_TOO: Final = 'set mode = "disabled" of this environment in reporter.toml too'
_NOT_A_SHELL: Final = (
    "A value that is exported in one shell reaches no other process: set it where each one is started."
)
_DISABLED: Final = "The new bundle says disabled."
PROOFS: Final = tuple(BY_NAME[name].section for name in ("rollback", "rehearsal", "drills"))
"""The reports that together prove the way back: planned, rehearsed, exercised."""

_SWITCH, _RESTART, _CAPTURE = "switch", "restart", "capture"
_LONGEST_WHY: Final = 600
_NOT_ACCEPTED: Final = "_not_accepted"


def is_proven(production: ProductionReport) -> bool:
    """Say whether the way back was planned, rehearsed and exercised."""
    return all(getattr(production, section).status is Status.READY for section in PROOFS)


def rollback_steps(commands: Commands, mode: Mode, production: ProductionReport) -> Iterator[Todo]:
    """Lead back to Python, where Go decides: the plan's own steps, and what a plan that is not ready leaves out."""
    if mode not in (Mode.ENFORCE, Mode.PROMOTED):
        return
    proven = is_proven(production)
    severity = AlertLevel.HEALTHY if proven else CRITICAL
    owner = _owner(production)
    if not proven:
        reports = [getattr(production, section) for section in PROOFS]
        doubtful = [one for one in reports if one.status is not Status.READY]
        yield Todo(
            "rollback",
            CRITICAL,
            "Do not rely on this way back: it is not proven. Name who decides what to do if it fails",
            commands.check(doubtful[0].report),
            owner,
            _why("; ".join(f"{one.title}: {one.summary}" for one in doubtful)),
            "Plan, rehearsal and drill history are ready.",
        )
    report = production.go_backend_rollback
    plan = report.rollback
    told, more = most(plan.rollback_steps, MOST_STEPS)
    approved = f", approved as {visible(plan.approval_id)}" if plan.approved else ", which is not approved"
    places = [
        f"Step {at} of {len(plan.rollback_steps)} of the rollback plan{approved}" for at in range(1, len(told) + 1)
    ]
    given = plan.rollback_steps if report.status is Status.READY else ()
    same = {} if given else _same_as_ours(told)

    def also(ours: str) -> str:
        found = same.get(ours)
        return "" if found is None else f" {places[found]}: {sentence(visible(told[found]))}"

    if not _mention(given, VARIABLE):
        yield Todo(
            "rollback",
            severity,
            f"If Go decides wrongly or not at all, switch it off for every process that hosts CAVRA, and {_SET_TOO}",
            DISABLE,
            owner,
            shorten(f"In this mode Python decides alone. {_NOT_A_SHELL}{also(_SWITCH)}", _LONGEST_WHY),
            f"The environment of each of these processes holds this value. {_DISABLED}",
        )
    if not _mention(given, _RESTART):
        yield Todo(
            "rollback",
            severity,
            "Restart the API, the CI runner wrapper, the workstation service and whatever else hosts CAVRA",
            "",
            owner,
            shorten(f"A process reads the mode when it starts.{also(_RESTART)}", _LONGEST_WHY),
            "Each process runs since after the change, and its decisions name Python as the backend.",
        )
    for number, step in enumerate(told):
        if number in same.values():
            continue
        alone = (step,) if given else ()
        switches, captures = _mention(alone, VARIABLE), _captures(alone)
        yield Todo(
            "rollback",
            severity,
            shorten(visible(step), _LONGEST_WHY),
            DISABLE if switches else commands.run if captures else "",
            owner,
            f"{places[number]}. {_NOT_A_SHELL} And {_SET_TOO}." if switches else f"{places[number]}.",
            _DISABLED if switches or captures else "The step is done and noted.",
        )
    if more:
        yield Todo("rollback", severity, f"Follow the other {more} steps of the plan", "", owner, "", "All are done.")
    if not _captures(given):
        yield Todo(
            "rollback",
            severity,
            "Capture the reports as evidence of the rollback",
            commands.run,
            owner,
            shorten(f"An auditor wants to see when Python took over.{also(_CAPTURE)}", _LONGEST_WHY),
            f"There is a bundle dated after the restart. {_DISABLED}",
        )


def _same_as_ours(told: Sequence[str]) -> dict[str, int]:
    """Find the steps of a plan that is not ready, by place, which ours say too: each is told once, with ours."""
    found: dict[str, int] = {}
    for number, step in enumerate(told):
        ours = (
            _SWITCH
            if _mention((step,), VARIABLE)
            else _RESTART
            if _mention((step,), _RESTART)
            else _CAPTURE
            if _captures((step,))
            else ""
        )
        if ours:
            found.setdefault(ours, number)
    return found


def _mention(steps: Sequence[str], words: str) -> bool:
    return any(words.casefold() in step.casefold() for step in steps)


def _captures(steps: Sequence[str]) -> bool:
    return any(_mention((step,), "captur") and _mention((step,), "report") for step in steps)


def readiness_steps(
    commands: Commands, production: ProductionReport, plan: NotificationPlanReport, release: ReleaseReadinessReport
) -> Iterator[Todo]:
    """Mend what production or the release does not accept; tell by hand whom no route tells."""
    owner = _owner(production)
    if plan.suppressed_critical:
        yield Todo(
            "now",
            CRITICAL,
            f"Tell an owner of the drill by hand: {', '.join(map(visible, plan.owners))}",
            commands.check("notification-plan"),
            owner,
            f"{_why(plan.reason.rstrip('.'))}, and every route is held.",
            "An owner has answered.",
            due_at=plan.told_again_at,
        )
    failing = unaccepted(production)
    yield from _mend(commands, failing, owner)
    known = {one.report for one in failing}
    for blocker in release.blockers:
        name = blocker.code.removesuffix(_NOT_ACCEPTED)
        if blocker.code.endswith(_NOT_ACCEPTED) and name not in known:
            what = f"Bring the {BY_NAME[name].title.lower()} in order"
            done = f"{commands.check(name)} shows an accepted status."
            yield Todo("now", CRITICAL, what, commands.check(name), owner, sentence(blocker.detail), done)
        elif blocker.code == "release_readiness_artifacts":
            what = "Write the bundle again"
            yield Todo(
                "now", CRITICAL, what, commands.run, GOVERNANCE, sentence(blocker.detail), "reporter verify accepts it."
            )
    schedule = production.go_backend_rollback_drill_schedule
    if schedule.status is Status.DUE_SOON:
        yield Todo(
            "soon",
            WARNING,
            "Run the next rollback drill, and add it to the drill history",
            commands.check("schedule"),
            owner,
            sentence(schedule.schedule.due.sum or "It is due soon"),
            f"{commands.check('schedule')} shows a later due date.",
            due_at=schedule.schedule.due.at,
        )


def close_steps(commands: Commands, release: ReleaseReadinessReport) -> Iterator[Todo]:
    """Close the release: assess again, then fill each part of the closeout packet that is not there."""
    missing = [one for one in release.closeout.entries if not one.met]
    is_ready = release.readiness_state == "ready"
    if is_ready and not missing:
        return
    plural = "" if len(release.blockers) == 1 else "s"
    yield Todo(
        "close",
        AlertLevel.HEALTHY,
        "Assess again, and go on only when the release is ready",
        commands.run,
        GOVERNANCE,
        f"Release readiness is {release.readiness_state} with {len(release.blockers)} blocker{plural}.",
        f"{commands.check('release-readiness')} says ready.",
    )
    for one in missing:
        yield Todo(
            "close",
            AlertLevel.HEALTHY,
            f"Complete the closeout: {one.title.lower()}",
            "",
            GOVERNANCE,
            sentence(f"Found: {one.found}"),
            f"{commands.check('release-readiness')} finds what it wants: {one.wanted}.",
            one.since,
        )


def _mend(commands: Commands, failing: tuple[Report, ...], owner: str) -> Iterator[Todo]:
    """Tell each remedy once, with every check that it mends."""
    remedies: dict[str, list[tuple[Report, Check]]] = {}
    for report, one in _causes(failing):
        remedies.setdefault(one.remedy, []).append((report, one))
    for remedy, checks in remedies.items():
        names = list(dict.fromkeys(report.report for report, _ in checks))
        yield Todo(
            "now",
            CRITICAL,
            remedy.removesuffix(".").replace("`", ""),
            commands.check(names[0]),
            owner,
            _why("; ".join(dict.fromkeys(one.message for _, one in checks))),
            f"Passed in {', '.join(map(commands.check, names))}: {', '.join(one.title for _, one in checks)}.",
        )


def _causes(failing: tuple[Report, ...]) -> Iterator[tuple[Report, Check]]:
    """Give the failed checks that have a reason of their own.

    A reason belongs to the check with the least evidence, which is most about it. One that only says that another of
    these reports fails belongs to none: it is mended there.
    """
    elsewhere = {f"report:{report.report}" for report in failing}
    failed = [(report, one) for report in failing for one in report.checks if one.status is CheckStatus.FAIL]
    homes: dict[tuple[str, str], Check] = {}
    for _, one in failed:
        for reason in one.reasons:
            home = homes.setdefault((reason.document, reason.pointer), one)
            if len(one.evidence) < len(home.evidence):
                homes[reason.document, reason.pointer] = one
    at_home = {id(one) for (document, _), one in homes.items() if document not in elsewhere}
    return ((report, one) for report, one in failed if id(one) in at_home)


def _owner(production: ProductionReport) -> str:
    return ", ".join(production.go_backend_rollback_drill_schedule.schedule.owners) or GOVERNANCE


def _why(text: str) -> str:
    return shorten(visible(text), _LONGEST_WHY)
