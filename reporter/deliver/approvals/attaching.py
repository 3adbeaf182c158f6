"""Bringing files to a target: look first, add what is missing, read back. Equal is done, different is never touched.

What was read back decides, whatever an upload seemed to come to. So a call that was interrupted is completed by the
next, and a call that is repeated changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from reporter.deliver.approvals.package import File
from reporter.deliver.approvals.target import NOT_THERE, THERE_ALREADY, Found, Ids, Presence, Survey, Target
from reporter.deliver.http import Http
from reporter.deliver.receipts import Guard, Level, Outcome, Receipt, safe_ids

PATIENCE: Final = timedelta(seconds=10)
"""A longer wait is left to the next run."""
ROUNDS: Final = 2
"""An upload that left something behind is tried once more at once."""

DIFFERENT: Final = "different_content"
NOT_COMPARED: Final = "not_compared"
DEADLINE: Final = "deadline"
Pause = Callable[[float], Awaitable[None]]

_LEVELS: Final = list(Level)
_THERE: Final = frozenset({Presence.SAME, Presence.DIFFERENT, Presence.UNREADABLE})


class FileResult(NamedTuple):
    """What became of one file. Without a receipt it is missing, and nothing was tried: the call was dry."""

    file: File
    presence: Presence
    receipt: Receipt | None
    added: bool = False

    @property
    def level(self) -> Level:
        """How far the file is known to have come."""
        return self.receipt.level if self.receipt and self.receipt.delivered else Level.INTENDED


class Attached(NamedTuple):
    """What became of all files at one target, and what its record says of itself."""

    files: tuple[FileResult, ...]
    facts: Ids = ()

    @property
    def complete(self) -> bool:
        """Whether every file is there."""
        return all(one.receipt is not None and one.receipt.delivered for one in self.files)

    @property
    def level(self) -> Level:
        """How far the least of them has come."""
        return min((one.level for one in self.files), key=_LEVELS.index)

    @property
    def added(self) -> bool:
        """Whether this call put anything there."""
        return any(one.added for one in self.files)

    @property
    def outcome(self) -> Outcome | None:
        """How the first that is missing ended; `accepted` where none is, None where nothing was tried."""
        missing = [one.receipt for one in self.files if one.receipt is None or not one.receipt.delivered]
        if not missing:
            return Outcome.ACCEPTED
        return missing[0].outcome if missing[0] else None


Sent = frozenset[tuple[str, str]]
"""Files by their name and their digest: the same name with other bytes was never sent."""


class Told(NamedTuple):
    """What the ledger says was sent to a target before: what it is known to have taken, and what it may have."""

    taken: Sent = frozenset()
    begun: Sent = frozenset()


_NOTHING: Final = Told()


def without_private(attached: Attached, guard: Guard) -> Attached:
    """Leave out ids and facts that the guard finds private things in: a target could repeat our secret as one."""
    files = tuple(
        one._replace(receipt=one.receipt._replace(ids=safe_ids(one.receipt.ids, guard))) if one.receipt else one
        for one in attached.files
    )
    return Attached(files, safe_ids(attached.facts, guard))


class Plan(NamedTuple):
    """What a look came to: what is settled by it, and what would be added."""

    survey: Survey
    settled: Mapping[str, FileResult]
    to_add: tuple[File, ...]
    told: Told = Told()


async def plan_files(target: Target, files: Sequence[File], http: Http, at: datetime, told: Told = _NOTHING) -> Plan:
    """Look at the target and write nothing."""
    survey = await target.look(files, http, at)
    if not survey.looked.delivered:
        # Nothing is known, so nothing is added: what is there could be added twice.
        return Plan(survey, {one.name: FileResult(one, Presence.UNTOLD, survey.looked) for one in files}, ())
    settled, to_add = {}, []
    for file in files:
        found = survey.found.get(file.name, NOT_THERE)
        receipt = _settled(found, survey.closed, known=_sent(file) in told.taken)
        if receipt is None:
            to_add.append(file)
        else:
            settled[file.name] = FileResult(file, found.presence, receipt)
    return Plan(survey, settled, tuple(to_add), told)


def dry_result(plan: Plan, files: Iterable[File]) -> Attached:
    """Say what is there and what would be added."""
    found = plan.survey.found
    return Attached(
        tuple(
            plan.settled.get(one.name) or FileResult(one, found.get(one.name, NOT_THERE).presence, None)
            for one in files
        ),
        plan.survey.facts,
    )


def late_result(files: Iterable[File], why: str = DEADLINE) -> Attached:
    """Say that the time for a record was over before it was known what became of its files."""
    late = Receipt(Outcome.TIMEOUT_UNKNOWN, error_class=why)
    return Attached(tuple(FileResult(one, Presence.UNTOLD, late) for one in files))


async def carry_out(  # noqa: PLR0913 - what it takes
    plan: Plan, target: Target, files: Sequence[File], http: Http, at: datetime, *, pause: Pause = asyncio.sleep
) -> Attached:
    """Add what the plan names, and read it back."""
    done = dict(plan.settled)
    survey, missing = plan.survey, plan.to_add
    for _ in range(ROUNDS):
        receipts = await _add_each(missing, target, survey, http, at, pause)
        tried = [one for one in missing if receipts[one.name].outcome is not Outcome.REFUSED_LOCALLY]
        survey = await target.look(tried, http, at) if tried else survey
        for file in missing:
            done[file.name] = _read_back(
                file, receipts[file.name], survey, tried=file in tried, begun=_sent(file) in plan.told.begun
            )
        missing = tuple(one for one in tried if done[one.name].presence is Presence.LEFTOVER)
        if not missing:
            break
    return Attached(tuple(done[one.name] for one in files), survey.facts or plan.survey.facts)


async def _add_each(  # noqa: PLR0913, PLR0917 - as above
    files: Sequence[File], target: Target, survey: Survey, http: Http, at: datetime, pause: Pause
) -> dict[str, Receipt]:
    """Add files in their order. Where the other side asks for a longer wait the rest is left to the next run."""
    receipts: dict[str, Receipt] = {}
    held: Receipt | None = None
    for file in files:
        receipt = held or await target.add(file, survey, http, at)
        wait = receipt.retry_after
        if held is None and wait is not None and wait <= PATIENCE:
            await pause(wait.total_seconds())
            if receipt.outcome is Outcome.THROTTLED:
                receipt = await target.add(file, survey, http, at)
                wait = receipt.retry_after
        receipts[file.name] = receipt
        if receipt.outcome is Outcome.THROTTLED or (wait is not None and wait > PATIENCE):
            held = Receipt(Outcome.THROTTLED, error_class=receipt.error_class or "rate_limited", retry_after=wait)
    return receipts


def _settled(found: Found, closed: str, *, known: bool) -> Receipt | None:
    """Say what is settled by a look; None for what is to be added."""
    match found.presence:
        case Presence.SAME:
            return Receipt(Outcome.ACCEPTED, Level.LANDED, ids=found.ids)
        case Presence.DIFFERENT:
            return Receipt(Outcome.REJECTED_PERMANENT, error_class=DIFFERENT, ids=found.ids)
        case Presence.UNREADABLE | Presence.UNTOLD if known:
            return Receipt(Outcome.ACCEPTED, Level.ACCEPTED, ids=found.ids)
        case Presence.UNREADABLE:
            return Receipt(Outcome.REJECTED_PERMANENT, error_class=NOT_COMPARED, ids=found.ids)
        case _ if closed:
            return Receipt(Outcome.REFUSED_LOCALLY, error_class=closed)
        case _:
            return None


def _sent(file: File) -> tuple[str, str]:
    return file.name, file.sha256


def _read_back(file: File, receipt: Receipt, survey: Survey, *, tried: bool, begun: bool) -> FileResult:
    """Put what was read back over what the upload came to.

    `begun` says that an earlier call sent these bytes and never learnt what became of them.
    """
    if not tried or not survey.looked.delivered:
        return FileResult(file, Presence.UNTOLD if tried else Presence.ABSENT, receipt, added=receipt.delivered)
    found = survey.found.get(file.name, NOT_THERE)
    sent = receipt.delivered or receipt.outcome is Outcome.TIMEOUT_UNKNOWN
    added = receipt.delivered or (sent and found.presence in _THERE)
    match found.presence:
        case Presence.SAME:
            receipt = receipt._replace(outcome=Outcome.ACCEPTED, level=Level.LANDED, error_class="", ids=found.ids)
        case Presence.UNREADABLE if sent:
            receipt = receipt._replace(outcome=Outcome.ACCEPTED, level=Level.ACCEPTED, error_class="", ids=found.ids)
        case Presence.UNTOLD if begun and receipt.error_class == THERE_ALREADY:
            receipt = Receipt(Outcome.ACCEPTED, Level.ACCEPTED, receipt.status_code)
        case Presence.DIFFERENT:
            receipt = Receipt(Outcome.REJECTED_PERMANENT, Level.INTENDED, receipt.status_code, DIFFERENT, ids=found.ids)
        case Presence.ABSENT | Presence.LEFTOVER if receipt.delivered:
            # It said that it took the file, and does not have it: perhaps it will.
            receipt = Receipt(Outcome.TIMEOUT_UNKNOWN, Level.INTENDED, receipt.status_code, "not_read_back")
        case _:
            pass
    return FileResult(file, found.presence, receipt, added=added)
