"""A place becomes sources, and a source its records: what kind it is, is told by scheme, magic bytes and name."""

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import count
from typing import NamedTuple

import msgspec

from reporter.collect.files import Unread, name_of, open_file
from reporter.collect.records.backwards import read_lines_backwards
from reporter.collect.records.damage import damage_of
from reporter.collect.records.document import read_document
from reporter.collect.records.index import read_index
from reporter.collect.records.lines import Bookmark, read_lines
from reporter.collect.records.meter import Meter, metered_file, metered_records
from reporter.collect.records.reading import MOST_FAULTS, Batches, DamagedStream, Reading, too_many_faults
from reporter.collect.records.shards import Span
from reporter.collect.records.streams import (
    HEAD_BYTES,
    SQLITE,
    peek,
    plain_stream,
    read_error,
    read_head,
    size_of,
    unpacked_stream,
)
from reporter.collect.records.suffixes import is_document
from reporter.collect.records.web import read_web
from reporter.model.raw_records import RawRecord, RecordBatch, RecordFault

ROWS_AT_ONCE = 1_000


class _Object(msgspec.Struct):
    """Any JSON object; the decoder goes over its members and keeps none."""


_OBJECT = msgspec.json.Decoder(_Object)


class Kind(StrEnum):
    """What a source is."""

    LINES = "lines"
    """Plain JSON Lines: may be cut into spans and read on where the last reading ended."""
    FILE = "file"
    """Any other file: packed lines, a JSON document, upstream's index."""
    WEB = "web"
    LEDGER = "ledger"


class Source(NamedTuple):
    """One place without patterns. `alias` is all that may be told of it."""

    place: str
    alias: str
    kind: Kind

    @property
    def key(self) -> str:
        """Tell this source from others without saying where it is."""
        return hashlib.sha256(self.place.encode("utf-8", "surrogateescape")).hexdigest()


def open_source(place: str, reading: Reading | None = None) -> Iterator[RawRecord | RecordFault]:
    """Yield every record of a place, each a whole JSON object, and every fault; a place may be a pattern."""
    reading = reading or Reading()
    for source in find_sources([place], reading):
        if isinstance(source, RecordFault):
            yield source
        else:
            yield from checked(read_source(source, reading))


def open_batches(places: Iterable[str], reading: Reading) -> Batches:
    """Yield the records of several places as they stand: whoever decodes them asks `damage_of` about what fails."""
    for source in find_sources(places, reading):
        if isinstance(source, RecordFault):
            yield source
        else:
            yield from read_source(source, reading)


def checked(batches: Iterable[RecordBatch | RecordFault]) -> Iterator[RawRecord | RecordFault]:
    """Look at each record of a source: what is no JSON object becomes a fault, and white space nothing."""
    decode = _OBJECT.decode
    faulty = 0
    for part in batches:
        if faulty >= MOST_FAULTS:
            yield too_many_faults(part.source)
            return
        if isinstance(part, RecordFault):
            faulty += 1
            yield part
            continue
        raws, source, first, unit = part
        for number, raw in enumerate(raws, first):
            try:
                decode(raw)
                if not raw.isascii():
                    raw.decode()
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                damage = damage_of(raw)
                if damage:
                    faulty += 1
                    yield RecordFault(source, number, *damage, unit)
            else:
                yield RawRecord(raw, source, number, unit)


def find_sources(places: Iterable[str], reading: Reading) -> Iterator[Source | RecordFault]:
    """Expand patterns, in order of their names, and give each source an alias of its own.

    An address may hold a secret in any part of it: its alias is its number among the addresses.
    """
    used: dict[str, int] = {}
    numbers = count(1)
    for place in places:
        for found in _expand(place, reading):
            if isinstance(found, Source):
                alias = f"{found.alias}-{next(numbers)}" if found.kind is Kind.WEB else found.alias
                again = used[alias] = used.get(alias, 0) + 1
                yield found._replace(alias=alias if again == 1 else f"{alias} ({again})")
            else:
                yield found


def _expand(place: str, reading: Reading) -> Iterator[Source | RecordFault]:
    scheme = place.partition("://")[0] if "://" in place else ""
    if scheme == "https":
        yield Source(place, "https", Kind.WEB)
    elif place == "ledger" or scheme.partition("+")[0] in ("sqlite", "postgresql"):
        yield Source(place, "ledger", Kind.LEDGER)
    elif scheme:
        yield RecordFault("records", None, "another kind of address", "a path, a pattern, https://, or a ledger")
    else:
        path = str(reading.base_dir / place)
        literal = os.path.exists(path) or not glob.has_magic(path)  # noqa: PTH110 - pathlib's raises where it may not look
        paths = [path] if literal else sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - texts, as everywhere here
        if not paths:
            yield RecordFault(name_of(place), None, "no file of this name", "one at least")
        yield from (Source(one, name_of(one), _kind(one)) for one in paths)


def _kind(path: str) -> Kind:
    """Tell plain JSON Lines from every other file; one that cannot be read says so when it is."""
    file = open_file(path)
    if isinstance(file, Unread):
        return Kind.FILE
    with file:
        try:
            head = file.read(HEAD_BYTES)
        except OSError:
            return Kind.FILE
    packed = head.startswith(SQLITE) or unpacked_stream(file, head) is not None
    return Kind.FILE if packed or is_document(path, head) else Kind.LINES


def read_source(
    source: Source,
    reading: Reading,
    span: Span | None = None,
    bookmark: Bookmark | None = None,
    meter: Meter | None = None,
) -> Batches:
    """Yield the records of one source as they stand. A span is of a source of plain JSON Lines.

    A meter takes the digest of the file's bytes, or, where there is no file but a database or a service, of the
    records, each followed by a line end.
    """
    if source.kind is Kind.WEB:
        return metered_records(read_web(source.place, source.alias, reading), meter)
    if source.kind is Kind.LEDGER:
        return metered_records(_read_ledger(source, reading), meter)
    return _read_file(source, reading, span, bookmark, meter)


def _read_file(
    source: Source, reading: Reading, span: Span | None, bookmark: Bookmark | None, meter: Meter | None
) -> Batches:
    place, alias, _ = source
    limit = reading.most_record_bytes
    file = open_file(place)
    if isinstance(file, Unread):
        yield RecordFault(alias, None, file.fault.found, file.fault.wanted)
        return
    with file:
        try:
            head, size = read_head(file), size_of(file)
        except OSError as error:
            yield RecordFault(alias, None, *read_error(error))
            return
        if head.startswith(SQLITE):
            file.close()
            yield from metered_records(read_index(place, alias, limit), meter)
        elif span is not None:
            mark = bookmark or Bookmark()
            mark.offset, mark.lines = span.start, span.first - 1
            file.seek(span.start)
            yield from read_lines(plain_stream(file, span.end), alias, limit, mark)
        else:
            with metered_file(file, meter) as whole:
                begin, stream = peek(unpacked_stream(whole, head, size) or plain_stream(whole))
                if is_document(alias, begin):
                    yield from read_document(stream, alias, limit)
                else:
                    yield from read_lines(stream, alias, limit, bookmark)


def read_backwards(source: Source, span: Span, reading: Reading) -> Batches:
    """Yield the records of a span of plain JSON Lines, the last ones first, numbered from the end of the span."""
    file = open_file(source.place)
    if isinstance(file, Unread):
        yield RecordFault(source.alias, None, file.fault.found, file.fault.wanted)
        return
    with file:
        yield from read_lines_backwards(file, span, source.alias, reading.most_record_bytes)


def _read_ledger(source: Source, reading: Reading) -> Batches:
    number, raws = 0, []
    try:
        for raw in reading.ledger(source.place):
            if isinstance(raw, RecordFault):
                yield raw._replace(source=source.alias)
                continue
            raws.append(raw)
            if len(raws) == ROWS_AT_ONCE:
                yield RecordBatch(raws, source.alias, number + 1, "row")
                number, raws = number + len(raws), []
        if raws:
            yield RecordBatch(raws, source.alias, number + 1, "row")
    except DamagedStream as error:
        yield RecordFault(source.alias, None, error.found, error.wanted)
