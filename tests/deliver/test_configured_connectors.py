"""From one private file in upstream's format to every vendor, over real HTTPS; a faulty entry stops no other."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deliver.connected import BY_NAME
from deliver.messages import AT, message
from deliver.vendors import jira, pagerduty, receiver, siem, slack, splunk, teams
from deliver.vendors.server import Authorities, Mount, Vendor
from reporter.deliver.config import LoadedConnectors, load_connectors
from reporter.deliver.connectors.registry import CONNECTORS
from reporter.deliver.receipts import Receipt
from reporter.settings import load_settings

ENTRIES: dict[str, dict[str, Any]] = {
    "datadog": {"url": siem.DATADOG_PATH, "api_key": siem.DATADOG_KEY},
    "jira": {"url": "", "authorization": jira.AUTHORIZATION, "project": "OPS"},
    "pagerduty": {"url": "/v2/enqueue", "routing_key": pagerduty.ROUTING_KEY},
    "sentinel": {"url": siem.SENTINEL_PATH, "api_key": siem.SENTINEL_KEY},
    "servicenow": {"url": "", "user": "ops", "token": "snow-secret"},
    "slack": {"url": slack.PATH},
    "splunk": {"url": splunk.ENDPOINT, "token": splunk.TOKEN},
    "teams": {"url": teams.PATH + teams.QUERY},
    "webhook": {"url": receiver.PATH, "secret": receiver.SECRET, "title": "Pilots"},
}


def load(directory: Path, entries: dict[str, dict[str, Any]], authorities: Authorities) -> LoadedConnectors:
    trusting = {name: {**entry, "ca_file": authorities.ca_file} for name, entry in entries.items()}
    (directory / "connectors.json").write_text(json.dumps({"connectors": trusting}))
    (directory / "connectors.json").chmod(0o600)
    (directory / "reporter.toml").write_text('connector_config = "connectors.json"\n')
    return load_connectors(load_settings(str(directory / "reporter.toml"), {})[0])


def send_to_all(loaded: LoadedConnectors) -> dict[str, Receipt]:
    async def send(name: str) -> Receipt:
        config = loaded.connectors[name]
        async with config.http() as http:
            return await CONNECTORS[name](config.told).send(message(), AT, http)

    async def send_all() -> list[Receipt]:
        return await asyncio.gather(*map(send, loaded.connectors))

    return dict(zip(loaded.connectors, asyncio.run(send_all()), strict=True))


def test_one_file_is_enough_to_tell_every_vendor(
    tmp_path: Path, play: Callable[[Vendor], Mount], authorities: Authorities
) -> None:
    mounts = {name: play(BY_NAME[name].vendor()) for name in ENTRIES}
    loaded = load(
        tmp_path,
        {name: {**entry, "url": mounts[name].url(entry["url"])} for name, entry in ENTRIES.items()},
        authorities,
    )
    assert loaded.faults == ()
    receipts = send_to_all(loaded)
    assert {name: receipt.delivered for name, receipt in receipts.items()} == dict.fromkeys(ENTRIES, True)
    kept = {name: BY_NAME[name].kept(mount.vendor) for name, mount in mounts.items()}
    assert {name: len(one) for name, one in kept.items()} == dict.fromkeys(ENTRIES, 1)
    assert kept["webhook"][0][1]["data"]["title"].startswith("[Pilots] CRITICAL: ")


def test_misconfigured_connector_stops_none_of_the_others(
    tmp_path: Path, play: Callable[[Vendor], Mount], authorities: Authorities
) -> None:
    chat = play(slack.Slack())
    entries = {
        "jira": {"url": "https://jira.example.org", "authorization_env": "NOT_SET_ANYWHERE", "project": "OPS"},
        "pagerduty": {"routing_key": "too-short"},
        "slack": {"url": chat.url(slack.PATH)},
        "splunk": {"url": "https://splunk.example.org"},
    }
    loaded = load(tmp_path, entries, authorities)
    assert {fault.provider for fault in loaded.faults} == {"jira", "pagerduty", "splunk"}
    assert {name: one.delivered for name, one in send_to_all(loaded).items()} == {"slack": True}
