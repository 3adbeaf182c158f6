"""Refuse what is not public-safe, before it is sealed or sent (domain.md A10). A finding never holds what was found.

Private values are searched for in every file and payload, in many disguises; the named rules (`model/guards`) read what
is sent as text. What a vendor has to be given in the payload itself passes by an allowance: that value, in that field.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses
from typing import Any, Final, NamedTuple

from reporter.deliver.private_values import PrivateValue, PrivateValues
from reporter.errors import NotPublicSafe
from reporter.model.documents import pointer_to
from reporter.model.guards import RULES, broken_rules, texts_in

MOST_FINDINGS: Final = 20

_OF_THE_ENVELOPE: Final = frozenset({"message-id", "date", "mime-version", "content-type", "content-id", "references"})
"""Headers that the named rules misread: an id looks like an e-mail address."""


class Finding(NamedTuple):
    """What may not stand where it stands: a rule's id, what it refuses, and the place, never the value."""

    place: str
    rule: str
    refuses: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"{self.place}: found {self.refuses} (not shown), wanted none; rule {self.rule}"


class Allowance(NamedTuple):
    """One value that a vendor has to be given in the payload, and the one field for it: a JSON pointer or a header."""

    field: str
    text: str

    def __repr__(self) -> str:
        """Print the field alone."""
        return f"Allowance({self.field}, <secret>)"


def guard_files(files: Mapping[str, bytes], private: PrivateValues, whose: str = "") -> None:
    """Raise NotPublicSafe where a file of a bundle holds a private value; `whose` bundle it is, a fault says."""
    found = (finding for name, data in files.items() for finding in search_file(name, data, private))
    refuse(finding._replace(place=f"{whose}{whose and ': '}{finding.place}") for finding in found)


def refuse(findings: Iterable[Finding]) -> None:
    """Raise NotPublicSafe with what was found, if anything was."""
    listed = sorted(set(findings))
    more = [f"and {len(listed) - MOST_FINDINGS} more"] if len(listed) > MOST_FINDINGS else []
    if listed:
        raise NotPublicSafe(*map(str, listed[:MOST_FINDINGS]), *more)


def search_file(name: str, data: bytes, private: PrivateValues) -> Iterator[Finding]:
    """Give each private value that a file holds, with the first place of it: a JSON pointer or a line."""
    for value in private.find(data):
        place = _pointer(data, value, private) if name.endswith(".json") else _line(data, value, private)
        yield _private(f"{name}{place and ' '}{place}", value)


def guard_payload(payload: bytes, private: PrivateValues, allowed: Collection[Allowance] = ()) -> tuple[Finding, ...]:
    """Give what is not public-safe in a payload that is about to be sent: private values, and what the rules name."""
    document = _parsed(payload)
    if document is None:
        findings = [_private("payload", value) for value in private.find(payload)]
        return (*findings, *_broken("payload", payload.decode("utf-8", "replace").splitlines()))
    public = _without(document, {one.field: one.text for one in allowed})
    whole = json.dumps(public, ensure_ascii=False).encode("utf-8", "surrogatepass")
    found = dict.fromkeys(private.find(whole), "")
    texts = list(texts_in(public))
    for pointer, text in reversed(texts):
        found |= dict.fromkeys(private.find(text.encode("utf-8", "surrogatepass")), pointer) if found else {}
    hits = [
        Finding(_at("payload", pointer), rule.id, rule.refuses)
        for pointer, text in texts
        for rule in broken_rules(text, RULES)
    ]
    return (*(_private(_at("payload", pointer), value) for value, pointer in found.items()), *hits)


def guard_mail(mail: bytes, private: PrivateValues, allowed: Collection[Allowance] = ()) -> tuple[Finding, ...]:
    """Give what is not public-safe in a mail: in its headers, texts and attachments, decoded and as they are sent.

    An allowance is for one header: `To` may hold a recipient, and `From` the sender.
    """
    message = message_from_bytes(mail, policy=policy.default)
    body = mail.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    findings = [_private("mail", value) for value in private.find(body)]
    for number, part in enumerate(message.walk()):
        where = f"mail part {number}" if number else "mail"
        findings += _search_headers(where, part, private, allowed)
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            findings += [_private(where, value) for value in private.find(content)]
            if part.get_content_maintype() == "text":
                findings += _broken(where, content.decode("utf-8", "replace").splitlines())
    return tuple(dict.fromkeys(findings))


def _search_headers(
    where: str, part: Message, private: PrivateValues, allowed: Collection[Allowance]
) -> Iterator[Finding]:
    for name, value in part.items():
        let_pass = {one.text for one in allowed if one.field.lower() == name.lower()}
        text = _other_addresses(str(value), let_pass) if let_pass else str(value)
        place = f"{where}, header {name}"
        yield from (_private(place, found) for found in private.find(text.encode("utf-8", "surrogatepass")))
        if name.lower() not in _OF_THE_ENVELOPE:
            yield from (Finding(place, rule.id, rule.refuses) for rule in broken_rules(text, RULES))


def _other_addresses(text: str, let_pass: Collection[str]) -> str:
    addresses = getaddresses([text])
    return ", ".join(f"{name} {'' if address in let_pass else address}" for name, address in addresses)


def _broken(where: str, lines: Sequence[str]) -> Iterator[Finding]:
    for number, line in enumerate(lines, 1):
        yield from (Finding(f"{where} line {number}", rule.id, rule.refuses) for rule in broken_rules(line, RULES))


def _private(place: str, value: PrivateValue) -> Finding:
    return Finding(place, value.kind, f"what is configured as {value.place}")


def _at(where: str, pointer: str) -> str:
    return f"{where} {pointer}" if pointer else where


def _parsed(payload: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Parse JSON whose objects say each key once; None for all else, which is read as text."""
    try:
        return json.loads(payload, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        message = "an object holds a key twice"
        raise ValueError(message)
    return document


def _without(document: Any, allowed: Mapping[str, str], pointer: str = "") -> Any:  # noqa: ANN401 - any JSON
    """Give a document without the values that are allowed: each in its own field, and no other there."""
    match document:
        case dict():
            return {key: _without(one, allowed, f"{pointer}{pointer_to(key)}") for key, one in document.items()}
        case list():
            return [_without(one, allowed, f"{pointer}/{place}") for place, one in enumerate(document)]
        case str() if allowed.get(pointer) == document:
            return ""
        case _:
            return document


def _pointer(data: bytes, value: PrivateValue, private: PrivateValues) -> str:
    """Find the text of a JSON file that holds a value; empty where it is in none alone."""
    texts = texts_in(_parsed(data))
    return next(
        (pointer for pointer, text in texts if value in private.find(text.encode("utf-8", "surrogatepass"))), ""
    )


def _line(data: bytes, value: PrivateValue, private: PrivateValues) -> str:
    lines = enumerate(data.split(b"\n"), 1)
    return next((f"line {number}" for number, line in lines if value in private.find(line)), "")
