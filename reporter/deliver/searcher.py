"""Many needles in one text: which of them are in it, and which begin in it and are cut off."""

import re
from collections.abc import Mapping
from typing import Final, Generic, TypeVar

from reporter.model.text import CUT

Owner = TypeVar("Owner")

LEAST_BEGINNING: Final = 8
MOST_BEGINNING: Final = 32
"""Bytes of a needle's beginning that tell the needle: half of it, but never fewer, and never more are asked for."""

_GRAM: Final = 4
_LEAST_FILTERED: Final = 2 * _GRAM - 1
_CUT: Final = CUT.encode()
_HALF_A_SIGN: Final = re.compile(rb"(?:\\+u?[0-9a-f]{0,5}|%[0-9a-f]?|&#?[0-9a-z]{0,8}|=[0-9a-f]?)?", re.IGNORECASE)
"""What is left of an escape that was cut."""


class Searcher(Generic[Owner]):
    """Finds which of many needles are in a text, at the price of one pass over every fourth place of it.

    Whatever stands in a text covers one of the places that are a multiple of four, with all of four bytes: so a needle
    none of whose first four runs of four bytes is at such a place is not there. The others are looked for.
    """

    def __init__(self, owners: Mapping[bytes, list[Owner]]) -> None:
        self._owners = owners
        self._short = [needle for needle in owners if len(needle) < _LEAST_FILTERED]
        self._by_gram: dict[int, list[bytes]] = {}
        for needle in owners:
            if len(needle) >= _LEAST_FILTERED:
                for start in range(_GRAM):
                    gram = memoryview(needle[start : start + _GRAM]).cast("I")[0]
                    self._by_gram.setdefault(gram, []).append(needle)
        self._grams = frozenset(self._by_gram)

    def find(self, text: bytes) -> set[Owner]:
        """Give the owners of the needles that are in a text."""
        whole = memoryview(text)[: len(text) // _GRAM * _GRAM].cast("I")
        candidates = {needle for gram in self._grams.intersection(whole) for needle in self._by_gram[gram]}
        candidates.update(self._short)
        return {value for needle in candidates if needle in text for value in self._owners[needle]}


class CutSearcher(Generic[Owner]):
    """Finds which of many needles were cut: they begin in a text, and the mark of a cut ends what is there of them.

    `ordinary` are beginnings that tell nothing: words of everybody.
    """

    def __init__(self, owners: Mapping[bytes, list[Owner]], ordinary: frozenset[bytes]) -> None:
        self._owners = owners
        self._ordinary = ordinary
        heads: dict[bytes, list[bytes]] = {}
        for needle in owners:
            if len(needle) > (least := least_beginning(len(needle))):
                heads.setdefault(needle[:least], []).append(needle)
        self._heads = {needle: head for head, needles in heads.items() for needle in needles}
        self._searcher = Searcher(heads)

    def find(self, text: bytes) -> set[Owner]:
        """Give the owners of the needles that were cut in a text."""
        if _CUT not in text:
            return set()
        begun = self._searcher.find(text)
        return {value for needle in begun if self._is_cut(needle, text) for value in self._owners[needle]}

    def _is_cut(self, needle: bytes, text: bytes) -> bool:
        head = self._heads[needle]
        place = text.find(head)
        while place >= 0:
            end = text.find(_CUT, place, place + len(needle) + _LONGEST_REST)
            left = text[place:end] if end >= 0 else b""
            if len(left) >= len(head) and self._begins(needle, left):
                return True
            place = text.find(head, place + 1)
        return False

    def _begins(self, needle: bytes, left: bytes) -> bool:
        same = next((at for at, pair in enumerate(zip(needle, left, strict=False)) if pair[0] != pair[1]), len(left))
        return left[:same] not in self._ordinary and _HALF_A_SIGN.fullmatch(left, same) is not None


_LONGEST_REST: Final = 10 + len(_CUT)


def least_beginning(length: int) -> int:
    """Say how many bytes of the beginning of a needle tell it."""
    return max(LEAST_BEGINNING, min(-(-length // 2), MOST_BEGINNING))
