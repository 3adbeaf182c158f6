"""Python's own decision about one action, over the compiled policy (domain.md B8.2).

What no rule speaks of wants an approval. The rules' words are upstream's; parity compares decision, rule and severity.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from reporter.evaluation.patterns import first_match
from reporter.evaluation.policy import DEFAULT_PACK, CompiledPolicy, ToolRegistry
from reporter.model.checks import Wire
from reporter.model.ids import make_id

DECISION_PREFIX: Final = "gordecision"


class Verdict(StrEnum):
    """What may become of an action."""

    ALLOW = "allow"
    BLOCK = "block"
    REQUIRE_APPROVAL = "require_approval"
    ALLOW_WITH_ATTESTATION = "allow_with_attestation"


class Severity(StrEnum):
    """How grave an action is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class ActionType(StrEnum):
    """What kind of action is asked about."""

    READ_FILE = "read_file"
    WRITE_FILE = "write_file"
    EXECUTE_COMMAND = "execute_command"
    GIT_OPERATION = "git_operation"
    MCP_TOOL_CALL = "mcp_tool_call"
    RELEASE_GOVERNANCE_RECORD = "release_governance_record"


class ActionRequest(Wire):
    """One action, as the runtime reads it on its standard input."""

    action_type: str
    target: str
    operation: str = ""
    requested_operation: str = ""
    policy_pack: str = DEFAULT_PACK
    server: str = ""
    tool: str = "unknown"
    capability: str = ""
    session_id: str = "local"
    agent_id: str = "unknown-agent"
    actor: str = "ai-agent"


class Decision(Wire):
    """A decision, as both sides write it."""

    decision_id: str = ""
    decision: Verdict
    reason: str = ""
    action_type: str
    target: str
    requested_operation: str = ""
    policy_pack: str = ""
    policy_id: str = ""
    rule_id: str
    severity: Severity


class _Rule(Wire):
    decision: Verdict
    rule_id: str
    severity: Severity
    reason: str


_GRAVE_WORDS: Final = ("apply", "delete")
_PROTECTED: Final = ("main", "master")
_APPROVED: Final = "approved"
_BLOCKED: Final = ("blocked", "denied", "rejected", "revoked")


def decide(request: ActionRequest, policy: CompiledPolicy, registry: ToolRegistry | None) -> Decision:
    """Decide about an action. Without a registry, MCP servers are judged by the policy alone."""
    rule = _RULES.get(request.action_type, _default)(request, policy, registry)
    said = Decision(
        decision=rule.decision,
        reason=rule.reason,
        action_type=request.action_type,
        target=request.target,
        requested_operation=request.requested_operation or request.operation,
        policy_pack=request.policy_pack,
        policy_id=policy.policy_id,
        rule_id=rule.rule_id,
        severity=rule.severity,
    )
    name = make_id(DECISION_PREFIX, request=request.model_dump(), said=said.model_dump())
    return said.model_copy(update={"decision_id": name})


def _rule(verdict: Verdict, rule_id: str, severity: Severity, reason: str) -> _Rule:
    return _Rule(decision=verdict, rule_id=rule_id, severity=severity, reason=reason)


def _default(request: ActionRequest, policy: CompiledPolicy, registry: ToolRegistry | None) -> _Rule:
    del request, policy, registry
    why = "no rule speaks of actions of this type"
    return _rule(Verdict.REQUIRE_APPROVAL, "runtime.default.require_approval", Severity.MEDIUM, why)


def _read_file(request: ActionRequest, policy: CompiledPolicy, registry: ToolRegistry | None) -> _Rule:
    del registry
    if first_match(policy.block_read, request.target):
        return _rule(Verdict.BLOCK, "filesystem.read.block", Severity.HIGH, "the policy blocks reading it")
    return _rule(Verdict.ALLOW, "filesystem.read.allow", Severity.LOW, "no rule speaks against reading it")


def _write_file(request: ActionRequest, policy: CompiledPolicy, registry: ToolRegistry | None) -> _Rule:
    del registry
    if first_match(policy.block_write, request.target):
        return _rule(Verdict.BLOCK, "filesystem.write.block", Severity.HIGH, "the policy blocks writing it")
    if first_match(policy.require_approval_write, request.target):
        why = "the policy wants an approval before it is written"
        return _rule(Verdict.REQUIRE_APPROVAL, "filesystem.write.require_approval", Severity.HIGH, why)
    return _rule(Verdict.ALLOW, "filesystem.write.allow", Severity.LOW, "no rule speaks against writing it")


def _execute_command(request: ActionRequest, policy: CompiledPolicy, registry: ToolRegistry | None) -> _Rule:
    del registry
    if first_match(policy.block_commands, request.target):
        is_grave = any(word in request.target for word in _GRAVE_WORDS)
        severity = Severity.CRITICAL if is_grave else Severity.HIGH
        return _rule(Verdict.BLOCK, "commands.block", severity, "the policy blocks this command")
    if first_match(policy.allow_commands, request.target):
        return _rule(Verdict.ALLOW, "commands.allow", Severity.LOW, "the policy allows this command")
    why = "the policy neither blocks nor allows this command"
    return _rule(Verdict.REQUIRE_APPROVAL, "commands.default.require_approval", Severity.MEDIUM, why)


def _git_operation(request: ActionRequest, policy: CompiledPolicy, registry: ToolRegistry | None) -> _Rule:
    del policy, registry
    operation = request.requested_operation or request.operation
    if operation == "push" and request.target.endswith(_PROTECTED):
        why = "nobody pushes to a protected branch directly"
        return _rule(Verdict.BLOCK, "git.protected_branch.block_direct_push", Severity.HIGH, why)
    return _rule(Verdict.ALLOW, "git.allow", Severity.LOW, "no push to a protected branch")


def _mcp_tool_call(request: ActionRequest, policy: CompiledPolicy, registry: ToolRegistry | None) -> _Rule:
    server = request.server or request.target
    untrusted = _rule(
        Verdict.BLOCK, "mcp.server.trust.block_unknown", Severity.HIGH, "the policy does not trust this server"
    )
    if server in policy.blocked_servers:
        return untrusted
    if registry is not None:
        return _by_registry(request, server, registry)
    if policy.block_unknown_servers and server not in policy.allowed_servers:
        return untrusted
    return _rule(Verdict.ALLOW, "mcp.server.trust.allow", Severity.LOW, "the policy trusts this server")


def _by_registry(request: ActionRequest, server: str, registry: ToolRegistry) -> _Rule:
    known = registry.servers.get(server)
    if known is None:
        return _rule(Verdict.BLOCK, "mcp.registry.unknown", Severity.HIGH, "the registry does not know this server")
    if known.approval_state in _BLOCKED:
        return _rule(Verdict.BLOCK, "mcp.registry.blocked", Severity.HIGH, "the registry blocks this server")
    approval = Verdict.REQUIRE_APPROVAL
    if known.approval_state != _APPROVED:
        return _rule(approval, "mcp.registry.requires_approval", Severity.MEDIUM, "nobody approved this server")
    if known.allowed_tools and request.tool not in known.allowed_tools:
        return _rule(approval, "mcp.registry.tool_scope", Severity.MEDIUM, "the tool is not among those allowed")
    if request.capability and request.capability not in known.capabilities:
        return _rule(approval, "mcp.registry.capability_scope", Severity.MEDIUM, "the server has no such capability")
    return _rule(Verdict.ALLOW, "mcp.registry.allow", Severity.LOW, "the registry allows this call")


_RULES: Final[Mapping[str, Callable[[ActionRequest, CompiledPolicy, ToolRegistry | None], _Rule]]] = {
    ActionType.READ_FILE: _read_file,
    ActionType.WRITE_FILE: _write_file,
    ActionType.EXECUTE_COMMAND: _execute_command,
    ActionType.GIT_OPERATION: _git_operation,
    ActionType.MCP_TOOL_CALL: _mcp_tool_call,
}
