"""What the ledger holds of our own runs: a row when one starts, a row when it ends, chained like its records.

They stand apart from the records: they are no evidence, upstream knows no such kind, and a run must not change the head
that its own bundle notes. A start without an end is a run that died. Every bundle notes where they ended before it.
"""

import hashlib
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Index, Table, Text, insert, inspect, select, text

from reporter.ledger.chain import GENESIS, Head
from reporter.ledger.database import Database
from reporter.ledger.schema import NUMBER, metadata

run_event = Table(
    "run_event",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=False),
    Column("run", NUMBER, nullable=False),
    Column("job", Text, nullable=False),
    Column("as_of", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("run_event_by_as_of", "as_of"),
    Index("run_event_by_job", "job", "sequence"),
)

_ABORT: Final = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
RUN_TRIGGERS: Final = {
    "sqlite": (
        f"CREATE TRIGGER run_event_no_update BEFORE UPDATE ON run_event {_ABORT}",
        f"CREATE TRIGGER run_event_no_delete BEFORE DELETE ON run_event {_ABORT}",
    ),
    "postgresql": (
        """CREATE TRIGGER run_event_only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON run_event
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    ),
}

_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_APPEND_LOCK: Final = 0x7265_7072_6F77


class RunEvent(NamedTuple):
    """One row. `run` is the sequence of the start that it belongs to; `as_of` is the instant that the run judges."""

    sequence: int
    run: int
    as_of: str
    payload: dict[str, Any]

    @property
    def is_start(self) -> bool:
        """Whether it is the start of a run."""
        return self.run == self.sequence


def create_runs(connection: Connection) -> None:
    """Make the table where it is not there; in the transaction of whoever makes the ledger."""
    if inspect(connection).has_table(run_event.name):
        return
    run_event.create(connection)
    for trigger in RUN_TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(trigger)


def append_run(database: Database, job: str, as_of: str, payload: dict[str, Any], run: int | None = None) -> int:
    """Append a row of a job, a start unless `run` names one, and give its sequence. Raise LedgerUnusable."""
    with database.transaction(write=True) as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_APPEND_LOCK})"))
        last = select(run_event.c.sequence, run_event.c.hash).order_by(run_event.c.sequence.desc()).limit(1)
        before, previous = connection.execute(last).one_or_none() or (0, GENESIS)
        row = (before + 1, run or before + 1, job, as_of, _encode(payload).decode(), previous)
        values = dict(zip(run_event.c.keys(), (*row, _hash(row)), strict=True))
        connection.execute(insert(run_event), values)
        return int(row[0])


def read_runs(database: Database, first: str, before: str) -> list[RunEvent]:
    """Give the rows of runs as of `first` or later and before `before`, in order. Raise LedgerUnusable."""
    found = select(run_event).where(run_event.c.as_of >= first, run_event.c.as_of < before)
    with database.transaction() as connection:
        if not inspect(connection).has_table(run_event.name):
            return []
        rows = connection.execute(found.order_by(run_event.c.sequence)).all()
    return [RunEvent(row.sequence, row.run, row.as_of, _decode(row.payload)) for row in rows]


def head_of_runs(database: Database, before: str) -> Head | None:
    """Give the last row of a run as of before an instant; None where there is none. Raise LedgerUnusable."""
    last = select(run_event.c.sequence, run_event.c.hash).where(run_event.c.as_of < before)
    with database.transaction() as connection:
        if not inspect(connection).has_table(run_event.name):
            return None
        row = connection.execute(last.order_by(run_event.c.sequence.desc()).limit(1)).one_or_none()
    return Head(row.sequence, row.hash) if row else None


def faults_of_runs(database: Database, noted: Head | None = None, first: int = 1) -> list[tuple[str, str]]:
    """Check every row from the first on, and give code and detail of what is wrong. Raise LedgerUnusable.

    `noted` is a row that a bundle saw: a chain that was cut before it, and goes on from there, holds by itself.
    """
    faults: list[tuple[str, str]] = []
    expected, previous = first, GENESIS if first == 1 else ""
    with database.transaction() as connection:
        rows = select(run_event).where(run_event.c.sequence >= first).order_by(run_event.c.sequence)
        for row in connection.execute(rows) if inspect(connection).has_table(run_event.name) else ():
            if row.sequence != expected:
                faults.append(("gap", f"run records {expected} to {row.sequence - 1} are missing"))
            elif previous and row.previous_hash != previous:
                faults.append(("rewritten", f"run record {row.sequence} does not follow the one before it"))
            if row.hash != _hash(row[:6]):
                faults.append(("edited", f"run record {row.sequence} is not what was written"))
            if noted and row.sequence == noted.sequence and row.hash != noted.hash:
                faults.append(("head", f"run record {row.sequence} is not the one that was noted"))
            expected, previous = row.sequence + 1, row.hash
    if noted and noted.sequence >= expected:
        faults.append(("truncated", f"the records of runs end before number {noted.sequence}, which was noted"))
    return faults


def _hash(fields: Any) -> str:  # noqa: ANN401 - a row
    return hashlib.sha256(msgspec.json.encode(tuple(fields))).hexdigest()
