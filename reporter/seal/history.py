"""The bundles of one environment in order, as their signed statements tell them. Opens attestations alone.

Whether the other files still are what was sealed is for `verify` to say.
"""

# Without pathlib: asking for the standing starts faster than it imports.
# ruff: noqa: PTH119

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reporter.model.instants import format_instant
from reporter.seal.bundle import BundleName, list_bundles, list_pruned
from reporter.seal.digests import sha256_hex
from reporter.seal.envelope import ATTESTATION_NAME, open_envelope
from reporter.seal.faults import SealFault
from reporter.seal.keys import PublicKey
from reporter.seal.statement import read_statement
from reporter.seal.verify import DIRECTORY, read_list

if TYPE_CHECKING:
    from reporter.model.readiness import TrendPoint

MOST_POINTS: Final = 12


class SealedStatement(NamedTuple):
    """What one bundle says of itself. Where its seal does not hold, `fault` says why, and the rest is from its name.

    Of one that was `pruned` only the seal was kept.
    """

    path: str
    as_of: str
    digest: str
    predicate: Mapping[str, Any] = MappingProxyType({})
    fault: str = ""
    pruned: bool = False

    def word(self, field: str) -> str:
        """Give a word of the statement; empty where an older bundle has none."""
        found = self.predicate.get(field)
        return found if isinstance(found, str) else ""

    def count(self, field: str) -> int:
        """Give a count of the statement; 0 where an older bundle has none."""
        found = self.predicate.get(field)
        return found if type(found) is int else 0

    @property
    def records(self) -> dict[str, Mapping[str, Any]]:
        """What it says about each source of records, by alias."""
        found = self.predicate.get("records")
        return {one["alias"]: one for one in found if isinstance(one, dict) and "alias" in one} if found else {}

    @property
    def previous_digest(self) -> str:
        """The digest of the bundle that it names as the one before."""
        previous = self.predicate.get("previous")
        found = previous.get("digest") if isinstance(previous, dict) else None
        return found if isinstance(found, str) else ""


_NOWHERE: Final = (0, "")


class SealedLedger(NamedTuple):
    """Where the ledger stood when a bundle was sealed, and how many of its rows were our own, with their digest.

    Of a `sequence` of 0 there was none; `run_sequence` is that of the last record of a run before the bundle's.
    """

    as_of: str
    sequence: int
    hash: str
    own_count: int = 0
    own_sha256: str = ""
    run_sequence: int = 0
    run_hash: str = ""


def sealed_ledger(
    bundles_dir: str | os.PathLike[str], environment: str, before: datetime, key: PublicKey, own: str
) -> SealedLedger | None:
    """Give what the last bundle before an instant says of the ledger; None where it knows none.

    One that names `own`, the alias of our own rows, without a digest found them damaged: the one before it counts.
    """
    for one in statements_of(bundles_dir, environment, key, before):
        rows = one.records.get(own, {"sha256": ""})
        if one.fault or rows.get("sha256") is None:
            continue
        records, runs = head_of(one, "ledger_head"), head_of(one, "run_head")
        if not records and not runs:
            return None
        (sequence, covered), (run_sequence, run_covered) = records or _NOWHERE, runs or _NOWHERE
        own_count = rows.get("record_count", 0)
        return SealedLedger(one.as_of, sequence, covered, own_count, rows["sha256"], run_sequence, run_covered)
    return None


class SealedCount(NamedTuple):
    """The most records that the bundles saw of a source, and the latest bundle that saw so many."""

    as_of: str = ""
    record_count: int = 0


_UNSEEN: Final = SealedCount()


def sealed_counts(
    bundles_dir: str | os.PathLike[str], environment: str, before: datetime, key: PublicKey
) -> dict[str, SealedCount]:
    """Give, by alias, the most records that the bundles before an instant saw of each source.

    A bundle whose closure is closed missed nothing that those before its instant saw: they are not opened.
    """
    most: dict[str, SealedCount] = {}
    closed = ""
    for one in statements_of(bundles_dir, environment, key, before):
        if one.fault:
            continue
        if closed and one.as_of != closed:
            break
        for alias, source in one.records.items():
            count = source.get("record_count", 0)
            if count > most.get(alias, _UNSEEN).record_count:
                most[alias] = SealedCount(one.as_of, count)
        if one.word("closure_state") == "closed":
            closed = one.as_of
    return most


def head_of(one: SealedStatement, key: str) -> tuple[int, str] | None:
    """Give a head of the ledger that a bundle noted: `ledger_head` of its records, `run_head` of those of runs."""
    head = one.predicate.get(key)
    return (head["sequence"], head["hash"]) if isinstance(head, dict) else None


def statements_of(
    bundles_dir: str | os.PathLike[str], environment: str, key: PublicKey, before: datetime | None = None
) -> Iterator[SealedStatement]:
    """Read the statements, that of the latest instant first; with `before`, those dated strictly before it.

    A seal holds when this key signed the attestation, its digest is the one in the bundle's name, and it speaks of
    this environment and instant. Raises BundleNotWritten when the directory is unreadable.
    """
    whole = list_bundles(bundles_dir, environment)
    there = {os.path.basename(name.path) for name in whole}
    pruned = [one for one in list_pruned(bundles_dir, environment) if os.path.basename(one.path) not in there]
    for name in sorted((*whole, *pruned), key=lambda one: os.path.basename(one.path), reverse=True):
        try:
            at = datetime.fromisoformat(name.stamp)
        except ValueError:
            continue
        if before is None or at < before:
            yield _read(name, environment, format_instant(at), key)._replace(pruned=name in pruned)


def trend_of(
    bundles_dir: str | os.PathLike[str], environment: str, before: datetime, key: PublicKey, most: int = MOST_POINTS
) -> "tuple[TrendPoint, ...]":
    """Give what the last bundles before an instant said, the oldest first; without those whose seal does not hold.

    Of several bundles of one instant the one counts that the next bundle names as its predecessor.
    """
    from reporter.model.readiness import TrendPoint  # noqa: PLC0415 - the status has no use for the document's model

    latest = islice(each_instant(statements_of(bundles_dir, environment, key, before)), most)
    points = [
        TrendPoint(
            as_of=one.as_of,
            digest=one.digest,
            status=one.word("status"),
            readiness_state=one.word("readiness_state"),
            closure_state=one.word("closure_state"),
            alert_level=one.word("alert_level"),
            failed_check_count=one.count("failed_check_count"),
            open_item_count=one.count("open_item_count"),
        )
        for one in latest
    ]
    return tuple(reversed(points))


def each_instant(statements: Iterator[SealedStatement]) -> Iterator[SealedStatement]:
    """Keep those whose seal holds, and of several of one instant the first, which the next bundle names."""
    last = ""
    for one in statements:
        if not one.fault and one.as_of != last:
            last = one.as_of
            yield one


def _read(name: BundleName, environment: str, as_of: str, key: PublicKey) -> SealedStatement:
    try:
        raw = read_attestation(name.path)
        digest = sha256_hex(raw)
        if not digest.startswith(name.digest):
            return SealedStatement(name.path, as_of, digest, fault="its attestation is not the one that its name says")
        predicate = read_statement(open_envelope(raw, key)).predicate
    except SealFault as fault:
        return SealedStatement(name.path, as_of, name.digest, fault=fault.faults[0])
    if (predicate.get("environment"), predicate.get("as_of")) != (environment, as_of):
        return SealedStatement(name.path, as_of, digest, fault="it was sealed for another environment or instant")
    return SealedStatement(name.path, as_of, digest, predicate)


def read_attestation(path: str) -> bytes:
    """Read the seal of a bundle, following no link. Raises SealFault."""
    try:
        root = os.open(path, DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise SealFault("not_a_bundle", os.path.basename(path), error.strerror or type(error).__name__) from None
    try:
        return read_list(root, ATTESTATION_NAME)
    finally:
        os.close(root)
