"""What the ledger holds about bundles at release approval records: an intent before anything is sent, the result after.

Our own kind says what became of every file. Where the release was approved on the very summary that the bundle holds,
upstream's kind says so too (domain.md B2.27), and the closeout packet sees it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from pydantic import ValidationError

from reporter.deliver.approvals.attaching import Attached, Told
from reporter.deliver.approvals.package import File
from reporter.deliver.receipts import Level, Outcome
from reporter.errors import LedgerUnusable
from reporter.jobs.answers.recording import append_own, dated, sealed_for
from reporter.jobs.loops import is_ledger_there
from reporter.jobs.records import open_settings_ledger
from reporter.ledger import read_own_verified
from reporter.loops.closeout import APPROVED
from reporter.loops.facts import KEPT_LISTED, ReleaseNote
from reporter.loops.latest import latest_of
from reporter.loops.table import BUNDLE_ATTACHMENT, OUTSIDE
from reporter.loops.writing import RecordValue, write_attachment
from reporter.loops.writing.envelope import make_record
from reporter.model.attachments import AttachedFile, Attachment, Phase
from reporter.model.ids import make_id
from reporter.model.instants import is_future
from reporter.model.records import Step
from reporter.model.release_records import Reference
from reporter.model.text import is_blank
from reporter.settings_model import Settings

MOST_SHOWN: Final = 12
INTENDED: Final[Phase] = "intended"
ENDED: Final[Phase] = "ended"
INTERRUPTED: Final = "interrupted"
_TAKEN: Final = frozenset({Level.ACCEPTED, Level.LANDED})

_PAYLOAD: Final = BUNDLE_ATTACHMENT.payload


class Subject(NamedTuple):
    """One bundle and one release approval record, in one environment."""

    environment: str
    reference: Reference
    digest: str
    as_of: str


class Known(NamedTuple):
    """The last thing that the ledger says about a subject."""

    record_id: str
    phase: Phase
    attachment: Attachment


class _Sent(NamedTuple):
    """Files of one subject by name and digest: what was taken, and what was begun by the calls of which instants.

    A call that learnt that its file was refused did not send it; one that was killed may have.
    """

    taken: set[tuple[str, str]]
    begun: dict[tuple[str, str], set[datetime]]

    def note(self, known: Known, at: datetime) -> None:
        for one in known.attachment.files:
            file = (one.name, one.sha256)
            calls = self.begun.setdefault(file, set())
            if known.phase == INTENDED:
                calls.add(at)
            elif one.level in _TAKEN:
                self.taken.add(file)
            elif one.outcome != Outcome.TIMEOUT_UNKNOWN:
                calls.discard(at)


class Notebook:
    """Writes about subjects, and remembers what was written last."""

    def __init__(self, settings: Settings, environment: str, by: str, now: datetime) -> None:
        self._settings, self._environment, self._by, self._now = settings, environment, by, now
        self._known: dict[tuple[str, str], Known] = {}
        self._sent: dict[tuple[str, str], _Sent] = {}
        for record in _read(settings, environment):
            if not is_future(dated(record), now):
                self._note(record)

    def known(self, subject: Subject) -> Known | None:
        """Give the last thing that the ledger says about a subject."""
        return self._known.get((subject.reference.text, subject.digest))

    def told(self, subject: Subject) -> Told:
        """Give what the record has taken of a bundle by any call so far, and what it may have taken."""
        sent = self._sent.get((subject.reference.text, subject.digest), _Sent(set(), {}))
        return Told(frozenset(sent.taken), frozenset(name for name, calls in sent.begun.items() if calls))

    def intend(self, subject: Subject, files: Iterable[File]) -> str:
        """Commit what is about to be sent, and give the record's id. Raise LedgerUnusable."""
        listed = [
            AttachedFile(
                name=one.name,
                sha256=one.sha256,
                size_bytes=one.size_bytes,
                outcome=Outcome.TIMEOUT_UNKNOWN,
                level=Level.INTENDED,
                error_class=INTERRUPTED,
            )
            for one in files
        ]
        said = _said(subject, Outcome.TIMEOUT_UNKNOWN, Level.INTENDED, listed, {})
        return self._append(subject, INTENDED, said)

    def settle(self, subject: Subject, attached: Attached) -> str:
        """Commit what became of every file; empty where the ledger says so already. Raise LedgerUnusable."""
        listed = [
            AttachedFile(
                name=one.file.name,
                sha256=one.file.sha256,
                size_bytes=one.file.size_bytes,
                outcome=one.receipt.outcome,
                level=one.level,
                error_class=one.receipt.error_class,
                ids=dict(one.receipt.ids),
            )
            for one in attached.files
            if one.receipt
        ]
        said = _said(subject, attached.outcome or Outcome.REFUSED_LOCALLY, attached.level, listed, dict(attached.facts))
        last = self.known(subject)
        if last and last.phase == ENDED and _fields(last.attachment) == said:
            return ""
        return self._append(subject, ENDED, said)

    def tell_closeout(self, subject: Subject, note: ReleaseNote, evidence: Mapping[str, str]) -> str:
        """Say in upstream's kind that the approved evidence is attached; empty where that is said already."""
        name = make_id(
            OUTSIDE[Step.ATTACHMENT].prefix,
            release=subject.reference.text,
            decision=note.decision,
            evidence=dict(evidence),
        )
        record = write_attachment(
            self._now,
            subject.reference.text,
            by=self._by,
            decision_id=note.decision,
            evidence=evidence,
            record_id=name,
        )
        added = append_own(self._settings, self._environment, [sealed_for(self._environment, self._now, record)])
        return name if added else ""

    def _append(self, subject: Subject, phase: Phase, said: dict[str, Any]) -> str:
        last = self.known(subject)
        after = last.record_id if last else ""
        name = make_id(BUNDLE_ATTACHMENT.prefix, phase=phase, said=said, after=after)
        missing = sum(one["level"] == Level.INTENDED for one in said["files"])
        record = make_record(
            BUNDLE_ATTACHMENT,
            "attachment_id",
            self._now,
            {"phase": phase, **said},
            by=self._by,
            done="recorded",
            record_id=name,
            counts=(len(said["files"]), missing, 0),
            lifted=("release_record_ref", "phase"),
        )
        sealed = sealed_for(self._environment, self._now, record)
        append_own(self._settings, self._environment, [sealed])
        self._note(sealed)
        return name

    def _note(self, record: RecordValue) -> None:
        known = read_known(record)
        if known:
            name = (known.attachment.release_record_ref, known.attachment.bundle_digest)
            self._known[name] = known
            self._sent.setdefault(name, _Sent(set(), {})).note(known, dated(record))


def approved_note(notes: Iterable[ReleaseNote], summary_id: str) -> ReleaseNote | None:
    """Give the latest decision if it approves this very summary and has a name of its own, as all of its instant do."""
    kept = tuple(notes)
    latest = latest_of(kept, kept, KEPT_LISTED)
    if latest.flaws:
        return None
    approving = [one for one in latest.records if one.state == APPROVED and one.summary == summary_id]
    named = [one for one in approving if not is_blank(one.decision)]
    return named[-1] if named and len(named) == len(latest.records) else None


def read_attachments(settings: Settings, environment: str, now: datetime) -> tuple[Attachment, ...]:
    """Give the last thing known of each bundle at each release record, the newest first.

    A ledger that cannot be read is told by whoever folds the answers in it.
    """
    last: dict[tuple[str, str], tuple[datetime, Attachment]] = {}
    try:
        records = _read(settings, environment)
    except LedgerUnusable:
        return ()
    for record in records:
        known = read_known(record)
        if known and not is_future(dated(record), now):
            name = (known.attachment.release_record_ref, known.attachment.bundle_digest)
            last.pop(name, None)
            last[name] = dated(record), known.attachment
    oldest_first = sorted(last.values(), key=lambda one: one[0])
    return tuple(one for _, one in oldest_first[: -MOST_SHOWN - 1 : -1])


def read_known(record: RecordValue) -> Known | None:
    """Read a record of our kind; None for one that is not as this version writes them."""
    payload = record.get(_PAYLOAD)
    if not isinstance(payload, dict) or payload.get("phase") not in (INTENDED, ENDED):
        return None
    said = {key: payload[key] for key in Attachment.model_fields if key in payload}
    try:
        return Known(record["session_id"], payload["phase"], Attachment.model_validate(said))
    except ValidationError:
        return None


def _read(settings: Settings, environment: str) -> list[RecordValue]:
    """Read our records as far as they are what was written; what was changed is told by whoever folds answers."""
    if not is_ledger_there(settings):
        return []
    with open_settings_ledger(settings, write=False) as ledger:
        rows, _ = read_own_verified(ledger, environment, None)
    return [msgspec.json.decode(row.payload, type=dict[str, Any]) for row in rows if row.kind == BUNDLE_ATTACHMENT.word]


def _said(
    subject: Subject, outcome: Outcome, level: Level, files: Iterable[AttachedFile], facts: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "target": subject.reference.kind,
        "release_record_ref": subject.reference.text,
        "bundle_digest": subject.digest,
        "bundle_as_of": subject.as_of,
        "outcome": outcome.value,
        "level": level.value,
        "files": [one.model_dump(mode="json") for one in files],
        "facts": dict(facts),
    }


def _fields(attachment: Attachment) -> dict[str, Any]:
    return attachment.model_dump(mode="json", exclude={"recorded_at"})
