"""Intents and results in the ledger. What comes at the same time is committed together; each waits for its commit."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from reporter.deliver.message import Message
from reporter.deliver.outbox import Clock
from reporter.deliver.receipts import Receipt
from reporter.errors import LedgerUnusable
from reporter.jobs.answers.recording import sealed_for
from reporter.ledger import Entry, Ledger, own_key
from reporter.loops.table import BY_WORD
from reporter.loops.writing import Begun, Ended, RecordValue, write_attempt, write_execution, write_intent
from reporter.model.text import count


class _Waiting(NamedTuple):
    records: Sequence[RecordValue]
    done: asyncio.Future[None]


class LedgerJournal:
    """The journal of one run of the outbox. While one commit is on its way to the disk, the next is gathered."""

    def __init__(self, ledger: Ledger, environment: str, clock: Clock) -> None:
        self._ledger, self._environment, self._clock = ledger, environment, clock
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def intend(self, begun: Begun, message: Message) -> None:
        """Commit what is about to be sent. Raise LedgerUnusable where that cannot be, or another run began it."""
        told = msgspec.to_builtins(message, enc_hook=str)
        await self._commit([write_intent(BY_WORD[begun.route.loop], begun, told)])

    async def settle(self, begun: Begun, receipt: Receipt, completed_at: datetime, tries: int) -> None:
        """Commit how it ended; of a retry, that it was executed, too."""
        ended = Ended(
            delivered=receipt.delivered,
            outcome=receipt.outcome,
            receipt_level=receipt.level,
            completed_at=completed_at,
            tries=tries,
            status_code=receipt.status_code,
            error_class=receipt.error_class,
            retry_after=receipt.retry_after,
            ids=receipt.ids,
        )
        loop, cause = BY_WORD[begun.route.loop], begun.cause
        records = [write_attempt(loop, begun, ended)]
        if cause.worker_run_id:
            records.append(
                write_execution(
                    loop,
                    completed_at if receipt.delivered else begun.started_at,
                    begun.route.subject,
                    begun.route.provider,
                    "delivered" if receipt.delivered else "failed",
                    by=cause.executed_by,
                    worker_run_id=cause.worker_run_id,
                    retry_plan_id=cause.retry_plan_id,
                    delivery_metadata_id=begun.delivery_id,
                    approval_decision_id=cause.approval_decision_id,
                )
            )
        await self._commit(records)

    async def _commit(self, records: Sequence[RecordValue]) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(records, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self._append, [one for waiting in batch for one in waiting.records])
            except Exception as error:  # noqa: BLE001 - whoever waits for it has to hear of it, whatever it is
                fault: Exception | None = error
            else:
                fault = None
            for waiting in batch:
                if waiting.done.cancelled():
                    continue
                if fault:
                    waiting.done.set_exception(fault)
                else:
                    waiting.done.set_result(None)
        self._writing = None

    def _append(self, records: Sequence[RecordValue]) -> None:
        entries = [
            Entry(
                msgspec.json.encode(sealed_for(self._environment, self._clock(), one)),
                own_key(self._environment, one["session_id"]),
            )
            for one in records
        ]
        appended = self._ledger.append(entries)
        if appended.added != len(entries):
            raise LedgerUnusable(
                f"{self._ledger.name}: found {len(entries) - appended.added} of {count(len(entries), 'attempt')}"
                " there already: two runs send at once; let one end before the next"
            )
