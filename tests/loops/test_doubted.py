"""Records whose bytes can be taken in two ways (domain.md A2): they speak for nothing, in whatever order they come."""

import json
from collections.abc import Sequence
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, A, F, calm
from reporter.loops.closure import assess_closure
from reporter.loops.facts import Folded, merge
from reporter.loops.fold import Lines, fold, fold_lines
from reporter.loops.routes import LoopStates, finalise
from reporter.loops.table import READER
from reporter.model.raw_records import RecordBatch
from reporter.model.reports import Mode
from reporter.model.routes import RouteOutcome

FAILED = make.delivery(F, NOW - 2 * HOUR, "export-9", failed=["slack"], rid="rcd-failed")
LATER = make.delivery(F, NOW - HOUR, "export-9", rid="rcd-later")
RESULT = {"provider": "slack", "success": True}


def twice(value: make.RecordValue, *pairs: tuple[str, Any]) -> bytes:
    """Write a record compactly, and after it keys that it may have already."""
    more = "".join(f",{json.dumps(key)}:{json.dumps(each, separators=(',', ':'))}" for key, each in pairs)
    return f"{json.dumps(value, separators=(',', ':'))[:-1]}{more}}}".encode()


def in_lines(raws: Sequence[bytes]) -> Folded:
    batch = RecordBatch(list(raws), "evidence.jsonl", 1)
    return fold_lines([Lines(batch.raws, partial(READER.decode_at, batch))], NOW, environment="pilot")


def one_by_one(raws: Sequence[bytes]) -> Folded:
    return fold(READER.decode_batch(RecordBatch(list(raws), "evidence.jsonl", 1)), NOW, environment="pilot")


def closure(states: LoopStates) -> str:
    return str(assess_closure(states, Mode.PROMOTED).state)


CALM = [make.raw(value) for value in calm()]


def test_without_doubt_the_later_success_closes() -> None:
    assert closure(finalise(in_lines([*CALM, twice(FAILED)]))) == "open"
    assert closure(finalise(in_lines([*CALM, twice(FAILED), twice(LATER)]))) == "closed"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (("failed_providers", ["slack"]), ("failed_providers", [])),
        (("blocked_count", 1), ("blocked_count", 0)),
        (("status_codes", [503]), ("status_codes", [200])),
        (("dry_run", True), ("dry_run", False)),
        (("providers", []), ("providers", ["slack"])),
        (("delivery", {"success": False, "deliveries": []}), ("delivery", {"success": True, "deliveries": [RESULT]})),
        (("event_id", "export-8"), ("event_id", "export-9")),
        (("created_at", "2026-06-11T01:00:00Z"), ("created_at", "2026-06-11T15:00:00Z")),
        (("environment", "other"), ("environment", "pilot")),
        (("nobody_reads", 1), ("nobody_reads", 2)),
    ],
    ids=lambda pair: pair[0],
)
def test_success_that_tells_a_key_twice_makes_up_for_nothing(first: tuple[str, Any], last: tuple[str, Any]) -> None:
    for doubted in (twice(LATER, first, last), twice(LATER, last, last)):
        for raws in permutations([twice(FAILED), doubted]):
            states = finalise(in_lines([*CALM, *raws]))
            assert closure(states) == "open"
            assert [(one.record, one.found) for one in states.faults] == [("rcd-later", f"the key {first[0]} twice")]
            assert states.faults[0].where.startswith("evidence.jsonl: line ")
            (route,) = (one for one in states.routes if one.route.subject == "export-9")
            assert route.outcome is RouteOutcome.FAILED


@pytest.mark.parametrize(
    "result",
    [
        '{"provider":"slack","success":false,"request":{"method":"POST","headers":{}},"success":true}',
        '{"provider":"slack","success":false,"note":"{","success":true}',
        '{"provider":"slack","success":true,"error":"no","error":null}',
        '{"provider":"slack","success":true,"status_code":503,"status_code":200}',
        '{"provider":"teams","success":true,"provider":"slack"}',
    ],
)
def test_result_that_tells_a_key_twice_makes_up_for_nothing(result: str) -> None:
    doubted = twice(LATER | {"delivery": "HERE"}).replace(b'"HERE"', f'{{"deliveries":[{result}]}}'.encode())
    states = finalise(in_lines([*CALM, twice(FAILED), doubted]))
    assert (closure(states), len(states.faults)) == ("open", 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("environment", "other"),
        ("created_at", "2026-07-01T00:00:00Z"),
        ("created_at", "2026-06-11T01:00:00Z"),
        ("metadata_kind", A.worker_run.word),
        ("connector_delivery_source", "release_train"),
    ],
)
def test_failure_cannot_be_hidden_by_a_key_that_stands_twice(key: str, value: str) -> None:
    hidden = twice(FAILED | {"environment": "pilot"}, (key, value))
    states = finalise(in_lines([*CALM, hidden]))
    assert (closure(states), len(states.faults)) == ("open", 1)


def test_answer_that_is_told_twice_is_none() -> None:
    answer = make.acknowledgement(A, NOW - MINUTE, "gordack-1", "slack", rid="ack-1")
    escalated = json.dumps(answer).replace('"acknowledged"', '"escalated", "acknowledgement_state": "acknowledged"')
    assert escalated.count('"acknowledgement_state"') > json.dumps(answer).count('"acknowledgement_state"')
    folded = in_lines([escalated.encode()])
    assert (not folded.routes, len(folded.faults)) == (True, 1)


def test_run_that_is_told_twice_failed_until_newer_ones_took_its_place() -> None:
    runs = [twice(make.worker_run(A, NOW - age * MINUTE, dry=False, rid=f"run-{age}")) for age in range(9, 1, -1)]
    doubted = make.worker_run(A, NOW - MINUTE, dry=False, rid="run-doubted")
    newest = in_lines([*runs, twice(doubted, ("status", "failed"), ("status", "completed"))])
    assert newest.loops[A.word].runs[-1].failed == "two things at once (the key status twice)"
    old = make.worker_run(A, NOW - HOUR, dry=False, rid="run-doubted")
    raws = [twice(old, ("status", "failed"), ("status", "completed")), *runs]
    assert in_lines(raws) == in_lines(raws[::-1]) == one_by_one(raws) == one_by_one(runs)


@pytest.mark.parametrize(
    "run",
    [
        make.worker_run(A, NOW, routes=[("s", "slack")]),
        make.worker_run(A, NOW, status="odd"),
        make.worker_run(A, NOW + DAY),
        make.worker_run(A, None),
        make.envelope(A.worker_run, NOW, {}) | {A.worker_run.payload: None},
    ],
    ids=["with-retries", "unknown-state", "future", "undated", "without-payload"],
)
def test_run_that_is_told_twice_and_tells_more_is_a_fault(run: make.RecordValue) -> None:
    folded = in_lines([twice(run, ("note", 1), ("note", 2))])
    assert (folded.loops, [one.found for one in folded.faults]) == ({}, ["the key note twice"])


def test_doubted_success_is_put_out_of_sight_by_newer_ones_in_any_order_and_any_share() -> None:
    """It is passed over where they came before: what is told must not depend on that."""
    newer = [twice(make.delivery(F, NOW - age * MINUTE, "export-9", rid=f"rcd-{age}")) for age in (3, 2, 1)]
    doubted = twice(LATER, ("failed_providers", ["slack"]), ("failed_providers", []))
    wanted = in_lines(newer)
    for raws in permutations([doubted, *newer]):
        assert in_lines(raws) == one_by_one(raws) == wanted
        for cut in range(5):
            assert merge(in_lines(raws[:cut]), in_lines(raws[cut:])) == wanted
    two = in_lines([doubted, *newer[:2]])
    assert two != in_lines(newer[:2])
    assert finalise(two).faults[0].found == "the key failed_providers twice"


def test_route_of_which_only_a_doubted_success_is_known_is_none() -> None:
    states = finalise(in_lines([twice(LATER, ("note", 1), ("note", 2))]))
    assert (states.routes, states.unmatched, len(states.faults)) == ((), (), 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"providers": ["slack", "jira"]},
        {"providers": ["pigeon"]},
        {"event_id": "", "export_id": ""},
        {"connector_delivery_source": "elsewhere"},
        {"created_at": None},
        {"created_at": "2026-07-01T00:00:00Z"},
        {"failed_providers": ["slack"]},
    ],
    ids=str,
)
def test_delivery_that_tells_a_key_twice_and_is_no_plain_success_is_a_fault(changed: dict[str, Any]) -> None:
    folded = in_lines([twice(LATER | changed, ("note", 1), ("note", 2))])
    assert (folded.routes, [one.found for one in folded.faults]) == ({}, ["the key note twice"])
