"""Records to append, and a way past the triggers."""

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any


def item(number: int, **more: object) -> dict[str, Any]:
    """Make one record as upstream writes it."""
    return {
        "schema_version": "cavra.evidence.metadata.v1",
        "session_id": f"s-{number:05}",
        "created_at": "2026-06-11T15:40:00Z",
        "signer": "release-gövernance",
        "decision_count": number,
        "blocked_count": 0,
        "approval_required_count": 0,
        "metadata_kind": f"kind-{number % 3}",
        **more,
    }


def raw(number: int, **more: object) -> bytes:
    """Make the bytes of one record."""
    return json.dumps(item(number, **more)).encode()


def path_of(address: str) -> Path:
    """Give the file of an SQLite address."""
    return Path(address.removeprefix("sqlite:///"))


def tamper(path: Path, *statements: str) -> None:
    """Change the file as somebody would who knows SQLite."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)
