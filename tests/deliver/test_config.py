"""The private connector configuration: what it may say, every fault at once, and nothing of it told."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collect.tls_server import make_authorities
from reporter.deliver.config import LoadedConnectors, load_connectors
from reporter.deliver.config.file import read_config
from reporter.deliver.config.keys import key_rows
from reporter.settings import load_settings

TOKEN = "t0ken-of-this-test"  # noqa: S105 - of this test
HOOK = "https://hooks.chat.example.org/services/T0000/B0000/h00kh00kh00k"

NO_URL = (
    "found another address (not shown), wanted https://HOST/PATH without a user or password;"
    " http:// is for a loopback address alone"
)

Load = Callable[..., LoadedConnectors]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a configuration beside settings that name it, and load it."""

    def write_and_load(document: object, name: str = "connectors.json", more: str = "") -> LoadedConnectors:
        text = document if isinstance(document, str) else json.dumps(document)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
        (tmp_path / "reporter.toml").write_text(f'connector_config = "{name}"\n{more}')
        return load_connectors(load_settings(str(tmp_path / "reporter.toml"), {})[0])

    return write_and_load


def faults(loaded: LoadedConnectors) -> list[str]:
    return [str(one) for one in loaded.faults]


def test_reference_of_the_keys_says_what_a_value_has_to_look_like() -> None:
    rows = {(provider, key): what for provider, key, what in key_rows()}
    assert rows["`webhook`", "`secret`, `secret_env`"].endswith(" Form: whsec_ and 24 to 64 bytes in base64.")
    assert "Form:" not in rows["`email`", "`password`, `password_env`"]


def test_without_a_configuration_there_are_no_connectors(tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("")
    loaded = load_connectors(load_settings(str(tmp_path / "reporter.toml"), {})[0])
    assert (dict(loaded.connectors), loaded.faults, loaded.is_read) == ({}, (), True)
    assert loaded.private.searched == 0


def test_upstreams_file_is_read(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPLUNK_TOKEN", f" {TOKEN}\n")
    monkeypatch.setenv("JIRA_AUTH", "Basic Ym90QGV4YW1wbGUub3JnOnMzY3JldA==")
    monkeypatch.setenv("SLACK_URL", HOOK)
    loaded = load(
        {
            "connectors": {
                "splunk": {"url": "https://splunk.example.org:8088", "token_env": "SPLUNK_TOKEN", "index": "pilots"},
                "datadog": {"url": "https://dd.example.org/v2", "api_key": "k3y-of-datadog"},
                "jira": {
                    "url": "https://jira.example.org",
                    "authorization_env": "JIRA_AUTH",
                    "headers": {"X-Trace": "trace-4711"},
                    "project": "OPS",
                    "title": "Pilots",
                },
                "Slack": {"url_env": "SLACK_URL", "method": "post"},
                "teams": {"enabled": False, "url_env": "NOT_SET"},
            }
        }
    )
    assert faults(loaded) == []
    assert list(loaded.connectors) == ["datadog", "jira", "slack", "splunk"]
    assert loaded.disabled == ("teams",)
    told = {name: one.told for name, one in loaded.connectors.items()}
    assert told["splunk"].headers == {"authorization": f"Splunk {TOKEN}"}
    assert told["splunk"].values == {"index": "pilots"}
    assert told["datadog"].headers == {"dd-api-key": "k3y-of-datadog"}
    assert told["datadog"].values == {"service": "cavra"}
    assert told["jira"].headers == {
        "authorization": "Basic Ym90QGV4YW1wbGUub3JnOnMzY3JldA==",
        "x-trace": "trace-4711",
    }
    assert (told["jira"].title, told["jira"].values["project"]) == ("Pilots", "OPS")
    assert (told["slack"].url, told["slack"].method, told["slack"].headers) == (HOOK, "POST", {})
    assert loaded.connectors["splunk"].hosts == {"splunk.example.org:8088"}
    assert loaded.connectors["slack"].hosts == {"hooks.chat.example.org:443"}
    assert loaded.connectors["slack"].max_connections == 1


@pytest.mark.parametrize("top", ["connectors", "providers", None])
@pytest.mark.parametrize("name", ["connectors.json", "connectors.yaml", "connectors"])
def test_file_is_json_or_yaml_with_or_without_a_top(load: Load, top: str | None, name: str) -> None:
    entries = {"slack": {"url": HOOK}}
    assert list(load({top: entries} if top else entries, name).connectors) == ["slack"]


def test_yaml_is_read(load: Load) -> None:
    loaded = load(f"# private\nconnectors:\n  slack:\n    url: {HOOK}\n    timeout_seconds: 2.5\n", "connectors.yml")
    assert loaded.connectors["slack"].timeout_seconds == 2.5


def test_our_own_keys_say_how_a_connector_is_reached(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_authorities(tmp_path)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "creds").mkdir()
    (tmp_path / "creds" / "trace").write_text("trace-4711")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "creds"))
    loaded = load(
        {
            "github": {
                "url": "https://api.example.org",
                "token": "file:token",
                "authorization_scheme": "token",
                "headers": {"X-Trace": "credential:trace"},
                "allowed_hosts": ["uploads.example.org", "raw.example.org:8443"],
                "ca_file": "ca.pem",
                "timeout_seconds": 30,
                "max_connections": 4,
            },
            "servicenow": {"url": "http://127.0.0.1:8080", "user": "pilot-bot", "token": TOKEN},
        }
    )
    assert faults(loaded) == []
    github, servicenow = loaded.connectors["github"], loaded.connectors["servicenow"]
    assert github.told.headers == {"x-trace": "trace-4711", "authorization": f"token {TOKEN}"}
    assert github.hosts == {"api.example.org:443", "uploads.example.org", "raw.example.org:8443"}
    assert (github.ca_file, github.timeout_seconds, github.max_connections) == (str(tmp_path / "ca.pem"), 30, 4)
    http = github.http()
    assert (http.hosts, http.timeout_seconds, http.max_connections) == (github.hosts, 30, 4)
    basic = base64.b64encode(f"pilot-bot:{TOKEN}".encode()).decode()
    assert servicenow.told.headers == {"authorization": f"Basic {basic}"}
    assert servicenow.hosts == {"127.0.0.1:8080"}


def test_mail_server_and_store_are_entries_too(load: Load) -> None:
    mail = {
        "host": "smtp.example.org",
        "port": 2525,
        "sender": "reports@example.org",
        "user": "reports",
        "password": TOKEN,
    }
    loaded = load({"email": mail, "http_put": {"url": "https://store.example.org/bundles"}})
    assert faults(loaded) == []
    assert loaded.connectors["email"].told.values == {
        "host": "smtp.example.org",
        "port": "2525",
        "sender": "reports@example.org",
        "to": "",
        "security": "starttls",
        "user": "reports",
        "password": TOKEN,
        "token": "",
        "unencrypted_allowed": "no",
    }
    assert loaded.connectors["email"].hosts == frozenset()


def test_address_that_everybody_uses_need_not_be_said_and_is_not_private(load: Load) -> None:
    page = "https://events.pagerduty.com/v2/enqueue"
    for entry in ({}, {"url": page}):
        loaded = load({"pagerduty": {"routing_key": "0" * 31 + "a", **entry}})
        assert loaded.connectors["pagerduty"].told.url == page
        assert [one.place for one in loaded.private.find(f"{page} {'0' * 31}a".encode())] == [
            "connectors.pagerduty.routing_key"
        ]


def test_all_faults_of_all_connectors_are_told_at_once_and_the_others_are_usable(load: Load) -> None:
    loaded = load(
        {
            "slack": {"url": HOOK},
            "splunk": {"url": "http://splunk.example.org", "token_env": "NOT_SET", "max_connections": 0, "indexx": 1},
            "jira": {},
            "webhook": {"url": HOOK, "secret": "whsec_not+enough", "method": "GET"},
        }
    )
    assert list(loaded.connectors) == ["slack"]
    not_shown = "found something else (not shown), wanted"
    assert [one.removeprefix("connectors.") for one in faults(loaded)] == [
        "splunk.indexx: unknown key; did you mean index?",
        f"splunk.url: {NO_URL}",
        "splunk.token: the environment variable (not shown) is not set",
        f"splunk.max_connections: {not_shown} a whole number above 0, 100 at most",
        "jira.url: found none, wanted url, or url_env with the name of a variable",
        "jira.authorization: found none, wanted authorization, token or api_key, or a variable for one of them",
        f"webhook.method: {not_shown} POST or PUT",
        f"webhook.secret: {not_shown} whsec_ and 24 to 64 bytes in base64",
    ]
    assert [one.provider for one in loaded.faults] == ["splunk"] * 4 + ["jira"] * 2 + ["webhook"] * 2


@pytest.mark.parametrize(
    ("provider", "entry", "expected"),
    [
        ("slack", {"url": ""}, "url: found an empty text"),
        ("pagerduty", {"url": " ", "routing_key": "0" * 31 + "a"}, "url: found an empty text"),
        ("pagerduty", {"routing_key": ""}, "routing_key: found an empty text, wanted 32 letters and digits"),
        ("splunk", {"url": "https://splunk.example.org", "token": ""}, "authorization: found none"),
        ("splunk", {"url": "https://splunk.example.org", "api_key": "", "token": "short"}, "token: found fewer than"),
        (
            "splunk",
            {"url": "https://splunk.example.org", "headers": {"Authorization": ""}},
            "authorization: found none",
        ),
        ("webhook", {"url": HOOK, "user": "reports", "token": ""}, "user: found it without a token"),
    ],
)
def test_required_key_that_is_empty_is_a_fault(load: Load, provider: str, entry: dict[str, Any], expected: str) -> None:
    (fault,) = faults(load({provider: entry}))
    assert fault.startswith(f"connectors.{provider}.{expected}")


@pytest.mark.parametrize(
    ("provider", "key"), [("webhook", "secret"), ("webhook", "token"), ("webhook", "headers.x-team"), ("slack", "url")]
)
def test_reference_to_an_empty_text_is_a_fault_though_nobody_asks_for_the_key(
    load: Load, tmp_path: Path, provider: str, key: str
) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "empty").chmod(0o600)
    name, _, header = key.partition(".")
    entry = {"url": HOOK, name: {header: "file:empty"} if header else "file:empty"}
    assert faults(load({provider: entry})) == [
        f"connectors.{provider}.{key}: found an empty text, wanted one behind its reference"
    ]


def test_what_a_vendor_asks_beyond_single_keys_is_asked(load: Load) -> None:
    (fault,) = faults(load({"jira": {"url": "https://jira.example.org", "token": TOKEN}}))
    assert fault.startswith("connectors.jira.project: found nothing")


WITH_URL: dict[str, Any] = {"url": HOOK}
NOT_SHOWN = "found something else (not shown), wanted"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"enabled": "false"}, [f"enabled: {NOT_SHOWN} true or false"]),
        ({"enabled": None}, [f"enabled: {NOT_SHOWN} true or false"]),
        (
            {"url_env": "SLACK_URL"},
            ["url: found it beside url_env", "url: the environment variable (not shown)"],
        ),
        ({"url": None, "url_env": TOKEN}, [f"url_env: {NOT_SHOWN} the name of a variable"]),
        ({"url": None, "url_env": 7}, [f"url_env: {NOT_SHOWN} the name of a variable"]),
        ({"url": None, "url_env": ""}, [f"url_env: {NOT_SHOWN} the name of a variable"]),
        ({"url": ["a"]}, ["url: found no text"]),
        ({"url": True}, ["url: found no text"]),
        ({"url": "file:missing"}, ["url: "]),
        ({"url": "file:latin"}, ["url: found bytes that are no UTF-8 text"]),
        ({"url": "https://a\u200b.example.org"}, ["url: found signs that cannot be printed"]),
        ({"token": "a"}, ["token: found fewer than 8 characters"]),
        ({"token": "tök€n-of-this-test"}, ["authorization: found what no header can hold"]),
        ({"token": TOKEN, "authorization": f"Bearer {TOKEN}"}, ["token: found it beside authorization"]),
        ({"user": "somebody"}, ["user: found it without a token"]),
        (
            {"user": "somebody", "token": TOKEN, "authorization_scheme": "Bearer"},
            ["authorization_scheme: found it beside"],
        ),
        ({"token": TOKEN, "authorization_scheme": "two words"}, [f"authorization_scheme: {NOT_SHOWN} a word"]),
        ({"token": TOKEN, "headers": {"Authorization": "Basic x"}}, ["headers: found a header that another key gives"]),
        ({"api_key": TOKEN, "api_key_header": "two words"}, ["authorization: found what no header can hold"]),
        ({"headers": ["a"]}, ["headers: found no object"]),
        ({"headers": {"X-A": "1", "x-a": "2"}}, ["headers.x-a: found twice"]),
        ({"headers": {"Host": "example.org"}}, ["headers.Host: found a header that every request has"]),
        ({"headers": {"X 4711": "a"}}, ["headers.(a name that is not shown): found what no header can hold"]),
        ({"headers": {"X-A": None}}, ["headers.X-A: found no text"]),
        ({"method": 7}, [f"method: {NOT_SHOWN} POST or PUT"]),
        ({"timeout_seconds": True}, [f"timeout_seconds: {NOT_SHOWN} a number above 0, 600 at most"]),
        ({"timeout_seconds": 601}, [f"timeout_seconds: {NOT_SHOWN} a number above 0, 600 at most"]),
        ({"timeout_seconds": float("nan")}, [f"timeout_seconds: {NOT_SHOWN} a number above 0, 600 at most"]),
        ({"max_connections": 1.5}, [f"max_connections: {NOT_SHOWN} a whole number above 0, 100 at most"]),
        ({"max_connections": "4"}, [f"max_connections: {NOT_SHOWN} a whole number above 0, 100 at most"]),
        ({"allowed_hosts": "example.org"}, ["allowed_hosts: found no list"]),
        ({"allowed_hosts": ["*.example.org"]}, [f"allowed_hosts.0: {NOT_SHOWN} HOST or HOST:PORT"]),
        (
            {"allowed_hosts": ["a.example.org", 7.5]},
            ["allowed_hosts.1: found no text", f"allowed_hosts.1: {NOT_SHOWN}"],
        ),
        ({"ca_file": "no.pem"}, ["ca_file: found certificate authorities that cannot be read"]),
        ({"ca_file": ""}, []),
        ({"title": ""}, []),
        ({"title": ["a"]}, ["title: found no text"]),
        ({"timeout": 5}, ["timeout: unknown key; did you mean timeout_seconds?"]),
        ({"x4711": 5}, ["(a key that is not shown): unknown key; known: enabled, url, url_env, method"]),
        ({7: 5}, ["(a key that is not shown): unknown key; known: enabled, url, url_env, method"]),
    ],
)
def test_fault_of_an_entry_names_key_and_wish(
    load: Load, tmp_path: Path, entry: dict[Any, Any], expected: list[str]
) -> None:
    (tmp_path / "latin").write_bytes(b"https://\xe9xample.org")
    loaded = load({"slack": WITH_URL | entry})
    found = [one.removeprefix("connectors.slack.") for one in faults(loaded)]
    assert len(found) == len(expected), found
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True)), found
    assert ("slack" in loaded.connectors) is not bool(expected)


MAIL: dict[str, Any] = {"host": "smtp.example.org", "sender": "reports@example.org"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"url": "https://smtp.example.org"}, "url: unknown key"),
        ({"host": None}, "host: found none, wanted the name of a host"),
        ({"host": "  "}, "host: found an empty text, wanted the name of a host"),
        ({"host": "file:empty"}, "host: found an empty text, wanted one behind its reference"),
        ({"title": "file:empty"}, "title: found an empty text, wanted one behind its reference"),
        ({"sender": ""}, "sender: found an empty text, wanted one e-mail address"),
        ({"host": "a/b"}, "host: found something else (not shown), wanted the name of a host"),
        ({"sender": "reports"}, "sender: found something else (not shown), wanted one e-mail address"),
        ({"port": "0"}, "port: found something else (not shown), wanted a port"),
        ({"user": "reports"}, "user: found a user without a password or token"),
        ({"password": TOKEN}, "user: found a user without a password or token"),
        ({"user": "reports", "password": TOKEN, "token": TOKEN}, "token: found one beside a password"),
        ({"user": "reports", "password": TOKEN, "security": "none"}, "security: found none beside a login"),
    ],
)
def test_fault_of_the_mail_server_is_told(load: Load, entry: dict[str, Any], expected: str, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "empty").chmod(0o600)
    (fault,) = faults(load({"email": MAIL | entry}))
    assert fault.startswith(f"connectors.email.{expected}")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"slak": {}}, ["connectors.slak: unknown provider; did you mean slack?"]),
        ({"intune": {}}, ["connectors.intune: unknown provider; known: azure_repos, datadog, email, github,"]),
        ({HOOK: {}}, ["connectors.(a name that is not shown): unknown provider"]),
        ({"slack": HOOK}, ["connectors.slack: found no object"]),
        ({"slack": None}, ["connectors.slack: found no object"]),
        ({"slack": {"url": HOOK}, "Slack": {}}, ["connectors.Slack: found slack twice"]),
    ],
)
def test_entry_of_nobody_is_a_fault(load: Load, document: object, expected: list[str]) -> None:
    found = faults(load(document))
    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True)), found


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("{", "c.json", "not JSON: line 1 column 2"),
        ('{"a": s3cret-s3cret}', "c.json", "not JSON: line 1 column 7"),
        ("[" * 100_000, "c.json", "nested too deep"),
        ('{"a": {}, "a": {}}', "c.json", "an object holds a key twice"),
        ("[]", "c.json", "found no object"),
        ("slack: {", "c.yaml", "not YAML: line 1 column 9"),
        ("a: {}\na: {}\n", "c.yaml", "an object holds a key twice: line 1 column 1"),
        ("a: !!python/object/apply:os.system ['true']", "c.yaml", "found a tag, wanted the value alone"),
        ("slack: {token: !!bool s3cret-s3cret}", "c.yaml", "found a tag, wanted the value alone"),
        ('slack: {token: !!int ""}', "c.yaml", "found a tag, wanted the value alone"),
        ('slack: {token: !!float ""}', "c.yaml", "found a tag, wanted the value alone"),
        ("slack: {token: !!timestamp s3cret-s3cret}", "c.yaml", "found a tag, wanted the value alone"),
        ("slack: !own {token: s3cret-s3cret}", "c.yaml", "found a tag, wanted the value alone"),
        ("? [s3cret-s3cret]\n: {}", "c.yaml", "not YAML: line 1 column 3"),
        ("a: 0b_", "c.yaml", "not YAML"),
        ("a: &a {token: s3cret-s3cret}\nb: *a", "c.yaml", "found an alias, wanted the value itself: line 2 column 4"),
        ("a: {<<: {token: s3cret-s3cret}}", "c.yaml", "found a merge key, wanted the keys themselves: line 1 column 4"),
        (f"a: 1{':1' * 40}", "c.yaml", "found a number of more than 64 characters"),
        (f"a: 0x{'f' * 5000}", "c.yaml", "found a number of more than 64 characters"),
        (f"a: [{'s3cret, ' * 10_000}]", "c.yaml", "more than 10,000 keys and values: line 1 column "),
        (f'{{"a": [{"{}, " * 10_000}{{}}]}}', "c.json", "more than 10,000 keys and values"),
        ("a: 2026-99-99", "c.yaml", "not YAML"),
        ("a: \x07", "c.yaml", "not YAML"),
        ("[" * 600, "c.yaml", "not YAML"),
        ("s3cret-s3cret", "c.yaml", "found no object"),
        ("", "c.yaml", "found no object"),
        ("connectors: s3cret-s3cret", "c.yaml", "connectors: found no object"),
    ],
)
def test_file_that_is_none_leaves_nothing_to_guard_with(load: Load, text: str, name: str, expected: str) -> None:
    loaded = load(text, name)
    (fault,) = faults(loaded)
    assert fault.split(name)[1].startswith(f": {expected}"), fault
    assert "s3cret" not in fault
    assert not loaded.is_read
    assert not loaded.connectors


def bomb_of_aliases() -> str:
    rows = ["l0: &l0 [s3cret-s3cret]", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))]
    return "\n".join(rows)


def bomb_of_merges() -> str:
    rows = [
        "l0: &l0 {token: s3cret-s3cret}",
        *(f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 9)}]}}" for n in range(1, 12)),
    ]
    return "\n".join(rows)


@pytest.mark.parametrize("bomb", [bomb_of_aliases(), bomb_of_merges()], ids=["aliases", "merge_keys"])
def test_short_text_never_becomes_a_large_document(load: Load, bomb: str) -> None:
    loaded = load(bomb, "c.yaml")
    assert not loaded.is_read
    assert faults(loaded)[0].endswith("found an alias, wanted the value itself: line 2 column 10") or faults(loaded)[
        0
    ].endswith("found an alias, wanted the value itself: line 2 column 15")


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"token_env": "JBSWY3DPEHPK3PXP"}, "the environment variable (not shown) is not set"),
        ({"token": "env:JBSWY3DPEHPK3PXP"}, "the environment variable (not shown) is not set"),
        ({"token": "file:JBSWY3DPEHPK3PXP"}, "the file (not shown): No such file or directory"),
        ({"token": "file:."}, "the file (not shown): Is a directory"),
        ({"token": "file:/dev/null"}, "the file (not shown): no regular file"),
        ({"token": "file:JBSWY3DP\0EHPK3PXP"}, "the file (not shown): no name that a file can have"),
        ({"token": "file:\ud800JBSWY3DP"}, "the file (not shown): no name that a file can have"),
        ({"token": "credential:JBSWY3DPEHPK3PXP"}, "credential:(not shown) needs CREDENTIALS_DIRECTORY"),
    ],
)
def test_secret_in_the_place_of_a_reference_is_told_by_its_kind_alone(
    load: Load, entry: dict[str, str], fault: str
) -> None:
    loaded = load({"splunk": {"url": "https://splunk.example.org:8088", **entry}})
    assert any(one.startswith(f"connectors.splunk.token: {fault}") for one in faults(loaded)), faults(loaded)
    assert "JBSWY3DP" not in "".join(faults(loaded))


def test_variable_of_other_bytes_than_text_is_the_fault_of_its_key(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD_TOKEN", "\udcff" * 10)
    loaded = load(
        {"splunk": {"url": "https://splunk.example.org:8088", "token_env": "ODD_TOKEN"}, "slack": {"url": HOOK}}
    )
    assert any("token: found bytes that are no UTF-8 text (not shown), wanted a text" in one for one in faults(loaded))
    assert list(loaded.connectors) == ["slack"]


def test_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text('connector_config = "missing.json"')
    loaded = load_connectors(load_settings(str(tmp_path / "reporter.toml"), {})[0])
    assert [one.partition(": ")[0] for one in faults(loaded)] == ["connector_config"]
    assert not loaded.is_read
    (tmp_path / "missing.json").write_bytes(b"\xff")
    loaded = load_connectors(load_settings(str(tmp_path / "reporter.toml"), {})[0])
    assert faults(loaded)[0].endswith("missing.json: not UTF-8 text")


def test_tops_that_contradict_are_faults_and_the_first_is_read(load: Load) -> None:
    loaded = load({"connectors": {"slack": {"url": HOOK}}, "providers": {}, "jira": {}})
    assert [one.split("connectors.json: ")[1] for one in faults(loaded)] == [
        "found connectors and providers, wanted one of the two",
        "found 1 more beside connectors, wanted it alone",
    ]
    assert list(loaded.connectors) == ["slack"]


@pytest.mark.parametrize(("mode", "told"), [(0o600, False), (0o640, False), (0o644, True), (0o602, True)])
def test_file_that_others_can_read_is_remarked(load: Load, tmp_path: Path, mode: int, told: bool) -> None:  # noqa: FBT001 - of a table
    load({})
    (tmp_path / "connectors.json").chmod(mode)
    loaded = load_connectors(load_settings(str(tmp_path / "reporter.toml"), {})[0])
    assert [one.endswith("`chmod 600` keeps it private") for one in loaded.remarks] == [True] * told


def places(loaded: LoadedConnectors, text: str) -> list[str]:
    return [f"{one.kind} {one.place}" for one in loaded.private.find(text.encode())]


def test_everything_private_is_searched_for(load: Load, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k3y-of-datadog")
    basic = base64.b64encode(b"jira-user:s3cret-s3cret").decode()
    loaded = load(
        {
            "slack": {"url": HOOK, "headers": {"X-Trace": "trace-4711", "Content-Type": "application/json"}},
            "jira": {"url": "https://bücher.example.org", "authorization": f"Basic {basic}", "project": "OPERATIONS"},
            "datadog": {
                "url": "https://dd.example.org/?sig=abcdefgh1234",
                "api_key": "file:key",
                "title": "The pilots",
            },
            "github": {
                "url": "https://api.example.org",
                "user": "pilot-bot",
                "token": TOKEN,
                "allowed_hosts": ["uploads.example.org:8443"],
                "ref": "jane@example.org",
            },
        },
        more='[environments.pilot.deliver]\nexecutives = ["cto@example.org"]\n',
    )
    assert faults(loaded) == []
    expected = {
        HOOK: "configured_address connectors.slack.url",
        "hooks.chat.example.org": "configured_host connectors.slack.url",
        "h00kh00kh00k": "configured_address connectors.slack.url",
        "trace-4711": "configured_secret connectors.slack.headers.X-Trace",
        "xn--bcher-kva.example.org": "configured_host connectors.jira.url",
        "bücher.example.org": "configured_host connectors.jira.url",
        "jira-user": "configured_person connectors.jira.authorization",
        "s3cret-s3cret": "configured_secret connectors.jira.authorization",
        "abcdefgh1234": "configured_address connectors.datadog.url",
        "k3y-of-datadog": "configured_secret connectors.datadog.api_key",
        "pilot-bot": "configured_person connectors.github.user",
        TOKEN: "configured_secret connectors.github.token",
        "uploads.example.org": "configured_host connectors.github.allowed_hosts.0",
        "jane@example.org": "configured_person connectors.github.ref",
        "cto@example.org": "configured_person environments.pilot.deliver.executives",
    }
    assert {text: places(loaded, text)[-1:] for text in expected} == {text: [one] for text, one in expected.items()}
    assert places(loaded, "OPERATIONS The pilots application/json file:key T0000 B0000 services") == []


def test_faulty_disabled_and_unknown_entries_are_private_too(load: Load) -> None:
    entry = {"url": HOOK, "token": TOKEN, "title": "The pilots", "index": "production-logs", "api_key_env": "SOME_NAME"}
    for document in (
        {"splunk": {"enabled": False, **entry}},
        {"splunk": {"enabled": 7, **entry}},
        {"intune": {**entry, "headers": {"X-A": TOKEN}, "allowed_hosts": [f"https://{TOKEN}"]}},
    ):
        loaded = load(document)
        assert not loaded.connectors
        assert loaded.private.find(f"{HOOK} {TOKEN}".encode())
        assert {one.text for one in loaded.private.find(f"{HOOK} {TOKEN}".encode())} >= {HOOK, TOKEN}
        assert places(loaded, "The pilots SOME_NAME") == []
    assert places(load({"splunk": {"enabled": False, **entry}}), "production-logs") == []
    assert places(load({"slack": "s3cret-s3cret"}), "s3cret-s3cret") == ["configured_secret connectors.unknown"]


def test_misplaced_secret_is_searched_for(load: Load) -> None:
    for entry in ({"url_env": TOKEN}, {"url": [TOKEN]}):
        loaded = load({"slack": entry})
        assert places(loaded, TOKEN)
        assert TOKEN not in "".join(faults(loaded))


def test_what_the_settings_publish_is_not_private(load: Load) -> None:
    more = '[environments.production-pilot.deliver]\nlink = "https://evidence.example.org/bundles"\n'
    entry = {"url": "https://evidence.example.org/hook", "headers": {"X-Environment": "production-pilot"}}
    loaded = load({"webhook": entry}, more=more)
    assert places(loaded, "production-pilot at evidence.example.org") == []
    assert places(loaded, "https://evidence.example.org/hook") == ["configured_address connectors.webhook.url"] * 2


def test_secrets_of_the_settings_are_searched_for(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANIFESTS", TOKEN)
    monkeypatch.setenv("LEDGER", "l3dger-s3cret")
    monkeypatch.setenv("HEARTBEAT", "https://beat.example.org/0123456789ab")
    more = (
        'ledger = "postgresql+psycopg://ledger.example.org/x"\nledger_password = "env:LEDGER"\n'
        'heartbeat_url = "env:HEARTBEAT"\n'
        '[https.tokens]\n"a.example.org" = "env:MANIFESTS"\n"b.example.org" = "env:NOT_SET"\n'
    )
    loaded = load({}, more=more)
    assert places(loaded, f"{TOKEN} l3dger-s3cret") == [
        "configured_secret https.tokens",
        "configured_secret ledger_password",
    ]
    assert places(loaded, "beat.example.org 0123456789ab") == [
        "configured_host heartbeat_url",
        "configured_address heartbeat_url",
    ]
    monkeypatch.delenv("LEDGER")
    monkeypatch.delenv("HEARTBEAT")
    assert places(load({}, more=more), f"{TOKEN} l3dger-s3cret") == ["configured_secret https.tokens"]


def test_nothing_private_is_printed(load: Load) -> None:
    loaded = load({"slack": {"url": HOOK}, "jira": {"url": "https://jira.example.org", "token": TOKEN, "projekt": 1}})
    said = f"{loaded!r} {loaded} {dict(loaded.connectors)!r} {loaded.connectors['slack'].told!r} {faults(loaded)}"
    for private in (HOOK, "example.org", TOKEN):
        assert private not in said


@pytest.mark.parametrize("host", ["", "[::1", f"{'a' * 70}.example.org", "xn--\u00fc.example.org"])
def test_address_that_cannot_be_taken_apart_is_private_as_it_is(load: Load, host: str) -> None:
    loaded = load({"slack": {"url": f"https://{host}/h00kh00kh00k"}})
    assert places(loaded, f"https://{host}/h00kh00kh00k")[:1] == ["configured_address connectors.slack.url"]


def test_user_and_password_in_an_address_are_refused_and_private(load: Load) -> None:
    loaded = load({"slack": {"url": f"https://pilot-bot:{TOKEN}%21@chat.example.org"}})
    assert faults(loaded) == [f"connectors.slack.url: {NO_URL}"]
    assert places(loaded, f"pilot-bot {TOKEN}!") == ["configured_secret connectors.slack.url"] * 2


def test_file_as_it_was_read_is_not_printed(load: Load, tmp_path: Path) -> None:
    load({"slack": {"url": HOOK}})
    raw = read_config(load_settings(str(tmp_path / "reporter.toml"), {})[0])
    assert raw.entries == {"slack": {"url": HOOK}}
    assert HOOK not in f"{raw} {raw!r}"


def test_variable_of_an_unknown_key_is_private_too(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISSPELT", TOKEN)
    loaded = load({"slack": {"url": HOOK, "tokn_env": "MISSPELT"}, "intune": {"tokn": "env:MISSPELT"}})
    assert [one.partition(":")[0] for one in faults(loaded)] == ["connectors.intune", "connectors.slack.tokn_env"]
    assert places(loaded, TOKEN)
