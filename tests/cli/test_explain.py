"""`--explain` of check, run and status: why a verdict is what it is, as text and as JSON."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from cli.conftest import Call
from reporter.model.schemas import find_schema
from worlds import AS_OF, edit, reporter_here

PILOT = "production-pilot"


@pytest.fixture(scope="module")
def ran(world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run once for one environment, explained."""
    path = Path(shutil.copytree(world, tmp_path_factory.mktemp("explain") / "world"))
    done = reporter_here("run", "-e", PILOT, "--as-of", AS_OF, "--explain", "--json", cwd=path)
    assert done.returncode == 0, done.stderr
    return path, done.stdout


@pytest.fixture
def copy(world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(world, tmp_path / "world"))


def test_failed_check_is_explained_with_found_wanted_and_the_remedy(call: Call, copy: Path) -> None:
    edit(copy / "manifests" / PILOT / "go-backend-rollback-plan.json", lambda plan: plan.update(approved=False))
    where = ("--settings", copy / "reporter.toml", "-e", PILOT, "--as-of", AS_OF)
    said = call("check", "rollback", "--explain", *where, "--fail-on", "needs_attention")
    assert (said.code, said.err) == (4, "")
    lines = said.out.splitlines()
    assert lines[0] == f"Rollback plan: NEEDS ATTENTION  ({PILOT}, as of {AS_OF})"
    assert any(line.startswith("  rule     not requested when ") for line in lines)
    assert "  because  1 of 5 checks failed: Rollback approval" in lines
    assert "  better   Have the plan approved and record approved: true with its approval_id." in lines
    assert "FAIL  Rollback approval  [go_rollback_approval]  decides" in lines
    assert "          NOT   /approved: found false, wanted true" in lines
    digest = next(line for line in lines if line.startswith("        go-backend-rollback-plan.json  sha256 "))
    assert len(digest.rpartition(" ")[2]) == 64

    document = json.loads(call("check", "rollback", "--explain", "--json", *where).out)
    jsonschema.validate(document, find_schema("explanation"))
    assert [one["id"] for one in document["reports"][0]["checks"] if one["decides"]] == ["go_rollback_approval"]


def test_report_that_nobody_asked_for_says_why_no_check_applies(call: Call) -> None:
    said = call("check", "rollback", "--mode", "shadow", "--explain")
    assert "  because  no check applies; not requested" in said.out.splitlines()
    assert "        not requested: mode is shadow and no rollback plan is configured" in said.out.splitlines()


def test_long_check_is_cut_at_a_terminal_and_whole_in_json(call: Call, copy: Path) -> None:
    edit(
        copy / "manifests" / PILOT / "go-backend-rollback-drills.json",
        lambda history: history.update(drills=history["drills"] * 30),
    )
    where = ("--settings", copy / "reporter.toml", "-e", PILOT, "--as-of", AS_OF, "--explain")
    assert "more conditions; --json lists all" in call("check", "drills", *where).out
    whole = json.loads(call("check", "drills", *where, "--json").out)
    assert max(len(check["conditions"]) for check in whole["reports"][0]["checks"]) > 50


def test_run_and_status_explain_the_sealed_bundle_alike(call: Call, ran: tuple[Path, str]) -> None:
    path, printed = ran
    explained = json.loads(printed)["environments"][0]["explanation"]
    jsonschema.validate(explained, find_schema("explanation"))
    assert [one["report"] for one in explained["reports"]][:2] == ["production", "release-readiness"]
    where = ("--settings", path / "reporter.toml", "-e", PILOT, "--as-of", AS_OF)
    said = call("status", "--explain", "--json", *where)
    assert said.code == 0
    assert json.loads(said.out)["environments"][0]["explanation"] == explained
    text = call("status", "--explain", *where).out
    assert set(call("status", *where).out.splitlines()) <= set(text.splitlines())
    assert f"Release readiness: DUE SOON  ({PILOT}, as of {AS_OF})" in text


def test_environment_without_a_bundle_has_no_explanation(call: Call, ran: tuple[Path, str]) -> None:
    where = ("--settings", ran[0] / "reporter.toml", "-e", "build-fleet", "--as-of", AS_OF)
    said = call("status", "--explain", "--json", *where)
    assert said.code == 2
    assert "explanation" not in json.loads(said.out)["environments"][0]
