"""The newest evidence records of each kind, those of all sources and our own: one pass, and memory for the shown ones.

Records are counted as the loops count them: those that name another environment do not count.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import msgspec

from reporter.errors import LedgerUnusable
from reporter.jobs.answers.recording import read_own_records
from reporter.jobs.records import reading_of
from reporter.model.guards import RULES
from reporter.model.instants import parse_instant
from reporter.model.raw_records import RecordFault
from reporter.model.recent import RecentRecord, RecentRecords
from reporter.settings import DEFAULT_ENVIRONMENT
from reporter.settings_model import Settings

KEPT: Final = 15
"""Records of each kind that are shown."""

_MOST_KINDS: Final = 500
_STATES: Final = (
    "acknowledgement_state",
    "approval_state",
    "closure_state",
    "execution_status",
    "attachment_state",
    "verification_state",
    "status",
    "alert_level",
)
"""What a record says of how something stands, the most telling first."""

_FLAGS: Final = {"dry_run": ("live", "dry_run"), "delivery_success": ("failed", "delivered")}
"""What says the same where no word does: false, then true."""

Stamp = tuple[float, str]


class _Envelope(msgspec.Struct, gc=False):
    """What tells records apart. Of any type, for a wrong one is shown as what it is: nothing."""

    session_id: Any = None
    metadata_kind: Any = None
    created_at: Any = None
    environment: Any = None


def newest_records(settings: Settings, environment: str) -> RecentRecords:
    """Give the newest records of each kind, the latest first, and how many there are of it."""
    named = "" if environment == DEFAULT_ENVIRONMENT else environment
    newest: dict[str, list[tuple[Stamp, bytes]]] = defaultdict(list)
    counts: Counter[str] = Counter()
    decoder = msgspec.json.Decoder(_Envelope)
    for raw in _raws(settings, environment):
        found = decoder.decode(raw)
        kind, name = found.metadata_kind, found.session_id
        if not isinstance(kind, str) or not isinstance(name, str) or (named and found.environment not in {None, named}):
            continue
        if kind not in newest and len(newest) >= _MOST_KINDS:
            continue
        counts[kind] += 1
        heap = newest[kind]
        (heapq.heappush if len(heap) < KEPT else heapq.heappushpop)(heap, ((_seconds(found.created_at), name), raw))
    rows = [(stamp, raw) for heap in newest.values() for stamp, raw in heap]
    rows.sort(key=lambda one: one[0], reverse=True)
    return RecentRecords(tuple(_told(raw) for _, raw in rows), dict(counts))


def _raws(settings: Settings, environment: str) -> Iterator[bytes]:
    from reporter.collect.records import open_source  # noqa: PLC0415 - httpx comes with it, where it is asked for

    places = settings.environments[environment].records
    for place in places:
        try:
            for part in open_source(place, reading_of(settings)):
                if not isinstance(part, RecordFault):
                    yield part.raw
        except LedgerUnusable:
            continue  # told by the closure report
    if {"ledger", settings.ledger} & set(places):
        return
    try:
        yield from map(msgspec.json.encode, read_own_records(settings, environment))
    except LedgerUnusable:
        return


def _seconds(created_at: object) -> float:
    instant = parse_instant(created_at) if isinstance(created_at, str) else None
    return instant.at.timestamp() if instant else 0.0


def _told(raw: bytes) -> RecentRecord:
    """Read what is shown of a record: its envelope, and of its payload how it stands and through whom."""
    value: dict[str, Any] = msgspec.json.decode(raw)
    told = dict(value)
    for payload in value.values():
        if isinstance(payload, dict):
            told = {**payload, **told}
    states = (_text(told, key) for key in _STATES)
    flags = (words[told[key] is True] for key, words in _FLAGS.items() if isinstance(told.get(key), bool))
    state = next(filter(None, chain(states, flags)), "")
    providers = told.get("providers")
    listed = [one for one in providers if isinstance(one, str)] if isinstance(providers, list) else []
    return RecentRecord(
        kind=_text(value, "metadata_kind"),
        record=_text(value, "session_id"),
        created_at=_text(value, "created_at"),
        signer=_text(value, "signer"),
        state=state,
        provider=_text(told, "provider") or ", ".join(map(_safe, listed)),
    )


def _text(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    return _safe(found) if isinstance(found, str) else ""


@lru_cache(10_000)  # the same few names stand in most records
def _safe(text: str) -> str:
    broken = next((rule for rule in RULES if rule.finds(text)), None)
    return f"(not shown: rule {broken.id})" if broken else text
