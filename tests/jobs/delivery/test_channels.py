"""Which connectors can be used, and what stands for those that cannot."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deliver.messages import message
from reporter.deliver.connector import Recall
from reporter.deliver.receipts import Outcome, Receipt
from reporter.jobs.delivery.channels import NOT_CONFIGURED, Channels
from reporter.jobs.delivery.connecting import open_channels
from reporter.settings import load_settings

AT = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
REFUSED = Receipt(Outcome.REFUSED_LOCALLY, error_class=NOT_CONFIGURED)


def opened(folder: Path, text: str) -> Channels:
    (folder / "connectors.json").write_text(text, encoding="utf-8")
    (folder / "connectors.json").chmod(0o600)
    (folder / "reporter.toml").write_text('connector_config = "connectors.json"\n', encoding="utf-8")
    return open_channels(load_settings(str(folder / "reporter.toml"), {})[0])


def test_provider_without_a_connector_refuses_everything_and_cannot_tell() -> None:
    channel = Channels().of("slack")
    connector, told = channel.connector, message()
    assert (connector.provider, connector.recall, connector.payload(told, AT)) == ("slack", Recall.NONE, b"")

    async def ask() -> list[Receipt | None]:
        async with channel.http() as http:
            return [
                await connector.send(told, AT, http),
                await connector.probe(http),
                await connector.find(told, http),
            ]

    assert asyncio.run(ask()) == [REFUSED, REFUSED, None]


@pytest.mark.parametrize(
    ("config", "providers", "silent"),
    [
        ({"github": {"url": "https://api.example.org", "token": "t0ken-of-this-test"}}, (), ()),
        ({"slack": {"url": "https://hooks.example.org/services/T/B/x"}}, ("slack",), ()),
        ({"email": {"host": "smtp.example.org", "sender": "a@example.org"}}, (), ("email",)),
        ({"email": {"host": "smtp.example.org", "sender": "a@example.org", "to": "b@example.org"}}, ("email",), ()),
    ],
    ids=["tells nobody ever", "tells", "reports alone", "mailbox"],
)
def test_only_who_can_tell_somebody_is_told_to(
    tmp_path: Path, config: dict[str, dict[str, str]], providers: tuple[str, ...], silent: tuple[str, ...]
) -> None:
    channels = opened(tmp_path, json.dumps(config))
    assert (channels.providers, channels.silent, channels.faults) == (providers, silent, ())


def test_where_nobody_knows_what_is_private_nothing_is_open(tmp_path: Path) -> None:
    channels = opened(tmp_path, "{")
    assert channels.by_provider == {}
    assert "not JSON" in channels.faults[0]
