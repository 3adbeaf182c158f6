"""What a row's hash covers, and how: SHA-256 over a JSON array of every field, the hash of the row before it first.

The array has texts, whole numbers and null alone, so that any JSON library writes the same bytes (RFC 8785). The
payload enters by its own SHA-256.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

GENESIS: Final = "0" * 64
"""Stands before the first row."""

LARGEST: Final = (1 << 63) - 1


class Row(NamedTuple):
    """One row of the ledger, in the order of its columns."""

    sequence: int
    record_id: str
    kind: str | None
    created_at: str | None
    signer: str | None
    decision_count: int | None
    blocked_count: int | None
    approval_required_count: int | None
    payload: str
    payload_sha256: str
    idempotency_key: str
    previous_hash: str
    hash: str


class Head(NamedTuple):
    """The last row: how many there are, and the hash that covers them all."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        """Write it as `records verify --expect` takes it."""
        return f"{self.sequence}:{self.hash}"


_encode = msgspec.json.Encoder().encode


def hash_over(previous: str, sequence: int, fields: Sequence[object]) -> str:
    """Compute the hash of a row: of its place, and of the fields between its sequence and its previous_hash."""
    covered = (previous, sequence, *fields[:7], *fields[8:])
    return hashlib.sha256(_encode(covered)).hexdigest()


def hash_of(row: Row) -> str:
    """Compute the hash of a row from all its other fields."""
    return hash_over(row.previous_hash, row.sequence, row[1:11])


def sha256_of(text: str) -> str:
    """Compute the hash of a payload."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_well_typed(row: Row) -> bool:
    """Say whether every field has the type that we write; SQLite itself would take any."""
    texts = (row.record_id, row.payload, row.payload_sha256, row.idempotency_key, row.previous_hash, row.hash)
    maybe = (row.kind, row.created_at, row.signer)
    counts = (row.decision_count, row.blocked_count, row.approval_required_count)
    return (
        all(type(one) is str for one in texts)
        and all(one is None or type(one) is str for one in maybe)
        and all(one is None or type(one) is int for one in counts)
    )
