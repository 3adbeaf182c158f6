"""Python's own decision (domain.md B8.2): a row for each rule, and what no rule speaks of."""

import pytest

from evaluation.test_policy import POLICY
from reporter.evaluation.decision import ActionRequest, decide
from reporter.evaluation.policy import CompiledPolicy, read_policy, read_registry

STRICT = read_policy(POLICY | {"mcp": {"allowed_servers": ["docs"], "blocked_servers": ["evil"]}})[0]
REGISTRY = read_registry(
    {
        "mcp_servers": [
            {"server_id": "docs", "approval_state": "approved", "capabilities": ["read"], "allowed_tools": ["search"]},
            {"server_id": "open", "approval_state": "approved"},
            {"server_id": "new", "approval_state": "pending"},
            {"server_id": "bad", "approval_state": "blocked"},
            {"server_id": "evil", "approval_state": "approved"},
        ]
    }
)[0]
PUSHED = ("block", "git.protected_branch.block_direct_push", "high")
SCOPED = ("require_approval", "mcp.registry.capability_scope", "medium")


def decided(
    action_type: str, target: str, more: dict[str, str] | None = None, policy: CompiledPolicy = STRICT
) -> tuple[str, str, str]:
    found = decide(ActionRequest(action_type=action_type, target=target, **(more or {})), policy, None)
    return found.decision, found.rule_id, found.severity


@pytest.mark.parametrize(
    ("action_type", "target", "more", "wanted"),
    [
        ("read_file", "keys/a.pem", {}, ("block", "filesystem.read.block", "high")),
        ("read_file", "/etc/passwd", {}, ("allow", "filesystem.read.allow", "low")),
        ("write_file", "/etc/passwd", {}, ("block", "filesystem.write.block", "high")),
        ("write_file", "net.tf", {}, ("require_approval", "filesystem.write.require_approval", "high")),
        ("write_file", "a.py", {}, ("allow", "filesystem.write.allow", "low")),
        ("execute_command", "rm -rf /", {}, ("block", "commands.block", "high")),
        ("execute_command", "rm -rf delete", {}, ("block", "commands.block", "critical")),
        ("execute_command", "rm -rf apply", {}, ("block", "commands.block", "critical")),
        ("execute_command", "ls -l", {}, ("allow", "commands.allow", "low")),
        ("execute_command", "terraform plan", {}, ("require_approval", "commands.default.require_approval", "medium")),
        ("git_operation", "origin/main", {"operation": "push"}, PUSHED),
        ("git_operation", "master", {"requested_operation": "push"}, PUSHED),
        ("git_operation", "origin/main", {"operation": "fetch"}, ("allow", "git.allow", "low")),
        ("git_operation", "topic", {"operation": "push"}, ("allow", "git.allow", "low")),
        ("mcp_tool_call", "docs", {}, ("allow", "mcp.server.trust.allow", "low")),
        ("mcp_tool_call", "x", {"server": "docs"}, ("allow", "mcp.server.trust.allow", "low")),
        ("mcp_tool_call", "other", {}, ("block", "mcp.server.trust.block_unknown", "high")),
        ("mcp_tool_call", "evil", {}, ("block", "mcp.server.trust.block_unknown", "high")),
        ("release_governance_record", "r", {}, ("require_approval", "runtime.default.require_approval", "medium")),
        ("launch", "x", {}, ("require_approval", "runtime.default.require_approval", "medium")),
    ],
)  # fmt: skip
def test_each_action_meets_its_rule(
    action_type: str, target: str, more: dict[str, str], wanted: tuple[str, str, str]
) -> None:
    assert decided(action_type, target, more) == wanted


def test_blocked_server_stays_blocked_where_unknown_ones_are_not() -> None:
    policy = read_policy(POLICY)[0]
    assert decided("mcp_tool_call", "other", policy=policy)[0] == "allow"
    assert decided("mcp_tool_call", "evil", policy=policy)[0] == "block"


@pytest.mark.parametrize(
    ("server", "more", "wanted"),
    [
        ("nobody", {}, ("block", "mcp.registry.unknown", "high")),
        ("bad", {}, ("block", "mcp.registry.blocked", "high")),
        ("new", {}, ("require_approval", "mcp.registry.requires_approval", "medium")),
        ("docs", {"tool": "delete"}, ("require_approval", "mcp.registry.tool_scope", "medium")),
        ("docs", {"tool": "search", "capability": "write"}, SCOPED),
        ("docs", {"tool": "search", "capability": "read"}, ("allow", "mcp.registry.allow", "low")),
        ("docs", {"tool": "search"}, ("allow", "mcp.registry.allow", "low")),
        ("open", {"tool": "any"}, ("allow", "mcp.registry.allow", "low")),
        ("evil", {}, ("block", "mcp.server.trust.block_unknown", "high")),
    ],
)  # fmt: skip
def test_with_a_registry_it_decides_and_what_the_policy_blocks_stays_blocked(
    server: str, more: dict[str, str], wanted: tuple[str, str, str]
) -> None:
    found = decide(ActionRequest(action_type="mcp_tool_call", target="t", server=server, **more), STRICT, REGISTRY)
    assert (found.decision, found.rule_id, found.severity) == wanted


def test_same_action_has_the_same_id_and_another_one_another() -> None:
    one, again, other = (
        decide(ActionRequest(action_type="read_file", target=target), STRICT, None) for target in ("a", "a", "b")
    )
    assert one == again
    assert one.decision_id != other.decision_id
    assert (one.policy_id, one.policy_pack) == ("baseline", "cavra-ai-agent-baseline")
