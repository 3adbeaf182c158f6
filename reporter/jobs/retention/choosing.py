"""Which bundles may go: pure. A bundle goes only where every rule that is given lets it, and nothing keeps it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

_NAME: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}|[0-9a-f]{64}")
"""How a text names a bundle or one of its files: by the bundle's name, or by a digest."""


class Rules(NamedTuple):
    """Keep bundles of so many days, and so many of the newest; None is no rule. Without any, all are kept."""

    days: int | None
    newest: int | None


class Candidate(NamedTuple):
    """One bundle: the instant of its name, its digest, and what is known to keep it.

    `counts` says that it is what its name says and of no later time: only then it has a place among the newest.
    """

    name: str
    path: str
    at: datetime
    digest: str
    kept_by: tuple[str, ...] = ()
    counts: bool = True


class Choice(NamedTuple):
    """What becomes of one bundle; without a reason to keep it, it goes."""

    candidate: Candidate
    reasons: tuple[str, ...]

    @property
    def goes(self) -> bool:
        """Whether nothing keeps it."""
        return not self.reasons


def choose(candidates: Sequence[Candidate], rules: Rules, now: datetime) -> list[Choice]:
    """Judge each bundle, the newest first. A bundle exactly as old as `days` is kept."""
    ordered = sorted(candidates, key=lambda one: one.name, reverse=True)
    places = {one.name: place for place, one in enumerate(one for one in ordered if one.counts)}
    return [Choice(one, tuple(_reasons(one, places.get(one.name), rules, now))) for one in ordered]


def _reasons(one: Candidate, place: int | None, rules: Rules, now: datetime) -> Iterator[str]:
    if place == 0:
        yield "the newest"
    if rules.days is None and rules.newest is None:
        yield "no rule lets it go"
    if rules.days is not None and now - one.at <= timedelta(days=rules.days):
        yield f"{rules.days} days old at most"
    if rules.newest is not None and place is not None and place < rules.newest:
        yield f"one of the newest {rules.newest}"
    yield from one.kept_by


def referred(texts: Iterable[tuple[str, str]], names: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Find what refers to which bundles. `texts` are (who refers, text), `names` maps names and digests to bundles."""
    found: dict[str, dict[str, None]] = {}
    for who, text in texts:
        for name in _NAME.findall(text):
            for bundle in names.get(name, ()):
                found.setdefault(bundle, {})[who] = None
    return {bundle: list(who) for bundle, who in found.items()}
