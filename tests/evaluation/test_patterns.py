"""Patterns of compiled policies (domain.md B8.1): whole match, `*` for anything, linear time whatever the pattern."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.evaluation.patterns import Pattern, first_match

texts = st.text(alphabet="ab/.", max_size=12)
patterns = st.text(alphabet="ab/.*", max_size=12)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("", "", True),
        ("", "a", False),
        ("a", "a", True),
        ("a", "aa", False),
        ("*", "", True),
        ("**", "any/thing", True),
        ("*.env", "deep/down/.env", True),
        ("*.env", ".env.example", False),
        ("secrets/*", "secrets/", True),
        ("secrets/*", "other/secrets/x", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*ab*ab*", "ab", False),
        ("*ab*ab*", "xabyabz", True),
        ("rm -rf *", "rm -rf /", True),
        ("[ab]", "a", False),
        ("a?c", "abc", False),
    ],
)
def test_pattern_matches_the_whole_text_or_does_not(pattern: str, text: str, matches: bool) -> None:  # noqa: FBT001
    assert Pattern(pattern).matches(text) is matches


@given(patterns, texts)
def test_pattern_matches_what_the_same_regular_expression_would(pattern: str, text: str) -> None:
    wanted = re.fullmatch(".*".join(map(re.escape, re.split(r"\*+", pattern))), text, re.DOTALL)
    assert Pattern(pattern).matches(text) is (wanted is not None)


def test_pattern_that_would_keep_a_backtracking_matcher_busy_for_ages_is_matched_at_once() -> None:
    assert not Pattern("a*" * 5_000 + "b").matches("a" * 100_000)
    assert Pattern("*a" * 5_000 + "*").matches("a" * 100_000)


def test_first_match_is_the_first_in_order() -> None:
    listed = [Pattern("x*"), Pattern("a*"), Pattern("*")]
    found = first_match(listed, "abc")
    assert found is not None
    assert found.text == "a*"
    assert first_match(listed[:1], "abc") is None
