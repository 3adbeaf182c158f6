"""Records over https: a real TLS server with pages, and every way that pages go wrong."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collect.tls_server import Answers, Authorities, TlsServer, make_authorities, serving
from reporter.collect.https import HttpsAccess
from reporter.collect.records import Paging, Reading, open_source
from reporter.model.raw_records import RawRecord, RecordFault

TOKEN = "t0ken-that-nobody-may-see"  # noqa: S105 - of this test
ITEMS = [{"session_id": f"s-{number}"} for number in range(7)]


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def server(authorities: Authorities) -> Iterator[TlsServer]:
    with serving(authorities.trusted.issue_cert("localhost", "127.0.0.1")) as server:
        yield server


@pytest.fixture
def reading(authorities: Authorities) -> Reading:
    access = HttpsAccess(10, authorities.ca_file, {"localhost": TOKEN})
    return Reading(https=lambda: access, paging=Paging(size=3))


Answer = Callable[[dict[str, str]], bytes]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """Say what the server sends for a query."""

    def set_answer(make: Answer) -> None:
        def do_get(handler: Answers) -> None:
            handler.server.seen.append(handler.path)  # type: ignore[arg-type]
            query = {key: values[0] for key, values in parse_qs(urlsplit(handler.path).query).items()}
            body = make(query)
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        monkeypatch.setattr(Answers, "do_GET", do_get)

    return set_answer


def by_number(query: dict[str, str], items: list[dict[str, Any]] = ITEMS) -> bytes:
    start = (int(query["page"]) - 1) * int(query["limit"])
    return json.dumps({"items": items[start : start + int(query["limit"])]}).encode()


def ids(parts: list[RawRecord | RecordFault]) -> list[str]:
    return [json.loads(one.raw)["session_id"] for one in parts if isinstance(one, RawRecord)]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6, 7])
def test_numbered_pages_are_read_until_one_is_not_full(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None], count: int
) -> None:
    answer(lambda query: by_number(query, ITEMS[:count]))
    parts = list(open_source(server.url("/evidence?kind=x"), reading))
    assert ids(parts) == [one["session_id"] for one in ITEMS[:count]]
    assert [one.number for one in parts] == list(range(1, count + 1))
    assert [str(path) for path in server.seen] == [
        f"/evidence?kind=x&limit=3&page={page}" for page in range(1, count // 3 + 2)
    ]


def test_links_are_followed_on_the_same_host(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None]
) -> None:
    pages = {
        None: {"next": "?cursor=b", "items": ITEMS[:1]},
        "b": {"items": ITEMS[1:5], "next": server.url("/evidence?cursor=c")},
        "c": {"items": ITEMS[5:], "next": None},
    }
    answer(lambda query: json.dumps(pages[query.get("cursor")]).encode())
    assert ids(list(open_source(server.url("/evidence"), reading))) == [one["session_id"] for one in ITEMS]


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://127.0.0.1/evidence", "a next page on another host"),
        ("http://localhost/evidence", "a next page on another host"),
        ("https://localhost:1/evidence", "a next page on another host"),
        ("https://localhost:99999999/evidence", "a next page on another host"),
        ("//elsewhere.example/x", "a next page on another host"),
        (5, "a `next` that is no text"),
        ("", None),
    ],
)
def test_token_never_follows_a_link_elsewhere(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None], link: object, found: str | None
) -> None:
    answer(lambda _: json.dumps({"items": ITEMS, "next": link}).encode())
    parts = list(open_source(server.url("/evidence"), reading))
    assert len(server.seen) == 1
    assert ids(parts) == [one["session_id"] for one in ITEMS]
    assert [one.found for one in parts if isinstance(one, RecordFault)] == ([found] if found else [])


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        ({"total": 7}, None),
        ({"total": 8}, "7 records, and a total of 8: there are more"),
        ({"pages": 3}, None),
        ({"pages": 4}, "7 records, and 4 pages: there are more"),
        ({"next_cursor": "abc"}, "7 records, and `next_cursor`: there are more"),
    ],
    ids=["total", "greater-total", "pages", "more-pages", "cursor"],
)
def test_last_page_that_says_there_is_more_is_a_fault(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None], beside: dict[str, Any], found: str | None
) -> None:
    answer(lambda query: json.dumps(json.loads(by_number(query)) | beside).encode())
    parts = list(open_source(server.url("/evidence"), reading))
    assert ids(parts) == [one["session_id"] for one in ITEMS]
    assert [one.found for one in parts if isinstance(one, RecordFault)] == ([found] if found else [])


def test_total_of_linked_pages_is_that_of_all(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None]
) -> None:
    pages = {
        None: {"next": "?cursor=b", "items": ITEMS[:4], "total": 7},
        "b": {"items": ITEMS[4:], "next": None, "total": 7},
    }
    answer(lambda query: json.dumps(pages[query.get("cursor")]).encode())
    parts = list(open_source(server.url("/evidence"), reading))
    assert (ids(parts), len(parts)) == ([one["session_id"] for one in ITEMS], len(ITEMS))


def test_link_with_a_password_is_refused(server: TlsServer, reading: Reading, answer: Callable[[Answer], None]) -> None:
    link = server.url("/evidence").replace("https://", "https://me:pass@")
    answer(lambda _: json.dumps({"items": [], "next": link}).encode())
    (fault,) = open_source(server.url("/evidence"), reading)
    assert isinstance(fault, RecordFault)
    assert fault.found == "a next page on another host"


def test_pages_that_go_round_are_left(server: TlsServer, reading: Reading, answer: Callable[[Answer], None]) -> None:
    answer(lambda _: json.dumps({"items": ITEMS[:1], "next": "?cursor=again"}).encode())
    fault = list(open_source(server.url("/evidence"), reading))[-1]
    assert isinstance(fault, RecordFault)
    assert (fault.found, len(server.seen)) == ("pages without end", 2)


def test_endless_pages_are_left(server: TlsServer, reading: Reading, answer: Callable[[Answer], None]) -> None:
    answer(lambda _: json.dumps({"items": ITEMS[:3]}).encode())
    reading = reading._replace(paging=Paging(size=3, most_pages=4))
    fault = list(open_source(server.url("/evidence"), reading))[-1]
    assert str(fault) == "https-1: item 13: found pages without end, wanted 4 different pages at most"


@pytest.mark.parametrize(
    ("path", "paging"),
    [
        pytest.param("/evidence.jsonl", Paging(size=3), id="a file has no pages"),
        pytest.param("/evidence", Paging(size=3), id="a service that takes no notice of the size"),
        pytest.param("/evidence", Paging(size=7, number_parameter=""), id="no page parameter"),
    ],
)
def test_all_at_once_is_one_request(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None], path: str, paging: Paging
) -> None:
    answer(lambda _: b"\n".join(json.dumps(one).encode() for one in ITEMS))
    assert len(ids(list(open_source(server.url(path), reading._replace(paging=paging))))) == 7
    assert len(server.seen) == 1
    assert ("?" in str(server.seen[0])) == (path == "/evidence")


def test_parameters_of_the_address_win(server: TlsServer, reading: Reading, answer: Callable[[Answer], None]) -> None:
    answer(lambda _: b"[]")
    assert list(open_source(server.url("/evidence?limit=9&page=2"), reading)) == []
    assert [str(path) for path in server.seen] == ["/evidence?limit=9&page=2"]


def test_packed_answer_is_unpacked(server: TlsServer, reading: Reading, answer: Callable[[Answer], None]) -> None:
    answer(lambda _: gzip.compress(json.dumps(ITEMS).encode()))
    assert len(ids(list(open_source(server.url("/evidence.json.gz"), reading)))) == 7


def test_faults_are_numbered_over_all_pages(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None]
) -> None:
    pages = {"1": b'[{"session_id": "a"}, 5, {"session_id": "b"}]', "2": b'[{"session_id": "c"}, {', "3": b"[]"}
    answer(lambda query: pages[query["page"]])
    parts = list(open_source(server.url("/evidence"), reading))
    assert [(one.number, type(one)) for one in parts] == [
        (1, RawRecord), (2, RecordFault), (3, RawRecord), (4, RawRecord), (5, RecordFault),
    ]  # fmt: skip


def test_database_over_https_is_a_fault(server: TlsServer, reading: Reading, answer: Callable[[Answer], None]) -> None:
    answer(lambda _: b"SQLite format 3\x00")
    (fault,) = open_source(server.url("/evidence.gz"), reading)
    assert isinstance(fault, RecordFault)
    assert fault.found == "a database"


def test_answer_over_the_limit_is_a_fault(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None]
) -> None:
    answer(lambda _: b"[]" * 100)
    (fault,) = open_source(server.url("/evidence"), reading._replace(most_answer_bytes=100))
    assert str(fault) == "https-1: found more than 100 bytes, wanted an answer of 100 bytes at most"


@pytest.mark.parametrize(("path", "found"), [("/evidence.jsonl", ["whole"]), ("/evidence.json", ["inner"])])
def test_file_name_in_an_address_says_how_it_is_read_and_is_not_told(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None], path: str, found: list[str]
) -> None:
    answer(lambda _: b'{"items": [{"session_id": "inner"}], "session_id": "whole"}\n')
    parts = list(open_source(server.url(path), reading))
    assert (ids(parts), {one.source for one in parts}) == (found, {"https-1"})


def test_failing_server_is_a_fault_without_its_name(server: TlsServer, reading: Reading) -> None:
    (fault,) = open_source(server.url("/error"), reading)
    assert str(fault) == "https-1: found HTTP status 500, wanted HTTP status 200"


def test_failing_second_page_keeps_the_first(
    server: TlsServer, reading: Reading, answer: Callable[[Answer], None]
) -> None:
    answer(lambda query: by_number(query) if query["page"] == "1" else b"x" * 5_000)
    *records, fault = open_source(server.url("/evidence"), reading._replace(most_answer_bytes=1_000))
    assert len(records) == 3
    assert isinstance(fault, RecordFault)
    assert fault.number == 4


def test_without_settings_there_is_no_token(server: TlsServer, tmp_path: Path) -> None:
    (fault,) = open_source(server.url("/ok"), Reading(base_dir=tmp_path))
    assert isinstance(fault, RecordFault)
    assert fault.found == "a certificate that is not trusted"


def test_certificates_that_cannot_be_read_are_a_fault(server: TlsServer, tmp_path: Path) -> None:
    access = HttpsAccess(10, str(tmp_path / "absent.pem"), {})
    (fault,) = open_source(server.url("/ok"), Reading(https=lambda: access))
    assert isinstance(fault, RecordFault)
    assert fault.found == "certificate authorities that cannot be read"
