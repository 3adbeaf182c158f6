"""One file for several readers, and a file that grew, shrank or was replaced since."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.collect.records import (
    Bookmark,
    Reading,
    Source,
    SourceState,
    Span,
    count_lines,
    find_sources,
    read_source,
    resume,
    split_lines,
    state_of,
)
from reporter.model.raw_records import RecordBatch


def lines_of(path: Path, span: Span | None, mark: Bookmark | None = None) -> list[tuple[int, bytes]]:
    (source,) = find_sources([str(path)], Reading())
    assert isinstance(source, Source)
    parts = read_source(source, Reading(), span, mark)
    return [line for part in parts if isinstance(part, RecordBatch) for line in enumerate(part.raws, part.first)]


@given(
    lines=st.lists(st.sampled_from([b"{}", b'{"a": 1}', b'{"long": "%s"}' % (b"x" * 90)]), max_size=40),
    ended=st.booleans(),
    parts=st.integers(1, 9),
)
def test_spans_cover_every_line_once_and_number_it_right(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], *, ended: bool, parts: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "shared.jsonl"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended and lines else b""))
    spans = [
        span._replace(first=1 + count_lines(str(path), span.start))
        for span in split_lines(str(path), parts, smallest=10)
    ]
    assert len(spans) <= parts
    read = [line for span in spans for line in lines_of(path, span)] if lines else []
    assert read == list(enumerate(lines, 1))


def test_small_file_is_not_split(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"{}\n" * 100)
    assert split_lines(str(tmp_path / "a.jsonl"), 4) == [Span(0, 300, 1)]


def test_unchanged_file_needs_no_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n")
    state = state_of(str(path))
    assert resume(str(path), state, append_only=True) is None


def test_file_that_was_never_read_is_read_from_its_start(tmp_path: Path) -> None:
    assert resume(str(tmp_path / "a.jsonl"), None, append_only=True) == Span()
    assert state_of(str(tmp_path / "a.jsonl")) is None


def read_state(path: Path) -> SourceState | None:
    mark = Bookmark()
    lines_of(path, Span(), mark)
    return state_of(str(path), mark)


def test_grown_file_is_read_on_from_its_last_complete_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n{"a"')
    state = read_state(path)
    with path.open("ab") as file:
        file.write(b': 3}\n{"a": 4}\n')
    span = resume(str(path), state, append_only=True)
    assert span == Span(18, None, 3)
    assert lines_of(path, span) == [(3, b'{"a": 3}'), (4, b'{"a": 4}')]
    assert resume(str(path), state, append_only=False) == Span()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"a": 1}\n', id="shrank"),
        pytest.param(b'{"a": 1}\n{"a": 9}\n{"a": 3}\n', id="edited before the mark"),
        pytest.param(b'{"a": 1}\n{"a": 9}\n', id="edited, of the same size"),
    ],
)
def test_file_that_did_not_only_grow_is_read_again(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n')
    state = read_state(path)
    path.write_bytes(content)
    assert resume(str(path), state, append_only=True) == Span()


def test_replaced_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n")
    state = read_state(path)
    (tmp_path / "b").write_bytes(b"{}\n{}\n")
    (tmp_path / "b").rename(path)
    assert resume(str(path), state, append_only=True) == Span()
    path.unlink()
    assert resume(str(path), state, append_only=True) == Span()


def test_touched_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n")
    state = read_state(path)
    os.utime(path, ns=(1, 1))
    assert resume(str(path), state, append_only=True) == Span()
