"""Fold record sources: in this process, or, where there is much to read, in several that share the bytes.

Who reads what cannot matter, for folds merge. What is damaged is named with its source and keeps the closure open; the
rest counts.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from reporter.collect.records import Reading, find_sources
from reporter.jobs.folding.cuts import fold_cuts
from reporter.jobs.folding.shares import Share, SourceRead, size_of
from reporter.loops.facts import Folded

__all__ = ["WORTH_SHARING", "FoldedSources", "SourceRead", "are_worth_sharing", "fold_places"]

WORTH_SHARING: Final = 20_000_000
"""Bytes of files from which on a second process gains more than it costs to start it and to merge its fold."""


class FoldedSources(NamedTuple):
    """What all records together say, and what was read of each source, in the order of the places."""

    folded: Folded
    sources: tuple[SourceRead, ...]


def fold_places(
    places: Iterable[str], reading: Reading, now: datetime, *, environment: str = "", processes: int = 1
) -> FoldedSources:
    """Fold all records of some places as of `now`, with at most so many processes at work.

    Given the name of an environment, records that name another one do not count.

    Processes are forked: call it while this one has no other threads. Raise RecordsNotFolded when one is killed.
    """
    shares = _shares(places, reading)
    if processes > 1 and _are_worth_sharing(shares):
        from reporter.jobs.folding.pool import fold_in_processes  # noqa: PLC0415 - small folds start no process

        folded, read = fold_in_processes(shares, reading, now, processes, environment)
    else:
        folded, read = fold_cuts(shares, reading, now, environment)
    return FoldedSources(folded, tuple(read))


def are_worth_sharing(places: Iterable[str], reading: Reading) -> bool:
    """Say whether there is so much to read that `fold_places` would share it among processes."""
    return _are_worth_sharing(_shares(places, reading))


def _shares(places: Iterable[str], reading: Reading) -> list[Share]:
    return [Share(source, size_of(source)) for source in find_sources(places, reading)]


def _are_worth_sharing(shares: Iterable[Share]) -> bool:
    return sum(share.size_bytes for share in shares) >= WORTH_SHARING
