"""Reading records: typed, strict, each fault its record's own (domain.md A2.7, B3)."""

import json
from datetime import datetime
from typing import Any

import msgspec
import pytest

from loops import records as make
from loops.cases import HOUR, NOW, A, N
from reporter.loops.table import LOOPS, OTHER_KINDS, READER, decode_record
from reporter.model.raw_records import RecordBatch
from reporter.model.record_reader import BadRecord, KindRow, RecordReader, says_one_thing
from reporter.model.records import (
    UNDATED,
    Acknowledgement,
    ContentFault,
    Delivery,
    Doubted,
    ProviderResult,
    Step,
    Unknown,
)


def read(value: Any) -> Any:  # noqa: ANN401 - JSON is untyped
    return decode_record(json.dumps(value).encode())


def test_every_kind_of_the_table_is_read_as_its_step() -> None:
    for loop in LOOPS:
        for step, kind in loop.kinds():
            record = read(make.envelope(kind, NOW, {}))
            assert (record.kind, record.loop, record.step) == (kind.word, loop.word, step)
    for row in OTHER_KINDS:
        assert read({"session_id": "x", "metadata_kind": row.kind}).step is row.step


def test_delivery_is_read_with_its_subject_ids_and_results() -> None:
    record = read(make.delivery(A, NOW, "gordackaudit-1", ["slack", "jira"], ["jira"], retry_plan_id="plan-1"))
    assert isinstance(record, Delivery)
    assert (record.created_at, record.retry_plan_id, record.failed_providers) == (NOW, "plan-1", ["jira"])
    assert record.audit_id == "gordackaudit-1"  # type: ignore[attr-defined]
    assert record.delivery is not None
    assert [one.success for one in record.delivery.deliveries] == [True, False]


def test_payload_is_read_and_fields_that_nobody_needs_are_not() -> None:
    record = read(make.acknowledgement(N, NOW, "monthly", notes="private", surprise={"deep": [1]}))
    assert isinstance(record, Acknowledgement)
    assert record.payload is not None
    assert (record.payload.acknowledged_by, record.payload.acknowledged_at) == (make.ACTOR, NOW)


def test_unknown_kinds_are_read_as_such_for_other_products_share_the_index() -> None:
    record = read({"session_id": "x", "metadata_kind": "release-bundle", "created_at": 7, "providers": None})
    assert isinstance(record, Unknown)
    assert (record.session_id, record.metadata_kind, record.step) == ("x", "release-bundle", Step.OTHER)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-11T15:40:00Z", NOW),
        ("2026-06-11T17:40:00+02:00", NOW),
        ("2026-06-11T17:40:00.000+0200", NOW),
        ("2026-06-11 15:40Z", NOW),
        ("2026-06-11", UNDATED),
        ("yesterday", UNDATED),
        ("2026-13-01T00:00:00Z", UNDATED),
        ("", None),
        (None, None),
    ],
    ids=str,
)
def test_times_in_every_spelling_are_one_instant(text: str | None, instant: datetime | None) -> None:
    value = make.delivery(N, NOW, "monthly") | {"created_at": text}
    assert read(value).created_at == instant


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param(b"{", ("?", "", "Input data was truncated", "one JSON object"), id="truncated"),
        pytest.param(b"[1,", ("?", "", "Input data was truncated", "one JSON object"), id="truncated-array"),
        pytest.param(b"[]", ("?", "", "array", "one JSON object"), id="array"),
        pytest.param(b"3", ("?", "", "number", "one JSON object"), id="number"),
        pytest.param(b"{}", ("?", "/session_id", "nothing", "the record's id"), id="no-id"),
        pytest.param(b'{"session_id": ""}', ("?", "/session_id", "str", "the record's id"), id="empty-id"),
        pytest.param(b'{"session_id": 7}', ("?", "/session_id", "number", "the record's id"), id="id-of-wrong-type"),
        pytest.param(
            b'{"session_id": "x"}', ("x", "/metadata_kind", "nothing", "the kind of the record"), id="no-kind"
        ),
    ],
)
def test_what_is_no_record_says_what_was_found_and_wanted(raw: bytes, fault: tuple[str, ...]) -> None:
    with pytest.raises(BadRecord) as bad:
        decode_record(raw)
    assert bad.value.fault == ContentFault(*fault)


def test_bytes_that_are_not_utf8_are_a_fault() -> None:
    with pytest.raises(BadRecord, match="wanted one JSON object"):
        decode_record(b'{"session_id": "\xff"}')


def test_json_too_deep_to_read_is_a_fault() -> None:
    deep = b'{"session_id": "x", "metadata_kind": "other", "x": ' + b"[" * 100_000
    with pytest.raises(BadRecord, match="wanted one JSON object"):
        decode_record(deep)


@pytest.mark.parametrize(
    ("change", "pointer", "found", "wanted"),
    [
        ({"providers": None}, "/providers", "null", "array"),
        ({"providers": ["slack", 7]}, "/providers", "int", "str"),
        ({"delivery_success": "true"}, "/delivery_success", "str", "bool"),
        ({"created_at": 1_781_000_000}, "/created_at", "int", "datetime | null"),
        ({"delivery": {"deliveries": [{"success": 1}]}}, "/delivery/deliveries", "int", "bool"),
    ],
    ids=["null-list", "number-in-list", "text-for-flag", "number-for-time", "deep"],
)
def test_wrong_type_is_a_fault_with_pointer_of_that_record(
    change: dict[str, Any], pointer: str, found: str, wanted: str
) -> None:
    with pytest.raises(BadRecord) as bad:
        read(make.delivery(N, NOW, "monthly", rid="rcd-1") | change)
    assert bad.value.fault == ContentFault("rcd-1", pointer, found, wanted)
    assert str(bad.value) == f"record (rcd-1) {pointer}: found {found}, wanted {wanted}"


def test_other_violations_keep_the_readers_own_words() -> None:
    reader = RecordReader([KindRow("one", "", Step.DELIVERY)])
    with pytest.raises(BadRecord) as bad:
        reader.decode_record(b'{"session_id": "x", "metadata_kind": "one", "status_codes": [99999999999999999999.5]}')
    assert bad.value.fault.pointer == "/status_codes"


def test_reader_without_words_leaves_times_without_an_offset_to_the_second_way_too() -> None:
    reader = RecordReader([KindRow("one", "", Step.DELIVERY)])
    raw = b'{"session_id": "x", "metadata_kind": "one", "created_at": "2026-06-11T15:40:00"}'
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        reader.decode_usual(raw)
    assert reader.decode_record(raw).created_at == NOW.replace(tzinfo=None)


def test_record_too_deep_to_search_for_its_times_is_a_fault() -> None:
    deep = b'{"session_id": "x", "metadata_kind": "%s", "created_at": "11 June", "x": %s1%s}' % (
        N.health.word.encode(),
        b"[" * 700,
        b"]" * 700,
    )
    with pytest.raises(BadRecord, match="recursion"):
        decode_record(deep)


def test_batch_gives_good_records_and_faults_with_their_place() -> None:
    good = make.raw(make.delivery(N, NOW - HOUR, "monthly", rid="rcd-1"))
    other = b'{"session_id": "y", "metadata_kind": "release-bundle"}'
    batch = RecordBatch([good, b"  ", b"{", other, make.raw(make.delivery(N, "11 June", "m"))], "evidence.jsonl", 40)
    first, fault, unknown, undated = READER.decode_batch(batch)
    assert isinstance(first, Delivery)
    assert isinstance(fault, ContentFault)
    assert str(fault) == "evidence.jsonl: line 42 (?): found Input data was truncated, wanted one JSON object"
    assert isinstance(unknown, Unknown)
    assert isinstance(undated, Delivery)
    assert undated.created_at == UNDATED


def test_control_characters_of_a_damaged_record_stay_visible_text() -> None:
    with pytest.raises(BadRecord) as bad:
        read({"session_id": "x\x1b[31m", "metadata_kind": None})
    assert bad.value.fault.record == r"x\u001b[31m"


@pytest.mark.parametrize(
    "kind",
    [
        "Release-Connector-Delivery",
        " release-connector-delivery",
        "release_connector_delivery",
        "release-connector-delivery\u200b",
        "go-backend-rollback-drill-acknowledgement-audit-delivery-retry-execution-recrod",
        "GO_BACKEND_ROLLBACK_DRILL_notification_plans",
        "",
        " ",
    ],
    ids=ascii,
)
def test_kind_that_is_ours_but_misspelled_is_a_fault_and_not_another_products(kind: str) -> None:
    with pytest.raises(BadRecord) as bad:
        read(make.delivery(N, NOW, "monthly", rid="rcd-1") | {"metadata_kind": kind})
    assert (bad.value.fault.record, bad.value.fault.pointer) == ("rcd-1", "/metadata_kind")


@pytest.mark.parametrize(
    ("key", "last"),
    [("delivery_success", "true"), ("metadata_kind", '"release-bundle"')],
    ids=str,
)
def test_deciding_key_that_stands_twice_is_a_fault_for_only_the_last_would_count(key: str, last: str) -> None:
    good = make.raw(make.delivery(N, NOW, "monthly", rid="rcd-2"))
    value = make.delivery(N, NOW, "monthly", failed=["slack"], rid="rcd-1")
    doubled = make.raw(value)[:-1] + f', "{key}": {last}}}'.encode()
    with pytest.raises(BadRecord, match=f"the key {key} twice"):
        decode_record(doubled)
    first, second = READER.decode_batch(RecordBatch([doubled, good], "evidence.jsonl", 1))
    assert isinstance(first, ContentFault)
    assert isinstance(second, Delivery)


@pytest.mark.parametrize(
    ("key", "again"),
    [('"delivery_success"', rb'"delivery\u005fsuccess"'), ('"success"', rb'"\u0073uccess"')],
    ids=["of-the-record", "of-a-result"],
)
def test_deciding_key_that_stands_twice_in_two_spellings_is_a_fault(key: str, again: bytes) -> None:
    value = make.delivery(N, NOW, "monthly", failed=["slack"], rid="rcd-1")
    raw = make.raw(value)
    doubled = raw.replace(key.encode(), again + b": true, " + key.encode(), 1)
    with pytest.raises(BadRecord, match=f"the key {key[1:-1]} twice"):
        decode_record(doubled)
    spelled, plain = decode_record(raw.replace(key.encode(), again, 1)), decode_record(raw)
    assert msgspec.to_builtins(spelled) == msgspec.to_builtins(plain)


@pytest.mark.parametrize(
    "more",
    [
        b'"dry_run": false, "dry_run": false',
        rb'"dry_run": false, "dry\u005frun": false',
        b'"nobody_reads": {"a": [{"b": 1, "c": {}, "b": 1}]}',
        b'"nobody_reads": "\xff"',
    ],
    ids=["alike", "escaped", "where-nobody-looks", "no-utf-8"],
)
def test_record_that_can_be_taken_in_two_ways_is_doubted_wherever_it_can(more: bytes) -> None:
    raw = make.raw(make.delivery(N, NOW, "monthly", rid="rcd-1"))[:-1] + b", " + more + b"}"
    for alone in (raw, raw + b"\n"):
        (found,) = READER.decode_batch(RecordBatch([alone], "evidence.jsonl", 7))
        assert isinstance(found, Doubted)
        assert (found.record.session_id, found.fault.where) == ("rcd-1", "evidence.jsonl: line 7")


@pytest.mark.parametrize("spaced", [True, False])
def test_record_that_says_one_thing_is_read_however_it_is_spelled(*, spaced: bool) -> None:
    value = make.delivery(N, NOW, "monthly") | {"note": '\u00fc\u2028 " : " \\\\', "many": 10**30, "more": 1e300}
    raw = json.dumps(value, separators=None if spaced else (",", ":")).encode()
    for spelled in (raw, raw.replace(b"e+300", b"E300"), json.dumps(value, ensure_ascii=False).encode(), raw + b"\n"):
        assert says_one_thing(spelled)
        assert isinstance(decode_record(spelled), Delivery)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("providers", ["Slack "]),
        ("providers", ["slack", "pigeon"]),
        ("failed_providers", ["pigeon"]),
        ("connector_delivery_source", "elsewhere"),
        ("connector_delivery_source", None),
        ("created_at", datetime(2026, 6, 11, 15, 40)),  # noqa: DTZ001 - one without an offset
    ],
    ids=str,
)
def test_record_of_unusual_words_is_read_with_them(field: str, value: Any) -> None:  # noqa: ANN401 - of a field
    record = read(make.delivery(N, NOW, "monthly") | {field: value.isoformat() if field == "created_at" else value})
    assert isinstance(record, Delivery)
    assert getattr(record, field) == value


def test_result_of_an_unusual_provider_is_read_with_its_name() -> None:
    result = {"deliveries": [{"provider": "pigeon", "success": True}]}
    record = read(make.delivery(N, NOW, "monthly", delivery=result))
    assert record.delivery.deliveries == [ProviderResult("pigeon", success=True)]


@pytest.mark.parametrize(
    "between", ["", '"error": null, ', '"evidence": {"id": "a"}, ', '"a": {"success": true}, "b": {}, '], ids=ascii
)
@pytest.mark.parametrize("where", ["result", "delivery"])
def test_result_that_is_told_twice_in_one_object_is_a_fault(where: str, between: str) -> None:
    told = f'"success": false, {between}"success": true'
    one = f'{{"provider": "slack", {told}}}' if where == "result" else '{"provider": "slack", "success": true}'
    own = told if where == "delivery" else '"success": true'
    value = make.delivery(N, NOW, "monthly", rid="rcd-1") | {"delivery": "HERE"}
    raw = make.raw(value).replace(b'"HERE"', f'{{{own}, "deliveries": [{one}]}}'.encode())
    for alone in (raw, raw + b"\n"):
        (found,) = READER.decode_batch(RecordBatch([alone], "evidence.jsonl", 1))
        assert isinstance(found, ContentFault)
        assert found.found == "the key success twice"
    with pytest.raises(BadRecord, match="the key success twice"):
        decode_record(raw)


@pytest.mark.parametrize("own_last", [False, True], ids=["before", "after"])
def test_results_of_several_providers_are_told_once_each(own_last: bool) -> None:  # noqa: FBT001 - a case
    results = '"deliveries": [{"provider": "slack", "success": true}, {"success": true, "provider": "jira"}]'
    parts = [results, '"success": true'] if own_last else ['"success": true', results]
    value = make.delivery(N, NOW, "monthly") | {"delivery": "HERE"}
    raw = make.raw(value).replace(b'"HERE"', f"{{{', '.join(parts)}}}".encode())
    (record,) = READER.decode_batch(RecordBatch([raw], "evidence.jsonl", 1))
    assert isinstance(record, Delivery)
    assert record.delivery
    assert [one.success for one in record.delivery.deliveries] == [True, True]


def test_deciding_word_may_stand_in_several_objects_of_a_record() -> None:
    value = make.delivery(N, NOW, "monthly", copy={"delivery_success": False, "metadata_kind": "x"})
    assert isinstance(read(value), Delivery)
    other = value | {"metadata_kind": "release-bundle"}
    assert isinstance(read(other), Unknown)


def test_word_twice_in_a_record_too_deep_to_look_through_is_a_fault() -> None:
    """Near the limit one reader gives up before the other."""
    start = b'{"session_id": "x", "metadata_kind": "other", "y": {"metadata_kind": '
    deep = [start + b"[" * depth + b"]" * depth + b"}}" for depth in range(700, 1100)]
    read_deep = READER.decode_batch(RecordBatch(deep, "evidence.jsonl", 1))
    assert {type(record) for record in read_deep} == {ContentFault, Unknown}


ONE = make.raw(make.worker_run(N, NOW, rid="run-1"))
OTHER = make.raw(make.delivery(N, NOW, "monthly", rid="rcd-1"))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(ONE, id="record"),
        pytest.param(OTHER[:-1] + b', "delivery_success": false}', id="key-twice"),
        pytest.param(ONE + b"\r", id="carriage-return"),
        pytest.param(ONE[:-1], id="cut-short"),
        pytest.param(ONE[:30], id="cut-short-in-a-text"),
        pytest.param(ONE + OTHER, id="two-in-a-line"),
        pytest.param(ONE.replace(b'"run-1"', b"7"), id="wrong-type"),
        pytest.param(b"\xff", id="no-text"),
        pytest.param(b" ", id="blank"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_line_is_read_alike_with_its_line_end_and_without(raw: bytes) -> None:
    without, ended = (
        READER.decode_batch(RecordBatch([ONE, raw + end, OTHER], "evidence.jsonl", 1)) for end in (b"", b"\n")
    )
    assert ended == without
