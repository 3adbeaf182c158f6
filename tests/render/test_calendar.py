"""The iCalendar file: valid in a strict reader, the same bytes each time, nothing of anybody's in it but names."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from reporter.model.agenda import AgendaKind, Appointment
from reporter.render.calendar import render_calendar, text_of

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
DAY = timedelta(days=1)
DRILL = Appointment(AgendaKind.DRILL, "pilot", "monthly", "rollback drill due", ("due by explicit",), NOW + DAY)


def assert_strict(content: bytes) -> list[str]:
    """Hold a file against RFC 5545 3.1 and 3.6, line by line; give its unfolded lines."""
    assert content.endswith(b"\r\n")
    lines = content.split(b"\r\n")[:-1]
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert all(len(line) <= 75 for line in lines)
    for line in lines:
        line.decode()  # folding never cuts a character
    unfolded = content.decode().replace("\r\n ", "").split("\r\n")[:-1]
    assert all(re.fullmatch(r"[A-Z-]+(;[A-Z-]+=[^:]+)?:.*", line) for line in unfolded), unfolded
    assert unfolded[0] == "BEGIN:VCALENDAR"
    assert unfolded[-1] == "END:VCALENDAR"
    for name in ("PRODID", "VERSION"):
        assert sum(line.startswith(f"{name}:") for line in unfolded) == 1
    return unfolded


def read(content: bytes) -> list[dict[str, object]]:
    calendar = Calendar.from_ical(content)
    assert not calendar.errors
    events = list(calendar.walk("VEVENT"))
    assert not any(event.errors for event in events)
    return [dict(event) for event in events]


def test_entry_has_what_the_standard_asks_for() -> None:
    window = DRILL._replace(kind=AgendaKind.WINDOW, key="w", end=NOW + 2 * DAY, owners=("lead", "platform"))
    content = render_calendar([window, DRILL], NOW, "pilot: due")
    lines = assert_strict(content)
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 2
    assert f"DTSTAMP:{NOW:%Y%m%dT%H%M%SZ}" in lines
    assert "DTSTART:20260612T154000Z" in lines
    assert "DTEND:20260613T154000Z" in lines
    assert r"DESCRIPTION:due by explicit\nowners: lead\, platform" in lines
    assert not any(line.startswith(("ATTENDEE", "ORGANIZER")) for line in lines)


def test_thing_keeps_its_uid_when_its_date_moves_and_a_later_file_goes_before() -> None:
    one, two = (
        read(render_calendar([DRILL._replace(start=NOW + days * DAY)], NOW + days * DAY, "x"))[0] for days in (0, 1)
    )
    assert one["UID"] == two["UID"]
    assert int(str(two["SEQUENCE"])) > int(str(one["SEQUENCE"]))
    other = read(render_calendar([DRILL._replace(environment="other")], NOW, "x"))[0]
    assert other["UID"] != one["UID"]


def test_what_has_no_end_is_a_whole_day() -> None:
    content = render_calendar([DRILL._replace(whole_day=True, start=NOW)], NOW, "x")
    assert "DTSTART;VALUE=DATE:20260611" in assert_strict(content)


def test_same_agenda_in_another_order_is_the_same_file() -> None:
    several = [DRILL._replace(key=str(number)) for number in range(5)]
    assert render_calendar(several, NOW, "x") == render_calendar(list(reversed(several)), NOW, "x")


def test_guards_look_at_all_that_an_entry_tells() -> None:
    one = DRILL._replace(owners=("lead",), details=("some reason",))
    assert all(word in text_of(one) for word in ("pilot", "rollback drill due", "some reason", "lead", "monthly"))


@given(st.text(max_size=300), st.lists(st.text(max_size=90), max_size=3))
def test_any_text_stays_within_its_entry(title: str, details: list[str]) -> None:
    content = render_calendar([DRILL._replace(title=title, details=tuple(details), owners=tuple(details))], NOW, title)
    lines = assert_strict(content)
    assert lines.count("BEGIN:VEVENT") == 1
    assert len(read(content)) == 1
