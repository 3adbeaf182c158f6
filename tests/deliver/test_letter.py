"""A mail as bytes: what a receiver reads is what was said, and no text becomes anything but text."""

from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.deliver.letter import (
    LONGEST_SUBJECT,
    Attachment,
    Letter,
    is_usable,
    message_id_of,
    write_letter,
)
from reporter.model.text import visible

AT = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
PDF = b"%PDF-1.7\r\n.\r\n\x00\xff From here\n"
LETTER = Letter(
    "gordackexecsched-0123456789abcdef",
    AT,
    "Hold the release",
    "Every word.\n",
    "<p>Every word.</p>\n",
    (Attachment("executive.pdf", PDF),),
    "reports@example.org",
    ("ceo@example.org", "o'brien+board@example.com"),
)
HEADERS = [
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
    *("Content-Type", "MIME-Version"),
]


def read(mail: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(mail)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def said(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_letter_says_who_when_and_what() -> None:
    message = read(write_letter(LETTER))
    assert message["From"] == "reporter <reports@example.org>"
    assert [one.addr_spec for one in message["To"].addresses] == [*LETTER.to]
    assert message["Subject"] == "Hold the release"
    assert message["Date"].datetime == AT
    assert message["Message-ID"] == "<gordackexecsched-0123456789abcdef@reporter.invalid>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert sorted(message.keys()) == sorted(HEADERS)
    assert said(message, "plain") == LETTER.text
    assert said(message, "html") == LETTER.html
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("executive.pdf", "application/pdf")
    assert attached.get_content() == PDF


def test_text_alone_is_a_letter_too() -> None:
    message = read(write_letter(replace(LETTER, html="", attachments=())))
    assert message.get_content_type() == "text/plain"
    assert said(message, "plain") == LETTER.text


def test_same_letter_has_the_same_bytes() -> None:
    assert write_letter(LETTER) == write_letter(replace(LETTER))
    assert write_letter(LETTER) != write_letter(replace(LETTER, message_id="another"))


@pytest.mark.parametrize("html", ["", "<p>&</p>"])
@pytest.mark.parametrize(
    "text", ["ä" * 3_000, "x" * 5_000, ".\n..\nFrom me\n", "\x00\x1b\u2028\ufeff", "日本語 🚀\n" * 90]
)
def test_only_short_lines_of_ascii_leave(text: str, html: str) -> None:
    mail = write_letter(replace(LETTER, subject=text, text=text, html=html))
    lines = mail.split(b"\r\n")
    assert mail.isascii()
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert b"\r" not in mail.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 78
    assert b"\0" not in mail


@given(st.text(max_size=LONGEST_SUBJECT))
def test_subject_is_read_as_it_was_said(text: str) -> None:
    shown = visible(text)
    message = read(write_letter(replace(LETTER, subject=text)))
    found = str(message["Subject"])
    if len(shown) > LONGEST_SUBJECT:
        assert found.endswith("…")
        assert shown.startswith(found[:-1])
    else:
        assert found.split() == shown.split()
    assert sorted(message.keys()) == sorted(HEADERS)


@given(st.text())
def test_body_is_read_as_it_was_said(text: str) -> None:
    text = visible(text)
    message = read(write_letter(replace(LETTER, text=text, html=f"<p>{text}")))
    wanted = "\n".join(text.splitlines()) + "\n"
    assert said(message, "plain") == wanted
    assert said(message, "html") == ("\n".join(f"<p>{text}".splitlines()) + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "Yes\r\nBcc: someone@example.com",
        "Yes\nX-Other: 1\n\nbody",
        "=?utf-8?q?Yes=2C_it_is_ready?=",
        "=?utf-8?b?WWVzDQpCY2M6IGFAYi5j?= (2026-06-11)",
        "a\x00b\u2028c\u202egpj.exe",
        "<script>alert(1)</script>",
    ],
)
def test_hostile_subject_stays_a_subject(text: str) -> None:
    message = read(write_letter(replace(LETTER, subject=text)))
    assert str(message["Subject"]) == visible(text)
    assert sorted(message.keys()) == sorted(HEADERS)


def test_subject_without_an_end_is_cut() -> None:
    found = str(read(write_letter(replace(LETTER, subject="word " * 90)))["Subject"])
    assert found == ("word " * 90)[: LONGEST_SUBJECT - 1].rstrip() + "…"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@example.org",
        "a@",
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "<a@example.org>",
        '"a b"@example.org',
        "jürgen@example.org",
        "a@exämple.org",
        "a@example..org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 300,
    ],
)
def test_address_that_mail_cannot_be_sent_to_is_refused_and_not_shown(address: str) -> None:
    assert not is_usable(address)
    for letter in (replace(LETTER, sender=address), replace(LETTER, to=(address,))):
        with pytest.raises(ValueError, match=r"^found an address that mail cannot be sent to \(not shown\)$"):
            write_letter(letter)


@pytest.mark.parametrize("address", ["a@b", "a.b+c@example.org", "o'brien@ex-ample.co.uk", "x_y=z@1.example.org"])
def test_usual_addresses_are_usable(address: str) -> None:
    assert is_usable(address)


def test_letter_for_nobody_in_particular_names_nobody() -> None:
    message = read(write_letter(replace(LETTER, to=())))
    assert str(message["To"]) == "undisclosed-recipients:;"


def test_many_recipients_stand_one_on_a_line() -> None:
    people = tuple(f"p{number}@example.org" for number in range(200))
    mail = write_letter(replace(LETTER, to=people))
    assert [one.addr_spec for one in read(mail)["To"].addresses] == [*people]
    assert max(map(len, mail.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("name", ["a b", "a@b", "a>\r\nBcc: b", "ü", "x" * 300, "", "a..b", ".a"])
def test_message_id_is_one_whatever_the_name(name: str) -> None:
    message = read(write_letter(replace(LETTER, message_id=name)))
    found = message_id_of(replace(LETTER, message_id=name))
    assert message["Message-ID"] == f"<{found}>"
    local, _, domain = found.partition("@")
    assert (len(local), domain) == (40, "reporter.invalid")
    assert found == message_id_of(replace(LETTER, message_id=name))
