"""The mail connector: one short plain mail to one address, which stands in two headers and nowhere else."""

import asyncio
from email import policy
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given

from deliver.messages import AT, LINK, MESSAGE_ID, MESSAGES, message
from deliver.post_office import PASSWORD, USER, PostOffice, serving
from reporter.deliver.configured import Configured
from reporter.deliver.connector import Recall
from reporter.deliver.connectors.email import Email
from reporter.deliver.connectors.registry import CONNECTORS, tells_somebody
from reporter.deliver.http import Http
from reporter.deliver.receipts import Level, Outcome, Receipt

DEFAULTS = {key.name: key.default for key in Email.keys}
HERE = {"host": "127.0.0.1", "sender": "reports@example.org", "to": "team@example.org", "security": "none"}


def connector(title: str = "", **values: str) -> Email:
    return Email(Configured("email", "", values={**DEFAULTS, **HERE, **values}, title=title))


def ask(office: PostOffice, what: str = "send", **values: str) -> Receipt:
    async def scenario() -> Receipt:
        async with serving(office) as port, Http([], timeout_seconds=5.0) as http:
            made = connector(port=str(port), **values)
            if what == "probe":
                return await made.probe(http)
            return await made.send(message(), AT, http)

    return asyncio.run(scenario())


def faults(**values: str) -> list[str]:
    return list(Email.faults(Configured("email", "", values={**DEFAULTS, **HERE, **values})))


def test_message_arrives_as_a_short_plain_mail() -> None:
    office = PostOffice()
    receipt = ask(office)
    assert (receipt.outcome, receipt.level, receipt.status_code) == (Outcome.ACCEPTED, Level.ACCEPTED, 250)
    (mail,) = office.received
    assert (mail.sender, mail.recipients) == ("reports@example.org", ("team@example.org",))
    read = mail.message
    assert read["Subject"] == "CRITICAL: The rollback drill is overdue"
    assert read["Message-ID"] == f"<{MESSAGE_ID}@reporter.invalid>"
    assert read["Date"].datetime == AT
    assert read.get_content_type() == "text/plain"
    text = str(read.get_content()).replace("\r\n", "\n")
    assert text.startswith("The last passing drill is 38 days old.\nIts interval is 30 days.\n\nEnvironment: ")
    for part in ("Owner: release-governance", "- Run the drill.", LINK):
        assert part in text


def test_payload_is_the_mail_without_addresses() -> None:
    payload = connector().payload(message(), AT)
    office = PostOffice()
    ask(office)
    sent = office.received[0].raw
    for address in (b"reports@example.org", b"team@example.org"):
        assert sent.count(address) == 1
        assert address not in payload
    assert payload.partition(b"\r\nSubject:")[2] == sent.partition(b"\r\nSubject:")[2]


def test_title_of_the_configuration_comes_first() -> None:
    read = BytesParser(policy=policy.default).parsebytes(connector("Cavra Ops").payload(message(), AT))
    assert read["Subject"] == "[Cavra Ops] CRITICAL: The rollback drill is overdue"


@given(MESSAGES)
def test_any_message_is_a_mail(one: Any) -> None:  # noqa: ANN401 - a message
    payload = connector().payload(one, AT)
    read = BytesParser(policy=policy.default).parsebytes(payload)
    assert payload.isascii()
    assert max(map(len, payload.split(b"\r\n"))) <= 78
    assert len(payload) < 400_000
    assert "Bcc" not in read
    assert read.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("office", "outcome"),
    [
        (PostOffice(rcpt={"*": 550}), Outcome.REJECTED_PERMANENT),
        (PostOffice(rcpt={"*": 450}), Outcome.THROTTLED),
        (PostOffice(cut="MAIL"), Outcome.UNREACHABLE),
        (PostOffice(cut="BODY"), Outcome.TIMEOUT_UNKNOWN),
    ],
    ids=["refused", "later", "lost before", "lost after"],
)
def test_receipt_says_how_it_ended(office: PostOffice, outcome: Outcome) -> None:
    assert ask(office).outcome is outcome


def test_nobody_to_write_to_is_said_before_anybody_is_asked() -> None:
    office = PostOffice()
    assert ask(office, to="") == Receipt(Outcome.REFUSED_LOCALLY, error_class="no_recipient")
    assert ask(office, to="jürgen@example.org") == Receipt(Outcome.REFUSED_LOCALLY, error_class="bad_address")
    assert office.commands == []


def test_probe_sends_nothing() -> None:
    office = PostOffice()
    assert ask(office, "probe") == Receipt(Outcome.ACCEPTED)
    assert office.commands == ["HELO"]


def test_nobody_can_be_asked_what_arrived() -> None:
    made = connector()

    async def scenario() -> Receipt | None:
        async with Http([]) as http:
            return await made.find(message(), http)

    assert asyncio.run(scenario()) is None
    assert (made.recall, made.provider, repr(made)) == (Recall.NONE, "email", "Email(<secret>)")


def test_server_is_the_one_that_is_configured() -> None:
    made = connector(host="mx.example.org", security="tls", user=USER, password=PASSWORD, unencrypted_allowed="yes")
    server = made.server(Http([], timeout_seconds=7.5, ca_file="ca.pem"))
    assert (server.host, server.port, server.security, server.sender) == (
        "mx.example.org",
        587,
        "tls",
        "reports@example.org",
    )
    assert (server.user, server.password, server.token) == (USER, PASSWORD, "")
    assert (server.timeout_seconds, server.ca_file, server.unencrypted_allowed) == (7.5, "ca.pem", True)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, []),
        ({"security": "tls", "user": "u", "password": "p"}, []),
        ({"security": "tls", "user": "u", "token": "t"}, []),
        ({"security": "tls", "user": "u"}, ["user"]),
        ({"security": "tls", "token": "t"}, ["user"]),
        ({"security": "tls", "user": "u", "password": "p", "token": "t"}, ["token"]),
        ({"user": "u", "password": "p"}, ["security"]),
        ({"password": "p", "token": "t"}, ["token", "user", "security"]),
    ],
)
def test_login_is_whole_or_not_there(values: dict[str, str], found: list[str]) -> None:
    told = faults(**values)
    assert [one.partition(":")[0] for one in told] == found
    assert all("wanted" in one for one in told)


def test_registry_has_it() -> None:
    assert CONNECTORS["email"] is Email
    assert tells_somebody("email")
