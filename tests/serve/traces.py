"""What a request may leave behind: every file of a world, and every row of its ledger."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

OF_SQLITE = (".db-shm", ".db-wal")
"""What SQLite keeps beside a ledger that somebody looks at; the rows are compared themselves."""


def trace(world: Path) -> dict[str, object]:
    """Give the content of every file, and of the ledger its rows."""
    files = {
        str(path.relative_to(world)): path.read_bytes()
        for path in sorted(world.rglob("*"))
        if path.is_file() and not path.name.endswith((*OF_SQLITE, ".db"))
    }
    return {**files, "rows": list(rows(world))}


def rows(world: Path, table: str = "record") -> Iterator[tuple[object, ...]]:
    """Give the rows of the ledger."""
    path = world / "state" / "ledger.db"
    if not path.exists():
        return
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for name in ("record", "run_event", "head") if table == "record" else (table,):
            yield from connection.execute(f"SELECT * FROM {name}")  # noqa: S608 - a name of ours
    finally:
        connection.close()
