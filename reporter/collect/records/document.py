"""One JSON document: a list of records, or an object whose `items` are one. Found by their brackets as bytes stream by.

An item is whatever stands between its brackets, so that a damaged one is named and the rest counts. Memory holds one
chunk and one item.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from reporter.collect.records.lines import BOM
from reporter.collect.records.outside import ITEMS, NOTHING, WHOLE, Outside, read_outside
from reporter.collect.records.reading import CHUNK, Batches, DamagedStream, Read
from reporter.model.raw_records import RecordBatch, RecordFault

UNIT: Final = "item"
LONGEST_OUTSIDE: Final = 100_000

# Up to the next bracket that is not inside a text.
_BRACKET = re.compile(rb'[^"{}\[\]]*+(?:"(?:[^"\\]++|\\.)*+"[^"{}\[\]]*+)*+([{}\[\]])', re.DOTALL)
_KEY = re.compile(rb'"((?:[^"\\]++|\\.)*+)"\s*+:\s*+\Z', re.DOTALL)
_WANTED = "a JSON list of records, or an object whose `items` are one"
_REST = f"{_WANTED}; nothing after this was read"


class _Stop(Exception):
    """The rest of the document cannot be understood."""

    def __init__(self, found: str, wanted: str = _REST) -> None:
        super().__init__(found)
        self.found = found
        self.wanted = wanted


def read_document(read: Read, source: str, limit: int, outside: list[Outside] | None = None) -> Batches:
    """Yield the items of a document, each of at most `limit` bytes.

    What stands beside them is put into `outside`, for whoever reads on where this says that there is more; without it
    the document must hold all there is.
    """
    scan = _Scan(source, limit)
    try:
        while chunk := read(CHUNK):
            yield from scan.feed(chunk)
        yield from scan.finish()
        beside = scan.outside()
        for flaw in beside.flaws():
            yield RecordFault(source, scan.number + 1, *flaw, UNIT)
        if outside is not None:
            outside.append(beside)
        elif missing := beside.missing(scan.number):
            yield RecordFault(source, None, missing, WHOLE)
    except (DamagedStream, _Stop) as damage:
        yield from scan.leave()
        yield RecordFault(source, scan.number + 1, damage.found, damage.wanted, UNIT)


class _Scan:
    """Follows the brackets of one document."""

    def __init__(self, source: str, limit: int) -> None:
        self.number = 0  # items so far
        self._source = source
        self._limit = limit
        self._left = b""  # bytes not yet understood, and those of the item that is open
        self._open: list[bytes] = []  # brackets
        self._list_depth = 0  # of the brackets that hold the items; 0 outside
        self._seen_items = False
        self._start = -1  # of the open item in _left
        self._position = 0  # in _left: all before it is understood
        self._too_long = False
        self._outside: list[bytes] = []
        self._outside_bytes = 0
        self._began = False
        self._items: list[bytes] = []
        self._new_in_list = True

    def feed(self, chunk: bytes) -> Iterator[RecordBatch | RecordFault]:
        if not self._began:
            self._left = (self._left + chunk).removeprefix(BOM)
            text = self._left.lstrip()
            if not text:
                return
            if text[:1] not in b"[{":
                raise _Stop("no JSON list and no object", _WANTED)
            self._began = True
        else:
            self._left += chunk
        while found := _BRACKET.match(self._left, self._position):
            between = self._left[self._position : found.start(1)]
            self._position = found.end()
            yield from self._bracket(found[1], between, found.start(1))
        yield from self.leave()
        self._cut()

    def finish(self) -> Iterator[RecordBatch | RecordFault]:
        if not self._began:
            raise _Stop("an empty document", _WANTED)
        if self._open:
            raise _Stop("the end of the document inside an open bracket")
        if self._left[self._position :].strip():
            raise _Stop("text after the end of the document")
        if not self._seen_items:
            raise _Stop("an object without a list named `items`", _WANTED)
        yield from self.leave()

    def leave(self) -> Iterator[RecordBatch]:
        """Hand out the items that are complete."""
        if self._items:
            items, self._items = self._items, []
            yield RecordBatch(items, self._source, self.number - len(items) + 1, UNIT)

    def outside(self) -> Outside:
        """Give what the document's object holds beside its items."""
        if not self._outside:
            return NOTHING
        if self._outside_bytes > LONGEST_OUTSIDE:
            raise _Stop("too much beside the items", f"{LONGEST_OUTSIDE} bytes at most")
        try:
            return read_outside(b"".join(self._outside))
        except ValueError:
            raise _Stop("text around the items that is not JSON", "a JSON object") from None

    def _bracket(self, bracket: bytes, between: bytes, at: int) -> Iterator[RecordBatch | RecordFault]:
        if not self._open and (self._outside or self._seen_items):
            raise _Stop("text after the end of the document")
        if bracket in b"[{":
            yield from self._opens(bracket, between, at)
            self._open.append(bracket)
        elif self._open.pop() + bracket not in (b"[]", b"{}"):
            raise _Stop("a bracket that closes none")
        else:
            yield from self._closes(bracket, between)

    def _opens(self, bracket: bytes, between: bytes, at: int) -> Iterator[RecordBatch | RecordFault]:
        depth = len(self._open)
        if not depth:
            self._begin(bracket)
        elif self._list_depth:
            if depth == self._list_depth:
                yield from self._between(between, last=False)
                self._start, self._too_long = at, False
        elif depth == 1 and bracket == b"[" and _is_items(between):
            self._list_depth, self._seen_items, self._new_in_list = len(self._open) + 1, True, True
            self._beside(between)
        else:
            self._beside(between + bracket)

    def _closes(self, bracket: bytes, between: bytes) -> Iterator[RecordBatch | RecordFault]:
        depth = len(self._open)  # of what holds what was closed
        if self._list_depth == depth + 1:
            yield from self._between(between, last=True)
            self._list_depth = 0
            if depth:
                self._beside(b"null")
        elif not self._list_depth:
            self._beside(between + bracket)
        elif depth == self._list_depth:
            yield from self._item()

    def _begin(self, bracket: bytes) -> None:
        if bracket == b"[":
            self._list_depth, self._seen_items = 1, True
        else:
            self._beside(bracket)

    def _beside(self, text: bytes) -> None:
        """Keep what is no item, unless there is too much of it."""
        self._outside_bytes += len(text)
        if self._outside_bytes <= LONGEST_OUTSIDE:
            self._outside.append(text)

    def _item(self) -> Iterator[RecordBatch | RecordFault]:
        if self._too_long or self._position - self._start > self._limit:
            yield from self.leave()
            self.number += 1
            yield self._fault(f"more than {self._limit} bytes", f"a record of {self._limit} bytes at most")
        else:
            self.number += 1
            self._items.append(self._left[self._start : self._position])
        self._start = -1

    def _between(self, text: bytes, *, last: bool) -> Iterator[RecordBatch | RecordFault]:
        """Judge what stands between two items: a comma, or values that are no objects."""
        text = text.strip()
        commas = (not self._new_in_list) + (not last)
        if text == (b"," if not self._new_in_list and not last else b""):
            self._new_in_list = False
            return
        inner = text.removeprefix(b"," if not self._new_in_list else b"").removesuffix(b"," if not last else b"")
        self._new_in_list = False
        yield from self.leave()
        if len(text) - len(inner) == commas:
            try:
                values = msgspec.json.decode(b"[" + inner + b"]", type=list[msgspec.Raw])
            except (msgspec.DecodeError, UnicodeDecodeError):
                values = []
            for _ in values:
                self.number += 1
                yield self._fault("a value that is no object", "a JSON object")
            if values:
                return
        yield RecordFault(self._source, self.number + 1, "text between the items that is not JSON", "a comma", UNIT)

    def _fault(self, found: str, wanted: str) -> RecordFault:
        return RecordFault(self._source, self.number, found, wanted, UNIT)

    def _cut(self) -> None:
        """Forget what is understood."""
        if self._start >= 0 and len(self._left) - self._start > self._limit:
            self._too_long = True
            self._start = self._position
        keep = self._position if self._start < 0 else self._start
        self._left = self._left[keep:]
        self._position -= keep
        self._start = min(0, self._start)
        if len(self._left) - self._position > max(self._limit, CHUNK):
            raise _Stop("a text or number without end")


def _is_items(between: bytes) -> bool:
    """Say whether the last key before a bracket is that of the items, in whatever spelling."""
    key = _KEY.search(between)
    try:
        return key is not None and msgspec.json.decode(b'"' + key[1] + b'"') == ITEMS
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
