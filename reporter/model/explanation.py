"""Why a verdict is what it is: `reporter check --explain`, as JSON."""

from typing import Literal

from reporter.model.checks import CheckStatus, Wire
from reporter.model.reports import AlertLevel, Status


class ExplainedCondition(Wire):
    """One condition of a check. `name` is that of the document; `sha256` is of the bytes that were read."""

    met: bool
    document: str
    name: str
    sha256: str | None
    pointer: str
    found: str
    wanted: tuple[str, ...]


class ExplainedCheck(Wire):
    """One check. `decides` says that the status would be another one without it, or without the others like it."""

    id: str
    title: str
    status: CheckStatus
    decides: bool
    message: str
    conditions: tuple[ExplainedCondition, ...]
    remedy: str


class ExplainedReport(Wire):
    """One report: the rule, what decided by that rule, and what would make it better."""

    report: str
    title: str
    question: str
    status: Status
    alert_level: AlertLevel
    summary: str
    rule: str
    because: str
    better: tuple[str, ...]
    checks: tuple[ExplainedCheck, ...]


class Explanation(Wire):
    """The reports that were asked about, then those that they build on and that are not in order."""

    schema_version: Literal["reporter.explanation.v1"] = "reporter.explanation.v1"
    environment: str
    as_of: str
    reports: tuple[ExplainedReport, ...]
