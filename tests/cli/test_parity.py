"""`reporter parity`: promotion evidence from many actions by both backends, and what promotion makes of it."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Call, Said
from evaluation.runtimes import make_runtime, sound
from evaluation.test_policy import POLICY
from reporter.errors import ExitCode

ROOT = Path(__file__).parents[2]
CASES = [
    {"action_type": "execute_command", "target": "terraform plan"},
    {"action_type": "read_file", "target": "a.pem"},
    {"action_type": "write_file", "target": "a.py"},
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "policy.json").write_text(json.dumps(POLICY))
    (tmp_path / "cases.jsonl").write_text("\n\n".join(map(json.dumps, CASES)))
    make_runtime(tmp_path / "cavra-runtime", sys.executable, sound(ROOT))
    return tmp_path


def proven(call: Call, files: Path, *more: str | Path) -> Said:
    given = ("--policy-path", files / "policy.json", "--runtime-path", files / "cavra-runtime", "--mode", "promoted")
    return call("parity", "--cases", files / "cases.jsonl", *given, "--timeout-seconds", "60", *more)


def test_backends_of_one_mind_make_evidence_that_names_its_files_and_is_not_approved(call: Call, files: Path) -> None:
    said = proven(call, files, "--as-of", "2026-06-11T15:40:00Z")
    assert said.code == ExitCode.DONE, said.err
    evidence = json.loads(said.out)
    assert (evidence["parity_status"], evidence["case_count"], evidence["match_count"]) == ("pass", 3, 3)
    assert (evidence["approved"], evidence["mismatches"]) == (False, [])
    assert evidence["deployment_status"] == "needs_attention"
    for key, name in (("runtime", "cavra-runtime"), ("policy", "policy.json"), ("cases", "cases.jsonl")):
        assert evidence[f"{key}_sha256"] == hashlib.sha256((files / name).read_bytes()).hexdigest()
    assert "3 of 3 actions decided alike" in said.err


def test_every_action_that_was_decided_otherwise_is_listed(call: Call, files: Path) -> None:
    make_runtime(files / "cavra-runtime", sys.executable, sound(ROOT, severity="low"))
    said = proven(call, files, "--fail-on", "needs_attention")
    assert said.code == ExitCode.NEEDS_ATTENTION
    evidence = json.loads(said.out)
    assert (evidence["parity_status"], evidence["mismatch_count"]) == ("fail", 2)
    first, second = evidence["mismatches"]
    assert (first["case"], first["code"], first["go"]["severity"]) == (1, "decision_diverged", "low")
    assert (second["case"], second["python"]["rule_id"]) == (2, "filesystem.read.block")


def test_runtime_that_fails_proves_nothing(call: Call, files: Path) -> None:
    make_runtime(files / "cavra-runtime", sys.executable, "import sys; sys.exit(1)")
    evidence = json.loads(proven(call, files).out)
    assert (evidence["parity_status"], evidence["match_count"]) == ("fail", 0)
    assert {one["code"] for one in evidence["mismatches"]} == {"runtime_failed"}


def test_runtime_that_changes_itself_meanwhile_proves_nothing(call: Call, files: Path) -> None:
    body = sound(ROOT) + "\nopen(sys.argv[0], 'a').write('# more')"
    make_runtime(files / "cavra-runtime", sys.executable, body)
    said = proven(call, files)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "changed while they were compared" in said.err


def test_promotion_accepts_the_evidence_with_these_files_and_no_others(call: Call, files: Path) -> None:
    output = files / "evidence.json"
    assert proven(call, files, "--output", output).code == ExitCode.DONE
    evidence: dict[str, Any] = json.loads(output.read_text())
    output.write_text(json.dumps(evidence | {"deployment_status": "ready", "approved": True, "approval_id": "apr_1"}))
    in_use = ("--runtime-path", files / "cavra-runtime", "--policy-path", files / "policy.json")
    asked = ("check", "promotion", "--mode", "promoted", "--promotion-evidence-path", output, *in_use, "--json")

    def parity() -> str:
        found: list[dict[str, str]] = json.loads(call(*asked).out)["checks"]
        return next(one["status"] for one in found if one["id"] == "go_parity_evidence")

    assert parity() == "pass"
    (files / "policy.json").write_text("{}")
    assert parity() == "fail"


def test_output_replaces_no_file(call: Call, files: Path) -> None:
    output = files / "there.json"
    output.write_text("mine")
    said = proven(call, files, "--output", output)
    assert said.code == ExitCode.USAGE
    assert output.read_text() == "mine"


@pytest.mark.parametrize(
    ("cases", "fault"),
    [
        ("", "cases.jsonl: found no case, wanted one action at least"),
        ("[]", "cases.jsonl: found no case, wanted one action at least"),
        ("nonsense", "cases.jsonl: line 1: found text that is not JSON"),
        ("[{", "cases.jsonl: found text that is not JSON"),
        ("7", "cases.jsonl: line 1: found number, wanted an action as a JSON object"),
        ('{"action_type": "read_file"}', "cases.jsonl: line 1 /target: found nothing, wanted a text"),
        ('{"action_type": 3, "target": "a"}', "cases.jsonl: line 1 /action_type: found number, wanted a text"),
        ('[{"action_type": "x", "target": "a", "tagret": "b"}]', "cases.jsonl: case 1 /tagret: unknown key; known: "),
    ],
)
def test_case_that_cannot_be_read_is_told_and_none_is_left_out(call: Call, files: Path, cases: str, fault: str) -> None:
    (files / "cases.jsonl").write_text(cases)
    said = proven(call, files)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert fault in said.err


def test_all_faults_of_a_file_come_at_once_and_a_flood_of_them_is_counted(call: Call, files: Path) -> None:
    (files / "cases.jsonl").write_text("x\n" * 30)
    said = proven(call, files)
    assert "line 20" in said.err
    assert "and 10 more" in said.err


@pytest.mark.parametrize("missing", ["cases.jsonl", "cavra-runtime", "policy.json"])
def test_file_that_is_not_there_is_named(call: Call, files: Path, missing: str) -> None:
    (files / missing).unlink()
    said = proven(call, files)
    assert said.code == ExitCode.USAGE
    assert missing in said.err


def test_bytes_that_are_no_text_and_a_runtime_that_nobody_named_are_told(call: Call, files: Path) -> None:
    (files / "cases.jsonl").write_bytes(b"\xff")
    assert "not UTF-8" in proven(call, files).err
    (files / "cases.jsonl").write_text(json.dumps(CASES))
    said = call("parity", "--cases", files / "cases.jsonl", "--mode", "promoted")
    assert "runtime_path: found no path configured, wanted the Go runtime" in said.err


def test_more_cases_than_are_compared_are_refused(call: Call, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.evaluation.cases.MOST_CASES", 2)
    assert "found 3 cases, wanted 2 at most" in proven(call, files).err
