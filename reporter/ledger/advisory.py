"""The lock of runs in a PostgreSQL ledger: an advisory lock, held by a connection of its own.

The server lets go of it when the connection ends, however it ends.
"""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection, text

from reporter.forks import kept_from_children
from reporter.ledger.database import Database
from reporter.model.text import visible

_LOCK: Final = 0x7265_7072_756E
_LONGEST_NAME: Final = 63

_TRY: Final = text("SELECT pg_try_advisory_lock(:key)")
_NAME: Final = text("SELECT set_config('application_name', :name, false)")
_WHO: Final = text(
    """
    SELECT activity.application_name, activity.backend_start AT TIME ZONE 'UTC'
    FROM pg_locks AS held JOIN pg_stat_activity AS activity USING (pid)
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
      AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (held.classid::bigint << 32) + held.objid::bigint = :key
    """
)


class AdvisoryLock:
    """The lock, ours or another's. Use it in a `with`."""

    def __init__(self, database: Database, connection: Connection, *, ours: bool) -> None:
        self.ours = ours
        self._database = database
        self._connection = connection
        self._kept = ExitStack()

    def __enter__(self) -> Self:
        session: Any = self._connection.connection.dbapi_connection
        self._kept.enter_context(kept_from_children(session.fileno()))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._kept.close()
        # Not given back to the pool: the end of the session is what lets go.
        self._connection.invalidate()
        self._connection.close()
        self._database.close()

    def try_again(self) -> None:
        """Take another's lock if it is free by now. Raise LedgerUnusable."""
        with self._database.guard():
            self.ours = bool(self._connection.execute(_TRY, {"key": _LOCK}).scalar_one())

    def holder(self) -> str:
        """Say who holds it and since when, as far as the server tells us. Raise LedgerUnusable."""
        with self._database.guard():
            found = self._connection.execute(_WHO, {"key": _LOCK}).first()
        if found is None or not found[0]:
            return "who it is, the server does not say"
        return f"{visible(str(found[0]))}, since {found[1]:%Y-%m-%dT%H:%M:%SZ}"


def try_hold(address: str, base_dir: Path, password: str, name: str) -> AdvisoryLock:
    """Take the lock if it is free; `name` is what others see. Raise LedgerUnusable without a connection."""
    database = Database(address, base_dir, password, write=False)
    try:
        with database.guard():
            # Without a transaction around it, or the server might end it as idle.
            connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(_NAME, {"name": name[:_LONGEST_NAME]})
            ours = bool(connection.execute(_TRY, {"key": _LOCK}).scalar_one())
    except BaseException:
        database.close()
        raise
    return AdvisoryLock(database, connection, ours=ours)
