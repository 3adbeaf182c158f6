"""Verify the whole chain of an environment's bundles, offline: each seal, each file, and which each one follows.

Of a bundle that was pruned the seal stands in `pruned/`: its files are gone, its place in the chain is not.
"""

# Without pathlib: a verification starts faster than it imports.

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reporter.model.verification import FAILURE_CODES
from reporter.seal.bundle import LATEST_NAME, PRUNED_NAME, BundleName, lost_latest_in, names_in
from reporter.seal.digests import sha256_hex
from reporter.seal.envelope import ATTESTATION_NAME, open_envelope
from reporter.seal.faults import SealFault
from reporter.seal.history import read_attestation
from reporter.seal.keys import PublicKey
from reporter.seal.names import lies_about
from reporter.seal.statement import read_statement
from reporter.seal.verify import verify_bundle


class ChainLink(NamedTuple):
    """One bundle. `previous_digest` is that of the one before; `failures` say what does not hold."""

    name: str
    pruned: bool
    digest: str = ""
    environment: str = ""
    as_of: str = ""
    previous_digest: str = ""
    failures: tuple[str, ...] = ()


class Chain(NamedTuple):
    """All bundles, the newest first, and everything that does not hold: of single ones, and of the chain."""

    links: tuple[ChainLink, ...]
    failures: tuple[str, ...]
    environment: str = ""

    @property
    def result(self) -> str:
        """Fail closed: no bundle is a failure too."""
        return "failed" if self.failures or not self.links else "passed"


def verify_chain(directory: str | os.PathLike[str], keys: Sequence[PublicKey], environment: str = "") -> Chain:
    """Verify every bundle of one environment with the first of these keys that it was signed by, and their chain.

    Without `environment` it is the one that the directory is named after.
    """
    folder = os.fspath(directory)
    wanted = environment or Path(folder).resolve().name
    whole = names_in(folder)
    there = {Path(one.path).name for one in whole}
    pruned = [one for one in names_in(str(Path(folder, PRUNED_NAME))) if Path(one.path).name not in there]
    links = [_verified(one, keys) for one in whole] + [_kept(one, keys) for one in pruned]
    links.sort(key=lambda one: one.name, reverse=True)
    failures = [f"{link.name}: {failure}" for link in links for failure in link.failures]
    if not links:
        failures.append("not_a_bundle: there is no bundle here; wanted the directory of one environment")
    return Chain(tuple(links), (*failures, *_broken(links, wanted), *_lost(folder, there)), wanted)


def _verified(name: BundleName, keys: Sequence[PublicKey]) -> ChainLink:
    """Verify a bundle that is there."""
    verification = verify_bundle(name.path, keys[0])
    for key in keys[1:]:
        if any(failure.code == "wrong_key" for failure in verification.failures):
            verification = verify_bundle(name.path, key)
    failures = tuple(f"{one.code}: {one.file}: {one.detail}" for one in verification.failures)
    predicate = verification.statement["predicate"] if verification.statement else {}
    try:
        digest = sha256_hex(read_attestation(name.path))
    except SealFault:
        digest = ""
    return _link(name, digest, predicate, failures, pruned=False)


def _kept(name: BundleName, keys: Sequence[PublicKey]) -> ChainLink:
    """Open the seal of a bundle that was pruned; beside it there is nothing."""
    try:
        raw = read_attestation(name.path)
        extra = sorted({one.name for one in Path(name.path).iterdir()} - {ATTESTATION_NAME})
        failures = tuple(f"extra: {ascii(one)[1:-1]}: beside the seal of a pruned bundle" for one in extra)
        predicate = _opened(raw, keys)
    except SealFault as fault:
        return _link(name, "", {}, (f"{fault.code}: {fault.file}: {fault.detail}",), pruned=True)
    if lies_about(name.path, sha256_hex(raw), predicate):
        failures = (*failures, f"wrong_name: .: {FAILURE_CODES['wrong_name']}")
    return _link(name, sha256_hex(raw), predicate, failures, pruned=True)


def _opened(raw: bytes, keys: Sequence[PublicKey]) -> Any:  # noqa: ANN401 - JSON
    for key in keys[:-1]:
        try:
            return read_statement(open_envelope(raw, key)).predicate
        except SealFault as fault:
            if fault.code != "wrong_key":
                raise
    return read_statement(open_envelope(raw, keys[-1])).predicate


def _link(name: BundleName, digest: str, predicate: Any, failures: tuple[str, ...], *, pruned: bool) -> ChainLink:  # noqa: ANN401 - JSON
    previous = predicate.get("previous")
    before = previous.get("digest", "") if isinstance(previous, dict) else ""
    words = (str(predicate.get("environment", "")), str(predicate.get("as_of", "")))
    return ChainLink(Path(name.path).name, pruned, digest, *words, before, failures)


def _broken(links: Sequence[ChainLink], wanted: str) -> list[str]:
    """Say where a bundle names one that is neither here nor pruned, or speaks of another environment."""
    digests = {link.digest for link in links}
    found = [
        f"{link.name}: gap: it names {link.previous_digest} as the bundle before it, which is neither here nor pruned"
        for link in links
        if link.previous_digest and link.previous_digest not in digests
    ]
    found += [
        f"{link.name}: other_environment: it is of {link.environment or 'none'}, wanted {wanted}"
        for link in links
        if link.environment != wanted and (link.environment or not link.failures)
    ]
    known = sorted({link.environment for link in links if link.environment})
    return found + ([f"mixed: found bundles of {', '.join(known)}, wanted one environment"] if len(known) > 1 else [])


def _lost(folder: str, there: set[str]) -> list[str]:
    """Say where `latest` shows a bundle that is gone."""
    lost = lost_latest_in(folder)
    return [f"{LATEST_NAME}: gone: it shows {lost}, which is not here"] if lost and lost not in there else []
