"""The verdict principle (domain.md A2) for the reports on deliveries, over worlds that nobody thought of."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from assess.cases import NOW
from assess.evidenced import DELIVERY_REPORTS, badness
from loops import records as make
from loops.cases import MINUTE, N
from loops.test_properties import (
    ages,
    instants,
    is_heartbeat,
    loops,
    plan_ids,
    providers,
    speaks_well,
    subjects,
    worlds,
)

Values = list[make.RecordValue]


@st.composite
def routed_plans(draw: st.DrawFn) -> make.RecordValue:
    decisions = [
        {"provider": provider, "owner": "ops", "action": draw(st.sampled_from(("deliver", "suppress")))}
        for provider in draw(st.lists(providers, min_size=1, unique=True))
    ]
    level = draw(st.sampled_from(("healthy", "warning", "critical")))
    return make.routed_plan(N, draw(instants), draw(subjects), decisions, rid=draw(plan_ids), alert_level=level)


histories = st.tuples(worlds, st.lists(routed_plans(), max_size=3)).map(lambda parts: [*parts[0], *parts[1]])

failed_deliveries = st.builds(
    lambda loop, at, name, provider: make.delivery(loop, at, name, [provider], [provider]),
    loops,
    instants,
    subjects,
    providers,
)
failed_executions = st.builds(
    lambda loop, at, name, provider: make.execution(loop, at, name, provider, "failed"),
    loops,
    instants,
    subjects,
    providers,
)
escalations = st.builds(
    lambda at, name, provider: make.acknowledgement(N, at, name, provider, "escalated"), instants, subjects, providers
)
failed_runs = st.builds(lambda loop, at: make.worker_run(loop, at, status="failed"), loops, instants)
adverse = st.one_of(failed_deliveries, failed_executions, escalations, failed_runs)


def assert_no_better(after: dict[str, int], before: dict[str, int]) -> None:
    assert {name: after[name] for name in DELIVERY_REPORTS if after[name] < before[name]} == {}


@given(histories, st.lists(adverse, min_size=1, max_size=3))
def test_adding_failing_records_improves_no_report(values: Values, failing: Values) -> None:
    assert_no_better(badness([*values, *failing]), badness(values))


@given(histories, st.data())
def test_removing_acknowledgements_and_other_good_news_improves_no_report(values: Values, data: st.DataObject) -> None:
    planned = sum(value["metadata_kind"] in {one.word for one in N.plans} for value in values)
    good = [place for place, value in enumerate(values) if speaks_well(value)]
    removed = data.draw(st.sets(st.sampled_from(good)) if good else st.just(set[int]()))
    after = [value for place, value in enumerate(values) if place not in removed]
    assert sum(value["metadata_kind"] in {one.word for one in N.plans} for value in after) == planned
    assert_no_better(badness(after), badness(values))


@given(histories, st.data())
def test_removing_heartbeats_improves_no_report(values: Values, data: st.DataObject) -> None:
    alive = [place for place, value in enumerate(values) if is_heartbeat(value) and "created_at" in value]
    removed = data.draw(st.sets(st.sampled_from(alive)) if alive else st.just(set[int]()))
    assert_no_better(badness([one for place, one in enumerate(values) if place not in removed]), badness(values))


@given(histories, ages)
def test_waiting_improves_no_report(values: Values, waited: timedelta) -> None:
    assert_no_better(badness(values, NOW + waited), badness(values))


@given(histories, st.randoms(use_true_random=False))
def test_order_and_repetition_change_no_report(values: Values, chance: Random) -> None:
    again = [*values, *chance.sample(values, len(values) // 2)]
    chance.shuffle(again)
    assert badness(again, NOW + MINUTE) == badness(values, NOW + MINUTE)
