"""Every kind of source gives the same records, and names what is damaged by alias and line."""

import gzip
import json
import random
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from reporter.collect.records import (
    Bookmark,
    Reading,
    Source,
    damage_of,
    find_sources,
    open_batches,
    open_source,
    read_source,
    streams,
)
from reporter.collect.records.reading import CHUNK, DamagedStream
from reporter.collect.records.streams import plain_stream
from reporter.model.raw_records import RawRecord, RecordBatch, RecordFault

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

RECORDS = [
    {"session_id": f"rcd-{number:03}", "note": 'line\nend, "quote", {brace}, [bracket], ünï, \\'} for number in range(5)
]
LINES = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in RECORDS)
DOCUMENT = json.dumps({"schema": {"a": [1]}, "items": RECORDS, "next": None}, indent=2).encode()


def records_of(place: Path | str, reading: Reading | None = None) -> list[object]:
    return [json.loads(one.raw) for one in open_source(str(place), reading) if isinstance(one, RawRecord)]


def faults_of(place: Path | str, reading: Reading | None = None) -> list[RecordFault]:
    return [one for one in open_source(str(place), reading) if isinstance(one, RecordFault)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.jsonl", LINES, id="lines"),
        pytest.param("a.ndjson", b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n"), id="byte-order mark, CRLF"),
        pytest.param("a.jsonl", LINES.rstrip() + b"\n\n  \n", id="blank lines"),
        pytest.param("a.jsonl", LINES.rstrip(), id="no last line end"),
        pytest.param("a.json", LINES, id="lines called json"),
        pytest.param("a", LINES, id="lines without a name"),
        pytest.param("a.jsonl.gz", gzip.compress(LINES), id="gzip"),
        pytest.param("a.jsonl", gzip.compress(LINES[:50]) + gzip.compress(LINES[50:]), id="gzip in two, not named so"),
        pytest.param("a.jsonl.zst", zstd.compress(LINES), id="zstd"),
        pytest.param("a.zst", zstd.compress(LINES[:50]) + zstd.compress(LINES[50:]), id="zstd in two"),
        pytest.param("a.json", DOCUMENT, id="document"),
        pytest.param("a.json", b"\xef\xbb\xbf \n" + DOCUMENT, id="document after a byte-order mark"),
        pytest.param("a", json.dumps({"items": RECORDS}).encode(), id="document without a name"),
        pytest.param("a.json", json.dumps(RECORDS).encode(), id="list"),
        pytest.param("a.json.gz", gzip.compress(DOCUMENT), id="packed document"),
    ],
)
def test_every_kind_gives_the_same_records(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert list(open_source(str(path))) == [one for one in open_source(str(path)) if isinstance(one, RawRecord)]
    assert records_of(path) == RECORDS


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param(b'{"session_id": ', "not JSON: Expecting value at offset 15", id="cut off"),
        pytest.param(b"[1]", "a list", id="list"),
        pytest.param(b"null", "null", id="null"),
        pytest.param(b"true", "true or false", id="boolean"),
        pytest.param(b"1.5", "a number", id="number"),
        pytest.param(b'"x"', "a text or a number", id="text"),
        pytest.param(b'{"a": "\xff"}', "bytes that are not UTF-8 at offset 7", id="not UTF-8"),
        pytest.param(b'{"a": "\\ud800"}', "a lone surrogate, which no text holds", id="surrogate"),
        pytest.param(b'{"a": "\\udc00 and more"}', "a lone surrogate, which no text holds", id="low surrogate"),
        pytest.param(b'{"a": NaN}', "a number out of range, NaN or Infinity", id="NaN"),
        pytest.param(b'{"a": ' + b"[" * 100_000, "nesting too deep", id="deep and cut off"),
        pytest.param(b'{"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "nesting too deep", id="deep"),
    ],
)
def test_one_damaged_line_is_a_fault_and_the_rest_counts(tmp_path: Path, line: bytes, found: str) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_bytes(b'{"session_id": "a"}\n\n' + line + b'\n{"session_id": "b"}\n')
    assert [one["session_id"] for one in records_of(path)] == ["a", "b"]  # type: ignore[index]
    (fault,) = faults_of(path)
    assert (fault.where, fault.found) == ("evidence.jsonl: line 3", found)
    assert str(tmp_path) not in str(fault)


def test_line_over_the_limit_is_skipped_wherever_it_stands(tmp_path: Path) -> None:
    path, reading = tmp_path / "a.jsonl", Reading(most_record_bytes=100)
    big = b'{"x": "' + b"x" * (2 * CHUNK) + b'"}'
    medium = b'{"x": "' + b"x" * 200 + b'"}'
    good = b'{"a": 1}'
    path.write_bytes(b"\n".join([big, good, medium, good, medium, big, good, big]))
    parts = list(open_source(str(path), reading))
    assert [(one.number, type(one)) for one in parts] == [
        (1, RecordFault), (2, RawRecord), (3, RecordFault), (4, RawRecord), (5, RecordFault),
        (6, RecordFault), (7, RawRecord), (8, RecordFault),
    ]  # fmt: skip
    assert str(parts[0]) == "a.jsonl: line 1: found more than 100 bytes, wanted a record of 100 bytes at most"


def test_bookmark_stands_after_the_last_complete_line(tmp_path: Path) -> None:
    path, mark = tmp_path / "a.jsonl", Bookmark()
    long = b"x" * (CHUNK + 50)
    path.write_bytes(b'\xef\xbb\xbf{"a":1}\n' + long + b"\n{}\n{")
    (source,) = find_sources([str(path)], Reading())
    assert isinstance(source, Source)
    list(read_source(source, Reading(most_record_bytes=100), None, mark))
    assert (mark.offset, mark.lines) == (path.stat().st_size - 1, 3)


@pytest.mark.parametrize(
    ("pack", "name"), [pytest.param(gzip.compress, "gzip", id="gzip"), pytest.param(zstd.compress, "zstd", id="zstd")]
)
def test_truncated_packed_file_gives_what_came_before(
    tmp_path: Path, pack: Callable[[bytes], bytes], name: str
) -> None:
    chance = random.Random(1)  # noqa: S311 - a test
    lines = [json.dumps({"session_id": str(number), "x": chance.random()}).encode() for number in range(40_000)]
    path = tmp_path / "a.jsonl.packed"
    path.write_bytes(pack(b"\n".join(lines))[:-300_000])
    parts = list(open_source(str(path)))
    *records, fault = parts
    assert isinstance(fault, RecordFault)
    assert fault.found == f"{name} data that end too early"
    assert fault.number == len(records) + 1
    assert [one.raw for one in records if isinstance(one, RawRecord)] == lines[: len(records)]
    assert len(records) > 1_000


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(gzip.compress(LINES)[:-8] + b"\xff" * 8, "gzip", id="gzip"),
        pytest.param(zstd.compress(LINES)[:12] + b"\xff" * 200, "zstd", id="zstd"),
    ],
)
def test_damaged_packed_file_is_a_fault(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    fault = faults_of(tmp_path / "a.jsonl")[-1]
    assert fault.found == f"damaged {name} data"


def test_pattern_gives_its_files_in_order_of_their_names(tmp_path: Path) -> None:
    for folder, name in (("b", "x.jsonl"), ("a", "y.jsonl"), ("a", "x.jsonl")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(f'{{"at": "{folder}/{name}"}}\n', encoding="utf-8")
    parts = list(open_source("*/*.jsonl", Reading(base_dir=tmp_path)))
    assert [(one.source, json.loads(one.raw)["at"]) for one in parts if isinstance(one, RawRecord)] == [
        ("x.jsonl", "a/x.jsonl"), ("y.jsonl", "a/y.jsonl"), ("x.jsonl (2)", "b/x.jsonl"),
    ]  # fmt: skip


def test_alias_of_an_address_is_its_number_and_tells_nothing_of_it(tmp_path: Path) -> None:
    for name in ("a.jsonl", "https-2"):
        (tmp_path / name).write_text("{}\n", encoding="utf-8")
    places = ["https://one.example/CANARYRPATH?token=x", "a.jsonl", "https-2", "https://two.example/x.jsonl"]
    sources = find_sources([*places, places[0]], Reading(base_dir=tmp_path))
    aliases = [one.alias for one in sources if isinstance(one, Source)]
    assert aliases == ["https-1", "a.jsonl", "https-2", "https-2 (2)", "https-3"]


def test_pattern_without_a_match_is_a_fault(tmp_path: Path) -> None:
    (fault,) = open_source("evidence/*.jsonl", Reading(base_dir=tmp_path))
    assert str(fault) == "*.jsonl: found no file of this name, wanted one at least"


def test_name_with_brackets_is_a_name_where_there_is_such_a_file(tmp_path: Path) -> None:
    (tmp_path / "a[1].jsonl").write_bytes(LINES)
    assert records_of(tmp_path / "a[1].jsonl") == RECORDS


def test_what_cannot_be_read_is_a_fault_of_the_whole_source(
    tmp_path: Path, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    (tmp_path / "secret.jsonl").write_bytes(LINES)
    (tmp_path / "secret.jsonl").chmod(0)
    with as_nobody():
        faults = faults_of(tmp_path / "secret.jsonl")
    faults += [*faults_of(tmp_path / "absent.jsonl"), *faults_of(tmp_path)]
    assert [(fault.number, fault.found) for fault in faults] == [
        (None, "permission denied"),
        (None, "no such file"),
        (None, "a directory"),
    ]


def test_read_error_is_a_fault() -> None:
    (fault,) = faults_of("/proc/self/mem")
    assert fault.found == "a read error (EIO)"


@pytest.mark.parametrize("place", ["http://example.org/a", "ftp://example.org/a"])
def test_other_address_is_a_fault_that_does_not_repeat_it(place: str) -> None:
    (fault,) = faults_of(place)
    assert (fault.found, "example" in str(fault)) == ("another kind of address", False)


def test_ledger_is_a_source_where_the_caller_can_open_one(tmp_path: Path) -> None:
    reading = Reading(ledger=lambda place: iter([b'{"a": "%s"}' % place.encode()] * 1_001))
    parts = list(open_batches(["sqlite:///x.db", str(tmp_path / "none")], reading))
    assert [len(one.raws) for one in parts if isinstance(one, RecordBatch)] == [1_000, 1]
    assert len(records_of("ledger", Reading(ledger=lambda _: iter([b"{}"] * 1_000)))) == 1_000
    (fault,) = faults_of("ledger")
    assert fault.found == "a ledger"
    assert isinstance(parts[-1], RecordFault)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import tracemalloc  # noqa: PLC0415 - slows what it measures

    peaks = []
    for count in (20_000, 80_000):
        for suffix, head, between, tail in (("jsonl", b"", b"\n", b""), ("json", b'{"items": [', b",", b"]}")):
            path = tmp_path / f"a.{suffix}"
            path.write_bytes(head + between.join([b'{"session_id": "%0100d"}' % 1] * count) + tail)
            tracemalloc.start()
            assert sum(1 for _ in open_source(str(path))) == count
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[2] < peaks[0] * 1.2
    assert peaks[3] < peaks[1] * 1.2


@pytest.mark.parametrize("order", ["lg", "gl", "lglg", "ll"])
def test_long_lines_between_short_ones_are_named(tmp_path: Path, order: str) -> None:
    lines = {"l": b'{"x": "' + b"x" * 200 + b'"}', "g": b"{}"}
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines[one] + b"\n" for one in order))
    parts = open_source(str(tmp_path / "a.jsonl"), Reading(most_record_bytes=100))
    assert ["l" if isinstance(one, RecordFault) else "g" for one in parts] == list(order)


def test_batches_name_what_is_not_there(tmp_path: Path) -> None:
    (fault,) = open_batches(["*.jsonl"], Reading(base_dir=tmp_path))
    assert isinstance(fault, RecordFault)


def test_whole_record_is_not_damaged() -> None:
    assert damage_of(b'{"session_id": "a"}') is None


def test_disk_that_fails_on_the_way_is_a_fault() -> None:
    with Path("/proc/self/mem").open("rb", buffering=0) as file, pytest.raises(DamagedStream) as failed:
        plain_stream(file)(CHUNK)
    assert failed.value.found == "a read error (EIO)"


@pytest.mark.parametrize("pack", [pytest.param(gzip.compress, id="gzip"), pytest.param(zstd.compress, id="zstd")])
@pytest.mark.parametrize(
    ("least", "most", "whole"),
    [(1_000, 10**9, False), (10**9, 1_000_000, False), (10**9, 10**9, True)],
    ids=["more than its packed bytes allow", "more than any file may hold", "little enough for any file"],
)
def test_packed_file_is_unpacked_up_to_a_limit(  # noqa: PLR0913, PLR0917 - what it is made of
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pack: Callable[[bytes], bytes],
    least: int,
    most: int,
    whole: bool,  # noqa: FBT001 - the outcome
) -> None:
    monkeypatch.setattr(streams, "LEAST_UNPACKED", least)
    monkeypatch.setattr(streams, "MOST_UNPACKED", most)
    path = tmp_path / "a.jsonl"
    path.write_bytes(pack(b'{"session_id": "a"}\n' * 400_000))
    size = path.stat().st_size
    records, faults = len(records_of(path)), faults_of(path)
    assert (records == 400_000, not faults) == (whole, whole)
    limit = min(most, max(least, 200 * size))
    assert [one.found for one in faults] == ([] if whole else [f"more than {limit} bytes in {size} packed ones"])
    assert records * 20 <= limit + 2 * CHUNK


def test_reading_stops_after_so_many_faults_of_one_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.collect.records.source.MOST_FAULTS", 1_000)
    (tmp_path / "a.jsonl").write_bytes(b"1\n" * CHUNK)
    faults = faults_of(tmp_path / "a.jsonl")
    assert 1_000 < len(faults) <= CHUNK
    assert faults[-1].number is None
    assert faults[-1].found.endswith("faults or more; nothing after them was read")


def test_ledger_tells_what_is_wrong_with_it_among_its_rows() -> None:
    fault = RecordFault("?", None, "damage", "none")
    parts = list(open_source("ledger", Reading(ledger=lambda _: iter([b"{}", fault, b"{}"]))))
    assert [part.source for part in parts] == ["ledger"] * 3
