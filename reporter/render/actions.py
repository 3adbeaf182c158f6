"""What to do, the worst first: failed checks, what the loops leave open, and what is due soon; each told once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from reporter.model.checks import Check, CheckStatus, Reason
from reporter.model.readiness import LoopReports, Readiness
from reporter.model.registry import BY_NAME, REPORTS, ReportKind
from reporter.model.reports import AlertLevel, Report, ScheduleReport, Status
from reporter.render.blockers import Named
from reporter.render.check_rows import build_reason
from reporter.render.loop_actions import Pressing, build_loop_actions
from reporter.render.references import REPORT_PREFIX, References
from reporter.render.shapes import Action, Link, Listing
from reporter.render.step_search import StepSearch
from reporter.render.wording import LEVEL_TAGS, day, listed, plain, until

OWNED_REPORTS: Final = frozenset({"drills", "schedule"})
"""The reports whose work belongs to the owners that the drill schedule names."""

LEVELS: Final = tuple(AlertLevel)
"""From quiet to loud."""

OWN_CHECKS: Final = frozenset({"notification-plan", "routing-trend"})
"""The reports of the loops whose failed checks no open item, alert or blocker tells."""

DRILL_STEP: Final = "Run the next rollback drill"


class _Failed(NamedTuple):
    kind: ReportKind
    report: Report
    check: Check


def pairs(readiness: Readiness) -> Iterator[tuple[ReportKind, Report]]:
    """Give the reports that the verdict of production is folded from, with their rows of the registry, in its order."""
    for kind in REPORTS:
        if kind.section:
            yield kind, getattr(readiness.production, kind.section)


def loop_pairs(readiness: Readiness) -> Iterator[tuple[ReportKind, Report]]:
    """Give the reports of the loops with their rows of the registry, in its order."""
    for kind in REPORTS:
        name = kind.name.replace("-", "_")
        if name in LoopReports.model_fields:
            yield kind, getattr(readiness.loops, name)


def build_actions(readiness: Readiness, blockers: Sequence[Named], references: References) -> Listing[Action]:
    """Build the list of things to do, the worst first; what is due soon is one of them.

    Where all are equally pressing, none says how much.
    """
    steps = StepSearch(readiness.loops.runbook.steps)
    pressing = list(_of_checks(readiness, references, steps))
    names = {entry.kind.name for entry in _failed(readiness)}
    pressing.extend(_due_soon(readiness, references, steps))
    pressing.extend(build_loop_actions(readiness, blockers, references, names, steps))
    pressing.sort(key=lambda one: -LEVELS.index(one.level))
    alike = len({one.level for one in pressing}) == 1
    return Listing(tuple(replace(one.action, tag=None) if alike else one.action for one in pressing), "things to do")


def drill_task(report: ScheduleReport) -> str:
    """Say what a drill that is due soon asks for; empty where nobody knows when it is due."""
    schedule = report.schedule
    if schedule.days_until_due is None:
        return ""
    by = f"{day(schedule.due.at)}, {until(schedule.days_until_due)}"
    return f"{DRILL_STEP} by {by}, and add it to the drill history."


def _of_checks(readiness: Readiness, references: References, steps: StepSearch) -> Iterator[Pressing]:
    """Give what failed checks ask for, so that one and the same reason appears once.

    A reason is one (document, pointer). It is told at the failed check with the least evidence: that check is
    most about it, and has the remedy that fits. A reason that only says that another report fails is left out
    when that report tells why.
    """
    failed = list(_failed(readiness))
    homes = _homes(failed)
    owners = readiness.production.go_backend_rollback_drill_schedule.schedule.owners
    for entry in failed:
        reasons = [reason for reason in _told(entry, failed) if homes[_key(reason)] is entry.check]
        if not reasons:
            continue
        asked = f"reporter check {entry.kind.name} " if entry.kind.name in OWN_CHECKS else ""
        steps.find(((entry.check.remedy.removesuffix(".").replace("`", ""),), (asked,)))
        keys = {_key(reason) for reason in reasons}
        also = tuple(
            Link(plain(other.check.title), references.check(other.kind.name, other.check.id))
            for other in failed
            if other.check is not entry.check and keys.intersection(_key(one) for one in _told(other, failed))
        )
        level = max(entry.report.alert_level, AlertLevel.WARNING, key=LEVELS.index)
        tag = LEVEL_TAGS[level]
        yield Pressing(
            level,
            Action(
                tag=tag,
                tone=tag.tone,
                task=plain(entry.check.remedy) or "Mend this check.",
                check=Link(plain(entry.check.title), references.check(entry.kind.name, entry.check.id)),
                reasons=Listing(
                    tuple({_key(one): build_reason(one, references) for one in reasons}.values()),
                    "reasons",
                ),
                also_fails=also,
                report=Link(entry.kind.title, references.reports[entry.kind.name]),
                owners=listed(owners) if owners and entry.kind.name in OWNED_REPORTS else "",
            ),
        )


def _failed(readiness: Readiness) -> Iterator[_Failed]:
    """Give the failed checks, but not of the reports of the loops whose checks sum up open items and alerts."""
    for kind, report in (*pairs(readiness), *loop_pairs(readiness)):
        if kind.section or kind.name in OWN_CHECKS:
            for check in report.checks:
                if check.status is CheckStatus.FAIL:
                    yield _Failed(kind, report, check)


def _key(reason: Reason) -> tuple[str, str]:
    return reason.document, reason.pointer


def _told(entry: _Failed, failed: list[_Failed]) -> list[Reason]:
    explained = {f"{REPORT_PREFIX}{other.kind.name}" for other in failed}
    return [reason for reason in entry.check.reasons if reason.document not in explained]


def _homes(failed: list[_Failed]) -> dict[tuple[str, str], Check]:
    homes: dict[tuple[str, str], Check] = {}
    for entry in failed:
        for reason in entry.check.reasons:
            home = homes.get(_key(reason))
            if home is None or len(entry.check.evidence) < len(home.evidence):
                homes[_key(reason)] = entry.check
    return homes


def _due_soon(readiness: Readiness, references: References, steps: StepSearch) -> Iterator[Pressing]:
    report = readiness.production.go_backend_rollback_drill_schedule
    schedule = report.schedule
    task = drill_task(report)
    if report.status is not Status.DUE_SOON or not task:
        return
    steps.find(((DRILL_STEP,),))
    tag = LEVEL_TAGS[report.alert_level]
    yield Pressing(
        report.alert_level,
        Action(
            tag=tag,
            tone=tag.tone,
            task=task,
            report=Link(BY_NAME["schedule"].title, references.reports["schedule"]),
            owners=listed(schedule.owners) if schedule.owners else "",
        ),
    )
