"""The one interface of everything that tells a provider something."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from reporter.deliver.http import Http
from reporter.deliver.message import Message
from reporter.deliver.receipts import Receipt


class Recall(StrEnum):
    """What the other side can tell of a message that may have arrived."""

    KEYED = "keyed"
    """It knows the message id and takes a repetition for the same message: sending again is safe."""
    SEARCHABLE = "searchable"
    """It can be asked whether it has the message."""
    NONE = "none"
    """It cannot tell. A repetition may be seen twice, and is named so."""


class Connector(Protocol):
    """One configured connector. It prints nothing private, keeps no state, and never raises for what others do."""

    @property
    def provider(self) -> str:
        """The provider's word (`model/providers.py`)."""

    @property
    def recall(self) -> Recall:
        """What the other side can tell of what it has."""

    def payload(self, message: Message, at: datetime) -> bytes:
        """Write the message as it will be sent, within the vendor's limits; for guards, digests and previews."""

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        """Try once. `at` is the time of this attempt."""

    async def find(self, message: Message, http: Http) -> Receipt | None:
        """Ask whether the message has arrived, where `recall` is `searchable`.

        Give the receipt of what is there, a receipt that is not delivered where it surely is not, None where nobody can
        tell.
        """

    async def probe(self, http: Http) -> Receipt:
        """Find out, without sending anything, whether the connector could be used."""
