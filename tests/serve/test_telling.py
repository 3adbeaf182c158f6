"""`deliver` over HTTP: real messages over HTTPS to real servers, once for each key, and nothing private anywhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deliver.vendors import slack
from deliver.vendors.receiver import PATH, SECRET, Receiver
from deliver.vendors.server import VendorServer, make_authorities, serving
from reporter.model.paths import AUDIT, TOLD
from serve.serving import Running, configure, running
from serve.traces import rows, trace

ALERTS = f"{AUDIT}/worker-health-alerts"
EXECUTE = {"execute": True}


class Told:
    """A server whose pilot has two connectors, and one that is broken."""

    def __init__(self, server: Running, receiver: Receiver, chat: slack.Slack, private: list[str]) -> None:
        self.server, self.receiver, self.chat, self.private = server, receiver, chat, private


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VendorServer, str]]:
    authorities = make_authorities(tmp_path_factory.mktemp("authorities"))
    with serving(authorities.trusted.issue_cert("localhost", "127.0.0.1")) as found:
        yield found, authorities.ca_file


@pytest.fixture
def told(world: Path, vendors: tuple[VendorServer, str]) -> Iterator[Told]:
    vendor, ca_file = vendors
    receiver, chat = Receiver(), slack.Slack()
    with vendor.mounted(receiver) as hook, vendor.mounted(chat) as room:
        urls = [hook.url(PATH), room.url(slack.PATH)]
        config = {
            "webhook": {"url": urls[0], "secret": SECRET, "ca_file": ca_file},
            "slack": {"url": urls[1], "ca_file": ca_file},
            "jira": {"enabled": True},
        }
        file = world / "connectors.json"
        file.write_text(json.dumps({"connectors": config}), encoding="utf-8")
        file.chmod(0o600)
        settings = world / "reporter.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(f'connector_config = "connectors.json"\n{text}', encoding="utf-8")
        configure(world)
        with running(world) as server:
            yield Told(server, receiver, chat, [SECRET, *urls, str(world)])


def test_notification_is_sent_once_for_its_key(told: Told) -> None:
    server = told.server
    body = {"provider": "slack", "execute": True, "retries": 2}
    sent = server.post(f"{TOLD}/deliver", "operator", json=body, key="monthly-drill-1")
    assert sent.status_code == 200, sent.text
    assert (sent.json()["delivery"]["counts"], len(told.chat.posts)) == ({"delivered": 1}, 1)
    assert sent.json()["record"]["signer"] == "operator"
    assert any(one.startswith("not used: ") for one in sent.json()["remarks"])
    left = trace(server.world)
    assert server.post(f"{TOLD}/deliver", "operator", json=body, key="monthly-drill-1").text == sent.text
    assert (trace(server.world), len(told.chat.posts)) == (left, 1)
    again = server.post(f"{TOLD}/deliver", "operator", json=body, key="monthly-drill-2").json()
    assert (again["delivery"]["counts"], len(told.chat.posts)) == ({}, 1), "another key, and the same plan"
    for text in (sent.text, *server.remarks, json.dumps(list(rows(server.world)))):
        assert not [one for one in told.private if one in text]


def test_alert_of_a_worker_is_sent_to_one_provider_and_acknowledged(told: Told) -> None:
    server = told.server
    dry = server.post(f"{ALERTS}/deliver", "operator", json={"provider": "webhook"}).json()
    assert (dry["executed"], told.receiver.events) == (False, {})
    sent = server.post(f"{ALERTS}/deliver", "operator", json={**EXECUTE, "provider": "webhook"}, key="alert-of-today")
    assert sent.json()["delivery"]["counts"] == {"delivered": 1}
    assert (len(told.receiver.events), told.chat.posts) == (1, [])
    (alert,) = sent.json()["alerts"]
    kinds = {
        json.loads(str(row[8]))["signer"] for row in rows(server.world) if len(row) == 13 and "alert" in str(row[2])
    }
    assert kinds == {"operator"}
    (route,) = (one for one in server.get(ALERTS).json()["routes"] if one["subject"] == alert["health_id"])
    assert (route["outcome"], route["acknowledgement"]["outstanding"]) == ("delivered", True)
    assert server.get(f"{ALERTS.removesuffix('s')}-dashboard").json()["outstanding_acknowledgement_count"] >= 1
    answers = f"{ALERTS}/{alert['health_id']}/acknowledgements"
    body = {"provider": "webhook", "reason": "somebody is at it", "ref": "INC-7", "state": "acknowledged"}
    done = server.post(answers, "operator", json={**body, **EXECUTE}, key="answer-of-today")
    assert (done.status_code, done.json()["added"]) == (200, True), done.text
    (route,) = (one for one in server.get(ALERTS).json()["routes"] if one["subject"] == alert["health_id"])
    assert (route["acknowledgement"]["by"], route["acknowledgement"]["outstanding"]) == ("operator", False)
    refused = server.post(answers, "operator", json={**body, "ref": "INC-8"})
    assert (refused.status_code, "acknowledged by operator" in refused.json()["detail"]) == (409, True)
    assert server.post(answers, "operator", json={**body, "state": "accepted"}).status_code == 422, (
        "no word of this loop"
    )


def test_worker_sends_again_what_is_approved_and_flags_who_approved_it_themselves(told: Told) -> None:
    server = told.server
    alerts = server.post(f"{ALERTS}/retry-worker-run", "lead", json=EXECUTE, key="worker-of-today")
    assert alerts.status_code == 200, alerts.text
    assert {one["loop"] for one in alerts.json()["runs"]} <= {"audit_worker_health_alert"}
    assert "not used: " in alerts.json()["remarks"][0]
