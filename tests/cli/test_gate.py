"""`reporter gate`: what a wrapper reads before it starts a backend."""

import json
from pathlib import Path

import pytest

from cli.conftest import Call
from reporter.errors import ExitCode
from reporter.model.gate import GateDecision

AS_OF = ("--as-of", "2026-06-11T15:40:00Z")


def test_sound_pilot_prints_go_and_nothing_else(call: Call, world: Path) -> None:
    said = call("gate", "--settings", world / "reporter.toml", "-e", "production-pilot", *AS_OF)
    assert (said.code, said.out) == (ExitCode.DONE, "go\n")


def test_schedule_that_is_due_soon_lets_go_through_and_can_be_heard_of(call: Call, world: Path) -> None:
    asked = ("gate", "--settings", world / "reporter.toml", "-e", "production-pilot", *AS_OF, "--fail-on")
    assert [call(*asked, word).code for word in ("due_soon", "needs_attention")] == [ExitCode.DUE_SOON, ExitCode.DONE]


@pytest.mark.parametrize("environment", ["payments-pilot", "build-fleet"])
def test_python_stands_in_and_every_reason_has_its_remedy(call: Call, world: Path, environment: str) -> None:
    asked = ("gate", "--settings", world / "reporter.toml", "-e", environment, *AS_OF)
    said = call(*asked, "--fail-on", "needs_attention")
    assert said.code == ExitCode.NEEDS_ATTENTION
    first, *reasons = said.out.splitlines()
    assert first == "python"
    decision = GateDecision.model_validate_json(call(*asked, "--json").out)
    assert decision.fallback_used
    for reason in decision.reasons:
        assert f"{reason.message}  [{reason.code}]" in reasons
        assert all(f"    -> {one.remedy}" in reasons for one in reason.checks)


def test_flags_alone_are_enough_and_a_disabled_pilot_is_no_fallback(call: Call) -> None:
    said = call("gate", "--mode", "disabled", "--json", "--fail-on", "needs_attention")
    decision = json.loads(said.out)
    assert (said.code, decision["selected_backend"], decision["fallback_used"]) == (ExitCode.DONE, "python", False)
    assert [one["code"] for one in decision["reasons"]] == ["pilot_disabled"]


def test_enforce_asks_for_the_runtime_and_the_policy_alone(call: Call, tmp_path: Path) -> None:
    runtime, policy = tmp_path / "cavra-runtime", tmp_path / "policy.json"
    runtime.write_bytes(b"#!/bin/sh\n")
    policy.write_text("{}")
    asked = ("gate", "--mode", "enforce", "--runtime-path", runtime, "--policy-path", policy, "--json")
    assert json.loads(call(*asked).out)["reasons"][0]["checks"][0]["id"] == "go_runtime_binary"
    runtime.chmod(0o755)
    decision = json.loads(call(*asked).out)
    assert (decision["selected_backend"], decision["reports"]) == ("go", {"backend": "ready"})


def test_unknown_mode_is_refused_and_never_read_as_disabled(call: Call) -> None:
    said = call("gate", "--mode", "promote")
    assert said.code == ExitCode.USAGE
    assert not said.out
