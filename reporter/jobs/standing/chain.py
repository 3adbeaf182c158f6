"""The chain of an environment's bundles: whether each seal holds, and whether each names the one before it.

That one is gone is told of the bundle that names it; a damaged bundle is still there by its name.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from reporter.model.instants import format_instant
from reporter.seal.bundle import list_bundles, list_pruned, lost_latest
from reporter.seal.history import SealedStatement, statements_of
from reporter.seal.keys import PublicKey
from reporter.settings_model import Settings

_DIGITS: Final = 12


class Link(NamedTuple):
    """One bundle in the chain.

    `chain` is `first` where nothing is before it, `follows` where it names the bundle before it, `skips` where it names
    an older one or none, `gap` where the one that it names is gone; empty where its own seal is broken. `before` is the
    instant of the bundle before it: one that is skipped was added later, by a run with an older instant.
    """

    statement: SealedStatement
    chain: str
    before: str = ""


def chain_of(settings: Settings, environment: str, key: PublicKey, most: int) -> Iterator[Link]:
    """List so many bundles, the newest first."""
    bundles_dir = settings.resolve(settings.bundles_dir)
    names = (*list_pruned(bundles_dir, environment), *list_bundles(bundles_dir, environment))
    stamps = {name.digest: name.stamp for name in names}
    ordered = sorted(set(stamps.values()))
    before = dict(zip(ordered[1:], ordered, strict=False))
    for one in islice(statements_of(bundles_dir, environment, key), most):
        stamp = stamps[one.digest[:_DIGITS]] if not one.fault else ""
        earlier = before.get(stamp, "")
        yield Link(one, _chain(one, earlier, stamps) if stamp else "", _instant(earlier))


def lost_of(settings: Settings, environment: str) -> str:
    """Name the bundle that `latest` shows and that is gone; empty when all is well."""
    return lost_latest(settings.resolve(settings.bundles_dir), environment)


def _instant(stamp: str) -> str:
    """Write the instant of a bundle's name as everywhere else."""
    try:
        return format_instant(datetime.fromisoformat(stamp))
    except ValueError:
        return stamp


def _chain(one: SealedStatement, before: str, stamps: dict[str, str]) -> str:
    """Compare the bundle that one names with what stands before it."""
    named = stamps.get(one.previous_digest[:_DIGITS], "")
    if not before:
        return "first"
    if not one.previous_digest:
        return "skips"
    if not named:
        return "gap"
    return "follows" if named == before else "skips"
