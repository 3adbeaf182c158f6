"""One process's part of the work: it reads its shares of the sources one after the other into one fold."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property, partial
from itertools import chain
from typing import Final, NamedTuple

from reporter.collect.records import Kind, Meter, Reading, Source, Span, count_lines, read_backwards, read_source
from reporter.collect.records.reading import MOST_FAULTS, Batches, too_many_faults
from reporter.errors import LedgerUnusable
from reporter.loops.facts import Folded
from reporter.loops.fold import Lines, fold_lines
from reporter.loops.table import READER
from reporter.model.raw_records import RecordBatch, RecordFault
from reporter.model.records import ContentFault, Doubted, Record

KEPT_FAULTS: Final = 100


class SourceRead(NamedTuple):
    """What was read of one source. Without a digest, nothing.

    The digest is of the file's bytes, or, of a database or service, of the records, each followed by a line end.
    `records` were understood; `faulty` counts what was not, and whatever else is wrong with the source. `faults` are
    the first that concern the source itself; what is wrong inside a record is among the faults of the fold.
    """

    alias: str
    kind: Kind
    sha256: str = ""
    size_bytes: int = 0
    records: int = 0
    faulty: int = 0
    faults: tuple[RecordFault, ...] = ()


class Share(NamedTuple):
    """A source, or a span of one, or why there is no source."""

    source: Source | RecordFault
    size_bytes: int = 0
    span: Span | None = None


def size_of(source: Source | RecordFault) -> int:
    """Give the size of a file; 0 of what is none, or cannot be looked at."""
    if isinstance(source, RecordFault) or source.kind not in (Kind.LINES, Kind.FILE):
        return 0
    try:
        return os.stat(source.place).st_size  # noqa: PTH116 - a text already
    except OSError:
        return 0


def fold_shares(
    shares: Sequence[Share], reading: Reading, now: datetime, environment: str = ""
) -> tuple[Folded, list[SourceRead]]:
    """Fold all records of some shares, and say of each what was read. The digest of a span is left to others."""
    readers = [_ShareReader(share, reading) for share in shares]
    folded = fold_lines(chain.from_iterable(readers), now, environment=environment)
    return folded, [reader.read() for reader in readers]


class _ShareReader:
    """Reads one share and counts what comes out."""

    def __init__(self, share: Share, reading: Reading) -> None:
        self._source = share.source
        self._span = share.span
        self._reading = reading
        self._meter = Meter()
        self._records = 0
        self._faulty = 0
        self._faults: deque[RecordFault] = deque(maxlen=KEPT_FAULTS)

    def __iter__(self) -> Iterator[Lines | ContentFault]:
        try:
            for part in self._batches():
                if self._faulty >= MOST_FAULTS:
                    yield self._note(too_many_faults(part.source))
                    return
                yield self._note(part) if isinstance(part, RecordFault) else self._lines_of(part)
        except LedgerUnusable as error:
            yield self._note(RecordFault("ledger", None, str(error), "a ledger that can be read"))

    def read(self) -> SourceRead:
        """Say what was read."""
        counts = self._records, self._faulty, tuple(self._faults)
        if isinstance(self._source, RecordFault):
            return SourceRead(self._source.source, Kind.FILE, "", 0, *counts)
        meter = self._meter
        nothing = not meter.size_bytes and any(fault.number is None for fault in self._faults)
        digest = "" if nothing or self._span else meter.sha256
        return SourceRead(self._source.alias, self._source.kind, digest, meter.size_bytes, *counts)

    def _batches(self) -> Batches:
        if isinstance(self._source, RecordFault):
            return iter((self._source,))
        if self._span:
            return read_backwards(self._source, self._span, self._reading)
        return read_source(self._source, self._reading, meter=self._meter)

    def _lines_of(self, batch: RecordBatch) -> Lines:
        self._records += len(batch.raws)
        return Lines(batch.raws, partial(self._refused, batch))

    def _refused(self, batch: RecordBatch, position: int) -> Record | ContentFault | Doubted | None:
        read = READER.decode_at(batch, position)
        if isinstance(read, ContentFault | Doubted) and self._span:
            read = READER.decode_at(batch._replace(first=batch.first + self._lines), position)
        if read is None or isinstance(read, ContentFault):
            self._records -= 1
            self._faulty += read is not None
        return read

    @cached_property
    def _lines(self) -> int:
        """Count the lines up to the end of the span, from where its own are numbered. Only a fault needs to know."""
        if self._span is None or isinstance(self._source, RecordFault):
            return 0
        return count_lines(self._source.place, self._span.end or 0)

    def _note(self, fault: RecordFault) -> ContentFault:
        """Count a fault of the source, and give it as one that the fold lists."""
        if fault.number is not None:
            fault = fault._replace(number=fault.number + self._lines)
        self._faulty += 1
        if self._span:  # the last come first
            self._faults.appendleft(fault)
        elif len(self._faults) < KEPT_FAULTS:
            self._faults.append(fault)
        return as_content(fault)


def as_content(fault: RecordFault) -> ContentFault:
    """Give a fault of a source as one that a fold lists: it keeps the closure open (domain.md A2)."""
    return ContentFault("?", "", fault.found, fault.wanted, fault.where)
