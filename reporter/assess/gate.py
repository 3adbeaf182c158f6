"""The promoted-mode gate: which backend may be selected, and every reason against Go, in order (domain.md B8.3).

Nothing is judged here: each reason repeats what a report says. A report that is not there counts against Go.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from reporter.model.case import Case
from reporter.model.checks import CheckStatus
from reporter.model.gate import Backend, FailedCheck, GateDecision, GateReason
from reporter.model.instants import format_instant
from reporter.model.registry import BY_NAME
from reporter.model.reports import Mode, Report, Status

DISABLED: Final = "pilot_disabled"
SHADOW: Final = "shadow_mode"

_ALWAYS: Final = ("backend",)
_PROMOTED: Final = ("promotion", "rollback", "rehearsal", "drills", "schedule")
_ACCEPTED: Final = frozenset({Status.READY})
_ACCEPTED_SCHEDULE: Final = frozenset({Status.READY, Status.DUE_SOON})


def gate_reports(mode: Mode) -> tuple[str, ...]:
    """Name the reports that the gate asks in a mode, in its order."""
    if not mode.enabled:
        return ()
    return (*_ALWAYS, *_PROMOTED) if mode is Mode.PROMOTED else _ALWAYS


def code_of(report: str) -> str:
    """Give the reason's word for a report that does not let Go through."""
    return f"{report}_not_ready"


def assess_gate(case: Case, reports: Mapping[str, Report]) -> GateDecision:
    """Decide: Go where it was asked for and every report of its mode lets it through, else Python with every reason."""
    reasons = tuple(_reasons(case.mode, reports))
    return GateDecision(
        environment=case.environment,
        as_of=format_instant(case.now),
        backend_mode=case.mode,
        selected_backend=Backend.PYTHON if reasons else Backend.GO,
        fallback_used=any(one.report for one in reasons),
        fallback_reason=reasons[0].code if reasons else "",
        reports={name: reports[name].status for name in gate_reports(case.mode) if name in reports},
        reasons=reasons,
    )


def _reasons(mode: Mode, reports: Mapping[str, Report]) -> Iterator[GateReason]:
    if not mode.enabled:
        yield _by_mode(DISABLED, "the Go backend pilot is disabled: Python is the only backend")
        return
    for name in gate_reports(mode):
        report = reports.get(name)
        accepted = _ACCEPTED_SCHEDULE if name == "schedule" else _ACCEPTED
        if report is None or report.status not in accepted:
            yield _by_report(name, report)
    if mode is Mode.SHADOW:
        yield _by_mode(SHADOW, "in shadow mode Go runs beside Python, and Python decides")


def _by_mode(code: str, message: str) -> GateReason:
    return GateReason(code=code, report="", status=None, message=message)


def _by_report(name: str, report: Report | None) -> GateReason:
    title = BY_NAME[name].title
    if report is None:
        return GateReason(code=code_of(name), report=name, status=None, message=f"{title}: no report")
    failed = tuple(
        FailedCheck(id=one.id, message=one.message, remedy=one.remedy)
        for one in report.checks
        if one.status is CheckStatus.FAIL
    )
    said = str(report.status).replace("_", " ")
    message = f"{title}: {said}: {report.summary}" if report.summary != said else f"{title}: {said}"
    return GateReason(code=code_of(name), report=name, status=report.status, message=message, checks=failed)
