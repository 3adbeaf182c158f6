"""`reporter evaluate`: both backends on one action, with a real program as the Go runtime."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Call
from evaluation.runtimes import make_runtime, sound
from evaluation.test_policy import POLICY
from reporter.errors import ExitCode

ROOT = Path(__file__).parents[2]
PLAN = ("evaluate", "execute_command", "terraform plan")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(POLICY))
    return path


def with_runtime(tmp_path: Path, policy: Path, body: str) -> tuple[str | Path, ...]:
    path = make_runtime(tmp_path / "cavra-runtime", sys.executable, body)
    return ("--policy-path", policy, "--runtime-path", path, "--timeout-seconds", "30")


def evaluated(call: Call, *arguments: str | Path) -> dict[str, Any]:
    said = call(*PLAN, *arguments, "--json")
    assert said.code == ExitCode.DONE, said.err
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_go_that_decides_the_same_is_selected_in_enforce_and_only_compared_in_shadow(
    call: Call, tmp_path: Path, policy: Path
) -> None:
    flags = with_runtime(tmp_path, policy, sound(ROOT))
    enforced, shadowed = evaluated(call, *flags, "--mode", "enforce"), evaluated(call, *flags)
    assert (enforced["selected_backend"], enforced["parity_match"]) == ("go", True)
    assert enforced["effective_decision"] == enforced["go_decision"]
    assert (shadowed["backend_mode"], shadowed["selected_backend"], shadowed["parity_match"]) == (
        "shadow",
        "python",
        True,
    )
    assert shadowed["effective_decision"] == shadowed["python_decision"]
    assert shadowed["effective_decision"]["rule_id"] == "commands.default.require_approval"


def test_go_that_decides_otherwise_is_not_selected_and_the_call_can_fail(
    call: Call, tmp_path: Path, policy: Path
) -> None:
    flags = with_runtime(tmp_path, policy, sound(ROOT, decision="allow"))
    said = call(*PLAN, *flags, "--mode", "enforce", "--fail-on", "needs_attention")
    assert said.code == ExitCode.NEEDS_ATTENTION
    assert said.out.splitlines()[0] == "require_approval  commands.default.require_approval  medium"
    assert "[decision_diverged]" in said.out
    assert "go does not decide as python does" in said.out


def test_runtime_that_dies_falls_back_with_the_reason(call: Call, tmp_path: Path, policy: Path) -> None:
    found = evaluated(call, *with_runtime(tmp_path, policy, "import sys; sys.exit(9)"), "--mode", "enforce")
    assert (found["selected_backend"], found["fallback_reason"]) == ("python", "runtime_failed")
    assert found["fallback_detail"] == "go runtime: found exit status 9"


def test_promoted_without_its_proofs_never_asks_go(call: Call, tmp_path: Path, policy: Path) -> None:
    seen = tmp_path / "seen"
    flags = with_runtime(tmp_path, policy, f"open({str(seen)!r}, 'w')")
    found = evaluated(call, *flags, "--mode", "promoted")
    assert (found["fallback_reason"], found["parity_match"]) == ("promotion_not_ready", None)
    assert [one["code"] for one in found["reasons"]][:2] == ["promotion_not_ready", "rollback_not_ready"]
    assert not seen.exists()


def test_disabled_pilot_is_pythons_and_no_fallback(call: Call, policy: Path) -> None:
    found = evaluated(call, "--policy-path", policy, "--mode", "disabled")
    assert (found["selected_backend"], found["fallback_used"]) == ("python", False)
    assert found["fallback_reason"] == "pilot_disabled"


def test_variable_of_the_mode_holds_where_no_flag_says_otherwise(
    call: Call, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAVRA_GO_BACKEND_MODE", "enforce")
    assert evaluated(call, "--policy-path", policy)["backend_mode"] == "enforce"


def test_without_a_policy_nothing_is_decided(call: Call) -> None:
    said = call(*PLAN, "--mode", "shadow")
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "policy_path: found nothing, wanted the compiled policy" in said.err


def test_every_fault_of_policy_and_registry_is_told_at_once(call: Call, tmp_path: Path) -> None:
    policy, registry = tmp_path / "policy.json", tmp_path / "registry.json"
    policy.write_text(json.dumps({"commands": {"block": "rm"}, "mcp": []}))
    registry.write_text("[]")
    said = call(*PLAN, "--policy-path", policy, "--registry-path", registry)
    assert said.code == ExitCode.USAGE
    for fault in ("policy.json: /commands/block", "policy.json: /mcp", "registry.json: found"):
        assert fault in said.err


def test_runtime_cannot_be_given_an_address_as_its_policy(call: Call) -> None:
    said = call(*PLAN, "--policy-path", "https://127.0.0.1:1/policy.json", "--mode", "enforce")
    assert said.code == ExitCode.USAGE
    assert "policy_path: found an https:// address, wanted a file: the Go runtime reads it" in said.err
    assert "127.0.0.1" not in said.err


def test_bytes_that_are_no_text_are_refused_with_their_place(call: Call, tmp_path: Path, policy: Path) -> None:
    said = call("evaluate", "execute_command", "a\udcff", "--operation", "\udcff", "--policy-path", policy)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    for place in ("target", "operation"):
        assert f"{place}: found bytes that are no text, wanted UTF-8" in said.err
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"action_type": "execute_command", "target": "a\\ud800"}\n')
    said = call("parity", "--cases", cases, "--policy-path", policy, "--mode", "shadow")
    assert "cases.jsonl: line 1: found half of a character (a lone surrogate), wanted text" in said.err
