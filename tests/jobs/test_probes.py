"""Which connectors could be used: tried against a real server, told in one line each, and nothing is sent."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from collect.tls_server import Answers, Authorities, Seen, TlsServer, make_authorities, serving
from deliver.post_office import PostOffice, serving_apart
from reporter.cli import answer

TOKEN = "t0ken-of-this-test"  # noqa: S105 - of this test


class Shut(Answers):
    """Lets nobody in."""

    def do_GET(self) -> None:  # noqa: N802 - as http.server names it
        self.server.seen.append(Seen(self.path, self.headers.get("Authorization")))
        self._send(403)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def server(authorities: Authorities) -> Iterator[TlsServer]:
    with serving(authorities.trusted.issue_cert("localhost"), Shut) as server:
        yield server


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def configure(directory: Path, entries: object) -> str:
    (directory / "connectors.json").write_text(json.dumps(entries))
    (directory / "connectors.json").chmod(0o600)
    (directory / "reporter.toml").write_text('connector_config = "connectors.json"\n')
    return str(directory / "reporter.toml")


def test_every_connector_is_told_in_a_line(
    tmp_path: Path, server: TlsServer, authorities: Authorities, capsys: pytest.CaptureFixture[str]
) -> None:
    trusted = {"url": server.url("/hook"), "ca_file": authorities.ca_file}
    settings = configure(
        tmp_path,
        {
            "webhook": trusted,
            "slack": {"url": server.url("/hook")},
            "http_put": {"url": f"https://127.0.0.1:{free_port()}/store"},
            "github": {**trusted, "token": TOKEN},
            "splunk": {**trusted, "url": server.url("/services/collector/event"), "token": TOKEN},
            "teams": {"enabled": False},
        },
    )
    assert answer(["settings", "check", "--settings", settings, "--connect"]) == 6
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "github    configured  reachable",
        "http_put  configured  unreachable: connection_refused",
        "slack     configured  unreachable: tls_failure",
        "splunk    configured  rejected_permanent: not_authorised (HTTP 403)",
        "teams     disabled",
        "webhook   configured  reachable",
    ]
    for private in (TOKEN, "localhost", "127.0.0.1", "/hook"):
        assert private not in printed.out + printed.err
    assert answer(["settings", "check", "--settings", settings, "--connect", "--json"]) == 6
    rows = {row.pop("provider"): row for row in json.loads(capsys.readouterr().out)["connectors"]}
    assert rows["slack"] == {
        "state": "configured",
        "outcome": "unreachable",
        "error_class": "tls_failure",
        "status_code": 0,
    }
    assert rows["teams"] == {"state": "disabled", "outcome": None, "error_class": "", "status_code": None}
    assert server.seen == [Seen("/services/collector/health", f"Splunk {TOKEN}")] * 2


def test_connectors_that_are_all_reached_are_done(
    tmp_path: Path, server: TlsServer, authorities: Authorities, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"url": server.url("/hook"), "ca_file": authorities.ca_file}
    settings = configure(tmp_path, {"webhook": entry})
    assert answer(["settings", "check", "--settings", settings, "--connect"]) == 0
    assert capsys.readouterr().out == "webhook  configured  reachable\n"


@pytest.mark.parametrize("connect", [[], ["--connect"]], ids=["checked", "connected"])
def test_faults_of_the_connector_configuration_are_faults_of_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], connect: list[str]
) -> None:
    settings = configure(tmp_path, {"splunk": {"url": "https://splunk.example.org"}, "slak": {}, "teams": {}})
    (tmp_path / "connectors.json").chmod(0o644)
    assert answer(["settings", "check", "--settings", settings, *connect]) == 2
    printed = capsys.readouterr()
    said = printed.err.splitlines()
    assert said[0].endswith("others can read it; `chmod 600` keeps it private")
    assert [line.partition(" ")[2].partition(":")[0] for line in said[1:]] == [
        "connectors.slak",
        "connectors.splunk.authorization",
        "connectors.teams.url",
    ]
    assert "splunk.example.org" not in printed.out + printed.err
    if connect:
        assert printed.out.splitlines() == ["splunk  faulty", "teams   faulty"]
    else:
        assert 'connector_config = "connectors.json"' in printed.out


def test_settings_without_connectors_have_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reporter.toml").write_text("")
    assert answer(["settings", "check", "--settings", str(tmp_path / "reporter.toml"), "--connect"]) == 0
    assert capsys.readouterr().out == "no connectors are configured\n"


def test_mail_server_is_tried_as_far_as_the_login(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = PostOffice(greeting=554)
    mail = {"host": "127.0.0.1", "sender": "reports@example.org", "security": "none"}
    with serving_apart(office) as port:
        settings = configure(tmp_path, {"email": {**mail, "port": port}})
        assert answer(["settings", "check", "--connect", "--settings", settings]) == 6
        office.greeting = 250
        assert answer(["settings", "check", "--connect", "--settings", settings]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines if line.strip().startswith("email")] == [
        "email  configured  rejected_permanent: rejected (SMTP 554)",
        "email  configured  reachable",
    ]
    assert office.received == []
