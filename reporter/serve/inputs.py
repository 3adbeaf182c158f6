"""What an answer was made from, without reading it: the state of every file, so that no change is missed.

Addresses, and a ledger on a server, have no state that can be looked at: what is made from them is not kept.
"""

import glob
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from reporter.clock import precise_now
from reporter.collect.case import place_of
from reporter.model.manifests import MANIFESTS
from reporter.settings_model import Settings

FRESH_NS: Final = 50_000_000
"""A file that was changed a moment ago may be changed again without its times saying so: the kernel's clock ticks."""

FileState = tuple[str, int, int, int, int, int]


class State(NamedTuple):
    """The state of all files that an answer is made from. `newest_ns` is when the last of them was changed."""

    files: tuple[FileState, ...]

    def is_settled(self) -> bool:
        """Say whether nothing was changed within the last moment."""
        newest = max((max(one[2], one[3]) for one in self.files), default=0)
        return precise_now().timestamp() * 1e9 - newest > FRESH_NS


def look(settings: Settings, environment: str, aliases: Collection[str], *, records: bool) -> State | None:
    """Look at the inputs of these aliases, and at all evidence records. None where nobody can tell by looking."""
    places = [*_manifests(settings, environment, aliases), *(_records(settings, environment) if records else ())]
    if any("://" in place for place in places):
        return None
    return State(tuple(_state_of(place) for place in places))


def _manifests(settings: Settings, environment: str, aliases: Collection[str]) -> Iterator[str]:
    chosen = settings.environments[environment]
    named = [place_of(chosen, kind) for kind in MANIFESTS if kind.alias in aliases]
    named += [getattr(chosen, f"{alias}_path") for alias in ("runtime", "policy", "registry") if alias in aliases]
    named += [chosen.package_dir] if "package_dir" in aliases else []
    return (settings.resolve(place) for place in named if place)


def _records(settings: Settings, environment: str) -> Iterator[str]:
    """Give every source, our own answers, and the newest seal, which says what the ledger must hold."""
    for place in settings.environments[environment].records:
        if place == "ledger":
            continue  # the settings' own, which always counts
        if place.startswith("sqlite:///"):
            yield from _ledger(settings, place)
        elif "://" in place:
            yield place
        else:
            path = settings.resolve(place)
            yield from sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else ()  # noqa: PTH207 - texts, as where they are read
            yield path
    yield from _ledger(settings, settings.ledger)
    bundles = Path(settings.resolve(settings.bundles_dir), environment)
    yield str(bundles)
    yield str(bundles / "latest" / "attestation.json")
    kind, _, key = settings.signing_key.partition(":")
    if kind == "file":
        yield settings.resolve(key)


def _ledger(settings: Settings, address: str) -> Iterator[str]:
    kind, _, path = address.partition(":///")
    if kind != "sqlite":
        yield address
        return
    yield settings.resolve(path)
    yield f"{settings.resolve(path)}-wal"


def _state_of(path: str) -> FileState:
    try:
        found = os.stat(path)  # noqa: PTH116 - a text already
    except (OSError, ValueError) as error:
        return path, getattr(error, "errno", None) or -1, 0, 0, 0, 0
    return path, 0, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
