"""One connection over HTTP/1.1: a request goes out, its whole answer comes in.

Written for one thing: to know at each moment how far a request has come. It follows nothing, keeps no cookie, logs
nothing, and does not ask again. Time limits are the caller's.
"""

import asyncio
import select
import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple, Self, cast

import h11

from reporter.deliver.addresses import Origin

MOST_HEAD_BYTES: Final = 100_000
_STAGGER_SECONDS: Final = 0.25
"""After which the next address of a host is tried beside the first (RFC 8305 5)."""


class Progress:
    """How far one request has come. A fault means what it means by this."""

    def __init__(self) -> None:
        self.securing = self.sending = False
        self.status_code: int | None = None


class BadAnswer(Exception):
    """The answer is not read to its end, and why: a word of ours."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class CutOff(ConnectionError):
    """The other side closed the connection in the middle of its answer, or before it."""


class Head(NamedTuple):
    """What a request begins with."""

    method: str
    target: bytes
    headers: Mapping[str, str]


class Wire(asyncio.Protocol):
    """A connection that is open. Whoever gives up in the middle of an answer has to close it."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._transport: asyncio.Transport
        self._received = bytearray()
        self._is_over = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._lost = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, origin: Origin, trust: ssl.SSLContext | None, progress: Progress) -> Self:
        """Connect, and secure the connection where somebody is to be trusted. Raise OSError."""
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(cls, origin.host, origin.port, happy_eyeballs_delay=_STAGGER_SECONDS)
        if trust:
            progress.securing = True
            await wire.secure(trust, origin.host)
        return wire

    async def secure(self, trust: ssl.SSLContext, host: str) -> None:
        """Go on over TLS. Raise OSError."""
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(self._transport, self, trust, server_hostname=host)
        self._transport = cast("asyncio.Transport", secured)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of what to write to."""
        self._transport = cast("asyncio.Transport", transport)

    @property
    def is_usable(self) -> bool:
        """Whether another request can be sent: the other side has neither closed it nor said more than was asked."""
        if self._is_over or self._received or self._http.trailing_data[0] or self._http.our_state is not h11.IDLE:
            return False
        waiting = select.poll()
        waiting.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not waiting.poll(0)

    async def close(self) -> None:
        """Close it at once."""
        self._transport.abort()
        await self._lost

    async def ask(
        self, head: Head, body: bytes, most_bytes: int, progress: Progress
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request; give status, headers and body of its answer. Raise OSError and BadAnswer.

        A server that answers before it has read everything, and closes, has answered.
        """
        out = self._write(head, body)
        progress.sending = True
        self._transport.write(out)
        content = bytearray()
        headers: dict[str, str] = {}
        while True:
            match await self._event():
                case h11.Response() as answer:
                    progress.status_code = answer.status_code
                    headers = _joined(answer)
                    if headers.get("content-encoding", "identity").strip().lower() != "identity":
                        raise BadAnswer("answer_encoded")
                case h11.Data(data=data):
                    content += data
                    if len(content) > most_bytes:
                        raise BadAnswer("answer_too_large")
                case h11.EndOfMessage():
                    break
                case h11.ConnectionClosed():
                    raise CutOff
                case _:
                    pass  # 1xx: the answer is still to come
        status = progress.status_code or 0
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        return status, headers, bytes(content)

    def _write(self, head: Head, body: bytes) -> bytes:
        """Write it all before anything is sent, so that what cannot be written is not half sent."""
        length = {"content-length": str(len(body))} if body or head.method in ("POST", "PUT", "PATCH") else {}
        headers = [(name.encode(), value.encode("latin-1")) for name, value in {**head.headers, **length}.items()]
        parts = (
            h11.Request(method=head.method, target=head.target, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        return b"".join(self._http.send(part) or b"" for part in parts)

    async def _event(self) -> h11.Event:
        while True:
            is_at_end = False
            try:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    data = await self._more()
                    is_at_end = not data
                    if is_at_end and self._http.their_state is h11.SEND_RESPONSE:
                        raise CutOff
                    self._http.receive_data(data)
                    if is_at_end:
                        event = self._http.next_event()
            except h11.RemoteProtocolError:
                if is_at_end:
                    raise CutOff from None
                raise BadAnswer("protocol_error") from None
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                raise BadAnswer("protocol_error")

    async def _more(self) -> bytes:
        while not self._received and not self._is_over:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        data = bytes(self._received)
        self._received.clear()
        if not data and self._error:
            raise self._error
        return data

    def data_received(self, data: bytes) -> None:
        """Keep what came in until it is asked for."""
        self._received += data
        self._wake()

    def eof_received(self) -> None:
        """Take note that nothing more comes."""
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that it is over, and how it ended."""
        self._is_over, self._error = True, exc
        if not self._lost.done():
            self._lost.set_result(None)
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


def _joined(answer: h11.Response) -> dict[str, str]:
    """Give the headers by name; those that come several times in one line (RFC 9110 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in answer.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
