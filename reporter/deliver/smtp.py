"""The only way out over SMTP: encrypted or on this machine, one time limit for all of it, a receipt for each recipient.

What the server does is a receipt, never an exception, and no receipt holds an address. Whoever was accepted is not
written to again: that is for the caller to see to, who keeps the receipts.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPResponseException

from reporter.deliver.letter import is_usable
from reporter.deliver.receipts import Level, Outcome, Receipt

MOST_RECIPIENTS: Final = 100
"""Recipients of one transaction: what every server takes (RFC 5321 4.5.3.1.8)."""
MOST_MAIL_BYTES: Final = 10_000_000
QUIT_SECONDS: Final = 1.0

_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_DOT: Final = re.compile(rb"^\.", re.MULTILINE)
_QUEUED: Final = re.compile(
    r"(?:queued as|id=)\s*("
    r"[0-9A-F]{6,16}"
    r"|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}"
    r"|[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}"
    r"|[0-9A-Za-z]{6}-[0-9A-Za-z]{11}-[0-9A-Za-z]{4}"
    r")(?![A-Za-z0-9.@_-])"
)
"""The ids of Postfix, short and long (which have no vowels), and of Exim, old and new; no other text of an answer."""


class _Stage(StrEnum):
    """How far a connection has come. A fault means what it means by this."""

    CONNECTING = "connect"
    SECURING = "secure"
    TALKING = "talk"


class Security(StrEnum):
    """How the connection is secured. None of them gives way to another."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"
    """Not at all: for a relay on this machine, and for others only where somebody says so."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes mail, and how we prove who we are: by password or by token, or not at all.

    `unencrypted_allowed` lets a relay without TLS be on another machine. Without TLS nobody logs in.
    """

    host: str
    port: int
    sender: str
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = ""
    token: str = ""
    ca_file: str = ""
    timeout_seconds: float = 30.0
    most_bytes: int = MOST_MAIL_BYTES
    unencrypted_allowed: bool = False

    def __repr__(self) -> str:
        """Print nothing of it."""
        return "MailServer(<secret>)"


async def post(server: MailServer, mail: bytes, recipients: Sequence[str]) -> tuple[Receipt, ...]:
    """Send one mail to recipients; give a receipt for each, in their order."""
    posting = _Posting(server, recipients)
    refusal = _refusal(server, mail)
    if refusal:
        posting.settle(refusal)
    else:
        await posting.run(mail)
    return posting.receipts()


async def probe(server: MailServer) -> Receipt:
    """Connect, secure the connection and log in, and send nothing.

    The receipt has the outcome `accepted` and the level `intended` where that went well.
    """
    refusal = _refusal(server, b"")
    if refusal:
        return refusal
    posting = _Posting(server, [server.sender])
    await posting.run(None)
    (receipt,) = posting.receipts()
    return receipt


def _refusal(server: MailServer, mail: bytes) -> Receipt | None:
    """Say what is wrong before anybody is asked."""
    if not is_usable(server.sender):
        return _refused("bad_sender")
    if not _HOST.fullmatch(server.host):
        return _refused("bad_host")
    if len(mail) > server.most_bytes:
        return _refused("too_large")
    if server.security is Security.NONE and (server.password or server.token):
        return _refused("login_without_tls")
    if server.security is Security.NONE and not (server.unencrypted_allowed or _is_loopback(server.host)):
        return _refused("tls_required")
    return None


class _Posting:
    """One connection, and what became of every recipient on it."""

    def __init__(self, server: MailServer, recipients: Sequence[str]) -> None:
        self._server = server
        self._recipients = recipients
        self._known: dict[int, Receipt] = {}
        self._in_flight: list[int] = []
        """Those whom the mail is being handed over for: when the connection is lost, nobody knows."""
        self._stage = _Stage.CONNECTING

    def receipts(self) -> tuple[Receipt, ...]:
        """Give what became of each recipient. All are settled once the posting has run."""
        return tuple(self._known[number] for number in range(len(self._recipients)))

    def settle(self, receipt: Receipt, numbers: Sequence[int] | None = None) -> None:
        """Note what became of recipients, by default of all of whom nothing is known."""
        for number in range(len(self._recipients)) if numbers is None else numbers:
            self._known.setdefault(number, receipt)

    async def run(self, mail: bytes | None) -> None:
        """Do all of it within the time limit; without a mail, come as far as the login."""
        try:
            client = self._client()
        except (OSError, ValueError):
            self.settle(_refused("ca_file_unreadable"))
            return
        is_well = False
        try:
            async with asyncio.timeout(self._server.timeout_seconds):
                refusal = await self._enter(client)
                if refusal:
                    self.settle(refusal)
                elif mail is None:
                    self.settle(Receipt(Outcome.ACCEPTED))
                else:
                    await self._send_all(client, mail)
            is_well = True
        except (SMTPException, OSError, ValueError) as error:
            self._settle_fault(error)
        finally:
            await _leave(client, politely=is_well)

    def _client(self) -> SMTP:
        server = self._server
        encrypts = server.security is not Security.NONE
        return SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=server.sender.rpartition("@")[2],
            timeout=server.timeout_seconds,
            use_tls=server.security is Security.TLS,
            start_tls=False,
            tls_context=ssl.create_default_context(cafile=server.ca_file or None) if encrypts else None,
        )

    async def _enter(self, client: SMTP) -> Receipt | None:
        """Connect, secure the connection, say who we are. What the server does not offer is not done without."""
        server = self._server
        await client.connect()
        self._stage = _Stage.TALKING
        await client.ehlo()
        if server.security is Security.STARTTLS:
            if not client.supports_extension("starttls"):
                return _refused("starttls_not_offered")
            self._stage = _Stage.SECURING
            await client.starttls()
            self._stage = _Stage.TALKING
            await client.ehlo()
        return await self._log_in(client)

    async def _log_in(self, client: SMTP) -> Receipt | None:
        """Try once, by one way: a second one after a refusal would count as a second wrong password."""
        server, offered = self._server, client.server_auth_methods
        try:
            if server.token:
                if "xoauth2" not in offered:
                    return _refused("login_not_offered")
                await client.auth_xoauth2(server.user, server.token)
            elif server.password and "plain" in offered:
                await client.auth_plain(server.user, server.password)
            elif server.password and "login" in offered:
                await client.auth_login(server.user, server.password)
            elif server.password:
                return _refused("login_not_offered")
        except SMTPResponseException as error:
            return _answered(error.code, "not_authorised")
        return None

    async def _send_all(self, client: SMTP, mail: bytes) -> None:
        """Send in as many transactions as it takes; a fault in one ends all that follow."""
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < len(mail):
            self.settle(_refused("too_large"))
            return
        usable = [number for number, one in enumerate(self._recipients) if is_usable(one)]
        self.settle(_refused("bad_address"), sorted(set(range(len(self._recipients))) - set(usable)))
        for start in range(0, len(usable), MOST_RECIPIENTS):
            await self._send(client, mail, usable[start : start + MOST_RECIPIENTS])

    async def _send(self, client: SMTP, mail: bytes, numbers: Sequence[int]) -> None:
        options = [f"SIZE={len(mail)}"] if client.supports_extension("size") else []
        await client.mail(self._server.sender, options=options)
        taken = []
        for number in numbers:
            try:
                await client.rcpt(self._recipients[number])
                taken.append(number)
            except SMTPRecipientRefused as error:
                self.settle(_answered(error.code, "recipient_refused"), [number])
        if not taken:
            await client.rset()
            return
        answer = await client.execute_command(b"DATA")
        if answer.code != 354 or client.protocol is None:  # noqa: PLR2004 - RFC 5321 4.3.2
            raise SMTPResponseException(answer.code, "")
        self._in_flight = taken
        client.protocol.write(_DOT.sub(b"..", mail) + b".\r\n")
        answer = await client.protocol.read_response()
        self.settle(_handed_over(answer.code, answer.message, self._server), taken)
        self._in_flight = []

    def _settle_fault(self, error: Exception) -> None:
        """Say what a failure means for each: by how far the mail had come, in words of ours."""
        if isinstance(error, SMTPResponseException) and error.code >= 0:
            receipt = _answered(error.code, "rejected")
        else:
            receipt = Receipt(Outcome.UNREACHABLE, status_code=0, error_class=_unreachable(error, self._stage))
        word = "read_timeout" if isinstance(error, TimeoutError) else "connection_lost"
        self.settle(Receipt(Outcome.TIMEOUT_UNKNOWN, error_class=word), self._in_flight)
        self.settle(receipt)


async def _leave(client: SMTP, *, politely: bool) -> None:
    """Take leave of the server; what it says to that matters to nobody."""
    if politely and client.is_connected:
        with suppress(SMTPException, OSError):
            await client.quit(timeout=QUIT_SECONDS)
    client.close()


def _handed_over(code: int, text: str, server: MailServer) -> Receipt:
    """Judge the answer to the mail itself. An id that shares a text with what we were configured with is not kept."""
    if 200 <= code <= 299:  # noqa: PLR2004 - RFC 5321 4.2.1
        found = _QUEUED.search(text)
        ids = (("queue_id", found[1]),) if found and not _is_echo(found[1], server) else ()
        return Receipt(Outcome.ACCEPTED, Level.ACCEPTED, code, ids=ids)
    if 400 <= code <= 599:  # noqa: PLR2004 - RFC 5321 4.2.1
        return _answered(code, "rejected")
    return Receipt(Outcome.TIMEOUT_UNKNOWN, status_code=code, error_class="protocol_error")


def _is_echo(queue_id: str, server: MailServer) -> bool:
    ours = (one.lower() for one in (server.host, server.sender, server.user, server.password, server.token) if one)
    return any(queue_id.lower() in one or one in queue_id.lower() for one in ours)


def _answered(code: int, error_class: str) -> Receipt:
    """Say what an answer means that is no success and came before the mail was handed over: 4xx is later, 5xx never."""
    if 400 <= code <= 499:  # noqa: PLR2004 - RFC 5321 4.2.1
        return Receipt(Outcome.THROTTLED, status_code=code, error_class="come_later")
    if 500 <= code <= 599:  # noqa: PLR2004 - RFC 5321 4.2.1
        return Receipt(Outcome.REJECTED_PERMANENT, status_code=code, error_class=error_class)
    return Receipt(Outcome.UNREACHABLE, status_code=code, error_class="protocol_error")


def _refused(error_class: str) -> Receipt:
    return Receipt(Outcome.REFUSED_LOCALLY, error_class=error_class)


def _unreachable(error: BaseException, stage: _Stage) -> str:
    causes = [error]
    while following := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(following)
    if any(isinstance(one, TimeoutError) for one in causes):
        return "read_timeout" if stage is _Stage.TALKING else "connect_timeout"
    if stage is _Stage.SECURING or any(isinstance(one, ssl.SSLError) for one in causes):
        return "tls_failure"
    if any(isinstance(one, socket.gaierror) for one in causes):
        return "dns_failure"
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        return "connection_refused"
    if stage is _Stage.TALKING and isinstance(error, ConnectionError):
        return "connection_lost"
    return "connection_failed" if isinstance(error, OSError) else "protocol_error"


def _is_loopback(host: str) -> bool:
    """Say whether a host is this machine, written as such: a name could lead elsewhere."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
