"""The one interface of everything that a bundle can be attached to.

A target can look and it can add one file; it cannot replace, approve or publish, for there is no such call in it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from reporter.deliver.approvals.package import File
from reporter.deliver.http import Http
from reporter.deliver.receipts import Receipt

Ids = tuple[tuple[str, str], ...]


class Presence(StrEnum):
    """What stands at the target under the name of a file."""

    ABSENT = "absent"
    SAME = "same"
    """These very bytes: their digest was compared."""
    DIFFERENT = "different"
    """Other bytes. They are never overwritten."""
    LEFTOVER = "leftover"
    """What an upload of ours left that did not end: adding the file completes or replaces it."""
    UNREADABLE = "unreadable"
    """Something of the same size that cannot be read back here."""
    UNTOLD = "untold"
    """Nobody can tell. Adding is safe all the same: the target refuses what it has."""


class Found(NamedTuple):
    """What stands under one name. `handle` is what the target needs to go on from a leftover, and is private."""

    presence: Presence
    ids: Ids = ()
    handle: str = ""

    def __repr__(self) -> str:
        """Print no handle: it may be an address."""
        return f"Found({self.presence.value})"


NOT_THERE = Found(Presence.ABSENT)
THERE_ALREADY: Final = "there_already"
"""A target's word for that it refused a file because something stands under its name."""


class Survey(NamedTuple):
    """What looking came to. Where `looked` is not delivered nothing else is known.

    `facts` are what the record says of itself, in words that are allow-listed. `closed` is a word of ours for why
    nothing can be added. `place` is what the target needs to add, and is private.
    """

    looked: Receipt
    found: Mapping[str, Found] = {}
    facts: Ids = ()
    closed: str = ""
    place: str = ""

    def __repr__(self) -> str:
        """Print no place: it may be an address."""
        return f"Survey({self.looked.outcome.value}, {len(self.found)} files)"


class Target(Protocol):
    """One release approval record. It keeps no state, and never raises for what others do."""

    @property
    def addresses(self) -> Sequence[str]:
        """The addresses whose hosts it may ask; private. None for a target on this machine."""

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Find out what is there of these files, comparing digests where that can be done, and write nothing."""

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Add one file that is absent or was left over, once, and overwrite nothing."""
