"""A real server on loopback, over TLS, that behaves as badly as servers do."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import trustme

BODY = b'{"status": "ready"}\n'
FOREVER = 30.0
"""Seconds after which the slow answers give up, so that no thread outlives its test by much."""


class Authorities(NamedTuple):
    """Certificate authorities: the one to trust, as a PEM file, and one that nobody knows."""

    trusted: trustme.CA
    unknown: trustme.CA
    ca_file: str


class Seen(NamedTuple):
    """One request as it arrived."""

    path: str
    authorization: str | None


class TlsServer(ThreadingHTTPServer):
    """Remembers the requests, and how many bytes of an endless answer went out."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, certificate: trustme.LeafCert, answers: "type[Answers] | None" = None) -> None:
        super().__init__(("127.0.0.1", 0), answers or Answers)
        self.seen: list[Seen] = []
        self.bytes_sent = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver's
        """Keep quiet: that clients leave is the subject here."""

    def url(self, path: str, host: str = "localhost") -> str:
        return f"https://{host}:{self.server_port}{path}"


class Answers(BaseHTTPRequestHandler):
    """One method for each path."""

    server: TlsServer  # type: ignore[mutable-override]

    def do_GET(self) -> None:
        self.server.seen.append(Seen(self.path, self.headers.get("Authorization")))
        answer: Callable[[], None] = getattr(self, "answer_" + self.path.strip("/").partition("?")[0].replace("-", "_"))
        with suppress(OSError):
            answer()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer_ok(self) -> None:
        self._send(200, BODY)

    def answer_missing(self) -> None:
        self._send(404, b"no rollback plan at 10.0.0.7")

    def answer_gone(self) -> None:
        self._send(410)

    def answer_error(self) -> None:
        self._send(500, b"database db.internal is down")

    def answer_forbidden(self) -> None:
        self._send(403)

    def answer_partial(self) -> None:
        self._send(206, BODY)

    def answer_redirect(self) -> None:
        self._send(302, Location=self.server.url("/ok", host="127.0.0.1"))

    def answer_gzip(self) -> None:
        self._send(200, b"\x1f\x8b\x08", Content_Encoding="gzip")

    def answer_silence(self) -> None:
        time.sleep(FOREVER)

    def answer_drip_headers(self) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nX-Long: ")

    def answer_drip_body(self) -> None:
        self._drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")

    def _drip(self, start: bytes) -> None:
        self.wfile.write(start)
        end = time.monotonic() + FOREVER
        while time.monotonic() < end:
            self.wfile.write(b" ")
            time.sleep(0.05)

    def answer_endless(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(2_000):
            self.wfile.write(b" " * 65_536)
            self.server.bytes_sent += 65_536

    def answer_cut(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + BODY)

    def answer_nonsense(self) -> None:
        self.wfile.write(b"220 mail.internal ESMTP\r\n")


def make_authorities(directory: Path) -> Authorities:
    trusted, unknown = trustme.CA(), trustme.CA()
    ca_file = directory / "ca.pem"
    trusted.cert_pem.write_to_path(str(ca_file))
    return Authorities(trusted, unknown, str(ca_file))


@contextmanager
def serving(certificate: trustme.LeafCert, answers: type[Answers] = Answers) -> Iterator[TlsServer]:
    server = TlsServer(certificate, answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
