"""`reporter check notification-plan` as users run it, with upstream's words and flags."""

import json
from pathlib import Path
from typing import Any

import pytest

from worlds import AS_OF, make_world, reporter_here

HISTORY = "go-backend-rollback-drills.json"
SCHEDULE = "go-backend-rollback-drill-schedule.json"
ROUTING = "go-backend-rollback-drill-routing.json"
WINDOW = {
    "id": "patch-day",
    "starts_at": "2026-05-28T17:00:00",
    "ends_at": "2026-05-28T18:00:00",
    "rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH",
    "timezone": "Europe/Berlin",
    "description": "Patch day\x1b[31m",
}


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("plan") / "world") / "manifests" / "production-pilot"


def promised(manifests: Path, routing: Path, *more: str) -> list[str | Path]:
    """Give the command that the documentation of drill scheduling promises."""
    return [
        "check",
        "rollback-drill-notification-plan",
        "--mode",
        "promoted",
        "--rollback-drill-history-path",
        manifests / HISTORY,
        "--rollback-drill-schedule-path",
        manifests / SCHEDULE,
        "--routing-policy",
        routing,
        "--provider",
        "slack",
        "--as-of",
        AS_OF,
        *more,
    ]


def write(path: Path, **policy: object) -> Path:
    path.write_text(json.dumps(policy), encoding="utf-8")
    return path


def test_the_promised_command_prints_the_plan(manifests: Path, tmp_path: Path) -> None:
    routing = write(tmp_path / ROUTING, suppression_windows=[])
    done = reporter_here(*promised(manifests, routing, "--json"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    plan: dict[str, Any] = json.loads(done.stdout)
    assert plan["schema_version"] == "cavra.go-backend-pilot.rollback-drill-notification-plan.v1"
    assert (plan["status"], plan["alert_level"]) == ("due_soon", "warning")
    assert plan["routing_policy_path"] == ROUTING
    assert [(one["provider"], one["action"]) for one in plan["route_decisions"]] == [("slack", "deliver")]


def test_the_text_says_who_is_told(manifests: Path, tmp_path: Path) -> None:
    done = reporter_here(*promised(manifests, write(tmp_path / ROUTING)), cwd=tmp_path)
    assert "deliver   slack  release-governance  answer within 30 minutes, else platform-lead" in done.stdout


def test_the_text_says_who_is_not_told_why_and_until_when(manifests: Path, tmp_path: Path) -> None:
    routing = write(tmp_path / ROUTING, suppression_windows=[WINDOW])
    done = reporter_here(*promised(manifests, routing), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Notification plan: NEEDS ATTENTION" in done.stdout
    assert "SUPPRESSED: nobody is told; the first may be told again at 2026-06-11T16:00:00Z" in done.stdout
    assert (
        r"suppress  slack  release-governance  until 2026-06-11T16:00:00Z  maintenance_window: Patch day\u001b[31m"
        in done.stdout
    )
    assert "note: suppressed_critical: " in done.stdout


def test_suppression_without_an_end_is_said(manifests: Path, tmp_path: Path) -> None:
    routing = write(tmp_path / ROUTING, calendars={"release-governance": {"available": False}})
    done = reporter_here(*promised(manifests, routing), cwd=tmp_path)
    assert "SUPPRESSED: nobody is told\n" in done.stdout
    assert "with no end given  owner_calendar: owner unavailable" in done.stdout


@pytest.mark.parametrize(
    ("provider", "requested"),
    [("all", "all"), ("Slack,TEAMS", "slack,teams"), ("slack,slack", "slack"), ("slack,all", "all")],
)
def test_providers_are_taken_as_they_are_written(manifests: Path, provider: str, requested: str) -> None:
    flags = ["--rollback-drill-schedule-path", SCHEDULE, "--provider", provider]
    done = reporter_here("check", "notification-plan", *flags, "--as-of", AS_OF, "--json", cwd=manifests)
    assert json.loads(done.stdout)["requested_provider"] == requested


@pytest.mark.parametrize("provider", ["slak", "slack,slak", "", "slack,"])
def test_an_unknown_provider_is_refused_with_the_list_of_known_ones(tmp_path: Path, provider: str) -> None:
    done = reporter_here("check", "notification-plan", "--provider", provider, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "all, azure_repos, datadog, email" in done.stderr
    assert "slak" in done.stderr or "''" in done.stderr


@pytest.mark.parametrize("flags", [("--provider", "slack"), ("--force",), ("--no-force",)])
def test_flags_of_the_plan_are_refused_by_other_reports(tmp_path: Path, flags: tuple[str, ...]) -> None:
    done = reporter_here("check", "schedule", *flags, cwd=tmp_path)
    assert done.returncode == 2
    reports = (
        "notification-plan, routing-trend, worker-health"
        if "--provider" in flags
        else "notification-plan, worker-health"
    )
    assert f"is for {reports}, not for schedule" in done.stderr


def test_force_notifies_for_a_healthy_schedule(manifests: Path) -> None:
    flags = ["--environment", "production-pilot", "--settings", str(manifests.parent.parent / "reporter.toml")]
    healthy = ["check", "notification-plan", *flags, "--as-of", "2026-06-01T00:00:00Z", "--json"]
    counts = [
        json.loads(reporter_here(*healthy, flag, cwd=manifests).stdout)["deliverable_route_count"]
        for flag in ("--no-force", "--force")
    ]
    assert counts == [0, 2]


def test_the_policy_is_found_beside_the_manifests_and_may_be_missing(tmp_path: Path) -> None:
    world = make_world(tmp_path / "world")
    command = ["check", "notification-plan", "-e", "production-pilot", "--as-of", AS_OF, "--json"]
    without = json.loads(reporter_here(*command, cwd=world).stdout)
    assert (without["routing_policy_path"], without["status"]) == ("", "due_soon")
    write(world / "manifests" / "production-pilot" / ROUTING, maintenance_windows=[WINDOW])
    with_ = json.loads(reporter_here(*command, cwd=world).stdout)
    assert with_["routing_policy_path"] == ROUTING
    assert with_["suppressed_critical"] is True


def test_a_policy_that_somebody_named_must_be_there(manifests: Path, tmp_path: Path) -> None:
    done = reporter_here(*promised(manifests, tmp_path / "gone.json", "--json"), cwd=tmp_path)
    plan = json.loads(done.stdout)
    assert plan["status"] == "needs_attention"
    assert plan["deliverable_route_count"] == 1
    assert "gone.json: found no such file" in plan["checks"][0]["message"]


def test_the_setting_and_the_schema_have_no_variable_and_no_schema_id(tmp_path: Path) -> None:
    example = reporter_here("settings", "example", cwd=tmp_path).stdout
    assert f'routing_policy_path = "manifests/{ROUTING}"' in example
    schema = json.loads(reporter_here("schema", "routing_policy", cwd=tmp_path).stdout)
    assert "schema_version" not in schema["properties"]
    assert {"routing_rules", "suppression_windows", "calendars", "default_slo"} <= set(schema["properties"])


def test_every_bundle_holds_the_plan_and_its_policy(tmp_path: Path) -> None:
    world = make_world(tmp_path / "world")
    write(world / "manifests" / "production-pilot" / ROUTING, maintenance_windows=[WINDOW])
    done = reporter_here("run", "--as-of", AS_OF, "-e", "production-pilot", "--json", cwd=world)
    assert done.returncode == 0, done.stderr
    (outcome,) = json.loads(done.stdout)["environments"]
    assert (outcome["status"], outcome["reports"]["notification-plan"]) == ("due_soon", "needs_attention")
    bundle = Path(outcome["bundle"])
    plan = json.loads((bundle / "reports" / "notification-plan.json").read_text(encoding="utf-8"))
    assert plan["suppressed_critical"] is True
    inputs = json.loads((bundle / "inputs.json").read_text(encoding="utf-8"))["inputs"]
    assert [(one["title"], one["state"]) for one in inputs if one["alias"] == "routing_policy"] == [
        ("Routing policy", "read")
    ]
