"""One HTTPS server on loopback for every vendor that a test plays, and the state of each play.

A vendor is a class with one method: it is given a request as it arrived, and gives an answer. It is mounted under a
path of its own for one test. What goes wrong on the wire is no vendor's: see `misbehaviour`.
"""

import json
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from socket import socket
from typing import Any, ClassVar, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import trustme

JSON_TYPE = "application/json"


class Asked(NamedTuple):
    """One request as it arrived. `path` starts after the mount; names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str
    """The address of the mount, for links in answers."""
    raw_path: str = ""
    """The path as it was spelled, its escapes kept."""

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:  # noqa: ANN401 - as json.loads
        """Read the body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Answer(NamedTuple):
    """What a vendor answers."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def answer_json(status: int, document: object, **headers: str) -> Answer:
    """Answer with JSON. Headers are given with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(document).encode(), {"Content-Type": f"{JSON_TYPE}; charset=utf-8", **named})


def answer_text(status: int, text: str, media_type: str = "text/plain", **headers: str) -> Answer:
    """Answer with a text."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, text.encode(), {"Content-Type": f"{media_type}; charset=utf-8", **named})


class Vendor(Protocol):
    """One system as its makers describe it, with the state of one test."""

    def answer(self, asked: Asked) -> Answer: ...


class Exchange:
    """One request and the open connection that it came by, for whoever misbehaves on it."""

    def __init__(self, asked: Asked, mount: "Mount", handler: "Connection") -> None:
        self.asked, self._mount, self._handler = asked, mount, handler

    def answer(self) -> Answer:
        """Have the vendor do what it was asked; what it answers is not sent yet."""
        return self._mount.ask(self.asked)

    def send(self, answer: Answer) -> None:
        self._handler.send_answer(answer)

    def write(self, raw: bytes) -> None:
        self._handler.wfile.write(raw)

    def flush(self) -> None:
        self._handler.wfile.flush()

    def hang_up(self) -> None:
        self._handler.close_connection = True

    def wait(self, seconds: float) -> bool:
        """Wait, at most until the test ends; say whether it has ended."""
        return self._mount.ended.wait(seconds)


Misbehaviour = Callable[[Exchange], None]


class Mount:
    """A vendor under an address of its own. `seen` is what arrived, in order; one request is answered at a time."""

    def __init__(self, vendor: Vendor, base: str) -> None:
        self.vendor, self.base = vendor, base
        self.seen: list[Asked] = []
        self.next: deque[Misbehaviour] = deque()
        """What happens to the next requests, one each, instead of an answer."""
        self.always: Misbehaviour | None = None
        self.cut_bodies = 0
        """How many of the next requests with a body are cut off in the middle of it."""
        self.ended = threading.Event()
        self._turn = threading.Lock()

    def url(self, path: str) -> str:
        return self.base + path

    def ask(self, asked: Asked) -> Answer:
        with self._turn:
            return self.vendor.answer(asked)

    def behaviour(self) -> Misbehaviour:
        with suppress(IndexError):
            return self.next.popleft()
        return self.always or behave


def behave(exchange: Exchange) -> None:
    """Answer as the vendor does."""
    exchange.send(exchange.answer())


class VendorServer(ThreadingHTTPServer):
    """Serves every mount. The handshake is each connection's own, so that one that hangs holds up no other."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, certificate: trustme.LeafCert) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.mounts: dict[str, Mount] = {}
        self._numbers = count(1)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._context)

    def get_request(self) -> tuple[socket, Any]:
        plain, address = super().get_request()
        return self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver's
        """Keep quiet: that clients leave is a subject here."""

    @contextmanager
    def mounted(self, vendor: Vendor) -> Iterator[Mount]:
        """Play a vendor for a while."""
        name = f"m{next(self._numbers)}"
        mount = self.mounts[name] = Mount(vendor, f"https://localhost:{self.server_port}/{name}")
        try:
            yield mount
        finally:
            del self.mounts[name]
            mount.ended.set()


class Connection(BaseHTTPRequestHandler):
    """Reads whole requests, and hands each to the mount that it is for."""

    server: VendorServer  # type: ignore[mutable-override]
    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float | None] = 30.0
    disable_nagle_algorithm = True
    wbufsize = -1
    """Headers and body leave in one write."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - one method for all of HTTP's
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        name, _, path = parts.path.lstrip("/").partition("/")
        mount = self.server.mounts.get(name)
        length = self.headers.get("Content-Length", "0" if self.command in {"GET", "HEAD", "DELETE"} else "")
        if mount is None or not length.isdecimal():
            self.close_connection = True
            self.send_answer(Answer(404 if mount is None else 411))
            return
        if mount.cut_bodies and int(length):
            mount.cut_bodies -= 1
            self.rfile.read(int(length) // 2)
            self.close_connection = True
            return
        asked = Asked(
            self.command,
            "/" + unquote(path),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {key.lower(): value for key, value in self.headers.items()},
            self.rfile.read(int(length)),
            mount.base,
            "/" + path,
        )
        mount.seen.append(asked)
        with suppress(OSError):
            mount.behaviour()(Exchange(asked, mount, self))
            self.wfile.flush()

    def send_answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for key, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Authorities(NamedTuple):
    """Certificate authorities: the one to trust, as a PEM file, and one that nobody knows."""

    trusted: trustme.CA
    unknown: trustme.CA
    ca_file: str


def make_authorities(directory: Path) -> Authorities:
    trusted, unknown = trustme.CA(), trustme.CA()
    ca_file = directory / "ca.pem"
    trusted.cert_pem.write_to_path(str(ca_file))
    return Authorities(trusted, unknown, str(ca_file))


@contextmanager
def serving(certificate: trustme.LeafCert) -> Iterator[VendorServer]:
    """Run a server in a thread of its own."""
    server = VendorServer(certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
