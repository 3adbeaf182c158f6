"""Microsoft Sentinel: one JSON event to the address that is configured, with its key or token (integrations.md).

What takes it differs from site to site, a data collection endpoint or a logic app, so that any 2xx is an
acceptance that is no page for people and tells of no failure. It cannot be asked what it has; the event
carries the message id.
"""

from datetime import datetime
from typing import ClassVar, Final

from reporter.deliver.configured import Needs
from reporter.deliver.connectors.base import ConfiguredConnector, accepted
from reporter.deliver.document import write_document
from reporter.deliver.http import HttpAnswer
from reporter.deliver.message import Message
from reporter.deliver.receipts import Receipt
from reporter.model.instants import format_instant

MOST_BYTES: Final = 200_000


class Sentinel(ConfiguredConnector):
    """Records an event a message."""

    needs: ClassVar[Needs] = Needs(authorisation=True)

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write one event at the time of the message."""
        time = {"TimeGenerated": format_instant(message.at)}
        return write_document(message, MOST_BYTES, lambda document, _: {**time, **document}, self.configured.title)

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - the proof names no message
        """Take any 2xx for an acceptance."""
        return accepted(answer)
