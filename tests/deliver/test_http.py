"""The one way out: what each failure of a real server on loopback means, and that nothing private is told."""

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from collect.tls_server import Answers, Authorities, TlsServer, make_authorities, serving
from reporter.deliver.http import Http, HttpAnswer, HttpFault, HttpRequest, _fault, _Progress
from reporter.deliver.receipts import Outcome

SECRET = "s3cret-of-this-test"  # noqa: S105 - of this test
PATIENCE = 0.3
"""Seconds that a request may take where the server is too slow on purpose."""


class Posts(Answers):
    """Answers that take what is sent, and keep the connection."""

    protocol_version = "HTTP/1.1"
    peers: frozenset[tuple[str, int]] = frozenset()

    def do_POST(self) -> None:  # noqa: N802 - as http.server names it
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).peers |= {self.client_address}
        self.do_GET()

    def answer_echo(self) -> None:
        self._send(201, self.body, X_Asked=self.headers["X-Asks"], Set_Cookie="one=1")

    def answer_cookie(self) -> None:
        self._send(200, str(self.headers.get("Cookie")).encode())

    def answer_stored_and_lost(self) -> None:
        self.close_connection = True

    def answer_odd_redirect(self) -> None:
        self._send(302, b"", Location=self.headers["X-Where"])

    def answer_cut_head(self) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")

    def answer_cut(self) -> None:
        self.close_connection = True
        super().answer_cut()

    def answer_nonsense(self) -> None:
        self.close_connection = True
        self.wfile.write(b"220 mail.internal ESMTP\r\n\r\n")

    def answer_bad_chunk(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n")

    def answer_reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        os.close(self.connection.detach())


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def shared(authorities: Authorities) -> Iterator[TlsServer]:
    with serving(authorities.trusted.issue_cert("localhost", "127.0.0.1"), Posts) as server:
        yield server


@pytest.fixture
def server(shared: TlsServer) -> TlsServer:
    shared.seen.clear()
    Posts.peers = frozenset()
    return shared


def ask(http: Http, *requests: HttpRequest) -> list[HttpAnswer | HttpFault]:
    """Send requests one after the other, over one client."""

    async def ask_all() -> list[HttpAnswer | HttpFault]:
        async with http:
            return [await http.send(one) for one in requests]

    return asyncio.run(ask_all())


def post(url: str, **headers: str) -> HttpRequest:
    return HttpRequest("POST", url, {"Content-Type": "application/json", **headers}, b'{"a": 1}')


def client(server: TlsServer, authorities: Authorities, timeout_seconds: float = 10, **more: int) -> Http:
    hosts = [f"localhost:{server.server_port}"]
    return Http(hosts, timeout_seconds=timeout_seconds, ca_file=authorities.ca_file, **more)


def unknown(error_class: str, status_code: int | None = None) -> HttpFault:
    return HttpFault(Outcome.TIMEOUT_UNKNOWN, error_class, status_code)


def unreachable(error_class: str) -> HttpFault:
    return HttpFault(Outcome.UNREACHABLE, error_class)


def refused(error_class: str) -> HttpFault:
    return HttpFault(Outcome.REFUSED_LOCALLY, error_class)


def test_library_that_others_need_is_not_hidden_from_them(tmp_path: Path) -> None:
    (tmp_path / "sniffio.py").write_text("", encoding="ascii")
    code = "import sys; sys.path.insert(0, sys.argv[1])\nimport reporter.deliver.http, sniffio; print(sniffio.__name__)"
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("sniffio\n", "")


def test_answer_comes_whole_with_headers_in_lower_case(server: TlsServer, authorities: Authorities) -> None:
    (answer,) = ask(client(server, authorities), post(server.url("/echo"), **{"X-Asks": "whether"}))
    assert isinstance(answer, HttpAnswer)
    assert (answer.status_code, answer.body) == (201, b'{"a": 1}')
    assert answer.headers["x-asked"] == "whether"
    assert all(name == name.lower() for name in answer.headers)


def test_connection_is_used_again_and_no_cookie_is_kept(server: TlsServer, authorities: Authorities) -> None:
    echo = post(server.url("/echo"), **{"X-Asks": ""})
    answers = ask(client(server, authorities), echo, post(server.url("/cookie")), echo)
    assert [getattr(one, "body", one) for one in answers] == [b'{"a": 1}', b"None", b'{"a": 1}']
    assert len(Posts.peers) == 1


@pytest.mark.parametrize("where", ["http://xn--", "javascript:1", "http://[", "//", "http://a:99999999", "http:///"])
def test_redirect_to_what_is_no_address_is_an_answer(server: TlsServer, authorities: Authorities, where: str) -> None:
    odd = post(server.url("/odd_redirect"), **{"X-Where": where})
    (answer,) = ask(client(server, authorities), odd)
    assert isinstance(answer, HttpAnswer)
    assert (answer.status_code, "location" in answer.headers) == (302, False)


@pytest.mark.parametrize(
    ("path", "status"), [("/redirect", 302), ("/missing", 404), ("/error", 500), ("/forbidden", 403)]
)
def test_every_status_is_an_answer_and_no_redirect_is_followed(
    server: TlsServer, authorities: Authorities, path: str, status: int
) -> None:
    (answer,) = ask(client(server, authorities), post(server.url(path)))
    assert isinstance(answer, HttpAnswer)
    assert answer.status_code == status
    assert [seen.path for seen in server.seen] == [path]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/silence", unknown("read_timeout")),
        ("/drip-headers", unknown("read_timeout")),
        ("/drip-body", unknown("slow_answer", 200)),
        ("/stored-and-lost", unknown("connection_lost")),
        ("/reset", unknown("connection_lost")),
        ("/cut-head", unknown("connection_lost")),
        ("/cut", unknown("answer_cut", 200)),
        ("/nonsense", unknown("protocol_error")),
        ("/bad-chunk", unknown("protocol_error", 200)),
        ("/gzip", unknown("answer_encoded", 200)),
        ("/endless", unknown("answer_too_large", 200)),
    ],
)
def test_what_may_have_arrived_is_unknown(
    server: TlsServer, authorities: Authorities, path: str, expected: HttpFault
) -> None:
    assert ask(client(server, authorities, PATIENCE), post(server.url(path))) == [expected]
    assert [seen.path for seen in server.seen] == [path]


def test_answer_of_exactly_the_limit_is_read_whole(server: TlsServer, authorities: Authorities) -> None:
    limits = [8, 7]
    answers = [
        ask(client(server, authorities, most_answer_bytes=one), post(server.url("/echo"), **{"X-Asks": ""}))[0]
        for one in limits
    ]
    assert [getattr(one, "body", one) for one in answers] == [b'{"a": 1}', unknown("answer_too_large", 201)]


def test_server_that_is_not_trusted_is_unreachable(server: TlsServer, authorities: Authorities) -> None:
    request = post(server.url("/ok"))
    hosts = [f"localhost:{server.server_port}", f"127.0.0.1:{server.server_port}"]
    assert ask(Http(hosts), request) == [unreachable("tls_failure")]
    with serving(authorities.trusted.issue_cert("hooks.example.org"), Posts) as other:
        http = client(other, authorities)
        assert ask(http, post(other.url("/ok"))) == [unreachable("tls_failure")]
        assert other.seen == []
    assert server.seen == []


@contextlib.contextmanager
def listening(behave: Callable[[socket.socket], object]) -> Iterator[int]:
    """Accept connections on loopback, and do with each whatever is to be done."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listener.accept()[0])
                    behave(kept[-1])

        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in kept:
            one.close()


def speak_plainly(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 no TLS here\r\n\r\n")


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (speak_plainly, "tls_failure"),
        (socket.socket.close, "tls_failure"),
        (socket.socket.fileno, "connect_timeout"),
    ],
    ids=["no-tls", "closes", "says-nothing"],
)
def test_server_that_never_secures_the_connection_is_unreachable(
    behave: Callable[[socket.socket], object], expected: str
) -> None:
    with listening(behave) as port:
        http = Http([f"127.0.0.1:{port}"], timeout_seconds=PATIENCE)
        assert ask(http, post(f"https://127.0.0.1:{port}/")) == [unreachable(expected)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_host_that_is_not_there_is_unreachable_and_says_how() -> None:
    port = free_port()
    http = Http([f"localhost:{port}", f"127.0.0.1:{port}", "no-such-host.invalid"])
    assert ask(
        http,
        post(f"https://127.0.0.1:{port}/"),
        post(f"https://localhost:{port}/"),
        post("https://no-such-host.invalid/"),
    ) == [unreachable("connection_refused"), unreachable("connection_refused"), unreachable("dns_failure")]


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([OSError("no route"), ConnectionRefusedError()], "connection_refused"),
        ([OSError("no route"), ssl.SSLError()], "tls_failure"),
        ([OSError("no route"), OSError("no route")], "connection_failed"),
    ],
)
def test_attempts_at_the_several_addresses_of_a_host_come_as_a_group(attempts: list[OSError], expected: str) -> None:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = ExceptionGroup("multiple connection attempts failed", attempts)
    assert _fault(error, _Progress()) == unreachable(expected)


def test_network_without_a_way_is_a_failed_connection() -> None:
    # Port 0 of a broadcast address: the kernel refuses it before anything leaves the machine.
    http = Http(["255.255.255.255:9"], timeout_seconds=2)
    assert ask(http, post("https://255.255.255.255:9/")) == [unreachable("connection_failed")]


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.org/",
        "https://localhost/",
        "https://localhost:1/",
        "https://localhost.:8443/",
        "https://127.0.0.1:8443/",
        "http://127.0.0.1:8443/",
    ],
)
def test_host_or_port_that_is_not_on_the_list_is_not_asked(url: str) -> None:
    assert ask(Http(["localhost:8443"]), post(url)) == [refused("host_not_allowed")]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org",
        "https://",
        "https:///services",
        "https://h\0/",
        "https://[::1/",
        "https://hooks.example.org:65536/",
        "https://hooks.example.org:0/",
        "https://bot:pw@hooks.example.org/",
        "http://hooks.example.org/",
        "http://localhost/",
        "http://10.0.0.7/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
    ],
)
def test_address_that_may_not_be_asked_is_refused(url: str) -> None:
    assert ask(Http(["hooks.example.org", "localhost:80", "10.0.0.7:80"]), post(url)) == [refused("bad_url")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Key", "a\nb"),
        ("X-Key", "a\r"),
        ("X-Key", "a\0"),
        ("X-Key", " a"),
        ("X-Key", "k€y"),
        ("X Key", "a"),
        ("", "a"),
    ],
)
def test_header_that_cannot_be_is_refused(name: str, value: str) -> None:
    request = post("https://127.0.0.1:9/", **{name: value})
    assert ask(Http(["127.0.0.1:9"]), request) == [refused("bad_header")]


def test_method_that_cannot_be_is_refused() -> None:
    assert ask(Http(["127.0.0.1:9"]), HttpRequest("POST /", "https://127.0.0.1:9/")) == [refused("bad_method")]


@pytest.mark.parametrize("content", [None, b"", b"no certificate\n"], ids=["missing", "empty", "other"])
def test_authorities_that_cannot_be_read_are_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    http = Http(["127.0.0.1:9"], ca_file=str(path))
    assert ask(http, post("https://127.0.0.1:9/")) == [refused("ca_file_unreadable")]
    assert asyncio.run(http.reach("https://127.0.0.1:9/")) == refused("ca_file_unreadable")


class Counting(Posts):
    """Counts how many are asked at the same time."""

    lock = threading.Lock()
    running = most = 0
    meeting = threading.Barrier(2)

    def answer_meet(self) -> None:
        kind = type(self)
        with kind.lock:
            kind.running += 1
            kind.most = max(kind.most, kind.running)
        kind.meeting.wait(5)
        with kind.lock:
            kind.running -= 1
        self._send(200)


def test_no_more_requests_than_connections_run_at_a_time(authorities: Authorities) -> None:
    async def six(http: Http, request: HttpRequest) -> list[HttpAnswer | HttpFault]:
        async with http:
            return await asyncio.gather(*(http.send(request) for _ in range(6)))

    with serving(authorities.trusted.issue_cert("localhost"), Counting) as server:
        answers = asyncio.run(six(client(server, authorities, max_connections=2), post(server.url("/meet"))))
    assert [getattr(one, "status_code", one) for one in answers] == [200] * 6
    assert Counting.most == 2
    assert len(Counting.peers) == 2


def test_plain_http_is_for_a_loopback_address() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with listening(answer) as port:
        http = Http([f"127.0.0.1:{port}"])
        (found,) = ask(http, HttpRequest("GET", f"http://127.0.0.1:{port}/"))
        assert getattr(found, "body", found) == b"ok"
        assert asyncio.run(http.reach(f"http://127.0.0.1:{port}/")) is None


def test_reaching_a_host_secures_the_connection_and_asks_nothing(server: TlsServer, authorities: Authorities) -> None:
    http = client(server, authorities)
    assert asyncio.run(http.reach(server.url("/echo"))) is None
    assert server.seen == []


def test_reaching_says_why_it_failed(server: TlsServer) -> None:
    port = free_port()
    with listening(socket.socket.fileno) as silent:
        hosts = [f"localhost:{server.server_port}", f"127.0.0.1:{port}", "no-such-host.invalid", f"127.0.0.1:{silent}"]
        http = Http(hosts, timeout_seconds=PATIENCE)

        async def reach_all() -> list[HttpFault | None]:
            async with http:
                return [
                    await http.reach(url)
                    for url in (
                        server.url("/"),
                        f"https://127.0.0.1:{port}/",
                        "https://no-such-host.invalid/",
                        f"https://127.0.0.1:{silent}/",
                        "https://other.example.org/",
                    )
                ]

        assert asyncio.run(reach_all()) == [
            unreachable("tls_failure"),
            unreachable("connection_refused"),
            unreachable("dns_failure"),
            unreachable("connect_timeout"),
            refused("host_not_allowed"),
        ]


def test_nothing_private_is_printed_or_logged(
    server: TlsServer, authorities: Authorities, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http = client(server, authorities)
    request = post(server.url(f"/echo?{SECRET}"), Authorization=f"Bearer {SECRET}", **{"X-Asks": SECRET})
    answers = ask(http, request, post(server.url("/cut")), post(f"https://{SECRET}.invalid/"))
    assert getattr(answers[0], "status_code", None) == HTTPStatus.CREATED
    said = " ".join([repr(http), repr(request), *map(repr, answers), *map(str, answers), caplog.text])
    for private in (SECRET, "localhost", str(server.server_port)):
        assert private not in said
