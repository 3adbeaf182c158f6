"""What every connector over HTTP has in common: what it was told, one JSON request, and how an answer is judged."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import ClassVar, Final

from reporter.deliver.configured import Configured, Key, Needs
from reporter.deliver.connectors.answers import is_page, is_unclear, tells_failure
from reporter.deliver.http import Http, HttpAnswer, HttpRequest
from reporter.deliver.http_connector import HttpConnector, receipt_of
from reporter.deliver.message import Message
from reporter.deliver.receipts import Level, Outcome, Receipt

NO_TIME: Final = datetime.min.replace(tzinfo=UTC)
"""For questions after which nobody waits: what an answer says of coming later has no use."""


class ConfiguredConnector(HttpConnector):
    """A connector made from its configuration. `needs` and `keys` declare what that may hold."""

    needs: ClassVar[Needs] = Needs()
    keys: ClassVar[tuple[Key, ...]] = ()

    def __init__(self, configured: Configured) -> None:
        self.configured = configured

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<secret>)"

    @property
    def provider(self) -> str:
        """The provider's word."""
        return self.configured.provider

    @property
    def url(self) -> str:
        """The address that messages go to; private."""
        return self.configured.url

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:  # noqa: ARG003 - what a vendor with more to ask needs
        """Say what is wrong beyond single keys, each as `KEY: found ..., wanted ...` without any value."""
        yield from ()

    def request(self, message: Message, at: datetime) -> HttpRequest:
        """Put the payload into a request, with what it takes to be let in."""
        return self.ask(self.configured.method, self.url, self.payload(message, at))

    def ask(self, method: str, url: str, body: bytes = b"") -> HttpRequest:
        """Write a request as all of this vendor's are."""
        kind = {"content-type": "application/json"} if body else {}
        return HttpRequest(method, url, {"accept": "application/json", **self.configured.headers, **kind}, body)

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        """Try once."""
        result = await http.send(self.request(message, at))
        receipt = receipt_of(result, at, lambda answer: self.judge(answer, message))
        word = self.reason_of(result) if isinstance(result, HttpAnswer) and not receipt.delivered else ""
        return receipt._replace(error_class=word) if word else receipt

    def judge(self, answer: HttpAnswer, message: Message) -> Receipt:
        """Say what a 2xx means. A page for people is a proxy's or a login's: the vendor was not reached.

        A proof beside a failure that the body tells of is none.
        """
        if is_page(answer):
            return refused(answer, "html_page")
        receipt = self.read(answer, message)
        if receipt.delivered and tells_failure(answer):
            return refused(answer, "refused_in_body")
        return doubtful(answer) if receipt.delivered and is_unclear(answer) else receipt

    @abstractmethod
    def read(self, answer: HttpAnswer, message: Message) -> Receipt:
        """Say what a 2xx means that is no page, by the proof that the vendor gives."""

    def reason_of(self, answer: HttpAnswer) -> str:  # noqa: ARG002 - what a vendor with words of its own needs
        """Find a word of ours for why the vendor refused, where its answer says more than its status."""
        return ""

    async def ask_quietly(self, http: Http, url: str, is_right: Callable[[HttpAnswer], bool]) -> Receipt:
        """Probe with a GET that changes nothing, with the credentials that sending would use."""

        def judge(answer: HttpAnswer) -> Receipt:
            if is_page(answer):
                return refused(answer, "html_page")
            is_well = is_right(answer) and not tells_failure(answer)
            return Receipt(Outcome.ACCEPTED, status_code=answer.status_code) if is_well else doubtful(answer)

        return receipt_of(await http.send(self.ask("GET", url)), NO_TIME, judge)


def accepted(answer: HttpAnswer, **ids: str) -> Receipt:
    """Say that the other side took it, and what it calls it."""
    return Receipt(Outcome.ACCEPTED, Level.ACCEPTED, answer.status_code, ids=tuple(ids.items()))


def refused(answer: HttpAnswer, error_class: str) -> Receipt:
    """Say that the other side did not take it, whatever its status says."""
    return Receipt(Outcome.REJECTED_PERMANENT, status_code=answer.status_code, error_class=error_class)


def doubtful(answer: HttpAnswer) -> Receipt:
    """Say that nobody knows: a 2xx without the proof that this vendor gives with one."""
    return Receipt(Outcome.TIMEOUT_UNKNOWN, status_code=answer.status_code, error_class="unexpected_answer")
