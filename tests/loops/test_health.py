"""Worker health (domain.md A6, B2.18): as of now, each alert with its own words and recommendation."""

from datetime import timedelta
from typing import Any

import pytest

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, RH, SECOND, A, F, N, R, X, calm, policies, settled
from reporter.loops.facts import KEPT_RUNS
from reporter.loops.health import RECOMMENDATIONS, assess_health, recommend, worst_level
from reporter.loops.loop import Alert, Loop
from reporter.loops.policy import LoopPolicies
from reporter.loops.table import LOOPS
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import WorkerHealth


def health(loop: Loop, *values: make.RecordValue, rules: LoopPolicies | None = None) -> WorkerHealth:
    (found,) = [one for one in assess_health(settled(*values, policies=rules), Mode.PROMOTED) if one.loop == loop.word]
    return found


def categories(found: WorkerHealth) -> dict[str, str]:
    return {alert.category: str(alert.severity) for alert in found.alerts}


def in_order(loop: Loop, *, run_age: timedelta = MINUTE, plan_age: timedelta = MINUTE) -> list[make.RecordValue]:
    return [make.worker_run(loop, NOW - run_age, dry=False), make.retry_plan(loop, NOW - plan_age)]


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.word)
def test_recent_run_and_plan_and_nothing_to_retry_is_healthy(loop: Loop) -> None:
    found = health(loop, *in_order(loop))
    assert (found.alert_level, found.alerts) == (AlertLevel.HEALTHY, ())
    assert (found.last_run_age, found.plan_age) == (MINUTE, MINUTE)


@pytest.mark.parametrize("loop", [RH, X], ids=lambda loop: loop.word)
@pytest.mark.parametrize(
    ("past", "missed"),
    [(-SECOND, False), (0 * SECOND, False), (SECOND, True)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_run_is_missed_after_two_intervals(loop: Loop, past: timedelta, *, missed: bool) -> None:
    found = health(loop, *in_order(loop, run_age=2 * loop.worker_interval + past))
    assert found.missed is missed
    assert found.alert_level is (AlertLevel.CRITICAL if missed else AlertLevel.HEALTHY)


@pytest.mark.parametrize(
    ("past", "stale"),
    [(-SECOND, False), (0 * SECOND, False), (SECOND, True)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_plan_is_stale_after_its_time(past: timedelta, *, stale: bool) -> None:
    found = health(X, *in_order(X, plan_age=180 * MINUTE + past))
    assert found.plan_stale is stale
    assert categories(found) == ({"stale_executive_delivery_retry_plan": "warning"} if stale else {})


def test_no_run_and_no_plan_at_all_are_missed_and_stale() -> None:
    found = health(A)
    assert categories(found) == {"missed_worker_run": "critical", "stale_retry_plan": "warning"}
    assert (found.last_run_at, found.last_run_age, found.plan_age, found.last_run_id) == (None, None, None, "")
    assert "there was none" in found.alerts[0].message


def test_loop_whose_worker_upstream_does_not_have_is_missed_only_while_something_failed() -> None:
    assert health(N).alert_level is AlertLevel.HEALTHY
    lost = make.delivery(N, NOW - HOUR, "monthly", failed=["slack"])
    assert "missed_drill_notification_retry_worker" in categories(health(N, lost))


def test_the_interval_of_the_policy_counts_and_not_the_one_a_run_claims() -> None:
    claims = make.worker_run(RH, NOW - 2 * HOUR, schedule={"interval_minutes": 100_000, "enabled": True})
    assert health(RH, claims).missed
    assert not health(RH, claims, rules=policies(RH, worker_interval=HOUR)).missed


def test_c10_a_run_dated_in_the_future_is_no_heartbeat() -> None:
    assert health(RH, make.worker_run(RH, NOW + DAY)).missed, "upstream: age none, taken for zero"


@pytest.mark.parametrize("status", ["failed", "error", "timeout", "cancelled", "Failed ", "odd"])
def test_failure_status_of_the_latest_run_is_critical(status: str) -> None:
    failed = make.worker_run(A, NOW, status=status)
    assert categories(health(A, *in_order(A), failed)) == {"failed_worker_run": "critical"}
    earlier = make.worker_run(A, NOW - HOUR, status=status)
    assert categories(health(A, *in_order(A), earlier)) == {}


def test_undated_failed_run_counts_against_and_is_no_heartbeat() -> None:
    undated = make.worker_run(A, None, status="failed")
    assert categories(health(A, *in_order(A), undated)) == {"failed_worker_run": "critical"}
    assert health(A, undated).missed


@pytest.mark.parametrize("status", ["completed", "success", None])
def test_good_status_or_none_is_no_failure(status: str | None) -> None:
    assert health(A, *in_order(A), make.worker_run(A, NOW, status=status)).alerts == ()


def test_c12_a_dry_run_is_a_heartbeat_and_delivers_nothing() -> None:
    lost = make.delivery(F, NOW - DAY, "export-1", failed=["slack"])
    dry = [lost, make.worker_run(F, NOW - MINUTE), make.retry_plan(F, NOW)]
    found = health(F, *dry)
    assert not found.missed
    assert categories(found) == {
        "retryable_auditor_export_retry": "warning",
        "failed_auditor_export_retry_delivery": "warning",
        "dry_run_only_auditor_export_retry": "warning",
    }
    assert found.dry_run_only
    live = make.worker_run(F, NOW - HOUR, dry=False)
    assert not health(F, *dry, live).dry_run_only
    assert health(F, *dry, make.worker_run(F, NOW - 2 * DAY, dry=False)).dry_run_only, "before the failure"
    assert not health(F, lost, make.worker_run(F, NOW - 2 * DAY)).dry_run_only, "no run since the failure at all"


def test_run_that_does_not_say_whether_it_was_dry_is_dry() -> None:
    unsaid = make.worker_run(F, NOW)
    del unsaid[F.worker_run.payload]["dry_run"]
    del unsaid[F.worker_run.payload]["schedule"]
    lost = make.delivery(F, NOW - DAY, "export-1", failed=["slack"])
    assert health(F, lost, unsaid, make.retry_plan(F, NOW)).dry_run_only


def test_dry_runs_after_an_undated_failure_are_dry_runs_only_until_a_live_one() -> None:
    lost = [make.delivery(F, None, "export-1", failed=["slack"]), make.retry_plan(F, NOW)]
    assert health(F, *lost, make.worker_run(F, NOW)).dry_run_only
    assert not health(F, *lost, make.worker_run(F, NOW, dry=False)).dry_run_only


def test_c12_disabled_schedule_is_a_warning() -> None:
    disabled = make.worker_run(R, NOW, enabled=False)
    assert categories(health(R, *in_order(R), disabled)) == {"disabled_recovery_escalation_retry_schedule": "warning"}


@pytest.mark.parametrize("rid", ["run-0", "run-1", "run-2"], ids=["sorts-before", "same-run", "sorts-after"])
@pytest.mark.parametrize(
    ("against", "code"),
    [
        ({"enabled": False}, "disabled_recovery_escalation_retry_schedule"),
        ({"status": "failed"}, "failed_recovery_escalation_retry_worker_run"),
    ],
    ids=["disabled", "failed"],
)
@pytest.mark.parametrize("more", [0, KEPT_RUNS], ids=["one-run", "more-than-are-kept"])
def test_run_that_warns_counts_beside_good_ones_of_its_instant(
    against: dict[str, Any], code: str, rid: str, more: int
) -> None:
    good = [make.worker_run(R, NOW, dry=False, rid=f"run-1{number or ''}") for number in range(more + 1)]
    bad = make.worker_run(R, NOW, dry=False, rid=rid, **against)
    for values in ((*good, bad), (bad, *good)):
        assert list(categories(health(R, *in_order(R), *values))) == [code]


def test_run_that_failed_and_one_whose_schedule_is_disabled_both_count_at_one_instant() -> None:
    runs = [make.worker_run(R, NOW, status="failed", rid="run-2"), make.worker_run(R, NOW, enabled=False, rid="run-1")]
    assert len(categories(health(R, *in_order(R), *runs))) == 2
    assert categories(health(R, *in_order(R), runs[1], make.worker_run(R, NOW + SECOND, dry=False))) == {}


def test_c18_one_failed_delivery_seen_by_ten_runs_is_one() -> None:
    lost = make.delivery(F, NOW - DAY, "export-1", failed=["slack"])
    runs = [
        record
        for place in range(10)
        for record in (
            make.worker_run(F, NOW - place * HOUR, dry=False, routes=[("export-1", "slack")]),
            make.retry_plan(F, NOW - place * HOUR, [("export-1", "slack")]),
        )
    ]
    assert health(F, lost, *runs).retryable == 1, "upstream: 10"


def test_counts_are_of_routes_as_they_are() -> None:
    values = [
        make.delivery(RH, NOW - DAY, "due", failed=["slack"]),
        make.delivery(RH, NOW - MINUTE, "waiting", failed=["slack"]),
        *(make.delivery(RH, NOW - DAY - n * HOUR, "exhausted", failed=["slack"]) for n in range(3)),
        make.execution(RH, NOW - HOUR, "due", status="failed"),
        make.delivery(RH, NOW, "well"),
        make.acknowledgement(RH, NOW, "well"),
    ]
    found = health(RH, *values, *in_order(RH))
    assert (found.retryable, found.waiting, found.exhausted) == (1, 1, 1)
    assert (found.failed, found.delivery_failures, found.unacknowledged) == (1, 3, 3)
    assert found.alert_level is AlertLevel.CRITICAL


def test_failed_delivery_is_critical_for_the_executive_report_as_upstream_has_it() -> None:
    lost = make.delivery(X, NOW, "run-1", failed=["slack"])
    assert categories(health(X, lost, *in_order(X))) == {"failed_executive_report_delivery": "critical"}
    lost = make.delivery(A, NOW, "audit-1", failed=["slack"])
    assert categories(health(A, lost, *in_order(A))) == {"connector_failure": "warning"}


def test_each_alert_has_a_recommendation_of_its_own_and_names_its_routes() -> None:
    assert len(set(RECOMMENDATIONS.values())) == len(Alert)
    lost = make.delivery(R, NOW - DAY, "plan-1", failed=["slack"])
    alerts = {alert.category: alert for alert in health(R, lost, *in_order(R)).alerts}
    gap = alerts["recovery_escalation_acknowledgement_gap"]
    assert gap.recommendation == recommend(Alert.ACKNOWLEDGEMENT_GAP, [R.title])
    assert "of the recovery escalation acknowledge" in gap.recommendation
    assert [str(route) for route in gap.routes] == ["recovery_escalation plan-1 -> slack"]
    assert gap.message == "Recovery escalation: 1 route without an answer"


def test_alert_about_routes_without_an_attempt_left_does_not_wait_for_one() -> None:
    gone = [make.execution(A, NOW - n * HOUR, "audit-1", status="failed") for n in (1, 2, 3)]
    by_hand = recommend(Alert.EXHAUSTED, [A.title])
    advice = {alert.category: alert.recommendation for alert in health(A, *gone, *in_order(A)).alerts}
    assert advice["connector_failure"] == by_hand
    again = make.delivery(A, NOW - HOUR, "audit-2", failed=["slack"])
    mixed = {alert.category: alert.recommendation for alert in health(A, *gone, again, *in_order(A)).alerts}
    assert mixed["connector_failure"] == recommend(Alert.DELIVERY_FAILURE, [A.title])


def test_nothing_is_judged_where_nobody_asked() -> None:
    assert assess_health(settled(), Mode.ENFORCE) == ()
    assert len(assess_health(settled(), Mode.PROMOTED)) == 9
    assert len(assess_health(settled(*calm()), Mode.DISABLED)) == 9


def test_worst_level_of_none_is_healthy() -> None:
    assert worst_level([]) is AlertLevel.HEALTHY
    assert worst_level([AlertLevel.CRITICAL, AlertLevel.WARNING]) is AlertLevel.CRITICAL
