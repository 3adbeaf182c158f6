"""Who reads executive reports, by names that tell nobody who they are (domain.md A10).

A name is the digest of a signature over the address: only who holds the signing key can make it, so that nobody can try
addresses against it; and the same address has the same name as long as the key is the same.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from reporter.deliver.receipts import Outcome, Receipt
from reporter.jobs.answers.recording import read_own_records
from reporter.loops.table import DELIVERIES
from reporter.loops.writing import RecordValue
from reporter.seal.keys import SigningKey
from reporter.settings_model import Settings

PREFIX: Final = "executive-"
_PURPOSE: Final = b"reporter: the name of somebody who reads executive reports\0"
_DIGITS: Final = 10


class Reader(NamedTuple):
    """One reader: the name in evidence, where the address stands, and the address itself."""

    alias: str
    place: str
    address: str

    def __repr__(self) -> str:
        """Print no address."""
        return f"Reader({self.alias}, {self.place}, <secret>)"


def readers_of(key: SigningKey, addresses: Iterable[str], place: str) -> tuple[Reader, ...]:
    """Name readers, each once, however often and in whichever case an address is written."""
    found: dict[str, Reader] = {}
    for number, address in enumerate(addresses):
        alias = alias_of(key, address)
        found.setdefault(alias, Reader(alias, f"{place}[{number}]", address))
    return tuple(found.values())


def alias_of(key: SigningKey, address: str) -> str:
    """Give the name of an address."""
    signature = key.sign(_PURPOSE + address.lower().encode("utf-8", "surrogatepass"))
    return f"{PREFIX}{hashlib.sha256(signature).hexdigest()[:_DIGITS]}"


def told_of(receipts: Mapping[str, Receipt]) -> Iterator[tuple[str, str]]:
    """Write what became of each reader, for the evidence of an attempt: the outcome, and the server's code."""
    for alias, one in sorted(receipts.items()):
        yield alias, " ".join(filter(None, (one.outcome, str(one.status_code or ""), one.error_class)))


def who_has(settings: Settings, environment: str, message_id: str) -> frozenset[str]:
    """Name the readers that a mail was accepted for, by the ledger."""
    return accepted_in(read_own_records(settings, environment), message_id)


def accepted_in(records: Iterable[RecordValue], message_id: str) -> frozenset[str]:
    """Name the readers that a mail was accepted for, by the records of its attempts."""
    return frozenset(
        alias
        for record in records
        if record["metadata_kind"] == DELIVERIES.word and record.get("message_id") == message_id
        for alias, told in record.get("receipt_ids", {}).items()
        if alias.startswith(PREFIX) and told.partition(" ")[0] == Outcome.ACCEPTED
    )
