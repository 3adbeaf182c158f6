"""The parts of a closeout packet, from their records (domain.md B2.27, B2.28).

A part without a date is a fault; it is kept as the newest of its kind, where it can only count against the packet.
"""

from typing import Final, cast

from reporter.loops.folder import Folder
from reporter.loops.packet import (
    KEPT_PARTS,
    ArchivePart,
    AttachmentPart,
    ExportPart,
    ManifestPart,
    VerificationPart,
)
from reporter.loops.plans import fold_plan
from reporter.loops.sets import is_past, keep
from reporter.model.records import Archive, ArchiveManifest, Attachment, Export, Verification

MOST_ATTACHED: Final = 32
"""Ids of attached evidence kept for each attachment. A blank one, which stands for what was missing, sorts first."""


def fold_export(folder: Folder, record: Export) -> None:
    """Note an auditor export: a plan of its loop, and a part of the packet."""
    fold_plan(folder, record)
    said = cast("Export", record.payload or record)
    packet = folder.folded.packet
    at = folder.dated(record, said.generated_at or record.created_at)
    if at is None or is_past(packet.exports, at, KEPT_PARTS):
        return
    text = folder.text
    part = ExportPart(
        at,
        record.session_id,
        text(said.export_id or record.session_id),
        text(said.export_hash),
        text(said.release_record_ref),
        folder.stated(record, said, "verification_state"),
    )
    packet.exports = keep(packet.exports, part, KEPT_PARTS)


def fold_attachment(folder: Folder, record: Attachment) -> None:
    """Note an attachment to the release record."""
    said = record.payload or record
    at = folder.dated(record, said.generated_at or record.created_at)
    if at is None:
        return
    text = folder.text
    part = AttachmentPart(
        at,
        record.session_id,
        folder.stated(record, said, "attachment_state"),
        text(said.attached_by),
        text(said.release_record_ref),
        text(said.approval_decision_id or said.decision_id),
        tuple(sorted({text(one.session_id) for one in said.attached_evidence})[:MOST_ATTACHED]),
    )
    packet = folder.folded.packet
    packet.attachments = keep(packet.attachments, part, KEPT_PARTS)


def fold_verification(folder: Folder, record: Verification) -> None:
    """Note what somebody says of the packet."""
    said = record.payload or record
    at = folder.dated(record, said.generated_at or record.created_at)
    if at is None:
        return
    part = VerificationPart(
        at, record.session_id, folder.stated(record, said, "verification_state"), folder.text(said.release_record_ref)
    )
    packet = folder.folded.packet
    packet.verifications = keep(packet.verifications, part, KEPT_PARTS)


def fold_archive(folder: Folder, record: Archive) -> None:
    """Note an archive reference."""
    said = record.payload or record
    at = folder.dated(record, said.generated_at or record.created_at)
    if at is None:
        return
    text = folder.text
    part = ArchivePart(
        at,
        record.session_id,
        text(said.export_id),
        text(said.archive_ref),
        text(said.archive_hash),
        text(said.retention_until),
        said.legal_hold,
    )
    packet = folder.folded.packet
    packet.archives = keep(packet.archives, part, KEPT_PARTS)


def fold_manifest(folder: Folder, record: ArchiveManifest) -> None:
    """Note an archive manifest."""
    said = record.payload or record
    at = folder.dated(record, said.generated_at or record.created_at)
    if at is None:
        return
    part = ManifestPart(at, record.session_id, folder.stated(record, said, "signature_state"))
    packet = folder.folded.packet
    packet.manifests = keep(packet.manifests, part, KEPT_PARTS)
