"""The fold (domain.md A2, A5): one pass, order-free, mergeable, small."""

import pickle
import random
import tracemalloc
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, RH, SECOND, A, F, N, X, folded, settled
from reporter.loops.facts import KEPT_FAILURES, KEPT_LISTED, Folded, merge
from reporter.loops.fold import Lines, fold, fold_lines
from reporter.loops.packet import PacketFacts
from reporter.loops.policy import MOST_ATTEMPTS
from reporter.loops.routes import finalise
from reporter.loops.sets import keep
from reporter.loops.table import LOOPS, READER
from reporter.model.instants import FUTURE_TOLERANCE
from reporter.model.raw_records import RecordBatch
from reporter.model.records import Step
from reporter.model.routes import RouteOutcome

PACKET = (Step.ATTACHMENT, Step.VERIFICATION, Step.ARCHIVE, Step.ARCHIVE_MANIFEST)
LEFT_OUT = {"provider": "slack", "last_delivery_at": "2026-06-11T15:00:00Z"}


def test_facts_hold_more_failures_than_any_policy_allows_attempts() -> None:
    assert KEPT_FAILURES > MOST_ATTEMPTS


def test_sets_keep_their_newest_in_order_and_once() -> None:
    numbers: tuple[int, ...] = ()
    for number in (5, 1, 3, 5, 9, 2, 1, 7):
        numbers = keep(numbers, number, 4)
    assert numbers == (3, 5, 7, 9)


@pytest.mark.parametrize(
    ("past", "counts"),
    [(-SECOND, True), (0 * SECOND, True), (SECOND, False)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_c10_what_is_dated_more_than_five_minutes_ahead_is_listed_and_does_not_count(
    past: timedelta, *, counts: bool
) -> None:
    at = NOW + FUTURE_TOLERANCE + past
    states = settled(make.delivery(F, at, "export-1", rid="rcd-1"))
    assert bool(states.routes) is counts, "upstream: an age of none, taken for fresh"
    assert [(one.id, one.at) for one in states.future] == ([] if counts else [("rcd-1", at)])


def test_every_kind_of_record_dated_in_the_future_is_listed_and_changes_nothing() -> None:
    ahead = NOW + DAY
    values = [
        record
        for loop in LOOPS
        for record in (
            make.plan(loop, ahead, "s"),
            make.acknowledgement(loop, ahead, "s"),
            make.retry_plan(loop, ahead, [("s", "slack")]),
            make.worker_run(loop, ahead),
            make.execution(loop, ahead, "s"),
            make.health_report(loop, ahead),
        )
    ]
    values += [
        make.approval(A, ahead, "s"),
        make.playbook(ahead, {"slack": None}),
        make.closure(ahead, "playbook-1"),
        make.release_decision(ahead, override=True, reason="why"),
        make.routed_plan(N, ahead, "s", make.notification_routes(["slack"]), suppressed_providers=[LEFT_OUT]),
        *(make.part(step, ahead) for step in PACKET),
    ]
    states = settled(*values)
    assert (states.packet, states.routing_days, states.suppressed) == (PacketFacts(), (), ())
    assert (states.has_records, states.routes, states.recoveries, states.releases, states.faults) == (
        False,
        (),
        (),
        (),
        (),
    )
    assert len(states.future) == len(values)


def test_undated_records_of_every_kind_are_faults() -> None:
    values = [
        make.worker_run(RH, None, status="completed"),
        make.retry_plan(RH, None),
        make.release_decision(None, override=True, reason="why"),
        make.closure(None, "playbook-1"),
        make.health_report(RH, None),
    ]
    states = settled(*values)
    assert len(states.faults) == len(values)
    facts = states.facts[RH.word]
    assert (facts.runs, facts.retry_plans, states.releases) == ((), (), ())


def test_unknown_words_are_faults_that_list_the_known_ones() -> None:
    values = [
        make.approval(A, NOW, "s", state="yes", rid="1"),
        make.closure(NOW, "playbook-1", state="done", rid="2"),
        make.release_decision(NOW, state="fine"),
        make.worker_run(RH, NOW, status="odd", rid="3"),
    ]
    assert sorted(fault.pointer for fault in settled(*values).faults) == [
        "/approval_state",
        "/approval_state",
        "/closure_state",
        "/status",
    ]


def test_damaged_records_come_in_as_faults_and_the_rest_counts() -> None:
    batch = RecordBatch([b"{", make.raw(make.delivery(F, NOW, "export-1"))], "evidence.jsonl", 7)
    states = finalise(fold(READER.decode_batch(batch), NOW))
    assert [str(fault.where) for fault in states.faults] == ["evidence.jsonl: line 7"]
    assert len(states.routes) == 1


def in_lines(raws: list[bytes]) -> Folded:
    """Fold lines, of which the last is the newest."""
    batch = RecordBatch(raws, "evidence.jsonl", 1)
    return fold_lines([Lines(raws, partial(READER.decode_at, batch))], NOW)


SLACK = {"provider": "slack", "success": True}
NEWER = [make.raw(make.delivery(N, NOW - age * MINUTE, "monthly", rid=f"rcd-{age}")) for age in (3, 2, 1)]


@pytest.mark.parametrize(
    ("changed", "failures", "faults"),
    [
        ({}, 0, 0),
        ({"delivery": None}, 0, 0),
        ({"delivery": {"deliveries": [SLACK]}}, 0, 0),
        ({"delivery": {"success": True, "deliveries": [SLACK]}}, 0, 0),
        ({"status_codes": []}, 0, 0),
        ({"notes": "two\nlines"}, 0, 0),
        ({"notes": 'say "success"'}, 0, 0),
        ({"delivery": {"success": False, "deliveries": [SLACK]}}, 1, 0),
        ({"delivery": {"deliveries": [SLACK | {"status_code": 503}]}}, 1, 0),
        ({"status_codes": [503]}, 1, 0),
        ({"blocked_count": 1}, 1, 0),
        ({"dry_run": True}, 1, 0),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, 0, 1),
        ({"providers": [7]}, 0, 1),
    ],
    ids=str,
)
def test_old_success_adds_nothing_and_whatever_else_an_old_delivery_says_counts(
    changed: dict[str, Any], failures: int, faults: int
) -> None:
    old = make.delivery(N, NOW - HOUR, "monthly", rid="rcd-old") | changed
    folded = in_lines([make.raw(old), b"", *NEWER])
    (route,) = folded.routes.values()
    assert ([*map(len, (route.successes, route.failures))], len(folded.faults)) == ([3, failures], faults)
    assert folded == fold(READER.decode_batch(RecordBatch([make.raw(old), *NEWER], "evidence.jsonl", 1)), NOW)


@pytest.mark.parametrize("key", ["delivery_success", "success"])
@pytest.mark.parametrize("again", ["{}", r"{}\u0073"], ids=["alike", "escaped"])
def test_old_delivery_that_tells_one_thing_twice_is_a_fault(key: str, again: str) -> None:
    old = make.raw(make.delivery(N, NOW - HOUR, "monthly", rid="rcd-old"))
    spelled = again.format(key if again == "{}" else key[:-1])
    doubled = old.replace(f'"{key}"'.encode(), f'"{spelled}": false, "{key}"'.encode(), 1)
    folded = in_lines([doubled, *NEWER])
    assert [fault.found for fault in folded.faults] == [f"the key {key} twice"]
    assert folded.faults[0].where == "evidence.jsonl: line 1"


def test_lists_hold_so_many_and_say_when_there_are_more() -> None:
    values = [make.delivery(F, NOW + DAY, "export-1", rid=f"rcd-{place:04}") for place in range(KEPT_LISTED + 1)]
    assert folded(values[:-1]).truncated == frozenset()
    assert folded([*values[:-1], values[0]]).truncated == frozenset()
    whole = folded(values)
    assert (whole.truncated, len(whole.future)) == (frozenset({"future"}), KEPT_LISTED)
    assert merge(folded(values[:60]), folded(values[60:])) == whole


def world(seed: int) -> list[make.RecordValue]:
    """Write a mixed world of records, contradictory ones among them."""
    chance = random.Random(seed)  # noqa: S311 - a test's world
    values = []
    for _ in range(120):
        loop = chance.choice((N, A, RH, X))
        at = None if chance.random() < 0.03 else NOW - chance.randrange(-3, 60) * HOUR
        name, who = chance.choice("ab"), chance.choice(("slack", "jira"))
        sent = chance.choice(([who], [], ["slack", "jira"]))
        plan = f"plan-{chance.randrange(3)}"
        values += [
            chance.choice(
                (
                    make.delivery(loop, at, name, sent, sent[:1] if chance.random() < 0.5 else ()),
                    make.delivery(loop, at, name, [who], [who], rid=f"rcd-{chance.randrange(5)}", retry_plan_id=plan),
                    make.execution(loop, at, name, who, chance.choice(("delivered", "failed", "skipped"))),
                    make.plan(loop, at, name, sent, rid=plan),
                    make.acknowledgement(loop, at, chance.choice((name, None)), who, retry_plan_id=plan),
                    make.acknowledgement(loop, at, name, who, chance.choice(("escalated", "resolved"))),
                    make.retry_plan(loop, at, [(name, who)], rid=plan),
                    make.approval(A, at, chance.choice((name, None)), who, chance.choice(("approved", "denied"))),
                    make.worker_run(loop, at, dry=chance.random() < 0.5, routes=[(name, who)]),
                    make.playbook(at, {who: at}, rid=plan),
                    make.closure(at, plan, who, chance.choice(("resolved", "reopened"))),
                    make.release_decision(at, override=True, reason=name),
                    make.routed_plan(
                        loop, at, name, make.notification_routes(sent), rid=plan, suppressed_providers=[LEFT_OUT]
                    ),
                    make.part(chance.choice(PACKET), at, rid=plan),
                )
            )
        ]
    return values


@pytest.mark.parametrize("seed", range(20))
def test_shares_in_any_order_and_number_merge_to_the_whole(seed: int) -> None:
    values = world(seed)
    whole = folded(values)
    chance = random.Random(seed)  # noqa: S311
    shuffled = [*values, *values[::3]]
    chance.shuffle(shuffled)
    assert folded(shuffled) == whole
    one, two, three = (folded(shuffled[place::3]) for place in range(3))
    assert merge(merge(one, two), three) == whole
    assert merge(one, merge(three, two)) == whole
    assert merge(two, one) == merge(one, two)
    assert merge(whole, whole) == whole
    assert merge(folded([]), whole) == whole
    assert finalise(merge(three, whole)) == finalise(whole)


def test_folds_as_of_two_times_do_not_join() -> None:
    with pytest.raises(ValueError, match="do not join"):
        merge(folded([]), folded([], NOW + SECOND))


def test_folds_travel_between_processes() -> None:
    whole = folded(world(1))
    assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301 - our own bytes


def test_state_of_a_route_stays_small_whatever_the_number_of_records() -> None:
    def attempts(count: int) -> int:
        value = make.delivery(F, NOW, "export-1", failed=["slack"])
        tracemalloc.start()
        state = fold(
            (
                READER.decode_record(
                    make.raw(value | {"session_id": f"rcd-{place:09}", **make.when(NOW - place * MINUTE)})
                )
                for place in range(count)
            ),
            NOW,
        )
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(state.routes) == 1
        return size

    few = attempts(1_000)
    assert attempts(10_000) < few + 30_000


def test_a_hundred_thousand_failures_leave_so_many_and_count_as_at_least_that() -> None:
    line = make.raw(make.delivery(F, "2026-01-01T00:00:00Z", "export-1", failed=["slack"], rid="rcd-@@@@@@"))
    batch = RecordBatch([line.replace(b"@@@@@@", f"{n:06}".encode()) for n in range(100_000)], "x", 1)
    (route,) = finalise(fold(READER.decode_batch(batch), NOW)).routes
    assert (route.failures, route.exhausted) == (KEPT_FAILURES, True)
    assert route.reasons[0].startswith(f"at least {KEPT_FAILURES} failed")


def test_c31_and_c12_run_windows_and_disabled_words_of_workers_decide_nothing() -> None:
    value = make.worker_run(RH, NOW, window_start="2026-06-11T15:00:00Z", window_end="nonsense")
    assert not settled(value).faults
    assert settled(make.delivery(RH, NOW - DAY, "health-1")).routes[0].outcome is RouteOutcome.DELIVERED
