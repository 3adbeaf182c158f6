"""Characters as people see them, so that no text is cut inside one (Unicode standard annex 29).

Where the annex needs tables that Python does not have, more is kept together than it asks for, never less.
"""

import unicodedata
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

_MARKS: Final = frozenset({"Mn", "Me", "Mc"})
_JOINERS: Final = frozenset("\u200c\u200d\uff9e\uff9f")
_ZERO_WIDTH_JOINER: Final = "\u200d"
_PREPENDED: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd")
_VIRAMA: Final = 9
"""The combining class of the signs that join two consonants."""


class _Hangul(Enum):
    """What part of a syllable a letter is."""

    LEADING = auto()
    VOWEL = auto()
    TRAILING = auto()
    OPEN = auto()
    """A syllable that may take a trailing letter."""
    CLOSED = auto()


_JAMO: Final = (
    (0x1100, 0x115F, _Hangul.LEADING),
    (0x1160, 0x11A7, _Hangul.VOWEL),
    (0x11A8, 0x11FF, _Hangul.TRAILING),
    (0xA960, 0xA97C, _Hangul.LEADING),
    (0xD7B0, 0xD7C6, _Hangul.VOWEL),
    (0xD7CB, 0xD7FB, _Hangul.TRAILING),
)
_FOLLOWERS: Final = {
    _Hangul.LEADING: {_Hangul.LEADING, _Hangul.VOWEL, _Hangul.OPEN, _Hangul.CLOSED},
    _Hangul.VOWEL: {_Hangul.VOWEL, _Hangul.TRAILING},
    _Hangul.OPEN: {_Hangul.VOWEL, _Hangul.TRAILING},
    _Hangul.TRAILING: {_Hangul.TRAILING},
    _Hangul.CLOSED: {_Hangul.TRAILING},
}


def graphemes(text: str) -> Iterator[str]:
    """Split a text into what a reader takes for one character each."""
    start = flags = 0
    for place, sign in enumerate(text):
        is_flag = "\U0001f1e6" <= sign <= "\U0001f1ff"
        if place and not _joins(text[place - 1], sign) and not (is_flag and flags % 2):
            yield text[start:place]
            start = place
        flags = flags + 1 if is_flag else 0
    if text:
        yield text[start:]


def _joins(before: str, sign: str) -> bool:
    """Say whether two signs belong together, but for flags, which come in pairs."""
    if before < "\u0300" and sign < "\u0300":
        return before == "\r" and sign == "\n"
    if before in "\r\n" or unicodedata.category(before) in {"Cc", "Zl", "Zp"}:
        return False
    if unicodedata.category(sign) in _MARKS or sign in _JOINERS or before == _ZERO_WIDTH_JOINER or before in _PREPENDED:
        return True
    if "\U0001f3fb" <= sign <= "\U0001f3ff" or "\U000e0020" <= sign <= "\U000e007f":  # skin tones; tags of flags
        return True
    if unicodedata.combining(before) == _VIRAMA and sign.isalpha():
        return True
    left, right = _hangul(before), _hangul(sign)
    return left is not None and right in _FOLLOWERS[left]


def _hangul(sign: str) -> _Hangul | None:
    code = ord(sign)
    if 0xAC00 <= code <= 0xD7A3:  # noqa: PLR2004 - the composed syllables, each leading letter and vowel 28 times
        return _Hangul.OPEN if (code - 0xAC00) % 28 == 0 else _Hangul.CLOSED
    return next((kind for first, last, kind in _JAMO if first <= code <= last), None)
