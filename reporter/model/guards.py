"""Named rules for free text: what no record, report or message may hold (domain.md A10).

A rule is told by its name and meaning. The text that it found is never repeated, for it may be a secret.
"""

import re
import unicodedata
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final, NamedTuple

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
_USER_INFO: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#]*@", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_PRIVATE_HOST: Final = re.compile(
    r"\blocalhost\b|\b[a-z0-9][a-z0-9-]*\.(?:internal|intranet|local|localdomain|lan|corp|private|home|home\.arpa)"
    r"(?!\.?[a-z0-9_-])|[a-z][a-z0-9+.-]*://[a-z0-9-]+(?![\w.@-])|\.svc\.cluster\b",
    re.IGNORECASE,
)
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


def broken_rules(text: str) -> tuple[Rule, ...]:
    """List the rules that a text breaks. Invisible characters and other spellings of letters hide nothing."""
    plain = unicodedata.normalize("NFKC", text)
    spellings = {plain, UNSEEN.sub("", plain)}
    return tuple(rule for rule in RULES if any(rule.finds(one) for one in spellings))
