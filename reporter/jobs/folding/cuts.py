"""Large files of plain JSON Lines are cut into spans, one for each process, and read backwards.

Their digest is taken by itself, and a file that was changed between the two has none.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple

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
from reporter.jobs.folding.shares import KEPT_FAULTS, Share, SourceRead, as_content, fold_shares
from reporter.loops.facts import Folded, merge
from reporter.loops.fold import fold
from reporter.model.raw_records import RecordFault

SMALLEST_SHARE: Final = 4_000_000


class Measured(NamedTuple):
    """The digest and the size of the bytes that were read in parts."""

    sha256: str
    size_bytes: int


_NOTHING: Final = Measured(Meter().sha256, 0)


class Cut:
    """A share, and the parts of it that are read each by itself."""

    def __init__(self, share: Share, processes: int) -> None:
        self.parts = [share]
        self.faults: tuple[RecordFault, ...] = ()
        self._share = share
        self.measured = _NOTHING
        self._before: SourceState | None = None
        self._end = 0
        if isinstance(share.source, Source) and share.source.kind is Kind.LINES:
            self._path = share.source.place
            self._divide(processes)

    def _divide(self, processes: int) -> None:
        before = state_of(self._path)
        if before is None:
            return  # whoever reads it names the reason
        try:
            spans = split_lines(self._path, processes, SMALLEST_SHARE)
        except OSError:
            return  # whoever reads it names the reason
        end = spans[-1].end or 0
        if end >= SMALLEST_SHARE:
            self._before, self._end = before, end
            self.parts = [Share(self._share.source, (span.end or 0) - span.start, span) for span in spans]

    def measure(self) -> Measured:
        """Take the digest of what is read in parts. Any process can; `measured` is where it belongs."""
        if self._before:
            with suppress(OSError):
                meter = measure_file(self._path, self._end)
                return Measured(meter.sha256, meter.size_bytes)
        return _NOTHING

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
            "" if self.faults else self.measured.sha256,
            self.measured.size_bytes,
            sum(read.records for read in reads),
            sum(read.faulty for read in reads) + len(self.faults),
            faults[:KEPT_FAULTS],
        )


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage in between: records and folds hold no cycles, and each look goes over all that is kept."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def fold_cuts(
    shares: Sequence[Share], reading: Reading, now: datetime, environment: str = ""
) -> tuple[Folded, list[SourceRead]]:
    """Fold shares in this process."""
    cuts = [Cut(share, 1) for share in shares]
    parts = [part for cut in cuts for part in cut.parts]
    with uncollected():
        folded, read = fold_shares(parts, reading, now, environment)
    for cut in cuts:
        cut.measured = cut.measure()
    return join_cuts(cuts, folded, dict(zip(parts, read, strict=True)))


def join_cuts(
    cuts: Sequence[Cut], folded: Folded, reads: Mapping[Share, SourceRead]
) -> tuple[Folded, list[SourceRead]]:
    """Say of each share what was read, once all parts are folded, and add to the fold what was changed meanwhile."""
    sources = [cut.join([reads[part] for part in cut.parts]) for cut in cuts]
    changes = [as_content(fault) for cut in cuts for fault in cut.faults]
    return merge(folded, fold(changes, folded.now)), sources
