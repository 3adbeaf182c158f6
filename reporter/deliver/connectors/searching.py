"""Vendors that know no idempotency key but can be asked: a message is searched for before it is created.

What the search costs is one request a message. What it gives is that a repetition, after a kill or an answer that never
came, finds what is there.
"""

from abc import abstractmethod
from datetime import datetime
from typing import Final

from reporter.deliver.connector import Recall
from reporter.deliver.connectors.answers import is_page, object_in, tells_failure
from reporter.deliver.connectors.base import NO_TIME, ConfiguredConnector, doubtful, refused
from reporter.deliver.http import Http, HttpAnswer, HttpRequest
from reporter.deliver.http_connector import receipt_of
from reporter.deliver.message import Message
from reporter.deliver.receipts import Outcome, Receipt

NOT_THERE: Final = Receipt(Outcome.UNREACHABLE, status_code=200, error_class="not_there")
"""The vendor was asked and does not have it: sending is safe."""


class SearchingConnector(ConfiguredConnector):
    """A connector that stamps the message id and looks for the stamp."""

    @property
    def recall(self) -> Recall:
        """The vendor can be asked."""
        return Recall.SEARCHABLE

    @abstractmethod
    def search(self, message: Message) -> HttpRequest:
        """Ask for the stamp."""

    @abstractmethod
    def found(self, answer: HttpAnswer, message: Message) -> Receipt:
        """Read an answer to the search that is no page: what is there, `NOT_THERE`, or a doubtful receipt."""

    @property
    @abstractmethod
    def readable(self) -> str:
        """The address of something that a user of this connector may read."""

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        """Try once, unless it is there. A search that fails creates nothing, so that trying again is safe."""
        there = await self._ask_for(message, at, http)
        if there == NOT_THERE:
            return await super().send(message, at, http)
        if there.outcome is Outcome.TIMEOUT_UNKNOWN:
            return there._replace(outcome=Outcome.UNREACHABLE, error_class=f"search_{there.error_class}")
        return there

    async def find(self, message: Message, http: Http) -> Receipt | None:
        """Ask whether it has arrived."""
        there = await self._ask_for(message, NO_TIME, http)
        return there if there.delivered or there == NOT_THERE else None

    async def probe(self, http: Http) -> Receipt:
        """Read something, with the credentials that sending would use."""
        return await self.ask_quietly(http, self.readable, lambda answer: bool(object_in(answer)))

    async def _ask_for(self, message: Message, at: datetime, http: Http) -> Receipt:
        def judge(answer: HttpAnswer) -> Receipt:
            if is_page(answer):
                return refused(answer, "html_page")
            return doubtful(answer) if tells_failure(answer) else self.found(answer, message)

        return receipt_of(await http.send(self.search(message)), at, judge)
