"""What must never leave: every secret and private address that is configured, and how it is found (domain.md A10).

A value is told by its rule and by the place that it was configured at, never by itself.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from reporter.deliver.disguises import View, needles_of, views_of
from reporter.deliver.searcher import CutSearcher, Searcher
from reporter.model.providers import PROVIDERS

LEAST_SECRET: Final = 8
"""Characters that a secret needs at least: a shorter one cannot be told from ordinary text, so it is a fault."""
LEAST_SEARCHED: Final = 6
"""Characters of the shortest value that is searched for. A shorter one stands in every other word."""
PUBLIC_WORDS: Final = frozenset(
    {*PROVIDERS, "bearer", "basic", "splunk", "cavra", "default", "production", "release-governance", "reporter"}
    | {"application/json", "application/json; charset=utf-8", "no-check", "localhost"}
)
"""What is private nowhere, whoever configures it: words of ours, and values that headers have everywhere."""

_ORDINARY: Final = frozenset(word.encode() for word in PUBLIC_WORDS)
_LONGEST_LABEL: Final = 63


class PrivateKind(StrEnum):
    """What a private value is. Its word is the id of the rule that refuses it."""

    SECRET = "configured_secret"  # noqa: S105 - the id of a rule
    ADDRESS = "configured_address"
    HOST = "configured_host"
    PERSON = "configured_person"
    """A user or an e-mail address."""


class PrivateValue(NamedTuple):
    """One value. `place` is where it is configured: `slack.url`, `deliver.executives`."""

    kind: PrivateKind
    place: str
    text: str

    def __repr__(self) -> str:
        """Print everything but the value."""
        return f"PrivateValue({self.kind}, {self.place}, <secret>)"


def is_searched(value: PrivateValue) -> bool:
    """Say whether a value can be searched for: it is neither very short nor a public word."""
    text = value.text.strip()
    return len(text) >= LEAST_SEARCHED and text.casefold() not in PUBLIC_WORDS


class PrivateValues:
    """A searcher for private values. `searched` counts them; `unsearched` those that are too short or too common."""

    def __init__(self, values: Iterable[PrivateValue]) -> None:
        by_text: dict[str, PrivateValue] = {}
        unsearched = set()
        for value in values:
            if is_searched(value):
                by_text.setdefault(value.text.strip(), value)
            elif value.text.strip():
                unsearched.add(value.text)
        self.values = tuple(by_text.values())
        self.searched, self.unsearched = len(by_text), len(unsearched)
        needles = {value: needles_of(text) for text, value in by_text.items()}
        folded = _owners({value: both.folded for value, both in needles.items()})
        exact = _owners({value: both.exact for value, both in needles.items()})
        self._folded, self._exact = Searcher(folded), Searcher(exact)
        self._cut_folded, self._cut_exact = CutSearcher(folded, _ORDINARY), CutSearcher(exact, _ORDINARY)

    def __repr__(self) -> str:
        """Print the counts."""
        return f"PrivateValues({self.searched} values, <secret>)"

    def __or__(self, other: "PrivateValues") -> "PrivateValues":
        """Search for the values of both."""
        both = PrivateValues((*self.values, *other.values))
        both.unsearched = self.unsearched + other.unsearched
        return both

    def find(self, data: bytes) -> tuple[PrivateValue, ...]:
        """Give the values that bytes hold in whatever disguise, in the order that they were configured in.

        Of one that was cut, with the mark of that after it, the half is enough.
        """
        found: set[PrivateValue] = set()
        for view in views_of(data):
            folded = view.flat.lower()
            found |= self._exact.find(view.flat) | self._cut_exact.find(view.flat) | self._cut_folded.find(folded)
            found.update(one for one in self._folded.find(folded) if _stands(one, view))
        return tuple(one for one in self.values if one in found)


def _owners(needles: Mapping[PrivateValue, frozenset[bytes]]) -> dict[bytes, list[PrivateValue]]:
    owners: dict[bytes, list[PrivateValue]] = {}
    for value, forms in needles.items():
        for needle in forms:
            owners.setdefault(needle, []).append(value)
    return owners


def _stands(value: PrivateValue, view: View) -> bool:
    """Say whether a value that occurs stands for itself: a host within the name of another one does not."""
    if value.kind is not PrivateKind.HOST:
        return True
    name = value.text.strip().lower().encode("utf-8", "surrogatepass")
    place, text = view.text.find(name), view.text
    if place < 0:  # encoded: nobody can tell what is beside it
        return True
    while place >= 0:
        end = place + len(name)
        if not _is_part_of_longer(text[max(place - _LONGEST_LABEL, 0) : place], text[end : end + _LONGEST_LABEL]):
            return True
        place = text.find(name, place + 1)
    return False


def _is_part_of_longer(before: bytes, after: bytes) -> bool:
    """Say whether a name goes on: before it by a label or a part of one, after it by a part of one.

    A label after it could be the next sentence as well, and so the name is taken for itself.
    """
    return before.rstrip(b"-.")[-1:].isalnum() or after.lstrip(b"-")[:1].isalnum()
