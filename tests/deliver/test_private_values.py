"""The searcher for private values: every disguise, every length, no false alarm beside it."""

import base64
import html
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.deliver.canary import DISGUISES, missed_disguises, prove
from reporter.deliver.private_values import PrivateKind, PrivateValue, PrivateValues, is_searched
from reporter.errors import NotPublicSafe

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


PRINTABLE = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=6, max_size=60)


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
