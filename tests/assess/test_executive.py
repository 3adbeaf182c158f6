"""Executive report (domain.md B2.23, C17, C24): one sentence, the risks in their order, what is to be decided."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assess.cases import DAY, EMPTY, NOW, PILOT, SECOND, failed
from assess.closing_cases import QUIET, SEALED, calm_but, closing, failing
from loops import records as make
from loops.cases import HOUR, MINUTE, A, N, R, X, calm
from reporter.assess.executive import may_approve
from reporter.model.case import Artifact
from reporter.model.reports import AlertLevel, Mode, Status

HISTORY, SCHEDULE = "rollback_drill_history", "rollback_drill_schedule"
SHADOW = QUIET.but(mode=Mode.SHADOW)
FAILED_DRILL = QUIET.put(HISTORY, "/drills/0/status", "fail")


def executive(*values: make.RecordValue, **given: Any) -> Any:  # noqa: ANN401
    return closing(*calm_but(*values), **given)["executive"]


def lost(count: int, name: str = "s", loop: Any = A) -> list[make.RecordValue]:  # noqa: ANN401
    return [make.delivery(loop, NOW - n * MINUTE - HOUR, name, failed=["slack"]) for n in range(count)]


def risks(report: Any) -> list[tuple[str, str, int]]:  # noqa: ANN401
    return [(one.severity.value, one.risk, one.count) for one in report.key_risks]


def decisions(report: Any) -> list[str]:  # noqa: ANN401
    return [one.decision for one in report.decisions]


def test_everything_in_order_asks_for_approval() -> None:
    report = executive()
    assert (report.status, failing(report), report.key_risks) == (Status.READY, [], ())
    assert report.verdict == (
        "Approve the closure of this release: everything asked for is in order and nothing is open."
    )
    assert decisions(report) == ["Approve the closure of this release."]
    assert report.recommended_actions == ()
    assert not report.executive_summary.business_impact


def test_due_soon_drill_is_a_risk_and_an_action_but_holds_nothing() -> None:
    report = executive(pilot=PILOT)
    assert report.status is Status.DUE_SOON
    assert report.verdict.endswith("the next rollback drill is due soon, at 2026-06-20T15:40:00Z.")
    assert risks(report) == [("warning", "The next rollback drill is due soon, at 2026-06-20T15:40:00Z", 1)]
    assert report.recommended_actions == ("Run the next rollback drill by 2026-06-20T15:40:00Z.",)


def test_approval_that_was_given_is_not_asked_for_again() -> None:
    summary = closing(*calm_but())["release-readiness"].summary_id
    report = executive(make.release_decision(NOW - HOUR, summary=summary))
    assert decisions(report) == []
    assert report.verdict.startswith("The closure of this release is approved, and nothing holds it: ")


def test_one_thing_is_advised_of_a_route_without_an_attempt_left() -> None:
    told = " ".join(executive(*lost(3)).recommended_actions)
    assert "Acknowledgement audit: no attempt left: have the connector repaired" in told
    assert "Acknowledgement audit: not delivered" not in told
    assert "Acknowledgement audit: not delivered" in " ".join(executive(*lost(3), *lost(1, "t")).recommended_actions)


@pytest.mark.parametrize(
    ("owner", "escalation", "by"),
    [
        ("release-governance", "boss", "boss"),
        ("ops", "ops", "release-governance"),
        ("release-governance", "release-governance", "whoever leads release-governance"),
    ],
)
def test_who_did_not_answer_never_names_who_answers(owner: str, escalation: str, by: str) -> None:
    routes = make.notification_routes(["slack"], owner=owner, escalation=escalation)
    report = executive(make.routed_plan(N, NOW - 3 * HOUR, "late", routes))
    (decision,) = [one for one in report.decisions if one.decision.startswith("Name who answers")]
    assert decision.by == by


def test_risks_say_since_when() -> None:
    for pilot, since in ((FAILED_DRILL, "2026-05-21T15:40:00Z"), (FAILED_DRILL.drop(SCHEDULE), "2026-06-05T15:40:00Z")):
        unproven = executive(pilot=pilot).key_risks[0]
        assert (unproven.risk.split(":")[0], unproven.since) == ("Readiness is not proven", since)
    others = [one for one in calm() if one["metadata_kind"] != R.worker_run.word]
    workers = closing(*others, make.worker_run(R, NOW - DAY))["executive"].key_risks
    assert [one.since for one in workers if one.risk.startswith("Workers")] == ["2026-06-10T15:40:00Z"]
    splunk = [make.delivery(A, NOW - n * MINUTE - HOUR, "s", ["splunk"], ["splunk"]) for n in range(3)]
    failing = executive(*splunk).key_risks
    assert [one.since for one in failing if one.risk.startswith("Connectors fail")] == ["2026-06-11T14:38:00Z"]
    assert [one.since for one in executive(pilot=PILOT).key_risks] == ["2026-06-06T15:40:00Z"]


def test_approval_over_blockers_is_to_be_confirmed() -> None:
    summary = closing(*calm_but(), pilot=FAILED_DRILL)["release-readiness"].summary_id
    decision = make.release_decision(NOW - HOUR, override=True, reason="CHG-1", summary=summary)
    report = executive(decision, pilot=FAILED_DRILL)
    assert "Confirm or withdraw the approval that was given over the blockers." in decisions(report)
    assert any("CHG-1" in note for note in report.operator_notes)


def test_nobody_asked_and_nothing_is_to_be_decided() -> None:
    report = closing(pilot=SHADOW)["executive"]
    assert (report.status, report.decisions, report.key_risks) == (Status.NOT_REQUESTED, (), ())
    assert "no release to decide on" in report.verdict


def test_risks_come_in_one_order_with_owner_and_since() -> None:
    values = [
        make.plan(N, NOW - MINUTE, "fresh", ["teams"]),
        make.playbook(NOW - HOUR, {"email": NOW - 2 * HOUR}, rid="b-1"),
        *lost(1, "once"),
        make.playbook(NOW - 5 * HOUR, {"jira": NOW - 6 * HOUR}, rid="b-2"),
        make.plan(N, NOW - 3 * HOUR, "late", ["teams"]),
        make.execution(R, NOW - HOUR, "again", "webhook", "failed"),
        make.acknowledgement(R, NOW - MINUTE, "again", "webhook"),
        *lost(3, "gone"),
        *(make.delivery(A, NOW - n * MINUTE, "silent", ["splunk"], failed=["splunk"]) for n in range(2)),
    ]
    report = executive(*values, pilot=FAILED_DRILL, artifacts=(Artifact("a", exists=False, verified=False),))
    assert risks(report) == [
        ("critical", "Readiness is not proven: Drill history, Drill schedule", 2),
        ("critical", "Deliveries have no attempt left", 1),
        ("critical", "Deliveries failed again on retry", 1),
        ("critical", "Alerts were not answered in time", 1),
        ("critical", "Connectors are being repaired for too long", 1),
        ("critical", "Connectors fail and nobody repairs them", 1),
        ("critical", "Workers that retry do not do their work", 2),
        ("critical", "Files of the last bundle do not verify", 1),
        ("warning", "Deliveries failed and are tried again", 2),
        ("warning", "Alerts wait for an answer", 1),
        ("warning", "Connectors are being repaired", 1),
    ]
    sinces = [one.since for one in report.key_risks]
    assert sinces[1:5] == [
        "2026-06-11T14:38:00Z",
        "2026-06-11T14:40:00Z",
        "2026-06-11T12:40:00Z",
        "2026-06-11T10:40:00Z",
    ]
    assert {one.owner for one in report.key_risks} == {"release-governance"}
    assert (report.status, report.executive_summary.business_impact) == (Status.NEEDS_ATTENTION, True)
    assert len(failed(report)["executive_critical_risks"].reasons) == 8


def test_c24_counts_are_those_of_the_reports_they_sum_up() -> None:
    """Trap 24: upstream writes the size of a dictionary where a count is wanted."""
    values = [
        *lost(3, "gone"),
        make.plan(N, NOW - 3 * HOUR, "late"),
        make.playbook(NOW - 5 * HOUR, {"jira": NOW - DAY}),
    ]
    found = closing(*calm_but(*values))
    summary = found["executive"].executive_summary
    assert summary.open_item_count == len(found["closure"].open_items) > 0
    assert summary.exhausted_count == 1
    assert summary.outstanding_acknowledgement_count == 1
    assert (summary.open_recovery_count, summary.slo_breached_count) == (1, 1)
    assert summary.escalation_count == 1 + len(found["recovery"].escalation_routes)
    assert found["executive"].verdict == (
        f"Hold this release: {len(found['release-readiness'].blockers)} blockers,"
        f" {len(found['closure'].open_items)} open items."
    )


def test_c17_what_was_made_up_for_is_no_risk() -> None:
    values = [*lost(2), make.delivery(A, NOW - MINUTE, "s"), make.playbook(NOW - HOUR, {"slack": NOW - HOUR}, rid="b")]
    assert risks(executive(*values, make.closure(NOW, "b"))) == []


def test_missing_evidence_and_reports_are_risks() -> None:
    assert ("critical", "There is no evidence", 1) in risks(closing()["executive"])
    without = [one for one in calm() if one.get("connector_delivery_source") != X.source]
    assert risks(closing(*without)["executive"]) == [("critical", "Executive report: no report delivered in time", 1)]


def test_unproven_way_back_and_late_answers_are_decided_by_people() -> None:
    plan = make.routed_plan(N, NOW - 3 * HOUR, "late", make.notification_routes(["slack"], owner="ops"))
    values = [*lost(3, "gone"), plan, make.playbook(NOW - 5 * HOUR, {"jira": NOW - DAY})]
    report = executive(*values, pilot=FAILED_DRILL)
    assert decisions(report) == [
        "Hold this release until nothing blocks it.",
        "Decide whether Go stays on while the way back to Python is not proven.",
        "Name who answers for those who did not.",
        "Decide whether to wait for the repair or to tell people another way.",
        "Name who delivers by hand what no worker tries again.",
    ]
    assert report.decisions[2].by == "platform-lead"
    assert "ops" in report.decisions[2].why


def test_very_many_actions_are_cut_and_counted() -> None:
    values = [make.delivery(loop, NOW - HOUR, "s", failed=["slack"]) for loop in (A, N, R, X)]
    report = executive(*values, pilot=EMPTY)
    assert len(report.recommended_actions) == 11
    assert report.recommended_actions[-1].startswith("And ")
    assert report.recommended_actions[-1].endswith("more: see the runbook.")
    assert not [one for one in report.recommended_actions if "`" in one or "reporter " in one]


def test_release_that_is_ready_is_held_where_production_is_not() -> None:
    """Release readiness does not ask for the backend; production does."""
    pilot = SHADOW.but(runtime=replace(PILOT.runtime, executable=False)).drop("promotion_evidence")
    found = closing(*calm(), pilot=pilot)
    assert found["release-readiness"].readiness_state == "ready"
    report = found["executive"]
    assert failing(report) == ["executive_release", "executive_critical_risks"]
    assert report.verdict == "Hold this release: 1 unproven readiness report."
    assert report.decisions[0].why == "Production readiness is not proven."


def test_disabled_pilot_with_records_is_held() -> None:
    pilot = QUIET.but(mode=Mode.DISABLED)
    report = executive(pilot=pilot)
    assert report.verdict == "Hold this release: production readiness is disabled."


@pytest.mark.parametrize(
    "pilot", [QUIET, PILOT, SHADOW, FAILED_DRILL, EMPTY, QUIET.but(mode=Mode.DISABLED), EMPTY.but(mode=Mode.ENFORCE)]
)
@pytest.mark.parametrize("values", [[], calm(), lost(1), calm_but(*lost(3)), [make.plan(N, NOW, "s")]])
@pytest.mark.parametrize("artifacts", [None, (), SEALED])
def test_verdict_never_says_approve_unless_both_decisions_do(pilot: Any, values: Any, artifacts: Any) -> None:  # noqa: ANN401
    found = closing(*values, pilot=pilot, artifacts=artifacts)
    may = may_approve(found["production"], found["release-readiness"])
    both = found["production"].status in (Status.READY, Status.DUE_SOON)
    assert may == (both and found["release-readiness"].readiness_state == "ready")
    report = found["executive"]
    assert ("pprove" in report.verdict) == may
    assert report.verdict.startswith("Hold this release: ") == (
        not may and found["release-readiness"].readiness_state != "not_requested"
    )
    assert not may or report.status is not Status.NEEDS_ATTENTION
    assert report.executive_summary.status is report.alert_level


# --- when it is due ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "overdue", "status"),
    [
        (DAY - SECOND, False, Status.READY),
        (DAY, True, Status.DUE_SOON),
        (2 * DAY - SECOND, True, Status.DUE_SOON),
        (2 * DAY, True, Status.NEEDS_ATTENTION),
    ],
    ids=["before", "at", "before-two", "at-two"],
)
def test_report_is_overdue_after_one_interval_and_missing_after_two(
    ago: timedelta,
    overdue: bool,  # noqa: FBT001
    status: Status,
) -> None:
    others = [one for one in calm() if one.get("connector_delivery_source") != X.source]
    report = closing(*others, make.delivery(X, NOW - ago, "r"))["executive"]
    assert (report.schedule.overdue, report.status) == (overdue, status)
    assert report.schedule.interval_minutes == 1440.0
    named = [one.risk for one in report.key_risks]
    assert ("The executive report is overdue" in named) == (status is Status.DUE_SOON)


def test_schedule_says_when_it_went_out_and_when_it_is_due() -> None:
    schedule = executive().schedule
    assert (schedule.last_delivered_at, schedule.next_due_at) == ("2026-06-11T14:40:00Z", "2026-06-12T14:40:00Z")
    never = closing()["executive"].schedule
    assert (never.last_delivered_at, never.next_due_at, never.overdue) == ("", "", True)


def test_warning_alone_makes_it_due_soon() -> None:
    report = executive(make.delivery(A, NOW - MINUTE, "s", failed=["slack"]))
    assert ("warning", "Deliveries failed and are tried again", 1) in risks(report)
    assert report.alert_level is AlertLevel.CRITICAL


def test_id_is_of_what_it_says() -> None:
    ids = {executive().executive_report_id, executive(pilot=PILOT).executive_report_id}
    assert len(ids) == 2
    assert all(one.startswith("gordackexecreport-") for one in ids)
