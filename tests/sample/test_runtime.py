"""The sample's stand-in for the Go runtime decides as Python does, by code of its own."""

import json
from datetime import timedelta

import pytest

from reporter.evaluation.decision import ActionRequest, Decision, decide
from reporter.evaluation.parity import differences
from reporter.evaluation.policy import read_policy
from reporter.evaluation.runtime import Runtime, RuntimeFault, ask_runtime
from reporter.sample.runtime import RUNTIME
from reporter.sample.world import compiled_policy


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    folder = tmp_path_factory.mktemp("runtime")
    path, policy = folder / "cavra-runtime", folder / "policy.json"
    path.write_text(RUNTIME, encoding="utf-8")
    path.chmod(0o755)
    policy.write_text(json.dumps(compiled_policy()), encoding="utf-8")
    return Runtime(path, policy, None, timedelta(seconds=60))


@pytest.mark.parametrize(
    "words",
    [
        {"action_type": "read_file", "target": "src/main.go"},
        {"action_type": "read_file", "target": "deploy/.env"},
        {"action_type": "write_file", "target": "infra/main.tf"},
        {"action_type": "write_file", "target": "docs/a.md"},
        {"action_type": "execute_command", "target": "rm -rf /srv"},
        {"action_type": "execute_command", "target": "rm -rf /delete\nme"},
        {"action_type": "execute_command", "target": "terraform plan -out x"},
        {"action_type": "execute_command", "target": "terraform apply"},
        {"action_type": "git_operation", "target": "origin/main", "operation": "push"},
        {"action_type": "git_operation", "target": "origin/main", "requested_operation": "fetch"},
        {"action_type": "mcp_tool_call", "target": "files", "server": "files", "tool": "read"},
        {"action_type": "release_governance_record", "target": "v1"},
    ],
    ids=lambda words: f"{words['action_type']}: {words['target']!r}",
)
def test_stand_in_decides_as_python_does(runtime: Runtime, words: dict[str, str]) -> None:
    request = ActionRequest.model_validate(words)
    policy, faults = read_policy(compiled_policy())
    assert faults == ()
    answer = ask_runtime(runtime, request)
    assert isinstance(answer, Decision), answer
    assert differences(decide(request, policy, None), answer) == ()


def test_stand_in_decides_nothing_by_a_registry_that_it_cannot_read(runtime: Runtime) -> None:
    request = ActionRequest(action_type="read_file", target="a")
    answer = ask_runtime(runtime._replace(registry=runtime.policy), request)
    assert answer == RuntimeFault("runtime_failed", "exit status 1")
