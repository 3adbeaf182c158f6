"""The way to a ledger's database: its address, its connections, and every failure as a sentence with what to do."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from reporter.errors import LedgerRefused, LedgerUnusable

BUSY_SECONDS: Final = 60.0
CHECKPOINT_PAGES: Final = 20_000
"""Pages that wait beside the file, 80 MB: an import would else write the same pages of its indexes again and again."""

POSTGRESQL: Final = "postgresql+psycopg"

_SQLITE_ADVICE: Final = {
    "SQLITE_BUSY": f"locked for more than {BUSY_SECONDS:g} seconds by another process; try again when it is done",
    "SQLITE_READONLY": "cannot be written; see to the rights of the file and of its directory",
    "SQLITE_CANTOPEN": "cannot be opened; see to the rights of the file and of its directory",
    "SQLITE_CORRUPT": "damaged; keep it, and run `reporter records verify` on its latest backup",
    "SQLITE_NOTADB": "not an SQLite database; the setting `ledger` may name the wrong file",
    "SQLITE_FULL": "the disk is full; nothing of this batch was kept",
    "SQLITE_IOERR": "the disk fails to read or write it; nothing of this batch was kept",
}


_DAMAGED: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_REFUSED: Final = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR")
_WITHOUT_TABLE: Final = "SQLITE_ERROR"
_BLANK: Final = "empty, as when a full disk cut its making off; whatever writes to it next makes it"


class Database:
    """One database. `name` is what may be told of it."""

    def __init__(self, address: str, base_dir: Path, password: str, *, write: bool) -> None:
        url = _parse(address)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.write = write
        if self.is_sqlite:
            self.path = base_dir / (url.database or "")
            self.name = f"ledger {self.path.name}"
            self.engine = _sqlite_engine(self.path, self.name, write=write)
        else:
            self.path = Path()
            self.name = "ledger (PostgreSQL)"
            self.engine = _postgresql_engine(url, password, self.name, write=write)

    @contextlib.contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Connection]:
        """Begin, commit at the end, roll back on an error. One writer at a time in SQLite from the start."""
        with self.guard(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
            yield connection
            if self.is_sqlite:
                connection.exec_driver_sql("COMMIT")
            else:
                connection.commit()

    @contextlib.contextmanager
    def guard(self) -> Iterator[None]:
        """Turn what the database complains of into LedgerUnusable; a key that is there already is no complaint."""
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorname", "")
            if code == _WITHOUT_TABLE and self.is_sqlite and _is_blank(self.path):
                raise LedgerUnusable(f"{self.name}: {_BLANK}") from None
            kind = LedgerRefused if code.startswith(_REFUSED) else LedgerUnusable
            is_full = kind is LedgerRefused and _is_full(self.path.parent)
            unusable = kind(f"{self.name}: {_SQLITE_ADVICE['SQLITE_FULL'] if is_full else _advice(error)}")
            unusable.damaged = code.startswith(_DAMAGED)
            raise unusable from None

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _parse(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise LedgerUnusable(_WANTED) from None
    if url.password is not None:
        raise LedgerUnusable("ledger: found an address with a password (not shown), wanted it under ledger_password")
    if url.drivername == POSTGRESQL or (url.drivername == "sqlite" and url.database and not url.host):
        return url
    raise LedgerUnusable(_WANTED)


_WANTED: Final = f"ledger: found another address (not shown), wanted sqlite:///PATH or {POSTGRESQL}://USER@HOST/NAME"


def _sqlite_engine(path: Path, name: str, *, write: bool) -> Engine:
    if path.is_symlink() and not path.exists():
        raise LedgerUnusable(f"{name}: a link to a file that is gone; put it back, or see the setting `ledger`")
    if write:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerRefused(f"{name}: its directory cannot be made: {error.strerror}") from None
    elif not path.exists():
        raise LedgerUnusable(f"{name}: not there yet; `reporter records import` makes it")
    if path.exists() and not path.is_file():
        raise LedgerUnusable(f"{name}: not a regular file; see the setting `ledger`")
    # Where nobody can write, SQLite cannot make the files that it shares with writers; and there are none.
    alone = not write and not os.access(path.parent, os.W_OK, effective_ids=True) and not Path(f"{path}-wal").exists()
    mode = "rwc" if write else f"ro{'&immutable=1' if alone else ''}"

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path))}?mode={mode}"
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA cache_size=-65536")
            if write:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
            else:
                connection.execute("PRAGMA query_only=ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=QueuePool, hide_parameters=True)


def _postgresql_engine(url: URL, password: str, name: str, *, write: bool) -> Engine:
    try:
        engine = create_engine(url.set(password=password or None), hide_parameters=True)
    except (ImportError, NoSuchModuleError):
        raise LedgerUnusable(f"{name}: needs psycopg: install reporter[postgresql]") from None

    @event.listens_for(engine, "connect")
    def _limit_waiting(connection: Any, _: object) -> None:  # noqa: ANN401 - any driver's
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS:g}s'")
            cursor.execute(f"SET default_transaction_read_only = {'off' if write else 'on'}")
        connection.commit()

    return engine


def _is_blank(path: Path) -> bool:
    """Say whether a database has no table at all: nobody else's, and none of ours yet."""
    with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def _is_full(folder: Path) -> bool:
    """Say whether a disk has no byte left: SQLite says of some files that it needs then that they cannot be opened."""
    try:
        return os.statvfs(folder).f_bavail == 0
    except OSError:
        return False


def _advice(error: DBAPIError) -> str:
    code = getattr(error.orig, "sqlite_errorname", "")
    for prefix, advice in _SQLITE_ADVICE.items():
        if code.startswith(prefix):
            return advice
    state = getattr(error.orig, "sqlstate", None)
    if state == "55P03":
        return f"locked for more than {BUSY_SECONDS:g} seconds by another process; try again when it is done"
    if state in ("42501", "25006"):
        return "cannot be written; see to the rights of the database's user"
    if state == "42P01" or (code == "SQLITE_ERROR" and "no such table" in str(error.orig)):
        return "holds no ledger; `reporter records import` makes one, or the setting `ledger` names another database"
    if not code and state is None:
        return "no connection; see to the server, the address, the user and ledger_password"
    return f"refused by the database ({code or state})"
