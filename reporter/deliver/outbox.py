"""The outbox: sends every message once, as far as the other side can tell, and says of each what is known of it.

An intent is committed before a request leaves, the result after it. What was begun and did not end is asked for, or
sent again under its key, or named unknown, as the other side allows; it is never repeated blindly. Lanes run side by
side; within a lane messages go in order, or where it has several connections, in order within one subject.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final, NamedTuple, Protocol, TypeAlias

import msgspec

from reporter.deliver.connector import Connector, Recall
from reporter.deliver.http import Http
from reporter.deliver.message import Message
from reporter.deliver.receipts import ARRIVAL_UNKNOWN, Guard, Level, Outcome, Receipt, safe_ids
from reporter.errors import ReporterError
from reporter.loops.writing import Begun, Cause
from reporter.model.instants import shift
from reporter.model.routes import RouteId

MOST_TRIES: Final = 3
"""Requests for one attempt, where it is known that nothing arrived (B1.14)."""
FIRST_WAIT: Final = timedelta(milliseconds=500)
"""Before the second request; each further wait is twice as long. Not random: the same run makes the same requests."""
NOT_PUBLIC_SAFE: Final = "not_public_safe"
MOST_FINDINGS: Final = 3
"""Findings that are told of one message."""
HIDDEN: Final = "found what may not leave, at a place that holds it itself (not shown)"
UNWRITABLE: Final = "payload_fault"
BROKEN: Final = "connector_fault"

_SOON: Final = (Outcome.UNREACHABLE, Outcome.THROTTLED)
"""Outcomes after which nothing has arrived, so that trying again is safe."""
_TICK: Final = timedelta(microseconds=1)
GRACE_SECONDS: Final = 3.0
"""How long a request that is under way may still take when the run is asked to end."""

Clock: TypeAlias = Callable[[], datetime]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class Sending(NamedTuple):
    """One message to be sent, and which attempt at its route this is.

    `doubtful` says that an earlier attempt may have arrived. `begun` is an attempt that began in another run and has no
    result: it is brought to an end instead of a new one.
    """

    message: Message
    route: RouteId
    attempt: int = 1
    cause: Cause = Cause()
    doubtful: bool = False
    begun: Begun | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """What goes through one connector, in order. `alias` is what evidence calls it; `guard` sees what would leave."""

    alias: str
    connector: Connector
    http: Http
    guard: Guard
    sendings: Iterable[Sending]
    max_connections: int = 1


class Journal(Protocol):
    """Where intents and results are kept. Each returns when it is on disk, and raises ReporterError where it is not."""

    async def intend(self, begun: Begun, message: Message) -> None:
        """Commit what is about to be sent."""

    async def settle(self, begun: Begun, receipt: Receipt, completed_at: datetime, tries: int) -> None:
        """Commit how it ended."""


class Fate(StrEnum):
    """What became of a message in this run."""

    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It may have arrived: it is asked for again before anything else is sent."""
    LEFT = "left"
    """It was not tried: the connector or the time did not allow it."""


class Sent(NamedTuple):
    """What became of one message. What was `left` has no receipt."""

    sending: Sending
    fate: Fate
    receipt: Receipt | None = None
    delivery_id: str = ""


class Limits(NamedTuple):
    """How long a run may take: nothing is begun, and nothing waits, after `until`."""

    until: datetime
    tries: int = MOST_TRIES


class Outbox:
    """Sends what lanes hold. `tell` hears of each message when its fate is known; nothing is kept of it."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        limits: Limits,
        tell: Callable[[Sent], None],
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.journal, self.limits, self.tell, self.sleep = journal, limits, tell, sleep
        self.clock = increasing(clock)
        self.broken: ReporterError | None = None
        self._ending = asyncio.Event()
        self._until: float | None = None
        self._under_way: set[asyncio.Timeout] = set()

    async def send(self, lanes: Iterable[Lane]) -> None:
        """Send it all. Raise the journal's error at the end: without evidence nothing more is begun."""
        async with asyncio.TaskGroup() as running:
            for lane in lanes:
                running.create_task(_Run(self, lane).run())
        if self.broken:
            raise self.broken

    def stop(self) -> None:
        """Begin nothing more, and wait for nothing; a request that is under way has a moment to end."""
        self._ending.set()
        self._until = asyncio.get_running_loop().time() + GRACE_SECONDS
        for one in self._under_way:
            one.reschedule(self._until)

    @property
    def is_stopped(self) -> bool:
        """Whether it was asked to end."""
        return self._ending.is_set()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is begun."""
        return self.is_stopped or self.broken is not None or self.clock() >= self.limits.until

    async def pause(self, wait: timedelta) -> bool:
        """Wait; say whether it was the whole time, which it is not when the run is asked to end."""
        waits = [asyncio.ensure_future(self.sleep(wait.total_seconds())), asyncio.ensure_future(self._ending.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
        return not self.is_stopped

    @asynccontextmanager
    async def under_way(self) -> AsyncIterator[None]:
        """Let a request take its time, but not much of it when the run is asked to end: then raise TimeoutError."""
        async with asyncio.timeout_at(self._until) as limit:
            self._under_way.add(limit)
            try:
                yield
            finally:
                self._under_way.discard(limit)


class _Due(NamedTuple):
    """What is known of how an attempt ended, and is to be committed."""

    sending: Sending
    begun: Begun
    receipt: Receipt
    tries: int


class _Run:
    """One lane on its way. Whoever cannot be reached, or says to come later, is not asked for every other message."""

    def __init__(self, outbox: Outbox, lane: Lane) -> None:
        self._outbox, self._lane, self._connector = outbox, lane, lane.connector
        self._connections = asyncio.Semaphore(lane.max_connections)
        self._places = asyncio.Semaphore(2 * lane.max_connections)
        self._last: dict[str, asyncio.Task[None]] = {}
        self._is_away = False

    async def run(self) -> None:
        """Take a message only when there is a place for it: of a thousand, few are in memory.

        While one is being committed the next has its connection; the journal commits them in that order.
        """
        async with asyncio.TaskGroup() as running:
            for sending in self._lane.sendings:
                await self._places.acquire()
                subject = sending.route.subject
                self._last[subject] = running.create_task(self._one(sending, self._last.get(subject)))

    async def _one(self, sending: Sending, before: asyncio.Task[None] | None) -> None:
        try:
            if before:
                await asyncio.wait((before,))
            async with self._connections:
                is_left = self._is_away or self._outbox.is_over
                found = Sent(sending, Fate.LEFT) if is_left else await self._bring(sending)
            self._outbox.tell(await self._settle(found) if isinstance(found, _Due) else found)
        finally:
            if self._last.get(sending.route.subject) is asyncio.current_task():
                del self._last[sending.route.subject]
            self._places.release()

    async def _bring(self, sending: Sending) -> Sent | _Due:
        """Bring one message to the end that can be reached in this run."""
        if sending.begun:
            return await self._end(sending, sending.begun, ARRIVAL_UNKNOWN, tries=1)
        payload = self._payload(sending.message)
        digest = "" if isinstance(payload, Receipt) else hashlib.sha256(payload).hexdigest()
        named = (sending.route, sending.message.message_id, sending.attempt, self._lane.alias, digest)
        begun = Begun(*named, self._outbox.clock(), sending.cause)
        if isinstance(payload, Receipt):
            return _Due(sending, begun, payload, tries=0)
        if sending.doubtful and self._connector.recall is Recall.SEARCHABLE:
            found = await self._find(sending.message)
            if found is None:
                return Sent(sending, Fate.UNKNOWN)
            if found.delivered:
                return _Due(sending, begun, found, tries=0)
        try:
            await self._outbox.journal.intend(begun, sending.message)
        except ReporterError as error:
            self._outbox.broken = error
            return Sent(sending, Fate.LEFT)
        receipt, tries = await self._try(sending.message)
        return await self._end(sending, begun, receipt, tries)

    def _payload(self, message: Message) -> bytes | Receipt:
        """Write and guard what would leave, and what the intent would keep of it; else say why nothing may."""
        try:
            payload = self._connector.payload(message, self._outbox.clock())
        except Exception:  # noqa: BLE001 - a fault of one connector stops none of the others
            return Receipt(Outcome.REFUSED_LOCALLY, error_class=UNWRITABLE)
        found = self._lane.guard(payload) or self._lane.guard(encode_message(message))
        if found:
            findings = tuple(_tell_findings(found, self._lane.guard))
            return Receipt(Outcome.REFUSED_LOCALLY, error_class=NOT_PUBLIC_SAFE, findings=findings)
        return payload

    async def _try(self, message: Message) -> tuple[Receipt, int]:
        """Make one request, and again where nothing can have arrived and the time allows it."""
        outbox, tries, wait = self._outbox, 0, FIRST_WAIT
        while True:
            tries += 1
            receipt = await self._ask(message)
            if receipt.outcome not in _SOON:
                return receipt, tries
            pause = receipt.retry_after if receipt.retry_after is not None else wait
            is_last = tries >= outbox.limits.tries or shift(outbox.clock(), pause) >= outbox.limits.until
            if is_last or not await outbox.pause(pause):
                self._is_away = True
                return receipt, tries
            wait *= 2

    async def _end(self, sending: Sending, begun: Begun, receipt: Receipt, tries: int) -> Sent | _Due:
        """Find out about what may have arrived; give the result, unless that may still become known."""
        if receipt.outcome is Outcome.TIMEOUT_UNKNOWN:
            if self._outbox.is_stopped and self._connector.recall is not Recall.NONE:
                return Sent(sending, Fate.UNKNOWN, receipt, begun.delivery_id)
            if self._connector.recall is Recall.KEYED:
                begun, receipt = await self._repeat(begun, sending.message, receipt)
                tries += 1
            elif self._connector.recall is Recall.SEARCHABLE:
                found = await self._find(sending.message)
                if found is None:
                    return Sent(sending, Fate.UNKNOWN, receipt, begun.delivery_id)
                receipt = found
        return _Due(sending, begun, receipt, tries)

    async def _repeat(self, begun: Begun, message: Message, unknown: Receipt) -> tuple[Begun, Receipt]:
        """Send again under the same key. Where that does not say how it ended, it is as unknown as before.

        What was answered is what was sent now: another configuration may have made other bytes of the message.
        """
        payload = self._payload(message)
        again = payload if isinstance(payload, Receipt) else await self._ask(message)
        if not isinstance(payload, Receipt) and again.outcome in (Outcome.ACCEPTED, Outcome.REJECTED_PERMANENT):
            return begun._replace(payload_sha256=hashlib.sha256(payload).hexdigest()), again
        self._is_away = self._is_away or again.outcome in _SOON
        return begun, unknown._replace(
            error_class=again.error_class or unknown.error_class,
            retry_after=again.retry_after,
            findings=again.findings,
        )

    async def _settle(self, due: _Due) -> Sent:
        fate = Fate.DELIVERED if due.receipt.delivered else Fate.FAILED
        receipt = due.receipt._replace(ids=safe_ids(due.receipt.ids, self._lane.guard))
        try:
            await self._outbox.journal.settle(due.begun, receipt, self._outbox.clock(), due.tries)
        except ReporterError as error:
            # It was sent, and only its intent says so: the next run finds out, and does not send it again blindly.
            self._outbox.broken = error
            fate = Fate.UNKNOWN
        return Sent(due.sending, fate, receipt, due.begun.delivery_id)

    async def _ask(self, message: Message) -> Receipt:
        try:
            async with self._outbox.under_way():
                return await self._connector.send(message, self._outbox.clock(), self._lane.http)
        except Exception:  # noqa: BLE001 - nobody knows how far it came
            if self._outbox.is_stopped:
                return ARRIVAL_UNKNOWN
            return Receipt(Outcome.TIMEOUT_UNKNOWN, error_class=BROKEN)

    async def _find(self, message: Message) -> Receipt | None:
        """Ask for a message; what is there has landed."""
        try:
            async with self._outbox.under_way():
                found = await self._connector.find(message, self._lane.http)
        except Exception:  # noqa: BLE001 - then nobody can tell
            return None
        return found._replace(level=Level.LANDED) if found and found.delivered else found


def _tell_findings(found: Collection[object], guard: Guard) -> Iterator[str]:
    """Say what a guard found and where; not where, if the place itself holds what may not be shown."""
    for one in islice(found, MOST_FINDINGS):
        text = str(one)
        yield HIDDEN if guard(text.encode("utf-8", "surrogatepass")) else text
    if len(found) > MOST_FINDINGS:
        yield f"and {len(found) - MOST_FINDINGS} more"


def encode_message(message: Message) -> bytes:
    """Write a message as its intent keeps it."""
    return msgspec.json.encode(message, enc_hook=str)


def increasing(clock: Clock) -> Clock:
    """Make no two readings of a clock the same or go backwards: the order of attempts is that of their times."""
    last: datetime | None = None

    def read() -> datetime:
        nonlocal last
        last = max(clock(), last + _TICK) if last else clock()
        return last

    return read
