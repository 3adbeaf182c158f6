"""The sample world: its reference values, its dates, and that each pilot shows what its description says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.assess.everything import assess_reports
from reporter.collect.case import collect_case
from reporter.jobs.loops import states_of
from reporter.model.checks import CheckStatus
from reporter.model.instants import parse_instant
from reporter.model.registry import REPORTS
from reporter.model.reports import Report, Status
from reporter.sample.world import sample_world
from reporter.sample.write import sample_files, write_new
from reporter.settings import load_settings

AS_OF = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
WORLD = sample_world(AS_OF)


def reports(directory: Path, environment: str, as_of: datetime) -> dict[str, Report]:
    if not directory.exists():
        write_new(directory, sample_files(as_of))
    settings, _ = load_settings(str(directory / "reporter.toml"), {})
    manifests_alone = [kind.name for kind in REPORTS if not kind.from_records]
    return assess_reports(collect_case(settings, environment, as_of), manifests_alone)


def all_reports(directory: Path, environment: str, as_of: datetime) -> dict[str, Report]:
    write_new(directory, sample_files(as_of))
    settings, _ = load_settings(str(directory / "reporter.toml"), {})
    evidence = states_of(settings, environment, as_of)
    return assess_reports(collect_case(settings, environment, as_of), states=evidence.states)


def failed(assessed: dict[str, Report]) -> set[str]:
    own = (report for name, report in assessed.items() if name != "production")
    return {check.id for report in own for check in report.checks if check.status is CheckStatus.FAIL}


def test_reference_values_are_all_there() -> None:
    """The table of domain.md A11."""
    pilot: dict[str, Any] = WORLD["production-pilot"]
    assert pilot["promotion_evidence"]["approval_id"] == "apr_go_backend_promotion"
    assert pilot["rollback_plan"]["approval_id"] == "apr_go_backend_rollback"
    rehearsal = pilot["rollback_rehearsal"]
    assert (rehearsal["recovery_minutes"], rehearsal["max_recovery_minutes"]) == (6, 15)
    drill = pilot["rollback_drill_history"]["drills"][0]
    assert drill["drill_id"] == "drill_go_backend_python_fallback"
    assert (drill["recovery_minutes"], drill["max_recovery_minutes"]) == (7, 15)
    assert drill["executed_at"] == "2026-05-21T15:40:00Z"
    schedule = pilot["rollback_drill_schedule"]
    assert schedule["schedule_id"] == "go_backend_python_fallback_monthly"
    assert schedule["environment"] == "production-pilot"
    assert (schedule["interval_days"], schedule["next_due_at"]) == (30, "2026-06-20T15:40:00Z")
    assert (schedule["owners"], schedule["notification_providers"]) == (["release-governance"], ["slack", "teams"])
    rule = schedule["owner_routes"]["release-governance"]
    assert (rule["acknowledgement_minutes"], rule["escalation_owner"]) == (30, "platform-lead")
    runner, workstation = pilot["endpoint_deployment"]["deployment_targets"]
    assert (runner["id"], workstation["id"]) == ("github-actions-linux-amd64-runner", "linux-systemd-amd64-workstation")
    assert {one["platform"] for one in (runner, workstation)} == {"linux/amd64"}
    assert {one["binary"] for one in (runner, workstation)} == {"bin/cavra-runtime_linux_amd64"}
    assert [one["channel"] for one in pilot["channel_manifest"]["channels"]] == ["stable"]
    assert pilot["ci_runner_bundles"]["runner_bundles"][0]["required_outputs"] == [
        ".cavra/go-daemon/release-governance-evidence-verification.json"
    ]


INSTANTS = [AS_OF, datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)]


@pytest.mark.parametrize("as_of", INSTANTS, ids=lambda as_of: f"{as_of:%Y}")
def test_production_pilot_is_due_soon_and_nothing_fails(tmp_path: Path, as_of: datetime) -> None:
    assessed = reports(tmp_path / "world", "production-pilot", as_of)
    assert failed(assessed) == set()
    statuses = {name: report.status for name, report in assessed.items()}
    assert statuses["schedule"] is Status.DUE_SOON
    assert statuses["production"] is Status.DUE_SOON
    assert {statuses[name] for name in ("backend", "deployment", "promotion", "rollback", "rehearsal", "drills")} == {
        Status.READY
    }


@pytest.mark.parametrize("as_of", INSTANTS, ids=lambda as_of: f"{as_of:%Y}")
def test_payments_pilot_lets_its_drills_slip(tmp_path: Path, as_of: datetime) -> None:
    """The last one took too long and the next is overdue; its papers are in order."""
    assessed = reports(tmp_path / "world", "payments-pilot", as_of)
    assert assessed["production"].status is Status.NEEDS_ATTENTION
    assert failed(assessed) == {
        "go_rollback_drill_history_file",
        "go_rollback_drill_latest_passed",
        "go_rollback_drill_recovery_sla",
        "go_rollback_drill_schedule_not_stale",
    }


@pytest.mark.parametrize("as_of", INSTANTS, ids=lambda as_of: f"{as_of:%Y}")
def test_build_fleet_was_promoted_in_a_hurry(tmp_path: Path, as_of: datetime) -> None:
    """Its plan waits for approval, a channel has no policy; its drills are in order."""
    assessed = reports(tmp_path / "world", "build-fleet", as_of)
    assert assessed["production"].status is Status.NEEDS_ATTENTION
    failures = failed(assessed)
    assert {"go_rollback_approval", "go_workstation_updater_policy", "go_workstation_channels"} <= failures
    assert {"go_ci_runner_bundles", "go_deployment_ready"} <= failures
    assert not {one for one in failures if "drill" in one}
    assert assessed["schedule"].status is Status.READY


def test_production_pilot_passes_every_check_of_every_report_with_its_evidence(tmp_path: Path) -> None:
    assessed = all_reports(tmp_path / "world", "production-pilot", AS_OF)
    assert failed(assessed) == set()
    assert {report.status for report in assessed.values()} == {Status.READY, Status.DUE_SOON}
    assert len(assessed) == len(REPORTS)


@pytest.mark.parametrize("environment", ["payments-pilot", "build-fleet"])
def test_others_are_open_and_blocked_with_their_evidence(tmp_path: Path, environment: str) -> None:
    assessed = all_reports(tmp_path / "world", environment, AS_OF)
    for name in ("worker-health", "closure", "release-readiness", "executive", "runbook"):
        assert assessed[name].status is Status.NEEDS_ATTENTION, name


def test_every_date_moves_with_the_instant() -> None:
    later = sample_world(AS_OF + timedelta(days=1000))
    for environment, manifests in WORLD.items():
        for alias, keys in (("rollback_drill_history", "executed_at"), ("rollback_drill_schedule", "next_due_at")):
            holders = [manifests[alias], *manifests[alias].get("drills", [])]
            others = [later[environment][alias], *later[environment][alias].get("drills", [])]
            for one, other in zip(holders, others, strict=True):
                if keys in one:
                    before, after = parse_instant(one[keys]), parse_instant(other[keys])
                    assert before is not None
                    assert after is not None
                    assert after.at - before.at == timedelta(days=1000)
