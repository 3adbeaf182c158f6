"""Upstream's formats from the ledger: JSON Lines, the JSON document, the SQLite index (domain.md B3).

JSON Lines hold every version in the order of the ledger. The other two know one record for each id: the newest by
instant, sorted by id. Files are complete or not there, and never overwritten.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import or_, select

from reporter.errors import UsageFault
from reporter.ledger.chain import Row
from reporter.ledger.schema import record
from reporter.ledger.store import ROWS_AT_ONCE, Ledger, damaged
from reporter.model.instants import parse_instant

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)

INDEX: Final = """CREATE TABLE evidence_metadata (
    session_id TEXT PRIMARY KEY,
    created_at TEXT,
    signer TEXT,
    decision_count INTEGER,
    blocked_count INTEGER,
    approval_required_count INTEGER,
    payload TEXT NOT NULL
)"""


class Format(StrEnum):
    """What to write."""

    JSONL = "jsonl"
    JSON = "json"
    SQLITE = "sqlite"


def export_ledger(ledger: Ledger, form: Format, path: Path) -> int:
    """Write a file that is not there yet, and give the number of records in it. Raise UsageFault."""
    if os.path.lexists(path):
        raise UsageFault(f"{path}: there already; nothing is overwritten")
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        written = _WRITERS[form](ledger, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise UsageFault(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return written


def newest_rows(ledger: Ledger) -> Iterator[Row]:
    """Yield one row for each id, the newest by instant, sorted by id."""
    for _, versions in groupby(_rows_by_id(ledger), key=lambda row: row.record_id):
        yield max(versions, key=_age)


def _age(row: Row) -> tuple[datetime, str]:
    # Of one instant the content decides, so that the order of import never does.
    instant = parse_instant(row.created_at or "")
    return instant.at if instant else EARLIEST, row.idempotency_key


def _rows_by_id(ledger: Ledger) -> Iterator[Row]:
    end = ledger.head().sequence
    query = select(record).where(record.c.sequence <= end)
    query = query.order_by(record.c.record_id, record.c.sequence).limit(ROWS_AT_ONCE)
    page = query
    last: Row | None = None
    while True:
        with ledger.database.transaction() as connection:
            rows = [Row(*row) for row in connection.execute(page)]
        if not rows:
            return
        for row in rows:
            if last and (row.record_id, row.sequence) <= (last.record_id, last.sequence):
                raise damaged(f"{ledger.name}: damaged; restore its latest backup")
            last = row
            yield row
        assert last  # noqa: S101 - there were rows, for mypy
        # Two conditions: the first alone can use the index.
        page = query.where(
            record.c.record_id >= last.record_id,
            or_(record.c.record_id > last.record_id, record.c.sequence > last.sequence),
        )


def _in_one_line(payload: str) -> bytes:
    raw = payload.encode()
    return msgspec.json.format(raw, indent=-1) if b"\n" in raw or b"\r" in raw else raw


def _write_lines(ledger: Ledger, path: Path) -> int:
    written = 0
    with path.open("xb") as file:
        for row in ledger.read():
            file.write(_in_one_line(row.payload) + b"\n")
            written += 1
    return written


def _write_document(ledger: Ledger, path: Path) -> int:
    written = 0
    with path.open("xb") as file:
        file.write(b'{"items":[')
        for row in newest_rows(ledger):
            file.write((b",\n" if written else b"\n") + _in_one_line(row.payload))
            written += 1
        file.write(b"\n]}\n")
    return written


def _write_index(ledger: Ledger, path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=OFF")
        database.execute(INDEX)
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO evidence_metadata VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((row.record_id, row.created_at, row.signer, *row[5:8], row.payload) for row in newest_rows(ledger)),
        )
        database.execute("COMMIT")
        return int(database.execute("SELECT count(*) FROM evidence_metadata").fetchone()[0])


_WRITERS: Final[dict[Format, Callable[[Ledger, Path], int]]] = {
    Format.JSONL: _write_lines,
    Format.JSON: _write_document,
    Format.SQLITE: _write_index,
}
