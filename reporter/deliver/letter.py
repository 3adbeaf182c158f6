"""A mail as bytes, ready for SMTP: only ASCII, no line too long, the same for all attempts.

Headers are written here, one by one, from values that cannot hold a line end: no text becomes a header of its own.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, NamedTuple

from reporter.model.text import visible

MESSAGE_DOMAIN: Final = "reporter.invalid"
"""What stands behind the @ of a Message-ID: no host, for that would be a private one (RFC 6761 6.4)."""

NOBODY: Final = f"reporter@{MESSAGE_DOMAIN}"
"""Who a mail is from that is only looked at."""

LONGEST_SUBJECT: Final = 250
LONGEST_ADDRESS: Final = 254

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_PLAIN_SUBJECT: Final = re.compile(r"[\x20-\x7e]{0,60}")
_FROM: Final = "reporter"
_LINE: Final = 76


class Attachment(NamedTuple):
    """A file beside the text; its bytes arrive as they are."""

    name: str
    content: bytes
    kind: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is mailed. Without `to` it is for a group that names nobody: a preview, or a mail that should not say whom.

    `sender` and `to` are addresses that `is_usable`. They stand in their headers and nowhere else.
    """

    message_id: str
    at: datetime
    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    sender: str = NOBODY
    to: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Print no address."""
        return f"Letter({self.message_id}, <secret>)"


def is_usable(address: str) -> bool:
    """Say whether mail can be sent to an address: ASCII, without quotes and comments (RFC 5321 4.1.2)."""
    return len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None


def message_id_of(letter: Letter) -> str:
    """Give the Message-ID without its brackets: the same over all attempts, so that a receiver can see a repetition."""
    name = letter.message_id
    if len(name) > LONGEST_ADDRESS or not _PLAIN_ID.fullmatch(name):
        name = _digest(name)[:40]
    return f"{name}@{MESSAGE_DOMAIN}"


def write_letter(letter: Letter) -> bytes:
    """Write the mail. Raise ValueError for an address that is not usable."""
    for address in (letter.sender, *letter.to):
        if not is_usable(address):
            raise ValueError("found an address that mail cannot be sent to (not shown)")
    headers = (
        ("From", f"{_FROM} <{letter.sender}>"),
        ("To", ",\r\n ".join(f"<{one}>" for one in letter.to) or "undisclosed-recipients:;"),
        ("Subject", _subject(letter.subject)),
        ("Date", format_datetime(letter.at)),
        ("Message-ID", f"<{message_id_of(letter)}>"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("ascii") + _body(letter).as_bytes(policy=SMTP)


def _subject(text: str) -> str:
    """Encode a subject; one that a receiver would take for encoded is encoded too, and stays what it is (RFC 2047)."""
    shown = visible(text)
    if len(shown) > LONGEST_SUBJECT:
        shown = f"{shown[: LONGEST_SUBJECT - 1].rstrip()}…"
    if _PLAIN_SUBJECT.fullmatch(shown) and "=?" not in shown:
        return shown
    return Header(shown, "utf-8", maxlinelen=_LINE, header_name="Subject").encode(linesep="\r\n")


def _body(letter: Letter) -> EmailMessage:
    """Build the parts: text, then HTML that says the same, then the files."""
    message = EmailMessage(policy=SMTP)
    message.set_content(_lines(letter.text), cte="quoted-printable")
    if letter.html:
        message.add_alternative(_lines(letter.html), subtype="html", cte="quoted-printable")
    for one in letter.attachments:
        major, _, minor = one.kind.partition("/")
        message.add_attachment(one.content, maintype=major, subtype=minor, filename=one.name)
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        # A chance boundary would make other bytes of every attempt.
        part.set_boundary(f"=_{number}_{_digest(letter.message_id)[:24]}")
    return message


def _lines(text: str) -> str:
    return "\n".join(text.splitlines()) + "\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
