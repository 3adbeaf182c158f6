"""JSON documents as they stream by: cut anywhere, damaged anywhere."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.collect.records.document import LONGEST_OUTSIDE, read_document
from reporter.collect.records.outside import Outside
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
    document: bytes, size: int = CHUNK, limit: int = 10_000, outside: list[Outside] | None = None
) -> list[RawRecord | RecordFault]:
    chunks: Iterator[bytes] = (document[start : start + size] for start in range(0, len(document), size))
    return list(checked(read_document(lambda _: next(chunks, b""), "a.json", limit, outside)))


@given(items=OBJECTS, size=st.integers(1, 9), indent=st.sampled_from([None, 2]), bare=st.booleans())
def test_items_are_found_wherever_the_chunks_end(
    items: list[dict[str, Any]], size: int, indent: int | None, *, bare: bool
) -> None:
    value = items if bare else {"before": [{"items": [1]}], "items": items, "next": "page-2", "after": {}}
    outside: list[Outside] = []
    parts = parts_of(json.dumps(value, indent=indent).encode(), size, outside=outside)
    assert [json.loads(one.raw) for one in parts if isinstance(one, RawRecord)] == items
    assert len(parts) == len(items)
    assert outside[0].members.get("next") == (None if bare else "page-2")
    assert bool(outside[0].missing(len(items))) is not bare


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
        pytest.param(b'{"items": [], "a": nul}', "text around the items that is not JSON", id="damaged outside"),
        pytest.param(b'{"items": [], "a": "\xff"}', "text around the items that is not JSON", id="outside not UTF-8"),
        pytest.param(b'[{"a": "', "the end of the document inside an open bracket", id="cut off"),
        pytest.param(b'{"a": "%s", "items": []}' % (b"x" * LONGEST_OUTSIDE), "too much beside the items", id="long"),
        pytest.param(b'[{"a": "%s' % (b"x" * 3 * CHUNK), "a text or number without end", id="endless text"),
    ],
)
def test_damaged_document_is_named(document: bytes, found: str) -> None:
    fault = parts_of(document, outside=[])[-1]
    assert isinstance(fault, RecordFault)
    assert fault.found == found


SOME = b'[{"session_id": "a"}, {"session_id": "b"}]'
PARTS_OF_MORE = {
    "cursor": (b'"next_cursor": "abc"', "`next_cursor`"),
    "has-more": (b'"has_more": true', "`has_more`"),
    "camel-case": (b'"hasNextPage": true', "`hasNextPage`"),
    "link-within-an-object": (b'"_links": {"next": {"href": "/2"}}', "`next`"),
    "link-within-a-list": (b'"links": [{"self": "/1"}, {"next": "/2"}]', "`next`"),
    "odata": (b'"@odata.nextLink": "/2"', "`@odata.nextLink`"),
    "token": (b'"nextPageToken": "abc"', "`nextPageToken`"),
    "truncated": (b'"IsTruncated": true', "`IsTruncated`"),
    "not-the-last": (b'"isLast": false', "`isLast`"),
    "escaped": (rb'"has\u005fmore": true', "`has_more`"),
    "said-twice": (b'"has_more": true, "has_more": false', "`has_more`"),
    "total": (b'"total": 3', "a total of 3"),
    "total-in-a-text": (b'"total_count": "3"', "a total of 3"),
    "total-as-a-fraction": (b'"total": 3.0', "a total of 3.0"),
    "total-within-an-object": (b'"meta": {"totalItems": 900}', "a total of 900"),
    "count": (b'"count": 3', "a total of 3"),
    "pages": (b'"page": 1, "total_pages": 2', "2 pages"),
    "several": (b'"next_cursor": "abc", "total": 900, "has_more": true', "`next_cursor`, `has_more`, a total of 900"),
}


@pytest.mark.parametrize("order", ["items-first", "items-last"])
@pytest.mark.parametrize(("beside", "said"), list(PARTS_OF_MORE.values()), ids=list(PARTS_OF_MORE))
def test_page_of_several_is_a_fault_and_its_records_count(beside: bytes, said: str, order: str) -> None:
    members = (b'"items": ' + SOME, beside) if order == "items-first" else (beside, b'"items": ' + SOME)
    *records, fault = parts_of(b"{" + b", ".join(members) + b"}")
    assert [json.loads(one.raw)["session_id"] for one in records if isinstance(one, RawRecord)] == ["a", "b"]
    found = f"2 records, and {said}: there are more"
    assert fault == RecordFault("a.json", None, found, "a document that holds all records", "line")


@pytest.mark.parametrize(
    "beside",
    [
        b'"next": null, "next_cursor": "", "has_more": false, "isLast": true',
        b'"total": 2, "count": 2, "total_pages": 1',
        b'"total": true, "total_count": "many", "count": null',
        b'"filters": {"count": 9}, "page_size": 500, "limit": 500, "previous": "/0"',
        b'"schema": {"a": [1, "next"]}, "labels": ["has_more", "session_id"]',
    ],
)
def test_document_that_says_it_is_whole_is_none_of_several(beside: bytes) -> None:
    assert [type(one) for one in parts_of(b'{"items": ' + SOME + b", " + beside + b"}")] == [RawRecord, RawRecord]


TWICE = ("`items` given more than once", "one list named `items`")
BESIDE = ("fields of a record beside `items`", "every record in the list named `items`")


@pytest.mark.parametrize("size", [1, CHUNK])
@pytest.mark.parametrize(
    ("document", "ids", "flaws"),
    [
        pytest.param(b'{"items": %s, "items": [{"session_id": "c"}]}', ["a", "b", "c"], [TWICE], id="twice"),
        pytest.param(
            rb'{"items": %s, "\u0069tems": [{"session_id": "c"}]}', ["a", "b", "c"], [TWICE], id="twice-escaped"
        ),
        pytest.param(rb'{"it\u0065ms": [], "items": %s}', ["a", "b"], [TWICE], id="escaped-first"),
        pytest.param(b'{"items": %s, "items": null}', ["a", "b"], [TWICE], id="null-beside"),
        pytest.param(b'{"items": {"a": 1}, "items": %s}', ["a", "b"], [TWICE], id="object-beside"),
        pytest.param(rb'{"\u0069tems": %s}', ["a", "b"], [], id="escaped-alone"),
        pytest.param(b'{"items": %s, "records": [{"session_id": "c"}]}', ["a", "b"], [BESIDE], id="another-list"),
        pytest.param(b'{"old": {"x": [[{"metadata_kind": "c"}]]}, "items": %s}', ["a", "b"], [BESIDE], id="deep"),
        pytest.param(rb'{"items": %s, "records": [{"session\u005fid": 7}]}', ["a", "b"], [BESIDE], id="escaped-id"),
        pytest.param(b'{"items": %s, "session_id": "c", "providers": ["slack"]}', ["a", "b"], [BESIDE], id="record"),
        pytest.param(
            b'{"items": %s, "items": [{"session_id": "c"}], "records": [{"session_id": "d"}]}',
            ["a", "b", "c"],
            [TWICE, BESIDE],
            id="both",
        ),
    ],
)
def test_records_beside_the_items_are_never_left_out_in_silence(
    document: bytes, ids: list[str], flaws: list[tuple[str, str]], size: int
) -> None:
    parts = parts_of(document.replace(b"%s", SOME), size)
    assert [json.loads(one.raw)["session_id"] for one in parts if isinstance(one, RawRecord)] == ids
    faults = [one for one in parts if isinstance(one, RecordFault)]
    assert [(one.number, one.found, one.wanted) for one in faults] == [(len(ids) + 1, *flaw) for flaw in flaws]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (b'{"x": [%s 1], "items": %s}' % (b'{"y": 1},' * (LONGEST_OUTSIDE // 9), SOME), "too much beside the items"),
        (b'{"x": %s, "items": %s}' % (b"[" * 9_000 + b"]" * 9_000, SOME), "text around the items that is not JSON"),
        (b'{"x": {"y": nul}, "items": %s}' % SOME, "text around the items that is not JSON"),
        (b'{"\xff": [], "items": %s}' % SOME, "text around the items that is not JSON"),
    ],
    ids=["long", "deep", "damaged", "key-not-UTF-8"],
)
def test_what_cannot_be_read_beside_the_items_hides_none_of_them(document: bytes, found: str) -> None:
    first, second, fault = parts_of(document)
    assert [type(first), type(second)] == [RawRecord, RawRecord]
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
