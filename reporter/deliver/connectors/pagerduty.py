"""PagerDuty: one event to the Events API v2 (integrations.md).

The message id is the `dedup_key`, of at most 255 characters, so that a repetition joins the same alert; a summary has
1,024. An answer of 202 says that the event is queued. The routing key travels in the body; a payload as it is shown,
searched and digested has none.
"""

import json
from datetime import datetime
from typing import ClassVar, Final

from reporter.deliver.configured import Key, Needs
from reporter.deliver.connector import Recall
from reporter.deliver.connectors.answers import object_in
from reporter.deliver.connectors.base import ConfiguredConnector, accepted, doubtful, refused
from reporter.deliver.document import write_document
from reporter.deliver.fit import PLAIN, Excerpt, key_of, one_line, to_json
from reporter.deliver.http import HttpAnswer, HttpRequest
from reporter.deliver.message import Message
from reporter.deliver.receipts import Receipt
from reporter.model.instants import format_instant
from reporter.model.reports import AlertLevel

MOST_BYTES: Final = 200_000
SUMMARY: Final = 1_024
SOURCE: Final = 255

_SEVERITY: Final = {AlertLevel.CRITICAL: "critical", AlertLevel.WARNING: "warning", AlertLevel.HEALTHY: "info"}


class PagerDuty(ConfiguredConnector):
    """Pages whoever is on call."""

    needs: ClassVar[Needs] = Needs(default_url="https://events.pagerduty.com/v2/enqueue")
    keys: ClassVar[tuple[Key, ...]] = (
        Key(
            "routing_key",
            "Integration key of the service.",
            required=True,
            secret=True,
            pattern=r"[A-Za-z0-9]{32}",
            wants="32 letters and digits",
        ),
    )

    @property
    def recall(self) -> Recall:
        """PagerDuty takes a repetition for the same alert."""
        return Recall.KEYED

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write one event that triggers, without the routing key."""

        def wrap(document: dict[str, object], excerpt: Excerpt) -> dict[str, object]:
            payload = {
                "summary": excerpt.title,
                "source": PLAIN.fit(one_line(message.environment), SOURCE).text or "reporter",
                "severity": _SEVERITY[message.severity],
                "timestamp": format_instant(message.at),
                "custom_details": document,
            }
            links = [{"href": excerpt.link, "text": "Evidence"}] if excerpt.link else []
            return {"event_action": "trigger", "dedup_key": key_of(message), "payload": payload, "links": links}

        return write_document(message, MOST_BYTES, wrap, self.configured.title)

    def request(self, message: Message, at: datetime) -> HttpRequest:
        """Add the routing key."""
        routing_key = self.configured.values.get("routing_key", "")
        event = {"routing_key": routing_key, **json.loads(self.payload(message, at))}
        return self.ask(self.configured.method, self.url, to_json(event))

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:
        """Take the word `success` and our own key for the proof; another key is of an event that is not ours."""
        document = object_in(answer)
        if document.get("status") != "success":
            return refused(answer, "refused_in_body") if document.get("errors") else doubtful(answer)
        is_ours = document.get("dedup_key") == key_of(message)
        return accepted(answer, dedup_key=key_of(message)) if is_ours else doubtful(answer)
