"""The connectors that can be used (domain.md C26, C35). What is wrong with the others is said, and stops nobody."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reporter.deliver.connector import Connector, Recall
from reporter.deliver.http import Http
from reporter.deliver.message import Message
from reporter.deliver.receipts import Guard, Outcome, Receipt

NOT_CONFIGURED: Final = "connector_config_not_configured"
"""Upstream's word for a provider that nobody can be told by (B2.17)."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One connector, the hosts that it may ask, and the guard of what it sends. All of it is private.

    One that `tells_nobody` has nobody whom messages go to: mail that is configured for executive reports alone.
    """

    connector: Connector
    hosts: Collection[str] = field(default=(), repr=False)
    guard: Guard = field(default=lambda _: (), repr=False)
    max_connections: int = 1
    timeout_seconds: float = 10.0
    ca_file: str = field(default="", repr=False)
    tells_nobody: bool = False

    def http(self) -> Http:
        """Make the client that asks its hosts and no others."""
        return Http(
            self.hosts,
            timeout_seconds=self.timeout_seconds,
            ca_file=self.ca_file,
            max_connections=self.max_connections,
        )


@dataclass(frozen=True, slots=True)
class Channels:
    """The usable connectors by provider, and what is wrong with the others, without any of their values."""

    by_provider: Mapping[str, Channel] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers that can be told."""
        return tuple(sorted(name for name, one in self.by_provider.items() if not one.tells_nobody))

    @property
    def silent(self) -> tuple[str, ...]:
        """The providers that are usable, and have nobody whom messages go to."""
        return tuple(sorted(name for name, one in self.by_provider.items() if one.tells_nobody))

    def of(self, provider: str) -> Channel:
        """Give the channel of a provider; one that refuses everything where it has none."""
        return self.by_provider.get(provider) or Channel(_Unusable(provider))


class _Unusable:
    """Stands for a provider without a connector: every message to it is refused, and says why."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    @property
    def provider(self) -> str:
        """The provider's word."""
        return self._provider

    @property
    def recall(self) -> Recall:
        """Nobody can be asked."""
        return Recall.NONE

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - as every connector
        """Write nothing."""
        return b""

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:  # noqa: ARG002 - as every connector
        """Refuse."""
        return Receipt(Outcome.REFUSED_LOCALLY, error_class=NOT_CONFIGURED)

    async def find(self, message: Message, http: Http) -> Receipt | None:  # noqa: ARG002 - as every connector
        """Say that nobody can tell."""
        return None

    async def probe(self, http: Http) -> Receipt:  # noqa: ARG002 - as every connector
        """Refuse."""
        return Receipt(Outcome.REFUSED_LOCALLY, error_class=NOT_CONFIGURED)
