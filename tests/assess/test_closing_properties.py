"""The verdict principle (domain.md A2) for the reports that close, over worlds of records that nobody thought of."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from assess.cases import NOW
from assess.closing_cases import CLOSING, badness, calm_but, closing
from assess.test_delivery_properties import adverse
from loops import records as make
from loops.cases import MINUTE
from loops.test_properties import ages, is_heartbeat, speaks_well, worlds
from reporter.assess.executive import may_approve
from reporter.model.reports import AlertLevel

Values = list[make.RecordValue]

DECIDING = ("closure", "release-readiness", "executive", "runbook")
"""Those that waiting never improves. A recovery is called for by recent failures; the closure remembers the others."""


def assert_no_better(after: dict[str, int], before: dict[str, int], names: tuple[str, ...] = CLOSING) -> None:
    assert {name: after[name] for name in names if after[name] < before[name]} == {}


def when(value: make.RecordValue) -> str:
    """Give a record's date. One without a date counts against whatever it is about."""
    return str(value.get("created_at", ""))


histories = worlds.map(lambda values: calm_but(*values))


@given(histories, st.lists(adverse, min_size=1, max_size=3))
def test_adding_failing_records_improves_no_report(values: Values, failing: Values) -> None:
    assert_no_better(badness([*values, *failing]), badness(values))


@given(histories, st.data())
def test_removing_passing_evidence_improves_no_report(values: Values, data: st.DataObject) -> None:
    good = [place for place, one in enumerate(values) if (speaks_well(one) or is_heartbeat(one)) and when(one)]
    removed = data.draw(st.sets(st.sampled_from(good)))
    after = [one for place, one in enumerate(values) if place not in removed]
    assert_no_better(badness(after), badness(values))


@given(st.data())
def test_removing_anything_from_a_world_in_order_improves_no_report(data: st.DataObject) -> None:
    values = calm_but()
    removed = data.draw(st.sets(st.integers(0, len(values) - 1)))
    assert_no_better(badness([one for place, one in enumerate(values) if place not in removed]), badness(values))


@given(histories, ages)
def test_waiting_improves_no_decision(values: Values, waited: timedelta) -> None:
    assert_no_better(badness(values, NOW + waited), badness(values), DECIDING)


@given(histories, st.randoms(use_true_random=False))
def test_order_and_repetition_change_no_report(values: Values, chance: Random) -> None:
    again = [*values, *chance.sample(values, len(values) // 2)]
    chance.shuffle(again)
    assert closing(*again, now=NOW + MINUTE) == closing(*values, now=NOW + MINUTE)


@given(histories)
def test_reports_agree_with_one_another(values: Values) -> None:
    found = closing(*values)
    release, executive, closure, runbook = (
        found[name] for name in ("release-readiness", "executive", "closure", "runbook")
    )
    ready = release.readiness_state == "ready"
    assert ready == (release.blockers == ()) == (release.status != "needs_attention")
    assert not ready or closure.closure_state == "closed"
    assert ("pprove" in executive.verdict) == may_approve(found["production"], release)
    assert (release.release_decision.recommended_state == "approve_release_closure") == ready
    urgent = [one for one in runbook.steps if one.phase in ("now", "soon") and one.severity is not AlertLevel.HEALTHY]
    assert urgent or closure.closure_state == "closed"
    assert (executive.status == "needs_attention") == executive.verdict.startswith("Hold")
