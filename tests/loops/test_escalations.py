"""Escalations of failing connectors (domain.md A9, B2.21, B2.22, C27)."""

from datetime import timedelta

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, A, F, N, only, settled
from reporter.loops.escalations import EscalationCause, plan_escalations
from reporter.model.reports import AlertLevel
from reporter.model.routes import Executions

CHANNELS = ("slack", "teams", "jira")
BREACHED = make.playbook(NOW - DAY, {"slack": NOW - DAY}, rid="playbook-1")
OPEN = make.playbook(NOW - HOUR, {"jira": NOW - HOUR}, rid="playbook-2")
RETRIED = [
    make.delivery(F, NOW - 3 * HOUR, "export-1", ["teams"], ["teams"]),
    make.execution(F, NOW - 2 * HOUR, "export-1", "teams", "failed", retry_plan_id="plan-1"),
]


def test_open_recoveries_and_failed_retries_are_escalated_critical_ones_first() -> None:
    found = plan_escalations(settled(OPEN, *RETRIED, BREACHED), CHANNELS)
    assert [(one.provider, one.cause, one.severity, one.slo_status) for one in found] == [
        ("slack", EscalationCause.RECOVERY, AlertLevel.CRITICAL, "breached"),
        ("teams", EscalationCause.EXECUTION, AlertLevel.CRITICAL, "review_required"),
        ("jira", EscalationCause.RECOVERY, AlertLevel.WARNING, "open"),
    ]
    assert [(one.failures, one.age) for one in found] == [(2, DAY), (2, 3 * HOUR), (2, HOUR)]


def test_c27_a_failing_provider_is_never_told_of_itself() -> None:
    for one in plan_escalations(settled(OPEN, *RETRIED, BREACHED), CHANNELS):
        assert one.provider not in one.channels
        assert set(one.channels) == set(CHANNELS) - {one.provider}
    (alone,) = plan_escalations(settled(OPEN), ["Jira"])
    assert alone.channels == ()
    assert alone.reason.endswith("no channel but jira itself: tell a person")


def test_closed_recoveries_and_retries_that_delivered_are_not_escalated() -> None:
    closed = make.closure(NOW, "playbook-1")
    mended = make.delivery(F, NOW, "export-1", ["teams"])
    assert plan_escalations(settled(BREACHED, closed, *RETRIED, mended), CHANNELS) == ()


def test_delivery_that_failed_once_and_was_not_retried_is_no_failed_retry() -> None:
    assert plan_escalations(settled(make.delivery(F, NOW - HOUR, "export-1", failed=["slack"])), CHANNELS) == ()


def test_failed_retry_to_nobody_has_no_provider_to_look_at() -> None:
    assert plan_escalations(settled(make.execution(F, NOW, "export-1", "", "failed")), CHANNELS) == ()


def test_failed_retries_without_a_date_are_escalated_with_no_age() -> None:
    (found,) = plan_escalations(settled(make.execution(F, None, "export-1", "teams", "failed")), CHANNELS)
    assert (found.age, found.failures, found.severity) == (timedelta(0), 1, AlertLevel.CRITICAL)


def test_routes_say_how_often_retries_were_executed() -> None:
    route = only(
        make.delivery(A, NOW - DAY, "audit-1", failed=["slack"]),
        make.execution(A, NOW - 4 * HOUR, "audit-1", status="failed"),
        make.execution(A, NOW - 3 * HOUR, "audit-1", status="skipped", skip_reason="dry_run"),
        make.execution(A, NOW - 2 * HOUR, "audit-1"),
    )
    assert route.executions == Executions(delivered=1, failed=1, skipped=1)
    assert only(make.delivery(N, NOW - MINUTE, "monthly")).executions == Executions()
