"""An agenda as an iCalendar file (RFC 5545): in UTC, so that it needs no time zones of its own.

UIDs stay the same while the thing is the same; SEQUENCE and DTSTAMP rise with `now`, so that a later file replaces an
earlier one. Nobody is named as an attendee: owners are names in the text, as in the bundle.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event

from reporter.model.agenda import Appointment
from reporter.render.wording import listed, plain

PRODUCT: Final = "-//reporter//reporter//EN"
UID_DOMAIN: Final = "reporter.invalid"
"""RFC 2606 keeps it free of anybody's hosts."""

_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)


def render_calendar(appointments: Iterable[Appointment], now: datetime, name: str) -> bytes:
    """Write the calendar; the same appointments and `now` give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", plain(name))
    calendar.add("x-wr-calname", plain(name))
    for one in sorted(appointments, key=lambda each: (each.start, each.environment, each.kind, each.key)):
        calendar.add_component(_event(one, now))
    content: bytes = calendar.to_ical(sorted=False)
    return content


def text_of(one: Appointment) -> str:
    """Give everything that an entry tells: what guards have to look at."""
    return "\n".join((_summary(one), _description(one), one.key))


def _event(one: Appointment, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{_uid(one)}@{UID_DOMAIN}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", max(0, (now - _EPOCH) // _MINUTE))
    if one.whole_day:
        event.add("dtstart", one.start.astimezone(UTC).date())
    else:
        event.add("dtstart", one.start.astimezone(UTC))
        if one.end is not None:
            event.add("dtend", one.end.astimezone(UTC))
    event.add("summary", _summary(one))
    event.add("description", _description(one))
    event.add("categories", [one.kind.value])
    event.add("transp", "TRANSPARENT")
    event.add("class", "PUBLIC")
    return event


def _summary(one: Appointment) -> str:
    return f"{plain(one.environment)}: {plain(one.title)}"


def _description(one: Appointment) -> str:
    owners = f"owners: {listed(one.owners)}" if one.owners else "owners: everybody"
    return "\n".join((*(plain(line) for line in one.details), owners))


def _uid(one: Appointment) -> str:
    named = f"{one.environment}\0{one.kind}\0{one.key}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]
