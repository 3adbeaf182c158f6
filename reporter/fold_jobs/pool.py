"""A fold by several processes: who reads what, and what becomes of their folds.

Large files of plain JSON Lines are cut; every other file is read by one process. This process reads what is no file,
for that may need secrets and connections, takes the digests of what was cut, and merges.
"""

import gc
import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Final

import msgspec

from reporter.collect.records import (
    Kind,
    Meter,
    Reading,
    Source,
    SourceState,
    Span,
    measure_file,
    resume,
    split_lines,
    state_of,
)
from reporter.errors import ReporterError
from reporter.fold_jobs.shares import KEPT_FAULTS, Share, SourceRead, as_content, fold_shares
from reporter.loops.facts import Folded, merge
from reporter.loops.fold import fold
from reporter.model.raw_records import RecordFault
from reporter.workers import become_worker

SMALLEST_SHARE: Final = 4_000_000


class RecordsNotFolded(ReporterError):
    """A process that read records was killed."""


def fold_in_processes(
    shares: Sequence[Share], reading: Reading, now: datetime, processes: int
) -> tuple[Folded, list[SourceRead]]:
    """Fold shares by at most so many processes besides this one. Raise RecordsNotFolded when one is killed."""
    cuts = [_Cut(share, processes) for share in shares]
    parts = [part for cut in cuts for part in cut.parts]
    here = [part for part in parts if not part.size_bytes]
    hands = _deal([part for part in parts if part.size_bytes], processes)
    # All that a worker needs to read files, and nothing that could not be sent.
    plain = Reading(most_record_bytes=reading.most_record_bytes)
    with _workers(len(hands)) as pool:
        given = deque((hand, pool.submit(_work, hand, plain, now)) for hand in hands)
        folded, read = fold_shares(here, reading, now)
        reads = dict(zip(here, read, strict=True))
        for cut in cuts:
            cut.measure()
        while given:  # what was sent is let go of once it is merged
            hand, work = given.popleft()
            part, read = msgspec.msgpack.decode(work.result(), type=tuple[Folded, list[SourceRead]])
            del work
            folded = merge(folded, part)
            reads |= zip(hand, read, strict=True)
    sources = [cut.join([reads[part] for part in cut.parts]) for cut in cuts]
    changes = [as_content(fault) for cut in cuts for fault in cut.faults]
    return merge(folded, fold(changes, now)), sources


class _Cut:
    """A share, and the parts of it that several processes read."""

    def __init__(self, share: Share, processes: int) -> None:
        self.parts = [share]
        self.faults: tuple[RecordFault, ...] = ()
        self._share = share
        self._meter = Meter()
        self._before: SourceState | None = None
        self._end = 0
        if isinstance(share.source, Source) and share.source.kind is Kind.LINES:
            self._path = share.source.place
            self._divide(processes)

    def _divide(self, processes: int) -> None:
        try:
            spans = split_lines(self._path, processes, SMALLEST_SHARE)
        except OSError:
            return  # whoever reads it names the reason
        if len(spans) > 1:
            self._before = state_of(self._path)
            self._end = spans[-1].end or 0
            self.parts = [Share(self._share.source, (span.end or 0) - span.start, span) for span in spans]

    def measure(self) -> None:
        """Take the digest of what the processes read, unless one of them does."""
        if self._before:
            with suppress(OSError):
                self._meter = measure_file(self._path, self._end)

    def join(self, reads: Sequence[SourceRead]) -> SourceRead:
        """Join what was read of the parts, once all are read."""
        if self._before is None:
            return reads[0]
        if resume(self._path, self._before, append_only=True) == Span():
            found = "a file that was changed while it was read"
            self.faults = (RecordFault(reads[0].alias, None, found, "one that only grows meanwhile; run again"),)
        faults = (*self.faults, *chain.from_iterable(read.faults for read in reads))
        return SourceRead(
            reads[0].alias,
            Kind.LINES,
            "" if self.faults else self._meter.sha256,
            self._meter.size_bytes,
            sum(read.records for read in reads),
            sum(read.faulty for read in reads) + len(self.faults),
            faults[:KEPT_FAULTS],
        )


def _deal(parts: Sequence[Share], processes: int) -> list[list[Share]]:
    """Deal parts out, the largest first, each to whoever has least."""
    hands: list[list[Share]] = [[] for _ in range(min(processes, len(parts)))]
    for part in sorted(parts, key=attrgetter("size_bytes"), reverse=True):
        min(hands, key=lambda hand: sum(one.size_bytes for one in hand)).append(part)
    return hands


def _work(shares: Sequence[Share], reading: Reading, now: datetime) -> bytes:
    """Fold the shares of one worker, in a form that is quick to send."""
    return msgspec.msgpack.encode(fold_shares(shares, reading, now))


def _begin_worker() -> None:
    become_worker()
    # Records and folds hold no cycles, and a worker keeps nothing else.
    gc.disable()


@contextmanager
def _workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """Fork workers; on any error end them at once, whatever they are at."""
    others = set(multiprocessing.active_children())
    fork = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(count, mp_context=fork, initializer=_begin_worker) as pool:
            try:
                yield pool
            except BaseException:
                for worker in set(multiprocessing.active_children()) - others:
                    worker.kill()
                raise
    except BrokenProcessPool:
        raise RecordsNotFolded(
            "a process that read records was killed before it was done; the usual reason is too little memory:"
            " run again with more, or with fewer processes"
        ) from None
