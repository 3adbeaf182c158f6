"""JSON Lines: a record a line. A line that is too long is skipped and named; memory holds one chunk and one line."""

from dataclasses import dataclass

from reporter.collect.records.reading import CHUNK, Batches, DamagedStream, Read
from reporter.model.raw_records import RecordBatch, RecordFault

BOM = b"\xef\xbb\xbf"


@dataclass
class Bookmark:
    """How far reading came: after the last complete line. A last line without its end may still be being written."""

    offset: int = 0
    lines: int = 0


def read_lines(read: Read, source: str, limit: int, bookmark: Bookmark | None = None) -> Batches:
    """Cut a stream into lines of at most `limit` bytes. `bookmark` is moved as lines are handed out."""
    cut = _Cut(source, limit, bookmark or Bookmark())
    try:
        while chunk := read(CHUNK):
            yield from cut.feed(chunk)
    except DamagedStream as damage:
        # What stands before the damage is half a line.
        yield RecordFault(source, cut.mark.lines + 1, damage.found, damage.wanted)
    else:
        yield from cut.finish()


class _Cut:
    """Holds the line that is not complete yet."""

    def __init__(self, source: str, limit: int, mark: Bookmark) -> None:
        self.mark = mark
        self._source = source
        self._limit = limit
        self._tail = b""
        self._too_long = False
        self._at_start = not mark.offset
        self._read = mark.offset

    def feed(self, chunk: bytes) -> Batches:
        self._read += len(chunk)
        if self._at_start:
            self._at_start = False
            chunk = chunk.removeprefix(BOM)
        raws = chunk.split(b"\n")
        if self._too_long:
            yield from self._skip(raws)
        else:
            raws[0] = self._tail + raws[0]
        self._tail = raws.pop() if raws else b""
        if raws:
            first, start = self.mark.lines + 1, self.mark.offset
            self.mark.lines += len(raws)
            self.mark.offset = self._read - len(self._tail)
            if self.mark.offset - start <= self._limit:
                yield RecordBatch(raws, self._source, first)
            else:
                yield from cut_batches(raws, self._source, first, self._limit)
        if len(self._tail) > self._limit:
            self.mark.offset = self._read
            self._tail, self._too_long = b"", True

    def finish(self) -> Batches:
        if self._too_long:
            yield too_long(self._source, self.mark.lines + 1, self._limit)
        elif self._tail:
            yield from cut_batches([self._tail], self._source, self.mark.lines + 1, self._limit)

    def _skip(self, raws: list[bytes]) -> Batches:
        """Take the rest of a line that is too long away, and name the line at its end."""
        self.mark.offset += len(raws.pop(0))
        if raws:
            self.mark.offset += 1
            self.mark.lines += 1
            self._too_long = False
            yield too_long(self._source, self.mark.lines, self._limit)


def cut_batches(raws: list[bytes], source: str, first: int, limit: int) -> Batches:
    """Take the lines out that are too long, and name them."""
    start = 0
    for index, raw in enumerate(raws):
        if len(raw) > limit:
            if index > start:
                yield RecordBatch(raws[start:index], source, first + start)
            yield too_long(source, first + index, limit)
            start = index + 1
    if start < len(raws):
        yield RecordBatch(raws[start:], source, first + start)


def too_long(source: str, number: int, limit: int) -> RecordFault:
    """Name a line that is too long."""
    return RecordFault(source, number, f"more than {limit} bytes", f"a record of {limit} bytes at most")
