"""Messages in pieces that fit: what is too long is shortened with a link, never in a word, an escape or a character.

Every connector takes its texts from here, escaped the way its vendor wants it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from reporter.deliver.graphemes import graphemes
from reporter.deliver.message import Message
from reporter.model.text import visible

ELLIPSIS: Final = "…"
SHORTENED: Final = "Shortened."
LONGEST_LINK: Final = 1_500
"""Units; half a link leads nowhere, so that a longer one counts as none."""
LONGEST_KEY: Final = 100

_KEY: Final = re.compile(rf"[A-Za-z0-9._:-]{{1,{LONGEST_KEY}}}")
_LINK: Final = re.compile(r"https://[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+")


def as_it_is(text: str) -> str:
    """Leave a text alone."""
    return text


class Fitted(NamedTuple):
    """A text as it may be sent, and whether it is all of it."""

    text: str
    whole: bool


class Dialect(NamedTuple):
    """How a vendor wants texts: `prepare` takes a whole one, `escape` one character as people see it."""

    prepare: Callable[[str], str] = as_it_is
    escape: Callable[[str], str] = as_it_is

    def fit(self, text: str, limit: int) -> "Fitted":
        """Write a text for this vendor in at most `limit` units, with everything in it visible."""
        return fit(self.prepare(text), limit, lambda one: self.escape(_shown(one)))


PLAIN: Final = Dialect()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a vendor takes: units of one text as it is escaped, and how many there may be."""

    title: int
    summary: int
    fact: int
    facts: int
    action: int
    actions: int

    def smaller(self) -> "Limits":
        """Take half of everything, but for what a message cannot be without."""
        return Limits(
            title=max(self.title // 2, min(self.title, 80)),
            summary=self.summary // 2,
            fact=max(self.fact // 2, min(self.fact, 40)),
            facts=self.facts // 2,
            action=max(self.action // 2, min(self.action, 80)),
            actions=self.actions // 2,
        )


class Excerpt(NamedTuple):
    """A message in escaped pieces. `closing` says that something is left out, where it is, and comes last.

    `link` is not escaped: it is an address, or empty.
    """

    title: str
    summary: str
    facts: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    closing: str
    link: str
    shortened: bool

    @property
    def ending(self) -> str:
        """The last line of a plain text: the closing and the link."""
        return f"{self.closing} {self.link}".strip()


def excerpt_of(
    message: Message, limits: Limits, dialect: Dialect = PLAIN, *, label: str = "", shortened: bool = False
) -> Excerpt:
    """Take as much of a message as the limits allow. `shortened` says that something else is left out of it."""
    whole = not shortened

    def piece(text: str, limit: int) -> str:
        nonlocal whole
        fitted = dialect.fit(text, limit)
        whole = whole and fitted.whole
        return fitted.text

    headline = f"{message.severity.upper()}: {one_line(message.title)}"
    title = piece(f"[{one_line(label)}] {headline}" if label else headline, limits.title).rstrip()
    summary = piece(lines_of(message.summary), limits.summary)
    facts = facts_of(message)
    kept = tuple(
        (piece(one_line(name), limits.fact), piece(one_line(text), limits.fact)) for name, text in facts[: limits.facts]
    )
    actions = tuple(piece(one_line(action), limits.action) for action in message.actions[: limits.actions])
    whole = whole and len(facts) <= limits.facts and len(message.actions) <= limits.actions
    closing = closing_of(message, dialect, shortened=not whole)
    return Excerpt(title, summary, kept, actions, closing, link_of(message), not whole)


def facts_of(message: Message) -> list[tuple[str, str]]:
    """List what a message says in pairs, the most useful first."""
    known = (
        ("Environment", message.environment),
        ("Subject", message.subject),
        ("Owner", message.owner),
        ("Runbook", message.runbook_ref),
    )
    return [(name, text) for name, text in (*known, *message.facts) if text.strip()]


def link_of(message: Message) -> str:
    """Give the link of a message where it can be opened, whole or not at all."""
    return message.link if _LINK.fullmatch(message.link) and len(message.link) <= LONGEST_LINK else ""


def closing_of(message: Message, dialect: Dialect = PLAIN, *, shortened: bool) -> str:
    """Say where more is to be read; empty where nothing is left out and nothing can be opened."""
    if not shortened:
        return "More:" if link_of(message) else ""
    if link_of(message):
        return f"{SHORTENED} Everything:"
    environment = dialect.fit(one_line(message.environment), 80).text
    return f"{SHORTENED} The evidence bundle of {environment} has everything."


def text_of(excerpt: Excerpt) -> str:
    """Write an excerpt as plain text, but for its title."""
    facts = "\n".join(f"{name}: {text}" for name, text in excerpt.facts)
    actions = "\n".join(f"- {action}" for action in excerpt.actions)
    return "\n\n".join(part for part in (excerpt.summary, facts, actions, excerpt.ending) if part)


def largest(limits: Limits, most: int, write: Callable[[Limits], bytes]) -> bytes:
    """Write with the widest limits whose result has at most `most` bytes."""
    payload = write(limits)
    while len(payload) > most and limits != limits.smaller():
        limits = limits.smaller()
        payload = write(limits)
    return payload


def to_json(document: Mapping[str, object]) -> bytes:
    """Write JSON in UTF-8, with escapes only where UTF-8 has no place for a sign."""
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()


def key_of(message: Message) -> str:
    """Give the id of a message as every vendor takes it: itself, or the digest of one that is long or has odd signs."""
    if _KEY.fullmatch(message.message_id):
        return message.message_id
    return hashlib.sha256(message.message_id.encode("utf-8", "surrogatepass")).hexdigest()


def one_line(text: str) -> str:
    """Put a text into one line."""
    return " ".join(text.split())


def lines_of(text: str) -> str:
    """Keep the lines of a text, and no blanks beside them."""
    return "\n".join(filter(None, map(one_line, text.splitlines())))


def units(text: str) -> int:
    """Count as the vendors do that count most: UTF-16, where a sign beyond the first plane is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(text: str, limit: int, escape: Callable[[str], str] = as_it_is) -> Fitted:
    """Escape a text and end it, where it has more than `limit` units, after the last whole word that has room.

    A word that is alone too long is cut between two characters. `limit` counts escapes and the mark of the cut.
    """
    pieces: list[str] = []
    size = room = word_end = 0
    for one in graphemes(text):
        if one.isspace() and size < limit:
            word_end = len(pieces)
        piece = escape(one)
        pieces.append(piece)
        size += units(piece)
        if size < limit:
            room = len(pieces)
        if size > limit:
            return Fitted(_marked(pieces[: word_end or room], limit), whole=False)
    return Fitted("".join(pieces), whole=True)


def _marked(pieces: Iterable[str], limit: int) -> str:
    return "".join(pieces).rstrip() + ELLIPSIS if limit > 0 else ""


def _shown(sign: str) -> str:
    return sign if sign == "\n" or (sign.isascii() and sign.isprintable()) else visible(sign)
