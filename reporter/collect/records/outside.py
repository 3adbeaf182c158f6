"""What stands beside the items of a document, and whether by that they are all there is (domain.md A2).

A page of several, records in another list, and a record that has `items` of its own look like a whole document. What
they leave out may be the failure, so they are never read in silence.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from reporter.model.text import visible

ITEMS: Final = "items"
WHOLE: Final = "a document that holds all records"
_MORE: Final = re.compile(
    r"(?:odata)?next(?:continuation|page|cursor|link|ur[il]|href|token|offset|marker|key|start|scroll)*"
    r"|(?:has|is)?(?:more|moreavailable|next|nextpage|truncated|incomplete|incompleteresults|partial)"
    r"|cursor|continuation(?:token)?|scrollid"
)
_LAST: Final = re.compile(r"(?:is)?(?:last|lastpage|final|complete)")
_OF_RECORDS: Final = frozenset({"session_id", "metadata_kind"})
_TOTAL: Final = re.compile(
    r"totals?|total(?:count|items|records|results|hits|elements)|(?:items?|records?)(?:count|total)"
)
_PAGES: Final = re.compile(r"(?:total)?pages|(?:page|pages)(?:count|total)|lastpage")


class _Pairs(list[tuple[str, Any]]):
    """The members of an object, of which several may have one name."""


class Outside(NamedTuple):
    """The members beside the items, with null for lists and objects, and what they say of what is missing.

    `more` are the names that say there is more, `total` and `pages` the most records and pages that any tells of.
    """

    members: dict[str, Any]
    is_doubled: bool = False
    has_records: bool = False
    more: tuple[str, ...] = ()
    total: float = 0
    pages: float = 0

    def missing(self, items: int, pages: int = 1) -> str:
        """Say what is missing beside so many items of so many pages; nothing when they are all."""
        said = [f"`{visible(name)}`" for name in self.more]
        said += [f"a total of {self.total}"] if self.total > items else []
        said += [f"{self.pages} pages"] if self.pages > pages else []
        return f"{items} records, and {', '.join(said)}: there are more" if said else ""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Give what was found beside the items that must not be there, and what is wanted."""
        if self.is_doubled:
            yield f"`{ITEMS}` given more than once", f"one list named `{ITEMS}`"
        if self.has_records:
            yield f"fields of a record beside `{ITEMS}`", f"every record in the list named `{ITEMS}`"


NOTHING: Final = Outside({})


def read_outside(text: bytes) -> Outside:
    """Read the object that is left of a document with null for its items. ValueError is raised where it is no JSON."""
    try:
        msgspec.json.decode(text)
        members = json.loads(text, object_pairs_hook=_Pairs)
    except RecursionError as error:
        message = "too deep"
        raise ValueError(message) from error
    names = [name for name, _ in members]
    every = list(_every(members))
    numbers = [(_plain(name), _number(value)) for name, value in every]
    return Outside(
        {name: None if isinstance(value, list) else value for name, value in members},
        names.count(ITEMS) > 1,
        any(name in _OF_RECORDS for name, _ in every),
        tuple(dict.fromkeys(name for name, value in every if _says_more(_plain(name), value))),
        max((number for name, number in numbers if _TOTAL.fullmatch(name)), default=0)
        or max((_number(value) for name, value in members if _plain(name) == "count"), default=0),
        max((number for name, number in numbers if _PAGES.fullmatch(name)), default=0),
    )


def _every(members: _Pairs) -> Iterator[tuple[str, Any]]:
    """Give the members of an object and of all within it."""
    waiting: list[Any] = [members]
    while waiting:
        value = waiting.pop()
        if isinstance(value, _Pairs):
            yield from value
            waiting += [inner for _, inner in value]
        elif isinstance(value, list):
            waiting += value


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _says_more(name: str, value: object) -> bool:
    if _LAST.fullmatch(name):
        return value is False
    return bool(value) and _MORE.fullmatch(name) is not None


def _number(value: object) -> float:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value[:20])
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0
