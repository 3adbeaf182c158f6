"""Worker health (domain.md A6, B2.18, B2.19): one check for each loop, who is told, and what became of it."""

from datetime import timedelta
from typing import Any

import pytest

from assess.cases import NOW, PILOT, SECOND, failed, statuses
from assess.evidenced import SHADOW, reasons, reported
from loops import records as make
from loops.cases import AH, DAY, FH, HOUR, MINUTE, RH, XH, A, F, N, R, X, calm, policies
from reporter.loops.loop import Loop
from reporter.loops.table import LOOPS
from reporter.model.case import Request
from reporter.model.delivery_reports import AlertPlan, LoopHealth
from reporter.model.reports import AlertLevel, Status

NAME, SCHEDULE = "worker-health", "rollback_drill_schedule"


def of(report: Any, loop: Loop) -> LoopHealth:  # noqa: ANN401 - as `reported` gives it
    (found,) = [one for one in report.loops if one.loop == loop.word]
    assert isinstance(found, LoopHealth)
    return found


def plan(report: Any, loop: Loop) -> AlertPlan:  # noqa: ANN401
    found = of(report, loop).alert_plan
    assert found is not None
    return found


def check(loop: Loop) -> str:
    return f"worker_health_{loop.word}"


def lost(loop: Loop, count: int = 1, last: timedelta = HOUR, name: str = "s") -> list[make.RecordValue]:
    return [make.delivery(loop, NOW - last - place * MINUTE, name, failed=["slack"]) for place in range(count)]


EVIDENCE = "worker_health_evidence"


def test_world_in_order_passes_one_check_for_each_loop() -> None:
    report = reported(NAME, *calm())
    assert (report.status, report.summary) == (Status.READY, "9 of 9 workers have nothing to report")
    assert list(statuses(report)) == [EVIDENCE, *(check(loop) for loop in LOOPS)]
    assert (report.expected_loop_count, report.missed_worker_count) == (6, 0)


@pytest.mark.parametrize(
    ("past", "status"),
    [(-SECOND, Status.READY), (0 * SECOND, Status.READY), (SECOND, Status.NEEDS_ATTENTION)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_run_is_missed_after_two_intervals(past: timedelta, status: Status) -> None:
    others = [one for one in calm() if one["metadata_kind"] != RH.worker_run.word]
    report = reported(NAME, *others, make.worker_run(RH, NOW - HOUR - past, dry=False, rid="run-1"))
    assert report.status is status
    assert list(failed(report)) == ([check(RH)] if status is Status.NEEDS_ATTENTION else [])
    health = of(report, RH)
    assert (health.latest_run_id, health.expected_interval_minutes) == ("run-1", 30.0)
    assert health.missed_worker is (status is Status.NEEDS_ATTENTION)


def test_missed_run_says_when_the_last_was_what_is_wanted_and_what_to_run() -> None:
    others = [one for one in calm() if one["metadata_kind"] != RH.worker_run.word]
    late = reported(NAME, *others, make.worker_run(RH, NOW - DAY))
    (reason,) = reasons(late, check(RH))
    assert reason.pointer == "/recovery_retry_health_alert/missed_recovery_retry_health_alert_retry_worker"
    assert reason.found == "the last run at 2026-06-10T15:40:00Z, 24 hours ago"
    assert reason.wanted == "a run within 1 hour"
    assert "`reporter retry plan`" in failed(late)[check(RH)].remedy
    assert "Start the retry worker of the recovery retry health alert" in failed(late)[check(RH)].remedy
    assert late.summary == "8 of 9 workers have nothing to report, 1 critical"
    assert [one.found for one in reasons(reported(NAME, *others), check(RH))] == ["no run"]


def test_c3_promoted_pilot_without_a_record_misses_every_worker_that_it_must_have() -> None:
    report = reported(NAME)
    assert (report.status, report.missed_worker_count) == (Status.NEEDS_ATTENTION, 6)
    assert set(failed(report)) == {EVIDENCE, *(check(loop) for loop in LOOPS if loop.always_on)}
    evidence = {one.id: one.evidence[0].value for one in report.checks}
    assert {evidence[check(loop)] for loop in (N, AH, FH)} == {"no run, and none needed"}


def test_worker_that_is_only_needed_after_a_failure_is_missed_from_then_on() -> None:
    others = [one for one in calm() if one["metadata_kind"] != N.worker_run.word]
    report = reported(NAME, *others, *lost(N))
    (reason,) = reasons(report, check(N))
    assert reason.wanted == "a run within 2 hours while anything is undelivered"
    assert report.expected_loop_count == 7


@pytest.mark.parametrize(
    ("loop", "values", "found"),
    [
        pytest.param(F, lost(F, 3), "1 route without an attempt left: auditor_export s -> slack", id="c1-exhausted"),
        pytest.param(
            F,
            [make.execution(F, NOW - HOUR, "s", status="failed")],
            "1 route failed again on retry: auditor_export s -> slack",
            id="failed-again",
        ),
        pytest.param(
            X, lost(X), "1 route not delivered: executive_report s -> slack", id="executive-report-undelivered"
        ),
        pytest.param(
            F, [make.worker_run(F, NOW, status="timeout")], "the latest run says timeout", id="run-that-failed"
        ),
    ],
)
def test_what_is_critical_fails_the_check_of_its_loop(loop: Loop, values: list[make.RecordValue], found: str) -> None:
    report = reported(NAME, *calm(), *values)
    assert set(failed(report)) == {check(loop)}
    assert [reason.found for reason in reasons(report, check(loop))] == [found]
    assert of(report, loop).alert_level is AlertLevel.CRITICAL


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(lost(F), id="due"),
        pytest.param([make.worker_run(F, NOW, enabled=False)], id="disabled-schedule"),
        pytest.param([make.plan(R, NOW - MINUTE, "plan-1")], id="unanswered"),
        pytest.param(lost(R), id="undelivered"),
    ],
)
def test_what_is_only_a_warning_is_due_soon(values: list[make.RecordValue]) -> None:
    report = reported(NAME, *calm(), *values)
    assert (report.status, report.alert_level, failed(report)) == (Status.DUE_SOON, AlertLevel.WARNING, {})


def test_stale_plan_is_due_soon() -> None:
    values = [one for one in calm() if one["metadata_kind"] != X.retry_plan.word]
    report = reported(NAME, *values, make.retry_plan(X, NOW - 181 * MINUTE))
    health = of(report, X)
    assert (report.status, health.stale_retry_plan) == (Status.DUE_SOON, True)
    assert (health.latest_plan_age_minutes, health.stale_metadata_minutes) == (181.0, 180.0)


def test_rules_of_the_environment_decide() -> None:
    run = make.worker_run(RH, NOW - DAY)
    others = [one for one in calm() if one["metadata_kind"] != RH.worker_run.word]
    assert reported(NAME, *others, run, policies=policies(RH, worker_interval=DAY)).status is Status.READY


def test_c10_run_dated_ahead_is_no_heartbeat() -> None:
    others = [one for one in calm() if one["metadata_kind"] != RH.worker_run.word]
    assert check(RH) in failed(reported(NAME, *others, make.worker_run(RH, NOW + DAY)))


def test_c12_dry_runs_are_a_heartbeat_and_raise_that_they_deliver_nothing() -> None:
    dry = [one for one in calm() if one["metadata_kind"] != F.worker_run.word]
    report = reported(NAME, *dry, make.worker_run(F, NOW, dry=True), *lost(F))
    health = of(report, F)
    assert (report.status, health.dry_run_only, health.missed_worker) == (Status.DUE_SOON, True, False)
    assert "dry_run_only_auditor_export_retry" in {one.category for one in health.alerts}


def test_c18_counts_are_of_routes_as_they_are_and_never_sums_over_history() -> None:
    seen = [make.worker_run(F, NOW - age * MINUTE, routes=[("s", "slack")]) for age in range(10)]
    report = reported(NAME, *calm(), *lost(F), *seen)
    assert (report.retryable_count, of(report, F).retryable_count) == (1, 1), "upstream: ten"
    mended = reported(NAME, *calm(), *lost(F), *seen, make.delivery(F, NOW, "s"))
    assert (mended.retryable_count, mended.status) == (0, Status.READY)


def test_counts_of_the_report_are_those_of_its_loops() -> None:
    values = [*lost(F, 3), *lost(R, name="plan-1"), make.execution(A, NOW - MINUTE, "p", status="failed")]
    report = reported(NAME, *calm(), *values)
    for field in ("retryable_count", "exhausted_count", "failed_execution_count", "acknowledgement_pending_count"):
        assert getattr(report, field) == sum(getattr(one, field) for one in report.loops)
    assert (report.exhausted_count, report.failed_execution_count, report.acknowledgement_pending_count) == (1, 1, 1)
    assert of(report, A).waiting_count == 1
    assert of(report, R).delivery_failure_count == 1


def test_alert_of_very_many_routes_names_the_first_and_says_how_many() -> None:
    values = [one for place in range(60) for one in lost(X, name=f"run-{place:02}")]
    report = reported(NAME, *calm(), *values)
    (alert,) = [one for one in of(report, X).alerts if one.category == "failed_executive_report_delivery"]
    assert (len(alert.routes), alert.message) == (50, "Executive report: 60 routes not delivered")
    (reason,) = reasons(report, check(X))
    assert reason.found.endswith("run-02 -> slack, 57 more")


# --- who is told ------------------------------------------------------------------------------------------------------

SICK = [*calm(), *lost(R)]


def told(health_id: str, at: timedelta, provider: str = "slack", **more: Any) -> make.RecordValue:  # noqa: ANN401
    return make.delivery(RH, NOW - at, health_id, [provider], **more)


def test_providers_of_the_schedule_are_told_of_a_loop_that_is_not_well() -> None:
    found = plan(reported(NAME, *SICK), R)
    assert (found.alert_loop, found.alert_level) == (RH.word, AlertLevel.WARNING)
    assert found.eligible_providers == found.selected_providers == ("slack", "teams")
    assert found.acknowledgement_required_providers == found.selected_providers
    assert (found.suppressed_providers, found.suppression_window_minutes) == ((), 60.0)
    assert found.plan_id.startswith("gordackrecoveryhealthalert-")


def test_loops_without_an_alert_loop_have_no_plan() -> None:
    report = reported(NAME, *SICK)
    assert {one.loop for one in report.loops if one.alert_plan} == {A.word, R.word, X.word}


@pytest.mark.parametrize("force", [False, True], ids=["not-forced", "forced"])
def test_nobody_is_told_of_a_healthy_worker(*, force: bool) -> None:
    found = plan(reported(NAME, *calm(), request=Request(force=force)), R)
    assert (found.selected_providers, found.acknowledgement_required_providers) == ((), ())


@pytest.mark.parametrize(
    ("past", "selected"),
    [(-SECOND, ("teams",)), (0 * SECOND, ("slack", "teams")), (SECOND, ("slack", "teams"))],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_c21_whoever_was_told_of_the_same_within_the_window_is_not_told_again(
    past: timedelta, selected: tuple[str, ...]
) -> None:
    health_id = plan(reported(NAME, *SICK), R).health_id
    sent = told(health_id, HOUR + past)
    found = plan(reported(NAME, *SICK, sent), R)
    assert found.health_id == health_id, "upstream: every generation has an id of its own"
    assert found.selected_providers == selected
    assert [one.provider for one in found.suppressed_providers] == [one for one in ("slack",) if one not in selected]
    forced = plan(reported(NAME, *SICK, sent, request=Request(force=True)), R)
    assert (forced.selected_providers, forced.suppressed_providers) == (("slack", "teams"), ())


def test_suppressed_provider_says_when_it_was_told() -> None:
    sent = told(plan(reported(NAME, *SICK), R).health_id, MINUTE)
    (one,) = plan(reported(NAME, *SICK, sent), R).suppressed_providers
    assert (one.provider, one.last_delivery_at) == ("slack", "2026-06-11T15:39:00Z")


def test_c21_health_and_plan_keep_their_ids_while_nothing_changes() -> None:
    early, late = (plan(reported(NAME, *SICK, now=NOW + age), R) for age in (MINUTE, 2 * MINUTE))
    assert (early.health_id, early.plan_id) == (late.health_id, late.plan_id)


def test_request_narrows_the_plan_and_changes_no_verdict() -> None:
    report = reported(NAME, *SICK, request=Request(providers=("teams",)))
    found = plan(report, R)
    assert found.eligible_providers == found.selected_providers == ("teams",)
    assert (report.status, report.operator_notes) == (Status.DUE_SOON, ())
    sent = told(found.health_id, MINUTE)
    assert plan(reported(NAME, *SICK, sent, request=Request(providers=("teams",))), R).suppressed_providers == ()


def test_provider_that_the_schedule_does_not_name_is_told_nothing_and_noted() -> None:
    report = reported(NAME, *SICK, request=Request(providers=("jira",)))
    found = plan(report, R)
    assert (found.eligible_providers, found.selected_providers) == ((), ())
    assert report.operator_notes == ("Nobody is told by jira: the drill schedule names slack, teams.",)


@pytest.mark.parametrize(
    "pilot",
    [
        pytest.param(PILOT.drop(SCHEDULE), id="no-schedule"),
        pytest.param(PILOT.put(SCHEDULE, "/notification_providers", ["pigeon"]), id="unknown-provider"),
        pytest.param(PILOT.put(SCHEDULE, "/notification_providers", None), id="null"),
    ],
)
def test_webhook_is_told_where_the_schedule_names_nobody(pilot: Any) -> None:  # noqa: ANN401
    assert plan(reported(NAME, *SICK, pilot=pilot), R).selected_providers == ("webhook",)


def test_dashboards_show_what_became_of_the_alerts() -> None:
    sent = [told("health-1", DAY), told("health-2", DAY, failed=["slack"]), told("health-3", DAY, "teams")]
    answered = make.acknowledgement(RH, NOW - HOUR, "health-1")
    report = reported(NAME, *calm(), *sent, answered)
    assert [(one.loop, one.title) for one in report.alert_dashboards] == [
        (loop.word, loop.title) for loop in (AH, RH, XH)
    ]
    board = report.alert_dashboards[1]
    assert (board.alert_level, board.delivered_count, board.failed_delivery_count) == (AlertLevel.CRITICAL, 2, 1)
    assert (board.outstanding_acknowledgement_count, board.suppressed_count) == (2, 0)
    assert report.alert_dashboards[0].alert_level is AlertLevel.HEALTHY


# --- who asked --------------------------------------------------------------------------------------------------------


def test_nobody_asked_where_the_mode_is_not_promoted_and_there_is_no_record() -> None:
    report = reported(NAME, pilot=SHADOW)
    assert (report.status, report.loops, report.alert_dashboards) == (Status.NOT_REQUESTED, (), ())
    assert statuses(report) == dict.fromkeys([EVIDENCE, *(check(loop) for loop in LOOPS)], "not_applicable")
    assert report.expected_loop_count == 0


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(make.worker_run(F, NOW + DAY), id="dated-ahead"),
        pytest.param({"metadata_kind": F.worker_run.word, "session_id": 5}, id="unreadable"),
    ],
)
def test_evidence_that_does_not_count_asks_for_the_report_all_the_same(value: make.RecordValue) -> None:
    report = reported(NAME, value, pilot=SHADOW)
    assert (report.status, len(report.loops)) == (Status.NEEDS_ATTENTION, len(LOOPS))
    assert len(report.operator_notes) == 1
