"""Mail over real SMTP: encrypted or not sent, a receipt for each recipient, and no address in any of them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

from deliver.post_office import PASSWORD, TOKEN, USER, PostOffice, serving
from reporter.deliver.letter import Attachment, Letter, write_letter
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.deliver.smtp import MOST_RECIPIENTS, MailServer, Security, post, probe

AT = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
ONE, TWO, THREE = "ceo@example.org", "cto@example.org", "board@example.com"
LETTER = Letter("gordackexecsched-1", AT, "Hold the release", "Line\n.a dot\n..two dots\n", sender="r@example.org")
MAIL = write_letter(replace(LETTER, to=(ONE, TWO)))
ACCEPTED = Receipt(Outcome.ACCEPTED, Level.ACCEPTED, 250, ids=(("queue_id", "4F2AB01C"),))


class Trust(NamedTuple):
    """A certificate for loopback, the authority that vouches for it, and one that nobody knows."""

    known: ssl.SSLContext
    unknown: ssl.SSLContext
    elsewhere: ssl.SSLContext
    ca_file: str


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    authority = trustme.CA()
    ca_file = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    def context(ca: trustme.CA, name: str) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(name).configure_cert(made)
        return made

    return Trust(
        context(authority, "127.0.0.1"),
        context(trustme.CA(), "127.0.0.1"),
        context(authority, "mx.example.org"),
        str(ca_file),
    )


def send(
    office: PostOffice,
    *recipients: str,
    mail: bytes = MAIL,
    server: dict[str, Any] | None = None,
    **options: Any,  # noqa: ANN401 - of `serving`
) -> tuple[Receipt, ...]:
    """Send to a server that does as `office` says; without more, over no TLS on loopback."""

    async def scenario() -> tuple[Receipt, ...]:
        async with serving(office, **options) as port:
            return await post(server_at(port, **(server or {})), mail, recipients or (ONE, TWO))

    return asyncio.run(scenario())


def server_at(port: int, **changes: Any) -> MailServer:  # noqa: ANN401 - any field
    plain = {"host": "127.0.0.1", "security": Security.NONE, "timeout_seconds": 5.0}
    return MailServer(port=port, sender="r@example.org", **{**plain, **changes})


@asynccontextmanager
async def talking(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve what is no mail server; give the port. Ends when every talk has."""
    talks: list[asyncio.Task[None]] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talk(reader, writer)
        writer.close()
        await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(one(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait(talks)


def test_mail_arrives_whole_at_every_recipient() -> None:
    office = PostOffice()
    assert send(office) == (ACCEPTED, ACCEPTED)
    (mail,) = office.received
    assert (mail.sender, mail.recipients, mail.raw) == ("r@example.org", (ONE, TWO), MAIL)
    assert not mail.encrypted
    text = mail.message.get_body()
    assert text is not None
    assert text.get_content().splitlines() == ["Line", ".a dot", "..two dots"]


def test_starttls_secures_the_connection_before_anything_is_said(trust: Trust) -> None:
    office = PostOffice()
    said = {"security": Security.STARTTLS, "ca_file": trust.ca_file}
    assert send(office, ONE, server=said, certificate=trust.known) == (ACCEPTED,)
    assert office.received[0].encrypted
    assert office.commands == ["HELO", "HELO", "MAIL", "RCPT", "DATA", "BODY"]


def test_tls_from_the_start(trust: Trust) -> None:
    office = PostOffice()
    said = {"security": Security.TLS, "ca_file": trust.ca_file}
    assert send(office, ONE, server=said, certificate=trust.known, tls=True) == (ACCEPTED,)
    assert office.received[0].encrypted


def test_server_without_starttls_gets_no_mail() -> None:
    office = PostOffice()
    assert send(office, server={"security": Security.STARTTLS}) == 2 * (
        Receipt(Outcome.REFUSED_LOCALLY, error_class="starttls_not_offered"),
    )
    assert office.commands == ["HELO"]


@pytest.mark.parametrize("tls", [False, True], ids=["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["unknown", "elsewhere"])
def test_certificate_that_nobody_vouches_for_ends_it(trust: Trust, wrong: str, *, tls: bool) -> None:
    office = PostOffice()
    said = {"security": Security.TLS if tls else Security.STARTTLS, "ca_file": trust.ca_file}
    (receipt,) = send(office, ONE, server=said, certificate=getattr(trust, wrong), tls=tls)
    assert receipt == Receipt(Outcome.UNREACHABLE, status_code=0, error_class="tls_failure")
    assert "MAIL" not in office.commands


def test_system_authorities_are_trusted_where_no_file_is_named(trust: Trust) -> None:
    said = {"security": Security.TLS}
    (receipt,) = send(PostOffice(), ONE, server=said, certificate=trust.known, tls=True)
    assert receipt.error_class == "tls_failure"


@pytest.mark.parametrize("name", ["none.pem", "empty.pem"])
def test_authorities_that_cannot_be_read_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.pem").write_text("", encoding="utf-8")
    said = {"security": Security.TLS, "ca_file": str(tmp_path / name)}
    (receipt,) = send(PostOffice(), ONE, server=said)
    assert receipt == Receipt(Outcome.REFUSED_LOCALLY, error_class="ca_file_unreadable")


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN", "XOAUTH2"])
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_login(trust: Trust, way: str, *, right: bool) -> None:
    office = PostOffice()
    secret = {"token": TOKEN} if way == "XOAUTH2" else {"password": PASSWORD}
    said = {
        "security": Security.STARTTLS,
        "ca_file": trust.ca_file,
        "user": USER,
        **(secret if right else dict.fromkeys(secret, "wrong")),
    }
    (receipt,) = send(office, ONE, server=said, certificate=trust.known, ways=(way,))
    assert office.logins == [way]
    if right:
        assert receipt == ACCEPTED
        assert office.received[0].user == USER
    else:
        assert receipt == Receipt(Outcome.REJECTED_PERMANENT, status_code=535, error_class="not_authorised")
        assert not office.received


@pytest.mark.parametrize("secret", ["password", "token"])
def test_nobody_logs_in_where_no_way_is_offered_that_we_know(trust: Trust, secret: str) -> None:
    office = PostOffice()
    ways = ("XOAUTH2",) if secret == "password" else ("PLAIN", "LOGIN")  # noqa: S105 - the name of a field
    said = {"security": Security.STARTTLS, "ca_file": trust.ca_file, "user": USER, secret: TOKEN}
    (receipt,) = send(office, ONE, server=said, certificate=trust.known, ways=ways)
    assert receipt == Receipt(Outcome.REFUSED_LOCALLY, error_class="login_not_offered")
    assert not office.logins


def test_secret_never_leaves_unencrypted() -> None:
    office = PostOffice()
    for secret in ("password", "token"):
        (receipt,) = send(office, ONE, server={"user": USER, secret: "x"})
        assert receipt == Receipt(Outcome.REFUSED_LOCALLY, error_class="login_without_tls")
    assert not office.commands


@pytest.mark.parametrize("host", ["localhost", "192.0.2.1", "mx.example.org"])
def test_relay_without_tls_is_on_this_machine(host: str) -> None:
    server = replace(server_at(25), host=host)
    (receipt,) = asyncio.run(post(server, MAIL, [ONE]))
    assert receipt == Receipt(Outcome.REFUSED_LOCALLY, error_class="tls_required")


def test_relay_without_tls_elsewhere_is_used_where_somebody_says_so() -> None:
    office = PostOffice()
    assert send(office, ONE, server={"host": "localhost", "unencrypted_allowed": True})[0].delivered


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"sender": "nobody"}, "bad_sender"), ({"host": "mx example"}, "bad_host"), ({"most_bytes": 100}, "too_large")],
    ids=["sender", "host", "size"],
)
def test_what_cannot_be_sent_is_refused_here(changes: dict[str, Any], word: str) -> None:
    office = PostOffice()
    server = replace(server_at(1), **changes)
    assert asyncio.run(post(server, MAIL, [ONE, TWO])) == 2 * (Receipt(Outcome.REFUSED_LOCALLY, error_class=word),)
    assert not office.commands


def test_mail_that_is_larger_than_the_server_takes_is_not_sent() -> None:
    office = PostOffice()
    (receipt,) = send(office, ONE, data_size_limit=len(MAIL) - 1)
    assert receipt == Receipt(Outcome.REFUSED_LOCALLY, error_class="too_large")
    assert send(office, ONE, data_size_limit=len(MAIL) + 2) == (ACCEPTED,)
    assert office.commands.count("MAIL") == 1


@pytest.mark.parametrize(
    ("code", "outcome", "word"),
    [
        (450, Outcome.THROTTLED, "come_later"),
        (452, Outcome.THROTTLED, "come_later"),
        (550, Outcome.REJECTED_PERMANENT, "recipient_refused"),
        (554, Outcome.REJECTED_PERMANENT, "recipient_refused"),
    ],
)
def test_refused_recipient_does_not_stop_the_others(code: int, outcome: Outcome, word: str) -> None:
    office = PostOffice(rcpt={TWO: code})
    refused = Receipt(outcome, status_code=code, error_class=word)
    assert send(office, ONE, TWO, THREE) == (ACCEPTED, refused, ACCEPTED)
    assert office.received[0].recipients == (ONE, THREE)


def test_mail_that_nobody_may_get_is_not_handed_over() -> None:
    office = PostOffice(rcpt={"*": 550})
    assert {one.outcome for one in send(office)} == {Outcome.REJECTED_PERMANENT}
    assert "DATA" not in office.commands


@pytest.mark.parametrize(
    ("code", "outcome", "word"),
    [
        (421, Outcome.THROTTLED, "come_later"),
        (451, Outcome.THROTTLED, "come_later"),
        (550, Outcome.REJECTED_PERMANENT, "rejected"),
        (552, Outcome.REJECTED_PERMANENT, "rejected"),
    ],
)
@pytest.mark.parametrize("stage", ["mail", "data"])
def test_answer_to_the_whole_is_the_answer_to_each(stage: str, code: int, outcome: Outcome, word: str) -> None:
    office = PostOffice(mail=code) if stage == "mail" else PostOffice(data=f"{code} no")
    receipts = send(office, ONE, TWO)
    assert receipts == 2 * (Receipt(outcome, status_code=code, error_class=word),)
    assert not office.received


@pytest.mark.parametrize(
    ("said", "outcome", "word"),
    [
        ("452 full", Outcome.THROTTLED, "come_later"),
        ("554 no", Outcome.REJECTED_PERMANENT, "rejected"),
        ("250 what", Outcome.UNREACHABLE, "protocol_error"),
    ],
)
def test_mail_that_is_not_let_through_was_not_handed_over(said: str, outcome: Outcome, word: str) -> None:
    (receipt,) = send(PostOffice(begin=said), ONE)
    assert receipt == Receipt(outcome, status_code=int(said[:3]), error_class=word)


def test_server_that_wants_tls_first_says_so(trust: Trust) -> None:
    (receipt,) = send(PostOffice(), ONE, certificate=trust.known)
    assert receipt == Receipt(Outcome.REJECTED_PERMANENT, status_code=530, error_class="rejected")


@pytest.mark.parametrize("said", ["299 what", "999 what", "354 go on"])
def test_answer_that_means_nothing_is_unknown_where_the_mail_was_handed_over(said: str) -> None:
    (receipt,) = send(PostOffice(data=said), ONE)
    if said.startswith("2"):
        assert receipt == Receipt(Outcome.ACCEPTED, Level.ACCEPTED, 299)
    else:
        assert receipt == Receipt(Outcome.TIMEOUT_UNKNOWN, status_code=int(said[:3]), error_class="protocol_error")


@pytest.mark.parametrize("stage", ["HELO", "MAIL", "RCPT", "DATA"])
def test_connection_that_is_lost_before_the_mail_was_handed_over_brought_nothing(stage: str) -> None:
    office = PostOffice(cut=stage)
    assert send(office) == 2 * (Receipt(Outcome.UNREACHABLE, status_code=0, error_class="connection_lost"),)
    assert not office.received


def test_connection_that_is_lost_afterwards_leaves_it_unknown_for_those_it_was_for() -> None:
    office = PostOffice(cut="BODY", rcpt={TWO: 550})
    unknown = Receipt(Outcome.TIMEOUT_UNKNOWN, error_class="connection_lost")
    refused = Receipt(Outcome.REJECTED_PERMANENT, status_code=550, error_class="recipient_refused")
    assert send(office, ONE, TWO, THREE) == (unknown, refused, unknown)
    assert office.received


@pytest.mark.parametrize("stage", ["HELO", "MAIL", "RCPT", "DATA"])
def test_server_that_keeps_silent_before_is_left(stage: str) -> None:
    office = PostOffice(wait=stage)
    (receipt,) = send(office, ONE, server={"timeout_seconds": 1})
    assert receipt == Receipt(Outcome.UNREACHABLE, status_code=0, error_class="read_timeout")


def test_server_that_keeps_silent_afterwards_may_have_it() -> None:
    (receipt,) = send(PostOffice(wait="BODY"), ONE, server={"timeout_seconds": 1})
    assert receipt == Receipt(Outcome.TIMEOUT_UNKNOWN, error_class="read_timeout")


def test_server_that_never_greets_is_left() -> None:
    async def scenario() -> tuple[Receipt, ...]:
        async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await reader.read()

        async with talking(hold) as port:
            return await post(server_at(port, timeout_seconds=1), MAIL, [ONE])

    assert asyncio.run(scenario()) == (Receipt(Outcome.UNREACHABLE, status_code=0, error_class="connect_timeout"),)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"554 go away\r\n", b""])
def test_what_is_no_mail_server_gets_nothing(greeting: bytes) -> None:
    async def scenario() -> tuple[Receipt, ...]:
        async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(greeting)
            await writer.drain()

        async with talking(talk) as port:
            return await post(server_at(port), MAIL, [ONE])

    (receipt,) = asyncio.run(scenario())
    if greeting.startswith(b"554"):
        assert receipt == Receipt(Outcome.REJECTED_PERMANENT, status_code=554, error_class="rejected")
    else:
        assert (receipt.outcome, receipt.status_code) == (Outcome.UNREACHABLE, 0)


def test_port_where_nobody_listens() -> None:
    async def scenario() -> tuple[Receipt, ...]:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return await post(server_at(port), MAIL, [ONE])

    assert asyncio.run(scenario()) == (Receipt(Outcome.UNREACHABLE, status_code=0, error_class="connection_refused"),)


def test_host_that_does_not_exist() -> None:
    server = replace(server_at(25), host="mx.invalid", unencrypted_allowed=True)
    assert asyncio.run(post(server, MAIL, [ONE])) == (
        Receipt(Outcome.UNREACHABLE, status_code=0, error_class="dns_failure"),
    )


def test_address_that_mail_cannot_be_sent_to_does_not_stop_the_others() -> None:
    office = PostOffice()
    bad = Receipt(Outcome.REFUSED_LOCALLY, error_class="bad_address")
    assert send(office, "jürgen@example.org", ONE, "a@b> SIZE=1\r\nRSET") == (bad, ACCEPTED, bad)
    assert office.received[0].recipients == (ONE,)


def test_many_recipients_come_in_several_transactions() -> None:
    office = PostOffice(rcpt={"p7@example.org": 550})
    people = [f"p{number}@example.org" for number in range(2 * MOST_RECIPIENTS + 1)]
    receipts = send(office, *people)
    assert [len(mail.recipients) for mail in office.received] == [MOST_RECIPIENTS - 1, MOST_RECIPIENTS, 1]
    assert [number for number, one in enumerate(receipts) if not one.delivered] == [7]


def test_those_of_the_first_transaction_have_it_when_the_second_fails() -> None:
    office = PostOffice()
    people = [f"p{number}@example.org" for number in range(MOST_RECIPIENTS + 1)]

    async def scenario() -> tuple[Receipt, ...]:
        async with serving(office, command_call_limit={"MAIL": 1, "*": 1000}) as port:
            return await post(server_at(port), MAIL, people)

    *first, last = asyncio.run(scenario())
    assert first == [ACCEPTED] * MOST_RECIPIENTS
    assert last == Receipt(Outcome.THROTTLED, status_code=421, error_class="come_later")


def test_queue_id_is_kept_and_nothing_else_of_the_answer() -> None:
    for answer, ids in (
        ("250 OK id=1tQx7y-0003Fq-2B", (("queue_id", "1tQx7y-0003Fq-2B"),)),
        ("250 OK id=1u2Ab3-00000000xYz-4CdE", (("queue_id", "1u2Ab3-00000000xYz-4CdE"),)),
        ("250 2.0.0 Ok: queued as 4Qx1Yz2W3Cz5vNH", (("queue_id", "4Qx1Yz2W3Cz5vNH"),)),
        ("250 2.0.0 Ok: queued as Sup3rSecretPassw0rd", ()),
        ("250 2.0.0 Ok: queued as internal-relay", ()),
        ("250 queued as 4F2AB01C_", ()),
        ("250 queued as mx7.internal for ceo@example.org", ()),
        ("250 thank you, ceo@example.org", ()),
    ):
        (receipt,) = send(PostOffice(data=answer), ONE)
        assert receipt.ids == ids


@pytest.mark.parametrize("user", ["4F2AB01C", "relay-4f2ab01c", "2ab0"])
def test_queue_id_that_repeats_what_is_configured_is_not_kept(user: str) -> None:
    assert send(PostOffice(), ONE, server={"user": user}) == (ACCEPTED._replace(ids=()),)
    assert send(PostOffice(), ONE, server={"user": USER}) == (ACCEPTED,)


def test_probe_comes_as_far_as_the_login_and_sends_nothing(trust: Trust) -> None:
    async def scenario(password: str) -> tuple[Receipt, list[str]]:
        office = PostOffice()
        async with serving(office, certificate=trust.known, ways=("PLAIN",)) as port:
            said = {"security": Security.STARTTLS, "ca_file": trust.ca_file, "user": USER, "password": password}
            return await probe(server_at(port, **said)), office.commands

    assert asyncio.run(scenario(PASSWORD)) == (Receipt(Outcome.ACCEPTED), ["HELO", "HELO"])
    refused = Receipt(Outcome.REJECTED_PERMANENT, status_code=535, error_class="not_authorised")
    assert asyncio.run(scenario("wrong"))[0] == refused


def test_probe_of_a_server_that_may_not_be_used_asks_nobody() -> None:
    server = replace(server_at(25), host="mx.example.org")
    assert asyncio.run(probe(server)) == Receipt(Outcome.REFUSED_LOCALLY, error_class="tls_required")


def test_host_name_of_this_machine_is_not_told() -> None:
    office = PostOffice()
    send(office, ONE)
    assert office.names == ["example.org"]


def test_nothing_of_a_server_is_printed() -> None:
    server = MailServer("mx.internal", 587, "r@example.org", user=USER, password=PASSWORD, token=TOKEN)
    assert repr(server) == "MailServer(<secret>)"
    assert repr(LETTER) == "Letter(gordackexecsched-1, <secret>)"


def test_large_attachment_arrives_byte_for_byte() -> None:
    content = bytes(range(256)) * 4_000
    mail = write_letter(replace(LETTER, attachments=(Attachment("executive.pdf", content),)))
    office = PostOffice()
    assert send(office, ONE, mail=mail) == (ACCEPTED,)
    (attached,) = office.received[0].message.iter_attachments()
    assert attached.get_content() == content
