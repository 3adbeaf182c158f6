"""Prove, on every run, that the guard finds what it has to: a secret made for the occasion, in every disguise.

The disguises are put on by other code than the one that sees through them.
"""

import base64
import html
import json
import quopri
import secrets
import zlib
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from reporter.deliver.private_values import PrivateKind, PrivateValue, PrivateValues
from reporter.errors import NotPublicSafe
from reporter.model.text import visible

CANARY: Final = "canary"
_BESIDE: Final = b"<p>Nothing of this is private, and no guard may think so.</p>\n"
_SIGNS: Final = " /+=\"'<>&%?\u00e9"
"""What escapes are about: each of them stands in every canary."""

_LINE: Final = 76


def _every_sign(form: str) -> Callable[[str], bytes]:
    return lambda text: "".join(form.format(byte) for byte in text.encode()).encode()


def _json_escaped(text: str) -> bytes:
    units = text.encode("utf-16-be").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4)).encode()


def _base64(shift: int, encode: Callable[[bytes], bytes]) -> Callable[[str], bytes]:
    return lambda text: encode(b"-" * shift + text.encode() + b"--").rstrip(b"=")


def _wrapped(text: str) -> bytes:
    return base64.encodebytes(b"-" * _LINE + text.encode() + b"-" * _LINE)


def _in_pdf(text: str) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<<>>\nstream\n" + zlib.compress(text.encode()) + b"\nendstream\nendobj\n"


DISGUISES: Final[Mapping[str, Callable[[str], bytes]]] = {
    "raw": str.encode,
    "upper_case": lambda text: text.upper().encode(),
    "url": lambda text: quote(text).encode(),
    "url_lower_case_hex": lambda text: quote(text, safe="").lower().encode(),
    "url_plus_for_space": lambda text: quote_plus(text).encode(),
    "url_every_sign": _every_sign("%{:02X}"),
    "json": lambda text: json.dumps(text).replace("/", "\\/").encode(),
    "json_every_sign": _json_escaped,
    "json_of_url_in_html": lambda text: html.escape(json.dumps(quote(text))).encode(),
    "html": lambda text: html.escape(text).encode(),
    "html_every_sign": lambda text: "".join(f"&#x{ord(sign):x};" for sign in text).encode(),
    "base64_0": _base64(0, base64.b64encode),
    "base64_1": _base64(1, base64.b64encode),
    "base64_2": _base64(2, base64.b64encode),
    "base64_url_0": _base64(0, base64.urlsafe_b64encode),
    "base64_url_1": _base64(1, base64.urlsafe_b64encode),
    "base64_url_2": _base64(2, base64.urlsafe_b64encode),
    "base64_in_lines": _wrapped,
    "hex": lambda text: text.encode().hex().encode(),
    "hex_upper_case": lambda text: text.encode().hex().upper().encode(),
    "quoted_printable": lambda text: quopri.encodestring(b"-" * (_LINE - 4) + text.encode()),
    "unseen_between": lambda text: "\u200b".join(text).encode(),
    "unseen_code_between": lambda text: json.dumps(visible("\U000e0041\u202e".join(text))).encode(),
    "utf_16": lambda text: text.encode("utf-16-be"),
    "pdf_stream": _in_pdf,
}
"""Every disguise by name, for the signed statement."""


def missed_disguises(private: PrivateValues, value: PrivateValue) -> tuple[str, ...]:
    """Name the disguises in which a searcher does not find a value that it searches for."""
    return tuple(
        name for name, disguise in DISGUISES.items() if value not in private.find(_planted(disguise, value.text))
    )


def _planted(disguise: Callable[[str], bytes], text: str) -> bytes:
    disguised = disguise(text)
    return disguised if disguised.startswith(b"%PDF") else _BESIDE + disguised + b"\n" + _BESIDE


def prove(private: PrivateValues) -> PrivateValues:
    """Plant a canary beside the values and find it in every disguise; give the searcher that was proved.

    The canary stays in it, and is not counted.

    Raise NotPublicSafe where it is missed, or where something is found that is not there: that guard guards nothing.
    """
    value = PrivateValue(PrivateKind.SECRET, CANARY, f"{secrets.token_urlsafe(9)}{_SIGNS}{secrets.token_urlsafe(9)}")
    armed = private | PrivateValues([value])
    armed.searched = private.searched
    missed = missed_disguises(armed, value)
    if missed:
        raise NotPublicSafe(
            f"the guard of private values: a secret planted for a test was not found as {', '.join(missed)}"
        )
    if value in armed.find(_BESIDE):
        raise NotPublicSafe("the guard of private values: a secret planted for a test was found where it is not")
    return armed
