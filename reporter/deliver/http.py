"""The only way out over HTTP: pinned hosts, no redirects, one time limit for all of a request, TLS verified.

What the other side does is an answer or a fault, never an exception; neither holds an address or a header of ours.
"""

import asyncio
import logging
import re
import socket
import ssl
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import AsyncExitStack
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import httpx

from reporter import __version__
from reporter.deliver.addresses import origin_of, read_pin, read_url
from reporter.deliver.receipts import Outcome

MOST_ANSWER_BYTES: Final = 1_000_000
MOST_CONNECTIONS: Final = 20

_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_HEADER_NAME: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?|")

if find_spec("sniffio") is None:
    # httpcore looks for it at every lock, and to look in vain costs more than the rest of a request.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

# Both write addresses and headers to the log, whoever asks for it.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


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


class _Progress:
    """How far one request has come. A fault means what it means by this."""

    def __init__(self) -> None:
        self.securing = self.sending = False
        self.status_code: int | None = None

    async def __call__(self, event: str, _: Mapping[str, Any]) -> None:
        """Take note of an event of httpcore's."""
        if event == "connection.start_tls.started":
            self.securing = True
        elif event.endswith(".send_request_headers.started"):
            self.sending = True


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
        self._open = AsyncExitStack()
        self._trust: ssl.SSLContext | None = None
        self._idle: list[httpx.AsyncClient] = []

    def __repr__(self) -> str:
        """Print no host."""
        return f"Http({len(self.hosts)} hosts, timeout_seconds={self.timeout_seconds:g})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._idle.clear()
        await self._open.aclose()

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
        headers = {"accept-encoding": "identity", "user-agent": f"reporter/{__version__}"}
        headers |= {name.lower(): value for name, value in request.headers.items()}
        progress = _Progress()
        async with self._places:
            client = self._idle.pop() if self._idle else await self._connect(trust)
            built = client.build_request(
                request.method,
                address,
                headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
                content=request.body,
                extensions={"trace": progress},
            )
            try:
                async with asyncio.timeout(self.timeout_seconds):
                    return await self._ask(client, built, progress)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                return _fault(error, progress)
            finally:
                self._idle.append(client)

    async def reach(self, url: str) -> HttpFault | None:
        """Connect to the host of an address and secure the connection, asking nothing. None means that it went well."""
        address = self._permitted(url)
        if isinstance(address, HttpFault):
            return address
        trust = self._trusted()
        if isinstance(trust, HttpFault):
            return trust
        origin, progress = origin_of(address), _Progress()
        secure = trust if address.scheme == "https" else None
        try:
            async with self._places, asyncio.timeout(self.timeout_seconds):
                _, writer = await asyncio.open_connection(origin.host, origin.port, ssl=secure)
                writer.transport.abort()
        except OSError as error:
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

    async def _connect(self, trust: ssl.SSLContext) -> httpx.AsyncClient:
        """Make a client of one connection: httpcore looks at all that it keeps before each request, and so at one.

        A time limit of httpx starts again with every byte that drips in; ours covers a whole request. It must not cut
        off a connection in the making, which httpcore would leave open: half of it ends that first.
        """
        client = httpx.AsyncClient(
            verify=trust,
            timeout=httpx.Timeout(None, connect=self.timeout_seconds / 2),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=1),
            event_hooks={"response": [_forget_redirect]},
        )
        return await self._open.enter_async_context(client)

    async def _ask(
        self, client: httpx.AsyncClient, request: httpx.Request, progress: _Progress
    ) -> HttpAnswer | HttpFault:
        answer = await client.send(request, stream=True)
        try:
            progress.status_code = answer.status_code
            if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
                return _unknown("answer_encoded", progress)
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > self.most_answer_bytes:
                    return _unknown("answer_too_large", progress)
            return HttpAnswer(
                answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(body)
            )
        finally:
            await answer.aclose()


async def _forget_redirect(answer: httpx.Response) -> None:
    """Take away where a redirect leads: httpx reads it, followed or not, and fails at what is no address."""
    answer.headers.pop("location", None)


def can_be_header(name: str, value: str) -> bool:
    """Say whether a header can be sent: nothing in it could begin another one (RFC 9110 5.1, 5.5)."""
    return bool(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value))


def _refused(error_class: str) -> HttpFault:
    return HttpFault(Outcome.REFUSED_LOCALLY, error_class)


def _unknown(error_class: str, progress: _Progress) -> HttpFault:
    return HttpFault(Outcome.TIMEOUT_UNKNOWN, error_class, progress.status_code)


def _fault(error: BaseException, progress: _Progress) -> HttpFault:
    """Say what a failure means by how far the request had come, in words of ours: the error's may hold the address."""
    if not progress.sending:
        return HttpFault(Outcome.UNREACHABLE, _unreachable(error, progress))
    answering = progress.status_code is not None
    closed = isinstance(error, httpx.NetworkError) or (
        isinstance(error, httpx.RemoteProtocolError) and ("closed" in str(error) or "disconnected" in str(error))
    )
    match error:
        case TimeoutError():
            return _unknown("slow_answer" if answering else "read_timeout", progress)
        case _ if closed:
            return _unknown("answer_cut" if answering else "connection_lost", progress)
        case _:
            return _unknown("protocol_error", progress)


def _unreachable(error: BaseException, progress: _Progress) -> str:
    causes = list(_causes(error))
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "connect_timeout"
    if any(isinstance(one, socket.gaierror) for one in causes):
        return "dns_failure"
    if progress.securing or any(isinstance(one, ssl.SSLError) for one in causes):
        return "tls_failure"
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        return "connection_refused"
    return "connection_failed"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Walk what led to an error: the attempts for the several addresses of a host come as a group."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _causes(one)
        error = error.__cause__ or error.__context__
