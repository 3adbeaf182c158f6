"""A source that no longer begins as the bundle before read it is named, though all its records are there."""

from pathlib import Path

import pytest

from render.documents import readiness_document
from reporter.assess.readiness import compare
from reporter.collect.records import Reading
from reporter.jobs.folding import fold_places
from reporter.jobs.lost_records import note_rewritten
from reporter.model.instants import parse_instant
from reporter.model.readiness import Change, RecordSource
from reporter.render.view import build_view

BEFORE = readiness_document()
FIRST, SECOND, THIRD = (b'{"session_id":"%d","metadata_kind":"other"}\n' % one for one in (1, 2, 3))


def read(folder: Path) -> tuple[RecordSource, ...]:
    """Read the sources as a run does."""
    instant = parse_instant(BEFORE.as_of)
    assert instant
    return tuple(
        RecordSource(
            alias=one.alias,
            kind=one.kind,
            sha256=one.sha256 or None,
            size_bytes=one.size_bytes if one.sha256 else None,
            record_count=one.records,
            fault_count=one.faulty,
            faults=(),
        )
        for one in fold_places(["*.jsonl*"], Reading(folder), instant.at).sources
    )


def noted(folder: Path, was: tuple[RecordSource, ...]) -> list[str]:
    sources = note_rewritten(read(folder), ["*.jsonl*"], Reading(folder), BEFORE.model_copy(update={"records": was}))
    assert {one.rewritten_since for one in sources} <= {None, BEFORE.as_of}
    return [one.alias for one in sources if one.rewritten_since]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param(FIRST + SECOND, [], id="the same"),
        pytest.param(FIRST + SECOND + THIRD, [], id="grown"),
        pytest.param(FIRST + THIRD, ["a.jsonl"], id="a line replaced"),
        pytest.param(SECOND + FIRST + THIRD, ["a.jsonl"], id="reordered and grown"),
        pytest.param(FIRST, ["a.jsonl"], id="cut"),
    ],
)
def test_only_a_file_that_grew_at_its_end_is_what_was_sealed(tmp_path: Path, text: bytes, named: list[str]) -> None:
    (tmp_path / "a.jsonl").write_bytes(FIRST + SECOND)
    was = read(tmp_path)
    (tmp_path / "a.jsonl").write_bytes(text)
    assert noted(tmp_path, was) == named


def test_what_cannot_be_compared_is_not_accused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(FIRST)
    (tmp_path / "b.jsonl").symlink_to("nowhere")
    damaged = read(tmp_path)
    assert [one.sha256 is None for one in damaged] == [False, True]
    (tmp_path / "b.jsonl").unlink()
    (tmp_path / "b.jsonl").write_bytes(FIRST)
    (tmp_path / "c.jsonl").write_bytes(FIRST)
    assert noted(tmp_path, damaged) == [], "one was unreadable then, and one is new"
    assert noted(tmp_path, ()) == []
    sources = read(tmp_path)
    assert note_rewritten(sources, ["*.jsonl"], Reading(tmp_path), None) == sources


def test_file_that_went_while_it_was_compared_counts_as_rewritten(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(FIRST)
    was = BEFORE.model_copy(update={"records": read(tmp_path)})
    (tmp_path / "a.jsonl").write_bytes(FIRST + SECOND)
    sources = read(tmp_path)
    (tmp_path / "a.jsonl").unlink()
    (one,) = note_rewritten(sources, ["*.jsonl"], Reading(tmp_path), was)
    assert one.rewritten_since == BEFORE.as_of


def test_first_page_says_which_source_was_rewritten() -> None:
    (_, ledger) = BEFORE.records
    source = ledger.model_copy(update={"alias": "a.jsonl", "kind": "lines", "rewritten_since": BEFORE.as_of})
    after = BEFORE.model_copy(update={"records": (source,)})
    (change,) = compare(BEFORE, after)
    assert change == Change(
        subject="records/a.jsonl",
        title="Earlier records in a.jsonl",
        before="as_sealed",
        after="rewritten",
        better=False,
    )
    view = build_view(after.model_copy(update={"changes": (change,)}))
    (row,) = view.changes.rows.rows
    assert (row.title.anchor, row.before.word, row.after.word) == ("source-a.jsonl", "As sealed", "Rewritten")
    assert view.records[0].tag.word.startswith("All read, rewritten since ")
    assert list(compare(after.model_copy(update={"as_of": "2027-01-01T00:00:00Z"}), after)) == []
