"""What changed from one bundle to another."""

import re
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from reporter.assess.readiness import compare
from reporter.errors import UsageFault, VerificationFailed
from reporter.model.instants import format_instant
from reporter.model.readiness import Change, Readiness
from reporter.seal.bundle import LATEST_NAME, list_bundles, list_pruned
from reporter.seal.digests import hash_file
from reporter.seal.envelope import ATTESTATION_NAME
from reporter.seal.keys import PublicKey
from reporter.seal.verify import verify_bundle
from reporter.settings_model import Settings

_DIGEST: Final = re.compile(r"[0-9a-f]{4,64}")
_DIGITS: Final = 12


class Difference(NamedTuple):
    """What changed from one bundle to another: the verdict, reports, checks, and the items that are open in both."""

    before: Readiness
    after: Readiness
    changes: tuple[Change, ...]
    still_open: tuple[str, ...]


class SealedName(NamedTuple):
    """The whole digest of a bundle, and its instant."""

    digest: str
    as_of: str


def find_bundle(settings: Settings, named: str) -> str:
    """Find a bundle by its path, by the first digits of its digest, or as `NAME/latest`. Raise UsageFault.

    `latest` alone is that of the only environment.
    """
    if Path(named).is_dir():
        return named
    if named.rpartition("/")[2] == LATEST_NAME:
        return _latest(settings, named)
    if not _DIGEST.fullmatch(named):
        raise UsageFault(
            f"{named}: found no directory, wanted the path of a bundle or the first digits of its digest, at least 4"
        )
    bundles_dir = settings.resolve(settings.bundles_dir)
    names = [name for environment in sorted(settings.environments) for name in list_bundles(bundles_dir, environment)]
    found = [one for one in names if one.digest.startswith(named[:_DIGITS]) and _is(one.path, named)]
    if len(found) != 1:
        shown = f"{len(found)} of them: " + ", ".join(Path(one.path).name for one in found) if found else "none"
        raise UsageFault(f"{named}: found {shown}, wanted one bundle whose digest starts with it")
    return found[0].path


def find_digest(settings: Settings, environment: str, named: str) -> SealedName:
    """Find a bundle of an environment, pruned or not, by the first digits of its digest. Raise UsageFault."""
    if not re.fullmatch(r"[0-9a-f]{12,64}", named):
        raise UsageFault(f"{named}: wanted the digest of a bundle, its first 12 digits at least")
    bundles_dir = settings.resolve(settings.bundles_dir)
    for name in (*list_bundles(bundles_dir, environment), *list_pruned(bundles_dir, environment)):
        digest = _digest_of(name.path) if name.digest == named[:_DIGITS] else ""
        if digest.startswith(named):
            return SealedName(digest, format_instant(datetime.fromisoformat(name.stamp)))
    raise UsageFault(f"{named}: found no bundle of {environment} with this digest; `reporter history` lists them")


def _latest(settings: Settings, named: str) -> str:
    """Find the newest bundle of an environment."""
    known = sorted(settings.environments)
    environment = named.rpartition("/")[0] or (known[0] if len(known) == 1 else "")
    if environment not in known:
        listed = ", ".join(f"{name}/{LATEST_NAME}" for name in known) or "none"
        raise UsageFault(f"{named}: wanted a bundle's path or digest, or one of {listed}")
    path = Path(settings.resolve(settings.bundles_dir), environment, LATEST_NAME)
    if not path.is_dir():
        raise UsageFault(f"{named}: found no bundle; `reporter run --environment {environment}` makes one")
    return str(path)


def compare_bundles(before: str, after: str, key: PublicKey) -> Difference:
    """Say what changed. Raise VerificationFailed unless both verify, UsageFault where they cannot be compared."""
    old, new = read_verified(before, after, key=key)
    if old.environment != new.environment:
        raise UsageFault(f"found bundles of {old.environment} and {new.environment}, wanted two of one environment")
    was = {item.code for item in old.loops.closure.open_items}
    still = tuple(item.title for item in new.loops.closure.open_items if item.code in was)
    return Difference(old, new, tuple(compare(old, new)), still)


def read_verified(*paths: str, key: PublicKey) -> list[Readiness]:
    """Read what bundles say. Raise VerificationFailed unless all verify, UsageFault for those of another version."""
    failures = [
        f"{path}: {one.code}: {one.file}: {one.detail}" for path in paths for one in verify_bundle(path, key).failures
    ]
    if failures:
        raise VerificationFailed(*failures)
    return [_readiness(path) for path in paths]


def _is(path: str, digest: str) -> bool:
    """Say whether a digest that is longer than a bundle's name is the bundle's own."""
    return len(digest) <= _DIGITS or _digest_of(path).startswith(digest)


def _digest_of(path: str) -> str:
    """Give the digest of a bundle's seal, whatever its name says; empty where there is none."""
    try:
        return hash_file(Path(path, ATTESTATION_NAME))
    except OSError:
        return ""


def _readiness(path: str) -> Readiness:
    try:
        return Readiness.model_validate_json(Path(path, "readiness.json").read_bytes())
    except (OSError, ValidationError):
        raise UsageFault(
            f"{path}: found a bundle of another version of reporter, wanted one with the readiness.json of this version"
        ) from None
