"""Lines read from the end of a span are those read from its start (design.md, Scale)."""

import io
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.collect.records import Span, backwards
from reporter.collect.records.backwards import read_lines_backwards
from reporter.collect.records.lines import BOM, read_lines
from reporter.collect.records.reading import Batches
from reporter.model.raw_records import RecordBatch, RecordFault

LIMIT = 12
contents = st.lists(st.sampled_from([b"{}", b"x" * LIMIT, b"x" * (LIMIT + 1), b"y" * 50, b"", BOM, b"\r"])).map(
    b"\n".join
)


def numbered(batches: Batches, lines: int = 0) -> list[tuple[int, bytes | RecordFault]]:
    """List the lines that are not blank, each with its number."""
    found: list[tuple[int, bytes | RecordFault]] = []
    for part in batches:
        if isinstance(part, RecordFault):
            number = (part.number or 0) + lines
            found.append((number, part._replace(number=number)))
        else:
            raws = [raw.removesuffix(b"\n") for raw in part.raws]
            found += [(number, raw) for number, raw in enumerate(raws, part.first + lines) if raw]
    return found


@given(content=contents, chunk=st.integers(1, 40), ended=st.booleans())
def test_lines_and_faults_are_those_of_reading_forwards(content: bytes, chunk: int, *, ended: bool) -> None:
    content += b"\n" * ended
    file = io.BytesIO(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backwards, "CHUNK", chunk)
        read = numbered(read_lines_backwards(file, Span(0, len(content)), "a", LIMIT), content.count(b"\n"))
    assert sorted(read, key=lambda line: line[0]) == numbered(read_lines(io.BytesIO(content).read, "a", LIMIT))


def test_last_lines_come_first_and_what_is_outside_the_span_is_not_read() -> None:
    content = b"1\n2\n3\n4\n5\n"
    batches = read_lines_backwards(io.BytesIO(content), Span(2, 8), "a", LIMIT)
    assert numbered(batches, 4) == [(3, b"3"), (4, b"4"), (2, b"2")]


def test_disk_that_fails_is_a_fault_and_what_came_before_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() < 4:
                raise OSError(5, "Input/output error")
            return super().read(size)

    monkeypatch.setattr(backwards, "CHUNK", 4)
    file: BinaryIO = Failing(b"1\n2\n3\n4\n")
    first, fault = read_lines_backwards(file, Span(0, 8), "a", LIMIT)
    assert first == RecordBatch([b"4\n"], "a", 0)
    assert str(fault) == "a: line -1: found a read error (EIO), wanted readable bytes"
