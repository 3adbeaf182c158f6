"""The bytes of a bundle that verified, read once: what is given is what was sealed, whatever happens on the disk."""

# Without pathlib, as everything here.
# ruff: noqa: PTH118, PTH123

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from reporter.errors import VerificationFailed
from reporter.seal.digests import sha256_hex
from reporter.seal.envelope import ATTESTATION_NAME, open_envelope
from reporter.seal.keys import PublicKey
from reporter.seal.verify import verify_bundle


class SealedContents(NamedTuple):
    """Every file of a bundle by its name, what the run says of itself, and the digest of the attestation."""

    files: Mapping[str, bytes]
    predicate: Mapping[str, Any]
    digest: str


def read_contents(path: str | os.PathLike[str], key: PublicKey) -> SealedContents:
    """Verify a bundle and give its bytes. Raise VerificationFailed with every failure."""
    verification = verify_bundle(path, key)
    shown = os.fspath(path)
    if verification.failures or verification.statement is None:
        raise VerificationFailed(*(f"{shown}: {one.code}: {one.file}: {one.detail}" for one in verification.failures))
    wanted = {one["name"]: one["digest"]["sha256"] for one in verification.statement["subject"]}
    try:
        files = {name: _read(os.path.join(path, name)) for name in (*wanted, ATTESTATION_NAME)}
    except OSError as error:
        raise VerificationFailed(f"{shown}: unreadable: {error.strerror}") from None
    changed = [name for name, digest in wanted.items() if sha256_hex(files[name]) != digest]
    if changed or json.loads(open_envelope(files[ATTESTATION_NAME], key)) != verification.statement:
        raise VerificationFailed(f"{shown}: changed: {(changed or [ATTESTATION_NAME])[0]}: while it was read")
    return SealedContents(files, verification.statement["predicate"], sha256_hex(files[ATTESTATION_NAME]))


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:
        return stream.read()
