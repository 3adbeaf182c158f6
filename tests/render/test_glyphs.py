"""The characters that the bundled fonts can draw, and what becomes of the others."""

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from reporter.assets import templates_dir
from reporter.render.glyphs import COVERED, printable


@pytest.mark.parametrize("weight", ["Regular", "SemiBold", "Bold"])
def test_every_character_of_the_table_is_in_the_font(weight: str) -> None:
    font = TTFont(templates_dir() / "fonts" / f"Inter-{weight}.otf")
    drawn = set(font.getBestCmap())
    assert not [hex(code) for first, last in COVERED for code in range(first, last + 1) if code not in drawn]


def test_what_the_font_cannot_draw_is_printed_as_its_code() -> None:
    assert printable("<p>Zürich, Ελλάδα, Україна ✓</p>\n") == "<p>Zürich, Ελλάδα, Україна ✓</p>\n"
    assert printable("日本🚀e\u0301") == "\\u65e5\\u672c\\u1f680e\\u0301"
