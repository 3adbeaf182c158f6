"""The answer at decision time: which backend may be selected (domain.md B8.3)."""

from enum import StrEnum
from typing import Literal

from reporter.model.checks import Wire
from reporter.model.reports import Mode, Status


class Backend(StrEnum):
    """Who decides."""

    PYTHON = "python"
    GO = "go"


class FailedCheck(Wire):
    """One check that keeps Go from being selected, and what to do about it."""

    id: str
    message: str
    remedy: str


class GateReason(Wire):
    """Why Go may not be selected: a word of ours, the report that says so, and each of its checks that failed."""

    code: str
    report: str
    status: Status | None
    message: str
    checks: tuple[FailedCheck, ...] = ()


class GateDecision(Wire):
    """Which backend may be selected.

    `fallback_used` says that Go was asked for and Python stands in; `fallback_reason` is the code of the first reason;
    `reports` are the statuses of those that were asked.
    """

    schema_version: Literal["reporter.gate.v1"] = "reporter.gate.v1"
    environment: str
    as_of: str
    backend_mode: Mode
    selected_backend: Backend
    fallback_used: bool
    fallback_reason: str
    reports: dict[str, Status]
    reasons: tuple[GateReason, ...]
