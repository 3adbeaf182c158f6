"""SHA-256 digests and SHA256SUMS. Owns which file names a bundle may hold, and writes nothing."""

import hashlib
import os
import re
from collections.abc import Mapping

from reporter.seal.faults import SealFault

SUMS_NAME = "SHA256SUMS"
NAME_LENGTH_MAX = 255
NAME_DEPTH_MAX = 8
_CHUNK_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9._/-]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def sha256_hex(data: bytes) -> str:
    """Digest bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def hash_descriptor(descriptor: int) -> str:
    """Digest what is left to read of an open file, in constant memory."""
    digest = hashlib.sha256()
    while chunk := os.read(descriptor, _CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def hash_file(path: str | os.PathLike[str]) -> str:
    """Digest a file in constant memory. Follows links; raises OSError when it cannot be read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return hash_descriptor(descriptor)
    finally:
        os.close(descriptor)


def is_digest(text: object) -> bool:
    """Tell whether this is a SHA-256 digest as every document here spells it."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def is_safe_name(name: object) -> bool:
    """Tell whether a bundle may hold this name: relative, POSIX, no way out, nothing to quote."""
    if not isinstance(name, str) or len(name) > NAME_LENGTH_MAX or not _NAME.fullmatch(name):
        return False
    parts = name.split("/")
    return len(parts) <= NAME_DEPTH_MAX and not any(part in {"", ".", ".."} for part in parts)


def refuse_clashes(names: Mapping[str, object]) -> None:
    """Raise ValueError for an unsafe name, and for one that is both a file and a directory."""
    for name in sorted(names):
        if not is_safe_name(name):
            message = f"file name {name!r}: wanted a relative path of [A-Za-z0-9._/-] without '..'"
            raise ValueError(message)
        for parent in parents_of(name):
            if parent in names:
                message = f"file name {name!r}: {parent!r} is a file of the same bundle"
                raise ValueError(message)


def parents_of(name: str) -> list[str]:
    """List the directories above a file of a bundle, nearest first."""
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts) - 1, 0, -1)]


def sums_file(files: Mapping[str, bytes]) -> bytes:
    """Write digests for `sha256sum -c`, sorted. Raises ValueError for an unsafe name."""
    refuse_clashes(files)
    return b"".join(f"{sha256_hex(files[name])}  {name}\n".encode() for name in sorted(files))


def parse_sums(raw: bytes) -> dict[str, str]:
    """Read what `sums_file` writes. Raises SealFault `sums_disagree` for anything else."""
    sums: dict[str, str] = {}
    previous = ""
    for number, line in enumerate(raw.decode("ascii", "replace").split("\n")[:-1], start=1):
        digest, name = line[:64], line[66:]
        if line[64:66] != "  " or not is_digest(digest) or not is_safe_name(name):
            detail = f"line {number}: wanted a sha256, two spaces and a file name"
            raise SealFault("sums_disagree", SUMS_NAME, detail)
        if name <= previous:
            detail = f"line {number}: wanted every name once and in order"
            raise SealFault("sums_disagree", SUMS_NAME, detail)
        sums[name] = digest
        previous = name
    if not raw.endswith(b"\n"):
        raise SealFault("sums_disagree", SUMS_NAME, "empty, or the last line is cut off")
    return sums
