"""JSON documents as they stream by: cut anywhere, damaged anywhere."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.collect.records.document import LONGEST_OUTSIDE, read_document
from reporter.collect.records.reading import CHUNK, DamagedStream
from reporter.collect.records.source import checked
from reporter.model.raw_records import RawRecord, RecordFault

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=6)


def parts_of(
    document: bytes, size: int = CHUNK, limit: int = 10_000, outside: dict[str, Any] | None = None
) -> list[RawRecord | RecordFault]:
    chunks: Iterator[bytes] = (document[start : start + size] for start in range(0, len(document), size))
    return list(checked(read_document(lambda _: next(chunks, b""), "a.json", limit, outside)))


@given(items=OBJECTS, size=st.integers(1, 9), indent=st.sampled_from([None, 2]), bare=st.booleans())
def test_items_are_found_wherever_the_chunks_end(
    items: list[dict[str, Any]], size: int, indent: int | None, *, bare: bool
) -> None:
    value = items if bare else {"before": [{"items": [1]}], "items": items, "next": "page-2", "after": {}}
    outside: dict[str, Any] = {}
    parts = parts_of(json.dumps(value, indent=indent).encode(), size, outside=outside)
    assert [json.loads(one.raw) for one in parts if isinstance(one, RawRecord)] == items
    assert len(parts) == len(items)
    assert outside.get("next") == (None if bare else "page-2")


@given(OBJECTS, st.data())
def test_damage_anywhere_is_never_silent(items: list[dict[str, Any]], data: st.DataObject) -> None:
    whole = json.dumps({"items": items}).encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    parts = parts_of(whole[:cut])
    assert isinstance(parts[-1], RecordFault)
    assert [json.loads(one.raw) for one in parts[:-1] if isinstance(one, RawRecord)] == items[: len(parts) - 1]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        pytest.param(b"", "an empty document", id="empty"),
        pytest.param(b" \n", "an empty document", id="blank"),
        pytest.param(b"5", "no JSON list and no object", id="number"),
        pytest.param(b"{}", "an object without a list named `items`", id="no items"),
        pytest.param(b'{"items": null}', "an object without a list named `items`", id="null"),
        pytest.param(b'{"items": {"a": []}}', "an object without a list named `items`", id="items are an object"),
        pytest.param(b'{"other": [{}]}', "an object without a list named `items`", id="other list"),
        pytest.param(b'{"items": []} x', "text after the end of the document", id="tail"),
        pytest.param(b"[]{}", "text after the end of the document", id="second document"),
        pytest.param(b"[]]", "text after the end of the document", id="bracket too many"),
        pytest.param(b'[{"a": [}]', "a bracket that closes none", id="wrong bracket"),
        pytest.param(b'{"items": [], "items": []}', "`items` given more than once", id="twice"),
        pytest.param(b'{"items": [], "a": nul}', "text around the items that is not JSON", id="damaged outside"),
        pytest.param(b'{"items": [], "a": "\xff"}', "text around the items that is not JSON", id="outside not UTF-8"),
        pytest.param(b'[{"a": "', "the end of the document inside an open bracket", id="cut off"),
        pytest.param(b'{"a": "%s", "items": []}' % (b"x" * LONGEST_OUTSIDE), "too much beside the items", id="long"),
        pytest.param(b'[{"a": "%s' % (b"x" * 3 * CHUNK), "a text or number without end", id="endless text"),
    ],
)
def test_damaged_document_is_named(document: bytes, found: str) -> None:
    fault = parts_of(document, outside={})[-1]
    assert isinstance(fault, RecordFault)
    assert fault.found == found


@pytest.mark.parametrize(
    ("document", "numbers"),
    [
        pytest.param(b'[1, {"a": 1}, "x", null, {"a": 2}, 3]', {2: "a", 5: "a"}, id="scalars"),
        pytest.param(b'[{"a": 1}, [2], {"a": nul}, {"a": 3}]', {1: "a", 4: "a"}, id="list and damaged item"),
        pytest.param(b"[5]", {}, id="one scalar"),
    ],
)
def test_item_that_is_no_object_is_a_fault_and_the_rest_counts(document: bytes, numbers: dict[int, str]) -> None:
    parts = parts_of(document)
    assert [one.number for one in parts if isinstance(one, RawRecord)] == list(numbers)
    assert [one.number for one in parts] == list(range(1, len(parts) + 1))
    assert {one.unit for one in parts} == {"item"}


@pytest.mark.parametrize(
    "document",
    [
        b'[{"a": 1} {"a": 2}]',
        b'[{"a": 1},, {"a": 2}]',
        b'[{"a": 1}, {"a": 2},]',
        b'[,{"a": 1},{"a":2}]',
        b'[{"a": 1}, x {"a": 2}]',
        b'[{"a": 1}, x, {"a": 2}]',
    ],
)
def test_wrong_separators_are_faults_and_the_items_count(document: bytes) -> None:
    parts = parts_of(document)
    assert [json.loads(one.raw) for one in parts if isinstance(one, RawRecord)] == [{"a": 1}, {"a": 2}]
    assert [one.found for one in parts if isinstance(one, RecordFault)] == ["text between the items that is not JSON"]


@pytest.mark.parametrize("size", [7, CHUNK])
def test_item_over_the_limit_is_named_and_the_rest_counts(size: int) -> None:
    document = json.dumps([{"a": 1}, {"a": [1] * 500}, {"a": 2}]).encode()
    parts = parts_of(document, size, limit=100)
    assert [(one.number, type(one)) for one in parts] == [(1, RawRecord), (2, RecordFault), (3, RawRecord)]


def test_damaged_stream_gives_what_came_before() -> None:
    chunks = iter([b'[{"a": 1}, {"a"'])

    def read(_: int) -> bytes:
        try:
            return next(chunks)
        except StopIteration:
            raise DamagedStream("the end", "more") from None

    record, fault = checked(read_document(read, "a.json", 100))
    assert isinstance(record, RawRecord)
    assert fault == RecordFault("a.json", 2, "the end", "more", "item")
