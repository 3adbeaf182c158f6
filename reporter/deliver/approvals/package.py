"""What is attached of a bundle: all of it as one archive, and beside it the files that people open where the record is.

The archive has the same bytes whenever it is made of the same bundle: names sorted, dated by the bundle's instant, and
not compressed, for what a compressor writes depends on its version. Unpacked it is the bundle again, and verifies.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

DIGITS: Final = 12
"""How many digits of a bundle's digest stand in a name."""

LOOSE: Final = ("readiness.pdf", "runbook.pdf", "executive.pdf", "attestation.json")
"""What a release manager or an auditor opens at the record itself, without unpacking anything."""

_MEDIA_TYPES: Final = {"pdf": "application/pdf", "json": "application/json", "zip": "application/zip"}
_EARLIEST: Final = datetime(1980, 1, 1, tzinfo=UTC)
"""The first instant that an archive can say (APPNOTE 4.4.6)."""
_UNIX: Final = 3
_MODE: Final = 0o100644 << 16


class Role(StrEnum):
    """What a file is for."""

    BUNDLE = "bundle"
    RUNBOOK = "runbook"
    DOCUMENT = "document"


class File(NamedTuple):
    """One file to attach. Its name is its own among those of all bundles."""

    name: str
    content: bytes
    media_type: str
    role: Role
    sha256: str

    @property
    def size_bytes(self) -> int:
        """How large it is."""
        return len(self.content)


class SealedFiles(NamedTuple):
    """A bundle that verified: its files as they were sealed, whose it is, its instant and its digest."""

    environment: str
    as_of: datetime
    digest: str
    files: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """The name that the bundle's directory has."""
        at = self.as_of.astimezone(UTC)
        return f"{at.year:04}{at:%m%dT%H%M%SZ}-{self.digest[:DIGITS]}"


def package_files(sealed: SealedFiles) -> tuple[File, ...]:
    """Give what is attached: the archive first, then the loose files that the bundle has."""
    stem = f"{sealed.environment}-{sealed.name}"
    archive = _file(f"{stem}.zip", pack(sealed), Role.BUNDLE)
    loose = (
        _file(f"{stem}.{name}", sealed.files[name], Role.RUNBOOK if name == "runbook.pdf" else Role.DOCUMENT)
        for name in LOOSE
        if name in sealed.files
    )
    return (archive, *loose)


def pack(sealed: SealedFiles) -> bytes:
    """Pack a bundle into one archive, in a directory that has the bundle's name."""
    written = io.BytesIO()
    at = max(sealed.as_of.astimezone(UTC), _EARLIEST)
    dated = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(sealed.files):
            entry = zipfile.ZipInfo(f"{sealed.name}/{name}", dated)
            entry.create_system, entry.external_attr = _UNIX, _MODE
            archive.writestr(entry, sealed.files[name])
    return written.getvalue()


def attached_name_of(name: str) -> str:
    """Write a name as a system does that keeps letters, digits, dots, hyphens and underscores alone (GitHub)."""
    return re.sub(r"[^A-Za-z0-9._-]", ".", name).strip(".")


def _file(name: str, content: bytes, role: Role) -> File:
    media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
    return File(name, content, media_type, role, hashlib.sha256(content).hexdigest())
