"""Routes (domain.md A5): outcome, retries, ties. Each trap of Part C is named with upstream's answer and ours."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from loops import records as make
from loops.cases import AH, DAY, FH, HOUR, MINUTE, NOW, RH, SECOND, XH, A, F, N, R, X, only, policies, settled
from reporter.loops.loop import Loop
from reporter.loops.retry import select_retries
from reporter.loops.table import LOOPS
from reporter.model.reports import AlertLevel
from reporter.model.routes import RetryAction, RouteId, RouteOutcome

LATE = NOW - 10 * DAY


def failing(loop: Loop, count: int, last: datetime = LATE, name: str = "subject-1") -> list[make.RecordValue]:
    """Fail so many times, an hour apart, the last at `last`."""
    return [make.delivery(loop, last - place * HOUR, name, failed=["slack"]) for place in range(count)]


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.word)
def test_every_loop_is_the_same_machine(loop: Loop) -> None:
    assert only(make.delivery(loop, LATE, "subject-1")).outcome is RouteOutcome.DELIVERED
    assert only(make.delivery(loop, LATE, "subject-1")).retry.action is RetryAction.NONE
    route = only(*failing(loop, 1))
    assert (route.route, route.outcome, route.failures) == (
        RouteId(loop.word, "subject-1", "slack"),
        RouteOutcome.FAILED,
        1,
    )
    assert route.retry.action is RetryAction.RETRY
    assert only(*failing(loop, 3)).exhausted


@pytest.mark.parametrize(
    ("failures", "delay"),
    [(1, timedelta(minutes=15)), (2, timedelta(minutes=30))],
    ids=["first", "second"],
)
@pytest.mark.parametrize(
    ("past", "action"),
    [(-SECOND, RetryAction.WAIT), (0 * SECOND, RetryAction.RETRY), (SECOND, RetryAction.RETRY)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_retry_waits_until_the_delay_is_over(
    failures: int, delay: timedelta, past: timedelta, action: RetryAction
) -> None:
    last = NOW - delay - past
    route = only(*failing(F, failures, last))
    assert (route.retry.action, route.retry.next_retry_at) == (action, last + delay)


def test_executive_report_waits_twice_as_long() -> None:
    assert only(*failing(X, 1, NOW - 29 * MINUTE)).retry.action is RetryAction.WAIT
    assert only(*failing(X, 1, NOW - 30 * MINUTE)).retry.action is RetryAction.RETRY


@pytest.mark.parametrize(
    ("changes", "action", "next_at"),
    [
        ({"immediate": True}, RetryAction.RETRY, NOW - MINUTE),
        ({"delay": HOUR}, RetryAction.WAIT, NOW + 59 * MINUTE),
        ({"max_attempts": 1}, RetryAction.SUPPRESS, None),
        ({"max_attempts": 25}, RetryAction.WAIT, NOW + 14 * MINUTE),
    ],
    ids=["immediate", "longer", "one-attempt", "many-attempts"],
)
def test_policy_decides(changes: dict[str, Any], action: RetryAction, next_at: datetime | None) -> None:
    retry = only(*failing(F, 1, NOW - MINUTE), policies=policies(F, **changes)).retry
    assert (retry.action, retry.next_retry_at) == (action, next_at)


def test_back_off_beyond_the_calendar_stops_at_its_end() -> None:
    changed = policies(F, max_attempts=25, delay=timedelta(days=365), multiplier=100.0)
    retry = only(*failing(F, 24, NOW), policies=changed).retry
    assert retry.action is RetryAction.WAIT
    assert retry.next_retry_at is not None
    assert retry.next_retry_at.year == 9999


def test_back_off_beyond_numbers_stops_at_the_end_too() -> None:
    changed = policies(F, max_attempts=1000, delay=timedelta(days=365), multiplier=1e300)
    assert only(*failing(F, 4, NOW), policies=changed).retry.action is RetryAction.WAIT


def test_c1_exhausted_is_critical_where_upstream_says_healthy() -> None:
    route = only(*failing(A, 3))
    assert (route.retry.action, route.alert_level) == (RetryAction.SUPPRESS, AlertLevel.CRITICAL)
    assert route.retry.reason == "3 of 3 attempts failed: none is left"


def test_c4_an_old_failure_counts_where_upstream_forgets_all_but_the_newest_500() -> None:
    newer = [make.delivery(N, NOW - DAY + place * SECOND, "monthly", rid=f"rcd-{place}") for place in range(600)]
    states = settled(make.delivery(A, NOW - 300 * DAY, "audit-1", failed=["slack"]), *newer)
    assert states.routes[0].outcome is RouteOutcome.FAILED


def test_c17_a_success_clears_the_failures_where_upstream_keeps_counting_them() -> None:
    route = only(*failing(XH, 3), make.delivery(XH, LATE + SECOND, "subject-1"))
    assert (route.outcome, route.failures, route.retry.action) == (RouteOutcome.DELIVERED, 0, RetryAction.NONE)
    assert route.since is None


def test_a_failure_after_the_success_counts_from_one() -> None:
    route = only(
        *failing(XH, 3), make.delivery(XH, LATE + HOUR, "subject-1"), *failing(XH, 1, LATE + 2 * HOUR, "subject-1")
    )
    assert (route.outcome, route.failures, route.since) == (RouteOutcome.FAILED, 1, LATE + 2 * HOUR)


def test_at_one_instant_the_record_id_decides() -> None:
    lost = make.delivery(F, LATE, "export-1", failed=["slack"], rid="rcd-b")
    assert only(lost, make.delivery(F, LATE, "export-1", rid="rcd-a")).outcome is RouteOutcome.FAILED
    assert only(lost, make.delivery(F, LATE, "export-1", rid="rcd-c")).outcome is RouteOutcome.DELIVERED


def test_c30_instants_order_and_not_their_text() -> None:
    later = make.delivery(F, "2026-06-01T09:00:00+00:00", "export-1")
    earlier = make.delivery(F, "2026-06-01T10:00:00+02:00", "export-1", failed=["slack"])
    assert only(earlier, later).outcome is RouteOutcome.DELIVERED, "upstream: the text 10:00+02:00 sorts last"


def test_time_without_an_offset_is_utc() -> None:
    first = make.delivery(F, "2026-06-01T09:00:00", "export-1", failed=["slack"])
    assert only(first, make.delivery(F, "2026-06-01T09:00:01Z", "export-1")).outcome is RouteOutcome.DELIVERED


def test_c14_delivered_to_nobody_is_not_a_delivery() -> None:
    nobody = make.delivery(F, LATE, "export-1", [])
    assert nobody["delivery_success"] is True, "what upstream writes, and counts as success"
    route = only(nobody)
    assert (route.route.provider, route.outcome) == ("", RouteOutcome.FAILED)
    assert "nobody was told" in route.reasons[-1]
    assert "no provider was used" in route.reasons[0]


def test_delivery_to_nobody_is_made_up_by_a_later_one_and_not_by_an_earlier_one() -> None:
    nobody = make.delivery(F, LATE, "export-1", [])
    assert [one.route.provider for one in settled(nobody, make.delivery(F, LATE + HOUR, "export-1")).routes] == [
        "slack"
    ]
    before = settled(nobody, make.delivery(F, LATE - HOUR, "export-1"), *failing(F, 1, LATE - 2 * HOUR, "export-1"))
    assert [one.route.provider for one in before.routes] == ["", "slack"]
    assert not before.unmatched


def test_of_two_later_deliveries_the_newest_makes_up() -> None:
    values = [make.delivery(F, LATE + hours * HOUR, "export-1", [who]) for hours, who in ((1, "jira"), (3, "slack"))]
    values.append(make.delivery(F, LATE + 2 * HOUR, "export-1", ["teams"]))
    values.append(make.delivery(F, LATE + 2 * HOUR, "export-1", [], rid="rcd-nobody"))
    states = settled(*values)
    assert "" not in {one.route.provider for one in states.routes}


def test_missing_delivery_success_is_a_failure_of_all() -> None:
    value = make.delivery(F, LATE, "export-1", ["slack", "jira"])
    del value["delivery_success"]
    assert {one.outcome for one in settled(value).routes} == {RouteOutcome.FAILED}


def test_success_that_its_own_result_denies_is_a_failure() -> None:
    value = make.delivery(F, LATE, "export-1", ["slack", "jira"], ["jira"])
    claimed = value | {"delivery_success": True, "failed_providers": []}
    states = settled(claimed)
    assert {one.route.provider: str(one.outcome) for one in states.routes} == {"slack": "delivered", "jira": "failed"}


def test_provider_that_only_the_result_or_the_failed_list_names_counts() -> None:
    value = make.delivery(F, LATE, "export-1", ["slack"], ["jira"])
    value["delivery"]["deliveries"].append({"provider": "teams", "success": False})
    outcomes = {one.route.provider: str(one.outcome) for one in settled(value).routes}
    assert outcomes == {"slack": "delivered", "jira": "failed", "teams": "failed"}


def test_delivery_without_a_result_counts_by_its_lifted_fields() -> None:
    value = make.delivery(F, LATE, "export-1", ["slack", "jira"], ["jira"])
    del value["delivery"]
    outcomes = {one.route.provider: str(one.outcome) for one in settled(value).routes}
    assert outcomes == {"slack": "delivered", "jira": "failed"}


def test_reason_gives_count_time_and_status() -> None:
    (reason,) = only(*failing(F, 2)).reasons
    assert reason == "2 failed since the last success, the latest at 2026-06-01T15:40:00Z: status code 503"


def test_provider_names_are_compared_one_way() -> None:
    route = only(
        make.delivery(F, LATE, "export-1", ["Azure-Repos"], ["Azure-Repos"]),
        make.delivery(F, LATE + HOUR, "export-1", ["azure_repos "]),
    )
    assert (route.route.provider, route.outcome) == ("azure_repos", RouteOutcome.DELIVERED)


def test_records_that_name_no_subject_never_succeed() -> None:
    def unnamed(at: datetime, failed: list[str]) -> make.RecordValue:
        value = make.delivery(RH, at, "", failed=failed, rid=f"rcd-{at}")
        return value | {"health_id": None, "event_id": None}

    route = only(unnamed(LATE, ["slack"]), unnamed(LATE + HOUR, []))
    assert (route.route.subject, route.outcome) == ("", RouteOutcome.FAILED)
    assert "no subject" in route.reasons[1]


def test_c21_an_event_id_that_is_the_event_type_names_no_subject() -> None:
    value = make.delivery(XH, LATE, "health-1", failed=["slack"]) | {"event_id": XH.event_type}
    assert only(value).route.subject == "health-1"
    assert only(value | {"health_id": None}).route.subject == ""


def test_deliveries_of_other_sources_are_of_no_loop() -> None:
    value = make.delivery(F, LATE, "export-1") | {"connector_delivery_source": "release_evidence"}
    states = settled(value, value | {"connector_delivery_source": None, "session_id": "rcd-2"})
    assert (states.routes, states.has_records) == ((), False)


def test_skipped_is_neither_success_nor_failure() -> None:
    skipped = make.execution(RH, LATE + HOUR, "subject-1", status="skipped", skip_reason="dry_run")
    route = only(*failing(RH, 1), skipped)
    assert (route.failures, route.skipped, route.execution_failed) == (1, "dry_run", False)
    assert not settled(skipped).routes, "a skipped execution alone is no attempt"
    assert only(*failing(RH, 1), skipped, make.delivery(RH, LATE + 2 * HOUR, "subject-1")).skipped == ""


def test_skip_without_a_reason_says_so() -> None:
    skipped = make.execution(RH, LATE + HOUR, "subject-1", status="skipped")
    assert only(*failing(RH, 1), skipped).skipped == "no reason given"


def test_c20_an_alert_that_was_skipped_as_not_found_stays_failed_and_is_no_failed_execution() -> None:
    reason = "recovery_escalation_retry_health_not_found"
    route = only(*failing(RH, 1), make.execution(RH, LATE + HOUR, "subject-1", status="skipped", skip_reason=reason))
    assert (route.execution_failed, route.skipped) == (False, reason), "upstream: a failed execution, closure open"


def test_c28_execution_counts_by_its_provider_for_upstream_leaves_selected_providers_empty() -> None:
    delivered = make.execution(R, LATE + HOUR, "subject-1")
    assert delivered[R.execution.payload]["selected_providers"] == []
    assert only(*failing(R, 1), delivered).outcome is RouteOutcome.DELIVERED


@pytest.mark.parametrize(
    "change",
    [
        {"execution_status": "failed"},
        {"execution_status": "done"},
        {"execution_status": None},
        {"delivery_success": False},
    ],
    ids=["failed", "unknown-word", "missing", "contradiction"],
)
def test_execution_that_does_not_clearly_say_delivered_is_a_failure(change: dict[str, Any]) -> None:
    route = only(*failing(R, 1), make.execution(R, LATE + HOUR, "subject-1", **change))
    assert (route.failures, route.execution_failed) == (2, True)


def test_execution_delivered_to_no_provider_is_a_failure() -> None:
    route = only(make.execution(R, LATE, "subject-1", provider=""))
    assert "no provider was used" in route.reasons[0]


def test_execution_without_a_subject_is_no_success() -> None:
    assert not settled(make.execution(R, LATE, "", provider="slack")).routes


def test_delivery_and_its_execution_are_one_attempt() -> None:
    sent = make.delivery(RH, LATE + HOUR, "subject-1", failed=["slack"], rid="rcd-7", retry_plan_id="plan-1")
    told = make.execution(RH, LATE + HOUR + SECOND, "subject-1", status="failed", delivery_metadata_id="rcd-7")
    route = only(*failing(RH, 1), sent, told)
    assert (route.failures, route.execution_failed, route.retry.action) == (2, True, RetryAction.RETRY)


def test_of_a_delivery_and_an_execution_that_disagree_the_failed_one_is_believed() -> None:
    sent = make.delivery(RH, LATE, "subject-1", failed=["slack"], rid="rcd-7")
    told = make.execution(RH, LATE + SECOND, "subject-1", delivery_metadata_id="rcd-7")
    assert only(sent, told).failures == 1
    sent = make.delivery(RH, LATE, "subject-1", rid="rcd-7")
    told = make.execution(RH, LATE + SECOND, "subject-1", status="failed", delivery_metadata_id="rcd-7")
    assert only(sent, told).failures == 1
    sent = make.delivery(RH, LATE, "subject-1", rid="rcd-7")
    told = make.execution(RH, LATE + SECOND, "subject-1", delivery_metadata_id="rcd-7")
    assert only(sent, told).outcome is RouteOutcome.DELIVERED


def test_failed_retry_delivery_without_an_execution_record_is_a_failed_execution() -> None:
    assert not only(*failing(RH, 1)).execution_failed
    assert only(make.delivery(RH, LATE, "s", failed=["slack"], worker_run_id="run-1")).execution_failed
    assert only(make.delivery(RH, LATE, "s", failed=["slack"], retry_plan_id="plan-1")).execution_failed


def renamed(at: datetime, number: int, *, failed: bool = True, **more: Any) -> make.RecordValue:  # noqa: ANN401 - fields of a record
    """Retry as upstream's audit loop does: under a delivery id of its own."""
    return make.delivery(
        A,
        at,
        f"gordackdelivery-{number}",
        failed=["slack"] if failed else [],
        delivery_id=f"gordackdelivery-{number}",
        **more,
    )


def test_c19_retries_under_new_delivery_ids_count_for_the_package_by_audit_id() -> None:
    attempts = [renamed(LATE + number * HOUR, number, audit_id="audit-1") for number in range(3)]
    route = only(*attempts)
    assert (route.route.subject, route.failures, route.exhausted) == ("audit-1", 3, True)
    assert only(*attempts, renamed(LATE + DAY, 9, failed=False, audit_id="audit-1")).outcome is RouteOutcome.DELIVERED


def test_c19_retries_that_lack_the_audit_id_are_tied_by_their_retry_plan_and_worker_run() -> None:
    first = renamed(LATE, 1, audit_id=None)
    plans = [
        make.retry_plan(A, LATE + HOUR, rid="plan-1", retry_decisions=[decided(1)]),
        make.worker_run(A, LATE + 3 * HOUR, rid="run-1", selected_retries=[decided(2)]),
    ]
    again = renamed(LATE + 2 * HOUR, 2, audit_id=None, retry_plan_id="plan-1")
    third = renamed(LATE + 4 * HOUR, 3, audit_id=None, worker_run_id="run-1")
    states = settled(first, again, third, *plans)
    assert [(one.route.subject, one.failures, one.exhausted) for one in states.routes] == [
        ("gordackdelivery-1", 3, True)
    ], "upstream: three groups with one failure each, retried for ever"
    assert len(settled(first, again, third).routes) == 3, "without the plans nothing ties them, and none gets better"


def decided(number: int, provider: str = "slack") -> dict[str, str]:
    return {"delivery_id": f"gordackdelivery-{number}", "provider": provider, "action": "retry"}


def test_retry_of_one_of_several_routes_of_a_plan_stays_apart() -> None:
    both = make.retry_plan(A, LATE + HOUR, rid="plan-1", retry_decisions=[decided(1), decided(2)])
    again = renamed(LATE + 2 * HOUR, 3, audit_id=None, retry_plan_id="plan-1")
    lost = [renamed(LATE, 1, audit_id=None), renamed(LATE, 2, audit_id=None)]
    assert len(settled(*lost, both, again).routes) == 3


def test_retry_decision_without_a_subject_or_provider_ties_nothing() -> None:
    plan = make.retry_plan(A, LATE, retry_decisions=[{"provider": "slack"}, {"audit_id": "audit-1"}])
    assert not settled(plan).unmatched


def test_retry_under_its_own_id_needs_no_tie() -> None:
    both = make.retry_plan(A, LATE + HOUR, rid="plan-1", retry_decisions=[decided(1), decided(2)])
    again = renamed(LATE + 2 * HOUR, 1, audit_id=None, retry_plan_id="plan-1")
    states = settled(again, both)
    assert [one.route.subject for one in states.routes] == ["gordackdelivery-1"]
    assert [one.subject for one in states.unmatched] == ["gordackdelivery-2"]


def test_routes_that_name_each_other_stay_apart() -> None:
    values = [
        make.retry_plan(A, LATE, rid="plan-1", retry_decisions=[decided(1)]),
        make.retry_plan(A, LATE, rid="plan-2", retry_decisions=[decided(2)]),
        renamed(LATE + HOUR, 1, audit_id=None, retry_plan_id="plan-2"),
        renamed(LATE + HOUR, 2, audit_id=None, retry_plan_id="plan-1"),
    ]
    led = renamed(LATE + 2 * HOUR, 3, audit_id=None, worker_run_id="run-1")
    run = make.worker_run(A, LATE + HOUR, rid="run-1", selected_retries=[decided(2)])
    assert [(one.route.subject, one.failures) for one in settled(*values).routes] == [
        ("gordackdelivery-1", 1),
        ("gordackdelivery-2", 1),
    ]
    assert [one.failures for one in settled(*values, led, run).routes] == [1, 2]


def test_order_decides_nothing_about_a_route_that_leads_to_routes_that_name_each_other() -> None:
    plans = [make.retry_plan(A, LATE, rid=f"plan-{n}", retry_decisions=[decided(n)]) for n in (1, 2)]
    run = make.worker_run(A, LATE + HOUR, rid="run-1", selected_retries=[decided(2)])
    retries = [
        renamed(LATE + HOUR, 1, audit_id=None, retry_plan_id="plan-2"),
        renamed(LATE + HOUR, 2, audit_id=None, retry_plan_id="plan-1"),
        renamed(LATE + 2 * HOUR, 3, audit_id=None, worker_run_id="run-1"),
    ]
    for order in permutations(retries):
        assert [one.failures for one in settled(*order, *plans, run).routes] == [1, 2]


def test_success_of_the_route_that_was_tried_first_stays_its_own() -> None:
    values = [
        make.retry_plan(A, LATE, rid="plan-3", retry_decisions=[decided(3)]),
        renamed(LATE + HOUR, 2, audit_id=None, retry_plan_id="plan-3"),
        make.worker_run(A, LATE + 2 * HOUR, rid="run-2", selected_retries=[decided(2)]),
        renamed(LATE + 3 * HOUR, 3, failed=False, audit_id=None, worker_run_id="run-2"),
    ]
    (route,) = settled(*values).routes
    assert (route.route.subject, route.outcome) == ("gordackdelivery-3", RouteOutcome.DELIVERED)


PACKAGE: dict[str, Any] = {"audit_id": None}
RETRIED = make.retry_plan(A, LATE + HOUR, rid="plan-1", retry_decisions=[decided(1)])


def test_success_of_another_package_that_names_the_plan_clears_nothing() -> None:
    lost = [make.delivery(A, LATE + n * MINUTE, "audit-1", failed=["slack"]) for n in range(3)]
    plan = make.retry_plan(A, LATE + HOUR, [("audit-1", "slack")], rid="plan-1")
    other = make.delivery(A, LATE + 2 * HOUR, "audit-2", retry_plan_id="plan-1")
    assert [one.exhausted for one in settled(*lost, plan, other).routes] == [True, False]


def test_success_of_a_retry_clears_what_failed_before_its_plan_and_no_more() -> None:
    good = renamed(LATE + 3 * HOUR, 2, failed=False, retry_plan_id="plan-1", **PACKAGE)
    (cleared,) = settled(renamed(LATE, 1, **PACKAGE), RETRIED, good).routes
    assert (cleared.outcome, cleared.last_success_at) == (RouteOutcome.DELIVERED, LATE + 3 * HOUR)
    for later in (HOUR, 2 * HOUR):
        again = renamed(LATE + later, 1, **PACKAGE) | {"session_id": "again"}
        (left,) = settled(renamed(LATE, 1, **PACKAGE), again, RETRIED, good).routes
        assert (left.outcome, left.failures) == (RouteOutcome.FAILED, 1)


def test_success_before_the_retry_plan_that_it_names_is_no_retry() -> None:
    early = renamed(LATE + HOUR - SECOND, 2, failed=False, retry_plan_id="plan-1", **PACKAGE)
    routes = settled(renamed(LATE, 1, **PACKAGE), RETRIED, early).routes
    assert [one.outcome for one in routes] == [RouteOutcome.FAILED, RouteOutcome.DELIVERED]


def test_failure_of_a_retry_counts_with_its_parent_whether_or_not_the_retry_had_a_success_of_its_own() -> None:
    values = [
        renamed(LATE, 1, **PACKAGE),
        RETRIED,
        renamed(LATE + 3 * HOUR, 2, retry_plan_id="plan-1", **PACKAGE),
    ]
    own = renamed(LATE + 2 * HOUR, 2, failed=False, **PACKAGE) | {"session_id": "rcd-own"}
    assert [one.failures for one in settled(*values).routes] == [2]
    assert [one.failures for one in settled(*values, own).routes] == [2, 0]


def test_success_of_a_retry_that_failed_for_another_reason_stays_with_it() -> None:
    values = [
        renamed(LATE, 1, **PACKAGE),
        RETRIED,
        renamed(LATE + 2 * HOUR, 2, **PACKAGE),
        renamed(LATE + 3 * HOUR, 2, failed=False, retry_plan_id="plan-1", **PACKAGE),
    ]
    assert [one.outcome for one in settled(*values).routes] == [RouteOutcome.FAILED, RouteOutcome.DELIVERED]


def test_c29_an_older_retry_plan_id_in_an_execution_misleads_nobody() -> None:
    told = make.execution(A, LATE + HOUR, "audit-1", status="failed", retry_plan_id="plan-of-an-older-approval")
    route = only(renamed(LATE, 1, audit_id="audit-1"), told)
    assert (route.route.subject, route.failures) == ("audit-1", 2)


def test_planned_and_never_tried_is_planned() -> None:
    route = only(make.plan(FH, LATE, "health-1"))
    assert (route.outcome, route.retry.action) == (RouteOutcome.PLANNED, RetryAction.NONE)


def test_plan_after_the_last_delivery_is_planned_again() -> None:
    sent = make.delivery(N, LATE, "monthly")
    assert only(make.plan(N, LATE, "monthly"), sent).outcome is RouteOutcome.DELIVERED
    assert only(make.plan(N, LATE + SECOND, "monthly"), sent).outcome is RouteOutcome.PLANNED


def test_answer_or_retry_plan_about_nothing_known_is_listed_and_no_route() -> None:
    states = settled(make.acknowledgement(AH, LATE, "health-9"), make.retry_plan(AH, LATE, [("health-8", "jira")]))
    assert states.routes == ()
    assert [str(one) for one in states.unmatched] == [
        "audit_worker_health_alert health-8 -> jira",
        "audit_worker_health_alert health-9 -> slack",
    ]


def test_undated_failure_makes_the_route_worse_and_no_success_clears_it() -> None:
    route = only(make.delivery(F, None, "export-1", failed=["slack"]), make.delivery(F, LATE, "export-1"))
    assert (route.outcome, route.retry.action, route.retry.next_retry_at) == (
        RouteOutcome.FAILED,
        RetryAction.RETRY,
        None,
    )
    assert (route.since, route.last_attempt_at) == (None, None)
    assert "at an unknown time" in route.reasons[0]


@pytest.mark.parametrize("at", [None, "soon"], ids=["missing", "unreadable"])
def test_undated_success_does_not_count(at: str | None) -> None:
    states = settled(*failing(F, 1, LATE, "export-1"), make.delivery(F, at, "export-1"))
    assert states.routes[0].outcome is RouteOutcome.FAILED
    assert [fault.wanted for fault in states.faults] == ["an ISO 8601 timestamp"]
    assert not settled(make.execution(F, None, "export-1")).routes


def test_dated_version_of_an_undated_record_replaces_it() -> None:
    undated = make.delivery(F, None, "export-1", failed=["slack"], rid="rcd-1")
    dated = make.delivery(F, LATE, "export-1", failed=["slack"], rid="rcd-1")
    states = settled(undated, dated, make.delivery(F, LATE + HOUR, "export-1"))
    assert states.routes[0].outcome is RouteOutcome.DELIVERED
    assert states.conflicts == ("rcd-1",)


def test_one_id_with_two_contents_counts_once_the_newest_and_is_noted() -> None:
    lost = make.delivery(F, LATE, "export-1", failed=["slack"], rid="rcd-1")
    sent = make.delivery(F, LATE + HOUR, "export-1", rid="rcd-1")
    for values in ([lost, sent], [sent, lost]):
        states = settled(*values)
        assert (states.routes[0].outcome, states.conflicts) == (RouteOutcome.DELIVERED, ("rcd-1",))
    later = make.delivery(F, LATE + 2 * HOUR, "export-1", failed=["slack"], rid="rcd-1")
    assert only(sent, later).outcome is RouteOutcome.FAILED
    assert only(lost, later).failures == 1
    same_time = make.delivery(F, LATE, "export-1", rid="rcd-1")
    assert only(lost, same_time).outcome is RouteOutcome.FAILED, "with equal times the failed one is believed"


def test_repeated_record_counts_once_and_is_no_conflict() -> None:
    (lost,) = failing(F, 1)
    states = settled(lost, lost, lost)
    assert (states.routes[0].failures, states.conflicts) == (1, ())


def test_records_name_what_decided() -> None:
    plan = make.plan(RH, LATE - 2 * HOUR, "subject-1")
    answer = make.acknowledgement(RH, LATE, "subject-1", rid="ack-1")
    route = only(*failing(RH, 2), plan, answer)
    assert route.records[:2] == (plan["session_id"], "ack-1")
    assert len(route.records) == 4


def test_idempotency_key_is_one_for_all_attempts_at_a_route_in_a_cycle() -> None:
    route = RouteId("auditor_export", "export-1", "slack")
    assert route.idempotency_key() == RouteId(*route).idempotency_key()
    others = {route.idempotency_key("2026-07-20"), route._replace(provider="jira").idempotency_key()}
    assert route.idempotency_key() not in others
    assert len({RouteId("a", "bc", "d").idempotency_key(), RouteId("ab", "c", "d").idempotency_key()}) == 2


def test_worker_selects_the_oldest_failures_up_to_its_cap_and_nothing_behind_a_gate() -> None:
    values = [one for place in range(6) for one in failing(F, 1, LATE + place * HOUR, f"export-{place}")]
    values += [make.delivery(F, None, "undated", failed=["slack"]), *failing(A, 1, LATE - HOUR, "audit-1")]
    states = settled(*values)
    selected, left = select_retries(states.routes, 5, live=True)
    assert [one.route.subject for one in selected] == ["undated", "export-0", "export-1", "export-2", "export-3"]
    assert {one.route.subject for one in left} == {"audit-1", "export-4", "export-5"}
    dry, _ = select_retries(states.routes, 2, live=False)
    assert [one.route.subject for one in dry] == ["undated", "audit-1"]
    assert len(select_retries(states.routes, 0, live=True)[0]) == 1
    assert len(select_retries(states.routes, 99, live=False)[0]) == 8


def test_alert_level_of_a_route() -> None:
    assert only(*failing(F, 1)).alert_level is AlertLevel.WARNING
    assert only(make.delivery(F, LATE, "export-1")).alert_level is AlertLevel.HEALTHY
    assert only(make.delivery(RH, NOW, "health-1")).alert_level is AlertLevel.WARNING, "an answer is outstanding"
    assert only(make.delivery(RH, LATE, "health-1")).alert_level is AlertLevel.CRITICAL, "and breached"
