"""What a calendar holds: one appointment for each thing that is due or that keeps people from being told."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class AgendaKind(StrEnum):
    """What an appointment is about."""

    DRILL = "rollback drill"
    WINDOW = "maintenance window"
    UNAVAILABLE = "owner unavailable"
    EXECUTIVE = "executive report"
    RECOVERY = "recovery"
    RETRY = "retry"


class Appointment(NamedTuple):
    """One entry. `key` names the thing and stays the same while that is the same thing; without `end` it is an instant.

    An empty set of owners means everybody. `whole_day` is for what has no end that anybody gives.
    """

    kind: AgendaKind
    environment: str
    key: str
    title: str
    details: tuple[str, ...]
    start: datetime
    end: datetime | None = None
    owners: tuple[str, ...] = ()
    whole_day: bool = False
