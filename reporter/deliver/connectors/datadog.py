"""Datadog: one JSON event to the address that is configured, with `dd-api-key` (integrations.md).

An intake answers 2xx with nothing or with JSON; errors in that are a refusal. It cannot be asked what it has; the event
carries the message id.
"""

import re
from datetime import datetime
from typing import ClassVar, Final

from reporter.deliver.configured import Key, Needs
from reporter.deliver.connectors.base import ConfiguredConnector, accepted, doubtful
from reporter.deliver.document import write_document
from reporter.deliver.fit import Excerpt, one_line, text_of
from reporter.deliver.http import HttpAnswer
from reporter.deliver.message import Message
from reporter.deliver.receipts import Receipt
from reporter.model.reports import AlertLevel

MOST_BYTES: Final = 200_000
LONGEST_TAG: Final = 200

_STATUS: Final = {AlertLevel.CRITICAL: "error", AlertLevel.WARNING: "warn", AlertLevel.HEALTHY: "info"}


class Datadog(ConfiguredConnector):
    """Records an event a message."""

    needs: ClassVar[Needs] = Needs(authorisation=True, api_key_header="dd-api-key")
    keys: ClassVar[tuple[Key, ...]] = (
        Key("service", "Service that the events are of.", default="cavra", pattern=r"[\w./-]{1,100}", wants="a name"),
    )

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write one event as the log intake takes it."""
        tags = {"env": message.environment, "loop": message.loop, "severity": message.severity}

        def wrap(document: dict[str, object], excerpt: Excerpt) -> dict[str, object]:
            text = f"{excerpt.title}\n\n{text_of(excerpt)}"
            return {
                "ddsource": "reporter",
                "ddtags": ",".join(_tag(name, text) for name, text in tags.items() if text),
                "service": self.configured.values.get("service", "cavra"),
                "status": _STATUS[message.severity],
                "reporter": document,
                "message": text,
            }

        return write_document(message, MOST_BYTES, wrap, self.configured.title)

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - the proof names no message
        """Take an empty answer or JSON for an acceptance; errors in that are seen by whoever asks this."""
        return accepted(answer) if not answer.body.strip() or answer.body.lstrip()[:1] == b"{" else doubtful(answer)


def _tag(name: str, text: str) -> str:
    return f"{name}:{re.sub(r'[^a-z0-9./-]', '_', one_line(text).lower())}"[:LONGEST_TAG]
