"""Records of one attempt to tell one provider: the intent before it, the result after it (design.md, Ledger).

The intent names the record of the result to come, so that each can be found by the other. An attempt that failed is
dated by its beginning, as its intent is; one that succeeded by its end.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from reporter.loops.loop import Loop
from reporter.loops.table import INTENTS
from reporter.loops.writing.deliveries import ProviderAnswer, delivery_id, name_in_delivery, write_delivery
from reporter.loops.writing.envelope import RecordValue, envelope, given
from reporter.model.ids import make_id
from reporter.model.instants import format_instant
from reporter.model.routes import RouteId


class Cause(NamedTuple):
    """What a retry is made for: its plan and its run, the decision that it uses up, and who executes it."""

    retry_plan_id: str = ""
    worker_run_id: str = ""
    approval_decision_id: str = ""
    executed_by: str = ""


class Begun(NamedTuple):
    """One attempt as its intent tells it. `message_id` is the same in all attempts; `connector` is an alias."""

    route: RouteId
    message_id: str
    attempt: int
    connector: str
    payload_sha256: str
    started_at: datetime
    cause: Cause = Cause()

    @property
    def delivery_id(self) -> str:
        """The id that the record of its result has, whoever writes it and when."""
        return _name(self.route, self.message_id, self.attempt)


@lru_cache(128)
def _name(route: RouteId, message_id: str, attempt: int) -> str:
    """Name the record of a result: asked for several times within one attempt."""
    return delivery_id(route.subject, make_id("", route=route, message=message_id, attempt=attempt))


class Ended(NamedTuple):
    """How an attempt ended (integrations.md): words and numbers of ours, and ids that are allow-listed."""

    delivered: bool
    outcome: str
    receipt_level: str
    completed_at: datetime
    tries: int = 1
    status_code: int | None = None
    error_class: str = ""
    retry_after: timedelta | None = None
    ids: Sequence[tuple[str, str]] = ()


def write_intent(loop: Loop, begun: Begun, message: Mapping[str, object]) -> RecordValue:
    """Record what is about to be sent. `message` is all of it, public-safe, so that it can be told again as it was."""
    named = {
        "connector_delivery_source": loop.source,
        "event_type": loop.event_type,
        "event_id": begun.route.subject,
        **name_in_delivery(loop, begun.route.subject),
        "provider": begun.route.provider,
        "delivery_id": begun.delivery_id,
        **given(**begun.cause._asdict()),
    }
    payload = {
        "schema_version": INTENTS.schema_id,
        **named,
        "message_id": begun.message_id,
        "attempt": begun.attempt,
        "connector": begun.connector,
        "payload_sha256": begun.payload_sha256,
        "started_at": format_instant(begun.started_at),
        "message": dict(message),
    }
    name = make_id(INTENTS.prefix, delivery=begun.delivery_id)
    return envelope(INTENTS, name, begun.started_at, payload, signer=loop.source) | named


def write_attempt(loop: Loop, begun: Begun, ended: Ended) -> RecordValue:
    """Record how an attempt ended, as upstream records deliveries (B1.15), with the evidence of the attempt beside."""
    answer = ProviderAnswer(
        ended.delivered, ended.status_code, ended.tries, begun.started_at, max(ended.completed_at, begun.started_at)
    )
    wait = ended.retry_after and ended.retry_after.total_seconds()
    more: dict[str, Any] = given(error_class=ended.error_class, retry_after_seconds=wait)
    return write_delivery(
        loop,
        answer.completed_at if ended.delivered else begun.started_at,
        begun.route.subject,
        {begun.route.provider: answer},
        record_id=begun.delivery_id,
        message_id=begun.message_id,
        attempt=begun.attempt,
        connector=begun.connector,
        payload_sha256=begun.payload_sha256,
        outcome=ended.outcome,
        receipt_level=ended.receipt_level,
        retry_plan_id=begun.cause.retry_plan_id,
        worker_run_id=begun.cause.worker_run_id,
        receipt_ids=dict(ended.ids),
        **more,
    )
