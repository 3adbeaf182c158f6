"""Recovery report (domain.md A9, B2.20 - B2.22, C3, C13, C17, C22, C27)."""

from datetime import timedelta
from typing import Any

import pytest

from assess.cases import EMPTY, PILOT, SECOND, failed
from assess.closing_cases import QUIET, calm_but, closing, failing
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, A, N, R, calm, policies
from reporter.assess.recovery import recovery_steps
from reporter.loops.policy import RecoveryPolicy
from reporter.loops.writing.releases import RECOVERY_STEPS
from reporter.model.providers import PROVIDERS
from reporter.model.reports import AlertLevel, Mode, Status

BOOK = "gordackrecovery-1"
SLO = 4 * HOUR
SCHEDULE = "rollback_drill_schedule"


def recovery(*values: make.RecordValue, **given: Any) -> Any:  # noqa: ANN401
    return closing(*calm_but(*values), **given)["recovery"]


def opened(ago: timedelta, provider: str = "slack", rid: str = BOOK) -> make.RecordValue:
    return make.playbook(NOW - ago, {provider: NOW - ago - MINUTE}, rid=rid)


def lost(provider: str = "slack", count: int = 2, ago: timedelta = HOUR) -> list[make.RecordValue]:
    """Fail so often after all that was delivered."""
    return [make.delivery(A, NOW - ago - n * MINUTE, "s", [provider], [provider]) for n in range(count)]


def test_world_without_failures_is_ready() -> None:
    report = recovery()
    assert (report.status, report.alert_level) == (Status.READY, AlertLevel.HEALTHY)
    assert report.summary == "0 open, 0 of them too long; 0 providers fail without a recovery"
    assert (report.closure_rate, report.recoveries, report.escalation_routes) == (None, (), ())
    assert (report.recovery_slo_minutes, report.lookback_hours, report.min_failure_count) == (240.0, 24.0, 2)
    assert report.report_id.startswith("gordackretryreport-")


def test_c3_no_record_at_all_is_not_healthy() -> None:
    report = closing()["recovery"]
    assert failing(report) == ["recovery_evidence"]
    assert report.status is Status.NEEDS_ATTENTION


def test_nobody_asked_without_promotion_and_records() -> None:
    report = closing(pilot=QUIET.but(mode=Mode.SHADOW))["recovery"]
    assert (report.status, failing(report)) == (Status.NOT_REQUESTED, [])


def test_unreadable_record_may_hide_a_failure() -> None:
    report = recovery(make.delivery(A, "yesterday", "s", rid="rcd/1"))
    (reason,) = failed(report)["recovery_evidence"].reasons
    assert reason.pointer == "/rcd~11/created_at"


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (SLO - SECOND, Status.DUE_SOON),
        (SLO, Status.DUE_SOON),
        (SLO + SECOND, Status.NEEDS_ATTENTION),
    ],
    ids=["before", "at", "after"],
)
def test_slo_is_breached_strictly_after_its_end(age: timedelta, status: Status) -> None:
    report = recovery(opened(age))
    assert report.status is status
    assert failing(report) == (["recovery_within_slo"] if status is Status.NEEDS_ATTENTION else [])
    (row,) = report.recoveries
    assert row.slo_status == ("breached" if status is Status.NEEDS_ATTENTION else "open")
    (escalation,) = report.escalation_routes
    assert escalation.severity is (AlertLevel.CRITICAL if status is Status.NEEDS_ATTENTION else AlertLevel.WARNING)


@pytest.mark.parametrize(
    ("apart", "needed"),
    [(DAY - MINUTE, True), (DAY, True), (DAY + SECOND, False)],
    ids=["within", "at-the-end", "after"],
)
def test_two_failures_within_the_lookback_of_one_another_call_for_a_recovery(apart: timedelta, needed: bool) -> None:  # noqa: FBT001
    values = [make.delivery(A, NOW - HOUR - n * apart, f"s{n}", ["jira"], ["jira"], rid=f"rcd-{n}") for n in (0, 1)]
    report = recovery(*values)
    assert failing(report) == (["recovery_opened"] if needed else [])
    assert [one.provider for one in report.playbooks_needed] == (["jira"] if needed else [])


def test_one_failure_calls_for_none() -> None:
    assert recovery(*lost(count=1)).playbooks_needed == ()


def test_needed_recovery_says_since_when_and_how_to_repair() -> None:
    report = recovery(*lost("jira", 3))
    (needed,) = report.playbooks_needed
    assert (needed.provider, needed.category, needed.failure_count) == ("jira", "itsm", 3)
    assert needed.latest_failure_at == "2026-06-11T14:40:00Z"
    assert len(needed.recovery_steps) == 6
    (reason,) = failed(report)["recovery_opened"].reasons
    assert reason.found == "3 failed attempts, the latest at 2026-06-11T14:40:00Z, and no recovery for them"
    assert "reporter recovery open" in failed(report)["recovery_opened"].remedy


def test_undated_failures_call_for_a_recovery_too() -> None:
    values = [make.delivery(A, None, "s", failed=["slack"], rid=f"rcd-{n}") for n in (0, 1)]
    (needed,) = recovery(*values).playbooks_needed
    assert needed.latest_failure_at == ""


def test_c22_same_failures_open_no_second_recovery_while_the_first_is_open() -> None:
    """Trap 22: upstream makes a playbook each time it is asked, and each has to be closed by itself."""
    report = recovery(*lost(), opened(50 * MINUTE), opened(40 * MINUTE, rid="gordackrecovery-2"))
    assert report.playbooks_needed == ()
    (row,) = report.recoveries
    assert row.playbook_ids == (BOOK, "gordackrecovery-2")
    assert report.recovery_playbook_provider_count == 1


@pytest.mark.parametrize(
    ("value", "state", "slo_status"),
    [
        (make.closure(NOW - HOUR, BOOK), "resolved", "closed"),
        (make.closure(NOW - HOUR, BOOK, state="mitigated"), "mitigated", "closed"),
        (make.closure(NOW - HOUR, BOOK, refs=()), "open", "open"),
        (make.closure(NOW - HOUR, BOOK, state="mitigated", refs=()), "open", "open"),
        (make.closure(NOW - HOUR, BOOK, state="deferred"), "deferred", "open"),
        (make.closure(NOW - HOUR, "gordackrecovery-unknown"), "open", "open"),
        (make.closure(NOW - HOUR, BOOK, "jira"), "open", "open"),
    ],
    ids=["resolved", "mitigated", "unproven", "unproven-mitigation", "deferred", "unknown-playbook", "other-provider"],
)
def test_c13_recovery_is_closed_by_proof_alone(value: make.RecordValue, state: str, slo_status: str) -> None:
    """Trap 13: upstream accepts `resolved` without any proof, and closures of playbooks that nobody knows."""
    report = recovery(opened(2 * HOUR), value)
    (row,) = report.recoveries
    assert (row.closure_state, row.slo_status) == (state, slo_status)
    assert report.recovery_closed_count == int(slo_status == "closed")
    assert report.status is (Status.READY if slo_status == "closed" else Status.DUE_SOON)


def test_closed_recovery_says_by_whom_and_how_long_it_took() -> None:
    report = recovery(opened(2 * HOUR), make.closure(NOW - HOUR, BOOK, by="ann"))
    (row,) = report.recoveries
    assert (row.closed_by, row.closed_at, row.closure_minutes) == ("ann", "2026-06-11T14:40:00Z", 60.0)
    assert report.closure_rate == 1.0
    (day,) = report.closure_trends
    assert (day.day, day.opened, day.closed) == ("2026-06-11", 1, 1)


def test_reopened_recovery_is_open_again_since_its_first_opening() -> None:
    values = [make.closure(NOW - HOUR, BOOK), make.closure(NOW - MINUTE, BOOK, state="reopened")]
    (row,) = recovery(opened(5 * HOUR), *values).recoveries
    assert (row.closure_state, row.slo_status, row.age_minutes, row.closed_by) == ("reopened", "breached", 300.0, "")


def test_undated_recovery_is_breached_and_has_no_age() -> None:
    (row,) = recovery(make.playbook(None, {"slack": NOW}, rid=BOOK)).recoveries
    assert (row.slo_status, row.opened_at, row.age_minutes, row.closure_minutes) == ("breached", "", None, None)


def test_rows_are_listed_worst_first_and_the_latest_of_the_closed_first() -> None:
    values = [
        opened(HOUR, "teams", "b-1"),
        opened(6 * HOUR, "jira", "b-2"),
        opened(5 * HOUR, "splunk", "b-3"),
        opened(3 * HOUR, "email", "b-4"),
        make.closure(NOW - 2 * HOUR, "b-4", "email"),
        opened(3 * HOUR, "github", "b-5"),
        make.closure(NOW - HOUR, "b-5", "github"),
    ]
    report = recovery(*values)
    assert [one.provider for one in report.recoveries] == ["jira", "splunk", "teams", "github", "email"]
    assert [one.severity for one in report.escalation_routes] == ["critical", "critical", "warning"]
    assert report.closure_rate == 0.4


def test_more_recoveries_than_are_listed_are_counted() -> None:
    values = []
    for n in range(501):
        at = NOW - 50 * DAY + n * HOUR
        values += [
            make.playbook(at, {"slack": at - MINUTE}, rid=f"b-{n}"),
            make.closure(at + MINUTE, f"b-{n}"),
        ]
    report = recovery(*values)
    assert (len(report.recoveries), report.recovery_closed_count) == (500, 501)
    assert "1 more recoveries are not listed." in report.operator_notes


# --- who is told ------------------------------------------------------------------------------------------------------


def told(*values: make.RecordValue, **given: Any) -> tuple[tuple[str, ...], str, list[str]]:  # noqa: ANN401
    report = recovery(*values, **given)
    one = report.escalation_routes[0]
    return one.channels, one.channel_reason, failing(report)


def test_c27_failing_provider_is_told_of_through_the_others_of_the_schedule() -> None:
    """Trap 27: upstream escalates a failing provider to that provider itself."""
    assert told(opened(HOUR)) == (("teams",), "independent of slack", [])
    assert told(opened(HOUR, "jira")) == (("slack", "teams"), "independent of jira", [])


def test_c27_failing_provider_alone_is_no_channel() -> None:
    pilot = QUIET.put(SCHEDULE, "/notification_providers", [" Slack"])
    channels, reason, checks = told(opened(HOUR), pilot=pilot)
    assert (channels, checks) == ((), ["recovery_independent_channel"])
    assert reason == "no channel but slack itself: tell a person"


def test_c27_two_failing_providers_do_not_tell_of_each_other() -> None:
    channels, reason, checks = told(opened(HOUR), opened(HOUR, "teams", "b-2"))
    assert (channels, checks) == ((), ["recovery_independent_channel"])
    assert reason == "every other channel fails too (teams): tell a person"


@pytest.mark.parametrize("pilot", [QUIET.drop(SCHEDULE), QUIET.give(SCHEDULE, b"{"), EMPTY], ids=["gone", "bad", "all"])
def test_without_a_schedule_there_is_no_channel(pilot: Any) -> None:  # noqa: ANN401
    assert "recovery_independent_channel" in told(opened(HOUR), pilot=pilot)[2]


def test_unknown_provider_of_the_schedule_is_no_channel() -> None:
    pilot = QUIET.put(SCHEDULE, "/notification_providers", ["slack", "pigeon"])
    assert told(opened(HOUR), pilot=pilot)[0] == ()


def test_failed_retry_is_escalated_and_fails_a_check_until_it_is_delivered() -> None:
    failed_again = make.execution(R, NOW - HOUR, "s", "jira", "failed")
    report = recovery(failed_again)
    assert failing(report) == ["recovery_executions_succeeded"]
    assert report.failed_execution_count == 1
    (escalation,) = report.escalation_routes
    assert (escalation.provider, escalation.category, escalation.severity) == ("jira", "retry-execution", "critical")
    later = recovery(failed_again, make.execution(R, NOW - MINUTE, "s", "jira"))
    assert (failing(later), later.escalation_routes) == ([], ())


def test_failed_retry_by_no_provider_fails_a_check_but_has_nobody_to_speak_of() -> None:
    report = recovery(make.execution(R, NOW - HOUR, "s", "", "failed"))
    assert "recovery_executions_succeeded" in failing(report)
    assert report.escalation_routes == ()


def test_policy_decides_when_and_how_long() -> None:
    rules = policies(N)._replace(recovery=RecoveryPolicy(3, 12 * HOUR, 30 * MINUTE))
    report = recovery(*lost(), opened(HOUR, "jira"), policies=rules)
    assert (report.recovery_slo_minutes, report.lookback_hours, report.min_failure_count) == (30.0, 12.0, 3)
    assert report.playbooks_needed == ()
    assert failed(report)["recovery_within_slo"].reasons[0].wanted == "closed within 30 minutes"


@pytest.mark.parametrize("provider", [*PROVIDERS, "unheard_of"])
def test_every_provider_has_six_steps_of_which_one_is_of_its_kind(provider: str) -> None:
    steps = recovery_steps(provider)
    assert len(steps) == len(RECOVERY_STEPS) == 6
    assert len(set(steps) - set(RECOVERY_STEPS)) == 1


def test_id_is_of_the_state_and_not_of_the_time() -> None:
    before, same, worse = (closing(*calm(), opened(ago), now=NOW)["recovery"] for ago in (HOUR, 2 * HOUR, 5 * HOUR))
    assert before.report_id == same.report_id != worse.report_id


def test_due_soon_pilot_changes_nothing_here() -> None:
    assert closing(*calm(), pilot=PILOT)["recovery"].status is Status.READY
