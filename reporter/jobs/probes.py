"""Finds out, without sending anything, which connectors could be used."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from reporter.cancelling import run_until_asked
from reporter.settings_model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reporter.deliver.config import ConnectorConfig
    from reporter.deliver.receipts import Receipt


class State(StrEnum):
    """What the configuration says of a connector."""

    CONFIGURED = "configured"
    DISABLED = "disabled"
    FAULTY = "faulty"


class Probed(NamedTuple):
    """One connector: what is configured, and where it was tried, what came of it."""

    provider: str
    state: State
    receipt: "Receipt | None" = None

    @property
    def reach(self) -> str:
        """Say in words of ours whether it could be used; empty where it was not tried."""
        if self.receipt is None:
            return ""
        if self.receipt.delivered:
            return "reachable"
        protocol = "SMTP" if self.provider == "email" else "HTTP"
        status = f" ({protocol} {self.receipt.status_code})" if self.receipt.status_code else ""
        return f"{self.receipt.outcome}: {self.receipt.error_class}{status}"


class Connectors(NamedTuple):
    """Every connector that is configured, by provider; the faults of the configuration, and remarks on it."""

    rows: tuple[Probed, ...] = ()
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def all_reached(self) -> bool:
        """Whether every connector that was tried could be used."""
        return all(row.receipt is None or row.receipt.delivered for row in self.rows)


def check_connectors(settings: Settings, *, connect: bool = False) -> Connectors:
    """Check the connector configuration; with `connect`, try every connector that could be used, side by side."""
    if not settings.connector_config:
        return Connectors()
    from reporter.deliver.config import load_connectors

    loaded = load_connectors(settings)
    receipts = run_until_asked(_probe_all(loaded.connectors.values())) if connect else {}
    states = {
        **dict.fromkeys((fault.provider for fault in loaded.faults if fault.provider), State.FAULTY),
        **dict.fromkeys(loaded.disabled, State.DISABLED),
        **dict.fromkeys(loaded.connectors, State.CONFIGURED),
    }
    rows = tuple(Probed(name, states[name], receipts.get(name)) for name in sorted(states))
    return Connectors(rows, tuple(map(str, loaded.faults)), loaded.remarks)


async def _probe_all(configs: "Iterable[ConnectorConfig]") -> "dict[str, Receipt]":
    listed = list(configs)
    receipts = await asyncio.gather(*map(_probe, listed))
    return {one.provider: receipt for one, receipt in zip(listed, receipts, strict=True)}


async def _probe(config: "ConnectorConfig") -> "Receipt":
    """Ask a connector, and of what tells nobody only whether its host is there."""
    from reporter.deliver.connectors.registry import CONNECTORS, tells_somebody
    from reporter.deliver.http_connector import reach_of

    async with config.http() as http:
        if tells_somebody(config.provider):
            return await CONNECTORS[config.provider](config.told).probe(http)
        return await reach_of(config.told.url, http)
