"""Rollback drills: those that were run, and when the next one is due (domain.md B1.8, B1.9, A4)."""

from typing import Annotated, Final

from reporter.model.manifests.routing import KNOWN_PROVIDERS, Routing
from reporter.model.wants import (
    ABSENT_NUMBER,
    ManifestModel,
    equals,
    filled,
    instant,
    positive,
    text,
)

LONGEST_INTERVAL_DAYS: Final = 3660
MOST_OWNERS: Final = 200


class Drill(ManifestModel):
    """One drill. What it must hold to pass is judged in `assess`, for a failed drill is a fact too."""

    drill_id: Annotated[str, text()] = ""
    executed_at: Annotated[str, instant()] = ""
    actor: str = ""
    source_mode: str = ""
    target_mode: str = ""
    status: str = ""
    fallback_verified: bool = False
    recovery_minutes: float = ABSENT_NUMBER
    max_recovery_minutes: float = ABSENT_NUMBER
    runbook_ref: str = ""
    evidence_refs: list[str] = []


class DrillHistory(ManifestModel):
    """Every drill of one environment (B1.8)."""

    schema_version: Annotated[str, equals("cavra.go-backend-rollback-drill-history.v1")] = ""
    environment: str = ""
    drills: Annotated[list[Drill], filled()] = []


class DrillSchedule(Routing):
    """The cadence of drills, who owns it and how they are told (B1.9)."""

    schema_version: Annotated[str, equals("cavra.go-backend-rollback-drill-schedule.v1")] = ""
    schedule_id: Annotated[str, text()] = ""
    environment: str = ""
    status: Annotated[str, equals("active")] = ""
    interval_days: Annotated[float, positive("days", LONGEST_INTERVAL_DAYS)] = ABSENT_NUMBER
    next_due_at: Annotated[str, instant(optional=True)] = ""
    owners: Annotated[list[str], filled(MOST_OWNERS)] = []
    notification_providers: Annotated[list[str], filled(), KNOWN_PROVIDERS] = []
    runbook_ref: Annotated[str, text()] = ""
