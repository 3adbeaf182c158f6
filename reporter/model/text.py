"""Values from documents as text that is safe to print anywhere: nothing invisible, nothing endless."""

import json
import re
from typing import Final

LONGEST_VALUE: Final = 120
CUT: Final = "…"
"""Ends what was cut, wherever a text is: the guards of private values look before it for what is left of them."""

# Controls (line ends and tabs too), surrogates, and the format characters that reorder or hide text.
UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    r"""Replace every character that a reader would not see, or that steers the display, by its code.

    A terminal escape becomes `\u001b`, a right-to-left override becomes `\u202e`.
    """
    return UNSEEN.sub(lambda found: rf"\u{ord(found[0]):04x}", text)


def is_text(text: str) -> bool:
    """Say whether a text can be written: one that was made of bytes that are no UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_blank(text: str) -> bool:
    """Say whether a text tells a reader nothing: it has no letter and no digit of any script that can be seen."""
    return not any(map(str.isalnum, UNSEEN.sub("", text)))


def shorten(text: str, longest: int = LONGEST_VALUE) -> str:
    """Cut a text that nobody would read to the end, and say by how much."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}{CUT} ({len(text) - longest} more characters)"


def show(value: object) -> str:
    """Write a JSON value the way its author would, short enough for a sentence."""
    if isinstance(value, str):
        return shorten(visible(json.dumps(value, ensure_ascii=False)))
    if isinstance(value, list) and not value:
        return "an empty list"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return shorten(visible(json.dumps(value, ensure_ascii=False)))
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)}"
    return shorten(json.dumps(value))


def count(number: int, noun: str) -> str:
    """Count things: `1 check`, `1,200 checks`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
