"""Evidence records before anybody looked inside: the bytes of one JSON object, or why there are none.

A source goes by its alias, the name of a file or the number of an address: no path and no host ever gets here
(domain.md A10).
"""

from typing import NamedTuple


class RawRecord(NamedTuple):
    """The exact bytes of one JSON object, and where they stood: the line, item or row of a source, from 1."""

    raw: bytes
    source: str
    number: int
    unit: str = "line"


class RecordBatch(NamedTuple):
    """Records that follow one another in a source; the first stands at `first`. Blank ones are no records.

    Those that are lines may come with their line ends.

    Nobody has looked at them: they may be no JSON at all.
    """

    raws: list[bytes]
    source: str
    first: int
    unit: str = "line"


class RecordFault(NamedTuple):
    """One thing wrong with a source. Without a number it concerns the source as a whole."""

    source: str
    number: int | None
    found: str
    wanted: str
    unit: str = "line"

    @property
    def where(self) -> str:
        """Say where: `evidence.jsonl: line 12`."""
        return self.source if self.number is None else f"{self.source}: {self.unit} {self.number}"

    def __str__(self) -> str:
        """Write a sentence for a person."""
        return f"{self.where}: found {self.found}, wanted {self.wanted}"
