"""Where bundles of this environment are kept: a table of the release approval records, and how far each bundle came."""

from typing import Final

from reporter.model.attachments import Attachment
from reporter.model.text import count
from reporter.render.shapes import Listing, Row, Table, Tag
from reporter.render.wording import NO_MARK, given, moment, plain

DIGITS: Final = 12

_LEVELS: Final = {
    "landed": Tag("Landed", "good", "✓"),
    "accepted": Tag("Accepted, not read back", "none", NO_MARK),
}
_MISSING: Final = Tag("Not complete", "bad", "✗")


def build_attachments(attachments: tuple[Attachment, ...]) -> Table | None:
    """Build the table; None where nothing was ever attached."""
    if not attachments:
        return None
    return Table(
        "Bundles at release approval records",
        ("Release record", "State", "Recorded", "Bundle", "Files"),
        (30, 20, 17, 18, 15),
        Listing(tuple(Row(_cells(one)) for one in attachments), "attachments"),
    )


def _cells(one: Attachment) -> tuple[str | Tag, ...]:
    complete = one.outcome == "accepted"
    there = sum(each.outcome == "accepted" for each in one.files)
    facts = ", ".join(f"{name}: {value}" for name, value in one.facts.items())
    return (
        f"{given(one.release_record_ref)}{f' ({plain(facts)})' if facts else ''}",
        _LEVELS.get(one.level, _MISSING) if complete else _MISSING,
        moment(one.recorded_at),
        f"{plain(one.bundle_digest[:DIGITS])}, as of {moment(one.bundle_as_of)}",
        count(there, "file") if complete else f"{there} of {count(len(one.files), 'file')}",
    )
