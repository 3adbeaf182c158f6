"""The verdict principle (domain.md A2) over worlds of records that nobody thought of.

Every world plans each subject that it speaks of, so that a subject is still known when evidence about it is removed.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from random import Random
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from loops import records as make
from loops.cases import DAY, MINUTE, NOW, RH, A, N, R, X, folded
from reporter.loops.closeout import assess_closeout
from reporter.loops.closure import RECOVERY_OPEN, assess_closure
from reporter.loops.facts import merge
from reporter.loops.health import assess_health
from reporter.loops.lanes import funnel, summarise_lane
from reporter.loops.readiness import REPORTS, assess_readiness
from reporter.loops.routes import LoopStates, finalise
from reporter.loops.writing import Cause
from reporter.model.case import Artifact
from reporter.model.records import DELIVERY_KIND, INTENT_KIND, Step
from reporter.model.reports import AlertLevel, Mode, Status

LOOPS_UNDER_TEST = (N, A, R, RH, X)
SUBJECTS = ("a", "b", "gordackdelivery-1", "gordackdelivery-2")
"""The last two go by the ids of their sendings, as retries of upstream's do (C19)."""
PROVIDERS = ("slack", "jira")
LEVELS = list(AlertLevel)

ages = st.one_of(st.integers(0, 400).map(lambda minutes: minutes * MINUTE), st.integers(0, 40).map(lambda n: n * DAY))
instants = st.one_of(ages.map(lambda age: NOW - age), ages.map(lambda age: NOW - age), st.none())
loops = st.sampled_from(LOOPS_UNDER_TEST)
subjects = st.sampled_from(SUBJECTS)
providers = st.sampled_from(PROVIDERS)
ids = st.one_of(st.just(""), st.integers(0, 5).map("record-{}".format))
plan_ids = st.integers(0, 2).map("plan-{}".format)


@st.composite
def deliveries(draw: st.DrawFn) -> make.RecordValue:
    sent = draw(st.lists(providers, unique=True, max_size=2))
    failed = draw(st.lists(st.sampled_from(sent), unique=True)) if sent else []
    more: dict[str, Any] = {"retry_plan_id": draw(plan_ids)} if draw(st.booleans()) else {}
    if not failed and draw(st.booleans()):
        more["worker_run_id"] = draw(plan_ids)
    return make.delivery(draw(loops), draw(instants), draw(subjects), sent, failed, rid=draw(ids), **more)


@st.composite
def attempts(draw: st.DrawFn) -> list[make.RecordValue]:
    """Draw an attempt of ours: its intent and, unless it was cut off, its result, which is not of the future."""
    cause = Cause(draw(plan_ids), draw(plan_ids)) if draw(st.booleans()) else Cause()
    at, took = draw(instants), draw(st.sampled_from((0, 1, 90_000)))
    one = make.Try(draw(loops), at, draw(subjects), draw(providers), draw(st.integers(1, 3)), cause)
    outcome = draw(st.sampled_from(("accepted", "rejected_permanent", "timeout_unknown")))
    result = make.result(one, outcome, seconds=0 if at and NOW - at < timedelta(seconds=took) else took)
    return [make.intent(one), *([result] if draw(st.booleans()) else [])]


@st.composite
def executions(draw: st.DrawFn) -> make.RecordValue:
    status = draw(st.sampled_from(("delivered", "failed", "skipped", "odd")))
    more = {"delivery_metadata_id": draw(ids), "approval_decision_id": draw(ids), "retry_plan_id": draw(plan_ids)}
    return make.execution(draw(loops), draw(instants), draw(subjects), draw(providers), status, **more)


@st.composite
def answers(draw: st.DrawFn) -> make.RecordValue:
    state = draw(st.sampled_from(("acknowledged", "resolved", "accepted", "escalated", "dismissed", "odd")))
    more = {"plan_id": draw(plan_ids)} if draw(st.booleans()) else {}
    loop = draw(loops)
    name = draw(st.sampled_from((*SUBJECTS, None))) if loop is A else draw(subjects)
    return make.acknowledgement(
        loop, draw(instants), name, draw(providers), state, rid=draw(ids), retry_plan_id=draw(plan_ids), **more
    )


@st.composite
def plans(draw: st.DrawFn) -> make.RecordValue:
    due = draw(st.sampled_from(("2026-06-20T15:40:00Z", "2026-07-20T15:40:00Z")))
    named = f"{draw(plan_ids)}-{due}"
    return make.plan(draw(loops), draw(instants), draw(subjects), [draw(providers)], rid=named, next_due_at=due)


@st.composite
def runs(draw: st.DrawFn) -> make.RecordValue:
    loop, at = draw(loops), draw(instants)
    if draw(st.booleans()):
        return make.retry_plan(loop, at, [(draw(subjects), draw(providers))], rid=draw(plan_ids))
    status = draw(st.sampled_from((None, "failed")))
    return make.worker_run(loop, at, dry=draw(st.booleans()), enabled=draw(st.booleans()), status=status)


@st.composite
def approvals(draw: st.DrawFn) -> make.RecordValue:
    state = draw(st.sampled_from(("approved", "denied", "odd")))
    return make.approval(A, draw(instants), draw(subjects), draw(providers), state, rid=draw(ids))


@st.composite
def recoveries(draw: st.DrawFn) -> make.RecordValue:
    at, who = draw(instants), draw(providers)
    if draw(st.booleans()):
        return make.playbook(at, {who: at}, rid=draw(plan_ids))
    state, refs = draw(st.sampled_from(("resolved", "reopened"))), draw(st.sampled_from(([], ["ref"])))
    by = draw(st.sampled_from((make.ACTOR, make.ACTOR, "-")))
    return make.closure(at, draw(plan_ids), who, state, refs, by=by, rid=draw(ids))


@st.composite
def routings(draw: st.DrawFn) -> make.RecordValue:
    decisions = [
        {
            "provider": draw(providers),
            "owner": draw(st.sampled_from(("ops", "board"))),
            "action": draw(st.sampled_from(("deliver", "suppress"))),
            "maintenance_window": draw(st.sampled_from((None, {"window_id": "freeze"}))),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]
    left = [{"provider": draw(providers)}] if draw(st.booleans()) else []
    loop, at, name = draw(loops), draw(instants), draw(subjects)
    return make.routed_plan(loop, at, name, decisions, rid=draw(plan_ids), suppressed_providers=left)


@st.composite
def packet_parts(draw: st.DrawFn) -> make.RecordValue:
    at, name = draw(instants), draw(plan_ids)
    if draw(st.booleans()):
        state = draw(st.sampled_from(("approved", "denied")))
        return make.release_decision(at, state, override=draw(st.booleans()), reason="why", rid=name)
    step, fields = draw(
        st.sampled_from(
            (
                (Step.ATTACHMENT, {"attachment_state": "attached", "release_record_ref": "REL", "attached_by": "me"}),
                (Step.VERIFICATION, {"verification_state": "verified"}),
                (Step.ARCHIVE, {"archive_ref": "vault", "archive_hash": "b", "retention_until": "2026-07-01"}),
                (Step.ARCHIVE_MANIFEST, {"signature_state": "external_signature_attached"}),
            )
        )
    )
    return make.part(step, at, rid=name, **fields)


others = st.one_of(
    plans(),
    runs(),
    approvals(),
    recoveries(),
    routings(),
    packet_parts(),
    st.builds(make.health_report, loops, instants),
)

PLANS = {
    (loop.word, name): make.plan(
        loop, NOW - 50 * DAY, name, PROVIDERS, rid=f"plan-{name}", acknowledgement_required_providers=list(PROVIDERS)
    )
    for loop in LOOPS_UNDER_TEST
    if loop.acknowledged
    for name in SUBJECTS
}
PLANNED = [*PLANS.values()]
LOOP_OF = {kind.word: loop.word for loop in LOOPS_UNDER_TEST for _, kind in loop.kinds()} | {
    loop.source: loop.word for loop in LOOPS_UNDER_TEST
}


def spoken_of(value: make.RecordValue) -> set[tuple[str, str]]:
    """Find the subjects that a record speaks of, with its loop."""
    word = LOOP_OF.get(str(value.get("connector_delivery_source", value["metadata_kind"])), "")
    texts = set(texts_of(value))
    return {(word, name) for name in SUBJECTS if name in texts}


def texts_of(value: object) -> Iterator[str]:
    """List all texts of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_of(item)


def with_plans(values: list[make.RecordValue]) -> list[make.RecordValue]:
    """Plan all that these records speak of, and one subject more, so that no world is ever without a record."""
    spoken = {next(iter(PLANS))}.union(*map(spoken_of, values))
    return [*(plan for name, plan in PLANS.items() if name in spoken), *values]


single = st.one_of(deliveries(), executions(), answers(), others)
worlds = st.lists(st.one_of(single.map(lambda value: [value]), attempts()), max_size=25).map(
    lambda values: with_plans([*chain.from_iterable(values)])
)


def speaks_well(value: make.RecordValue) -> bool:
    """Say whether a record can only be in favour of the verdict. One without a date is a finding of its own."""
    kind = value["metadata_kind"]
    if "created_at" not in value:
        return False
    payload = next((item for key, item in value.items() if isinstance(item, dict) and key != "delivery"), {})
    if kind == DELIVERY_KIND:
        return bool(value["delivery_success"] and value["providers"])
    return (
        payload.get("execution_status") == "delivered"
        or payload.get("acknowledgement_state") in ("acknowledged", "resolved", "accepted")
        or payload.get("approval_state") == "approved"
        or (payload.get("closure_state") == "resolved" and bool(payload["verification_refs"]))
    )


def is_heartbeat(value: make.RecordValue) -> bool:
    """Say whether a record shows a worker alive and well."""
    return any(
        isinstance(item, dict)
        and (("dry_run" in item and "status" not in item and item["schedule"]["enabled"]) or "retry_decisions" in item)
        for item in value.values()
    )


class Verdict(NamedTuple):
    """What a reader learns: everything wrong, how loud each loop is, and the two decisions."""

    wrong: frozenset[tuple[str, ...]]
    loudness: tuple[int, ...]
    is_open: bool
    is_blocked: bool

    def is_no_better_than(self, other: "Verdict") -> bool:
        louder = all(mine >= theirs for mine, theirs in zip(self.loudness, other.loudness, strict=True))
        return louder and self.is_open >= other.is_open and self.is_blocked >= other.is_blocked


def states(values: list[make.RecordValue], later: timedelta = timedelta(0)) -> LoopStates:
    return finalise(folded(values, NOW + later))


def verdict(found: LoopStates) -> Verdict:
    health = assess_health(found, Mode.PROMOTED)
    closure = assess_closure(found, Mode.PROMOTED)
    reports = dict.fromkeys((*REPORTS, "schedule"), Status.READY)
    artifacts = [Artifact("index.html", exists=True, verified=True)]
    readiness = assess_readiness(reports, health, closure, found, artifacts)
    wrong: set[tuple[str, ...]] = {
        (item.code, route.loop, "" if item.code == RECOVERY_OPEN else route.subject, route.provider)
        for item in closure.open_items
        for route in item.routes
    }
    wrong |= {(item.code,) for item in closure.open_items}
    return Verdict(
        frozenset(wrong),
        tuple(LEVELS.index(one.alert_level) for one in health),
        bool(closure.open_items),
        not readiness.ready,
    )


def gates(found: LoopStates) -> set[tuple[str, ...]]:
    return {one.route for one in found.routes if one.gate.lets_through}


@given(worlds, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(values: list[make.RecordValue], chance: Random) -> None:
    again = [*values, *chance.sample(values, len(values) // 2)]
    chance.shuffle(again)
    assert states(again) == states(values)


@given(worlds, st.lists(st.integers(0, 3), min_size=60, max_size=60))
def test_shards_merge_to_the_whole(values: list[make.RecordValue], shard_of: list[int]) -> None:
    shards = [
        folded([value for value, shard in zip(values, shard_of, strict=False) if shard == place]) for place in range(4)
    ]
    first, second, third, fourth = shards
    whole = folded(values)
    assert merge(merge(first, second), merge(third, fourth)) == whole
    assert merge(fourth, merge(third, merge(second, first))) == whole
    assert merge(whole, second) == whole


@given(worlds, st.data())
def test_removing_evidence_in_favour_improves_nothing(values: list[make.RecordValue], data: st.DataObject) -> None:
    well = [value for value in values if speaks_well(value) and value not in PLANNED]
    names = sorted({str(value["session_id"]) for value in well})
    # A record goes with all its versions: of two that contradict one another neither counts, and one alone would.
    removed = data.draw(st.sets(st.sampled_from(names)) if names else st.just(set[str]()))
    before = states(values)
    after = states([value for value in values if value not in well or value["session_id"] not in removed])
    undated = {"evidence_unreadable"}  # an undated success is a fault; without the record there is none
    was, became = verdict(before), verdict(after)
    assert {one for one in was.wrong if one[0] not in undated} <= became.wrong
    assert all(now >= then for now, then in zip(became.loudness, was.loudness, strict=True))
    known = {one.route for one in after.routes if one.failures and one.route.provider}
    assert gates(after) & known <= gates(before) | {one.route for one in before.routes if not one.failures}


@given(worlds, st.data())
def test_removing_heartbeats_and_plans_of_retries_improves_nothing(
    values: list[make.RecordValue], data: st.DataObject
) -> None:
    dated = [place for place, value in enumerate(values) if is_heartbeat(value) and "created_at" in value]
    removed = data.draw(st.sets(st.sampled_from(dated)) if dated else st.just(set[int]()))
    after = [value for place, value in enumerate(values) if place not in removed]
    assert verdict(states(after)).is_no_better_than(verdict(states(values)))


@given(worlds, st.data())
def test_removing_results_of_what_was_begun_improves_nothing(
    values: list[make.RecordValue], data: st.DataObject
) -> None:
    begun = {one["delivery_id"] for one in values if one["metadata_kind"] == INTENT_KIND and "created_at" in one}
    ended = [place for place, value in enumerate(values) if value["session_id"] in begun and "created_at" in value]
    removed = data.draw(st.sets(st.sampled_from(ended)) if ended else st.just(set[int]()))
    after = [value for place, value in enumerate(values) if place not in removed]
    assert verdict(states(after)).is_no_better_than(verdict(states(values)))


@given(worlds, ages)
def test_waiting_improves_nothing(values: list[make.RecordValue], waited: timedelta) -> None:
    before, after = verdict(states(values)), verdict(states(values, later=waited))
    assert before.wrong <= after.wrong
    assert after.is_no_better_than(before)


@given(worlds)
def test_every_route_has_one_action_and_its_reasons(values: list[make.RecordValue]) -> None:
    for route in states(values).routes:
        assert (route.failures == 0) == (route.retry.action == "none")
        assert (route.failures == 0) == (route.outcome != "failed")
        assert bool(route.reasons) or route.failures == 0
        assert route.acknowledgement.outstanding >= route.acknowledgement.breached


@given(worlds)
def test_lanes_and_funnel_leave_no_route_out_and_count_none_twice(values: list[make.RecordValue]) -> None:
    found = states(values)
    for loop in found.loops:
        lane, routes = summarise_lane(found, loop), found.of(loop)
        assert lane.routes == len(routes)
        assert lane.failed == lane.waiting + lane.due + lane.exhausted
        assert lane.acknowledged + lane.outstanding == sum(one.acknowledgement.required for one in routes)
        assert lane.routes - lane.planned <= lane.open + lane.closed <= lane.routes
    whole = funnel(found)
    assert whole.failed == whole.recovered + whole.waiting + whole.due + whole.exhausted
    assert whole.recovered <= whole.retried <= whole.failed


@given(worlds)
def test_routes_that_hold_the_closure_open_are_those_that_its_items_name(values: list[make.RecordValue]) -> None:
    found = states(values)
    closure = assess_closure(found, Mode.PROMOTED)
    named = {route for item in closure.open_items if item.code != RECOVERY_OPEN for route in item.routes}
    assert named == {one.route for one in found.routes if one.holds_open}


@given(worlds)
def test_days_of_deliveries_hold_each_attempt_once_and_never_hide_a_failure(values: list[make.RecordValue]) -> None:
    found = states(values)
    assert list(found.delivery_days) == sorted(found.delivery_days)
    assert len({(one.provider, one.day) for one in found.delivery_days}) == len(found.delivery_days)
    # By provider alone: a record that came with two dates is one attempt, on the later day.
    assert {one.provider for one in found.delivery_days if one.failed} >= {
        one.route.provider for one in found.routes if one.last_failure_at and NOW - one.last_failure_at < 59 * DAY
    }


@given(st.lists(packet_parts(), max_size=12), ages)
def test_waiting_closes_no_packet(values: list[make.RecordValue], waited: timedelta) -> None:
    before, after = (
        {
            one.code
            for one in assess_closeout(states(values, later), make.SUMMARY, readiness_ready=True).entries
            if not one.met
        }
        for later in (timedelta(0), waited)
    )
    assert before <= after
