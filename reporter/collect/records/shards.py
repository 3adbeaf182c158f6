"""One plain JSON Lines file cut into spans of whole lines, so that several processes share it."""

import itertools
import os
from typing import Final, NamedTuple

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
    """Cut a file into at most `parts` spans that cover it, each numbered from 1: see `count_lines`. Raise OSError."""
    with open(path, "rb") as file:  # noqa: PTH123 - a text already
        size = os.fstat(file.fileno()).st_size
        parts = max(1, min(parts, size // max(1, smallest)))
        bounds = [0]
        for part in range(1, parts):
            file.seek(max(bounds[-1], size * part // parts))
            bounds.append(file.tell() + len(file.readline()))
    bounds = [*sorted({bound for bound in bounds if bound < size}), size] if size else [0, 0]
    return [Span(start, end) for start, end in itertools.pairwise(bounds)]


def count_lines(path: str, end: int) -> int:
    """Count the line ends before an offset of a file. Raise OSError."""
    lines = 0
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a text already
        while chunk := file.read(min(CHUNK, end - file.tell())):
            lines += chunk.count(b"\n")
    return lines
