"""The charts at their edges: nothing, one, ten thousand, all at once, ages apart."""

from datetime import UTC, datetime, timedelta

import pytest

from reporter.render.charts import (
    HEIGHT,
    LEFT,
    RIGHT,
    SHOWN_DRILLS,
    TICKS_MOST,
    WIDTH,
    Event,
    Timeline,
    draw_strip,
    draw_timeline,
)

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
DAY = timedelta(days=1)


def timeline(*ages: float, due: datetime | None = None, undated: int = 0) -> Timeline:
    events = [Event(NOW - DAY * age, "passed", f"drill {index}") for index, age in enumerate(ages)]
    return draw_timeline(
        "t",
        "d",
        events,
        now=NOW,
        due=due,
        due_soon_from=due - 14 * DAY if due else None,
        undated=undated,
    )


def inside(drawn: Timeline) -> bool:
    xs = [mark.x for mark in drawn.marks] + [tick.x for tick in drawn.ticks] + [drawn.now.x]
    xs += [drawn.due.x] if drawn.due else []
    xs += [drawn.band.x, drawn.band.x + drawn.band.width] if drawn.band else []
    return all(LEFT - 0.1 <= x <= RIGHT + 0.1 for x in xs) and all(0 < mark.y < HEIGHT for mark in drawn.marks)


@pytest.mark.parametrize(
    "drawn",
    [
        timeline(),
        timeline(10),
        timeline(0),
        timeline(*[5] * 30),
        timeline(1, 4000, due=NOW + 9 * DAY),
        timeline(21, 51, 81, due=NOW + 9 * DAY),
        timeline(due=NOW - 53 * DAY),
        timeline(3, due=datetime(9999, 12, 31, tzinfo=UTC)),
        timeline(3, due=datetime(1, 1, 20, tzinfo=UTC)),
        timeline(*range(10_000)),
        timeline(-400, due=NOW + 9 * DAY),
    ],
    ids=[
        "no drill",
        "one drill",
        "at the instant of the verdict",
        "thirty at one instant",
        "eleven years apart",
        "the sample",
        "only an overdue date",
        "the end of time",
        "the beginning of time",
        "ten thousand",
        "in the future",
    ],
)
def test_everything_stays_inside_the_picture_with_a_few_dates(drawn: Timeline) -> None:
    assert inside(drawn)
    assert 1 <= len(drawn.ticks) <= TICKS_MOST + 2
    assert len({tick.label for tick in drawn.ticks}) == len(drawn.ticks)


def test_only_the_latest_drills_are_drawn_and_the_notes_say_so() -> None:
    drawn = timeline(*range(10_000), undated=2)
    assert len(drawn.marks) == SHOWN_DRILLS
    assert drawn.marks[-1].label == "drill 0"
    assert drawn.notes == (
        "The line shows the latest 40 of 10,000 dated drills.",
        "2 without a readable date are not on the line.",
    )


def test_one_undated_drill_is_told_in_the_singular() -> None:
    assert timeline(undated=1).notes == ("1 without a readable date is not on the line.",)


def test_drills_of_one_instant_are_stacked() -> None:
    marks = timeline(5, 5, 5).marks
    assert len({mark.y for mark in marks}) == 3
    assert len({mark.x for mark in marks}) == 1


def test_the_order_of_the_records_changes_nothing() -> None:
    events = [Event(NOW - DAY * age, "passed", str(age)) for age in (3, 1, 2, 1)]
    one = draw_timeline("t", "d", events, now=NOW, due=None, due_soon_from=None)
    other = draw_timeline("t", "d", events[::-1], now=NOW, due=None, due_soon_from=None)
    assert one == other


def test_the_window_ends_at_the_due_date() -> None:
    drawn = timeline(21, due=NOW + 9 * DAY)
    assert drawn.band is not None
    assert drawn.due is not None
    assert drawn.band.x + drawn.band.width == pytest.approx(drawn.due.x, abs=0.2)


def test_a_window_of_no_days_is_not_drawn() -> None:
    due = NOW + DAY
    assert draw_timeline("t", "d", [], now=NOW, due=due, due_soon_from=due).band is None


def test_a_label_at_the_edge_turns_inwards() -> None:
    drawn = timeline(100, due=NOW + DAY)
    assert drawn.due is not None
    assert drawn.due.anchor == "end"
    assert drawn.due.label_x < drawn.due.x < WIDTH


@pytest.mark.parametrize(("number", "width"), [(0, 14), (1, 14), (3, 50), (400, 716)])
def test_a_strip_is_as_wide_as_its_squares(number: int, width: int) -> None:
    strip = draw_strip("label", ["pass"] * number)
    assert strip.width == width
    assert len(strip.squares) == min(number, 40)


@pytest.mark.parametrize("now", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_the_calendar_ends_without_an_error(now: datetime) -> None:
    drawn = draw_timeline("t", "d", [], now=now, due=None, due_soon_from=None)
    assert inside(drawn)
