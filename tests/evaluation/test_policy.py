"""Compiled policies and registries (domain.md B8.1): what cannot be read is a fault, never a rule less."""

from typing import Any

import pytest

from reporter.evaluation.policy import CompiledPolicy, read_policy, read_registry

POLICY: dict[str, Any] = {
    "metadata": {"id": "baseline", "title": "Baseline"},
    "filesystem": {"block_read": ["*.pem", " "], "block_write": ["/etc/*"], "require_approval_write": ["*.tf"]},
    "commands": {"block": ["rm -rf *"], "allow": ["ls*"]},
    "mcp": {"allowed_servers": ["docs"], "blocked_servers": ["evil"], "block_unknown_servers": False},
    "git": {"protected": ["main"]},
}


def test_sound_policy_is_typed_and_blank_patterns_are_dropped() -> None:
    policy, faults = read_policy(POLICY)
    assert not faults
    assert policy.policy_id == "baseline"
    assert [one.text for one in policy.block_read] == ["*.pem"]
    assert (policy.allowed_servers, policy.blocked_servers) == (frozenset({"docs"}), frozenset({"evil"}))
    assert not policy.block_unknown_servers


def test_missing_sections_have_no_rules_and_unknown_servers_stay_blocked() -> None:
    policy, faults = read_policy({})
    assert (policy, faults) == (CompiledPolicy(), ())
    assert policy.block_unknown_servers


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ([], "the document: found array, wanted an object"),
        (None, "the document: found nothing, wanted an object"),
        ({"filesystem": None}, "/filesystem: found nothing, wanted an object"),
        ({"filesystem": {"block_read": "x"}}, "/filesystem/block_read: found str, wanted a list"),
        ({"filesystem": {"block_read": None}}, "/filesystem/block_read: found nothing, wanted a list"),
        ({"commands": {"block": ["a", 7]}}, "/commands/block/1: found number, wanted a text"),
        ({"mcp": {"block_unknown_servers": "false"}}, "/mcp/block_unknown_servers: found str, wanted true or false"),
        ({"metadata": {"id": 1}}, "/metadata/id: found number, wanted a text"),
    ],
)
def test_wrong_type_is_a_fault_with_its_place(value: object, fault: str) -> None:
    assert [str(one) for one in read_policy(value)[1]] == [fault]


def test_all_faults_come_at_once() -> None:
    assert len(read_policy({"filesystem": 1, "commands": 2, "mcp": 3, "metadata": 4})[1]) == 4


def test_registry_knows_servers_by_id_and_by_name() -> None:
    entry = {"server_id": "s-1", "name": "docs", "approval_state": "Approved", "capabilities": ["read"]}
    registry, faults = read_registry({"mcp_servers": [entry]})
    assert not faults
    assert registry.servers["docs"] is registry.servers["s-1"]
    assert registry.servers["docs"].approval_state == "approved"


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"mcp_servers": {}}, "/mcp_servers: found object, wanted a list"),
        ({"mcp_servers": ["docs"]}, "/mcp_servers/0: found str, wanted an object"),
        ({"mcp_servers": [{"approval_state": "approved"}]}, "/mcp_servers/0: found no server_id and no name"),
        (
            {"mcp_servers": [{"server_id": "a"}, {"server_id": "a", "approval_state": "approved"}]},
            "/mcp_servers/1: found a server that is there already",
        ),
    ],
)
def test_registry_that_cannot_be_read_is_a_fault(value: object, fault: str) -> None:
    assert str(read_registry(value)[1][0]).startswith(fault)
