"""JSON as it is sealed: the same bytes in the file, in the page and in the attachment of the PDF."""

import re
from typing import Final

from reporter.model.checks import Wire
from reporter.model.text import UNSEEN

# What could mean something inside <script>, and what a reader of the file would not see.
_SPELT: Final = re.compile(f"[<>&]|(?!\n){UNSEEN.pattern}")


def write_json(model: Wire) -> bytes:
    """Write a document with its fields in their declared order, an indent of two and a line end.

    The bytes may stand unchanged in a `<script type="application/json">` of an HTML page, and show every
    character to whoever opens the file. A number that JSON cannot hold (infinity) becomes null.
    """
    return (_SPELT.sub(_spell, model.model_dump_json(indent=2)) + "\n").encode()


def _spell(found: re.Match[str]) -> str:
    """Write a character as JSON escapes it: by its UTF-16 code units."""
    units = found[0].encode("utf-16-be").hex()
    return "".join(rf"\u{units[at : at + 4]}" for at in range(0, len(units), 4))
