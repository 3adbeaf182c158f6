"""Splunk: one event to the HTTP Event Collector (integrations.md).

`Authorization: Splunk TOKEN`. An answer is JSON with a code: 0 is success, every other one a refusal, whatever the
status. The collector cannot be asked what it has; the event carries the message id, so that a repetition can be told.
"""

from datetime import datetime
from typing import ClassVar, Final

from reporter.deliver.configured import Key, Needs
from reporter.deliver.connectors.answers import object_in
from reporter.deliver.connectors.base import ConfiguredConnector, accepted, doubtful
from reporter.deliver.document import write_document
from reporter.deliver.http import Http, HttpAnswer
from reporter.deliver.http_connector import receipt_of
from reporter.deliver.message import Message
from reporter.deliver.receipts import Level, Outcome, Receipt

MOST_BYTES: Final = 200_000
ENDPOINT: Final = "/services/collector/event"

SUCCESS: Final = 0
HEALTHY: Final = 17
REASONS: Final = {
    1: "token_disabled",
    2: "token_missing",
    3: "authorisation_invalid",
    4: "token_invalid",
    5: "no_data",
    6: "data_invalid",
    7: "index_incorrect",
    8: "server_error",
    9: "server_busy",
    10: "channel_missing",
    11: "channel_invalid",
    12: "event_missing",
    13: "event_blank",
    15: "fields_invalid",
    16: "query_token_refused",
    18: "queues_full",
    23: "shutting_down",
}
_LATER: Final = frozenset({"server_busy", "queues_full", "shutting_down"})
_NO_CODE: Final = -1


class Splunk(ConfiguredConnector):
    """Records an event a message."""

    needs: ClassVar[Needs] = Needs(authorisation=True, scheme="Splunk")
    keys: ClassVar[tuple[Key, ...]] = (
        Key("index", "Index of the events.", default="cavra", pattern=r"[a-z0-9_][a-z0-9_-]{0,79}", wants="an index"),
    )

    @property
    def url(self) -> str:
        """The address of the collector's events."""
        host, _, path = self.configured.url.rstrip("/").partition("://")[2].partition("/")
        return self.configured.url if path or not host else self.configured.url.rstrip("/") + ENDPOINT

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write one event at the time of the message."""
        envelope = {
            "time": round(message.at.timestamp(), 3),
            "source": "reporter",
            "sourcetype": "_json",
            "index": self.configured.values.get("index", "cavra"),
        }
        return write_document(
            message, MOST_BYTES, lambda document, _: {**envelope, "event": document}, self.configured.title
        )

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        """Try once. A code is believed before the status: a proxy may have changed that."""
        result = await http.send(self.request(message, at))
        receipt = receipt_of(result, at, lambda answer: self.judge(answer, message))
        reason = REASONS.get(_code_of(result)) if isinstance(result, HttpAnswer) else None
        if reason is None:
            return receipt
        return receipt._replace(outcome=_outcome(reason), level=Level.INTENDED, error_class=f"splunk_{reason}")

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - the proof names no message
        """Take code 0 for the proof."""
        return accepted(answer) if _code_of(answer) == SUCCESS else doubtful(answer)

    async def probe(self, http: Http) -> Receipt:
        """Ask the collector for its health, with our token."""
        return await self.ask_quietly(http, f"{self.url.rstrip('/').removesuffix('/event')}/health", self._is_well)

    def _is_well(self, answer: HttpAnswer) -> bool:
        return _code_of(answer) == HEALTHY


def _code_of(answer: HttpAnswer) -> int:
    code = object_in(answer).get("code")
    return code if type(code) is int else _NO_CODE


def _outcome(reason: str) -> Outcome:
    if reason in _LATER:
        return Outcome.THROTTLED
    return Outcome.TIMEOUT_UNKNOWN if reason == "server_error" else Outcome.REJECTED_PERMANENT
