"""Release readiness (domain.md A8, B2.25 - B2.28, C3, C8, C9, C13, C15)."""

import json
from typing import Any

import pytest

from assess.cases import EMPTY, NOW, PILOT, Pilot, failed, statuses
from assess.closing_cases import QUIET, SEALED, calm_but, closing, failing
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, RH, XH, A, F, N, X, calm
from loops.test_closeout import CLOSED
from reporter.assess.release_readiness import SPECS, UNJUDGED
from reporter.model.case import Artifact
from reporter.model.checks import CheckStatus
from reporter.model.reports import AlertLevel, Mode, Status

SHADOW = QUIET.but(mode=Mode.SHADOW)
PLAN, HISTORY, SCHEDULE = "rollback_plan", "rollback_drill_history", "rollback_drill_schedule"


def release(*values: make.RecordValue, **given: Any) -> Any:  # noqa: ANN401
    return closing(*calm_but(*values), **given)["release-readiness"]


def assert_blocked(report: Any, *codes: str) -> None:  # noqa: ANN401
    assert (report.status, report.readiness_state) == (Status.NEEDS_ATTENTION, "blocked")
    assert report.release_decision.recommended_state == "hold_release_closure"
    assert set(codes) <= {one.code for one in report.blockers}
    assert "fail" in {one.status for one in report.release_checks}


def test_everything_in_order_is_ready_to_be_approved() -> None:
    report = release()
    assert (report.status, report.readiness_state, report.closure_state) == (Status.READY, "ready", "closed")
    assert report.release_decision.recommended_state == "approve_release_closure"
    assert (report.blockers, failing(report)) == ((), [])
    assert list(statuses(report)) == [spec.id for spec in SPECS]
    assert {one.status for one in report.release_checks} == {"pass"}


def test_due_soon_schedule_is_ready_and_stays_visible() -> None:
    report = release(pilot=PILOT)
    assert (report.readiness_state, report.status) == ("ready", Status.DUE_SOON)


def test_warning_of_a_worker_is_ready_and_stays_visible() -> None:
    values = [one for one in calm() if one["metadata_kind"] != A.retry_plan.word]
    report = closing(*values)["release-readiness"]
    assert (report.readiness_state, report.status) == ("ready", Status.DUE_SOON)


def test_c3_nothing_at_all_is_blocked() -> None:
    """Trap 3: upstream calls an empty history ready."""
    assert_blocked(closing()["release-readiness"], "no_reporting_evidence")
    assert_blocked(closing(pilot=EMPTY)["release-readiness"], "rollback_not_accepted")


def test_nobody_asked_is_neither_ready_nor_approved() -> None:
    report = closing(pilot=SHADOW)["release-readiness"]
    assert (report.status, report.readiness_state) == (Status.NOT_REQUESTED, "not_requested")
    assert report.release_decision.recommended_state == "hold_release_closure"
    assert (report.release_checks, report.blockers, failing(report)) == ((), (), [])


def test_records_without_promotion_ask_for_it() -> None:
    assert closing(*calm(), pilot=SHADOW)["release-readiness"].readiness_state == "ready"
    assert_blocked(closing(make.worker_run(A, NOW + DAY), pilot=SHADOW)["release-readiness"])


@pytest.mark.parametrize(
    ("pilot", "name"),
    [
        (QUIET.drop("channel_manifest"), "deployment"),
        (QUIET.drop("promotion_evidence"), "promotion"),
        (QUIET.put(PLAN, "/status", "draft"), "rollback"),
        (QUIET.drop("rollback_rehearsal"), "rehearsal"),
        (QUIET.put(HISTORY, "/drills/0/status", "fail"), "drills"),
        (QUIET.put(SCHEDULE, "/status", "paused"), "schedule"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_c9_every_readiness_report_holds_the_release(pilot: Pilot, name: str) -> None:
    """Trap 9: upstream's release readiness looks at no readiness report."""
    report = release(pilot=pilot)
    assert_blocked(report, f"{name}_not_accepted")
    assert f"reporter check {name}" in failed(report)[f"release_{name}"].remedy


@pytest.mark.parametrize(
    ("values", "code", "check"),
    [
        (
            [make.delivery(RH, NOW - HOUR, "h", failed=["slack"])],
            "recovery_retry_health_alert_delivery_failed",
            "final_reporting_closure_state",
        ),
        ([make.plan(N, NOW - MINUTE, "s")], "notification_acknowledgements", "notification_acknowledgements"),
        (
            [make.delivery(A, NOW - n * HOUR - MINUTE, "s", failed=["slack"]) for n in range(3)],
            "worker_health_acknowledgement_audit",
            "release_worker_health",
        ),
    ],
    ids=["closure", "answer", "worker"],
)
def test_what_is_open_holds_the_release(values: list[make.RecordValue], code: str, check: str) -> None:
    report = release(*values)
    assert_blocked(report, code)
    assert check in failed(report)


@pytest.mark.parametrize(
    ("artifacts", "found"),
    [
        ((), "no artifact"),
        ((Artifact("index.html", exists=False, verified=False),), "is not there"),
        ((*SEALED, Artifact("runbook.pdf", exists=True, verified=False)), "does not verify"),
    ],
    ids=["none", "gone", "altered"],
)
def test_c8_artifacts_are_judged(artifacts: tuple[Artifact, ...], found: str) -> None:
    """Trap 8: upstream's check of the artifacts passes always."""
    report = release(artifacts=artifacts)
    assert_blocked(report, "release_readiness_artifacts")
    assert failed(report)["release_readiness_artifacts"].reasons[0].found == found


def test_c8_artifacts_that_nobody_could_look_at_are_not_passed() -> None:
    report = release(artifacts=None)
    assert report.readiness_state == "ready"
    assert statuses(report)["release_readiness_artifacts"] is CheckStatus.NOT_APPLICABLE
    (written,) = [one for one in report.release_checks if one.id == "release_readiness_artifacts"]
    assert (written.status, written.evidence) == ("warning", UNJUDGED)
    assert any(UNJUDGED in note for note in report.operator_notes)


def test_c8_no_check_is_passed_whatever_happens() -> None:
    ready = {one.id for one in release().checks}
    bad = [
        make.plan(N, NOW - MINUTE, "s"),
        *(make.delivery(A, NOW - n * HOUR - MINUTE, "s", failed=["slack"]) for n in range(3)),
    ]
    assert set(failing(release(*bad, pilot=EMPTY, artifacts=()))) == ready


def test_upstreams_checks_of_two_loops_are_there_for_every_loop() -> None:
    values = [
        make.delivery(XH, NOW - HOUR, "h", failed=["slack"]),
        make.execution(RH, NOW - HOUR, "h", status="failed"),
    ]
    checks = {one.id: one for one in release(*values).release_checks}
    assert checks["executive_retry_health_alert_delivery"].status == "fail"
    assert checks["executive_retry_health_alert_delivery"].evidence == "1 of 1 routes failed"
    assert checks["executive_retry_health_alert_retry_execution"].status == "pass"
    assert checks["recovery_retry_health_alert_retry_execution"].status == "fail"
    assert checks["recovery_retry_health_alert_retry_execution"].operator_action
    assert checks["auditor_export_delivery"].status == "pass"


def test_blockers_come_in_the_order_of_severity() -> None:
    levels = [one.severity for one in release(make.plan(N, NOW - MINUTE, "s")).blockers]
    assert levels == sorted(levels, key=[AlertLevel.CRITICAL, AlertLevel.WARNING].index)
    assert len(set(levels)) == 2


def test_summary_has_one_id_while_nothing_changes() -> None:
    later = closing(*calm(NOW + HOUR), now=NOW + HOUR)["release-readiness"]
    assert release().summary_id == later.summary_id
    assert release().summary_id.startswith("gordackfinalready-")


@pytest.mark.parametrize(
    "pilot",
    [
        QUIET.put(PLAN, "/approval_id", "apr_other"),
        QUIET.put("promotion_evidence", "/approval_id", "apr_other"),
        QUIET.put(HISTORY, "/drills/0/drill_id", "another_drill"),
        QUIET.put(PLAN, "/status", "draft"),
    ],
    ids=["plan", "promotion", "drill", "state"],
)
def test_c15_approval_of_one_summary_is_not_of_another(pilot: Pilot) -> None:
    """Trap 15: what was approved once is not approved for ever."""
    assert release(pilot=pilot).summary_id != release().summary_id


def test_open_routes_change_the_summary() -> None:
    one, other = (release(make.plan(N, NOW - MINUTE, name)).summary_id for name in ("s", "t"))
    assert one != other


def test_override_is_shown_with_its_reason_whatever_the_state() -> None:
    values = [make.release_decision(NOW - HOUR, override=True, reason="fix for CHG-1", rid="decision-9")]
    report = release(*values)
    (override,) = report.overrides
    assert (override.reason, override.record, override.decided_by) == ("fix for CHG-1", "decision-9", make.ACTOR)
    assert override.decided_at == "2026-06-11T14:40:00Z"
    assert any("fix for CHG-1" in note for note in report.operator_notes)


def test_override_without_reason_and_name_is_shown_as_that() -> None:
    report = release(make.release_decision(NOW - HOUR, override=True, by=""))
    assert any("nobody named approved" in note and "without a reason" in note for note in report.operator_notes)


def test_closeout_is_open_until_every_part_is_there() -> None:
    assert release().closeout.closeout_state == "open"
    sent = make.delivery(F, NOW - MINUTE, "export-1")
    other = release(*CLOSED.values(), sent)
    assert next(one.code for one in other.closeout.entries if not one.met) == "approval_decision"
    current = json.loads(json.dumps(list(CLOSED.values())).replace(make.SUMMARY, other.summary_id))
    packet = release(*current, sent).closeout
    assert [one.code for one in packet.entries if not one.met] == []
    assert packet.closeout_state == "closed"
    assert packet.entries[0].since == "2026-06-11T05:40:00Z"


def test_c13_approval_of_a_blocked_release_closes_nothing_without_an_override() -> None:
    entry = release(*CLOSED.values(), pilot=EMPTY).closeout.entries[0]
    assert (entry.code, entry.met) == ("approval_decision", False)
    assert "approved while blocked, without an override" in entry.found


def test_each_blocker_says_what_it_is_about() -> None:
    lost = make.delivery(A, NOW - MINUTE, "s", failed=["slack"])
    others = [one for one in calm() if one.get("connector_delivery_source") != X.source]
    values = [*others, lost, make.plan(N, NOW - DAY, "m"), make.playbook(NOW - MINUTE, {"jira": NOW - HOUR})]
    pilot = QUIET.put("rollback_plan", "/approved", "no")
    report = closing(*values, pilot=pilot, artifacts=())["release-readiness"]
    told = {one.code: one.detail for one in report.blockers}
    assert told["rollback_not_accepted"].startswith("Rollback plan: found needs attention, wanted ")
    assert told["acknowledgement_audit_delivery_failed"] == "Acknowledgement audit: not delivered: 1 route"
    assert told["recovery_open"].startswith("A connector recovery is open: jira: ")
    assert told["executive_report_missing"] == (
        "Executive report: no report delivered in time: no report within 2 days; none was ever delivered"
    )
    assert told["notification_acknowledgements"].startswith("Acknowledgements: 1 outstanding: ")
    assert told["release_readiness_artifacts"].startswith("Artifacts of the bundle: ")
