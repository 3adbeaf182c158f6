"""How sources are read: limits, paging, and the ways to what a stage cannot reach by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from reporter.model.raw_records import RecordBatch, RecordFault

if TYPE_CHECKING:
    from reporter.collect.https import HttpsAccess

CHUNK: Final = 1 << 17

MOST_FAULTS: Final = 100_000
"""After so many faults of one source the rest of it is not read: it is no evidence, or not of this kind."""

Read: TypeAlias = Callable[[int], bytes]
"""Gives at most so many bytes, and none at the end. Raises DamagedStream."""

Batches: TypeAlias = Iterator[RecordBatch | RecordFault]


class DamagedStream(Exception):
    """The bytes end before their format says so, or do not follow it. What came before counts."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(found)
        self.found = found
        self.wanted = wanted


def too_many_faults(source: str) -> RecordFault:
    """Say that the rest of a source was not read."""
    return RecordFault(source, None, f"{MOST_FAULTS} faults or more; nothing after them was read", "evidence records")


class Paging(NamedTuple):
    """How a service hands out its records. An empty parameter is not sent."""

    size_parameter: str = "limit"
    size: int = 500  # upstream clamps to 1..500 (domain.md B3)
    number_parameter: str = "page"
    next_key: str = "next"
    most_pages: int = 100_000


def _no_https() -> "HttpsAccess":
    from reporter.collect.https import HttpsAccess  # noqa: PLC0415 - httpx is imported by whoever has an address

    return HttpsAccess(10.0, "", {})


def _no_ledger(place: str) -> Iterator[bytes | RecordFault]:
    del place
    raise DamagedStream("a ledger", "a file, a pattern or an https:// address")


class Reading(NamedTuple):
    """What all sources of one call share. `ledger` opens a ledger by its address: stages do not import it."""

    base_dir: Path = Path()
    most_record_bytes: int = 4_000_000
    most_answer_bytes: int = 1_000_000_000
    https: "Callable[[], HttpsAccess]" = _no_https
    paging: Paging = Paging()
    ledger: Callable[[str], Iterator[bytes | RecordFault]] = _no_ledger
