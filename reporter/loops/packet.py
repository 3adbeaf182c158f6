"""What is kept of the parts of a closeout packet: the newest of each kind (domain.md B2.27, B2.28). Mergeable."""

from datetime import datetime
from typing import Final

import msgspec

from reporter.loops.sets import join

KEPT_PARTS: Final = 16


class ExportPart(msgspec.Struct, frozen=True, order=True, gc=False):
    """An auditor export. In every part `at` comes first, so that the last of a set is the latest; undated is last."""

    at: datetime
    record: str
    id: str
    digest: str
    release: str
    verification: str


class AttachmentPart(msgspec.Struct, frozen=True, order=True, gc=False):
    """An attachment to a release record. `decision` is the one it names, `evidence` the ids of what is attached."""

    at: datetime
    record: str
    state: str
    by: str
    release: str
    decision: str
    evidence: tuple[str, ...]


class VerificationPart(msgspec.Struct, frozen=True, order=True, gc=False):
    """What somebody says of the packet."""

    at: datetime
    record: str
    state: str
    release: str


class ArchivePart(msgspec.Struct, frozen=True, order=True, gc=False):
    """A reference to an archive. `retention_until` is as its record writes it."""

    at: datetime
    record: str
    export: str
    ref: str
    digest: str
    retention_until: str
    legal_hold: bool


class ManifestPart(msgspec.Struct, frozen=True, order=True, gc=False):
    """An archive manifest, and what it says of its signature."""

    at: datetime
    record: str
    state: str


class PacketFacts(msgspec.Struct):
    """The parts."""

    exports: tuple[ExportPart, ...] = ()
    attachments: tuple[AttachmentPart, ...] = ()
    verifications: tuple[VerificationPart, ...] = ()
    archives: tuple[ArchivePart, ...] = ()
    manifests: tuple[ManifestPart, ...] = ()


def join_packets(one: PacketFacts, other: PacketFacts) -> PacketFacts:
    """Keep the newest of each kind."""
    return PacketFacts(
        join(one.exports, other.exports, KEPT_PARTS),
        join(one.attachments, other.attachments, KEPT_PARTS),
        join(one.verifications, other.verifications, KEPT_PARTS),
        join(one.archives, other.archives, KEPT_PARTS),
        join(one.manifests, other.manifests, KEPT_PARTS),
    )
