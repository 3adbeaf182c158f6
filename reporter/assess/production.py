"""Production readiness: the verdict of one environment, folded from all its reports (domain.md B2.8)."""

from collections.abc import Iterator
from typing import Any, Final

from reporter.assess.conditions import CheckSpec, Condition, check, fold, head
from reporter.model.case import Case
from reporter.model.documents import Document, DocumentState
from reporter.model.registry import REPORTS, ReportKind
from reporter.model.reports import ProductionReport, Report, Status

SCOPE: Final = (
    "Covers readiness: backend, deployment, promotion, rollback, rehearsal, drills and schedule."
    " Delivery, acknowledgement, retry and closure of alerts are not assessed."
)


def assess_production(case: Case, *reports: Report) -> ProductionReport:
    """Fold the seven reports, given in the order of the registry.

    Ready needs every report in a status that does not block. Due soon stays visible. A disabled pilot
    without a failing report is `disabled`: nothing was proven, because nothing runs.
    """
    by_name = {report.report: report for report in reports}
    sections = [kind for kind in REPORTS if kind.section]
    checks = tuple(check(_spec(kind), _accepted(kind, by_name[kind.name])) for kind in sections)
    status = fold(checks)
    if status is Status.READY and not case.mode.enabled:
        status = Status.DISABLED
    elif status is Status.READY and any(one.status is Status.DUE_SOON for one in reports):
        status = Status.DUE_SOON
    folded: dict[str, Any] = {kind.section: by_name[kind.name] for kind in sections}
    return ProductionReport(**head("production", case, status, checks), operator_notes=(SCOPE,), **folded)


def _spec(kind: ReportKind) -> CheckSpec:
    return CheckSpec(kind.gate, kind.title, f"Mend the failed checks of `reporter check {kind.name}`.")


def _accepted(kind: ReportKind, report: Report) -> Iterator[Condition]:
    source = Document(alias=f"report:{kind.name}", name=f"{kind.name} report", state=DocumentState.READ)
    wanted = " or ".join(f'"{status}"' for status in sorted(kind.accepted))
    yield Condition(source, "/status", f'"{report.status}"', wanted, met=report.status in kind.accepted)
