"""Upstream's SQLite index: read-only, while it is written, damaged, contradicting itself."""

import contextlib
import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from reporter.collect.records import Reading, open_source
from reporter.collect.records import index as index_module
from reporter.ledger.export import INDEX
from reporter.model.raw_records import RawRecord, RecordFault


def item(number: int, **more: object) -> dict[str, Any]:
    return {
        "session_id": f"s-{number:05}",
        "created_at": "2026-06-11T15:40:00Z",
        "signer": "release-gövernance",
        "decision_count": 1,
        "blocked_count": 0,
        "approval_required_count": 0,
        **more,
    }


def write_index(path: Path, items: list[dict[str, Any]]) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(INDEX)
        database.executemany(
            "INSERT INTO evidence_metadata VALUES (:session_id, :created_at, :signer, :decision_count, :blocked_count,"
            " :approval_required_count, :payload)",
            [{**one, "payload": json.dumps(one)} for one in items],
        )
        database.commit()


def change(path: Path, statement: str, *values: object) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(statement, values)
        database.commit()


def test_every_row_is_a_record_sorted_by_id(tmp_path: Path) -> None:
    items = [item(number) for number in range(4_500)]
    write_index(tmp_path / "evidence.db", items[::-1])
    parts = list(open_source(str(tmp_path / "evidence.db")))
    assert [json.loads(one.raw) for one in parts if isinstance(one, RawRecord)] == items
    assert parts[-1][1:] == ("evidence.db", 4_500, "row")


def test_index_is_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "evidence.db"
    write_index(path, [item(1)])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE evidence_metadata SET signer = 'somebody'")
        (before,) = open_source(str(path))
        assert isinstance(before, RawRecord)
        writer.execute("COMMIT")


def test_locked_index_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "BUSY_SECONDS", 0.1)
    path = tmp_path / "evidence.db"
    write_index(path, [item(1)])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        (fault,) = open_source(str(path))
    assert isinstance(fault, RecordFault)
    assert fault.found == "a database that somebody else keeps locked"


SET = "UPDATE evidence_metadata SET "


@pytest.mark.parametrize(
    ("statement", "value", "found"),
    [
        (f"{SET} signer = ?", "x", "a column signer that is not what the payload says"),
        (f"{SET} blocked_count = ?", 7, "a column blocked_count that is not what the payload says"),
        (f"{SET} payload = ?", b"\x00\xff", "bytes that are not UTF-8 at offset 1"),
        (f"{SET} payload = ?", " ", "no payload"),
        (f"{SET} payload = ?", "x" * 401, "more than 400 bytes"),
        (f"{SET} payload = ?", "[]", "a list"),
        ("INSERT INTO evidence_metadata(payload) VALUES (?)", "{}", "rows without a text as session_id: 1"),
    ],
)
def test_damaged_row_is_a_fault(tmp_path: Path, statement: str, value: object, found: str) -> None:
    path = tmp_path / "evidence.db"
    write_index(path, [item(1)])
    change(path, statement, value)
    parts = open_source(str(path), Reading(most_record_bytes=400))
    assert [one.found for one in parts if isinstance(one, RecordFault)] == [found]


def test_other_database_is_a_fault(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("CREATE TABLE x(y)")
    (fault,) = open_source(str(tmp_path / "a.db"))
    assert isinstance(fault, RecordFault)
    assert fault.found == "a database of another kind"


def test_damaged_database_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    write_index(path, [item(number) for number in range(3_000)])
    content = bytearray(path.read_bytes())
    content[8_192:] = b"\xaa" * (len(content) - 8_192)
    for damaged in (bytes(content), b"SQLite format 3\x00 and no more"):
        path.write_bytes(damaged)
        fault = list(open_source(str(path)))[-1]
        assert isinstance(fault, RecordFault)
        assert fault.found == "a damaged database"


def test_rows_of_one_id_are_all_read_wherever_a_page_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "ROWS_AT_ONCE", 2)
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute(INDEX.replace("TEXT PRIMARY KEY", "TEXT"))
        database.executemany(
            "INSERT INTO evidence_metadata (session_id, payload) VALUES (?, ?)",
            [(one, json.dumps({"session_id": one, "n": number})) for number, one in enumerate("bbabbbcb")],
        )
        database.commit()
    records = [json.loads(one.raw) for one in open_source(str(tmp_path / "a.db")) if isinstance(one, RawRecord)]
    assert [one["n"] for one in records] == [2, 0, 1, 3, 4, 5, 7, 6]


def test_index_that_leads_in_circles_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "ROWS_AT_ONCE", 1)
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute(INDEX.replace("TEXT PRIMARY KEY", "TEXT COLLATE NOCASE PRIMARY KEY"))
        database.executemany(
            "INSERT INTO evidence_metadata (session_id, payload) VALUES (?, ?)",
            [(one, json.dumps({"session_id": one})) for one in ("a", "B")],
        )
        database.commit()
    record, fault = open_source(str(tmp_path / "a.db"))
    assert isinstance(record, RawRecord)
    assert isinstance(fault, RecordFault)
    assert fault.number == 2


def test_index_where_nobody_may_write_is_read(as_nobody: Callable[[], AbstractContextManager[None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:  # below tmp_path nobody else may look
        path = Path(folder, "evidence.db")
        write_index(path, [item(1)])
        change(path, "PRAGMA journal_mode=WAL")
        path.parent.chmod(0o555)
        with as_nobody():
            (record,) = open_source(str(path))
        path.parent.chmod(0o755)
    assert isinstance(record, RawRecord)


def test_database_that_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    parts = list(index_module.read_index(str(tmp_path / "absent.db"), "absent.db", 100))
    assert [str(part) for part in parts] == [
        "absent.db: found a database that cannot be opened, wanted a file and a directory that may be read"
    ]


def test_reason_that_nobody_foresaw_is_named() -> None:
    assert index_module.reason_of(sqlite3.Error("?"))[0] == "a database that cannot be read (Error)"
