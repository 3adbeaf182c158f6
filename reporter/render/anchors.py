"""Names inside a page: stable from run to run, safe in HTML and in an address, and never given twice."""

import re
from typing import Final

LONGEST_SLUG: Final = 80

_UNSAFE = re.compile(r"[^A-Za-z0-9_.]+")


class Anchors:
    """The anchors of one page, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, kind: str, text: str) -> str:
        """Make the anchor of a thing: `#check-go_rollback_plan`. A second one of the same name gets a number."""
        slug = _UNSAFE.sub("-", text)[:LONGEST_SLUG].strip("-") or "unnamed"
        wanted = anchor = f"{kind}-{slug}"
        again = 2
        while anchor in self._taken:
            anchor = f"{wanted}-{again}"
            again += 1
        self._taken.add(anchor)
        return anchor
