"""The words of verdicts, apart from the reports that say them: settings and the status need no more."""

from enum import StrEnum
from typing import Literal, TypeAlias


class Mode(StrEnum):
    """How the Go backend takes part. An unknown word is refused, never read as disabled (domain.md A2.6)."""

    DISABLED = "disabled"
    SHADOW = "shadow"
    ENFORCE = "enforce"
    PROMOTED = "promoted"

    @property
    def enabled(self) -> bool:
        """Whether Go takes part at all."""
        return self is not Mode.DISABLED


class Status(StrEnum):
    """The outcome of a report (domain.md A1)."""

    READY = "ready"
    DUE_SOON = "due_soon"
    NEEDS_ATTENTION = "needs_attention"
    NOT_CONFIGURED = "not_configured"
    NOT_REQUESTED = "not_requested"
    DISABLED = "disabled"

    @property
    def alert_level(self) -> "AlertLevel":
        """How loudly this status has to be told (domain.md B2.9)."""
        match self:
            case Status.NEEDS_ATTENTION:
                return AlertLevel.CRITICAL
            case Status.DUE_SOON:
                return AlertLevel.WARNING
            case _:
                return AlertLevel.HEALTHY


class AlertLevel(StrEnum):
    """How loud."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"


RouteAction: TypeAlias = Literal["deliver", "suppress"]
RouteCategory: TypeAlias = Literal["deliver", "maintenance_window", "owner_calendar", "healthy_schedule", "other"]
"""What is decided of a route of a notification plan, and why (domain.md B2.10)."""
