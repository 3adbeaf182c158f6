"""Where bundles are kept, in words: how far each came, when, and what the record says of itself."""

import pytest

from reporter.model.attachments import AttachedFile, Attachment
from reporter.render.attachments import build_attachments
from reporter.render.shapes import Tag

FILE = AttachedFile(name="pilot.zip", sha256="0" * 64, size_bytes=1, outcome="accepted", level="landed")


def attachment(**changes: object) -> Attachment:
    whole = Attachment(
        target="servicenow",
        release_record_ref="servicenow:change_request/1",
        bundle_digest="58e1f2c07b9d" + "0" * 52,
        bundle_as_of="2026-06-11T15:40:00Z",
        outcome="accepted",
        level="landed",
        recorded_at="2026-06-11T15:45:00Z",
        files=(FILE, FILE),
    )
    return whole.model_copy(update=changes)


def test_nothing_is_shown_where_nothing_was_attached() -> None:
    assert build_attachments(()) is None


@pytest.mark.parametrize(
    ("changes", "tag", "files"),
    [
        ({}, Tag("Landed", "good", "✓"), "2 files"),
        ({"level": "accepted"}, Tag("Accepted, not read back", "none", "\u2013"), "2 files"),
        ({"level": "dreamt"}, Tag("Not complete", "bad", "✗"), "2 files"),
        (
            {
                "outcome": "throttled",
                "level": "intended",
                "files": (FILE, FILE.model_copy(update={"outcome": "throttled"})),
            },
            Tag("Not complete", "bad", "✗"),
            "1 of 2 files",
        ),
    ],
    ids=["landed", "accepted", "unknown-level", "incomplete"],
)
def test_state_is_a_word_a_mark_and_a_count(changes: dict[str, object], tag: Tag, files: str) -> None:
    table = build_attachments((attachment(**changes),))
    assert table
    (row,) = table.rows.rows
    assert row.cells == (
        "servicenow:change_request/1",
        tag,
        "11 June 2026, 15:45 UTC",
        "58e1f2c07b9d, as of 11 June 2026, 15:40 UTC",
        files,
    )


def test_what_the_record_says_of_itself_is_beside_it() -> None:
    table = build_attachments((attachment(facts={"approval": "requested"}),))
    assert table
    assert table.rows.rows[0].cells[0] == "servicenow:change_request/1 (approval: requested)"
