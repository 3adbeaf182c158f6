"""What answers and faults mean to every connector over HTTP, and the connector that one request makes."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from collect.tls_server import Answers, Authorities, TlsServer, make_authorities, serving
from reporter.deliver.connector import Connector, Recall
from reporter.deliver.http import Http, HttpAnswer, HttpFault, HttpRequest
from reporter.deliver.http_connector import HttpConnector, receipt_of
from reporter.deliver.message import Message
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.model.reports import AlertLevel

NOW = datetime(2026, 6, 11, 12, 0, tzinfo=UTC)
MESSAGE = Message(
    "msg-1", "pilot", "drill_notification", "t", "s", AlertLevel.WARNING, "The drill is due", "In 14 days.", NOW
)
ACCEPTED = Receipt(Outcome.ACCEPTED, Level.ACCEPTED, 200)


def judged(answer: HttpAnswer) -> Receipt:
    """Accept what says ok."""
    accepted = answer.body == b"ok"
    return Receipt(Outcome.ACCEPTED if accepted else Outcome.REJECTED_PERMANENT, status_code=answer.status_code)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, (Outcome.ACCEPTED, "", None)),
        (299, {}, (Outcome.ACCEPTED, "", None)),
        (429, {}, (Outcome.THROTTLED, "rate_limited", None)),
        (429, {"retry-after": "30"}, (Outcome.THROTTLED, "rate_limited", 30)),
        (503, {}, (Outcome.THROTTLED, "come_later", None)),
        (503, {"retry-after": "30"}, (Outcome.THROTTLED, "come_later", 30)),
        (408, {}, (Outcome.THROTTLED, "come_later", None)),
        (425, {}, (Outcome.THROTTLED, "come_later", None)),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}, (Outcome.THROTTLED, "rate_limited", 9)),
        (403, {}, (Outcome.REJECTED_PERMANENT, "not_authorised", None)),
        (401, {"retry-after": "30"}, (Outcome.REJECTED_PERMANENT, "not_authorised", None)),
        (407, {}, (Outcome.REJECTED_PERMANENT, "not_authorised", None)),
        (404, {}, (Outcome.REJECTED_PERMANENT, "not_found", None)),
        (410, {}, (Outcome.REJECTED_PERMANENT, "not_found", None)),
        (413, {}, (Outcome.REJECTED_PERMANENT, "too_large", None)),
        (400, {}, (Outcome.REJECTED_PERMANENT, "rejected", None)),
        (499, {}, (Outcome.REJECTED_PERMANENT, "rejected", None)),
        (300, {}, (Outcome.REJECTED_PERMANENT, "redirect", None)),
        (399, {}, (Outcome.REJECTED_PERMANENT, "redirect", None)),
        (500, {"retry-after": "30"}, (Outcome.TIMEOUT_UNKNOWN, "server_error", None)),
        (502, {}, (Outcome.TIMEOUT_UNKNOWN, "server_error", None)),
        (599, {}, (Outcome.TIMEOUT_UNKNOWN, "server_error", None)),
        (199, {}, (Outcome.TIMEOUT_UNKNOWN, "protocol_error", None)),
        (600, {}, (Outcome.TIMEOUT_UNKNOWN, "protocol_error", None)),
    ],
)
def test_status_means(status: int, headers: dict[str, str], expected: tuple[Outcome, str, int | None]) -> None:
    outcome, error_class, seconds = expected
    wait = None if seconds is None else timedelta(seconds=seconds)
    receipt = receipt_of(HttpAnswer(status, headers, b"ok"), NOW, judged)
    assert receipt == Receipt(outcome, Level.INTENDED, status, error_class, wait)


def test_a_2xx_is_judged_by_its_body() -> None:
    assert not receipt_of(HttpAnswer(200, {}, b"invalid_token"), NOW, judged).delivered


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (HttpFault(Outcome.UNREACHABLE, "dns_failure"), 0),
        (HttpFault(Outcome.TIMEOUT_UNKNOWN, "read_timeout"), None),
        (HttpFault(Outcome.TIMEOUT_UNKNOWN, "answer_cut", 201), 201),
        (HttpFault(Outcome.REFUSED_LOCALLY, "host_not_allowed"), None),
    ],
)
def test_fault_keeps_its_meaning(fault: HttpFault, code: int | None) -> None:
    assert receipt_of(fault, NOW, judged) == Receipt(fault.outcome, status_code=code, error_class=fault.error_class)


class Hook(HttpConnector):
    """The least that a connector has to say."""

    provider = "webhook"
    url = ""

    def __init__(self, url: str) -> None:
        self.url = url

    def payload(self, message: Message, at: datetime) -> bytes:
        return f"{message.message_id} {at:%H:%M}".encode()

    def request(self, message: Message, at: datetime) -> HttpRequest:
        return HttpRequest("POST", self.url, {}, self.payload(message, at))


class Bodies(Answers):
    """Remembers what was posted."""

    bodies: tuple[bytes, ...] = ()

    def do_POST(self) -> None:  # noqa: N802 - as http.server names it
        type(self).bodies += (self.rfile.read(int(self.headers["Content-Length"])),)
        self.do_GET()


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def server(authorities: Authorities) -> Iterator[TlsServer]:
    Bodies.bodies = ()
    with serving(authorities.trusted.issue_cert("localhost"), Bodies) as server:
        yield server


def test_connector_sends_one_request(server: TlsServer, authorities: Authorities) -> None:
    async def send() -> list[Receipt | None]:
        hook: Connector = Hook(server.url("/ok"))
        assert hook.recall is Recall.NONE
        async with Http([f"localhost:{server.server_port}"], ca_file=authorities.ca_file) as http:
            return [await hook.send(MESSAGE, NOW, http), await hook.find(MESSAGE, http)]

    assert asyncio.run(send()) == [ACCEPTED, None]
    assert Bodies.bodies == (b"msg-1 12:00",)


def test_probe_sends_nothing_and_says_why_it_failed(server: TlsServer, authorities: Authorities) -> None:
    async def probe(ca_file: str) -> Receipt:
        async with Http([f"localhost:{server.server_port}"], ca_file=ca_file) as http:
            return await Hook(server.url("/ok")).probe(http)

    assert asyncio.run(probe(authorities.ca_file)) == Receipt(Outcome.ACCEPTED)
    assert asyncio.run(probe("")) == Receipt(Outcome.UNREACHABLE, status_code=0, error_class="tls_failure")
    assert server.seen == []
