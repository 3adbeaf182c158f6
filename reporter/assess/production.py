"""Production readiness: the verdict of one environment, folded from all its reports (domain.md B2.8)."""

from collections.abc import Iterator
from typing import Any, Final

from reporter.assess.conditions import CheckSpec, Condition, check, fold, head, not_applicable
from reporter.model.case import Case
from reporter.model.checks import Check, CheckStatus
from reporter.model.documents import Document, DocumentState
from reporter.model.registry import REPORTS, ReportKind
from reporter.model.reports import ProductionReport, Report, Status

SCOPE: Final = (
    "Covers readiness: backend, deployment, promotion, rollback, rehearsal, drills and schedule."
    " Delivery, acknowledgement, retry and closure of alerts are judged by `reporter check release-readiness`."
)

_NOT_ASKED: Final = (Status.DISABLED, Status.NOT_REQUESTED, Status.NOT_CONFIGURED)


def assess_production(case: Case, *reports: Report) -> ProductionReport:
    """Fold the seven reports, given in the order of the registry.

    Ready needs every report in a status that does not block. Due soon stays visible. A disabled pilot
    without a failing report is `disabled`: nothing was proven, because nothing runs.
    """
    by_name = {report.report: report for report in reports}
    sections = [kind for kind in REPORTS if kind.section]
    checks = tuple(_gate(kind, by_name[kind.name]) for kind in sections)
    status = fold(checks)
    if status is Status.READY and not case.mode.enabled:
        status = Status.DISABLED
    elif status is Status.READY and any(one.status is Status.DUE_SOON for one in reports):
        status = Status.DUE_SOON
    folded: dict[str, Any] = {kind.section: by_name[kind.name] for kind in sections}
    standing = head("production", case, status, checks) | {"summary": _summary(status, checks, folded)}
    return ProductionReport(**standing, operator_notes=(SCOPE,), **folded)


def about_report(report: Report, pointer: str, found: str, wanted: str, *, met: bool) -> Condition:
    """State a condition about another report."""
    source = Document(alias=f"report:{report.report}", name=f"{report.report} report", state=DocumentState.READ)
    return Condition(source, pointer, found, wanted, met)


def unaccepted(production: ProductionReport) -> tuple[Report, ...]:
    """Give the reports that block production, in the order of the registry."""
    folded = ((kind, getattr(production, kind.section)) for kind in REPORTS if kind.section)
    return tuple(report for kind, report in folded if report.status not in kind.accepted)


def _gate(kind: ReportKind, report: Report) -> Check:
    """Judge one report's status. One that was not asked for is shown as such, not as passed."""
    if report.status in _NOT_ASKED and report.status in kind.accepted:
        return not_applicable(_spec(kind), f"the {kind.name} report is {_words(report.status)}")
    return check(_spec(kind), _accepted(kind, report))


def _summary(status: Status, checks: tuple[Check, ...], folded: dict[str, Any]) -> str:
    asked = [one for one in checks if one.status is not CheckStatus.NOT_APPLICABLE]
    failed = [one.title for one in asked if one.status is CheckStatus.FAIL]
    if failed:
        need = "needs" if len(failed) == 1 else "need"
        return f"{len(failed)} of {len(asked)} reports {need} attention: {', '.join(failed)}"
    if status is Status.DISABLED:
        return "Go is disabled: nothing runs, and nothing was proven"
    due = folded["go_backend_rollback_drill_schedule"].schedule.due.at
    drill = f"; the next rollback drill is due {due}" if due else ""
    return f"all {len(asked)} reports that were asked for are in order{drill}"


def _words(status: Status) -> str:
    return str(status).replace("_", " ")


def _spec(kind: ReportKind) -> CheckSpec:
    return CheckSpec(kind.gate, kind.title, f"Mend the failed checks of `reporter check {kind.name}`.")


def _accepted(kind: ReportKind, report: Report) -> Iterator[Condition]:
    wanted = " or ".join(f'"{status}"' for status in sorted(kind.accepted))
    yield about_report(report, "/status", f'"{report.status}"', wanted, met=report.status in kind.accepted)
