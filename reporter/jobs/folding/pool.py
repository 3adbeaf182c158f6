"""A fold by several processes: who reads what, and what becomes of their folds.

Large files of plain JSON Lines are cut; every other file is read by one process. This process reads what is no file,
for that may need secrets and connections, and as much of the files as each other, which need not be sent; then it
merges. One that reads no records takes the digests of what was cut.
"""

import gc
import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import datetime
from operator import attrgetter
from typing import Final

import msgspec

from reporter.collect.records import Reading
from reporter.errors import ReporterError
from reporter.jobs.folding.cuts import Cut, join_cuts, uncollected
from reporter.jobs.folding.shares import Share, SourceRead, fold_shares
from reporter.loops.facts import Folded, merge
from reporter.workers import become_worker, end_workers, forking

_MADE: Final[list[tuple[Folded, list[SourceRead]]]] = []
"""What this worker folded. It ends with the process: taking it apart before would keep the answer waiting."""


class RecordsNotFolded(ReporterError):
    """A process that read records was killed."""


def fold_in_processes(
    shares: Sequence[Share], reading: Reading, now: datetime, processes: int, environment: str = ""
) -> tuple[Folded, list[SourceRead]]:
    """Fold shares by at most so many processes, this one among them. Raise RecordsNotFolded when one is killed."""
    cuts = [Cut(share, processes) for share in shares]
    parts = [part for cut in cuts for part in cut.parts]
    *hands, mine = _deal([part for part in parts if part.size_bytes], processes)
    mine = [*(part for part in parts if not part.size_bytes), *mine]
    # All that a worker needs to read files, and nothing that could not be sent.
    plain = Reading(most_record_bytes=reading.most_record_bytes)
    with uncollected(), _workers(len(hands) + 1) as pool:
        with forking():
            given = deque((hand, pool.submit(_work, hand, plain, now, environment)) for hand in hands)
            measured = [pool.submit(cut.measure) for cut in cuts]
        folded, read = fold_shares(mine, reading, now, environment)
        reads = dict(zip(mine, read, strict=True))
        for cut, taken in zip(cuts, measured, strict=True):
            cut.measured = taken.result()
        while given:  # what was sent is let go of once it is merged
            hand, work = given.popleft()
            part, read = msgspec.msgpack.decode(work.result(), type=tuple[Folded, list[SourceRead]])
            del work
            folded = merge(folded, part)
            reads |= zip(hand, read, strict=True)
    return join_cuts(cuts, folded, reads)


def _deal(parts: Sequence[Share], processes: int) -> list[list[Share]]:
    """Deal parts out, the largest first, each to whoever has least."""
    hands: list[list[Share]] = [[] for _ in range(min(processes, len(parts)))]
    for part in sorted(parts, key=attrgetter("size_bytes"), reverse=True):
        min(hands, key=lambda hand: sum(one.size_bytes for one in hand)).append(part)
    return hands


def _work(shares: Sequence[Share], reading: Reading, now: datetime, environment: str) -> bytes:
    """Fold the shares of one worker, in a form that is quick to send."""
    made = fold_shares(shares, reading, now, environment)
    _MADE.append(made)
    return msgspec.msgpack.encode(made)


def _begin_worker() -> None:
    become_worker()
    # Records and folds hold no cycles, and a worker keeps nothing else.
    gc.disable()


@contextmanager
def _workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """Fork workers; on any error end them at once, whatever they are at."""
    others = multiprocessing.active_children()
    fork = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(count, mp_context=fork, initializer=_begin_worker) as pool:
            try:
                yield pool
            except BaseException:
                end_workers(others)
                raise
    except BrokenProcessPool:
        raise RecordsNotFolded(
            "a process that read records was killed before it was done; the usual reason is too little memory:"
            " run again with more, or with fewer processes"
        ) from None
