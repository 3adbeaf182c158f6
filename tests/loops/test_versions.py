"""Versions of one record: the newest by instant wins, wherever it points (domain.md A2)."""

from itertools import permutations

import pytest

from loops import records as make
from loops.cases import HOUR, MINUTE, NOW, A, N, only, settled
from reporter.loops.routes import LoopStates
from reporter.model.routes import GateState, RouteOutcome

PLANNED = NOW - 2 * HOUR
PLAN = make.plan(N, PLANNED, "monthly", ["slack"], rid="plan-1")
ANSWER = make.acknowledgement(N, PLANNED + MINUTE, "monthly", rid="ack-1")
BOOK = make.playbook(PLANNED, {"slack": PLANNED}, rid="playbook-1")
CLOSING = make.closure(PLANNED + MINUTE, "playbook-1", rid="closing-1")
LATER = PLANNED + HOUR


def outstanding(states: LoopStates) -> bool:
    return any(one.acknowledgement.outstanding for one in states.routes if one.route.subject == "monthly")


@pytest.mark.parametrize(
    "corrected",
    [
        make.acknowledgement(N, LATER, "weekly", rid="ack-1"),
        make.acknowledgement(N, LATER, "monthly", "teams", rid="ack-1"),
        make.acknowledgement(N, LATER, "monthly", rid="ack-1", plan_id="plan-of-another-cycle"),
        make.acknowledgement(A, LATER, None, rid="ack-1", retry_plan_id="retry-plan-1"),
        make.acknowledgement(N, PLANNED + MINUTE, "weekly", rid="ack-1"),
    ],
    ids=["subject", "provider", "plan", "loop", "at-the-same-instant"],
)
def test_answer_corrected_to_something_else_no_more_answers_the_first(corrected: make.RecordValue) -> None:
    assert not outstanding(settled(PLAN, ANSWER))
    for values in permutations((PLAN, ANSWER, corrected)):
        states = settled(*values)
        assert outstanding(states)
        assert states.conflicts == ("ack-1",)


def test_answer_that_was_corrected_to_this_route_answers_it() -> None:
    wrong = make.acknowledgement(N, PLANNED, "weekly", rid="ack-1")
    states = settled(PLAN, wrong, ANSWER)
    assert (outstanding(states), states.conflicts) == (False, ("ack-1",))


def test_refusal_that_was_corrected_to_something_else_still_counts() -> None:
    refusal = make.acknowledgement(N, PLANNED + 2 * MINUTE, "monthly", state="escalated", rid="ack-2")
    moved = make.acknowledgement(N, LATER, "weekly", state="escalated", rid="ack-2")
    assert outstanding(settled(PLAN, ANSWER, refusal, moved))


@pytest.mark.parametrize(
    "corrected",
    [
        make.closure(LATER, "playbook-1", refs=[], rid="closing-1"),
        make.closure(LATER, "playbook-1", "teams", rid="closing-1"),
        make.closure(LATER, "playbook-2", rid="closing-1"),
        make.closure(PLANNED + MINUTE, "playbook-1", refs=[], rid="closing-1"),
    ],
    ids=["refs", "provider", "playbook", "at-the-same-instant"],
)
def test_closing_that_was_corrected_closes_no_more(corrected: make.RecordValue) -> None:
    assert settled(BOOK, CLOSING).recoveries[0].closed
    for values in permutations((BOOK, CLOSING, corrected)):
        states = settled(*values)
        assert not states.recoveries[0].closed
        assert states.conflicts == ("closing-1",)


def test_reopening_that_was_corrected_to_another_provider_still_opens() -> None:
    opened = make.closure(PLANNED + 2 * MINUTE, "playbook-1", state="reopened", rid="closing-2")
    moved = make.closure(LATER, "playbook-1", "teams", "reopened", rid="closing-2")
    assert not settled(BOOK, CLOSING, opened, moved).recoveries[0].closed


def test_delivery_whose_newer_version_drops_the_provider_is_none_to_it() -> None:
    lost = make.delivery(A, PLANNED, "audit-1", ["slack"], ["slack"])
    sent = make.delivery(A, PLANNED + MINUTE, "audit-1", ["slack", "jira"], rid="rcd-1")
    less = make.delivery(A, LATER, "audit-1", ["jira"], rid="rcd-1")
    assert {one.outcome for one in settled(lost, sent).routes} == {RouteOutcome.DELIVERED}
    elsewhere = make.delivery(A, LATER, "audit-2", ["slack"], rid="rcd-1")
    undated = make.delivery(A, None, "audit-2", ["slack"], ["slack"], rid="rcd-1")
    for newer, outcome in ((elsewhere, RouteOutcome.FAILED), (undated, RouteOutcome.DELIVERED)):
        for values in permutations((lost, sent, newer)):
            states = settled(*values)
            (route,) = [
                one for one in states.routes if one.route.subject == "audit-1" and one.route.provider == "slack"
            ]
            assert (route.outcome, states.conflicts) == (outcome, ("rcd-1",))
    states = settled(lost, sent, less)
    (route,) = [one for one in states.routes if one.route.provider == "slack"]
    assert (route.outcome, states.conflicts) == (RouteOutcome.FAILED, ("rcd-1",))


def test_approval_corrected_to_another_retry_plan_opens_the_gate_no_more() -> None:
    values = [
        make.delivery(A, PLANNED, "audit-1", failed=["slack"]),
        make.retry_plan(A, PLANNED + MINUTE, [("audit-1", "slack")], rid="retry-1"),
        make.approval(A, LATER, None, rid="approval-1", retry_plan_id="retry-1"),
    ]
    assert only(*values).gate.state is GateState.OPEN
    moved = make.approval(A, LATER + MINUTE, None, rid="approval-1", retry_plan_id="retry-2")
    assert not only(*values, moved).gate.lets_through
