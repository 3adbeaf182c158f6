"""The loop table (domain.md B4, B5): words as upstream writes them, and no code of any loop's own."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

import reporter.loops
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, A, F, R, X
from reporter.loops.alerts import plan_alerts
from reporter.loops.closure import CODE_SUFFIXES, assess_closure
from reporter.loops.fold import fold
from reporter.loops.health import assess_health
from reporter.loops.lanes import funnel, summarise_lane
from reporter.loops.loop import Alert, GateKind, Kind, Loop, make_reader
from reporter.loops.routes import finalise
from reporter.loops.table import BY_WORD, LOOPS, OTHER_KINDS, SHARED
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import RetryAction

AD = "go-backend-rollback-drill-acknowledgement-audit-delivery-"

CLOSEOUT = Loop(
    path="/closeout",
    word="closeout_delivery",
    title="Closeout delivery",
    source="go_backend_rollback_drill_acknowledgement_audit_final_reporting_closeout",
    event_type="cavra.go_backend.rollback_drill.final_reporting.closeout",
    subject_keys=("closeout_id",),
    event_keys=("event_id",),
    plans=(Kind(AD + "final-reporting-closeout-delivery-plan", "closeout_delivery_plan", "gordackcloseout"),),
    acknowledgement=Kind(AD + "final-reporting-closeout-ack", "acknowledgement", "gordackcloseoutack"),
    retry_plan=Kind(AD + "final-reporting-closeout-delivery-retry-plan", "closeout_retry_plan", "gordackcloseoutretry"),
    worker_run=Kind(AD + "final-reporting-closeout-delivery-retry-worker-run", "closeout_worker_run", "gordackcow"),
    execution=Kind(AD + "final-reporting-closeout-delivery-retry-execution-record", "closeout_execution", "gordackcox"),
    health=Kind(AD + "final-reporting-closeout-retention-health", "closeout_retention_health", "gordackcoh"),
    code="closeout",
    alert_stem="closeout_retry",
    alert_loop="recovery_retry_health_alert",
    base_delay=timedelta(minutes=20),
)


def test_every_kind_source_and_event_type_belongs_to_one_row() -> None:
    words = [kind.word for loop in LOOPS for _, kind in loop.kinds()] + [row.kind for row in OTHER_KINDS]
    for column in (words, [loop.source for loop in LOOPS], [loop.event_type for loop in LOOPS], list(BY_WORD)):
        assert [word for word, count in Counter(column).items() if count > 1] == []
    assert len(LOOPS) == 9


def test_irregular_kinds_stand_as_upstream_writes_them() -> None:
    assert A.retry_plan.word == AD + "retry-plan"
    assert A.worker_run.word == AD + "worker-run"
    assert R.retry_plan.word == AD + "recovery-escalation-delivery-retry-plan"
    assert R.worker_run.word == AD + "recovery-escalation-retry-worker-run"
    assert R.execution.word == AD + "recovery-escalation-retry-execution-record"
    assert X.worker_run.word == AD + "recovery-executive-report-delivery-retry-worker-run"
    assert F.execution.word == AD + "final-reporting-auditor-export-delivery-retry-execution-record"


def test_steps_that_upstream_lacks_are_ours_and_marked() -> None:
    ours = {(loop.word, step) for loop in LOOPS for step, kind in loop.kinds() if kind.ours}
    assert {word for word, _ in ours} == set(BY_WORD) - {"recovery_escalation"}
    assert ("drill_notification", "retry_plan") in ours
    assert ("executive_report", "acknowledgement") in ours
    assert ("acknowledgement_audit", "retry_plan") not in ours


@pytest.mark.parametrize(
    ("word", "delay", "interval", "stale", "gate"),
    [
        ("acknowledgement_audit", 15, 60, 120, GateKind.APPROVAL),
        ("recovery_escalation", 15, 60, 120, GateKind.ACKNOWLEDGEMENT),
        ("recovery_retry_health_alert", 15, 30, 120, GateKind.NONE),
        ("executive_report", 30, 60, 180, GateKind.NONE),
        ("executive_retry_health_alert", 15, 30, 120, GateKind.NONE),
        ("auditor_export", 15, 60, 120, GateKind.NONE),
    ],
)
def test_parameters_are_those_of_the_reference(word: str, delay: int, interval: int, stale: int, gate: str) -> None:
    loop = BY_WORD[word]
    assert (loop.base_delay, loop.worker_interval) == (timedelta(minutes=delay), timedelta(minutes=interval))
    assert (loop.stale_after, loop.gate) == (timedelta(minutes=stale), gate)


def test_the_seven_codes_that_upstream_names_are_spelled_as_upstream_does() -> None:
    codes = {f"{loop.code}_{suffix}" for loop in LOOPS for suffix in CODE_SUFFIXES}
    assert len(codes) == 36
    assert codes >= {
        "executive_retry_health_alert_delivery_failed",
        "executive_retry_health_alert_acknowledgement_outstanding",
        "executive_retry_health_alert_retry_execution_failed",
        "recovery_retry_health_alert_delivery_failed",
        "recovery_retry_health_alert_acknowledgement_outstanding",
        "final_archive_health_alert_delivery_failed",
        "final_archive_health_alert_acknowledgement_outstanding",
    }


def test_alert_categories_are_upstreams_where_it_has_them() -> None:
    assert A.alert_word(Alert.MISSED_RUN) == "missed_worker_run"
    assert R.alert_word(Alert.MISSED_RUN) == "missed_recovery_escalation_retry_worker"
    assert R.alert_word(Alert.ACKNOWLEDGEMENT_GAP) == "recovery_escalation_acknowledgement_gap"
    assert X.alert_word(Alert.MISSED_RUN) == "missed_executive_delivery_retry_worker"
    assert X.alert_word(Alert.DELIVERY_FAILURE) == "failed_executive_report_delivery"
    assert X.alert_word(Alert.DISABLED_SCHEDULE) == "disabled_executive_delivery_retry_schedule"
    assert len({loop.alert_word(alert) for loop in LOOPS for alert in Alert}) == 90


def test_no_module_but_the_table_names_a_loop() -> None:
    names = [loop.word for loop in LOOPS] + [loop.source for loop in LOOPS]
    (package,) = reporter.loops.__path__
    for module in Path(package).glob("*.py"):
        code = module.read_text(encoding="utf-8")
        named = [name for name in names if f'"{name}"' in code]
        assert module.name == "table.py" or not named, module.name


def test_tenth_loop_gets_every_step_health_and_closure_code_from_its_row_alone() -> None:
    loops = (*LOOPS, CLOSEOUT)
    reader = make_reader(loops, SHARED, OTHER_KINDS)
    failed = NOW - DAY
    values = [
        make.routed_plan(CLOSEOUT, failed - HOUR, "closeout-1", make.notification_routes(["slack", "jira"])),
        make.delivery(CLOSEOUT, failed, "closeout-1", ["slack", "jira"], ["slack"]),
        make.acknowledgement(CLOSEOUT, failed + HOUR, "closeout-1", "jira"),
        make.retry_plan(CLOSEOUT, failed + HOUR, [("closeout-1", "slack")], rid="retry-plan-1"),
        make.worker_run(CLOSEOUT, failed + HOUR, dry=False, status="failed"),
        make.execution(CLOSEOUT, failed + HOUR, "closeout-1", status="failed", retry_plan_id="retry-plan-1"),
        make.execution(CLOSEOUT, failed + 2 * HOUR, "closeout-1", status="failed", retry_plan_id="retry-plan-1"),
        make.health_report(CLOSEOUT, failed + 3 * HOUR),
    ]
    folded = fold([reader.decode_record(make.raw(value)) for value in values], NOW, loops)
    states = finalise(folded, loops=loops)
    jira, slack = states.of(CLOSEOUT)
    assert (jira.retry.action, jira.acknowledgement.state) == (RetryAction.NONE, "acknowledged")
    assert (slack.retry.action, slack.failures) == (RetryAction.SUPPRESS, 3)
    (health,) = [one for one in assess_health(states, Mode.PROMOTED) if one.loop == "closeout_delivery"]
    assert health.alert_level is AlertLevel.CRITICAL
    assert {alert.category for alert in health.alerts} == {
        "missed_closeout_retry_worker",
        "failed_closeout_retry_worker_run",
        "stale_closeout_retry_plan",
        "exhausted_closeout_retry",
        "failed_closeout_retry_execution",
        "failed_closeout_retry_delivery",
        "closeout_retry_acknowledgement_gap",
    }
    codes = [item.code for item in assess_closure(states, Mode.PROMOTED).open_items]
    assert codes == [*(f"closeout_{suffix}" for suffix in CODE_SUFFIXES), "executive_report_missing"]
    (plan,) = [one for one in plan_alerts(states, [health], ["slack"]) if one.about == "closeout_delivery"]
    assert (plan.loop, plan.selected_providers) == ("recovery_retry_health_alert", ("slack",))
    assert plan.health_id.startswith("gordackcoh-")
    lane = summarise_lane(states, CLOSEOUT)
    assert (lane.delivered, lane.exhausted, lane.open, lane.closed) == (1, 1, 1, 1)
    assert funnel(states).exhausted == 1
    assert [(one.provider, one.delivered, one.failed) for one in states.delivery_days] == [
        ("jira", 1, 0),
        ("slack", 0, 3),
    ]
    assert {(one.loop, one.subject) for one in states.routing_days} == {("closeout_delivery", "closeout-1")}
    early = finalise(fold([reader.decode_record(make.raw(values[1]))], failed + 20 * MINUTE, loops), loops=loops).of(
        CLOSEOUT
    )
    assert early[1].retry.action is RetryAction.RETRY, "its own base delay of 20 minutes is over"
