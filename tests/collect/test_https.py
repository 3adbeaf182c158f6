"""Manifests over https: a real TLS server, every way it can fail, and nothing private in any fault."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collect.tls_server import BODY, FOREVER, Authorities, TlsServer, make_authorities, serving
from reporter.clock import utc_now
from reporter.collect.case import collect_case
from reporter.collect.files import Unread
from reporter.collect.https import HttpsAccess, fetch_bytes
from reporter.errors import UsageFault
from reporter.model.documents import DocumentState, Fault
from reporter.settings import load_settings

LIMIT = 10_000
TOKEN = "t0ken-that-nobody-may-see"  # noqa: S105 - of this test


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def shared(authorities: Authorities) -> Iterator[TlsServer]:
    with serving(authorities.trusted.issue_cert("localhost", "127.0.0.1")) as server:
        yield server


@pytest.fixture
def server(shared: TlsServer) -> TlsServer:
    shared.seen.clear()
    return shared


@pytest.fixture
def access(authorities: Authorities) -> HttpsAccess:
    return HttpsAccess(10, authorities.ca_file, {"localhost": TOKEN})


def fault(found: str, wanted: str, state: DocumentState = DocumentState.UNREADABLE) -> Unread:
    return Unread(state, Fault("", found, wanted))


def test_document_is_the_exact_bytes_of_the_answer(server: TlsServer, access: HttpsAccess) -> None:
    assert fetch_bytes(server.url("/ok"), LIMIT, access) == BODY
    assert fetch_bytes(server.url("/ok"), len(BODY), access) == BODY


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/missing", fault("HTTP status 404", "HTTP status 200", DocumentState.MISSING)),
        ("/gone", fault("HTTP status 410", "HTTP status 200", DocumentState.MISSING)),
        ("/error", fault("HTTP status 500", "HTTP status 200")),
        ("/forbidden", fault("HTTP status 403", "HTTP status 200")),
        ("/partial", fault("HTTP status 206", "HTTP status 200")),
        ("/redirect", fault("HTTP status 302", "HTTP status 200")),
        ("/gzip", fault("a compressed answer", "the exact bytes of the document")),
        ("/cut", fault("a failed request (RemoteProtocolError)", "a complete answer")),
        ("/nonsense", fault("a failed request (RemoteProtocolError)", "a complete answer")),
    ],
)
def test_any_other_answer_is_a_finding(server: TlsServer, access: HttpsAccess, path: str, expected: Unread) -> None:
    assert fetch_bytes(server.url(path), LIMIT, access) == expected
    assert [seen.path for seen in server.seen] == [path]


@pytest.mark.parametrize("path", ["/silence", "/drip-headers", "/drip-body"])
def test_time_limit_holds_for_the_whole_request_however_slowly_it_drips(
    server: TlsServer, access: HttpsAccess, path: str
) -> None:
    began = time.monotonic()
    read = fetch_bytes(server.url(path), LIMIT, access._replace(timeout_seconds=0.5))
    assert read == fault("no complete answer in time", "all of it within 0.5 seconds")
    assert time.monotonic() - began < FOREVER / 2


def test_answer_over_the_limit_is_left_early(server: TlsServer, access: HttpsAccess) -> None:
    too_large = fault(
        f"more than {LIMIT} bytes", f"{LIMIT} bytes at most (manifest_max_bytes)", DocumentState.TOO_LARGE
    )
    assert fetch_bytes(server.url("/endless"), LIMIT, access) == too_large
    assert server.bytes_sent < 20_000_000
    assert fetch_bytes(server.url("/ok"), len(BODY) - 1, access).__class__ is Unread


def test_certificate_of_an_unknown_authority_is_not_trusted(authorities: Authorities, access: HttpsAccess) -> None:
    with serving(authorities.unknown.issue_cert("localhost")) as server:
        read = fetch_bytes(server.url("/ok"), LIMIT, access)
        assert server.seen == []
    assert read == fault("a certificate that is not trusted", "one for this host name, from a trusted authority")


def test_certificate_for_another_host_is_not_trusted(authorities: Authorities, access: HttpsAccess) -> None:
    with serving(authorities.trusted.issue_cert("manifests.example.org")) as server:
        read = fetch_bytes(server.url("/ok"), LIMIT, access)
        assert server.seen == []
    assert read == fault("a certificate that is not trusted", "one for this host name, from a trusted authority")


def test_system_authorities_do_not_know_ours(server: TlsServer, access: HttpsAccess) -> None:
    read = fetch_bytes(server.url("/ok"), LIMIT, access._replace(ca_file=""))
    assert read == fault("a certificate that is not trusted", "one for this host name, from a trusted authority")


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://127.0.0.1:9/plan.json", id="refused"),
        pytest.param("https://no-such-host.invalid/plan.json", id="unknown-host"),
    ],
)
def test_server_that_is_not_there_is_a_finding(url: str, access: HttpsAccess) -> None:
    assert fetch_bytes(url, LIMIT, access) == fault("no connection", "a server that answers over TLS")


@pytest.mark.parametrize(
    "url", ["https://", "https:///plan.json", "https://[::1/plan.json", "https://h\0/", "https://localhost:65536/"]
)
def test_address_that_is_none_is_a_finding(url: str, access: HttpsAccess) -> None:
    read = fetch_bytes(url, LIMIT, access)
    assert isinstance(read, Unread)
    assert read.fault.wanted == "a complete answer"


@pytest.mark.parametrize("content", [None, b"", b"no certificate\n"], ids=["missing", "empty", "other"])
def test_authorities_that_cannot_be_read_are_a_finding(
    tmp_path: Path, access: HttpsAccess, content: bytes | None
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    read = fetch_bytes("https://localhost/", LIMIT, access._replace(ca_file=str(path)))
    assert read == fault("certificate authorities that cannot be read", "a PEM file in https.ca_file")


def test_token_goes_to_its_host_alone_and_never_along_a_redirect(server: TlsServer, access: HttpsAccess) -> None:
    fetch_bytes(server.url("/ok", host="localhost"), LIMIT, access)
    fetch_bytes(server.url("/ok", host="LOCALHOST"), LIMIT, access)
    fetch_bytes(server.url("/ok", host="127.0.0.1"), LIMIT, access)
    fetch_bytes(server.url("/redirect"), LIMIT, access)
    bearer = f"Bearer {TOKEN}"
    assert [(seen.path, seen.authorization) for seen in server.seen] == [
        ("/ok", bearer),
        ("/ok", bearer),
        ("/ok", None),
        ("/redirect", bearer),
    ]


def test_token_shows_in_no_repr(access: HttpsAccess) -> None:
    assert TOKEN not in repr(access) + str(access) + f"{access}"


ENVIRONMENT = """
[https]
ca_file = "{ca_file}"
timeout_seconds = 2

[https.tokens]
LocalHost = "env:TOKEN_OF_THIS_TEST"

[environments.pilot]
mode = "promoted"
rollback_plan_path = "{base}/ok"
rollback_rehearsal_path = "{base}/missing?sig=signed-address"
rollback_drill_history_path = "{base}/silence"
rollback_drill_schedule_path = "{base}/cut"
promotion_evidence_path = "https://127.0.0.1:9/secret-path/promotion.json"
"""


def test_documents_of_a_case_hold_no_address_no_token_and_nothing_the_server_said(
    server: TlsServer, authorities: Authorities, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_OF_THIS_TEST", TOKEN)
    file = tmp_path / "reporter.toml"
    file.write_text(ENVIRONMENT.format(ca_file=authorities.ca_file, base=server.url("")))
    settings, _ = load_settings(str(file))
    case = collect_case(settings, "pilot", utc_now())
    documents = {alias: manifest.document for alias, manifest in case.manifests.items() if manifest.configured}
    assert {alias: document.state.value for alias, document in documents.items()} == {
        "promotion_evidence": "unreadable",
        "rollback_plan": "read",
        "rollback_rehearsal": "missing",
        "rollback_drill_history": "unreadable",
        "rollback_drill_schedule": "unreadable",
    }
    assert documents["rollback_rehearsal"].name == "missing"
    assert {seen.authorization for seen in server.seen} == {f"Bearer {TOKEN}"}
    everything = repr([(document, document.faults, document.value) for document in documents.values()]) + repr(settings)
    said = everything.replace(str(settings.environments), "").replace(repr(settings.serve), "")
    for private in ("localhost", "127.0.0.1", str(server.server_port), "secret-path", "signed-address"):
        assert private not in said
    assert TOKEN not in everything


@pytest.mark.parametrize("token", ["", " ", "two words", "tök", "a\nb", "a\x00b"])
def test_token_that_no_header_can_hold_is_refused_without_showing_it(
    server: TlsServer, tmp_path: Path, token: str
) -> None:
    (tmp_path / "token").write_text(token, encoding="latin-1")
    file = tmp_path / "reporter.toml"
    file.write_text(
        f'[https.tokens]\nlocalhost = "file:token"\n[environments.pilot]\nrollback_plan_path = "{server.url("/ok")}"\n'
    )
    settings, _ = load_settings(str(file))
    with pytest.raises(UsageFault) as caught:
        collect_case(settings, "pilot", utc_now())
    assert caught.value.faults == (
        "https.tokens.localhost: found something else (not shown), wanted a token on one line, without spaces",
    )


def test_base_address_stands_for_the_directory_of_all_manifests(
    server: TlsServer, authorities: Authorities, tmp_path: Path
) -> None:
    file = tmp_path / "reporter.toml"
    file.write_text(
        f'[https]\nca_file = "{authorities.ca_file}"\n'
        f'[environments.pilot]\nmanifests_dir = "{server.url("/")}"\npackage_dir = "{server.url("/ok")}"\n'
    )
    settings, _ = load_settings(str(file))
    case = collect_case(settings, "pilot", utc_now(), wanted=["rollback_plan", "updater_policy"])
    assert sorted(seen.path for seen in server.seen) == [
        "/go-backend-rollback-plan.json",
        "/ok/cavra-runtime.updater-policy.json",
    ]
    assert case.manifests["rollback_plan"].document.name == "go-backend-rollback-plan.json"
