"""Patterns of a compiled policy: `*` and `**` both stand for anything, `/` too, and the whole text must match (B8.1).

No regular expression is made of a pattern: matching takes time linear in pattern and text, whatever the pattern.
"""

import re
from collections.abc import Iterable
from typing import Final

_STARS: Final = re.compile(r"\*+")


class Pattern:
    """One pattern, taken apart at its stars."""

    __slots__ = ("_middle", "_start", "_tail", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._start, *rest = _STARS.split(text)
        self._tail = rest.pop() if rest else None
        self._middle = tuple(filter(None, rest))

    def matches(self, text: str) -> bool:
        """Say whether the whole text matches. The first place for each part is the best: no other is tried."""
        if self._tail is None:
            return text == self._start
        at, end = len(self._start), len(text) - len(self._tail)
        if at > end or not text.startswith(self._start) or not text.endswith(self._tail):
            return False
        for part in self._middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True


def first_match(patterns: Iterable[Pattern], text: str) -> Pattern | None:
    """Find the first pattern that matches."""
    return next((one for one in patterns if one.matches(text)), None)
