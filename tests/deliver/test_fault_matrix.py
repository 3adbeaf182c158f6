"""The fault matrix, row by row, for every connector at once: what is known after a fault, what the next run does."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime

import pytest

from deliver.connected import BY_NAME, CASES, Case
from deliver.diary import NOW, Diary
from deliver.fault_matrix import OWN, ROWS, Row, next_step
from deliver.messages import message
from deliver.vendors import misbehaviour
from deliver.vendors.server import (
    Answer,
    Authorities,
    Exchange,
    Misbehaviour,
    Mount,
    Vendor,
    VendorServer,
    answer_json,
    answer_text,
)
from deliver.vendors.splunk import answer_code
from reporter.deliver.addresses import pin_of
from reporter.deliver.connector import Recall
from reporter.deliver.connectors.registry import CONNECTORS
from reporter.deliver.http import Http, HttpRequest
from reporter.deliver.outbox import Fate, Lane, Sending
from reporter.deliver.receipts import Outcome, Receipt
from reporter.model.routes import RouteId

PATIENCE = 1.5
"""Seconds for the requests that are too slow on purpose; for all others there is time enough."""
RESET = NOW + timedelta(seconds=30)
TOLD = message(at=NOW)


def limited(status: int = 429, **headers: str) -> Misbehaviour:
    return misbehaviour.refuse_with(answer_text(status, "later", **headers))


def stored(answer: Answer) -> Misbehaviour:
    return misbehaviour.store_and_answer(answer)


def refused(answer: Answer) -> Misbehaviour:
    return misbehaviour.refuse_with(answer)


SPOILS: Mapping[str, Misbehaviour] = {
    "silence": misbehaviour.say_nothing,
    "429": limited(),
    "429-seconds": limited(Retry_After="30"),
    "429-date": limited(Retry_After=format_datetime(RESET, usegmt=True)),
    "429-ms": limited(Retry_After_Ms="30000"),
    "429-epoch": limited(X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{RESET.timestamp():.0f}"),
    "429-iso": limited(X_RateLimit_Reset=RESET.isoformat()),
    "429-span": limited(RateLimit_Remaining="0", RateLimit_Reset="30"),
    "503": limited(503, Retry_After="30"),
    "500": refused(Answer(500)),
    "502-stored": stored(Answer(502)),
    "closed": misbehaviour.hang_up,
    "cut": misbehaviour.cut,
    "drip": misbehaviour.drip,
    "10-mb": misbehaviour.answer_endlessly,
    "redirect": misbehaviour.redirect,
    "login": misbehaviour.show_a_login_page,
    "text": stored(answer_text(200, "fine")),
    "text-2xx": stored(answer_text(200, "fine")),
    "error-slack": refused(answer_json(200, {"ok": False, "error": "channel_not_found"})),
    "error-teams": refused(answer_text(200, "Webhook message delivery failed with error: HTTP error 413")),
    "error-splunk": refused(answer_code(4, 200)),
    "busy-splunk": refused(answer_code(9, 200)),
    "error-listed": refused(answer_json(200, {"status": "invalid event", "errors": ["invalid"]})),
    "error-searched": refused(answer_json(200, {"errorMessages": ["invalid"], "error": {"message": "invalid"}})),
    "untrue": refused(answer_json(200, {"success": False})),
    "broken": refused(answer_text(200, '{"errors": ["Forbidden: api k', "application/json")),
    "told": refused(answer_text(200, "error: token expired")),
    "foreign": refused(answer_json(202, {"status": "success", "dedup_key": "somebody-elses"})),
    "foreign-issue": refused(answer_json(201, {"id": "10007", "key": "PAYROLL-7"})),
}
"""How a request is spoilt that arrives. The other rows are of requests that do not."""

ELSEWHERE = {"refused", "dns", "tls", "handshake"}


class Play:
    """One connector, its vendor, and a way to both."""

    def __init__(self, case: Case, mount: Mount, ca_file: str) -> None:
        self.case, self.mount = case, mount
        self.connector = case.connector(mount)
        self._ca_file = ca_file

    def http(self, base: str) -> Http:
        return Http({pin_of(base)}, timeout_seconds=20, ca_file=self._ca_file)

    async def spoilt(self, row: Row, base: str) -> Receipt:
        """Send while things go wrong; in a connection that stands, so that time is only lost where it should be."""
        connector = CONNECTORS[self.case.provider](self.case.configured(base))
        async with self.http(base) as http:
            if row.id in SPOILS:
                await http.send(HttpRequest("GET", self.mount.url("/is-it-there")))
                self.mount.always = spoil_what_creates(SPOILS[row.id])
            if row.id in {"silence", "drip", "handshake"}:
                http.timeout_seconds = PATIENCE
            receipt = await connector.send(TOLD, NOW, http)
        self.mount.always = None
        return receipt

    @property
    def kept(self) -> int:
        return len(self.case.kept(self.mount.vendor))

    @property
    def posts(self) -> int:
        return sum(asked.method == "POST" for asked in self.mount.seen)


def spoil_what_creates(spoil: Misbehaviour) -> Misbehaviour:
    """Leave alone what only asks."""

    def misbehave(exchange: Exchange) -> None:
        if exchange.asked.method == "GET":
            exchange.send(exchange.answer())
        else:
            spoil(exchange)

    return misbehave


@pytest.fixture
def plays(play: Callable[[Vendor], Mount], authorities: Authorities) -> Callable[[Row], list[Play]]:
    def stage(row: Row) -> list[Play]:
        cases = [BY_NAME[name] for name in row.cases]
        return [Play(case, play(case.vendor()), authorities.ca_file) for case in cases]

    return stage


@contextmanager
def where_it_goes(row: Row, mount: Mount, untrusted: VendorServer) -> Iterator[str]:
    """Give the address that a row sends to."""
    match row.id:
        case "refused":
            yield f"https://localhost:{misbehaviour.unused_port()}"
        case "dns":
            yield "https://no-such-host.invalid"
        case "tls":
            with untrusted.mounted(mount.vendor) as other:
                yield other.base
        case "handshake":
            with misbehaviour.deaf_port() as port:
                yield f"https://localhost:{port}"
        case _:
            yield mount.base


def evidence(receipt: Receipt, row: Row) -> tuple[Outcome, int | None, str, timedelta | None]:
    own = row.status == OWN and receipt.status_code in {200, 201, 202}
    return receipt.outcome, OWN if own else receipt.status_code, receipt.error_class, receipt.retry_after


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_fault_leaves_its_evidence_and_the_next_run_ends_it(
    row: Row, plays: Callable[[Row], list[Play]], untrusted_server: VendorServer
) -> None:
    staged = plays(row)
    wanted = (row.outcome, row.status, row.error_class, row.wait)

    async def send_all() -> list[Receipt]:
        with where_it_goes(row, staged[0].mount, untrusted_server) as base:
            bases = [base if row.id in ELSEWHERE else one.mount.base for one in staged]
            return await asyncio.gather(*(one.spoilt(row, at) for one, at in zip(staged, bases, strict=True)))

    receipts = asyncio.run(send_all())
    assert {
        one.case.name: evidence(receipt, row) for one, receipt in zip(staged, receipts, strict=True)
    } == dict.fromkeys(row.cases, wanted)
    assert {one.case.name: one.kept for one in staged} == dict.fromkeys(row.cases, int(row.stored))
    assert all(one.posts == (row.id in SPOILS) for one in staged)
    again = [one for one in staged if is_sent_again(row.outcome, one.connector.recall)]
    assert next_run(again, in_doubt=row.outcome is Outcome.TIMEOUT_UNKNOWN) == [Fate.DELIVERED] * len(again)
    assert {one.case.name: one.kept for one in again} == {one.case.name: 1 for one in again}


def is_sent_again(outcome: Outcome, recall: Recall) -> bool:
    """Say whether the next run may send without a loop's gates, once whatever was wrong is mended."""
    return outcome is not Outcome.ACCEPTED and (outcome, recall) != (Outcome.TIMEOUT_UNKNOWN, Recall.NONE)


def next_run(staged: list[Play], *, in_doubt: bool) -> list[Fate]:
    """Run the outbox when nothing goes wrong any more, with what an earlier run has left."""
    lanes = []
    for one in staged:
        route = RouteId("drill_notification", TOLD.subject, one.case.provider)
        sending = Sending(TOLD, route, attempt=2, doubtful=in_doubt)
        lanes.append(Lane(one.case.name, one.connector, one.http(one.mount.base), lambda _: (), [sending]))
    return Diary().send(*lanes)


def test_matrix_has_a_row_for_whatever_can_be_caused_and_every_connector() -> None:
    assert {row.id for row in ROWS} == set(SPOILS) | ELSEWHERE
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert {name for row in ROWS for name in row.cases} == {case.name for case in CASES}
    for family in ("text", "error"):
        met = [name for row in ROWS if row.id.partition("-")[0] == family for name in row.cases]
        assert sorted(met) == sorted(BY_NAME)


@pytest.mark.parametrize("outcome", sorted({row.outcome for row in ROWS}))
@pytest.mark.parametrize("recall", Recall)
def test_docs_say_what_was_done(outcome: Outcome, recall: Recall) -> None:
    says_nothing = next_step(outcome, recall) in {"nothing", "unknown: the gates decide"}
    assert says_nothing != is_sent_again(outcome, recall)
