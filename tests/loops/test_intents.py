"""What was begun and whose end nobody recorded: failed and unknown, until its result is there (design.md, Ledger)."""

from itertools import permutations

import pytest

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, A, N, X, folded, only, settled
from reporter.loops.attempts import UNKNOWN
from reporter.loops.facts import KEPT_FAILURES, KEPT_SUCCESSES, merge
from reporter.loops.loop import Loop
from reporter.loops.table import LOOPS
from reporter.loops.writing import Cause
from reporter.model.routes import GateState, RetryAction, RouteOutcome

ONE = make.Try(X, NOW - HOUR, "run-1")
INTENT = make.intent(ONE)


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.word)
def test_intent_alone_is_a_failed_attempt_of_its_route_and_says_that_it_is_unknown(loop: Loop) -> None:
    route = only(make.intent(make.Try(loop, NOW - HOUR, "subject", "jira")))
    assert (route.route.loop, route.route.subject, route.route.provider) == (loop.word, "subject", "jira")
    assert (route.outcome, route.failures, route.last_failure_at) == (RouteOutcome.FAILED, 1, NOW - HOUR)
    assert route.reasons[0].endswith(UNKNOWN)
    assert UNKNOWN.startswith("timeout_unknown")


def test_result_settles_its_intent_whatever_comes_first() -> None:
    values = (INTENT, make.result(ONE), make.intent(make.Try(X, NOW - 2 * HOUR, "run-1")))
    for order in permutations(values):
        route = only(*order)
        assert (route.outcome, route.failures) == (RouteOutcome.DELIVERED, 0)
    begun, ended = folded([INTENT]), folded([make.result(ONE)])
    assert merge(begun, ended) == merge(ended, merge(begun, ended)) == folded([make.result(ONE), INTENT])


def test_intent_and_failed_result_are_one_attempt_and_say_what_the_result_says() -> None:
    route = only(INTENT, make.result(ONE, "timeout_unknown", error_class="read_timeout"))
    assert route.failures == 1
    said = "1 failed since the last success, the latest at 2026-06-11T14:40:00Z: timeout_unknown: read_timeout"
    assert route.reasons == (said,)
    refused = only(make.result(ONE, "rejected_permanent"))
    assert refused.reasons[0].endswith("14:40:00Z: rejected_permanent")


def test_failed_attempt_is_dated_by_its_beginning_and_one_that_succeeded_by_its_end() -> None:
    assert only(INTENT, make.result(ONE, "throttled", seconds=60)).last_failure_at == NOW - HOUR
    assert only(INTENT, make.result(ONE, seconds=60)).last_success_at == NOW - HOUR + MINUTE


def test_intent_of_a_later_attempt_is_not_settled_by_the_result_of_an_earlier_one() -> None:
    again = make.Try(X, NOW - MINUTE, "run-1", attempt=2)
    route = only(INTENT, make.result(ONE), make.intent(again))
    assert (route.outcome, route.failures, route.last_success_at) == (RouteOutcome.FAILED, 1, NOW - HOUR + MINUTE / 60)


def test_result_that_goes_to_another_provider_settles_nothing() -> None:
    stray = make.result(ONE) | {"providers": ["jira"], "delivery": {"success": True}}
    outcomes = {one.route.provider: one.outcome for one in settled(INTENT, stray).routes}
    assert outcomes == {"slack": RouteOutcome.FAILED, "jira": RouteOutcome.DELIVERED}


def test_later_success_makes_up_for_what_is_unknown_as_for_any_failure() -> None:
    route = only(INTENT, make.result(make.Try(X, NOW - MINUTE, "run-1", attempt=2)))
    assert (route.outcome, route.failures, route.ever_failed) == (RouteOutcome.DELIVERED, 0, True)


def test_what_was_begun_before_all_that_is_kept_does_not_count_as_unknown() -> None:
    many = [make.Try(X, NOW - DAY + n * MINUTE, "run-1", attempt=n) for n in range(KEPT_SUCCESSES + 4)]
    route = only(*[make.intent(one) for one in many], *[make.result(one) for one in many])
    assert (route.failures, route.ever_failed) == (0, False)


def test_failures_are_counted_as_far_as_ever_beside_their_intents() -> None:
    many = [make.Try(X, NOW - DAY + n * MINUTE, "run-1", attempt=n) for n in range(KEPT_FAILURES + 8)]
    begun, ended = [make.intent(one) for one in many], [make.result(one, "rejected_permanent") for one in many]
    assert only(*begun, *ended).failures == only(*begun).failures == only(*ended).failures == KEPT_FAILURES


def test_unknown_attempts_use_up_the_attempts_of_a_route() -> None:
    many = [make.intent(make.Try(N, NOW - DAY + n * HOUR, "monthly", attempt=n)) for n in range(3)]
    assert only(*many).retry.action is RetryAction.SUPPRESS


def test_unknown_retry_used_up_its_approval_and_is_an_execution_that_failed() -> None:
    failed = make.delivery(A, NOW - 3 * HOUR, "audit-1", failed=["slack"])
    accepted = make.acknowledgement(A, NOW - 2 * HOUR, "audit-1", state="accepted")
    approved = make.approval(A, NOW - 2 * HOUR, "audit-1", rid="decision-1", by="lead")
    cause = Cause("plan-1", "run-1", "decision-1", "lead")
    begun = make.intent(make.Try(A, NOW - HOUR, "audit-1", cause=cause))
    before, after = only(failed, accepted, approved), only(failed, accepted, approved, begun)
    assert (before.gate.state, before.gate.decision) == (GateState.OPEN, "decision-1")
    assert not after.gate.lets_through
    assert (after.gate.self_approved, after.execution_failed, after.executions.failed) == (True, True, 1)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"created_at": None}, "/created_at"),
        ({"provider": "sleck"}, "/provider"),
        ({"connector_delivery_source": "go_backend_rollback_drill_odd"}, "/connector_delivery_source"),
    ],
    ids=["undated", "unknown provider", "unknown source"],
)
def test_intent_that_cannot_be_read_is_a_fault(change: make.RecordValue, pointer: str) -> None:
    assert [one.pointer for one in settled(INTENT | change).faults] == [pointer]


def test_intent_without_a_date_counts_as_the_newest_failure_until_its_result_is_there() -> None:
    undated = INTENT | {"created_at": None}
    success = make.result(make.Try(X, NOW - MINUTE, "run-1", attempt=2))
    assert only(undated, success).outcome is RouteOutcome.FAILED
    assert only(undated, success, make.result(ONE)).outcome is RouteOutcome.DELIVERED


def test_intent_dated_in_the_future_is_listed_and_does_not_count() -> None:
    found = settled(make.intent(make.Try(X, NOW + HOUR, "run-1")))
    assert (found.routes, len(found.future)) == ((), 1)


def test_intents_of_other_products_are_theirs() -> None:
    other = INTENT | {"connector_delivery_source": "release_evidence", "event_type": "cavra.release"}
    assert (settled(other).routes, settled(other).faults) == ((), ())
