"""The documents of a bundle beside the reports: `readiness.json` and `inputs.json`."""

from typing import Literal

from reporter.model.checks import Wire
from reporter.model.documents import DocumentState
from reporter.model.reports import AlertLevel, Mode, ProductionReport, Status


class InputFault(Wire):
    """One thing wrong with an input."""

    pointer: str
    found: str
    wanted: str


class Input(Wire):
    """One input: what it is, what was read, and why it could not be."""

    alias: str
    title: str
    name: str
    state: DocumentState
    sha256: str | None
    size_bytes: int | None
    faults: tuple[InputFault, ...]


class Inputs(Wire):
    """Everything that was read for one environment (`inputs.json`)."""

    schema_version: Literal["reporter.inputs.v1"] = "reporter.inputs.v1"
    environment: str
    as_of: str
    settings_sha256: str
    inputs: tuple[Input, ...]


class Change(Wire):
    """One difference from the previous bundle: of the whole verdict, of a report or of a check."""

    subject: str
    title: str
    before: str
    after: str
    better: bool


class Previous(Wire):
    """The bundle that this one follows. Its status is only known when it still verifies."""

    digest: str
    as_of: str
    status: Status | None
    verified: bool


class PolicyFacts(Wire):
    """The thresholds in force."""

    rollback_drill_max_age_days: float
    rollback_drill_due_soon_days: float


class Readiness(Wire):
    """The verdict of one environment with all its proof (`readiness.json`)."""

    schema_version: Literal["reporter.readiness.v1"] = "reporter.readiness.v1"
    environment: str
    as_of: str
    tool_version: str
    mode: Mode
    status: Status
    alert_level: AlertLevel
    policy: PolicyFacts
    previous: Previous | None
    changes: tuple[Change, ...]
    production: ProductionReport
    inputs: tuple[Input, ...]
