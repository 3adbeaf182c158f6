"""Shortening: within the limit, at the end of a word, never inside a character or an escape, and said so."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deliver.messages import LINK, MESSAGES, message
from reporter.deliver.fit import (
    ELLIPSIS,
    Dialect,
    Limits,
    as_it_is,
    excerpt_of,
    fit,
    key_of,
    largest,
    lines_of,
    link_of,
    text_of,
    to_json,
    units,
)
from reporter.deliver.graphemes import graphemes
from reporter.deliver.message import Message

WIDE = Limits(title=1_000, summary=10_000, fact=1_000, facts=100, action=1_000, actions=100)
HTML = {"&": "&amp;", "<": "&lt;"}


def escape(one: str) -> str:
    return HTML.get(one, one)


@pytest.mark.parametrize(
    ("text", "limit", "wanted"),
    [
        pytest.param("one two", 7, "one two", id="exactly as long"),
        pytest.param("one two", 6, "one…", id="one too long"),
        pytest.param("one two three", 8, "one two…", id="the mark has room"),
        pytest.param("one two three", 7, "one…", id="the mark has none after the second word"),
        pytest.param("one  two", 7, "one…", id="no blank before the mark"),
        pytest.param("unbreakable", 5, "unbr…", id="a word that is alone too long"),
        pytest.param("e\u0301e\u0301e\u0301", 4, "e\u0301…", id="not between a letter and its accent"),
        pytest.param("🇦🇹🇦🇹", 6, "🇦🇹…", id="not inside a flag, of four units"),
        pytest.param("👩‍👩‍👧‍👦", 5, "…", id="a character that is alone too long"),
        pytest.param("&&&", 11, "&amp;&amp;…", id="not inside an escape"),
        pytest.param("a&b", 5, "a…", id="an escape counts whole"),
        pytest.param("one", 1, "…", id="only the mark"),
        pytest.param("one", 0, "", id="nothing"),
        pytest.param("", 0, "", id="nothing of nothing"),
    ],
)
def test_text_is_cut_where_it_hurts_least(text: str, limit: int, wanted: str) -> None:
    assert fit(text, limit, escape).text == wanted


@given(st.text(max_size=60), st.integers(0, 40))
def test_cut_text_has_room_and_begins_as_the_whole_one(text: str, limit: int) -> None:
    written, whole = fit(text, limit, escape)
    everything = [escape(one) for one in graphemes(text)]
    assert units(written) <= limit
    assert whole == (units("".join(everything)) <= limit)
    if whole:
        assert written == "".join(everything)
    else:
        kept = written.removesuffix(ELLIPSIS)
        assert any("".join(everything[:count]).rstrip() == kept for count in range(len(everything) + 1))


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=6), min_size=2), st.integers(8, 30))
def test_no_word_is_cut_that_has_room(words: list[str], limit: int) -> None:
    written, whole = fit(" ".join(words), limit)
    assume(not whole)
    kept = written.removesuffix(ELLIPSIS).split()
    assert kept == words[: len(kept)]


def test_units_are_those_of_the_vendors_that_count_most() -> None:
    assert units("a\u00e9\u20ac") == 3
    assert units("😀") == 2 == len("😀".encode("utf-16-le")) // 2


def test_invisible_signs_are_shown_whole_or_not_at_all() -> None:
    assert Dialect().fit("a\u202eb", 20).text == r"a\u202eb"
    assert Dialect().fit("a\u202eb", 7).text == "a…"
    assert Dialect().fit("one\ntwo", 20).text == "one\ntwo"


def test_lines_are_kept_and_blanks_beside_them_are_not() -> None:
    assert lines_of("  one \n\n\t two\u2028three ") == "one\ntwo\nthree"


def test_excerpt_of_what_fits_says_where_more_is() -> None:
    excerpt = excerpt_of(message(), WIDE)
    assert excerpt.title == "CRITICAL: The rollback drill is overdue"
    assert excerpt.facts[0] == ("Environment", "production-pilot")
    assert (excerpt.shortened, excerpt.closing, excerpt.link) == (False, "More:", LINK)
    assert text_of(excerpt).endswith(f"- Run the drill.\n- Record its evidence.\n\nMore: {LINK}")


def test_label_of_the_configuration_comes_first() -> None:
    assert excerpt_of(message(), WIDE, label="CAVRA  Ops").title.startswith("[CAVRA Ops] CRITICAL: ")


@pytest.mark.parametrize(
    "limits",
    [
        replace(WIDE, title=30),
        replace(WIDE, summary=30),
        replace(WIDE, fact=10),
        replace(WIDE, facts=3),
        replace(WIDE, action=8),
        replace(WIDE, actions=1),
    ],
    ids=["title", "summary", "fact", "facts", "action", "actions"],
)
def test_whatever_is_left_out_is_said_with_the_link(limits: Limits) -> None:
    excerpt = excerpt_of(message(), limits)
    assert excerpt.shortened
    assert text_of(excerpt).endswith(f"Shortened. Everything: {LINK}")


def test_without_a_link_the_bundle_is_named() -> None:
    excerpt = excerpt_of(message(link="", environment="pilot\n" * 100), replace(WIDE, summary=10))
    assert excerpt.closing.startswith("Shortened. The evidence bundle of pilot pilot")
    assert len(excerpt.closing) < 150
    assert excerpt_of(message(link=""), WIDE).closing == ""


@pytest.mark.parametrize(
    "link",
    [
        "http://evidence.example.org/",
        "https://evidence.example.org/a b",
        "https://evidence.example.org/|label>",
        "javascript:alert(1)",
        "https://evidence.example.org/" + "a" * 1_500,
        "https://evidence.example.org/\u202e",
    ],
)
def test_link_that_cannot_be_opened_as_it_is_counts_as_none(link: str) -> None:
    assert link_of(message(link=link)) == ""


def test_ids_that_every_vendor_takes_stay_and_others_become_digests() -> None:
    assert key_of(message(message_id="msg-1:a.b_c")) == "msg-1:a.b_c"
    for odd in ("", "a b", 'a"b', "a^ORb", "ä", "a" * 101, "\ud800", "msg-1\n"):
        key = key_of(message(message_id=odd))
        assert len(key) == 64
        assert key == key_of(message(message_id=odd))
    assert key_of(message(message_id="a b")) != key_of(message(message_id="a c"))


def test_largest_gives_what_is_smallest_when_nothing_fits() -> None:
    written = largest(WIDE, 1, lambda limits: str(limits).encode())
    smallest = Limits(title=80, summary=0, fact=40, facts=0, action=80, actions=0)
    assert written == str(smallest).encode()
    assert smallest.smaller() == smallest


def test_largest_keeps_what_has_room() -> None:
    assert largest(WIDE, 10_000, lambda limits: b"a" * limits.summary) == b"a" * 10_000
    assert largest(WIDE, 9_999, lambda limits: b"a" * limits.summary) == b"a" * 5_000


def test_json_with_half_a_character_is_still_json() -> None:
    assert to_json({"a": "ä"}) == '{"a":"ä"}'.encode()
    assert json.loads(to_json({"a": "\ud800"})) == {"a": "\ud800"}


@given(MESSAGES)
def test_any_message_has_a_title_with_its_level_and_an_end_that_says_what_is_missing(any_message: Message) -> None:
    limits = Limits(title=80, summary=200, fact=40, facts=5, action=80, actions=3)
    excerpt = excerpt_of(any_message, limits, Dialect(as_it_is, escape))
    assert excerpt.title.startswith(any_message.severity.upper())
    assert units(excerpt.title) <= 80
    assert excerpt.shortened == excerpt.closing.startswith("Shortened.")
    assert text_of(excerpt).endswith(excerpt.ending)
