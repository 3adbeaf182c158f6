"""Which characters the bundled printed font can draw.

A PDF must not borrow a font from the machine, and must not show a box for what it cannot draw: a character
outside of these ranges is printed as its code. Combining marks are left out on purpose: they would stack up
over the lines above.
"""

import re
from typing import Final

COVERED: Final = (
    (0x20, 0x7E),
    (0xA0, 0x148),
    (0x14A, 0x1C3),
    (0x1C5, 0x1F0),
    (0x37A, 0x37F),
    (0x384, 0x38A),
    (0x38E, 0x3A1),
    (0x3A3, 0x3E1),
    (0x3F0, 0x482),
    (0x48A, 0x49D),
    (0x4A0, 0x4FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x2030, 0x205E),
    (0x20A0, 0x20BF),
    (0x2190, 0x2199),
    (0x2260, 0x2260),
    (0x2264, 0x2265),
    (0x25B2, 0x25B2),
    (0x25C7, 0x25C7),
    (0x25CF, 0x25CF),
    (0x2713, 0x2713),
    (0x2717, 0x2717),
)

_CLASS: Final = "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in COVERED)
_UNCOVERED: Final = re.compile(f"[^\n{_CLASS}]")


def printable(html: str) -> str:
    r"""Replace what the printed font cannot draw by its code: `中` becomes `\u4e2d`.

    Markup is ASCII, and a code holds nothing that markup could mistake for its own.
    """
    return _UNCOVERED.sub(lambda found: rf"\u{ord(found[0]):04x}", html)
