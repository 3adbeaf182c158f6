"""Who is told, how, and when not: alone as a routing policy or within the drill schedule (domain.md B1.10).

Every alias counts, in either place. A rule or a window that is in doubt is not applied: in doubt, people are told.
"""

from typing import Annotated, Any, Final

from pydantic import Discriminator, Tag

from reporter.model.providers import PROVIDERS, normalise
from reporter.model.wants import ABSENT_NUMBER, ManifestModel, instant, known, positive

LONGEST_ACKNOWLEDGEMENT_MINUTES: Final = 525_600

KNOWN_PROVIDERS: Final = known("providers", *PROVIDERS, spelled=normalise, optional=True)

Minutes = Annotated[float, positive("minutes", LONGEST_ACKNOWLEDGEMENT_MINUTES, optional=True)]
Providers = Annotated[str | list[str], KNOWN_PROVIDERS]


class OwnerRule(ManifestModel):
    """Where an owner is told, how fast an answer is wanted, and who is told next."""

    owners: list[str] = []
    providers: Providers = []
    notification_providers: Providers = []
    acknowledgement_minutes: Minutes = ABSENT_NUMBER
    ack_minutes: Minutes = ABSENT_NUMBER
    escalation_owner: str = ""
    manager: str = ""


class Window(ManifestModel):
    """A time in which nobody is told. Both spellings of its ends are accepted.

    With `rrule` (RFC 5545) the ends are those of the first occurrence, and it recurs in the wall time of `timezone`.
    A time without an offset is wall time of `timezone` too, and UTC without one.
    """

    window_id: str = ""
    id: str = ""
    start_at: Annotated[str, instant(optional=True)] = ""
    starts_at: Annotated[str, instant(optional=True)] = ""
    end_at: Annotated[str, instant(optional=True)] = ""
    ends_at: Annotated[str, instant(optional=True)] = ""
    rrule: str = ""
    timezone: str = ""
    schedule_ids: list[str] = []
    providers: Annotated[list[str], KNOWN_PROVIDERS] = []
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
    """When an owner cannot be reached."""

    available: bool = True
    reason: str = ""
    unavailable_windows: list[Window] = []
    blackout_windows: list[Window] = []


class Slo(ManifestModel):
    """How fast an answer is wanted where no rule says it."""

    acknowledgement_minutes: Minutes = ABSENT_NUMBER


def _object_or_list(value: Any) -> str:  # noqa: ANN401 - whatever the document holds
    return "list" if isinstance(value, list) else "object"


OwnerRoutes = Annotated[
    Annotated[dict[str, OwnerRule], Tag("object")] | Annotated[list[OwnerRule], Tag("list")],
    Discriminator(_object_or_list),
]

ROUTE_KEYS: Final = ("owner_routes", "routing_rules")
WINDOW_KEYS: Final = ("maintenance_windows", "suppression_windows")
CALENDAR_KEYS: Final = ("owner_calendars", "calendars")
CALENDAR_WINDOW_KEYS: Final = ("unavailable_windows", "blackout_windows")


class Routing(ManifestModel):
    """What a schedule and a routing policy have in common."""

    owner_routes: OwnerRoutes = {}
    routing_rules: OwnerRoutes = {}
    maintenance_windows: list[Window] = []
    suppression_windows: list[Window] = []
    owner_calendars: dict[str, Calendar] = {}
    calendars: dict[str, Calendar] = {}


class RoutingPolicy(Routing):
    """Routing kept apart from the schedule; what it says goes before what the schedule says. It has no schema id."""

    acknowledgement_minutes: Minutes = ABSENT_NUMBER
    default_slo: Slo = Slo.model_construct()
