"""Named rules for free text: what no record, report or message may hold (domain.md A10).

A rule is told by its name and meaning. The text that it found is never repeated, for it may be a secret.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Final, NamedTuple

from reporter.model.documents import pointer_to
from reporter.model.text import UNSEEN


class Rule(NamedTuple):
    """One rule: its id, what it refuses, and whether a text has that."""

    id: str
    refuses: str
    finds: Callable[[str], object]


_PRIVATE_KEY: Final = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File")
_TOKEN: Final = re.compile(
    r"\b(?i:bearer|basic)\s+(?=\S*\d)[\w.~+/-]{12,}"
    r"|\bgh[opsru]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeoprs]-[\w-]{10,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\beyJ[\w-]{8,}\.[\w-]{8,}\.|\bhooks\.slack\.com/services/\w"
)
_ASSIGNMENT: Final = re.compile(r"(?i:(?<![a-z])(?:password|passwd|secret|token|api[_-]?key)[\"']?\s*[=:]\s*[^\s,;.)])")
_USER_INFO: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#]*@", re.IGNORECASE)
# No domain ends in a label that begins with a digit; versions do: example/pilot@v1.4.0.
_EMAIL: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)*\.(?!\d)[\w-]+")
_PRIVATE_HOST: Final = re.compile(
    r"\blocalhost\b|\b[a-z0-9][a-z0-9-]*\.(?:internal|intranet|local|localdomain|lan|corp|private|home|home\.arpa)"
    r"(?!\.?[a-z0-9_-])|\.svc\.cluster\b",
    re.IGNORECASE,
)
_BARE_HOST: Final = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9-]+(?![\w.@-])", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)|(?<![\w:])[0-9a-f]{0,4}:[0-9a-f:]*:[0-9a-f:]*", re.IGNORECASE
)


def _private_address(text: str) -> bool:
    return any(_is_private(found[0]) for found in _ADDRESS.finditer(text))


def _is_private(text: str) -> bool:
    if text == "::":
        return False
    try:
        return not ip_address(text).is_global
    except ValueError:
        return False


RULES: Final = (
    Rule("private_key", "a private key", _PRIVATE_KEY.search),
    Rule("token", "a token or a credential", _TOKEN.search),
    Rule("url_user_info", "an address with a user or a password in it", _USER_INFO.search),
    Rule("email_address", "an e-mail address", _EMAIL.search),
    Rule("private_host", "the name of a private host", _PRIVATE_HOST.search),
    Rule("private_address", "a private IP address", _private_address),
)
"""What nothing may hold: no text that people give us, and no document that we write."""

RULES_OF_FREE_TEXT: Final = (
    *RULES,
    Rule("credential_assignment", "what looks like a password", _ASSIGNMENT.search),
    Rule("bare_host", "an address whose host has no domain", _BARE_HOST.search),
)
"""What people give us has no need of these; references in manifests are written like the last one."""


class Hit(NamedTuple):
    """Where a document breaks a rule: a JSON pointer, never the value."""

    pointer: str
    rule: Rule


def broken_rules(text: str, rules: tuple[Rule, ...] = RULES_OF_FREE_TEXT) -> tuple[Rule, ...]:
    """List the rules that a text breaks. Invisible characters and other spellings of letters hide nothing."""
    if text.isascii():
        spellings = {text}
    else:
        plain = unicodedata.normalize("NFKC", text)
        spellings = {plain, UNSEEN.sub("", plain)}
    return tuple(rule for rule in rules if any(rule.finds(one) for one in spellings))


def hits_in(value: object) -> Iterator[Hit]:
    """Search every text of a JSON document, keys included."""
    known: dict[str, tuple[Rule, ...]] = {}
    for pointer, text in texts_in(value):
        if text not in known:
            known[text] = broken_rules(text, RULES)
        yield from (Hit(pointer, rule) for rule in known[text])


def texts_in(value: object, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Give every text of a JSON document with its pointer. A key has that of the object that it is in."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield pointer, key
            yield from texts_in(item, f"{pointer}{pointer_to(key)}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from texts_in(item, f"{pointer}/{place}")
