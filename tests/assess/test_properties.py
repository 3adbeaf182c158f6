"""The verdict principle (domain.md A2) as properties: nothing that goes missing, waits or repeats makes it better."""

import json
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from assess.cases import (
    DAY,
    EARLY,
    NOW,
    PILOT,
    POLICY,
    WORSE,
    Pilot,
    drill,
    pointers,
    without_positions,
)
from reporter.model.documents import look_up
from reporter.model.instants import format_instant
from reporter.model.reports import Report, Status

H, S = "rollback_drill_history", "rollback_drill_schedule"
PLACES: Final = [(alias, pointer) for alias, document in PILOT.documents.items() for pointer in pointers(document)]


def badness(pilot: Pilot) -> dict[str, int]:
    return {name: WORSE[report.status] for name, report in pilot.reports().items()}


# --- what was in order, and goes missing -----------------------------------------------------------------------------


@pytest.mark.parametrize("pilot", [EARLY, PILOT], ids=["ready", "due_soon"])
def test_removing_any_single_value_improves_no_report(pilot: Pilot) -> None:
    before = badness(pilot)
    for alias, pointer in PLACES:
        after = badness(pilot.cut(alias, pointer))
        assert all(after[name] >= before[name] for name in before), (alias, pointer)


@pytest.mark.parametrize("pilot", [EARLY, PILOT], ids=["ready", "due_soon"])
def test_removing_manifests_never_improves_production(pilot: Pilot) -> None:
    aliases = list(pilot.documents)
    for first in aliases:
        for second in aliases:
            for gone in (pilot.drop(first, second), pilot.lose(first).lose(second), pilot.drop(first).lose(second)):
                assert gone.report("production").status is Status.NEEDS_ATTENTION


@given(st.lists(st.sampled_from(PLACES), max_size=6), st.sampled_from([EARLY, PILOT]))
def test_removing_several_values_improves_no_report(places: list[tuple[str, str]], pilot: Pilot) -> None:
    before, less = badness(pilot), pilot
    for alias, pointer in places:
        with suppress(KeyError, IndexError):  # what an earlier removal took along
            less = less.cut(alias, pointer)
    after = badness(less)
    assert all(after[name] >= before[name] for name in before)


# --- worlds of drills -------------------------------------------------------------------------------------------------

FAULTS: Final[list[dict[str, Any]]] = [
    {},
    {},
    {},
    {},
    {"status": "fail"},
    {"recovery_minutes": 16},
    {"source_mode": "shadow"},
    {"fallback_verified": False},
]
HOURS: Final = st.integers(0, 24 * 120)


@st.composite
def drill_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    ages = draw(st.lists(HOURS | st.sampled_from([0, 24, 24 * 14, 24 * 30, 24 * 90]), max_size=6))
    return [drill(timedelta(hours=age), f"d{n}", **draw(st.sampled_from(FAULTS))) for n, age in enumerate(ages)]


@st.composite
def worlds(draw: st.DrawFn) -> Pilot:
    """Give the pilot in order, but for its drills, its cadence and its limits."""
    pilot = PILOT.drills(*draw(drill_lists())).put(S, "/interval_days", draw(st.integers(1, 60)))
    due = draw(st.none() | st.integers(-24 * 60, 24 * 120))
    if due is None:
        pilot = pilot.cut(S, "/next_due_at")
    else:
        pilot = pilot.put(S, "/next_due_at", format_instant(NOW + timedelta(hours=due)))
    limits = POLICY._replace(
        drill_max_age=draw(st.integers(0, 120)) * DAY, drill_due_soon=draw(st.integers(0, 40)) * DAY
    )
    return pilot.but(policy=limits)


@given(worlds())
def test_removing_any_drill_that_passed_never_improves_production(pilot: Pilot) -> None:
    drills = pilot.documents[H]["drills"]
    before = WORSE[pilot.report("production").status]
    passed = {one.drill_id for one in pilot.report("drills").history.drills if one.outcome == "passed"}
    for gone in drills:
        if gone["drill_id"] in passed:
            less = pilot.drills(*(one for one in drills if one is not gone))
            assert WORSE[less.report("production").status] >= before


@given(worlds(), st.lists(st.timedeltas(timedelta(0), 200 * DAY), min_size=1, max_size=4))
def test_waiting_improves_no_report(pilot: Pilot, waits: list[timedelta]) -> None:
    before = badness(pilot)
    for wait in sorted(waits):
        after = badness(pilot.but(now=NOW + wait))
        assert all(after[name] >= before[name] for name in before)
        before = after


@given(worlds())
def test_passing_drill_that_counts_last_never_makes_the_schedule_worse(pilot: Pilot) -> None:
    """The other side: evidence that passed helps, or at least does no harm."""
    more = pilot.drills(*pilot.documents[H]["drills"], drill(timedelta(0), "newest"))
    assume(pilot.report("schedule").schedule.due.basis != "explicit" or pilot.report("drills").history.drill_count)
    later = more.report("schedule").schedule
    assert later.next_due_at <= format_instant(NOW + timedelta(days=later.interval_days))


@given(worlds())
def test_due_date_is_never_past_the_cadence(pilot: Pilot) -> None:
    report = pilot.report("schedule")
    last = report.history.latest_passing_executed_at
    if last:
        ages = [one for one in report.history.drills if one.executed_at == last]
        assert ages
        cadence = min(
            NOW - timedelta(hours=hours) + timedelta(days=report.schedule.interval_days)
            for hours in range(24 * 121)
            if format_instant(NOW - timedelta(hours=hours)) == last
        )
        assert report.schedule.next_due_at <= format_instant(cadence)


@given(worlds(), st.lists(st.tuples(st.integers(6, 10**6), st.sampled_from(FAULTS)), min_size=1, max_size=4))
def test_drills_dated_in_the_future_change_no_status(pilot: Pilot, ahead: list[tuple[int, dict[str, Any]]]) -> None:
    """Unless there was no other: then there still is none."""
    future = [drill(-timedelta(minutes=minutes), f"f{n}", **fault) for n, (minutes, fault) in enumerate(ahead)]
    more = pilot.drills(*pilot.documents[H]["drills"], *future)
    assert badness(more) == badness(pilot)
    assert len(more.report("drills").history.future_dated) == len(future)


# --- order and repetition ---------------------------------------------------------------------------------------------

LISTS: Final = [
    (H, "/drills"), (S, "/owners"), (S, "/notification_providers"),
    (S, "/maintenance_windows"), ("rollback_plan", "/controls"), ("rollback_plan", "/evidence_refs"),
    ("rollback_rehearsal", "/evidence_refs"), ("promotion_evidence", "/evidence_refs"),
    ("endpoint_deployment", "/deployment_targets"), ("ci_runner_bundles", "/controls"),
    ("ci_runner_bundles", "/runner_bundles"), ("ci_runner_bundles", "/runner_bundles/0/required_outputs"),
    ("channel_manifest", "/channels"), ("channel_manifest", "/channels/0/workstation_targets"),
    ("updater_policy", "/policies"),
]  # fmt: skip
BREAKS: Final[list[tuple[str, str, object]]] = [
    (S, "/notification_providers/-", "pigeon"),
    (S, "/maintenance_windows/-", {"start_at": "2026-06-02", "end_at": "2026-06-01"}),
    ("endpoint_deployment", "/deployment_targets/-", {"id": "x", "surface": "laptop", "platform": "p"}),
    ("endpoint_deployment", "/deployment_targets/-",
     {"id": "linux-systemd-amd64-workstation", "surface": "ci-runner", "platform": "linux/amd64"}),
    ("ci_runner_bundles", "/runner_bundles/-", {"deployment_target": "x", "platform": "y", "required_outputs": ["z"]}),
    ("channel_manifest", "/channels/-", {"channel": "stable", "auto_update": True}),
    ("updater_policy", "/policies/-", {"channel": "beta", "auto_update": True}),
    (H, "/drills/-", drill(3 * DAY, "d0", status="fail")),
    (H, "/drills/-", drill(3 * DAY, "other", executed_at="soon")),
    (H, "/drills/-", drill(3 * DAY, "d1", source_mode=5)),
]  # fmt: skip


def told(report: Report) -> object:
    """Give what a report says, but for places in lists and for lists that it quotes."""
    return report.status, [
        (
            one.id,
            one.status,
            sorted(
                {
                    (reason.document, without_positions(reason.pointer), reason.wanted.partition(";")[0])
                    for reason in one.reasons
                }
            ),
        )
        for one in report.checks
    ]


@given(worlds(), st.lists(st.sampled_from(BREAKS), max_size=3), st.randoms(use_true_random=False))
def test_order_and_repetition_change_no_report(
    pilot: Pilot, breaks: list[tuple[str, str, object]], chance: random.Random
) -> None:
    for alias, pointer, value in breaks:
        pilot = pilot.put(alias, pointer, value)
    other = pilot
    for alias, pointer in LISTS[::-1]:
        listed = look_up(other.documents[alias], pointer)
        if isinstance(listed, list) and listed:
            mixed = [*listed, *chance.choices(listed, k=chance.randrange(3))]
            chance.shuffle(mixed)
            other = other.put(alias, pointer, mixed)
    before, after = pilot.reports(), other.reports()
    for name in before:
        assert told(after[name]) == told(before[name])
    facts = {"drills", "drill_count", "latest_drill_id", "latest_passing_drill_id", "age_days", "future_dated", "fresh"}
    assert after["drills"].history.model_dump(include=facts) == before["drills"].history.model_dump(include=facts)  # type: ignore[attr-defined]
    assert after["schedule"].schedule.due == before["schedule"].schedule.due  # type: ignore[attr-defined]


# --- anything, anywhere -----------------------------------------------------------------------------------------------

SCALARS: Final = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=12)
    | st.sampled_from(["pass", "ready", "active", "approved", "disabled", "0001-01-01T00:00:00Z", "9999-12-31",
    "\u200b",                       "\ud800", "x" * 300, "/", "~", "2026-06-11T15:45:01Z"])
)  # fmt: skip
ANYTHING: Final = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.just("\ud800"), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sampled_from(PLACES), ANYTHING, st.sampled_from([EARLY, PILOT]))
@example((S, "/next_due_at"), "0001-01-01T00:00:00Z", EARLY)
@example((S, "/owner_routes"), {"\ud800": {"acknowledgement_minutes": -1}}, EARLY)
@example((H, "/drills/0/executed_at"), "0001-01-01", EARLY)
def test_any_value_at_any_place_never_raises_and_never_improves(
    place: tuple[str, str], value: object, pilot: Pilot
) -> None:
    before, broken = badness(pilot), pilot.put(*place, value)
    for name, report in broken.reports().items():
        assert WORSE[report.status] >= before[name]
        assert json.loads(report.model_dump_json())["status"] == report.status


@given(st.sampled_from(sorted(PILOT.documents)), ANYTHING)
def test_any_value_in_place_of_a_manifest_needs_attention(alias: str, value: object) -> None:
    report = PILOT.give(alias, json.dumps(value).encode()).report("production")
    assert report.status is Status.NEEDS_ATTENTION
    assert report.model_dump_json()


@given(st.sampled_from(PLACES), st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), max_size=5), st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_many_faults_at_once_never_raise_and_never_improve(
    place: tuple[str, str], faults: list[tuple[tuple[str, str], object]], data: st.DataObject
) -> None:
    broken = PILOT.put(*place, data.draw(ANYTHING))
    for (alias, pointer), value in faults:
        try:
            broken = broken.put(alias, pointer, value)
        except (KeyError, IndexError, TypeError, ValueError):
            continue
    before = badness(PILOT)
    assert all(WORSE[report.status] >= before[name] for name, report in broken.reports().items())


@given(st.binary(max_size=64), st.sampled_from(sorted(PILOT.documents)))
def test_any_bytes_are_a_finding(raw: bytes, alias: str) -> None:
    report = EARLY.give(alias, raw).report("production")
    assert report.status is Status.NEEDS_ATTENTION
    assert report.model_dump_json()
