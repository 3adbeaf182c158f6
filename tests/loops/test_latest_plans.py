"""The newest plan of each subject, kept whatever its age (domain.md B2.12, C7)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loops import records as make
from loops.cases import AH, DAY, HOUR, MINUTE, NOW, N, R, folded, settled
from reporter.loops.facts import merge
from reporter.loops.history import KEPT_EVENTS, LatestPlan

FREEZE = {"window_id": "freeze-june", "start_at": "2026-06-11T00:00:00Z", "reason": "June freeze"}


def decision(action: str = "deliver", provider: str = "slack", **more: Any) -> make.RecordValue:  # noqa: ANN401
    return {"provider": provider, "owner": "ops", "action": action, **more}


def held(provider: str = "slack", reason: str = "June freeze") -> make.RecordValue:
    return decision("suppress", provider, maintenance_window=FREEZE, reason=reason)


def plan(
    *decisions: make.RecordValue,
    age: timedelta | None = MINUTE,
    name: str = "monthly",
    rid: str = "gordn-1",
    **more: str,
) -> make.RecordValue:
    return make.routed_plan(N, None if age is None else NOW - age, name, decisions, rid=rid, **more)


def latest(*values: make.RecordValue) -> LatestPlan:
    (found,) = settled(*values).latest_plans
    return found


def test_plan_says_how_many_are_told_and_how_many_are_held_and_why() -> None:
    found = latest(plan(decision(), held("jira"), held("teams", "other"), alert_level="Warning"))
    assert (found.at, found.record, found.plan_id) == (NOW - MINUTE, "gordn-1", "gordn-1")
    assert (found.loop, found.subject, found.alert_level) == (N.word, "monthly", "warning")
    assert (found.told, found.held, found.reason) == (1, 2, "June freeze")


def test_routes_of_a_healthy_subject_are_not_held() -> None:
    found = latest(plan(held(), alert_level="healthy"))
    assert (found.told, found.held, found.reason) == (0, 0, "")


@pytest.mark.parametrize("order", [1, -1], ids=["as-written", "the-other-way-round"])
def test_newest_plan_of_each_subject_counts(order: int) -> None:
    values = [
        plan(held(), age=2 * HOUR),
        plan(decision(), age=HOUR, rid="gordn-2"),
        plan(held(), age=90 * DAY, name="weekly", rid="gordn-3"),
        make.routed_plan(AH, NOW, "monthly", [decision()], rid="gordackhealthalert-1"),
    ][::order]
    states = settled(*values)
    assert [(one.loop, one.subject, one.plan_id) for one in states.latest_plans] == [
        (AH.word, "monthly", "gordackhealthalert-1"),
        (N.word, "monthly", "gordn-2"),
        (N.word, "weekly", "gordn-3"),
    ]
    assert merge(folded(values[:2]), folded(values[2:])) == folded(values)
    assert merge(folded(values), folded(values[1:])) == folded(values)


def test_no_number_of_newer_plans_of_others_pushes_a_subject_out() -> None:
    others = [
        plan(decision(), age=timedelta(0), name=f"other-{place}", rid=f"gordn-{place}") for place in range(KEPT_EVENTS)
    ]
    assert plan_of(settled(plan(held(), age=HOUR, rid="gordn-old"), *others).latest_plans, "monthly") == "gordn-old"


def plan_of(plans: tuple[LatestPlan, ...], subject: str) -> str:
    (found,) = [one.plan_id for one in plans if one.subject == subject]
    return found


def test_undated_plan_that_tells_nobody_counts_as_the_newest_and_one_that_tells_does_not_count() -> None:
    silent = latest(plan(decision()), plan(held(), age=None, rid="gordn-2"))
    assert (silent.told, silent.held) == (0, 1)
    assert latest(plan(held()), plan(decision(), age=None, rid="gordn-2")).told == 0


def test_plan_dated_ahead_does_not_count() -> None:
    assert latest(plan(held()), plan(decision(), age=-DAY, rid="gordn-2")).told == 0


def test_word_that_is_no_action_tells_nobody() -> None:
    found = latest(plan(decision("postpone")))
    assert (found.told, found.held) == (0, 0)


def test_plan_without_decisions_about_routes_is_none_of_these() -> None:
    assert settled(make.plan(R, NOW, "plan-1")).latest_plans == ()


def test_old_plan_stays_known_after_the_days_of_the_history() -> None:
    states = settled(plan(held()), now=datetime(2030, 1, 1, tzinfo=NOW.tzinfo))
    assert (states.routing_days, len(states.latest_plans)) == ((), 1)
