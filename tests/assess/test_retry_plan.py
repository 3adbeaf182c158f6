"""Retry plan (domain.md B2.14, B2.15, A5): what may still be tried is due; what cannot be any more is critical."""

from datetime import timedelta

import pytest

from assess.cases import NOW, SECOND, failed, statuses
from assess.evidenced import SHADOW, reasons, reported
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, A, F, N, R, X, calm, policies
from reporter.assess.evidence import MOST_LISTED
from reporter.loops.loop import Loop
from reporter.loops.table import LOOPS
from reporter.model.delivery_reports import LoopRetryPlan
from reporter.model.reports import AlertLevel, Status

NAME, LEFT, RETRIED = "retry-plan", "retry_attempts_left", "retry_executions_succeeded"


def lost(loop: Loop, name: str = "s", count: int = 1, last: timedelta = DAY) -> list[make.RecordValue]:
    return [make.delivery(loop, NOW - last - place * HOUR, name, failed=["slack"]) for place in range(count)]


def plan(*values: make.RecordValue) -> LoopRetryPlan:
    (found,) = reported(NAME, *values).plans
    assert isinstance(found, LoopRetryPlan)
    return found


@pytest.mark.parametrize(
    ("past", "action"),
    [(-SECOND, "wait"), (0 * SECOND, "retry"), (SECOND, "retry")],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_route_waits_until_its_time_and_is_due_from_then_on(past: timedelta, action: str) -> None:
    report = reported(NAME, *lost(F, last=15 * MINUTE + past))
    (decision,) = report.plans[0].retry_decisions
    assert (report.status, report.plans[0].alert_level) == (Status.DUE_SOON, AlertLevel.WARNING)
    assert (decision.action, decision.retry_count, decision.max_retry_attempts) == (action, 1, 3)
    assert (report.retryable_count, report.waiting_count) == (int(action == "retry"), int(action == "wait"))
    assert decision.next_retry_at.startswith("2026-06-11T15:")


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.word)
def test_c1_exhausted_retries_are_critical_in_every_loop(loop: Loop) -> None:
    report = reported(NAME, *lost(loop, count=3))
    assert report.status is Status.NEEDS_ATTENTION, "upstream: nothing left to retry is healthy"
    assert (report.suppressed_count, report.plans[0].alert_level) == (1, AlertLevel.CRITICAL)
    (reason,) = reasons(report, LEFT)
    assert reason.pointer == f"/{loop.word}/s/slack"
    assert reason.found.startswith("3 of 3 attempts failed: none is left; 3 failed since the last success")
    assert "`reporter recovery open`" in failed(report)[LEFT].remedy


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.word)
def test_plan_of_a_loop_has_the_schema_and_the_prefix_of_its_kind(loop: Loop) -> None:
    found = plan(*lost(loop))
    assert found.schema_version == loop.retry_plan.schema_id
    assert found.retry_plan_id.startswith(f"{loop.retry_plan.prefix}-")
    assert (found.loop, found.title) == (loop.word, loop.title)


def test_schemas_of_upstreams_plans_are_upstreams() -> None:
    schemas = {loop.word: plan(*lost(loop)).schema_version for loop in (A, X)}
    start = "cavra.go-backend-pilot.rollback-drill-acknowledgement-audit-delivery-"
    assert schemas == {
        A.word: f"{start}retry-plan.v1",
        X.word: f"{start}recovery-executive-report-delivery-retry-plan.v1",
    }


def test_retry_that_failed_again_is_critical_though_attempts_are_left() -> None:
    report = reported(NAME, make.execution(F, NOW - MINUTE, "export-1", status="failed"))
    assert (report.status, list(failed(report)), report.waiting_count) == (Status.NEEDS_ATTENTION, [RETRIED], 1)
    assert report.plans[0].alert_level is AlertLevel.CRITICAL
    assert failed(report)[RETRIED].remedy == "Mend the connector; `reporter retry run --execute` delivers it again."


def test_skipped_execution_changes_nothing() -> None:
    values = [
        *lost(F, "export-1"),
        make.execution(F, NOW - MINUTE, "export-1", status="skipped"),
    ]
    assert reported(NAME, *values).status is Status.DUE_SOON


def test_c17_success_ends_the_retries() -> None:
    report = reported(NAME, *lost(F, count=2), make.delivery(F, NOW, "s"))
    assert (report.status, report.plans, report.summary) == (Status.READY, (), "nothing to try again")


def test_c18_failure_seen_by_many_plans_counts_once() -> None:
    plans = [make.retry_plan(F, NOW - age * HOUR, [("s", "slack")]) for age in range(10)]
    assert reported(NAME, *lost(F), *plans).decision_count == 1


APPROVE = "`reporter retry approve`"
BOTH = "`reporter ack` first, then `reporter retry approve`"


@pytest.mark.parametrize(
    ("loop", "values", "state", "opened_by"),
    [
        pytest.param(F, [], "not_needed", "", id="no-gate"),
        pytest.param(R, [], "acknowledgement_required", "`reporter ack`", id="nobody-acknowledged"),
        pytest.param(R, [make.acknowledgement(R, NOW, "s", state="accepted")], "open", "", id="accepted"),
        pytest.param(A, [], "wait_for_retry_ack", BOTH, id="nobody-accepted"),
        pytest.param(
            A, [make.acknowledgement(A, NOW, "s", state="accepted")], "approval_required", APPROVE, id="unapproved"
        ),
        pytest.param(A, [make.approval(A, NOW, "s")], "open", "", id="approved"),
        pytest.param(A, [make.approval(A, NOW, "s", state="denied")], "revoked", APPROVE, id="c15-denied"),
    ],
)
def test_due_route_is_gated_until_somebody_lets_it_through(
    loop: Loop, values: list[make.RecordValue], state: str, opened_by: str
) -> None:
    gated = int(bool(opened_by))
    report = reported(NAME, *lost(loop), *values)
    (decision,) = report.plans[0].retry_decisions
    assert (decision.gate_state, decision.gate_reason != "") == (state, True)
    assert (report.retryable_count, report.gated_count, report.plans[0].gated_count) == (1, gated, gated)
    noted = [f"1 due behind a gate that these open: {opened_by}."] if gated else []
    assert [note for note in report.operator_notes if "gate" in note] == noted


def test_route_that_waits_is_not_gated_yet() -> None:
    report = reported(NAME, *lost(A, last=MINUTE))
    assert (report.waiting_count, report.gated_count) == (1, 0)


def test_whoever_would_execute_what_they_approved_is_named_in_a_note() -> None:
    own = policies(A, executor=make.ACTOR)
    report = reported(NAME, *lost(A), make.approval(A, NOW, "s"), policies=own)
    assert report.plans[0].retry_decisions[0].self_approved
    assert report.operator_notes == ("self_approved: of 1 the same person approves and executes.",)


def test_decisions_are_listed_the_worst_first() -> None:
    again = [*lost(F, "again", 1, MINUTE), make.execution(F, NOW - 2 * MINUTE, "again", status="failed")]
    values = [*lost(F, "wait", 1, MINUTE), *lost(F, "due"), *lost(F, "older", 1, 2 * DAY), *lost(F, "left", 3), *again]
    found = plan(*values)
    assert [one.subject for one in found.retry_decisions] == ["left", "older", "due", "again", "wait"]
    assert (found.decision_count, found.suppressed_count, found.retryable_count, found.waiting_count) == (5, 1, 2, 2)
    assert (
        reported(NAME, *values).summary
        == "5 not delivered: 1 without an attempt left, 2 due, 2 waiting, 1 failed again on retry"
    )


def test_plan_says_by_which_rules_it_was_made() -> None:
    rules = policies(X, max_attempts=5, multiplier=1.5)
    (found,) = reported(NAME, *lost(X), policies=rules).plans
    assert (found.max_retry_attempts, found.base_retry_delay_minutes, found.backoff_multiplier) == (5, 30.0, 1.5)
    (at_once,) = reported(NAME, *lost(X, last=SECOND), policies=policies(X, immediate=True)).plans
    assert (at_once.base_retry_delay_minutes, at_once.allow_immediate_retry, at_once.retryable_count) == (0.0, True, 1)


def test_c21_plan_id_is_that_of_the_decisions_whatever_the_time() -> None:
    (one,), (later,) = (reported(NAME, *lost(F), now=NOW + age).plans for age in (MINUTE, DAY))
    assert one.retry_plan_id == later.retry_plan_id, "upstream: every run makes another"
    assert plan(*lost(F, count=2)).retry_plan_id != one.retry_plan_id


def test_failure_at_an_unknown_time_is_retried_at_once() -> None:
    (decision,) = plan(make.delivery(N, None, "monthly", failed=["slack"])).retry_decisions
    assert decision.action == "retry"
    assert (decision.since, decision.latest_delivery_at, decision.next_retry_at) == ("", "", "")


def test_all_decisions_are_counted_and_so_many_listed() -> None:
    found = plan(*(one for place in range(MOST_LISTED + 1) for one in lost(F, f"export-{place}")))
    assert (found.decision_count, len(found.retry_decisions), found.omitted_decision_count) == (
        MOST_LISTED + 1,
        MOST_LISTED,
        1,
    )


def test_nobody_asked_where_the_mode_is_not_promoted_and_there_is_no_record() -> None:
    report = reported(NAME, pilot=SHADOW)
    assert (report.status, set(statuses(report).values())) == (Status.NOT_REQUESTED, {"not_applicable"})
    assert reported(NAME, *calm()).status is Status.READY
