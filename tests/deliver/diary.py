"""A journal in memory with a clock of its own, and an outbox that keeps it."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from reporter.deliver.message import Message
from reporter.deliver.outbox import Fate, Lane, Limits, Outbox, Sent
from reporter.deliver.receipts import Receipt
from reporter.errors import LedgerUnusable
from reporter.loops.writing import Begun

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)


class Diary:
    """A journal in memory, and a clock that goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.intents: list[Begun] = []
        self.results: dict[str, tuple[Begun, Receipt, int]] = {}
        self.sent: list[Sent] = []
        self.slept: list[float] = []
        self.now = NOW
        self.full_after: int | None = None
        self.stops_asleep = False
        self.outbox: Outbox

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.stops_asleep:
            self.outbox.stop()
            await asyncio.sleep(60)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    async def intend(self, begun: Begun, message: Message) -> None:
        assert begun.message_id == message.message_id
        self._write()
        self.intents.append(begun)

    async def settle(self, begun: Begun, receipt: Receipt, completed_at: datetime, tries: int) -> None:
        assert completed_at > begun.started_at
        self._write()
        self.results[begun.message_id] = (begun, receipt, tries)

    def _write(self) -> None:
        if self.full_after is not None and len(self.intents) + len(self.results) >= self.full_after:
            raise LedgerUnusable("ledger: the disk is full")

    def send(self, *lanes: Lane, seconds: float = 60) -> list[Fate]:
        """Send, and give the fates in the order in which they became known."""
        before = len(self.sent)
        limits = Limits(self.now + timedelta(seconds=seconds))
        self.outbox = Outbox(self, self.clock, limits, self.sent.append, sleep=self.sleep)

        async def send_open() -> None:
            async with AsyncExitStack() as stack:
                for lane in lanes:
                    await stack.enter_async_context(lane.http)
                await self.outbox.send(lanes)

        asyncio.run(send_open())
        return [one.fate for one in self.sent[before:]]
