"""The searcher for private values: every disguise, every length, no false alarm beside it."""

import base64
import html
import json
import string
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reporter.deliver.canary import DISGUISES, missed_disguises, prove
from reporter.deliver.private_values import PUBLIC_WORDS, PrivateKind, PrivateValue, PrivateValues, is_searched
from reporter.deliver.searcher import least_beginning
from reporter.errors import NotPublicSafe
from reporter.loops.folder import LONGEST_TEXT, Folder
from reporter.loops.table import LOOPS
from reporter.model.text import CUT, LONGEST_VALUE, UNSEEN, shorten, show, visible

TOKEN = PrivateValue(PrivateKind.SECRET, "slack.token", "xo/b-12 ab+c='\"<&>%41é\\n\\u0041")
HOST = PrivateValue(PrivateKind.HOST, "jira.url", "jira.example.org")
ORDINARY = b'{"status": "ready", "note": "nothing of this is private"}'


def secret(text: str) -> PrivateValue:
    return PrivateValue(PrivateKind.SECRET, "slack.token", text)


@pytest.mark.parametrize("name", DISGUISES)
def test_value_is_found_in_every_disguise(name: str) -> None:
    disguised = DISGUISES[name](TOKEN.text)
    carrier = disguised if disguised.startswith(b"%PDF") else ORDINARY + disguised + ORDINARY
    assert PrivateValues([TOKEN]).find(carrier) == (TOKEN,)


PRINTABLE = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"]).filter(lambda sign: not UNSEEN.match(sign)),
    min_size=6,
    max_size=60,
)


@given(PRINTABLE.map(str.strip).filter(lambda text: is_searched(secret(text))))
def test_any_text_is_found_in_every_disguise(text: str) -> None:
    assert missed_disguises(PrivateValues([secret(text)]), secret(text)) == ()


@given(st.binary(max_size=400), st.binary(max_size=20), st.integers(0, 9))
def test_value_is_found_at_every_place_of_any_bytes(before: bytes, after: bytes, shift: int) -> None:
    value = secret("s3cret0")
    assert PrivateValues([value]).find(before + b"." * shift + b"s3cret0" + after) == (value,)


@pytest.mark.parametrize(
    "nest",
    [
        pytest.param(lambda text: json.dumps(json.dumps(text)).encode(), id="json-in-json"),
        pytest.param(lambda text: quote(quote(quote(text))).encode(), id="url-in-url-in-url"),
        pytest.param(lambda text: html.escape(html.escape(text)).encode(), id="html-in-html"),
        pytest.param(
            lambda text: json.dumps(base64.b64encode(text.encode()).decode()).replace("/", r"\/").encode(),
            id="base64-in-json",
        ),
        pytest.param(
            lambda text: quote(base64.b64encode(text.encode()).decode(), safe="").encode(), id="base64-in-url"
        ),
        pytest.param(lambda text: base64.b64encode(f"bot:{text}".encode()), id="basic"),
        pytest.param(lambda text: text.encode("latin-1"), id="latin-1"),
        pytest.param(lambda text: text.encode("utf-16-be").hex().encode(), id="hex-of-utf-16"),
    ],
)
def test_disguises_can_be_put_on_one_over_the_other(nest: Callable[[str], bytes]) -> None:
    assert PrivateValues([TOKEN]).find(b'"' + nest(TOKEN.text) + b'"') == (TOKEN,)


def test_host_within_the_name_of_another_host_is_not_it() -> None:
    private = PrivateValues([HOST])
    assert private.find(b"see https://jira.example.org/x or JIRA.example.org.") == (HOST,)
    assert private.find(b"jira.example.org") == (HOST,)
    assert private.find(b"old-jira.example.org and jira.example.organic and jira.example.org-2") == ()
    for text in (b"--jira.example.org", b".jira.example.org", b"at jira.example.org.Then", b"_jira.example.org--"):
        assert private.find(text) == (HOST,)
    assert private.find(b"my.jira.example.org, then jira.example.org") == (HOST,)
    assert private.find(base64.b64encode(b"old-jira.example.org")) == (HOST,)
    assert private.find(b"jira.example.org".hex().encode()) == (HOST,)


def test_several_values_are_told_apart_and_each_once() -> None:
    other = PrivateValue(PrivateKind.PERSON, "deliver.executives", "cto@example.org")
    private = PrivateValues([TOKEN, HOST, other, secret("cto@example.org")])
    assert private.searched == 3
    assert private.find(b"cto@example.org CTO@EXAMPLE.ORG jira.example.org") == (HOST, other)
    assert private.find(ORDINARY) == ()


class Cut(NamedTuple):
    """One way in which texts are cut: what writes them, how much of that it leaves, and how it writes a text first."""

    write: Callable[[str], str]
    longest: int
    escape: Callable[[str], str]


CUTS = {
    "shorten": Cut(shorten, LONGEST_VALUE, str),
    "folder": Cut(Folder(datetime(2026, 6, 11, tzinfo=UTC), LOOPS).text, LONGEST_TEXT - 1, visible),
    "show": Cut(show, LONGEST_VALUE - 1, lambda text: visible(json.dumps(text, ensure_ascii=False)[1:-1])),
}
TEXTS = sorted(DISGUISES.keys() - {"pdf_stream", "utf_16", "base64_in_lines", "quoted_printable"})
"""Disguises that a text of a record can wear: the others are no text, or have lines."""
FILES: dict[str, Callable[[str], str]] = {
    "json": json.dumps,
    "readable json": lambda text: json.dumps(text, ensure_ascii=False),
    "page": html.escape,
    "text": str,
    "address": quote,
}


PLAIN = string.ascii_letters + string.digits + "-_.~+/:@!#$*,;()[]{}"
"""Without the signs that begin an escape: of a value that holds one, a cut disguise may be read in another way."""


@pytest.mark.parametrize("way", CUTS)
@given(st.text(PLAIN, min_size=9, max_size=80), st.data())
def test_beginning_of_a_value_is_found_in_every_disguise_wherever_it_is_cut(
    way: str, text: str, data: st.DataObject
) -> None:
    cut, disguise = CUTS[way], DISGUISES[data.draw(st.sampled_from(TEXTS))]
    begun = text[: least_beginning(len(text)) + 1]
    assume(is_searched(secret(text)) and begun[:-1].lower() not in PUBLIC_WORDS)
    hidden = disguise(text).decode()
    least, whole = len(cut.escape(disguise(begun).decode())) + 3, len(cut.escape(hidden))
    assume(least <= min(whole, cut.longest))
    left = data.draw(st.integers(least, min(whole, cut.longest)))
    shown = cut.write(" " * (cut.longest - left) + hidden + "!" * LONGEST_TEXT)
    assert CUT in shown
    written = FILES[data.draw(st.sampled_from(sorted(FILES)))](shown).encode()
    assert PrivateValues([secret(text)]).find(b'{"at": ' + written + b"}") == (secret(text),)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0123456789abcdefghij", "0123456789…"),
        ("0123456789", "01234567…"),
        ("0123456789abcdefghij" * 9, "0123456789abcdefghij0123456789ab…"),
        ("0123456789abcdefghij", r"0123456789\u00…"),
        ("0123456789abcdefghij", "0123456789%4…"),
        ("0123456789abcdefghij", "0123456789&quo…"),
        ("0123456789abcdefghij", "0123456789 then 0123456789…"),
    ],
)
def test_half_of_a_value_is_found_before_the_mark_of_a_cut(text: str, shown: str) -> None:
    assert PrivateValues([secret(text)]).find(shown.encode()) == (secret(text),)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("0123456789abcdefghij", "012345678…", id="less than half"),
        pytest.param("01234567", "0123456…", id="fewer than eight"),
        pytest.param("0123456789abcdefghij" * 9, "0123456789abcdefghij0123456789a…", id="31"),
        pytest.param("0123456789abcdefghij", "0123456789", id="no mark"),
        pytest.param("0123456789abcdefghij", "0123456789 …", id="mark after something else"),
        pytest.param("0123456789abcdefghij", "0123456789x…", id="another word"),
        pytest.param("0123456789abcdefghij", f"0123456789{'x' * 40}…", id="mark far behind"),
        pytest.param("reporter-robot", "reporter…", id="a public word"),
    ],
)
def test_what_could_be_anything_is_no_beginning_of_a_value(text: str, shown: str) -> None:
    assert PrivateValues([secret(text)]).find(shown.encode()) == ()


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u2066", "\x1b", "\t", "\U000e0041"])
@pytest.mark.parametrize("write", [str, visible, lambda text: json.dumps(visible(text)), json.dumps, html.escape])
def test_value_with_something_unseen_inside_is_found(sign: str, write: Callable[[str], str]) -> None:
    hidden = f"see {TOKEN.text[:9]}{sign}{TOKEN.text[9:]} in the log"
    assert PrivateValues([TOKEN]).find(write(hidden).encode("utf-8", "surrogatepass")) == (TOKEN,)
    cut = f"see {TOKEN.text[:9]}{sign}{TOKEN.text[9:20]}{CUT}"
    assert PrivateValues([TOKEN]).find(write(cut).encode("utf-8", "surrogatepass")) == (TOKEN,)


def test_lines_stay_where_something_unseen_is_left_out() -> None:
    private = PrivateValues([HOST])
    assert private.find("caf\u00e9 on\u200b old-\njira.example.org".encode()) == (HOST,)
    assert private.find("caf\u00e9 on old-ji\u200bra.example.org".encode()) == ()
    assert private.find(b"\\u0041 at ji\\u200bra.example.org") == (HOST,)


def test_lines_of_a_long_secret_are_found_one_by_one() -> None:
    key = secret("-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\nshort\n-----END KEY-----\n")
    assert PrivateValues([key]).find(b"it is MC4CAQAwBQYDK2VwBCIEIA") == (key,)
    assert PrivateValues([key]).find(b"short") == ()


@pytest.mark.parametrize("text", ["", "     ", "abcde", "slack", "GitHub", "Reporter", "application/json", " basic "])
def test_what_is_short_or_public_is_counted_and_not_searched(text: str) -> None:
    private = PrivateValues([secret(text)])
    assert private.searched == 0
    assert private.unsearched == (1 if text.strip() else 0)
    assert private.find(text.encode()) == ()


def test_pdf_is_searched_in_its_streams_and_outside_of_them() -> None:
    broken = b"%PDF-1.7\nstream\nno zlib\nendstream stream\r\n" + zlib.compress(b"MC4CAQAwBQ jira.example.org")
    assert PrivateValues([HOST]).find(broken) == (HOST,)
    assert PrivateValues([HOST]).find(b"%PDF-1.7\n/Title (jira.example.org)") == (HOST,)
    assert PrivateValues([HOST]).find(b"stream\n" + zlib.compress(b"jira.example.org")) == ()


def test_nothing_private_is_printed() -> None:
    said = f"{TOKEN!r} {TOKEN} {PrivateValues([TOKEN])!r} {PrivateValues([TOKEN])}"
    assert "slack.token" in said
    assert TOKEN.text not in said


def test_canary_is_found_in_every_disguise_beside_the_values() -> None:
    armed = prove(PrivateValues([TOKEN]))
    assert (armed.searched, len(armed.values)) == (1, 2)
    assert armed.find(TOKEN.text.encode()) == (TOKEN,)


class Blind(PrivateValues):
    """A searcher that lost its sight for what is compressed."""

    def __or__(self, other: PrivateValues) -> "Blind":
        return Blind((*self.values, *other.values))

    def find(self, data: bytes) -> tuple[PrivateValue, ...]:
        return () if data.startswith(b"%PDF") else super().find(data)


class Alarmed(Blind):
    """A searcher that finds everything everywhere."""

    def __or__(self, other: PrivateValues) -> "Alarmed":
        return Alarmed((*self.values, *other.values))

    def find(self, data: bytes) -> tuple[PrivateValue, ...]:
        return self.values if data else ()


@pytest.mark.parametrize(
    ("searcher", "fault"), [(Blind([]), "was not found as pdf_stream"), (Alarmed([]), "was found where it is not")]
)
def test_searcher_that_fails_its_proof_is_refused(searcher: PrivateValues, fault: str) -> None:
    with pytest.raises(NotPublicSafe, match=f"^the guard of private values: a secret planted for a test {fault}$"):
        prove(searcher)
