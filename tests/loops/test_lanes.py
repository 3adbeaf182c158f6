"""Lanes, the retry funnel, and deliveries by day: counts of what is, for the pages (domain.md A5, B2.29)."""

from datetime import date, datetime

import pytest

from loops import records as make
from loops.cases import AH, DAY, HOUR, MINUTE, NOW, A, F, N, X, only, settled
from reporter.loops.days import DeliveryDay, first_day, history_days
from reporter.loops.facts import KEPT_FAILURES, KEPT_SUCCESSES
from reporter.loops.lanes import Funnel, Lane, funnel, summarise_lane
from reporter.loops.loop import Loop
from reporter.loops.table import LOOPS

LATE = NOW - 10 * DAY
TODAY = NOW.date()


def lost(loop: Loop, name: str, count: int, last: datetime = LATE) -> list[make.RecordValue]:
    return [make.delivery(loop, last - place * HOUR, name, failed=["slack"]) for place in range(count)]


WORLD = [
    make.plan(N, LATE, "planned"),
    make.plan(N, LATE, "answered"),
    make.delivery(N, LATE, "answered"),
    make.acknowledgement(N, LATE + MINUTE, "answered"),
    make.plan(N, LATE, "silent"),
    make.delivery(N, LATE, "silent"),
    *lost(N, "waiting", 1, NOW - MINUTE),
    *lost(N, "due", 2),
    *lost(N, "exhausted", 3),
    *lost(N, "mended", 2),
    make.delivery(N, LATE + HOUR, "mended"),
    make.acknowledgement(N, LATE + 2 * HOUR, "mended"),
    make.plan(A, LATE, "package"),
]


def test_lane_counts_the_routes_of_its_loop_as_they_are() -> None:
    lane = summarise_lane(settled(*WORLD), N)
    assert lane == Lane(
        N.word,
        planned=1,
        delivered=3,
        failed=3,
        waiting=1,
        due=1,
        exhausted=1,
        acknowledged=2,
        outstanding=5,
        closed=2,
        open=5,
    )
    assert lane.routes == 7


def test_planned_route_that_nobody_must_answer_is_neither_open_nor_closed() -> None:
    lane = summarise_lane(settled(*WORLD), A)
    assert (lane.planned, lane.open, lane.closed, lane.acknowledged) == (1, 0, 0, 0)


def test_lane_without_routes_is_all_zeros() -> None:
    assert summarise_lane(settled(), X) == Lane(X.word, *[0] * 10)


def test_funnel_counts_every_route_that_ever_failed_once_whatever_became_of_it() -> None:
    assert funnel(settled(*WORLD)) == Funnel(failed=4, retried=3, recovered=1, waiting=1, due=1, exhausted=1)
    assert funnel(settled()) == Funnel(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.word)
def test_c17_a_success_after_failures_recovers_a_route_of_every_loop(loop: Loop) -> None:
    failed = only(*lost(loop, "s", 1))
    assert (failed.ever_failed, failed.retried, failed.recovered) == (True, False, False)
    mended = only(*lost(loop, "s", 1), make.delivery(loop, NOW, "s"))
    assert (mended.ever_failed, mended.retried, mended.recovered) == (True, True, True)
    again = only(make.delivery(loop, LATE - DAY, "s"), *lost(loop, "s", 1))
    assert (again.ever_failed, again.retried, again.recovered) == (True, False, False)
    fine = only(make.delivery(loop, LATE, "s"), make.delivery(loop, NOW, "s"))
    assert (fine.ever_failed, fine.retried, fine.recovered) == (False, False, False)


def test_planned_route_without_an_attempt_never_failed() -> None:
    route = only(make.plan(A, LATE, "s"))
    assert (route.ever_failed, route.retried, route.recovered, route.holds_open) == (False, False, False, False)


def test_deliveries_are_counted_by_provider_and_day_over_all_loops() -> None:
    states = settled(
        make.delivery(N, NOW, "monthly", ["slack", "jira"], ["jira"]),
        make.delivery(F, NOW - MINUTE, "export-1"),
        make.delivery(X, NOW - DAY, "run-1", failed=["slack"]),
        make.delivery(AH, NOW, "health-1", []),
    )
    assert states.delivery_days == (
        DeliveryDay("", TODAY, 0, 1),
        DeliveryDay("jira", TODAY, 0, 1),
        DeliveryDay("slack", (NOW - DAY).date(), 0, 1),
        DeliveryDay("slack", TODAY, 2, 0),
    )


@pytest.mark.parametrize(
    ("at", "days"),
    [
        pytest.param("2026-04-12T23:59:59Z", (), id="a-second-before-the-first-day"),
        pytest.param("2026-04-13T00:00:00Z", (date(2026, 4, 13),), id="at-its-start"),
        pytest.param("2026-06-10T23:30:00-01:00", (TODAY,), id="by-utc"),
        pytest.param(None, (), id="undated"),
    ],
)
def test_days_are_sixty_of_utc_and_hold_what_has_a_date(at: str | None, days: tuple[date, ...]) -> None:
    found = settled(make.delivery(F, at, "export-1", failed=["slack"])).delivery_days
    assert tuple(one.day for one in found) == days


def test_delivery_and_its_execution_are_one_attempt_and_failed_if_either_says_so() -> None:
    sent = make.delivery(F, NOW, "export-1", rid="rcd-1")
    executed = make.execution(F, NOW, "export-1", status="failed", delivery_metadata_id="rcd-1")
    assert settled(sent, executed).delivery_days == (DeliveryDay("slack", TODAY, 0, 1),)
    elsewhere = make.execution(F, NOW, "export-2", status="failed", delivery_metadata_id="rcd-1")
    for values in ((sent, elsewhere), (elsewhere, sent)):
        assert settled(*values).delivery_days == (DeliveryDay("slack", TODAY, 0, 1),)


def test_retry_under_another_id_counts_as_the_one_attempt_that_it_is() -> None:
    states = settled(
        make.delivery(
            A, NOW - DAY, "gordackdelivery-1", failed=["slack"], audit_id=None, delivery_id="gordackdelivery-1"
        ),
        make.retry_plan(
            A, NOW - HOUR, rid="plan-1", retry_decisions=[{"delivery_id": "gordackdelivery-1", "provider": "slack"}]
        ),
        make.delivery(
            A, NOW, "gordackdelivery-2", audit_id=None, delivery_id="gordackdelivery-2", retry_plan_id="plan-1"
        ),
    )
    assert len(states.routes) == 1
    assert [(one.delivered, one.failed) for one in states.delivery_days] == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("count", "failed", "partial"),
    [
        (KEPT_SUCCESSES - 1, [], False),
        (KEPT_SUCCESSES, [], True),
        (KEPT_FAILURES - 1, ["slack"], False),
        (KEPT_FAILURES, ["slack"], True),
    ],
    ids=["few-successes", "as-many-as-are-kept", "few-failures", "as-many-failures-as-are-kept"],
)
def test_counts_of_routes_with_more_attempts_than_are_kept_are_marked_as_the_least(
    count: int, failed: list[str], *, partial: bool
) -> None:
    values = [make.delivery(F, NOW - place * HOUR, "export-1", failed=failed) for place in range(count)]
    assert ("delivery_days" in settled(*values).truncated) is partial
    assert "delivery_days" not in settled(*values, now=NOW + 90 * DAY).truncated, "all older than the history"


def test_history_at_the_start_of_the_calendar_has_fewer_days() -> None:
    start = datetime(1, 1, 3, tzinfo=NOW.tzinfo)
    assert first_day(start) == date.min
    assert len(history_days(start)) == 3
