"""The newest evidence records of an environment, as far as a list of them tells."""

from collections.abc import Mapping
from typing import NamedTuple


class RecentRecord(NamedTuple):
    """One record: what it is, when, by whom, how it stands and through whom. Texts are as the record has them."""

    kind: str
    record: str
    created_at: str
    signer: str
    state: str
    provider: str


class RecentRecords(NamedTuple):
    """The newest records of each kind, the latest first; `counts` are of all of a kind."""

    rows: tuple[RecentRecord, ...]
    counts: Mapping[str, int]
