"""Why a verdict is what it is: the checks' own words, the ones that decide, and the rule."""

import pytest

from assess.cases import EARLY, EMPTY, NOW, PILOT, Pilot
from assess.closing_cases import QUIET
from loops import records as make
from loops.cases import MINUTE, F, calm, settled
from render.documents import closed_document, readiness_document
from reporter.assess.everything import assess_reports
from reporter.model.checks import CheckStatus
from reporter.model.delivery_reports import WorkerHealthReport
from reporter.model.explanation import ExplainedReport, Explanation
from reporter.model.fold_rules import rule_of
from reporter.model.readiness import Readiness
from reporter.model.registry import REPORTS, ReportKind
from reporter.model.reports import Mode, Report, Status
from reporter.render.explain import explain_readiness, explain_reports


def explain(pilot: Pilot, *names: str) -> Explanation:
    return explain_reports(reports(pilot), names, ())


def reports(pilot: Pilot) -> dict[str, Report]:
    return assess_reports(pilot.case())


def only(explanation: Explanation, name: str) -> ExplainedReport:
    return next(one for one in explanation.reports if one.report == name)


def test_failed_checks_decide_and_their_remedies_make_it_better() -> None:
    pilot = PILOT.put("rollback_plan", "/approved", value=False)
    told = only(explain(pilot, "rollback"), "rollback")
    report = reports(pilot)["rollback"]
    deciding = [one for one in told.checks if one.decides]
    assert [one.id for one in deciding] == ["go_rollback_approval"]
    assert told.because.startswith("1 of ")
    assert told.better == tuple(one.remedy for one in report.checks if one.status is CheckStatus.FAIL)
    unmet = [one for one in deciding[0].conditions if not one.met]
    assert [(one.pointer, one.found, one.wanted) for one in unmet] == [("/approved", "false", ("true",))]
    assert all(one.sha256 for one in unmet)


def test_every_condition_that_held_says_what_was_wanted() -> None:
    explanation = explain(PILOT, "production")
    conditions = [one for report in explanation.reports for check in report.checks for one in check.conditions]
    assert conditions
    assert all(one.met and one.wanted for one in conditions)


def test_every_passed_check_of_a_ready_report_decides() -> None:
    told = only(explain(EARLY, "rollback"), "rollback")
    assert told.status is Status.READY
    assert all(one.decides for one in told.checks)
    assert told.because == f"{len(told.checks)} checks passed"
    assert told.better == ()


def test_reports_below_that_are_not_in_order_are_explained_once_after_it() -> None:
    pilot = PILOT.put("rollback_plan", "/approved", value=False)
    explanation = explain(pilot, "production", "release-readiness")
    names = [one.report for one in explanation.reports]
    assert names[:2] == ["production", "release-readiness"]
    assert "rollback" in names
    assert len(names) == len(set(names))
    assert "backend" not in names


def test_values_at_one_pointer_are_split_into_what_failed_and_what_held() -> None:
    """The plan's target is both a number above zero, which holds, and what the rehearsal exceeds."""
    pilot = PILOT.put("rollback_rehearsal", "/max_recovery_minutes", value=99)
    told = only(explain(pilot, "rehearsal"), "rehearsal")
    at = [one for check in told.checks for one in check.conditions if one.pointer == "/max_recovery_minutes"]
    assert {one.met for one in at} == {True, False}
    for check in told.checks:
        wants = [(one.document, one.pointer, want) for one in check.conditions for want in one.wanted]
        assert len(wants) == len(set(wants))


def test_status_that_follows_another_report_says_so() -> None:
    pilot = PILOT.put("rollback_drill_schedule", "/status", value="paused")
    told = only(explain(pilot, "notification-plan"), "notification-plan")
    assert told.status is Status.NEEDS_ATTENTION
    assert told.because == "no check failed here; the status follows Drill schedule"


def test_drill_that_is_due_soon_says_by_when_to_run_it() -> None:
    for name in ("schedule", "production"):
        told = only(explain(PILOT, name), name)
        assert told.status is Status.DUE_SOON
        assert told.better == (
            "Run the next rollback drill by 20 June 2026, in 9 days, and add it to the drill history.",
        )
        assert "what is due" in told.because


def test_disabled_pilot_has_no_check_that_decides() -> None:
    told = only(explain(EMPTY.but(mode=Mode.DISABLED), "backend"), "backend")
    assert (told.status, told.because.startswith("no check applies; ")) == (Status.DISABLED, True)
    assert not any(one.decides for one in told.checks)


def test_worker_that_has_something_to_do_is_told_what_its_alerts_recommend() -> None:
    states = settled(*calm(), make.delivery(F, NOW - MINUTE, "late", failed=["slack"]))
    found = assess_reports(QUIET.case(), ["worker-health"], states)
    told = only(explain_reports(found, ["worker-health"], ()), "worker-health")
    report = found["worker-health"]
    assert isinstance(report, WorkerHealthReport)
    wanted = [alert.recommendation for loop in report.loops for alert in loop.alerts]
    assert wanted
    assert report.status is Status.DUE_SOON
    assert told.better == tuple(dict.fromkeys(wanted))


@pytest.mark.parametrize("document", [readiness_document(), closed_document()], ids=["in trouble", "closed"])
def test_bundle_is_explained_by_its_own_words(document: Readiness) -> None:
    explanation = explain_readiness(document)
    assert [one.report for one in explanation.reports][:2] == ["production", "release-readiness"]
    for one in explanation.reports:
        assert one.status.value.replace("_", " ") in one.rule


@pytest.mark.parametrize("kind", REPORTS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    "pilot",
    [
        EARLY,
        PILOT,
        PILOT.but(mode=Mode.DISABLED),
        EMPTY.but(mode=Mode.DISABLED),
        EMPTY,
    ],
    ids=["ready", "due soon", "disabled", "disabled without anything", "promoted without anything"],
)
def test_rule_names_every_status_that_a_report_has(kind: ReportKind, pilot: Pilot) -> None:
    status = reports(pilot)[kind.name].status
    assert status.value.replace("_", " ") in rule_of(kind)
