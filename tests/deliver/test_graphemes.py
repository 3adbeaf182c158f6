"""What a reader takes for one character is never taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.deliver.graphemes import graphemes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("ab c", ["a", "b", " ", "c"], id="letters"),
        pytest.param("a\r\nb", ["a", "\r\n", "b"], id="line end"),
        pytest.param("e\u0301e", ["e\u0301", "e"], id="accent"),
        pytest.param("\n\u0301", ["\n", "\u0301"], id="accent on a line end"),
        pytest.param("👩‍👩‍👧‍👦x", ["👩‍👩‍👧‍👦", "x"], id="family"),
        pytest.param("👍🏽👍", ["👍🏽", "👍"], id="skin tone"),
        pytest.param("🇦🇹🇨🇭🇩", ["🇦🇹", "🇨🇭", "🇩"], id="flags"),
        pytest.param("🏴\U000e0067\U000e007fa", ["🏴\U000e0067\U000e007f", "a"], id="flag of tags"),
        pytest.param("क्षि", ["क्षि"], id="conjunct"),
        pytest.param("กำ", ["ก", "ำ"], id="thai vowel, a letter to Unicode"),
        pytest.param("각각", ["각", "각"], id="syllables of parts and whole"),
        pytest.param("가\u11a8", ["가\u11a8"], id="open syllable and a trailing letter"),
        pytest.param("각\u1161", ["각", "\u1161"], id="closed syllable takes no vowel"),
        pytest.param("\u06001", ["\u06001"], id="sign before a number"),
        pytest.param("ｶﾞ", ["ｶﾞ"], id="voiced mark"),
    ],
)
def test_characters_are_split_where_readers_split_them(text: str, wanted: list[str]) -> None:
    assert list(graphemes(text)) == wanted


@given(st.text())
def test_nothing_is_lost_or_changed(text: str) -> None:
    parts = list(graphemes(text))
    assert "".join(parts) == text
    assert all(parts)
