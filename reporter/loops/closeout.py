"""The closeout packet: closed only when every part is there, in order and of this release (B2.27, B2.28, A8, C13, C23).

The parts follow one another: a decision, the attachment it allows, the export of that, the archive of the export. So a
part of a former release, which is dated before this one's, counts for nothing here.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from reporter.loops.facts import ReleaseNote, is_undated
from reporter.loops.packet import ArchivePart, AttachmentPart, ExportPart, ManifestPart, VerificationPart
from reporter.loops.routes import LoopStates
from reporter.model.instants import format_instant, parse_instant
from reporter.model.routes import ClosureState
from reporter.model.text import is_blank

APPROVED: Final = "approved"
READY: Final = "ready"
ATTACHED: Final = "attached"
VERIFIED: Final = "verified"
SIGNED: Final = "external_signature_attached"

Part = ExportPart | AttachmentPart | ArchivePart | ManifestPart


class CloseoutEntry(NamedTuple):
    """One part of the packet: what was found, and what is wanted. `since` is its date, `record` the id that says so."""

    code: str
    title: str
    met: bool
    found: str
    wanted: str
    since: datetime | None
    record: str


class CloseoutPacket(NamedTuple):
    """All parts, in their order. `overridden` says that the release was approved in spite of its blockers."""

    state: ClosureState
    entries: tuple[CloseoutEntry, ...]
    overridden: bool


def assess_closeout(states: LoopStates, summary_id: str, *, readiness_ready: bool) -> CloseoutPacket:
    """Judge each part by itself and by those before it.

    `summary_id` and `readiness_ready` are our own verdict (A8): only a decision about that very summary counts.
    """
    packet = states.packet
    note = states.releases[-1] if states.releases else None
    decision = _judge_decision(note, summary_id, readiness_ready=readiness_ready)
    approved = note if decision.met else None
    attachment = packet.attachments[-1] if packet.attachments else None
    attached = _judge_attachment(attachment, approved)
    verified = _judge_parts(attachment if attached.met else None, approved, packet.verifications)
    export = _of_release(packet.exports, attachment)
    exported = _judge_export(export, attachment if attached.met else None)
    archive = _of_export(packet.archives, export)
    archived = _judge_archive(archive, export if exported.met else None)
    manifest = packet.manifests[-1] if packet.manifests else None
    entries = (
        decision,
        attached,
        verified,
        exported,
        archived,
        _judge_retention(archive, states.now),
        _judge_manifest(manifest, archive if archived.met else None),
    )
    is_closed = all(one.met for one in entries)
    return CloseoutPacket(
        ClosureState.CLOSED if is_closed else ClosureState.OPEN, entries, approved is not None and approved.override
    )


def _judge_decision(note: ReleaseNote | None, summary_id: str, *, readiness_ready: bool) -> CloseoutEntry:
    found = _problems_of_decision(note, summary_id, readiness_ready=readiness_ready) if note else ["no decision"]
    said = ""
    if note:
        over = f", over its blockers: {note.reason}" if note.override else ""
        said = f"{note.decision} by {note.by}{over}"
    return CloseoutEntry(
        "approval_decision",
        "Approval decision",
        not found,
        "; ".join(found) or said,
        "the latest decision approves the current summary, by a named person; if blocked, by an override with a reason",
        None if note is None or is_undated(note.at) else note.at,
        note.id if note else "",
    )


def _problems_of_decision(note: ReleaseNote, summary_id: str, *, readiness_ready: bool) -> list[str]:
    if note.state != APPROVED:
        return [f"{note.state or 'an unknown state'} by {note.by or 'nobody'}"]
    found = []
    if is_blank(note.by):
        found.append("approved by nobody")
    if note.summary != summary_id:
        found.append(f"about {note.summary or 'no summary'}, while {summary_id} is the current one")
    if is_blank(note.decision):
        found.append("a decision without an id")
    if not readiness_ready or note.readiness != READY:
        if not note.override:
            what = note.readiness if readiness_ready else "blocked"
            found.append(f"approved while {what or 'in an unknown state'}, without an override")
        elif is_blank(note.reason):
            found.append("an override without a reason")
    return found


def _judge_attachment(attachment: AttachmentPart | None, approved: ReleaseNote | None) -> CloseoutEntry:
    def problems() -> Iterator[str]:
        if attachment is None:
            yield "no attachment"
            return
        if attachment.state != ATTACHED:
            yield f"in state {attachment.state or '(none)'}"
        if is_blank(attachment.release):
            yield "no release record is named"
        if is_blank(attachment.by):
            yield "attached by nobody"
        if approved is None:
            yield "no approval that it could follow"
        else:
            yield from _order(attachment, approved.at, "the approval")
            if attachment.decision not in ("", approved.decision, approved.id):
                yield f"made for {attachment.decision}, which is not the decision in force"

    return _entry(
        "release_record_attachment",
        "Release record attachment",
        problems(),
        f"attached to {attachment.release} by {attachment.by}" if attachment else "",
        "evidence attached to the release record by a named person, at or after the approval",
        attachment,
    )


def _judge_parts(
    attachment: AttachmentPart | None, approved: ReleaseNote | None, said: Iterable[VerificationPart]
) -> CloseoutEntry:
    """Verify the packet ourselves. What others say of it cannot make it better, only worse."""

    def problems() -> Iterator[str]:
        if attachment is None or approved is None:
            yield "no approved attachment to verify"
            return
        if not attachment.evidence:
            yield "nothing is attached"
        if any(is_blank(one) for one in attachment.evidence):
            yield "something that belongs to it is missing"
        if is_blank(approved.summary) or approved.summary not in attachment.evidence:
            yield f"the approved summary {approved.summary or '(not named)'} is not attached"
        mine = [one for one in said if one.release in ("", attachment.release) and one.at >= attachment.at]
        if mine and mine[-1].state != VERIFIED:
            yield f"{mine[-1].record} calls it {mine[-1].state or 'nothing'}"

    return _entry(
        "packet_verification",
        "Packet verification",
        problems(),
        f"verified here from its parts: {len(attachment.evidence) if attachment else 0} attached",
        "the approved summary and all other evidence attached, and nobody who finds it incomplete",
        attachment,
    )


def _judge_export(export: ExportPart | None, attachment: AttachmentPart | None) -> CloseoutEntry:
    def problems() -> Iterator[str]:
        if export is None:
            yield "no export of this release"
            return
        if is_blank(export.digest):
            yield "no hash of its own, so that no archive can be told from it"
        if export.verification not in ("", VERIFIED):
            yield f"calls itself {export.verification}"
        if attachment is None:
            yield "no attachment that it could follow"
        else:
            yield from _order(export, attachment.at, "the attachment")

    return _entry(
        "packet_export",
        "Auditor export",
        problems(),
        f"exported as {export.id}" if export else "",
        "an export of the attached packet, with its hash, at or after the attachment",
        export,
    )


def _judge_archive(archive: ArchivePart | None, export: ExportPart | None) -> CloseoutEntry:
    def problems() -> Iterator[str]:
        if archive is None:
            yield "no archive reference for this export"
            return
        if is_blank(archive.ref):
            yield "no archive is named"
        if is_blank(archive.digest):
            yield "no hash of the archived object"
        if export is None:
            yield "no export that it could hold"
        else:
            yield from _order(archive, export.at, "the export")
            if not is_blank(archive.digest) and _digest(archive.digest) == _digest(export.digest):
                yield "its hash is the export's own, which no archive has confirmed"

    return _entry(
        "archive_reference",
        "Immutable archive reference",
        problems(),
        f"archived as {archive.ref}" if archive else "",
        "a reference with the archive's own hash, at or after the export",
        archive,
    )


def _judge_retention(archive: ArchivePart | None, now: datetime) -> CloseoutEntry:
    """Compare the date with `now`: at its very instant retention has ended. A legal hold keeps what it holds."""

    def problems() -> Iterator[str]:
        if archive is None:
            yield "nothing is archived"
        elif archive.legal_hold:
            return
        elif is_blank(archive.retention_until):
            yield "no date"
        elif (until := parse_instant(archive.retention_until)) is None:
            yield f"{archive.retention_until}, which is no date"
        elif until.at <= now:
            yield f"ended at {format_instant(until.at)}"

    kept = "a legal hold" if archive and archive.legal_hold else f"until {archive.retention_until}" if archive else ""
    return _entry(
        "archive_retention", "Archive retention", problems(), kept, "a date after now, or a legal hold", archive
    )


def _judge_manifest(manifest: ManifestPart | None, archive: ArchivePart | None) -> CloseoutEntry:
    """Say whether a signature is recorded. It is made and kept elsewhere, so nothing here can verify it (C13)."""

    def problems() -> Iterator[str]:
        if manifest is None:
            yield "no archive manifest"
            return
        if manifest.state != SIGNED:
            yield f"in state {manifest.state or '(none)'}"
        if archive is None:
            yield "no archive that it could list"
        else:
            yield from _order(manifest, archive.at, "the archive reference")

    return _entry(
        "archive_manifest_signature",
        "Archive manifest signature",
        problems(),
        "an external signature is recorded; it cannot be verified here",
        "an external signature recorded at or after the archive reference",
        manifest,
    )


def _of_release(exports: Iterable[ExportPart], attachment: AttachmentPart | None) -> ExportPart | None:
    release = attachment.release if attachment else ""
    return max((one for one in exports if one.release in ("", release)), default=None)


def _of_export(archives: Iterable[ArchivePart], export: ExportPart | None) -> ArchivePart | None:
    name = export.id if export else ""
    return max((one for one in archives if one.export in ("", name)), default=None)


def _order(part: Part, after: datetime, what: str) -> Iterator[str]:
    if is_undated(part.at):
        yield "dated at an unknown time"
    elif part.at < after:
        yield f"dated {format_instant(part.at)}, before {what} at {format_instant(after)}"


def _digest(text: str) -> str:
    return text.strip().casefold().removeprefix("sha256:")


def _entry(  # noqa: PLR0913, PLR0917 - the fields of an entry, in their order
    code: str, title: str, problems: Iterable[str], good: str, wanted: str, part: Part | None
) -> CloseoutEntry:
    found = "; ".join(problems)
    since = None if part is None or is_undated(part.at) else part.at
    return CloseoutEntry(code, title, not found, found or good, wanted, since, part.record if part else "")
