"""The closeout packet: closed only when every part is there, in order and of this release (B2.27, B2.28, A8, C13, C23).

The parts follow one another: a decision, the attachment it allows, the export of that, the archive of the export. So a
part of a former release, which is dated before this one's, counts for nothing here.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple

from reporter.loops.facts import KEPT_LISTED, ReleaseNote, is_undated
from reporter.loops.latest import Latest, latest_of, latest_of_each, problems_of
from reporter.loops.packet import KEPT_PARTS, ArchivePart, AttachmentPart, ExportPart, ManifestPart, VerificationPart
from reporter.loops.routes import LoopStates
from reporter.model.instants import format_instant, parse_instant
from reporter.model.routes import ClosureState
from reporter.model.text import is_blank

APPROVED: Final = "approved"
READY: Final = "ready"
ATTACHED: Final = "attached"
VERIFIED: Final = "verified"
SIGNED: Final = "external_signature_attached"
_NONE: Final[Latest[AttachmentPart]] = Latest((), ())

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
    """Judge each part by itself and by those before it. Of one instant, all records of a part must satisfy its rule.

    `summary_id` and `readiness_ready` are our own verdict (A8): only a decision about that very summary counts.
    """
    packet = states.packet
    notes = latest_of(states.releases, states.releases, KEPT_LISTED)
    decision = _judge_decision(notes, summary_id, readiness_ready=readiness_ready)
    approved = notes.records if decision.met else ()
    attachments = latest_of(packet.attachments, packet.attachments, KEPT_PARTS)
    attached = _judge_attachment(attachments, approved)
    verified = _judge_parts(attachments if attached.met else _NONE, approved, packet.verifications)
    releases = {one.release for one in attachments.records} or {""}
    exports = latest_of_each(packet.exports, KEPT_PARTS, releases, attrgetter("release"), "no export of this release")
    exported = _judge_export(exports, attachments.records if attached.met else ())
    names, missing = {one.id for one in exports.records} or {""}, "no archive reference for this export"
    archives = latest_of_each(packet.archives, KEPT_PARTS, names, attrgetter("export"), missing)
    archived = _judge_archive(archives, exports.records if exported.met else ())
    manifests = latest_of(packet.manifests, packet.manifests, KEPT_PARTS)
    entries = (
        decision,
        attached,
        verified,
        exported,
        archived,
        _judge_retention(archives, states.now),
        _judge_manifest(manifests, archives.records if archived.met else ()),
    )
    is_closed = all(one.met for one in entries)
    return CloseoutPacket(
        ClosureState.CLOSED if is_closed else ClosureState.OPEN, entries, any(one.override for one in approved)
    )


def _judge_decision(notes: Latest[ReleaseNote], summary_id: str, *, readiness_ready: bool) -> CloseoutEntry:
    found = [
        *([] if notes.records else ["no decision"]),
        *problems_of(notes, lambda one: _problems_of_decision(one, summary_id, readiness_ready=readiness_ready)),
    ]
    note = notes.records[-1] if notes.records else None
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


def _judge_attachment(attachments: Latest[AttachmentPart], approved: Sequence[ReleaseNote]) -> CloseoutEntry:
    names = {"", *(one.decision for one in approved), *(one.id for one in approved)}

    def problems(attachment: AttachmentPart) -> Iterator[str]:
        if attachment.state != ATTACHED:
            yield f"in state {attachment.state or '(none)'}"
        if is_blank(attachment.release):
            yield "no release record is named"
        if is_blank(attachment.by):
            yield "attached by nobody"
        if not approved:
            yield "no approval that it could follow"
        else:
            yield from _order(attachment, approved, "the approval")
            if attachment.decision not in names:
                yield f"made for {attachment.decision}, which is not the decision in force"

    last = attachments.records[-1] if attachments.records else None
    return _entry(
        "release_record_attachment",
        "Release record attachment",
        problems_of(attachments, problems) if last else ["no attachment"],
        f"attached to {last.release} by {last.by}" if last else "",
        "evidence attached to the release record by a named person, at or after the approval",
        last,
    )


def _judge_parts(
    attachments: Latest[AttachmentPart], approved: Sequence[ReleaseNote], said: Sequence[VerificationPart]
) -> CloseoutEntry:
    """Verify the packet ourselves. What others say of it cannot make it better, only worse."""
    summaries = sorted({one.summary for one in approved})

    def problems(attachment: AttachmentPart) -> Iterator[str]:
        if not attachment.evidence:
            yield "nothing is attached"
        if any(is_blank(one) for one in attachment.evidence):
            yield "something that belongs to it is missing"
        for summary in summaries:
            if is_blank(summary) or summary not in attachment.evidence:
                yield f"the approved summary {summary or '(not named)'} is not attached"

    def denials(one: VerificationPart) -> Iterator[str]:
        if one.state != VERIFIED:
            yield f"{one.record} calls it {one.state or 'nothing'}"

    def found() -> Iterator[str]:
        yield from problems_of(attachments, problems)
        for attachment in attachments.records:
            mine = [one for one in said if one.release in ("", attachment.release) and one.at >= attachment.at]
            yield from problems_of(latest_of(mine, said, KEPT_PARTS, attachment.at), denials)

    last = attachments.records[-1] if attachments.records else None
    return _entry(
        "packet_verification",
        "Packet verification",
        found() if last else ["no approved attachment to verify"],
        f"verified here from its parts: {len(last.evidence) if last else 0} attached",
        "the approved summary and all other evidence attached, and nobody who finds it incomplete",
        last,
    )


def _judge_export(exports: Latest[ExportPart], attachments: Sequence[AttachmentPart]) -> CloseoutEntry:
    def problems(export: ExportPart) -> Iterator[str]:
        if is_blank(export.digest):
            yield "no hash of its own, so that no archive can be told from it"
        if export.verification not in ("", VERIFIED):
            yield f"calls itself {export.verification}"
        if not attachments:
            yield "no attachment that it could follow"
        else:
            yield from _order(export, attachments, "the attachment")

    last = exports.records[-1] if exports.records else None
    return _entry(
        "packet_export",
        "Auditor export",
        problems_of(exports, problems),
        f"exported as {last.id}" if last else "",
        "an export of the attached packet, with its hash, at or after the attachment",
        last,
    )


def _judge_archive(archives: Latest[ArchivePart], exports: Sequence[ExportPart]) -> CloseoutEntry:
    def problems(archive: ArchivePart) -> Iterator[str]:
        if is_blank(archive.ref):
            yield "no archive is named"
        if is_blank(archive.digest):
            yield "no hash of the archived object"
        if not exports:
            yield "no export that it could hold"
        else:
            held = [one for one in exports if archive.export in ("", one.id)]
            yield from _order(archive, held, "the export")
            if not is_blank(archive.digest) and _digest(archive.digest) in {_digest(one.digest) for one in held}:
                yield "its hash is the export's own, which no archive has confirmed"

    last = archives.records[-1] if archives.records else None
    return _entry(
        "archive_reference",
        "Immutable archive reference",
        problems_of(archives, problems),
        f"archived as {last.ref}" if last else "",
        "a reference with the archive's own hash, at or after the export",
        last,
    )


def _judge_retention(archives: Latest[ArchivePart], now: datetime) -> CloseoutEntry:
    """Compare the date with `now`: at its very instant retention has ended. A legal hold keeps what it holds."""

    def problems(archive: ArchivePart) -> Iterator[str]:
        if archive.legal_hold:
            return
        if is_blank(archive.retention_until):
            yield "no date"
        elif (until := parse_instant(archive.retention_until)) is None:
            yield f"{archive.retention_until}, which is no date"
        elif until.at <= now:
            yield f"ended at {format_instant(until.at)}"

    last = archives.records[-1] if archives.records else None
    kept = "a legal hold" if last and last.legal_hold else f"until {last.retention_until}" if last else ""
    return _entry(
        "archive_retention",
        "Archive retention",
        problems_of(archives, problems) if last else ["nothing is archived"],
        kept,
        "a date after now, or a legal hold",
        last,
    )


def _judge_manifest(manifests: Latest[ManifestPart], archives: Sequence[ArchivePart]) -> CloseoutEntry:
    """Say whether a signature is recorded. It is made and kept elsewhere, so nothing here can verify it (C13)."""

    def problems(manifest: ManifestPart) -> Iterator[str]:
        if manifest.state != SIGNED:
            yield f"in state {manifest.state or '(none)'}"
        if not archives:
            yield "no archive that it could list"
        else:
            yield from _order(manifest, archives, "the archive reference")

    last = manifests.records[-1] if manifests.records else None
    return _entry(
        "archive_manifest_signature",
        "Archive manifest signature",
        problems_of(manifests, problems) if last else ["no archive manifest"],
        "an external signature is recorded; it cannot be verified here",
        "an external signature recorded at or after the archive reference",
        last,
    )


def _order(part: Part, before: Sequence[Part | ReleaseNote], what: str) -> Iterator[str]:
    after = max(one.at for one in before)
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
