"""What was sent before through us for one environment, as the ledger has it: by message and by route.

Whatever the dates of its records say: a message that was delivered is not sent again because a clock was wrong.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from reporter.deliver.message import Message
from reporter.deliver.receipts import Outcome
from reporter.jobs.answers.recording import dated, read_own_records
from reporter.loops.table import DELIVERIES, INTENTS, LOOPS
from reporter.loops.writing import Begun, Cause, RecordValue
from reporter.model.instants import parse_instant, shift
from reporter.model.routes import RouteId
from reporter.settings_model import Settings

_LOOP_OF = {loop.source: loop.word for loop in LOOPS}


class Told(NamedTuple):
    """What is known of one message. `doubtful` says that it may have arrived; `not_before` when it is welcome again."""

    message: Message | None
    route: RouteId
    attempts: int
    delivered: bool
    doubtful: bool
    not_before: datetime | None


class Past(NamedTuple):
    """All of it. `begun` are the attempts without a result, the oldest first, each with its message."""

    messages: Mapping[str, Told]
    latest: Mapping[RouteId, str]
    begun: tuple[tuple[Begun, Message], ...]

    def told(self, message_id: str) -> Told | None:
        """Give what is known of a message; None where it was never tried."""
        return self.messages.get(message_id)

    def latest_of(self, route: RouteId) -> Told | None:
        """Give the message that was tried last at a route."""
        name = self.latest.get(route)
        return self.messages[name] if name else None

    def is_unknown(self, route: RouteId) -> bool:
        """Say whether an attempt at a route still waits to become known."""
        return any(one.route == route for one, _ in self.begun)


def read_past(settings: Settings, environment: str) -> Past:
    """Read it from the ledger."""
    return past_of(read_own_records(settings, environment))


def past_of(records: Iterable[RecordValue]) -> Past:
    """Work it out from our own records, in the order in which they were written."""
    messages: dict[str, Told] = {}
    latest: dict[RouteId, str] = {}
    begun: dict[str, tuple[Begun, Message]] = {}
    for record in records:
        if record["metadata_kind"] == INTENTS.word:
            one, message = _begun(record)
            begun[one.delivery_id] = (one, message)
            told = Told(message, one.route, one.attempt, delivered=False, doubtful=True, not_before=None)
            messages[one.message_id] = told
            latest[one.route] = one.message_id
        elif record["metadata_kind"] == DELIVERIES.word and record.get("message_id"):
            begun.pop(record["session_id"], None)
            route = RouteId(_LOOP_OF[record["connector_delivery_source"]], record["event_id"], record["providers"][0])
            name = record["message_id"]
            before = messages.get(name)
            messages[name] = Told(
                before.message if before else None,
                route,
                max(record["attempt"], before.attempts if before else 0),
                delivered=record["delivery_success"],
                doubtful=record["outcome"] == Outcome.TIMEOUT_UNKNOWN,
                not_before=_not_before(record),
            )
            latest[route] = name
    return Past(messages, latest, tuple(begun.values()))


def _begun(record: RecordValue) -> tuple[Begun, Message]:
    payload: dict[str, Any] = record[INTENTS.payload]
    route = RouteId(_LOOP_OF[payload["connector_delivery_source"]], payload["event_id"], payload["provider"])
    cause = Cause(*(payload.get(name, "") for name in Cause._fields))
    one = Begun(
        route,
        payload["message_id"],
        payload["attempt"],
        payload["connector"],
        payload["payload_sha256"],
        dated(record),
        cause,
    )
    return one, msgspec.convert(payload["message"], Message)


def _not_before(record: RecordValue) -> datetime | None:
    """Say from when on a provider that asked for patience may be asked again."""
    seconds = record.get("retry_after_seconds")
    (answer,) = record[DELIVERIES.payload]["deliveries"]
    ended = parse_instant(answer["completed_at"])
    return shift(ended.at, timedelta(seconds=seconds)) if seconds and ended else None
