"""What to do: the failed checks, told so that one and the same reason appears once, the worst first."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from reporter.model.checks import Check, CheckStatus, Reason
from reporter.model.readiness import Readiness
from reporter.model.registry import BY_NAME, REPORTS, ReportKind
from reporter.model.reports import Report, Status
from reporter.render.check_rows import build_reason
from reporter.render.references import REPORT_PREFIX, References
from reporter.render.shapes import Action, Link, Listing
from reporter.render.wording import LEVEL_TAGS, day, listed, plain, until

OWNED_REPORTS: Final = frozenset({"drills", "schedule"})
"""The reports whose work belongs to the owners that the drill schedule names."""


class _Failed(NamedTuple):
    kind: ReportKind
    report: Report
    check: Check


def pairs(readiness: Readiness) -> Iterator[tuple[ReportKind, Report]]:
    """Give the reports of the verdict with their rows of the registry, in its order."""
    for kind in REPORTS:
        if kind.section:
            yield kind, getattr(readiness.production, kind.section)


def build_actions(readiness: Readiness, references: References) -> Listing[Action]:
    """Build the list of things to do; due soon is one of them.

    A reason is one (document, pointer). It is told at the failed check with the least evidence: that check is
    most about it, and has the remedy that fits. A reason that only says that another report fails is left out
    when that report tells why.
    """
    failed = list(_failed(readiness))
    homes = _homes(failed)
    owners = readiness.production.go_backend_rollback_drill_schedule.schedule.owners
    actions: list[Action] = []
    for entry in failed:
        reasons = [reason for reason in _told(entry, failed) if homes[_key(reason)] is entry.check]
        if not reasons:
            continue
        keys = {_key(reason) for reason in reasons}
        also = tuple(
            Link(plain(other.check.title), references.check(other.kind.name, other.check.id))
            for other in failed
            if other.check is not entry.check and keys.intersection(_key(one) for one in _told(other, failed))
        )
        actions.append(
            Action(
                number=len(actions) + 1,
                tag=LEVEL_TAGS[entry.report.alert_level],
                task=plain(entry.check.remedy) or "Mend this check.",
                check=Link(plain(entry.check.title), references.check(entry.kind.name, entry.check.id)),
                reasons=Listing(
                    tuple({_key(one): build_reason(one, references) for one in reasons}.values()),
                    "reasons",
                ),
                also_fails=also,
                report=Link(entry.kind.title, references.reports[entry.kind.name]),
                owners=listed(owners) if owners and entry.kind.name in OWNED_REPORTS else "",
            )
        )
    actions.extend(_due_soon(readiness, references, len(actions)))
    return Listing(tuple(actions), "things to do")


def _failed(readiness: Readiness) -> Iterator[_Failed]:
    for kind, report in pairs(readiness):
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


def _due_soon(readiness: Readiness, references: References, before: int) -> Iterator[Action]:
    report = readiness.production.go_backend_rollback_drill_schedule
    schedule = report.schedule
    if report.status is not Status.DUE_SOON or schedule.days_until_due is None:
        return
    yield Action(
        number=before + 1,
        tag=LEVEL_TAGS[report.alert_level],
        task=f"Run the next rollback drill by {day(schedule.due.at)},"
        f" {until(schedule.days_until_due)}, and add it to the drill history.",
        check=None,
        reasons=Listing((), "reasons"),
        also_fails=(),
        report=Link(BY_NAME["schedule"].title, references.reports["schedule"]),
        owners=listed(schedule.owners) if schedule.owners else "",
    )
