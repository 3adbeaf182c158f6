"""HTTP/1.1 as uvicorn speaks it, with limits on connections and on the time that a caller may take.

Whoever sends a head too slowly, or does not read the answer, is hung up on.
"""

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from reporter.serve.door import MOST_HEAD_BYTES, SECURITY
from reporter.serve.problems import MEDIA_TYPE, problem_bytes
from reporter.settings_model import ServeSettings


class Doorman:
    """Counts connections, all and by address."""

    def __init__(self, settings: ServeSettings) -> None:
        self.timeout_seconds = settings.timeout_seconds
        self._most = settings.max_connections
        self._most_of_one = max(1, settings.max_connections // 2)
        self._of: Counter[str] = Counter()

    def admit(self, address: str) -> bool:
        """Count one in; say whether there was room."""
        if self._of.total() >= self._most or self._of[address] >= self._most_of_one:
            return False
        self._of[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one out."""
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]


class Limited(H11Protocol):
    """One connection, watched over by a doorman."""

    doorman: Doorman
    _head: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _address: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Admit, and wait for the head of a request."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if self.doorman.admit(address):
            self._address = address
            self._wait()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._stop()
        self.resume_writing()
        if self._address is not None:
            self.doorman.leave(self._address)
            self._address = None
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Stop waiting once a request is whole enough to be answered: the application limits its body."""
        super().handle_events()
        cycle: object = self.cycle  # None before the first request
        if cycle is not None and not self.cycle.response_complete:
            self._stop()

    def on_response_complete(self) -> None:
        """Wait for the next head."""
        self._wait()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the caller to read, whatever else it asks for meanwhile."""
        self._unread = self.loop.call_later(self.doorman.timeout_seconds, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Stop waiting: it was read."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as a problem too; uvicorn's text says less. Nothing more is answered afterwards."""
        del msg
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._refuse()
        self.transport.close()

    def _refuse(self) -> None:
        too_large = len(self.conn.trailing_data[0]) > MOST_HEAD_BYTES
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
        content = problem_bytes(status, [f"request: found no HTTP/1.1, or more than {MOST_HEAD_BYTES} bytes of head"])
        headers: list[tuple[bytes, Any]] = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
            *SECURITY,
        ]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=status.phrase.encode()),
            h11.Data(data=content),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")

    def _wait(self) -> None:
        self._stop()
        self._head = self.loop.call_later(self.doorman.timeout_seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


def limited_protocol(doorman: Doorman) -> type[Limited]:
    """Make the protocol that a doorman watches over."""
    return type("Watched", (Limited,), {"doorman": doorman})
