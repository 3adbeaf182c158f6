"""Short ways from evidence records to a report that starts from them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from assess.cases import PILOT, WORSE, Pilot, failed
from loops import records as make
from loops.cases import NOW, settled
from reporter.assess.everything import assess_reports
from reporter.loops.policy import LoopPolicies
from reporter.model.case import EVERYBODY, Request
from reporter.model.checks import Reason
from reporter.model.reports import Mode, Report

SHADOW: Final = PILOT.but(mode=Mode.SHADOW)
DELIVERY_REPORTS: Final = ("escalation-plan", "routing-trend", "audit-package", "retry-plan", "worker-health")


def reported(
    name: str,
    *values: make.RecordValue,
    pilot: Pilot = PILOT,
    now: datetime = NOW,
    request: Request = EVERYBODY,
    policies: LoopPolicies | None = None,
) -> Any:  # noqa: ANN401 - each report has facts of its own
    """Write, read, fold, finalise and assess; and prove that the report can be written and read again."""
    states = settled(*values, now=now, policies=policies)
    report = assess_reports(pilot.but(now=now, request=request).case(), [name], states)[name]
    failed(report)
    assert type(report).model_validate_json(report.model_dump_json()) == report
    return report


def badness(values: Iterable[make.RecordValue], now: datetime = NOW) -> dict[str, int]:
    """Say how bad each report on deliveries is."""
    states = settled(*values, now=now)
    reports = assess_reports(PILOT.but(now=now).case(), DELIVERY_REPORTS, states)
    return {name: WORSE[reports[name].status] for name in DELIVERY_REPORTS}


def reasons(report: Report, check: str) -> list[Reason]:
    """Give what a failed check says; nothing where it does not fail."""
    found = failed(report)
    return list(found[check].reasons) if check in found else []
