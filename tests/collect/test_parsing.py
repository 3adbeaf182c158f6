"""Bytes that call themselves JSON: one strict reading, every fault at its pointer, and never an exception."""

import hashlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.collect.parsing import (
    DEEPEST_NESTING,
    MOST_FAULTS,
    MOST_ITEMS,
    MOST_TEXT,
    MOST_VALUES,
    parse_document,
)
from reporter.model.documents import Document, DocumentState, Fault, look_up

BIG_NUMBER = "a finite number of ordinary size"
BOM = b"\xef\xbb\xbf"


def parse(raw: bytes | str) -> Document:
    return parse_document("plan", "plan.json", raw if isinstance(raw, bytes) else raw.encode())


def nested(levels: int, opening: str = '{"a":', closing: str = "}") -> str:
    """Write an object with this many levels, the root included."""
    return opening * (levels - 1) + "{}" + closing * (levels - 1)


@pytest.mark.parametrize(
    ("raw", "state", "found", "wanted"),
    [
        pytest.param(b"", "not_json", "an empty file", "a JSON object", id="empty"),
        pytest.param(b" \t\r\n", "not_json", "only white space", "a JSON object", id="white-space"),
        pytest.param(BOM, "not_json", "only white space", "a JSON object", id="only-bom"),
        pytest.param(b'{"a":"\xff"}', "not_utf8", "bytes that are not UTF-8 at offset 6", "UTF-8 text", id="latin-1"),
        pytest.param(b"\xed\xa0\x80", "not_utf8", "bytes that are not UTF-8 at offset 0", "UTF-8 text", id="cesu-8"),
        pytest.param(
            '{"a":1}'.encode("utf-16"), "not_utf8", "bytes that are not UTF-8 at offset 0", "UTF-8 text", id="utf-16"
        ),
        pytest.param(
            '{"a":1}'.encode("utf-16-le"),
            "not_json",
            "not JSON: Expecting property name enclosed in double quotes at line 1, column 2",
            "a JSON object",
            id="utf-16-without-bom",
        ),
        pytest.param(
            b"status: ready\n", "not_json", "not JSON: Expecting value at line 1, column 1", "a JSON object", id="yaml"
        ),
        pytest.param(
            b'{"a": 1,\n "b": [1, ',
            "not_json",
            "not JSON: Expecting value at line 2, column 11",
            "a JSON object",
            id="truncated",
        ),
        pytest.param(
            b'{} {"a": 1}', "not_json", "not JSON: Extra data at line 1, column 4", "a JSON object", id="two-documents"
        ),
        pytest.param(
            b'{"a": "\x01"}',
            "not_json",
            "not JSON: Invalid control character at line 1, column 8",
            "a JSON object",
            id="control-character",
        ),
        pytest.param(b"null", "not_an_object", "null", "a JSON object", id="null"),
        pytest.param(b"[]", "not_an_object", "a list", "a JSON object", id="list"),
        pytest.param(b'"{}"', "not_an_object", "a text", "a JSON object", id="text"),
        pytest.param(b"true", "not_an_object", "true or false", "a JSON object", id="boolean"),
        pytest.param(b"12", "not_an_object", "a number", "a JSON object", id="number"),
        pytest.param(b"NaN", "not_an_object", "a number", "a JSON object", id="nan"),
    ],
)
def test_what_is_no_json_object_is_one_fault(raw: bytes, state: str, found: str, wanted: str) -> None:
    document = parse(raw)
    assert document.state == state
    assert document.faults == (Fault("", found, wanted),)
    assert document.value is None


@pytest.mark.parametrize("raw", [b"{}", b' {"a": 1}\n', BOM + b'{"a": "\xc3\xa9"}', b"", b"\xff", b"[]"])
def test_digest_is_of_the_exact_bytes_whatever_they_are(raw: bytes) -> None:
    document = parse(raw)
    assert document.sha256 == hashlib.sha256(raw).hexdigest()
    assert document.size_bytes == len(raw)


def test_byte_order_mark_is_accepted() -> None:
    document = parse(BOM + b'{"a": 1}')
    assert document.state is DocumentState.READ
    assert document.value == {"a": 1}


def test_levels_up_to_the_limit_are_read() -> None:
    document = parse(nested(DEEPEST_NESTING))
    assert document.faults == ()
    assert document.value == json.loads(nested(DEEPEST_NESTING))


def test_one_level_too_deep_is_a_fault_at_its_pointer() -> None:
    document = parse(nested(DEEPEST_NESTING + 1))
    assert document.faults == (Fault("/a" * DEEPEST_NESTING, "nesting too deep", "64 levels at most"),)
    assert look_up(document.value, "/a" * DEEPEST_NESTING) is None


@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ('{"a":[', "]}"), ('{"a":[[[', "]]]}")])
def test_hundred_thousand_levels_are_a_fault(opening: str, closing: str) -> None:
    document = parse(nested(100_000, opening, closing))
    assert document.faults == (Fault("", "nesting too deep", "64 levels at most"),)
    assert parse(opening * 100_000).faults == document.faults


def test_key_given_twice_is_a_fault_at_its_pointer() -> None:
    document = parse('{"a": {"status": "fail", "status": "ready", "x/y~z": 1, "x/y~z": 1, "x/y~z": 1}, "b": 1}')
    twice = ("a key given more than once", "each key once")
    assert document.faults == (Fault("/a/status", *twice), Fault("/a/x~1y~0z", *twice))


def test_many_keys_given_twice_take_no_time() -> None:
    """Counting each key by a walk over all keys would take minutes."""
    raw = "{" + ",".join(f'"k{number}":1,"k{number}":1' for number in range(90_000)) + "}"
    began = time.monotonic()
    assert len(parse(raw).faults) == MOST_FAULTS + 1
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("1e999", "1e999"),
        ("-1e999", "-1e999"),
        ("12345678901234567890", "12345678901234567890"),
        pytest.param("9" * 5_000, "9" * 40, id="5000-digits"),
        pytest.param("1" * 50 + "e999", "1" * 40, id="long-and-infinite"),
    ],
)
def test_number_that_readers_disagree_on_is_a_fault_and_taken_out(number: str, shown: str) -> None:
    document = parse(f'{{"a": [1, {number}, 2]}}')
    assert document.faults == (Fault("/a/1", f"the number {shown}", BIG_NUMBER),)
    assert document.value == {"a": [1, None, 2]}


@pytest.mark.parametrize("number", ["0", "-0", "1e308", "1e-999", "9007199254740993", "999999999999999999", "1.50"])
def test_ordinary_number_is_read_as_it_stands(number: str) -> None:
    document = parse(f'{{"a": {number}}}')
    assert document.faults == ()
    assert document.value == {"a": json.loads(number)}


def test_lone_surrogate_is_a_fault_in_a_value_and_in_a_key() -> None:
    document = parse(r'{"a": ["x\ud800", "\ud83d\ude00"], "k\udfff": {"b": 1}, "c": 1}')
    surrogate = ("a lone surrogate, which no text holds", "Unicode text")
    assert document.faults == (Fault(r"/k\udfff", *surrogate), Fault("/a/0", *surrogate))
    assert document.value == {"a": [None, "\U0001f600"], "c": 1}


def test_no_fault_holds_what_cannot_be_written() -> None:
    document = parse(r'{"\ud800": {"\udfff": NaN}, "a": {"\ud800": [NaN], "\ud800": 1}}')
    for fault in document.faults:
        "".join(fault).encode()


def test_more_faults_than_anybody_reads_are_counted_as_more() -> None:
    document = parse('{"a": [' + ", ".join(["NaN"] * 60) + "]}")
    assert len(document.faults) == MOST_FAULTS + 1
    assert document.faults[-1] == Fault("", "more than 50 faults", "none")
    assert len(parse('{"a": [' + ", ".join(["NaN"] * 50) + "]}").faults) == MOST_FAULTS


def test_values_beyond_the_listed_faults_are_taken_out_too() -> None:
    """Whoever reads the value next relies on plain JSON of ordinary depth."""
    bad = ", ".join(["NaN"] * 60)
    document = parse(f'{{"deep": {nested(900)}, "late": {{"x": [NaN, "\\ud800"]}}, "a": [{bad}]}}')
    assert document.value is not None
    json.dumps(document.value, allow_nan=False, ensure_ascii=False).encode()
    assert look_up(document.value, "/deep" + "/a" * (DEEPEST_NESTING - 1)) is None


@pytest.mark.parametrize(("count", "state"), [(MOST_VALUES - 1, "read"), (MOST_VALUES, "too_large")])
def test_more_values_than_a_manifest_can_have_are_one_fault(count: int, state: str) -> None:
    document = parse("{" + ",".join(f'"{number}": 1' for number in range(count + 1)) + "}")
    assert document.state == state
    few = Fault("", "more than 100000 values", "100000 values at most")
    assert document.faults == (() if state == "read" else (few,))


@pytest.mark.parametrize(
    ("text", "pointer", "found", "wanted"),
    [
        ('{"a": [' + "1," * MOST_ITEMS + "1]}", "/a", f"a list of {MOST_ITEMS + 1}", f"{MOST_ITEMS} entries at most"),
        ('{"a": "' + "x" * (MOST_TEXT + 1) + '"}', "/a", "a text nobody reads", f"{MOST_TEXT} characters at most"),
    ],
    ids=["list", "text"],
)
def test_what_nobody_would_read_is_a_fault(text: str, pointer: str, found: str, wanted: str) -> None:
    document = parse(text)
    assert document.faults == (Fault(pointer, found, wanted),)


def test_the_longest_list_and_text_are_read() -> None:
    document = parse('{"a": [' + "1," * (MOST_ITEMS - 1) + '1], "b": "' + "x" * MOST_TEXT + '"}')
    assert document.faults == ()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document(raw: bytes) -> None:
    document = parse(raw)
    assert document.sha256 == hashlib.sha256(raw).hexdigest()
    assert (document.value is None) == (document.state is not DocumentState.READ)
    assert document.faults or document.value is not None


SOUP = st.lists(
    st.sampled_from(
        ["{", "}", "[", "]", ":", ",", '"a"', '"b"', r'"\ud800"', "null", "NaN", "1e999", "-Infinity", "1", "true", " "]
    ),
    max_size=30,
).map("".join)


@given(st.builds('{{"a":{},"b":{}}}'.format, SOUP, SOUP) | SOUP)
def test_any_soup_of_tokens_is_a_document(text: str) -> None:
    document = parse(text)
    if document.value is not None:
        json.dumps(document.value, allow_nan=False, ensure_ascii=False).encode()
    for fault in document.faults:
        "".join(fault).encode()
