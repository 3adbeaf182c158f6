"""A real SMTP server on loopback that refuses, waits, breaks off and forgets as mail servers do."""

# ruff: noqa: N802 - aiosmtpd calls handlers by the names of commands

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, auth_mechanism

USER, PASSWORD, TOKEN = "reporter@example.org", "pass word", "ya29.token"
SLOW = 5.0
"""Seconds after which a silence ends, so that no server outlives its test by much."""


@dataclass(frozen=True)
class Received:
    """One mail as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    user: str = ""
    encrypted: bool = False

    @property
    def message(self) -> EmailMessage:
        message = BytesParser(policy=policy.default).parsebytes(self.raw)
        assert isinstance(message, EmailMessage)
        assert not [defect for part in message.walk() for defect in part.defects]
        return message


@dataclass
class PostOffice:
    """What the server does at each stage; the code of an answer by address, `*` for all.

    `begin` answers DATA where the mail is not let through, `data` the mail itself.
    `cut` and `wait` name the commands at which it breaks off or keeps silent: HELO, MAIL, RCPT, DATA and BODY.
    """

    greeting: int = 250
    mail: int = 250
    rcpt: Mapping[str, int] = field(default_factory=dict)
    begin: str = ""
    data: str = "250 2.0.0 Ok: queued as 4F2AB01C"
    cut: str = ""
    wait: str = ""
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    async def at(self, command: str, server: SMTP) -> None:
        self.commands.append(command)
        if self.wait == command:
            await asyncio.sleep(SLOW)
        if self.cut == command:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.names.append(hostname)
        await self.at("HELO", server)
        return responses if self.greeting == 250 else [f"{self.greeting} no"]

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self.at("MAIL", server)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return f"{self.mail} said of the sender"

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        await self.at("RCPT", server)
        code = self.rcpt.get(address, self.rcpt.get("*", 250))
        if code == 250:
            envelope.rcpt_tos.append(address)
        return f"{code} said of {address}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.data.startswith("2"):
            assert server.transport is not None
            self.received.append(
                Received(
                    envelope.mail_from or "",
                    tuple(envelope.rcpt_tos),
                    envelope.content,
                    f"{session.auth_data}",
                    server.transport.get_extra_info("sslcontext") is not None,
                )
            )
        await self.at("BODY", server)
        return self.data

    @auth_mechanism("XOAUTH2")
    async def auth_xoauth2(self, server: SMTP, arguments: list[str]) -> AuthResult:
        self.logins.append("XOAUTH2")
        said = base64.b64decode(arguments[1]).decode()
        if said == f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01":
            return AuthResult(success=True, auth_data=USER)
        await server.challenge_auth(b'{"status":"401"}', encode_to_b64=True)
        return AuthResult(success=False, handled=False)

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        self.logins.append(mechanism)
        assert isinstance(data, LoginPassword)
        if (data.login.decode(), data.password.decode()) == (USER, PASSWORD):
            return AuthResult(success=True, auth_data=USER)
        return AuthResult(success=False, handled=False)


class _Talk(SMTP):
    """aiosmtpd's server; DATA itself is a stage too, and of the ways to log in only some are offered."""

    async def smtp_DATA(self, arg: str) -> None:
        assert isinstance(self.event_handler, PostOffice)
        await self.event_handler.at("DATA", self)
        if self.event_handler.begin:
            await self.push(self.event_handler.begin)
        else:
            await super().smtp_DATA(arg)


@asynccontextmanager
async def serving(
    office: PostOffice,
    *,
    certificate: ssl.SSLContext | None = None,
    tls: bool = False,
    ways: tuple[str, ...] = (),
    **options: Any,  # noqa: ANN401 - aiosmtpd's
) -> AsyncIterator[int]:
    """Serve on loopback and give the port; with a certificate by STARTTLS, or with `tls` from the start.

    `ways` are those to log in by: PLAIN, LOGIN, XOAUTH2.
    """
    loop = asyncio.get_running_loop()

    def talk() -> SMTP:
        return _Talk(
            office,
            hostname="mx.internal",
            loop=loop,
            tls_context=None if tls else certificate,
            require_starttls=bool(certificate) and not tls,
            authenticator=office.authenticate if ways else None,
            auth_required=bool(ways),
            auth_require_tls=not tls,
            auth_exclude_mechanism={"PLAIN", "LOGIN", "XOAUTH2"} - {*ways},
            **options,
        )

    server = await loop.create_server(talk, "127.0.0.1", 0, ssl=certificate if tls else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@contextmanager
def serving_apart(office: PostOffice, **options: Any) -> Iterator[int]:  # noqa: ANN401 - as `serving`
    """Serve in a thread of its own, for commands and jobs that have an event loop of theirs."""
    ready, done = Event(), Event()
    ports: list[int] = []

    async def serve() -> None:
        async with serving(office, **options) as port:
            ports.append(port)
            ready.set()
            while not done.is_set():  # noqa: ASYNC110 - set by another thread
                await asyncio.sleep(0.01)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield ports[0]
    finally:
        done.set()
        thread.join()
