"""The walk over the registry, and what holds for all reports."""

import json

import pytest

from assess.cases import EARLY, EMPTY, NOW, PILOT, READINESS, failed, not_there, statuses
from reporter.assess.everything import assess_reports, inputs_for, needed_for
from reporter.collect.case import EVERYTHING
from reporter.model.registry import BY_NAME, REPORTS, find_report
from reporter.model.reports import Mode, Status
from reporter.sample.world import sample_world


def test_production_needs_everything() -> None:
    assert needed_for("production") == set(READINESS)
    assert inputs_for("production") | inputs_for("notification-plan") == EVERYTHING


def test_report_needs_itself_and_what_it_builds_on() -> None:
    assert needed_for("backend") == {"backend"}
    assert needed_for("promotion") == {"promotion", "backend", "deployment"}
    assert needed_for("schedule") == {"schedule", "drills"}
    assert inputs_for("schedule") == {"rollback_plan", "rollback_drill_history", "rollback_drill_schedule"}


def test_reports_come_in_the_order_of_the_registry_whatever_was_asked() -> None:
    assert list(assess_reports(PILOT.case(), ["schedule", "backend"])) == ["backend", "drills", "schedule"]
    assert list(PILOT.reports()) == list(READINESS)
    assert list(assess_reports(PILOT.case())) == [kind.name for kind in REPORTS]


@pytest.mark.parametrize("name", READINESS)
def test_report_alone_is_the_report_among_all(name: str) -> None:
    assert PILOT.report(name) == PILOT.reports()[name]


@pytest.mark.parametrize("name", READINESS)
def test_same_inputs_and_same_now_give_the_same_bytes(name: str) -> None:
    """Trap 32: upstream reads the clock inside of its reports."""
    assert PILOT.report(name).model_dump_json() == PILOT.report(name).model_dump_json()


@pytest.mark.parametrize("name", READINESS)
def test_report_says_what_it_is(name: str) -> None:
    report, row = PILOT.report(name), BY_NAME[name]
    assert isinstance(report, row.model)
    assert (report.schema_version, report.report, report.title) == (row.schema_id, row.name, row.title)
    assert (report.product, report.generated_by) == ("CAVRA", "release-governance")
    assert (report.environment, report.mode) == ("production-pilot", Mode.PROMOTED)
    assert report.generated_at == "2026-06-11T15:40:00Z"
    assert row.file == f"reports/{row.name}.json"
    assert find_report(row.name) is find_report(row.upstream) is find_report(f"go-{row.upstream}") is row


def test_unknown_report_is_none() -> None:
    assert find_report("go-pilot") is None


def test_trap_08_every_check_can_fail() -> None:
    """Trap 8: a condition that cannot fail is a note, not a check."""
    missing = not_there("x", "x")
    worst = EMPTY.but(compiled_policy=missing, tool_registry=missing, package_dir=missing)
    worst = worst.but(runtime=type(worst.runtime)(not_there("runtime", "x")))
    reports = worst.reports()
    assert {one for report in reports.values() for one in failed(report)} == {
        one for report in reports.values() for one in statuses(report)
    }


def test_passing_check_shows_its_evidence_too() -> None:
    check = next(one for one in PILOT.report("rollback").checks if one.id == "go_rollback_disable_path")
    assert check.message == "2 conditions met in go-backend-rollback-plan.json"
    (document, target) = check.evidence
    assert (document.pointer, target.pointer, target.value) == ("", "/target_mode", '"disabled"')
    assert document.sha256 == target.sha256
    assert document.sha256 is not None
    assert len(document.sha256) == 64


@pytest.mark.parametrize(
    ("environment", "status", "gates"),
    [
        ("production-pilot", Status.DUE_SOON, set()),
        (
            "payments-pilot",
            Status.NEEDS_ATTENTION,
            {"go_backend_rollback_drill_history", "go_backend_rollback_drill_schedule"},
        ),
        (
            "build-fleet",
            Status.NEEDS_ATTENTION,
            {
                "go_backend_deployment_paths",
                "go_backend_promotion_gate",
                "go_backend_rollback_controls",
                "go_backend_rollback_rehearsal",
            },
        ),
    ],
)
def test_sample_world_is_as_described(environment: str, status: Status, gates: set[str]) -> None:
    pilot = type(PILOT)(sample_world(NOW)[environment])
    report = pilot.report("production")
    assert report.status is status
    assert set(failed(report)) == gates


def test_reports_are_json_that_others_read() -> None:
    for report in EARLY.reports().values():
        assert json.loads(report.model_dump_json())["status"] == report.status
