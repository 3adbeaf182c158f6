"""From a decision to a row of the ledger, once: a call that is repeated finds its record and adds nothing.

The id of a record says what is decided, since when that was to be decided, and which decision came before; not when.
So the same call again, even at the same moment, is the same record, and the same words in the next cycle are another.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from reporter.errors import LedgerUnusable
from reporter.jobs.loops import is_ledger_there
from reporter.jobs.records import open_settings_ledger
from reporter.ledger import Entry, own_key
from reporter.loops.loop import Kind
from reporter.loops.table import BUNDLE_ATTACHMENT, BUNDLE_RETENTION, DELIVERIES, INTENTS, LOOPS, OUTSIDE
from reporter.loops.writing import RecordValue
from reporter.model.ids import make_id
from reporter.model.instants import format_instant, is_future, parse_instant
from reporter.settings_model import Settings

Writer = Callable[[str], RecordValue]

_OF_LOOPS: Final = (kind for loop in LOOPS for _, kind in loop.kinds())
_OF_BUNDLES: Final = (BUNDLE_ATTACHMENT, BUNDLE_RETENTION)
_BY_WORD: Final = {kind.word: kind for kind in (*OUTSIDE.values(), DELIVERIES, INTENTS, *_OF_BUNDLES, *_OF_LOOPS)}


class Prepared(NamedTuple):
    """One decision that may be recorded.

    `about` names what is decided, `changes` what it does, `remarks` what the person should know. Where `repeats` is
    true, `record` is the one that is in the ledger already.
    """

    environment: str
    about: str
    record: RecordValue
    repeats: bool = False
    changes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def record_id(self) -> str:
        """The id of the record."""
        return str(self.record["session_id"])


class Drafted(NamedTuple):
    """A record, whether it is in the ledger already, and when the last decision but this one was dated."""

    record: RecordValue
    repeats: bool
    last_at: datetime | None


class Own(NamedTuple):
    """What was recorded through us for an environment, the latest last.

    `ahead` are the ids of those dated after `now`: they do not count, and must not stand in the way of one that does.
    """

    records: Sequence[RecordValue] = ()
    ahead: tuple[str, ...] = ()


def own_records(settings: Settings, environment: str, now: datetime) -> Own:
    """Read what was recorded through us for an environment."""
    found = read_own_records(settings, environment)
    ahead = tuple(one["session_id"] for one in found if is_future(dated(one), now))
    return Own([one for one in found if one["session_id"] not in ahead], ahead)


def stored(settings: Settings, prepared: Prepared) -> Prepared:
    """Give a decision as the ledger has it."""
    found = {one["session_id"]: one for one in read_own_records(settings, prepared.environment)}
    return prepared._replace(record=found[prepared.record_id], repeats=True)


def read_own_records(settings: Settings, environment: str) -> list[RecordValue]:
    """Read all that was recorded through us for an environment, in order. Raise LedgerUnusable where it was changed."""
    if not is_ledger_there(settings):
        return []
    with open_settings_ledger(settings, write=False) as ledger:
        return [_read(row.payload, ledger.name) for row in ledger.read_own(environment)]


def draft(  # noqa: PLR0913 - what an id is made of
    write: Writer,
    kind: Kind,
    about: Sequence[str],
    own: Own,
    *,
    since: datetime | None,
    in_force: str = "",
) -> Drafted:
    """Write a record under its id, or find the one that says the same.

    `about` are the fields of the payload that name what is decided, `since` is since when it waits for a decision,
    `in_force` the id of the record that decides so far.
    """
    wanted = write("draft")
    said = _said(wanted, kind)
    earlier = [
        one
        for one in own.records
        if one["metadata_kind"] == kind.word and all(one[kind.payload].get(key) == said.get(key) for key in about)
    ]
    known = {one["session_id"] for one in earlier}
    if earlier and in_force in {"", earlier[-1]["session_id"]}:
        latest = earlier[-1]
        if _said(latest, kind) == said and (since is None or dated(latest) >= since):
            return Drafted(latest, repeats=True, last_at=None)
    ahead = {"ahead": own.ahead} if own.ahead else {}
    name = make_id(
        kind.prefix,
        **ahead,
        said=said,
        since=format_instant(since) if since else "",
        after=earlier[-1]["session_id"] if earlier else "",
        in_force="" if in_force in known else in_force,
    )
    return Drafted(write(name), repeats=False, last_at=dated(earlier[-1]) if earlier else None)


def sealed_for(environment: str, recorded_at: datetime, record: RecordValue) -> RecordValue:
    """Say in the envelope which environment a record is for: it counts in no other."""
    return {**record, "environment": environment, "recorded_at": format_instant(recorded_at)}


def record_answer(settings: Settings, prepared: Prepared) -> bool:
    """Append the record to the ledger. Say whether it was not there yet. Raise LedgerUnusable."""
    return append_own(settings, prepared.environment, [prepared.record]) == 1


def record_once(settings: Settings, prepared: Prepared) -> tuple[Prepared, bool]:
    """Record a decision that is not there yet; give it as the ledger has it, and say whether it was added."""
    if prepared.repeats:
        return prepared, False
    if record_answer(settings, prepared):
        return prepared, True
    # The same call at the same moment came first.
    return stored(settings, prepared), False


def append_own(settings: Settings, environment: str, records: Sequence[RecordValue]) -> int:
    """Append records under keys that make them ours; give how many were not there yet."""
    entries = [Entry(msgspec.json.encode(one), own_key(environment, one["session_id"])) for one in records]
    with open_settings_ledger(settings, write=True) as ledger:
        appended = ledger.append(entries)
    assert not appended.faulty, appended.faults  # noqa: S101 - we wrote them
    return appended.added


def dated(record: RecordValue) -> datetime:
    """Give the time of a record that we wrote."""
    found = parse_instant(record["created_at"])
    assert found is not None, record  # noqa: S101 - as above
    return found.at


def _read(payload: str, ledger: str) -> RecordValue:
    """Read a record of ours; one that is not as we write them was changed."""
    try:
        record: RecordValue = msgspec.json.decode(payload, type=dict[str, Any])
        kind = _BY_WORD.get(record["metadata_kind"])
        sound = kind is not None and isinstance(record[kind.payload], dict) and bool(record["session_id"])
        if sound and parse_instant(record["created_at"]):
            return record
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        pass
    raise LedgerUnusable(f"{ledger}: found one of our own records changed; see `reporter records verify`")


def _said(record: RecordValue, kind: Kind) -> dict[str, Any]:
    """Give what a record decides, without its own id and time; a retry plan is made again every hour."""
    payload: dict[str, Any] = record[kind.payload]
    name = record["session_id"]
    return {
        key: value
        for key, value in payload.items()
        if value != name and key != "retry_plan_id" and not key.endswith("_at")
    }
