"""What connectors over HTTP share: sending one request, and what its answer means.

A 2xx is judged by each connector, for a delivery is not a 2xx; every other answer means the same everywhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from reporter.deliver.connector import Recall
from reporter.deliver.http import Http, HttpAnswer, HttpFault, HttpRequest
from reporter.deliver.message import Message
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.deliver.retry_after import read_retry_after, says_limit


def receipt_of(result: HttpAnswer | HttpFault, at: datetime, judge: Callable[[HttpAnswer], Receipt]) -> Receipt:
    """Say what came of a request that was sent at `at`; `judge` is asked about answers 200 to 299."""
    match result:
        case HttpFault(outcome, error_class, status_code):
            code = 0 if outcome is Outcome.UNREACHABLE else status_code
            return Receipt(outcome, status_code=code, error_class=error_class)
        case HttpAnswer(status_code) if 200 <= status_code <= 299:  # noqa: PLR2004 - RFC 9110 15.3
            return judge(result)
        case HttpAnswer():
            return refusal_of(result, at)
        case _ as never:
            assert_never(never)


def refusal_of(answer: HttpAnswer, at: datetime) -> Receipt:
    """Say what an answer that is no 2xx means (integrations.md)."""
    outcome, error_class = _meaning(answer)
    wait = read_retry_after(answer.headers, at) if outcome is Outcome.THROTTLED else None
    return Receipt(outcome, status_code=answer.status_code, error_class=error_class, retry_after=wait)


def _meaning(answer: HttpAnswer) -> tuple[Outcome, str]:  # noqa: PLR0911 - one line for each kind of answer
    match answer.status_code:
        case 429:
            return Outcome.THROTTLED, "rate_limited"
        case 403 if says_limit(answer.headers):
            return Outcome.THROTTLED, "rate_limited"
        case 408 | 425 | 503:
            return Outcome.THROTTLED, "come_later"
        case 401 | 403 | 407:
            return Outcome.REJECTED_PERMANENT, "not_authorised"
        case 404 | 410:
            return Outcome.REJECTED_PERMANENT, "not_found"
        case 413:
            return Outcome.REJECTED_PERMANENT, "too_large"
        case code if 300 <= code <= 399:  # noqa: PLR2004 - RFC 9110 15.4
            return Outcome.REJECTED_PERMANENT, "redirect"
        case code if 400 <= code <= 499:  # noqa: PLR2004 - RFC 9110 15.5
            return Outcome.REJECTED_PERMANENT, "rejected"
        case code if 500 <= code <= 599:  # noqa: PLR2004 - RFC 9110 15.6; it may have been stored before that
            return Outcome.TIMEOUT_UNKNOWN, "server_error"
        case _:
            return Outcome.TIMEOUT_UNKNOWN, "protocol_error"


class HttpConnector(ABC):
    """A connector that sends one request a message. What `Connector` promises, but for what only the vendor knows."""

    @property
    @abstractmethod
    def provider(self) -> str:
        """The provider's word."""

    @property
    def recall(self) -> Recall:
        """Nothing, unless the vendor can tell."""
        return Recall.NONE

    @property
    @abstractmethod
    def url(self) -> str:
        """The address that is configured; private."""

    @abstractmethod
    def payload(self, message: Message, at: datetime) -> bytes:
        """Write the message as it will be sent, within the vendor's limits."""

    @abstractmethod
    def request(self, message: Message, at: datetime) -> HttpRequest:
        """Put the payload into a request, with what it takes to be let in."""

    def judge(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - what a vendor that names it needs
        """Say what a 2xx means: it was accepted, unless the vendor has more to say in the body."""
        return Receipt(Outcome.ACCEPTED, Level.ACCEPTED, answer.status_code)

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        """Try once."""
        result = await http.send(self.request(message, at))
        return receipt_of(result, at, lambda answer: self.judge(answer, message))

    async def find(self, message: Message, http: Http) -> Receipt | None:  # noqa: ARG002 - what a vendor that can tell needs
        """Say that nobody can tell."""
        return None

    async def probe(self, http: Http) -> Receipt:
        """Connect and secure the connection, and ask nothing: what a webhook allows without sending.

        The receipt has the outcome `accepted` and the level `intended` where that went well.
        """
        return await reach_of(self.url, http)


async def reach_of(url: str, http: Http) -> Receipt:
    """Say whether the host of an address is there; nothing is asked of it."""
    fault = await http.reach(url)
    if fault is None:
        return Receipt(Outcome.ACCEPTED)
    return Receipt(fault.outcome, status_code=0, error_class=fault.error_class)
