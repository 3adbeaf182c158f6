"""Records that say two things in two places (domain.md A2, B3): of contradictory evidence the worse side counts."""

from typing import Any

import msgspec
import pytest

from loops import records as make
from loops.cases import AH, DAY, HOUR, MINUTE, NOW, A, F, folded, only, settled
from reporter.loops.facts import Folded
from reporter.loops.fold import fold
from reporter.loops.table import READER
from reporter.model.raw_records import RecordBatch
from reporter.model.records import Step
from reporter.model.routes import GateState, RouteOutcome

FAILED = make.delivery(F, NOW - 2 * HOUR, "export-9", failed=["slack"], rid="rcd-failed")
LATER = make.delivery(F, NOW - HOUR, "export-9", rid="rcd-later")
SLACK = {"provider": "slack", "success": True}


def found(folds: Folded) -> list[str]:
    return [f"{one.pointer}: {one.found}" for one in folds.faults]


ANSWER = make.acknowledgement(A, NOW - MINUTE, "audit-1", "slack")


@pytest.mark.parametrize(
    ("copied", "said"),
    [
        (
            {"acknowledgement_state": "escalated"},
            "/acknowledgement_state: escalated in the envelope, acknowledged in",
        ),
        ({"provider": "teams"}, "/provider: teams in the envelope, slack in the payload"),
        ({A.subject_keys[0]: "audit-2"}, ": audit-2 in the envelope, audit-1 in the payload"),
    ],
    ids=["state", "provider", "subject"],
)
def test_answer_whose_envelope_says_otherwise_is_a_fault(copied: dict[str, str], said: str) -> None:
    (fault,) = found(folded([ANSWER | copied]))
    assert fault.startswith(said)


@pytest.mark.parametrize("copied", [{}, {"acknowledgement_state": "Acknowledged"}, {"provider": " SLACK"}], ids=str)
def test_copy_that_says_the_same_in_another_spelling_is_none(copied: dict[str, str]) -> None:
    assert found(folded([ANSWER | copied])) == []


def test_answer_of_two_states_is_none_and_takes_an_earlier_one_back() -> None:
    told = [make.plan(AH, NOW - 2 * HOUR, "alert-1", ["slack"]), make.delivery(AH, NOW - HOUR, "alert-1")]
    earlier = make.acknowledgement(AH, NOW - 30 * MINUTE, "alert-1", "slack", rid="ack-0")
    assert not only(*told, earlier).acknowledgement.outstanding
    both = make.acknowledgement(AH, NOW - MINUTE, "alert-1", "slack") | {"acknowledgement_state": "escalated"}
    assert only(*told, earlier, both).acknowledgement.outstanding


def test_approval_of_two_states_opens_no_gate_and_takes_an_earlier_one_back() -> None:
    sent = make.delivery(A, NOW - HOUR, "audit-1", failed=["slack"])
    earlier = make.approval(A, NOW - 30 * MINUTE, "audit-1", rid="approval-0")
    assert only(sent, earlier).gate.state is GateState.OPEN
    for own, copy in (("approved", "denied"), ("denied", "approved")):
        both = make.approval(A, NOW - MINUTE, "audit-1", state=own) | {"approval_state": copy}
        assert only(sent, earlier, both).gate.state is not GateState.OPEN


@pytest.mark.parametrize(
    "value",
    [
        make.closure(NOW, "playbook-1") | {"closure_state": "reopened"},
        make.release_decision(NOW) | {"approval_state": "denied"},
        make.worker_run(A, NOW, status="completed") | {"status": "failed"},
        make.worker_run(A, NOW) | {"status": "failed"},
    ],
    ids=["closure", "release-decision", "run", "run-without-a-state"],
)
def test_decision_and_run_of_two_states_is_a_fault(value: make.RecordValue) -> None:
    folds = folded([value])
    assert len(folds.faults) == 1
    assert "in the envelope" in folds.faults[0].found
    assert {one.state for one in folds.releases} <= {"contradictory"}
    assert all(one.failed == "two states at once" for facts in folds.loops.values() for one in facts.runs)


@pytest.mark.parametrize(
    ("value", "copied"),
    [
        (make.part(Step.VERIFICATION, NOW, verification_state="verified"), {"verification_state": "incomplete"}),
        (make.part(Step.ATTACHMENT, NOW, attachment_state="attached"), {"attachment_state": "aborted"}),
        (make.part(Step.ARCHIVE_MANIFEST, NOW, signature_state="signed"), {"signature_state": "broken"}),
        (make.plan(F, NOW, "export-1", verification_state="verified"), {"verification_state": "incomplete"}),
    ],
    ids=["verification", "attachment", "manifest", "export"],
)
def test_part_of_a_packet_of_two_states_has_none_that_counts(value: make.RecordValue, copied: dict[str, str]) -> None:
    folds = folded([value | copied])
    assert len(folds.faults) == 1
    parts = (folds.packet.verifications, folds.packet.attachments, folds.packet.manifests, folds.packet.exports)
    assert "contradictory" in {word for kept in parts for part in kept for word in msgspec.structs.astuple(part)}


@pytest.mark.parametrize(
    ("copied", "failures"),
    [
        ({"delivery_success": False}, 2),
        ({"delivery_success": None}, 2),
        ({"dry_run": True}, 1),
        ({"skipped": True}, 1),
        ({"delivery_success": True, "dry_run": False, "skipped": False}, 0),
    ],
    ids=str,
)
def test_execution_whose_envelope_says_otherwise_makes_up_for_nothing(copied: dict[str, Any], failures: int) -> None:
    executed = make.execution(A, NOW - MINUTE, "audit-1", "slack", "delivered") | copied
    assert only(make.delivery(A, NOW - HOUR, "audit-1", failed=["slack"]), executed).failures == failures


@pytest.mark.parametrize(
    "said",
    [
        {"delivery": {"success": True, "deliveries": []}},
        {"outcome": "timeout_unknown"},
        {"outcome": "odd"},
        {"error_class": "connect_timeout"},
    ],
    ids=str,
)
def test_delivery_that_contradicts_itself_makes_up_for_nothing(said: dict[str, Any]) -> None:
    assert only(FAILED, LATER).outcome is RouteOutcome.DELIVERED
    assert only(FAILED, LATER | said).outcome is RouteOutcome.FAILED


@pytest.mark.parametrize("outcome", ["accepted", "delivered", "success", "", None])
def test_delivery_may_name_the_outcome_of_a_success(outcome: str | None) -> None:
    assert only(FAILED, LATER | {"outcome": outcome}).outcome is RouteOutcome.DELIVERED


@pytest.mark.parametrize(("providers", "told"), [(["teams"], {"slack"}), (["slack", "teams"], {"slack"})], ids=str)
def test_provider_of_which_the_results_say_nothing_was_not_told(providers: list[str], told: set[str]) -> None:
    value = LATER | {"providers": providers, "delivery": {"success": True, "deliveries": [SLACK]}}
    outcomes = {one.route.provider: one.outcome for one in settled(value).routes}
    assert {one for one, outcome in outcomes.items() if outcome is RouteOutcome.DELIVERED} == told
    assert outcomes["teams"] is RouteOutcome.FAILED


def test_results_of_all_providers_are_those_of_the_record() -> None:
    results = [SLACK, {"provider": "teams", "success": True}]
    value = LATER | {"providers": ["teams", "slack"], "delivery": {"deliveries": results}}
    assert [one.outcome for one in settled(value).routes] == [RouteOutcome.DELIVERED] * 2


@pytest.mark.parametrize("day", ["2026-06-11", " 2026-06-11 "])
def test_failure_of_which_only_the_day_is_known_is_not_made_up_for_on_that_day(day: str) -> None:
    assert only(FAILED | {"created_at": day}, LATER).outcome is RouteOutcome.FAILED
    success = only(FAILED, LATER | {"created_at": day})
    assert success.outcome is RouteOutcome.FAILED


def test_due_day_without_a_time_of_day_begins_at_midnight() -> None:
    plan = make.plan(A, NOW - DAY, "audit-1", ["slack"], next_due_at="2026-06-12")
    assert settled(plan).faults == ()


@pytest.mark.parametrize("named", ["pilot\u200b", "\u200bpi\u00adlot", "\u0000", "\u200b", " PILOT "])
def test_environment_is_named_by_what_can_be_seen_of_it(named: str) -> None:
    raws = [make.raw(FAILED | {"environment": named}), make.raw(FAILED | {"environment": "other", "session_id": "o"})]
    states = fold(READER.decode_batch(RecordBatch(raws, "evidence.jsonl", 1)), NOW, environment="pilot")
    assert [len(route.failures) for route in states.routes.values()] == [1]
