"""Recurring windows (domain.md A4): RFC 5545 dates as dateutil has them, wall time resolved to suppress least."""

import sys
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from reporter.assess.recurrence import (
    COUNTED,
    Frequency,
    Recurrence,
    Rule,
    RuleFault,
    Span,
    earliest,
    find_zone,
    latest,
    read_rule,
    wall_time,
)
from reporter.model.instants import format_instant

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def recurrence(rule: str, first: str, length: timedelta = HOUR, zone: tzinfo = UTC) -> Recurrence:
    return Recurrence(read_rule(rule), datetime.fromisoformat(first), length, zone)


def shown(spans: list[Span]) -> list[tuple[str, str]]:
    return [(format_instant(one.start), format_instant(one.end)) for one in spans]


@pytest.mark.parametrize(
    ("rule", "first", "dates"),
    [
        pytest.param("FREQ=DAILY", "2026-01-30", ["01-30", "01-31", "02-01"], id="daily"),
        pytest.param("FREQ=DAILY;INTERVAL=10", "2026-01-01", ["01-01", "01-11", "01-21"], id="every tenth day"),
        pytest.param("FREQ=WEEKLY", "2026-01-04", ["01-04", "01-11", "01-18"], id="weekly, day of the first"),
        pytest.param("FREQ=WEEKLY;BYDAY=SU,TH", "2026-01-04", ["01-04", "01-08", "01-11"], id="two weekdays"),
        pytest.param("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO", "2026-01-04", ["01-04", "01-12", "01-18"], id="from Monday"),
        pytest.param(
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU", "2026-01-04", ["01-04", "01-05", "01-18"], id="from Sunday"
        ),
        pytest.param("FREQ=MONTHLY", "2026-01-31", ["01-31", "03-31", "05-31"], id="months without a 31st are skipped"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", ["01-31", "02-28", "03-31"], id="last day"),
        pytest.param("FREQ=MONTHLY;BYDAY=2TU", "2026-01-13", ["01-13", "02-10", "03-10"], id="second Tuesday"),
        pytest.param("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30", ["01-30", "02-27", "03-27"], id="last Friday"),
        pytest.param(
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-01-30",
            ["01-30", "02-27", "03-31"],
            id="last workday",
        ),
        pytest.param(
            "FREQ=WEEKLY;BYDAY=MO,TH;BYSETPOS=2", "2026-01-08", ["01-08", "01-15"], id="second of two weekdays"
        ),
        pytest.param("FREQ=YEARLY;BYMONTH=1,3", "2026-01-15", ["01-15", "03-15"], id="yearly, day of the first"),
        pytest.param("FREQ=YEARLY;BYDAY=20MO", "2026-05-18", ["05-18"], id="twentieth Monday of the year"),
        pytest.param("FREQ=DAILY;COUNT=2", "2026-01-01", ["01-01", "01-02"], id="count"),
        pytest.param("FREQ=DAILY;UNTIL=20260102", "2026-01-01", ["01-01", "01-02"], id="until a date, inclusive"),
    ],
)
def test_dates_follow_the_rule(rule: str, first: str, dates: list[str]) -> None:
    spans = recurrence(rule, f"{first}T02:00:00").spans(utc("2026-01-01T00:00:00"), utc("2026-06-01T00:00:00"))
    assert [f"{span.start:%m-%d}" for span in spans][: len(dates)] == dates
    if "COUNT" in rule or "UNTIL" in rule:
        assert len(spans) == len(dates)


FREQUENCIES: dict[Frequency, Literal[0, 1, 2, 3]] = {
    Frequency.DAILY: rrule.DAILY,
    Frequency.WEEKLY: rrule.WEEKLY,
    Frequency.MONTHLY: rrule.MONTHLY,
    Frequency.YEARLY: rrule.YEARLY,
}


def dates_by_dateutil(rule: Rule, first: date, low: date, high: date) -> set[date]:
    """Ask dateutil. Where nothing matches, it searches to the end of the calendar, so that has to be near."""
    months, days, weekdays = rule.months, rule.month_days, rule.weekdays
    found = rrule.rrule(
        FREQUENCIES[rule.frequency],
        dtstart=datetime.combine(first, datetime.min.time()),
        until=datetime.combine(high, datetime.min.time()),
        interval=rule.interval,
        bymonth=sorted(months) or None,
        bymonthday=sorted(days) or None,
        byweekday=[rrule.weekday(day, ordinal or None) for ordinal, day in sorted(weekdays)] or None,
        bysetpos=sorted(rule.positions) or None,
        wkst=rule.week_start,
    )
    listed = []
    for at in found:
        listed.append(at.date())
        if rule.most and len(listed) == rule.most:
            break
    return {day for day in listed if low <= day <= high}


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    frequency = draw(st.sampled_from(Frequency))
    numbered = frequency in (Frequency.MONTHLY, Frequency.YEARLY) and draw(st.booleans())
    ordinals = st.integers(-5, 5).filter(bool) if numbered else st.just(0)
    months = draw(st.frozensets(st.integers(1, 12), max_size=3))
    days = draw(st.frozensets(st.integers(-31, 31).filter(bool), max_size=3))
    weekdays = draw(st.frozensets(st.tuples(ordinals, st.integers(0, 6)), max_size=3))
    positions: frozenset[int] = frozenset()
    # dateutil counts the positions of the first week from the first occurrence on, RFC 5545 those of the whole week.
    if frequency is not Frequency.WEEKLY and (months or days or weekdays):
        positions = draw(st.frozensets(st.sampled_from([-2, -1, 1, 2]), max_size=2))
    return Rule(
        frequency,
        interval=draw(st.integers(1, 14)),
        most=draw(st.sampled_from([0, 0, 1, 7])),
        months=months,
        month_days=days,
        weekdays=weekdays,
        positions=positions,
        week_start=draw(st.integers(0, 6)),
    )


@given(rules(), st.dates(date(9950, 1, 1), date(9965, 12, 31)), st.integers(0, 1200), st.integers(0, 400))
def test_dates_are_those_of_dateutil(rule: Rule, first: date, skip: int, length: int) -> None:
    low = first + timedelta(days=skip)
    high = low + timedelta(days=length)
    ours = Recurrence(rule, datetime.combine(first, datetime.min.time()), HOUR, UTC)
    assert set(ours.dates(low, high)) == dates_by_dateutil(rule, first, low, high)


@pytest.mark.parametrize(
    ("zone", "local", "start", "end"),
    [
        pytest.param(BERLIN, "2026-03-29T01:59:59", "00:59:59", "00:59:59", id="Berlin, before the gap"),
        pytest.param(BERLIN, "2026-03-29T02:00:00", "01:00:00", "00:00:00", id="Berlin, first second of the gap"),
        pytest.param(BERLIN, "2026-03-29T02:30:00", "01:30:00", "00:30:00", id="Berlin, in the gap"),
        pytest.param(BERLIN, "2026-03-29T02:59:59", "01:59:59", "00:59:59", id="Berlin, last second of the gap"),
        pytest.param(BERLIN, "2026-03-29T03:00:00", "01:00:00", "01:00:00", id="Berlin, after the gap"),
        pytest.param(BERLIN, "2026-10-25T01:59:59", "23:59:59", "23:59:59", id="Berlin, before the overlap"),
        pytest.param(BERLIN, "2026-10-25T02:00:00", "01:00:00", "00:00:00", id="Berlin, first second of the overlap"),
        pytest.param(BERLIN, "2026-10-25T02:30:00", "01:30:00", "00:30:00", id="Berlin, in the overlap"),
        pytest.param(BERLIN, "2026-10-25T02:59:59", "01:59:59", "00:59:59", id="Berlin, last second of the overlap"),
        pytest.param(BERLIN, "2026-10-25T03:00:00", "02:00:00", "02:00:00", id="Berlin, after the overlap"),
        pytest.param(NEW_YORK, "2026-03-08T01:59:59", "06:59:59", "06:59:59", id="New York, before the gap"),
        pytest.param(NEW_YORK, "2026-03-08T02:00:00", "07:00:00", "06:00:00", id="New York, first second of the gap"),
        pytest.param(NEW_YORK, "2026-03-08T02:30:00", "07:30:00", "06:30:00", id="New York, in the gap"),
        pytest.param(NEW_YORK, "2026-03-08T03:00:00", "07:00:00", "07:00:00", id="New York, after the gap"),
        pytest.param(NEW_YORK, "2026-11-01T00:59:59", "04:59:59", "04:59:59", id="New York, before the overlap"),
        pytest.param(NEW_YORK, "2026-11-01T01:00:00", "06:00:00", "05:00:00", id="New York, first of the overlap"),
        pytest.param(NEW_YORK, "2026-11-01T01:30:00", "06:30:00", "05:30:00", id="New York, in the overlap"),
        pytest.param(NEW_YORK, "2026-11-01T01:59:59", "06:59:59", "05:59:59", id="New York, last of the overlap"),
        pytest.param(NEW_YORK, "2026-11-01T02:00:00", "07:00:00", "07:00:00", id="New York, after the overlap"),
    ],
)
def test_wall_time_in_doubt_suppresses_least(zone: ZoneInfo, local: str, start: str, end: str) -> None:
    at = datetime.fromisoformat(local)
    assert f"{latest(at, zone):%H:%M:%S}" == start
    assert f"{earliest(at, zone):%H:%M:%S}" == end


@pytest.mark.parametrize(
    ("zone", "rule", "first", "length", "around", "spans"),
    [
        pytest.param(
            BERLIN,
            "FREQ=WEEKLY",
            "2026-03-15T04:00:00",
            HOUR,
            ("2026-03-20", "2026-04-06"),
            [
                ("2026-03-22T03:00:00Z", "2026-03-22T04:00:00Z"),
                ("2026-03-29T02:00:00Z", "2026-03-29T03:00:00Z"),
                ("2026-04-05T02:00:00Z", "2026-04-05T03:00:00Z"),
            ],
            id="wall time stays, UTC moves",
        ),
        pytest.param(
            BERLIN,
            "FREQ=DAILY",
            "2026-03-27T02:15:00",
            HOUR / 2,
            ("2026-03-28", "2026-03-31"),
            [("2026-03-28T01:15:00Z", "2026-03-28T01:45:00Z"), ("2026-03-30T00:15:00Z", "2026-03-30T00:45:00Z")],
            id="an occurrence within the gap is none",
        ),
        pytest.param(
            BERLIN,
            "FREQ=DAILY",
            "2026-03-27T02:30:00",
            2 * HOUR,
            ("2026-03-29", "2026-03-30"),
            [("2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z")],
            id="a start in the gap is the later one",
        ),
        pytest.param(
            NEW_YORK,
            "FREQ=DAILY",
            "2026-10-30T00:30:00",
            HOUR,
            ("2026-11-01", "2026-11-02"),
            [("2026-11-01T04:30:00Z", "2026-11-01T05:30:00Z")],
            id="an end in the overlap is the earlier one",
        ),
        pytest.param(
            NEW_YORK,
            "FREQ=DAILY",
            "2026-10-30T01:30:00",
            HOUR,
            ("2026-11-01", "2026-11-02"),
            [("2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z")],
            id="a start in the overlap is the later one",
        ),
    ],
)
def test_occurrences_across_a_change_of_the_clock(  # noqa: PLR0913, PLR0917 - the columns of a table
    zone: ZoneInfo,
    rule: str,
    first: str,
    length: timedelta,
    around: tuple[str, str],
    spans: list[tuple[str, str]],
) -> None:
    since, until = (utc(f"{day}T00:00:00") for day in around)
    assert shown(recurrence(rule, first, length, zone).spans(since, until)) == spans


def test_until_in_utc_is_compared_in_utc() -> None:
    late = recurrence("FREQ=DAILY;UNTIL=20261025T010000Z", "2026-10-20T02:30:00", HOUR, BERLIN)
    assert shown(late.spans(utc("2026-10-24T00:00:00"), utc("2026-10-27T00:00:00"))) == [
        ("2026-10-24T00:30:00Z", "2026-10-24T01:30:00Z")
    ]


def test_until_without_an_offset_is_wall_time() -> None:
    found = recurrence("FREQ=DAILY;UNTIL=20260102T020000", "2026-01-01T02:00:00").spans(
        utc("2026-01-01T00:00:00"), utc("2026-02-01T00:00:00")
    )
    assert len(found) == 2


def test_nothing_recurs_before_the_first() -> None:
    assert not recurrence("FREQ=DAILY", "2026-06-01T00:00:00").spans(
        utc("2026-01-01T00:00:00"), utc("2026-02-01T00:00:00")
    )


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        pytest.param("FREQ=DAILY", "1970-01-01", id="daily for ages"),
        pytest.param("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "1970-01-01", id="never"),
        pytest.param("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1000", "1970-01-01", id="never, counted"),
        pytest.param("FREQ=DAILY;COUNT=1000", "1970-01-01", id="counted and over"),
        pytest.param("FREQ=YEARLY;BYDAY=MO;COUNT=1000;BYMONTHDAY=1", "1970-01-01", id="counted, yearly"),
        pytest.param("FREQ=YEARLY;INTERVAL=1000", "1970-01-01", id="once in a thousand years"),
        pytest.param("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "1970-01-01", id="monthly, never"),
    ],
)
@pytest.mark.parametrize("now", ["1900-01-01T00:00:00", "2026-06-11T00:00:00", "9999-12-31T23:59:59"])
def test_no_rule_costs_time(rule: str, first: str, now: str) -> None:
    made = recurrence(rule, f"{first}T00:00:00", timedelta(days=366))
    calls: list[str] = []
    profiler = sys.getprofile()
    sys.setprofile(lambda _, event, __: calls.append(event))
    try:
        made.spans(utc(now), utc(now))
    finally:
        sys.setprofile(profiler)
    assert len(calls) < 500_000, "a walk over all days is millions"


def test_a_counted_rule_is_followed_for_thirty_years() -> None:
    made = recurrence("FREQ=YEARLY;COUNT=1000", "1990-01-01T00:00:00")
    last = datetime(1990, 1, 1, tzinfo=UTC) + COUNTED
    assert made.spans(last - HOUR * 24 * 366, last)
    assert not made.spans(last + HOUR * 24 * 366, last + HOUR * 24 * 800)


@pytest.mark.parametrize(
    ("rule", "first", "by_rule"),
    [
        ("FREQ=WEEKLY;BYDAY=SU", "2026-01-04", True),
        ("FREQ=WEEKLY;BYDAY=SU", "2026-01-05", False),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "2026-01-31", True),
        ("FREQ=DAILY;UNTIL=20260101", "2026-01-01", True),
    ],
)
def test_the_first_occurrence_has_to_follow_the_rule(rule: str, first: str, *, by_rule: bool) -> None:
    assert recurrence(rule, f"{first}T02:00:00").starts_with_first is by_rule


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "KEY=VALUE"),
        ("FREQ", "KEY=VALUE"),
        ("INTERVAL=2", "a FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "once at most"),
        ("FREQ=HOURLY", "FREQ=DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=DAILY;BYHOUR=1", "each of FREQ, INTERVAL"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL from 1 to 1000"),
        ("FREQ=DAILY;INTERVAL=1001", "INTERVAL from 1 to 1000"),
        ("FREQ=DAILY;INTERVAL=99999999999", "INTERVAL from 1 to 1000"),
        ("FREQ=DAILY;COUNT=-1", "COUNT from 1 to 1000"),
        ("FREQ=DAILY;COUNT=x", "COUNT from 1 to 1000"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101", "not both"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL such as"),
        ("FREQ=DAILY;UNTIL=20260230", "UNTIL such as"),
        ("FREQ=DAILY;UNTIL=20260101T250000Z", "UNTIL such as"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY such as"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY such as"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY such as"),
        ("FREQ=MONTHLY;BYDAY=60MO", "BYDAY such as"),
        ("FREQ=WEEKLY;BYDAY=1MO", "MONTHLY or YEARLY rule only"),
        ("FREQ=DAILY;BYDAY=-1MO", "MONTHLY or YEARLY rule only"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY from -31 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "and not 0"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH from 1 to 12"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS only together"),
        ("FREQ=WEEKLY;WKST=XX", "WKST=MO, TU"),
    ],
)
def test_a_rule_that_cannot_be_read_says_what_was_wanted(text: str, wanted: str) -> None:
    with pytest.raises(RuleFault) as fault:
        read_rule(text)
    assert wanted in str(fault.value)


def test_a_rule_may_be_written_in_small_letters_and_with_its_name() -> None:
    assert read_rule(" rrule:freq=weekly;byday=su;wkst=su ") == Rule(
        Frequency.WEEKLY, weekdays=frozenset({(0, 6)}), week_start=6
    )


@given(st.text(alphabet="FREQ=DAILYWKTHUNCOBMSP;,-+0123456789TZ", max_size=80))
def test_any_text_is_a_rule_or_a_fault(text: str) -> None:
    try:
        rule = read_rule(f"FREQ=YEARLY;{text}")
    except RuleFault:
        return
    Recurrence(rule, datetime(2026, 1, 1), HOUR, UTC).spans(utc("2026-01-01T00:00:00"), utc("2026-02-01T00:00:00"))  # noqa: DTZ001


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_known_zones_are_found(name: str) -> None:
    assert str(find_zone(name)) == name


def test_no_zone_is_utc() -> None:
    assert find_zone("") is UTC


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "Europe", "../etc/passwd", "/etc/localtime", "Europe/Berlin\0", "x" * 300, "\ud800", " "]
)
def test_unknown_zones_are_none(name: str) -> None:
    assert find_zone(name) is None


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")])
def test_a_clock_at_the_end_of_the_calendar_can_be_read(at: datetime, zone: ZoneInfo) -> None:
    assert 1960 < wall_time(at, zone).year < 9999
