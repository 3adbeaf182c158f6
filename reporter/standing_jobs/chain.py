"""The chain of an environment's bundles: whether each seal holds, and whether each names the one before it.

That one be gone, or passed over, is told of the bundle that shows it; a damaged bundle is still there by its name.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from reporter.seal.bundle import list_bundles
from reporter.seal.history import SealedStatement, statements_of
from reporter.seal.keys import PublicKey
from reporter.settings_model import Settings

_DIGITS: Final = 12


class Link(NamedTuple):
    """One bundle in the chain.

    `chain` is `first` where nothing is before it, `follows` where it names the bundle before it, `skips` where it names
    an earlier one or none, `gap` where the one that it names is gone; empty where its own seal is broken.
    """

    statement: SealedStatement
    chain: str


def chain_of(settings: Settings, environment: str, key: PublicKey, most: int) -> Iterator[Link]:
    """List so many bundles, the newest first."""
    bundles_dir = settings.resolve(settings.bundles_dir)
    stamps = {name.digest: name.stamp for name in list_bundles(bundles_dir, environment)}
    ordered = sorted(set(stamps.values()))
    before = dict(zip(ordered[1:], ordered, strict=False))
    for one in islice(statements_of(bundles_dir, environment, key), most):
        stamp = stamps[one.digest[:_DIGITS]] if not one.fault else ""
        yield Link(one, _chain(one, before.get(stamp, ""), stamps) if stamp else "")


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
