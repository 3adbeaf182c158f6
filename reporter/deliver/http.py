"""The only way out over HTTP: pinned hosts, no redirects, one time limit for all of a request, TLS verified.

What the other side does is an answer or a fault, never an exception; neither holds an address or a header of ours.
"""

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Final, NamedTuple, Self

import h11
import httpx

from reporter import __version__
from reporter.deliver.addresses import Origin, origin_of, read_pin, read_url
from reporter.deliver.receipts import Outcome
from reporter.deliver.wire import BadAnswer, Head, Progress, Wire

MOST_ANSWER_BYTES: Final = 1_000_000
MOST_CONNECTIONS: Final = 20

_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_HEADER_NAME: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?|")

_REFUSED: Final = f"[Errno {errno.ECONNREFUSED}]"


class HttpRequest(NamedTuple):
    """One request. All of it may be private, and none of it is printed."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def __repr__(self) -> str:
        """Print the method alone."""
        return f"HttpRequest({self.method}, <secret>)"


class HttpAnswer(NamedTuple):
    """What came back, whole. Names of headers are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Print no text of the other side's: it may repeat ours."""
        return f"HttpAnswer({self.status_code}, <{len(self.body)} bytes>)"


class HttpFault(NamedTuple):
    """Why no whole answer came: `unreachable`, `timeout_unknown` or `refused_locally`, and a word of ours for it.

    `status_code` is that of an answer which began and did not end well.
    """

    outcome: Outcome
    error_class: str
    status_code: int | None = None


class Http:
    """A client for the hosts that the configuration names, and no others. Use it in an `async with`.

    `hosts` are entries `HOST` or `HOST:PORT` (`addresses.pin_of` writes one). Connections are kept and used again; of
    more than `max_connections` requests at a time the others wait, and their time limit begins when they are sent.
    """

    def __init__(
        self,
        hosts: Collection[str],
        *,
        timeout_seconds: float = 10.0,
        ca_file: str = "",
        most_answer_bytes: int = MOST_ANSWER_BYTES,
        max_connections: int = MOST_CONNECTIONS,
    ) -> None:
        self.hosts = frozenset(hosts)
        self.timeout_seconds, self.ca_file, self.most_answer_bytes = timeout_seconds, ca_file, most_answer_bytes
        self.max_connections = max_connections
        self._pins = frozenset(pin for pin in map(read_pin, hosts) if pin)
        self._places = asyncio.Semaphore(max_connections)
        self._trust: ssl.SSLContext | None = None
        self._idle: dict[tuple[str, Origin], list[Wire]] = {}

    def __repr__(self) -> str:
        """Print no host."""
        return f"Http({len(self.hosts)} hosts, timeout_seconds={self.timeout_seconds:g})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for wire in [one for kept in self._idle.values() for one in kept]:
            await wire.close()
        self._idle.clear()

    async def send(self, request: HttpRequest) -> HttpAnswer | HttpFault:
        """Send one request and read its whole answer."""
        address = self._permitted(request.url)
        if isinstance(address, HttpFault):
            return address
        if not _METHOD.fullmatch(request.method):
            return _refused("bad_method")
        if not all(can_be_header(name, value) for name, value in request.headers.items()):
            return _refused("bad_header")
        trust = self._trusted()
        if isinstance(trust, HttpFault):
            return trust
        async with self._places:
            return await self._ask(request, address, trust)

    async def reach(self, url: str) -> HttpFault | None:
        """Connect to the host of an address and secure the connection, asking nothing. None means that it went well."""
        address = self._permitted(url)
        if isinstance(address, HttpFault):
            return address
        trust = self._trusted()
        if isinstance(trust, HttpFault):
            return trust
        origin, progress = origin_of(address), Progress()
        secure = trust if address.scheme == "https" else None
        try:
            async with self._places, asyncio.timeout(self.timeout_seconds):
                wire = await Wire.open(origin, secure, progress)
                await wire.close()
        except (OSError, UnicodeError) as error:
            return _fault(error, progress)
        return None

    def _permitted(self, url: str) -> httpx.URL | HttpFault:
        address = read_url(url)
        if address is None:
            return _refused("bad_url")
        return address if origin_of(address) in self._pins else _refused("host_not_allowed")

    def _trusted(self) -> ssl.SSLContext | HttpFault:
        """Give whom we trust, read when it is first needed: the authorities take their time."""
        if self._trust is None:
            try:
                self._trust = ssl.create_default_context(cafile=self.ca_file or None)
            except (OSError, ValueError):  # an SSLError is an OSError
                return _refused("ca_file_unreadable")
        return self._trust

    async def _ask(self, request: HttpRequest, address: httpx.URL, trust: ssl.SSLContext) -> HttpAnswer | HttpFault:
        """Ask over a connection that is used again when all went well, and closed when anything did not."""
        headers = {"host": address.netloc.decode("ascii"), "accept": "*/*", "accept-encoding": "identity"}
        headers |= {"user-agent": f"reporter/{__version__}", "connection": "keep-alive"}
        headers |= {name.lower(): value for name, value in request.headers.items()}
        head, progress = Head(request.method, address.raw_path, headers), Progress()
        place = (address.scheme, origin_of(address))
        wire: Wire | None = None
        try:
            async with asyncio.timeout(self.timeout_seconds):
                wire = await self._connect(place, trust, progress)
                status_code, found, body = await wire.ask(head, request.body, self.most_answer_bytes, progress)
            self._idle.setdefault(place, []).append(wire)
            wire = None
        except h11.LocalProtocolError:
            return _refused("bad_header")
        except BadAnswer as bad:
            return _unknown(bad.word, progress)
        except (OSError, UnicodeError) as error:
            return _fault(error, progress)
        finally:
            if wire:
                await wire.close()
        found.pop("location", None)  # nothing is followed, and nobody may be led
        return HttpAnswer(status_code, found, body)

    async def _connect(self, place: tuple[str, Origin], trust: ssl.SSLContext, progress: Progress) -> Wire:
        """Take a connection that is kept, or make one."""
        kept = self._idle.get(place, [])
        while kept:
            wire = kept.pop()
            if wire.is_usable:
                return wire
            await wire.close()
        scheme, origin = place
        return await Wire.open(origin, trust if scheme == "https" else None, progress)


def can_be_header(name: str, value: str) -> bool:
    """Say whether a header can be sent: nothing in it could begin another one (RFC 9110 5.1, 5.5)."""
    return bool(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value))


def _refused(error_class: str) -> HttpFault:
    return HttpFault(Outcome.REFUSED_LOCALLY, error_class)


def _unknown(error_class: str, progress: Progress) -> HttpFault:
    return HttpFault(Outcome.TIMEOUT_UNKNOWN, error_class, progress.status_code)


def _fault(error: Exception, progress: Progress) -> HttpFault:
    """Say what a failure means by how far the request had come, in words of ours: the error's may hold the address."""
    if not progress.sending:
        return HttpFault(Outcome.UNREACHABLE, _unreachable(error, progress))
    is_answering = progress.status_code is not None
    if isinstance(error, TimeoutError):
        return _unknown("slow_answer" if is_answering else "read_timeout", progress)
    return _unknown("answer_cut" if is_answering else "connection_lost", progress)


def _unreachable(error: Exception, progress: Progress) -> str:
    match error:
        case TimeoutError():
            return "connect_timeout"
        case socket.gaierror() | UnicodeError():
            return "dns_failure"
        case ssl.SSLError():
            return "tls_failure"
        case _ if progress.securing:
            return "tls_failure"
        case _ if _REFUSED in str(error):  # of several addresses, each with its own failure, the text alone tells
            return "connection_refused"
        case _:
            return "connection_failed"
