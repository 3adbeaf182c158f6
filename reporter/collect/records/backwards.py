"""JSON Lines from the end of a span to its start: files grow at their end, so the newest records come first.

A line that is too long is skipped and named; memory holds one chunk and one line.
"""

import io
from typing import BinaryIO

from reporter.collect.records.lines import BOM, cut_batches, too_long
from reporter.collect.records.reading import CHUNK, Batches
from reporter.collect.records.shards import Span
from reporter.collect.records.streams import read_error
from reporter.model.raw_records import RecordBatch, RecordFault


def read_lines_backwards(file: BinaryIO, span: Span, source: str, limit: int) -> Batches:
    """Cut a span that has an end into lines of at most `limit` bytes, and hand out the last ones first.

    Lines are numbered from the end: 1 is what follows the span's last line end, 0 the line before it. Where all of a
    chunk are short enough they keep their line ends, for taking them away costs more than reading past them.
    """
    position, number = span.end or 0, 1
    tail, is_too_long = b"", False
    while position > span.start:
        size = min(CHUNK, position - span.start)
        position -= size
        try:
            file.seek(position)
            data = file.read(size)
        except OSError as error:
            yield RecordFault(source, number, *read_error(error))
            return
        if b"\n" in data and not is_too_long and size + len(tail) <= limit:
            data += tail
            lines = io.BytesIO(data)
            tail = lines.readline().removesuffix(b"\n")
            if not position:
                tail = tail.removeprefix(BOM)
            raws = [*lines]
            number -= len(raws) + data.endswith(b"\n")
            yield RecordBatch(raws, source, number + 1)
            continue
        raws = data.split(b"\n")
        if is_too_long and len(raws) > 1:
            raws.pop()
            yield too_long(source, number, limit)
            number -= 1
            is_too_long = False
        else:
            raws[-1] += tail
        size += len(tail)
        tail = raws.pop(0) if position else raws.pop(0).removeprefix(BOM)
        number -= len(raws)
        yield from reversed([*cut_batches(raws, source, number + 1, limit)])
        if len(tail) > limit:
            tail, is_too_long = b"", True
    if is_too_long:
        yield too_long(source, number, limit)
    elif tail:
        yield RecordBatch([tail], source, number)
