"""Providers that a configuration may name and that tell nobody anything: hosts of code, and pipelines.

Upstream starts a pipeline there, with a body of its own (domain.md B1.13). No person learns anything from that, so that
it would count as a delivery that it is not; to a host of code, attaching the bundle is what brings it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final

from reporter.deliver.configured import Configured, Key, Needs
from reporter.deliver.connector import Recall
from reporter.deliver.http import Http
from reporter.deliver.message import Message
from reporter.deliver.receipts import Outcome, Receipt

TELLS_NOBODY: Final = Receipt(Outcome.REFUSED_LOCALLY, error_class="tells_nobody")


class Mute:
    """Refuses to be used, and says why by its error class."""

    needs: ClassVar[Needs] = Needs(authorisation=True)
    keys: ClassVar[tuple[Key, ...]] = (
        Key("ref", "Branch of upstream's pipeline; not used."),
        Key("event_type", "Event of upstream's pipeline; not used."),
    )
    recall: ClassVar[Recall] = Recall.NONE

    def __init__(self, configured: Configured) -> None:
        self.provider = configured.provider

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:  # noqa: ARG003 - a configuration of upstream's stands
        """Find nothing wrong: what upstream's configuration holds for others is no fault of it."""
        yield from ()

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - there is none
        """Write nothing."""
        return b""

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:  # noqa: ARG002 - nothing is sent
        """Send nothing."""
        return TELLS_NOBODY

    async def find(self, message: Message, http: Http) -> Receipt | None:  # noqa: ARG002 - nothing is asked
        """Say that it is not there: nothing was ever sent."""
        return TELLS_NOBODY

    async def probe(self, http: Http) -> Receipt:  # noqa: ARG002 - nothing is asked
        """Say that it cannot be used."""
        return TELLS_NOBODY
