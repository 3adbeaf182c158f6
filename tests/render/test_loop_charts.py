"""The charts of the loops and of the trend, at their edges: nothing, one, very many, ages apart."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from render.documents import closed_document, readiness_document, with_loops
from reporter.model.closing_reports import DeliveryDay, RetryFunnel
from reporter.model.readiness import Readiness, TrendPoint
from reporter.render.bars import FULL, LEAST, Bar, draw_measure, draw_share
from reporter.render.day_charts import (
    HALF,
    LEFT,
    SHOWN_DAYS,
    SHOWN_PROVIDERS,
    WIDTH,
    DayColumns,
    HeatMap,
    draw_columns,
    draw_heat_map,
)
from reporter.render.shapes import LoopCharts
from reporter.render.trend_chart import RIGHT, SHOWN_POINTS, Point, draw_trend
from reporter.render.view import build_view
from reporter.render.wording import NO_MARK

END = date(2026, 6, 11)
DAY = timedelta(days=1)


def numbers(path: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", path)]


def loops_of(document: Readiness) -> LoopCharts:
    loops = build_view(document).loops
    assert loops is not None
    return loops


@pytest.mark.parametrize(
    ("part", "whole", "width"),
    [(0, 10, 0.0), (5, 10, 50.0), (10, 10, FULL), (20, 10, FULL), (1, 1_000_000, LEAST), (1, 0, 0.0), (-1, 10, 0.0)],
)
def test_a_share_is_seen_when_it_is_something_and_never_leaves_the_picture(
    part: float, whole: float, width: float
) -> None:
    assert draw_share(part, whole, "good") == Bar(width, "good")


@pytest.mark.parametrize(
    ("value", "limit", "bar"),
    [
        (240, 240, Bar(33.3, "bad", 33.3)),
        (720, 240, Bar(FULL, "bad", 33.3)),
        (721, 240, Bar(FULL, "bad", 33.3, over=True)),
        (0, 240, Bar(0.0, "bad", 33.3)),
        (None, 240, Bar(0.0, "bad")),
        (float("nan"), 240, Bar(0.0, "bad")),
        (float("inf"), 240, Bar(0.0, "bad")),
        (240, 0, Bar(0.0, "bad")),
        (240, float("inf"), Bar(0.0, "bad")),
    ],
    ids=["at the limit", "three times", "longer", "nothing", "unknown", "not a number", "endless", "no limit", "any"],
)
def test_a_measure_has_its_limit_at_a_third(value: float | None, limit: float, bar: Bar) -> None:
    assert draw_measure(value, limit, "bad") == bar


def heat_map(attempts: dict[tuple[str, date], tuple[int, int]]) -> HeatMap:
    return draw_heat_map("t", "d", attempts, sorted({name for name, _ in attempts}), END)


def test_a_day_with_a_failure_is_a_cross_whatever_else_was_delivered() -> None:
    drawn = heat_map({("slack", END): (9, 1), ("slack", END - DAY): (1, 0), ("slack", END - 2 * DAY): (0, 0)})
    assert drawn.failed.count("M") == drawn.crosses.count("M") == 1
    assert drawn.delivered.count("M") == 1


@pytest.mark.parametrize(("delivered", "side"), [(1, 4), (2, 6), (4, 6), (5, 8), (10_000, 8)])
def test_more_deliveries_make_a_larger_square(delivered: int, side: int) -> None:
    assert f"h{side}v{side}h-{side}z" in heat_map({("slack", END): (delivered, 0)}).delivered


def test_only_sixty_days_and_twelve_providers_are_drawn() -> None:
    attempts = {(f"p{index:02}", END - DAY * age): (1, 0) for index in range(20) for age in (0, 59, 60, -1)}
    drawn = heat_map(attempts)
    assert drawn.delivered.count("M") == SHOWN_PROVIDERS * 2
    assert [row.text for row in drawn.rows][-1] == "p11"
    assert max(row.y for row in drawn.rows) < drawn.height
    xs = [float(x) for x in re.findall(r"M(-?[\d.]+) ", drawn.delivered)]
    assert min(xs) >= LEFT
    assert max(xs) < WIDTH


def test_a_long_name_of_a_provider_is_cut() -> None:
    assert heat_map({("x" * 40, END): (1, 0)}).rows[0].text == "x" * 13 + "…"


@pytest.mark.parametrize("end", [date.min, date.max, END])
def test_the_axis_of_days_ends_with_the_calendar(end: date) -> None:
    drawn = draw_columns("t", "d", {end: (3, 1)}, end)
    assert drawn.ticks
    assert all(0 < tick.x < WIDTH - 15 for tick in drawn.ticks)


def columns(*pairs: tuple[int, int]) -> DayColumns:
    return draw_columns("t", "d", {END - DAY * age: pair for age, pair in enumerate(pairs)}, END)


def test_columns_rise_and_hang_on_one_scale() -> None:
    drawn = columns((10, 5), (1, 0), (0, 0))
    assert f"v-{HALF}h8" in drawn.up
    assert f"v{HALF // 2}h8" in drawn.down
    assert (drawn.up.count("M"), drawn.down.count("M")) == (2, 1)
    assert (drawn.up_most, drawn.down_most) == ("10", "5")
    assert max(numbers(drawn.up + drawn.down)) < WIDTH


@pytest.mark.parametrize("drawn", [columns(), columns((0, 0))], ids=["no day", "a day of nothing"])
def test_columns_of_nothing_are_not_drawn(drawn: DayColumns) -> None:
    assert (drawn.up, drawn.down, drawn.up_most) == ("", "", "0")


def test_days_outside_of_the_picture_change_nothing_in_it() -> None:
    assert columns((1, 1)) == draw_columns(
        "t", "d", {END: (1, 1), END - DAY * SHOWN_DAYS: (900, 900), END + DAY: (7, 7)}, END
    )


@pytest.mark.parametrize("count", [1, 2, 24, 500])
def test_the_trend_shows_the_latest_bundles_inside_the_picture(count: int) -> None:
    points = [Point(f"{index} Jun", "✗", "bad", (index, 0)) for index in range(count)]
    drawn = draw_trend("t", "d", points)
    assert len(drawn.marks) == min(count, SHOWN_POINTS)
    assert drawn.failed[-1].number == str(count - 1)
    assert all(0 < one.x <= RIGHT and one.y > 0 for one in (*drawn.failed, *drawn.items))
    assert drawn.dates[0][1] == f"{count - 1} Jun"
    gaps = [a - b for (a, _), (b, _) in zip(drawn.dates, drawn.dates[1:], strict=False)]
    assert all(gap >= 60 for gap in gaps)


def test_a_number_of_four_digits_is_capped_in_the_picture() -> None:
    assert draw_trend("t", "d", [Point("", "✗", "bad", (10_000, 0))]).failed[0].number == "999+"


def test_lanes_say_how_far_each_loop_came_and_what_is_stuck() -> None:
    lanes = {one.title: one for one in loops_of(readiness_document()).lanes}
    notification, nothing = lanes["Drill notification"], lanes["Archive health alert"]
    assert [stage.text for stage in notification.stages] == ["6", "5 of 6", "3 of 5", "3 of 6"]
    assert notification.stuck == "1 due for a retry, 2 without an answer"
    assert [stage.text for stage in nothing.stages] == [NO_MARK, NO_MARK, "not asked", NO_MARK]
    assert nothing.stuck == "no route yet"
    assert lanes["Recovery escalation"].stuck == "1 waiting for a retry, 1 not sent yet"
    assert {one.stuck for one in loops_of(closed_document()).lanes} == {"nothing", "no route yet"}


def test_the_lanes_are_summed_up_in_a_sentence() -> None:
    assert loops_of(readiness_document()).lanes_told == (
        "28 routes in 9 loops: 21 closed, 6 held open,"
        " in Drill notification, Recovery escalation, Executive report and Executive retry health alert."
    )
    assert loops_of(closed_document()).lanes_told == "28 routes in 9 loops: 28 closed, 0 held open."


def test_the_heat_map_says_in_words_who_fails_most() -> None:
    loops = loops_of(readiness_document())
    assert loops.deliveries is not None
    assert loops.deliveries.description.endswith("17 failed. Most failures: teams with 8, the last on 22 May 2026.")
    assert [row.text for row in loops.deliveries.rows][:2] == ["teams", "servicenow"]
    assert loops.deliveries_table.rows.rows[0].cells == ("11 June 2026", "servicenow", "3", "3")


def with_deliveries(*days: DeliveryDay) -> Readiness:
    document = closed_document()
    return with_loops(document, closure=document.loops.closure.model_copy(update={"delivery_days": days}))


def test_of_providers_that_fail_as_often_the_latest_failure_is_told() -> None:
    document = readiness_document()
    days = tuple(
        DeliveryDay(day=day, provider=provider, delivered=sent, failed=failed)
        for day, provider, sent, failed in (
            ("2026-05-26", "teams", 40, 1),
            ("2026-06-11", "servicenow", 1, 1),
            ("2026-06-11", "slack", 9, 0),
        )
    )
    closure = document.loops.closure.model_copy(update={"delivery_days": days})
    drawn = loops_of(with_loops(document, closure=closure)).deliveries
    assert drawn is not None
    assert drawn.description.endswith("Most failures: servicenow with 1, the last on 11 June 2026.")
    assert [row.text for row in drawn.rows] == ["servicenow", "teams", "slack"]


def test_a_lane_says_how_many_wait_behind_a_gate() -> None:
    document = readiness_document()
    plan = document.loops.retry_plan.plans[0]
    lane = document.loops.closure.lanes[0].model_copy(update={"loop": plan.loop, "due": 1})
    told = with_loops(
        document,
        retry_plan=document.loops.retry_plan.model_copy(
            update={"plans": (plan.model_copy(update={"gated_count": 1}),)}
        ),
        closure=document.loops.closure.model_copy(update={"lanes": (lane,)}),
    )
    assert "1 due for a retry, 1 of them behind a gate" in loops_of(told).lanes[0].stuck


def test_bundles_of_one_day_are_told_apart_by_their_time() -> None:
    document = readiness_document()
    moments = ("2026-06-09T10:00:00Z", "2026-06-11T08:05:00Z")
    trend = tuple(document.trend[0].model_copy(update={"as_of": one}) for one in moments)
    chart = build_view(document.model_copy(update={"trend": trend})).trend.chart
    assert chart is not None
    assert chart.dates[0][1] == "11 Jun 15:40"


def test_without_an_attempt_there_is_no_heat_map() -> None:
    loops = loops_of(with_deliveries(DeliveryDay(day="never", provider="slack", delivered=1, failed=0)))
    assert loops.deliveries is None
    assert loops.deliveries_table.rows.rows == ()


def test_providers_that_are_not_drawn_are_counted_and_in_the_table() -> None:
    days = [DeliveryDay(day="2026-06-11", provider=f"p{n:02}", delivered=1, failed=0) for n in range(14)]
    loops = loops_of(with_deliveries(*days))
    assert loops.deliveries_note == "The picture shows the 12 providers that fail most; 2 more are not in it."
    assert len(loops.deliveries_table.rows.rows) == 14
    assert loops.deliveries is not None
    assert loops.deliveries.description == (
        "14 attempts through 14 providers in the 60 days to 11 June 2026: 14 delivered, 0 failed."
    )


def test_the_funnel_says_what_became_of_failures() -> None:
    loops = loops_of(readiness_document())
    assert loops.funnel_told == "Of 9 routes that ever failed, 6 recovered."
    assert [(one.label, one.text) for one in loops.funnel] == [
        ("Ever failed", "9"),
        ("Recovered", "6"),
        ("Wait for their time", "1"),
        ("Due to be tried again", "1, 1 behind a gate"),
        ("Exhausted", "1"),
    ]
    empty = RetryFunnel(ever_failed=0, recovered=0, waiting=0, due=0, gated=0, exhausted=0)
    document = closed_document()
    quiet = loops_of(with_loops(document, closure=document.loops.closure.model_copy(update={"funnel": empty})))
    assert (quiet.funnel_told, quiet.funnel) == ("No route ever failed.", ())


def test_recoveries_are_measured_against_the_agreed_time() -> None:
    loops = loops_of(readiness_document())
    assert [
        (one.label, one.tag and one.tag.word, one.text, one.bar.over, one.bar.tone) for one in loops.recoveries.rows
    ] == [
        ("servicenow", "Too long", "open for 2 days, longer than agreed", True, "bad"),
        ("slack", "Open", "open for 1 hour 25 minutes", False, "soon"),
        ("jira", "Closed", "took 1 hour 35 minutes", False, "good"),
        ("teams", "Too long", "took 5 hours 10 minutes, longer than agreed", False, "soon"),
    ]
    assert loops.recoveries_told.startswith("4 recoveries: 2 open, 2 longer than the 4 hours agreed.")
    document = closed_document()
    none = document.loops.recovery.model_copy(update={"recoveries": ()})
    assert loops_of(with_loops(document, recovery=none)).recoveries_told == "No recovery was ever opened."
    assert loops_of(document).recoveries_told.startswith("1 recovery: 0 open")


def test_who_was_told_is_summed_up_with_the_reasons() -> None:
    loops = loops_of(readiness_document())
    assert loops.told is not None
    assert loops.told.description == (
        "205 routes were told, 195 were not: 16 by a maintenance window, 32 because the owner was away,"
        " 147 because there was nothing to tell."
    )
    assert loops.told_table.rows.rows[0].cells[0] == "11 June 2026"
    document = closed_document()
    none = document.loops.routing_trend.model_copy(update={"days": ()})
    assert loops_of(with_loops(document, routing_trend=none)).told is None


@pytest.mark.parametrize("changes", [{"closure_state": "not_requested"}, {}], ids=["not asked", "no instant"])
def test_without_loops_or_without_an_instant_nothing_is_drawn(changes: dict[str, str]) -> None:
    document = closed_document()
    closure = document.loops.closure.model_copy(update=changes)
    as_of = document.as_of if changes else "soon"
    assert build_view(with_loops(document, closure=closure).model_copy(update={"as_of": as_of})).loops is None


def point(age: int, level: str, failed: int = 0) -> TrendPoint:
    at = datetime(2026, 6, 11, tzinfo=UTC) - DAY * age
    return TrendPoint(
        as_of=at.isoformat(),
        digest="",
        status="ready",
        readiness_state="ready",
        closure_state="closed",
        alert_level=level,
        failed_check_count=failed,
        open_item_count=0,
    )


def test_the_trend_says_since_when_the_level_is_what_it_is() -> None:
    document = readiness_document(trend=(point(3, "healthy"), point(2, "critical", 7), point(1, "critical")))
    trend = build_view(document).trend
    assert trend.sentence == (
        "4 bundles since 8 June 2026. Failed checks went from 0 to 4, open items from 0 to 6."
        " The alert level is critical since 9 June 2026; before, it was healthy."
    )
    assert trend.chart is not None
    assert [one.mark for one in trend.chart.marks] == ["✓", "✗", "✗", "✗"]
    assert trend.table is not None
    assert [row.cells[5] for row in trend.table.rows.rows] == ["4", "0", "7", "0"]


def test_a_level_that_never_changed_is_told_as_such() -> None:
    trend = build_view(readiness_document(trend=(point(1, "critical"),))).trend
    assert trend.sentence.endswith("The alert level was critical all the time.")


def test_one_bundle_is_no_trend() -> None:
    trend = build_view(readiness_document(trend=())).trend
    assert (trend.sentence, trend.chart) == ("There is no trend yet: it takes two bundles.", None)


def test_a_bundle_without_a_readable_date_stays_in_the_trend() -> None:
    odd = point(1, "critical").model_copy(update={"as_of": "yesterday"})
    chart = build_view(readiness_document(trend=(odd,))).trend.chart
    assert chart is not None
    assert [label for _, label in chart.dates][-1] in {"", "11 Jun"}
    assert len(chart.marks) == 2
