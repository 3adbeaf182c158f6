"""Production readiness (domain.md B2.8): the verdict of one environment."""

from itertools import product
from typing import Any

import pytest

from assess.cases import DAY, EARLY, EMPTY, NOW, PILOT, Pilot, failed, not_there, statuses, triple
from reporter.assess.production import assess_production
from reporter.model.checks import CheckStatus
from reporter.model.registry import BY_NAME, REPORTS
from reporter.model.reports import AlertLevel, Mode, ProductionReport, Status

SECTIONS = [kind for kind in REPORTS if kind.section]


def production(pilot: Pilot) -> ProductionReport:
    report: ProductionReport = pilot.report("production")
    return report


def test_everything_in_order_is_ready() -> None:
    report = production(EARLY)
    assert (report.status, report.alert_level) == (Status.READY, AlertLevel.HEALTHY)
    assert statuses(report) == {kind.gate: "pass" for kind in SECTIONS}
    assert report.schema_version == "cavra.deployment.production_readiness.v1"
    assert "closure of alerts are judged by `reporter check release-readiness`" in report.operator_notes[0]
    for kind in SECTIONS:
        assert getattr(report, kind.section).report == kind.name


def test_due_soon_schedule_stays_visible() -> None:
    report = production(PILOT)
    assert (report.status, report.alert_level) == (Status.DUE_SOON, AlertLevel.WARNING)
    assert failed(report) == {}


def test_overdue_schedule_needs_attention() -> None:
    report = production(PILOT.but(now=NOW + 10 * DAY))
    assert (report.status, report.alert_level) == (Status.NEEDS_ATTENTION, AlertLevel.CRITICAL)
    assert set(failed(report)) == {"go_backend_rollback_drill_schedule"}


def test_trap_03_promoted_without_evidence_fails_every_gate_but_the_backend() -> None:
    """Trap 3: no evidence is never ready."""
    report = production(EMPTY)
    assert report.status is Status.NEEDS_ATTENTION
    assert set(failed(report)) == {kind.gate for kind in SECTIONS[1:]}
    backend = production(EMPTY.but(compiled_policy=not_there("policy", "p.json")))
    assert set(failed(backend)) == {kind.gate for kind in SECTIONS}


@pytest.mark.parametrize("alias", PILOT.documents)
def test_trap_03_every_manifest_is_needed_in_promoted_mode(alias: str) -> None:
    """Trap 3: what is not there is not ready; upstream reads some of them as not requested."""
    for pilot in (EARLY.drop(alias), EARLY.lose(alias), EARLY.give(alias, b""), EARLY.give(alias, b"{}")):
        assert production(pilot).status is Status.NEEDS_ATTENTION


def test_disabled_pilot_is_disabled_and_not_ready() -> None:
    report = production(EMPTY.but(mode=Mode.DISABLED))
    assert report.status is Status.DISABLED
    assert failed(report) == {}


def test_disabled_pilot_with_a_failing_report_needs_attention() -> None:
    report = production(EMPTY.but(mode=Mode.DISABLED).give("rollback_plan", b"{}"))
    assert set(failed(report)) == {"go_backend_rollback_controls"}
    assert report.status is Status.NEEDS_ATTENTION


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.ENFORCE], ids=str)
def test_before_promotion_only_backend_and_deployment_are_asked_for(mode: Mode) -> None:
    release = EARLY.only("endpoint_deployment", "ci_runner_bundles", "channel_manifest", "updater_policy")
    assert production(release.but(mode=mode)).status is Status.READY
    assert set(failed(production(EMPTY.but(mode=mode)))) == {"go_backend_deployment_paths"}


ACCEPTED = {
    "backend": {"disabled", "ready"},
    "deployment": {"ready", "not_configured"},
    "promotion": {"not_requested", "ready"},
    "rollback": {"not_requested", "ready"},
    "rehearsal": {"not_requested", "ready"},
    "drills": {"not_requested", "ready"},
    "schedule": {"not_requested", "ready", "due_soon"},
}


@pytest.mark.parametrize(("name", "status"), list(product(ACCEPTED, Status)), ids=str)
def test_each_gate_accepts_exactly_its_statuses(name: str, status: Status) -> None:
    reports: dict[str, Any] = EARLY.reports()
    reports[name] = reports[name].model_copy(update={"status": status})
    given = [reports[one] for one in BY_NAME["production"].builds_on]
    report = assess_production(EARLY.case(), *given)
    if status in ACCEPTED[name]:
        assert failed(report) == {}
        assert report.status is (Status.DUE_SOON if status is Status.DUE_SOON else Status.READY)
    else:
        (check,) = failed(report).values()
        assert check.id == BY_NAME[name].gate
        wanted = " or ".join(f'"{one}"' for one in sorted(ACCEPTED[name]))
        assert triple(check.reasons[0]) == (f"report:{name}", "/status", f'"{status}"', wanted)
        assert check.message == f'{name} report /status: found "{status}", wanted {wanted}'
        assert check.remedy == f"Mend the failed checks of `reporter check {name}`."
        assert report.status is Status.NEEDS_ATTENTION


def test_trap_09_drills_and_schedule_are_consulted() -> None:
    """Trap 9: upstream's release readiness ignores rollback, drills and schedule."""
    assert {
        "go_backend_rollback_controls",
        "go_backend_rollback_drill_history",
        "go_backend_rollback_drill_schedule",
    } < set(statuses(production(EARLY)))


def test_every_failed_report_is_listed() -> None:
    report = production(EARLY.drop("rollback_plan", "promotion_evidence"))
    assert report.summary == "2 of 7 reports need attention: Promotion, Rollback plan"


def test_a_report_that_nobody_asked_for_is_not_counted_as_passed() -> None:
    report = production(EMPTY.but(mode=Mode.DISABLED))
    assert {check.status for check in report.checks} == {CheckStatus.NOT_APPLICABLE}
    assert report.summary == "Go is disabled: nothing runs, and nothing was proven"


def test_the_summary_says_when_the_next_drill_is_due() -> None:
    drill = "; the next rollback drill is due 2026-06-20T15:40:00Z"
    assert production(PILOT).summary == "all 7 reports that were asked for are in order" + drill


def test_one_failed_report_is_told_in_the_singular() -> None:
    report = production(EARLY.drop("rollback_plan"))
    assert report.summary == "1 of 7 reports needs attention: Rollback plan"


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.ENFORCE, Mode.PROMOTED])
@pytest.mark.parametrize("taken", ["rollback_plan", "rollback_drill_history"])
def test_unsetting_a_document_that_others_are_judged_against_never_mends_production(mode: Mode, taken: str) -> None:
    """A drill too slow for its plan, or overdue by its history, must not pass by leaving those out (domain.md A2)."""
    pilot = PILOT.put("rollback_drill_history", "/drills/0/max_recovery_minutes", 60).but(mode=mode)
    assert production(pilot).status is Status.NEEDS_ATTENTION
    assert production(pilot.drop(taken)).status is Status.NEEDS_ATTENTION
