"""Legal holds: a bundle on hold is never pruned. A hold, its release and a pruning are records of the ledger."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from reporter.errors import UsageFault
from reporter.jobs.answers import Prepared, Signature
from reporter.jobs.answers.privacy import refuse_private
from reporter.jobs.answers.recording import draft, own_records, sealed_for
from reporter.jobs.standing.difference import find_digest
from reporter.loops.table import BUNDLE_RETENTION
from reporter.loops.writing import RecordValue
from reporter.loops.writing.envelope import given, make_record
from reporter.settings_model import Settings

Event = Literal["held", "released", "pruned"]

HELD: Final[Event] = "held"
RELEASED: Final[Event] = "released"
PRUNED: Final[Event] = "pruned"


def prepare_hold(  # noqa: PLR0913 - the words of the command
    settings: Settings, environment: str, now: datetime, digest: str, signature: Signature, *, release: bool
) -> Prepared:
    """Prepare to put a bundle on hold, or to release it. Raise UsageFault for one that is not there, or not on hold."""
    refuse_private(settings, signature)
    found = find_digest(settings, environment, digest)
    own = own_records(settings, environment, now)
    held = found.digest in on_hold(own.records)
    event: Event = RELEASED if release else HELD
    if release and not held:
        raise UsageFault(f"{digest}: found no hold on this bundle, wanted one; `reporter prune` lists them")
    drafted = draft(
        lambda record_id: sealed_for(
            environment,
            signature.recorded_at,
            write_retention(
                now, event, record_id, by=signature.by, digest=found.digest, as_of=found.as_of,
                reason=signature.reason, external_ref=signature.ref,
            ),
        ),
        BUNDLE_RETENTION,
        ("bundle_digest",),
        own,
        since=None,
    )  # fmt: skip
    does = "lifts the hold: the rules of retention decide again" if release else "keeps the bundle until it is released"
    again = ("it is on hold already; this adds another reason",) * (held and not release and not drafted.repeats)
    return Prepared(environment, f"{event} bundle {found.digest[:12]}", drafted.record, drafted.repeats, (does,), again)


def write_retention(  # noqa: PLR0913 - the fields of the record
    now: datetime, event: Event, record_id: str, *, by: str, digest: str, as_of: str, **more: str
) -> RecordValue:
    """Write a record about one bundle."""
    fields = given(event=event, bundle_digest=digest, bundle_as_of=as_of, **more)
    return make_record(
        BUNDLE_RETENTION, "retention_id", now, fields, by=by, done="recorded", record_id=record_id, lifted=("event",)
    )


def on_hold(records: Iterable[RecordValue]) -> dict[str, str]:
    """Give the bundles on hold, by digest, with the reference of the hold: the latest word on each decides."""
    held: dict[str, str] = {}
    for record in records:
        payload = record.get(BUNDLE_RETENTION.payload)
        if not isinstance(payload, dict):
            continue
        event = payload.get("event")
        if event == HELD:
            held[payload["bundle_digest"]] = payload.get("external_ref", "")
        elif event == RELEASED:
            held.pop(payload["bundle_digest"], None)
    return held
