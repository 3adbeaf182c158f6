"""What proves that a connector works again: records of what it delivered (domain.md A9).

A reference may lead anywhere. One that looks like an id of our kind of record has to lead to such a record.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from reporter.errors import UsageFault
from reporter.jobs.records import reading_of
from reporter.loops.fold import fold
from reporter.loops.routes import LoopStates
from reporter.loops.table import READER
from reporter.model.instants import format_instant
from reporter.model.raw_records import RecordBatch
from reporter.model.records import Record
from reporter.model.routes import RouteState
from reporter.model.text import show
from reporter.settings_model import Settings

MOST_PROOFS: Final = 5
_RECORD_ID: Final = re.compile(r"(?:gord[a-z]*|rcd)-\S+")


def proofs_of(states: LoopStates, provider: str, since: datetime | None) -> list[str]:
    """List what may prove that a provider works: its latest successes after an instant, the newest first."""
    found = [
        (one.last_success_at, one.records[-1], one)
        for one in states.routes
        if one.route.provider == provider and one.last_success_at and not one.failures and one.records
    ]
    later = [(at, record, one) for at, record, one in found if since is None or at > since]
    newest = sorted(later, key=lambda proof: proof[:2], reverse=True)[:MOST_PROOFS]
    return [_told(at, record, one) for at, record, one in newest]


def check_refs(settings: Settings, environment: str, now: datetime, provider: str, refs: Sequence[str]) -> None:
    """Raise UsageFault for references that look like ids of records and are none among a provider's evidence."""
    wanted = [ref for ref in refs if _RECORD_ID.fullmatch(ref)]
    known = set(_known(settings, environment, now, provider, wanted)) if wanted else set()
    missing = [ref for ref in wanted if ref not in known]
    if missing:
        raise UsageFault(
            *(
                f"--verification: found {show(ref)}, which is no record of {provider} in environments.{environment}"
                ".records, wanted the id of a delivery or execution that is, or a reference of another kind"
                for ref in missing
            )
        )


def _known(settings: Settings, environment: str, now: datetime, provider: str, wanted: Sequence[str]) -> Iterator[str]:
    """Find those of the wanted ids whose record says something of a provider. Reads all records, and folds few."""
    places = settings.environments[environment].records
    for raw in _naming([ref.encode() for ref in wanted], places, settings):
        name = _id_of(raw)
        if name in wanted:
            read = READER.decode_batch(RecordBatch([raw], "", 1))
            folded = fold([one for one in read if isinstance(one, Record)], now, environment=environment)
            if any(key.provider == provider for key in folded.routes):
                yield name


def _naming(words: Sequence[bytes], places: Iterable[str], settings: Settings) -> Iterator[bytes]:
    from reporter.collect.records import open_batches  # noqa: PLC0415 - as all readers are imported, when they are used

    for part in open_batches(places, reading_of(settings)):
        if isinstance(part, RecordBatch):
            yield from (raw for raw in part.raws if any(word in raw for word in words))


def _id_of(raw: bytes) -> str:
    try:
        return str(msgspec.json.decode(raw, type=dict[str, Any]).get("session_id", ""))
    except msgspec.DecodeError:
        return ""


def _told(at: datetime, record: str, one: RouteState) -> str:
    return f"may prove it: {record}, delivered {one.route.loop} {one.route.subject} at {format_instant(at)}"
