"""One plain JSON Lines file cut into spans of whole lines, so that several processes share it."""

import itertools
import os
from typing import BinaryIO, Final, NamedTuple

from reporter.collect.records.reading import CHUNK

SMALLEST_SPAN: Final = 1 << 20


class Span(NamedTuple):
    """The bytes [start, end) of a file, from the beginning of a line to the end of one. `first` numbers that line.

    Without an end it goes to the end of the file.
    """

    start: int = 0
    end: int | None = None
    first: int = 1


def split_lines(path: str, parts: int, smallest: int = SMALLEST_SPAN) -> list[Span]:
    """Cut a file into at most `parts` spans that cover it. Counts the lines on the way."""
    with open(path, "rb") as file:  # noqa: PTH123 - a text already
        size = os.fstat(file.fileno()).st_size
        parts = max(1, min(parts, size // max(1, smallest)))
        bounds = [0]
        for part in range(1, parts):
            file.seek(max(bounds[-1], size * part // parts))
            bounds.append(file.tell() + len(file.readline()))
        bounds = [*sorted({bound for bound in bounds if bound < size}), size] if size else [0, 0]
        spans, first = [], 1
        file.seek(0)
        for start, end in itertools.pairwise(bounds):
            spans.append(Span(start, end, first))
            first += 0 if end == size else _count_lines(file, end - start)
        return spans


def _count_lines(file: BinaryIO, size: int) -> int:
    lines = 0
    while size > 0 and (chunk := file.read(min(CHUNK, size))):
        lines += chunk.count(b"\n")
        size -= len(chunk)
    return lines
