"""Rollback drills: those that were run, and when the next one is due (domain.md B1.8 - B1.10, A4)."""

from typing import Annotated, Any, Final

from pydantic import Discriminator, Tag

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


class OwnerRule(ManifestModel):
    """Where an owner is told, how fast an answer is wanted, and who is told next (B1.10)."""

    owners: list[str] = []
    providers: str | list[str] = []
    notification_providers: str | list[str] = []
    acknowledgement_minutes: Annotated[float, positive("minutes", 525_600, optional=True)] = ABSENT_NUMBER
    ack_minutes: Annotated[float, positive("minutes", 525_600, optional=True)] = ABSENT_NUMBER
    escalation_owner: str = ""
    manager: str = ""


class Window(ManifestModel):
    """A time in which nobody is told. Both spellings of its ends are accepted (B1.10)."""

    window_id: str = ""
    id: str = ""
    start_at: Annotated[str, instant(optional=True)] = ""
    starts_at: Annotated[str, instant(optional=True)] = ""
    end_at: Annotated[str, instant(optional=True)] = ""
    ends_at: Annotated[str, instant(optional=True)] = ""
    rrule: str = ""
    timezone: str = ""
    schedule_ids: list[str] = []
    providers: list[str] = []
    owners: list[str] = []
    reason: str = ""
    description: str = ""

    @property
    def start(self) -> str:
        """The start under either name."""
        return self.start_at or self.starts_at

    @property
    def end(self) -> str:
        """The end under either name."""
        return self.end_at or self.ends_at


class Calendar(ManifestModel):
    """When an owner cannot be reached (B1.10)."""

    available: bool = True
    reason: str = ""
    unavailable_windows: list[Window] = []
    blackout_windows: list[Window] = []


def _object_or_list(value: Any) -> str:  # noqa: ANN401 - whatever the document holds
    return "list" if isinstance(value, list) else "object"


OwnerRoutes = Annotated[
    Annotated[dict[str, OwnerRule], Tag("object")] | Annotated[list[OwnerRule], Tag("list")],
    Discriminator(_object_or_list),
]


class DrillSchedule(ManifestModel):
    """The cadence of drills, who owns it and how they are told (B1.9)."""

    schema_version: Annotated[str, equals("cavra.go-backend-rollback-drill-schedule.v1")] = ""
    schedule_id: Annotated[str, text()] = ""
    environment: str = ""
    status: Annotated[str, equals("active")] = ""
    interval_days: Annotated[float, positive("days", LONGEST_INTERVAL_DAYS)] = ABSENT_NUMBER
    next_due_at: Annotated[str, instant(optional=True)] = ""
    owners: Annotated[list[str], filled()] = []
    notification_providers: Annotated[list[str], filled()] = []
    runbook_ref: Annotated[str, text()] = ""
    owner_routes: OwnerRoutes = {}
    routing_rules: OwnerRoutes = {}
    maintenance_windows: list[Window] = []
    owner_calendars: dict[str, Calendar] = {}
