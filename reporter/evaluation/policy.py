"""The compiled policy and the tool registry, typed (domain.md B8.1). What cannot be read is a fault, never a rule less.

Sections that are not listed here are other people's: the Go runtime does not read them either. A missing section has no
rules; one of a wrong type is refused, for the rules in it would be gone without a word.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from reporter.evaluation.patterns import Pattern
from reporter.model.records import type_word
from reporter.model.text import is_blank

DEFAULT_PACK: Final = "cavra-ai-agent-baseline"


class PolicyFault(NamedTuple):
    """One thing wrong with a policy or a registry: a JSON pointer, what was found, what was wanted."""

    pointer: str
    found: str
    wanted: str

    def __str__(self) -> str:
        """Write a sentence for a person."""
        return f"{self.pointer or 'the document'}: found {self.found}, wanted {self.wanted}"


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """The rules of one policy."""

    policy_id: str = ""
    block_read: tuple[Pattern, ...] = ()
    block_write: tuple[Pattern, ...] = ()
    require_approval_write: tuple[Pattern, ...] = ()
    block_commands: tuple[Pattern, ...] = ()
    allow_commands: tuple[Pattern, ...] = ()
    allowed_servers: frozenset[str] = frozenset()
    blocked_servers: frozenset[str] = frozenset()
    block_unknown_servers: bool = True


@dataclass(frozen=True, slots=True)
class RegisteredServer:
    """What the tool registry says of one MCP server."""

    server_id: str
    approval_state: str = ""
    capabilities: frozenset[str] = frozenset()
    allowed_tools: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToolRegistry:
    """The servers of a registry, by id and by name."""

    servers: Mapping[str, RegisteredServer] = field(default_factory=dict)


def read_policy(value: object) -> tuple[CompiledPolicy, tuple[PolicyFault, ...]]:
    """Type a compiled policy. With any fault it must not be decided by."""
    reader = _Reader()
    document = reader.section(value, "")
    metadata, files, commands, mcp = (
        reader.section(document.get(name, {}), f"/{name}") for name in ("metadata", "filesystem", "commands", "mcp")
    )
    policy = CompiledPolicy(
        policy_id=reader.text(metadata, "id", "/metadata"),
        block_read=reader.patterns(files, "block_read", "/filesystem"),
        block_write=reader.patterns(files, "block_write", "/filesystem"),
        require_approval_write=reader.patterns(files, "require_approval_write", "/filesystem"),
        block_commands=reader.patterns(commands, "block", "/commands"),
        allow_commands=reader.patterns(commands, "allow", "/commands"),
        allowed_servers=frozenset(reader.texts(mcp, "allowed_servers", "/mcp")),
        blocked_servers=frozenset(reader.texts(mcp, "blocked_servers", "/mcp")),
        block_unknown_servers=reader.flag(mcp, "block_unknown_servers", "/mcp"),
    )
    return policy, tuple(reader.faults)


def read_registry(value: object) -> tuple[ToolRegistry, tuple[PolicyFault, ...]]:
    """Type a tool registry. Of a server that stands in it twice, nothing is known: that is a fault."""
    reader = _Reader()
    servers: dict[str, RegisteredServer] = {}
    for place, one in enumerate(reader.items(reader.section(value, ""), "mcp_servers", "")):
        at = f"/mcp_servers/{place}"
        entry = reader.section(one, at)
        server = RegisteredServer(
            server_id=reader.text(entry, "server_id", at),
            approval_state=reader.text(entry, "approval_state", at).lower(),
            capabilities=frozenset(reader.texts(entry, "capabilities", at)),
            allowed_tools=frozenset(reader.texts(entry, "allowed_tools", at)),
        )
        names = {name for name in (server.server_id, reader.text(entry, "name", at)) if name}
        if not names:
            reader.faults.append(PolicyFault(at, "no server_id and no name", "the id of the server"))
        for name in sorted(names):
            if name in servers:
                reader.faults.append(PolicyFault(at, "a server that is there already", "each server once"))
            servers[name] = server
    return ToolRegistry(servers), tuple(reader.faults)


class _Reader:
    """Reads values of the wanted types and lists those of others."""

    def __init__(self) -> None:
        self.faults: list[PolicyFault] = []

    def section(self, value: object, at: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.faults.append(PolicyFault(at, type_word(value), "an object"))
        return {}

    def items(self, section: Mapping[str, Any], key: str, at: str) -> list[Any]:
        value = section.get(key, [])
        if isinstance(value, list):
            return value
        self.faults.append(PolicyFault(f"{at}/{key}", type_word(value), "a list"))
        return []

    def texts(self, section: Mapping[str, Any], key: str, at: str) -> Iterator[str]:
        """Give what is not blank (B8.1)."""
        for place, value in enumerate(self.items(section, key, at)):
            if not isinstance(value, str):
                self.faults.append(PolicyFault(f"{at}/{key}/{place}", type_word(value), "a text"))
            elif not is_blank(value):
                yield value.strip()

    def patterns(self, section: Mapping[str, Any], key: str, at: str) -> tuple[Pattern, ...]:
        return tuple(map(Pattern, self.texts(section, key, at)))

    def text(self, section: Mapping[str, Any], key: str, at: str) -> str:
        value = section.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self.faults.append(PolicyFault(f"{at}/{key}", type_word(value), "a text"))
        return ""

    def flag(self, section: Mapping[str, Any], key: str, at: str) -> bool:
        value = section.get(key, True)
        if isinstance(value, bool):
            return value
        self.faults.append(PolicyFault(f"{at}/{key}", type_word(value), "true or false"))
        return True
