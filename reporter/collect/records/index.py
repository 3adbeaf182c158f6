"""Upstream's SQLite index (domain.md B3), read-only and in short reads, so that its writer never waits for us."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from reporter.collect.records.reading import Batches
from reporter.model.raw_records import RecordBatch, RecordFault

UNIT: Final = "row"
ROWS_AT_ONCE: Final = 2_000
BUSY_SECONDS: Final = 30.0
COLUMNS: Final = ("session_id", "created_at", "signer", "decision_count", "blocked_count", "approval_required_count")
_WANTED: Final = "upstream's index: a table evidence_metadata with session_id, created_at, signer, counts and payload"
_REASONS: Final = {
    "SQLITE_BUSY": ("a database that somebody else keeps locked", f"a free moment within {BUSY_SECONDS:g} seconds"),
    "SQLITE_CORRUPT": ("a damaged database", "a sound SQLite file; try its backup"),
    "SQLITE_NOTADB": ("a damaged database", "a sound SQLite file; try its backup"),
    "SQLITE_CANTOPEN": ("a database that cannot be opened", "a file and a directory that may be read"),
}


class _Columns(msgspec.Struct):
    """What the table holds beside the payload; anything else there is not our business."""

    session_id: Any = None
    created_at: Any = None
    signer: Any = None
    decision_count: Any = None
    blocked_count: Any = None
    approval_required_count: Any = None


_COLUMNS = msgspec.json.Decoder(_Columns)


def read_index(path: str, source: str, limit: int) -> Batches:
    """Yield the payloads in the order of their ids. A payload that its columns contradict is yielded, and named."""
    number = 0
    try:
        with contextlib.closing(_connect(path)) as database:
            for rows in _pages(database):
                first = number + 1
                number += len(rows)
                yield from _judge(rows, source, first, limit)
            (without_id,) = database.execute(
                "SELECT count(*) FROM evidence_metadata WHERE typeof(session_id) <> 'text'"
            ).fetchone()
            if without_id:
                yield RecordFault(
                    source, None, f"rows without a text as session_id: {without_id}", "an id in every row", UNIT
                )
    except sqlite3.Error as error:
        found, wanted = reason_of(error)
        yield RecordFault(source, number + 1 if number else None, found, wanted, UNIT)


def _connect(path: str) -> sqlite3.Connection:
    # Where nobody can write, SQLite cannot make the files that it shares with writers; and there are none.
    alone = not os.access(Path(path).parent, os.W_OK, effective_ids=True) and not Path(f"{path}-wal").exists()
    address = f"file:{quote(path)}?mode=ro{'&immutable=1' if alone else ''}"
    database = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    database.text_factory = bytes
    return database


def _pages(database: sqlite3.Connection) -> Iterator[list[tuple[Any, ...]]]:
    """Page by id and row: nothing makes ids unique where somebody made the table anew."""
    last: tuple[Any, ...] = ()
    select = f"SELECT {', '.join(COLUMNS)}, payload, rowid FROM evidence_metadata"  # noqa: S608 - our own names
    while True:
        condition = "typeof(session_id) = 'text'" + (" AND (session_id, rowid) > (CAST(? AS TEXT), ?)" if last else "")
        rows = database.execute(
            f"{select} WHERE {condition} ORDER BY session_id, rowid LIMIT {ROWS_AT_ONCE}", last
        ).fetchall()
        if not rows:
            return
        end = (rows[-1][0], rows[-1][-1])
        if last and end <= last:
            # A damaged page can lead back to where it came from, for ever.
            raise sqlite3.DatabaseError
        last = end
        yield rows


def _judge(rows: list[tuple[Any, ...]], source: str, first: int, limit: int) -> Iterator[RecordBatch | RecordFault]:
    raws: list[bytes] = []
    faults: list[RecordFault] = []
    for number, (*columns, payload, _) in enumerate(rows, first):
        if isinstance(payload, bytes) and payload.strip() and len(payload) <= limit:
            raws.append(payload)
            fault = _contradiction(columns, payload)
        else:
            raws.append(b"")
            large = isinstance(payload, bytes) and len(payload) > limit
            fault = (f"more than {limit} bytes", f"{limit} bytes at most") if large else ("no payload", "a JSON text")
        if fault:
            faults.append(RecordFault(source, number, *fault, UNIT))
    yield RecordBatch(raws, source, first, UNIT)
    yield from faults


def _contradiction(columns: list[Any], payload: bytes) -> tuple[str, str] | None:
    try:
        inside = _COLUMNS.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # whoever decodes the payload names it
    for name, column in zip(COLUMNS, columns, strict=True):
        value = getattr(inside, name)
        if (value.encode("utf-8", "replace") if isinstance(value, str) else value) != column:
            return f"a column {name} that is not what the payload says", f"the payload's own {name}"
    return None


def reason_of(error: sqlite3.Error) -> tuple[str, str]:
    """Say what SQLite complains of, and what to do."""
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_ERROR":
        return "a database of another kind", _WANTED
    for prefix, reason in _REASONS.items():
        if name.startswith(prefix):
            return reason
    return f"a database that cannot be read ({name or type(error).__name__})", _WANTED
