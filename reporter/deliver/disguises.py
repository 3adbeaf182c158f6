"""The ways in which one text can stand in a file: as it is, escaped, encoded, or packed (domain.md A10).

Escapes can be mixed and nested, so what is searched is unescaped; base64, hex and UTF-16 are whole, so what is searched
for is encoded. Upper and lower case are one, but for base64. What nobody sees between two characters is left out.
"""

import base64
import html
import re
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from reporter.model.text import UNSEEN

_DEPTH: Final = 3
"""How deep escapes may be nested: a URL in JSON in HTML."""
_LINE_ENDS: Final = b"\r\n"
_LEAST_LINE: Final = 16

_JSON_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*|[\"\\/bfnrt])")
_JSON_SHORT: Final = {b"\\b": b"\b", b"\\f": b"\f", b"\\n": b"\n", b"\\r": b"\r", b"\\t": b"\t"}
_QUOTED_PRINTABLE: Final = re.compile(rb"=(?:([0-9a-fA-F]{2})|[ \t]*\r?\n)")
_WRITTEN: Final = re.compile(r"\\u(e0[0-9a-f]{3}|1bca[0-3]|1d17[3-9a]|[0-9a-f]{4})")
"""The code of a character, as `model.text.visible` writes those that nobody sees."""
_CONTROLS: Final = bytes({*range(0x20), 0x7F} - {*_LINE_ENDS})
_PDF_STREAM: Final = re.compile(rb"\bstream\r?\n")


class View(NamedTuple):
    """One reading of some bytes: `text` in lower case with its lines, `flat` without line ends and as it is."""

    text: bytes
    flat: bytes


def views_of(data: bytes) -> Iterator[View]:
    """Read bytes in every way that could show what is in them: as they are, unescaped, and unpacked from a PDF."""
    yield from _readings(data)
    if data.startswith(b"%PDF"):
        for content in _pdf_streams(data):
            yield from _readings(content)


def _readings(data: bytes) -> Iterator[View]:
    read = {data: None}
    if b"\0" not in data:  # what is no text holds no escapes
        mailed = _from_quoted_printable(data)
        read |= dict.fromkeys((*unescaped(data), mailed, *unescaped(mailed)))
        read |= dict.fromkeys(map(_without_unseen, read))
    return (View(one.lower(), one.translate(None, _LINE_ENDS)) for one in read)


def _without_unseen(data: bytes) -> bytes:
    """Leave out what a reader does not see, also where its code is written instead; lines stay."""
    if data.isascii() and b"\\u" not in data:
        return data.translate(None, _CONTROLS)
    text = _WRITTEN.sub(_unless_unseen, data.decode("utf-8", "surrogateescape"))
    return b"\n".join(UNSEEN.sub("", line).encode() for line in text.split("\n"))


def _unless_unseen(found: re.Match[str]) -> str:
    return "" if UNSEEN.fullmatch(chr(int(found[1], 16))) else found[0]


def unescaped(data: bytes) -> Iterator[bytes]:
    """Undo escapes of JSON, HTML and URLs until none is left, or deeper than anybody writes them; give every stage.

    A stage can lose what the one before it shows: a sign at the end of a text, with the mark after it, is an escape.
    """
    for _ in range(_DEPTH):
        before = data
        if b"\\" in data:
            data = _JSON_ESCAPE.sub(_from_json, data)
        if b"&" in data:
            data = html.unescape(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        if b"%" in data:
            data = unquote_to_bytes(data)
        if data == before:
            return
        yield data


def _from_json(found: re.Match[bytes]) -> bytes:
    escape = found[0]
    if escape.startswith(b"\\u"):
        units = bytes.fromhex(escape.replace(b"\\u", b"").decode())
        return units.decode("utf-16-be", "replace").encode()
    return _JSON_SHORT.get(escape, escape[1:])


def _from_quoted_printable(data: bytes) -> bytes:
    if b"=" not in data:
        return data
    return _QUOTED_PRINTABLE.sub(lambda found: bytes.fromhex((found[1] or b"").decode()), data)


def _pdf_streams(data: bytes) -> Iterator[bytes]:
    """Unpack the streams of a PDF, the attached files among them. What is no zlib stream was read as it is."""
    for found in _PDF_STREAM.finditer(data):
        try:
            yield zlib.decompressobj().decompress(memoryview(data)[found.end() :])
        except zlib.error:
            continue


class Needles(NamedTuple):
    """What to search for one text, without line ends: `folded` in lower case, `exact` as it is."""

    folded: frozenset[bytes]
    exact: frozenset[bytes]


def needles_of(text: str) -> Needles:
    """Give all that one text can look like in a reading. Lines of a text of several are searched one by one, too."""
    stages = unescaped(text.encode("utf-8", "surrogatepass"))
    plain = {text, *(stage.decode("utf-8", "replace") for stage in stages)}
    plain |= {one.replace(" ", "+") for one in plain}
    plain |= {line for one in tuple(plain) for line in one.splitlines() if len(line) >= _LEAST_LINE}
    cased = {form for one in plain for case in (one, one.lower(), one.upper()) for form in _byte_forms(case)}
    folded = cased | {one.hex().encode() for one in cased}
    exact = {form for one in cased for form in _base64_forms(one)}
    return Needles(
        frozenset(one.lower().translate(None, _LINE_ENDS) for one in folded),
        frozenset(exact),
    )


def _byte_forms(text: str) -> Iterator[bytes]:
    for codec in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
        try:
            yield text.encode(codec)
        except UnicodeEncodeError:
            continue


def _base64_forms(data: bytes) -> Iterator[bytes]:
    """Encode bytes as they look within more of it, at each of the three places that they can begin at."""
    for shift in range(3):
        padded = b"\0" * shift + data + b"\0" * (-(shift + len(data)) % 3)
        # A sign of base64 holds six bits: those that hold bits of the neighbours too are left off.
        first, end = -(-shift * 8 // 6), (shift + len(data)) * 8 // 6
        yield base64.b64encode(padded)[first:end]
        yield base64.urlsafe_b64encode(padded)[first:end]
