"""When cron expressions come due: a table of expressions, and the days on which clocks change."""

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from reporter.cron_times import dues_between, next_after, parse_cron

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


def dues(expression: str, zone: ZoneInfo, start: str, number: int) -> list[str]:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    found = dues_between(parse_cron(expression), zone, at, datetime(2100, 1, 1, tzinfo=UTC))
    return [f"{due:%m-%dT%H:%M}" for due in islice(found, number)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("15 6 * * *", ["01-02T06:15", "01-03T06:15", "01-04T06:15"]),
        ("*/20 * * * *", ["01-01T12:20", "01-01T12:40", "01-01T13:00"]),
        ("0 8-10,20 * * *", ["01-01T20:00", "01-02T08:00", "01-02T09:00"]),
        ("0 6 * * 0", ["01-04T06:00", "01-11T06:00", "01-18T06:00"]),
        ("0 6 * * 7", ["01-04T06:00", "01-11T06:00", "01-18T06:00"]),
        ("0 6 * * mon-wed", ["01-05T06:00", "01-06T06:00", "01-07T06:00"]),
        ("0 6 1 * *", ["02-01T06:00", "03-01T06:00", "04-01T06:00"]),
        ("0 6 13 * fri", ["01-02T06:00", "01-09T06:00", "01-13T06:00"]),
        ("0 6 */10 * *", ["01-11T06:00", "01-21T06:00", "01-31T06:00"]),
        ("0 6 1 JUN,jul *", ["06-01T06:00", "07-01T06:00", "06-01T06:00"]),
        ("0 0 29 2 *", ["02-29T00:00", "02-29T00:00", "02-29T00:00"]),
        ("5/30 0 * * *", ["01-02T00:05", "01-02T00:35", "01-03T00:05"]),
    ],
)
def test_an_expression_comes_due_as_cron_has_it(expression: str, expected: list[str]) -> None:
    assert dues(expression, UTC_ZONE, "2026-01-01T12:00", 3) == expected


def test_a_time_that_is_skipped_in_spring_comes_once_that_day() -> None:
    assert dues("30 2 * * *", BERLIN, "2026-03-28T12:00", 3) == ["03-29T01:30", "03-30T00:30", "03-31T00:30"]


def test_a_time_that_is_repeated_in_autumn_comes_once_that_day() -> None:
    assert dues("30 2 * * *", BERLIN, "2026-10-24T12:00", 3) == ["10-25T00:30", "10-26T01:30", "10-27T01:30"]


def test_every_hour_that_passes_counts_where_every_hour_is_meant() -> None:
    spring = ["03-29T00:30", "03-29T01:30", "03-29T02:30"]
    autumn = ["10-24T23:30", "10-25T00:30", "10-25T01:30", "10-25T02:30"]
    assert dues("30 * * * *", BERLIN, "2026-03-29T00:00", 3) == spring
    assert dues("30 * * * *", BERLIN, "2026-10-24T23:00", 4) == autumn


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("15 6 * *", "found 4 fields, wanted five"),
        ("60 6 * * *", "found '60' for the minute, wanted 0 to 59"),
        ("0 24 * * *", "found '24' for the hour, wanted 0 to 23"),
        ("0 6 0 * *", "found '0' for the day of the month, wanted 1 to 31"),
        ("0 6 * foo *", "found 'foo' for the month, wanted 1 to 12"),
        ("0 6 * * fri-mon", "found 'fri-mon' for the day of the week, wanted the smaller number first"),
        ("0 6 */0 * *", "wanted a step of 1 at least"),
        ("0 6 x,1 * *", r"found 'x' for the day of the month, wanted \*, a number"),
        ("*-3 6 * * *", r"found '\*-3' for the minute"),
        ("0 6 31 2 *", "found a day that never comes"),
    ],
)
def test_what_is_no_expression_is_said(expression: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_cron(expression)


@given(
    st.integers(0, 59),
    st.integers(0, 23),
    st.sampled_from(["*", "1", "*/7", "13-20"]),
    st.integers(1_767_225_600, 2_208_988_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_in_utc_it_agrees_with_apscheduler(minute: int, hour: int, day: str, at: datetime) -> None:
    expression = f"{minute} {hour} {day} * *"
    theirs = CronTrigger.from_crontab(expression, timezone=UTC_ZONE).get_next_fire_time(None, at)
    ours = next_after(parse_cron(expression), UTC_ZONE, at)
    assert theirs is not None
    assert theirs in {ours, at}  # ours is after `at`, theirs may be it
