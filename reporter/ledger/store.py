"""Appending to the ledger and reading from it. No method changes or removes a row."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeAlias

from sqlalchemy import Connection, Select, bindparam, exists, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from reporter.errors import LedgerUnusable
from reporter.ledger.chain import GENESIS, Head, Row, hash_over
from reporter.ledger.database import Database
from reporter.ledger.entries import Entry, Prepared, prepare
from reporter.ledger.runs import RUN_TRIGGERS, create_runs
from reporter.ledger.schema import TRIGGERS, VERSION, head, metadata, record, source_state
from reporter.model.raw_records import RawRecord, RecordFault

RECORDS_AT_ONCE: Final = 10_000
ROWS_AT_ONCE: Final = 2_000
MOST_LISTED: Final = 1_000

Given: TypeAlias = RawRecord | RecordFault | Entry | bytes

_ADVISORY_LOCK: Final = 0x7265_706F_7274

_KNOWN_KEYS = select(record.c.idempotency_key).where(record.c.idempotency_key.in_(bindparam("keys", expanding=True)))
_earlier = record.alias()
_CHANGED_IDS = select(record.c.record_id).where(
    record.c.sequence > bindparam("before"),
    exists().where(_earlier.c.record_id == record.c.record_id, _earlier.c.sequence < record.c.sequence),
)
_HEAD = select(head.c.schema_version, head.c.sequence, head.c.hash).where(head.c.id == 1)
_LAST_HASH = select(record.c.hash).where(record.c.sequence == bindparam("sequence"))


class Appended(NamedTuple):
    """What became of the records that were given.

    Repeated ones were there already. Changed ones are added as well: their id was there with other content. Of
    `changed_ids` and `faults` only the first thousand are listed.
    """

    added: int = 0
    repeated: int = 0
    changed: int = 0
    faulty: int = 0
    changed_ids: tuple[str, ...] = ()
    faults: tuple[RecordFault, ...] = ()

    def __add__(self, other: "Appended") -> "Appended":  # type: ignore[override] # counts are added, not the tuples
        """Join two results."""
        return Appended(
            self.added + other.added,
            self.repeated + other.repeated,
            self.changed + other.changed,
            self.faulty + other.faulty,
            (self.changed_ids + other.changed_ids)[:MOST_LISTED],
            (self.faults + other.faults)[:MOST_LISTED],
        )


class Ledger:
    """An append-only, hash-chained store of records. Close it, or use it in a `with`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        # Compiled once: SQLAlchemy would look at every value of every row again.
        self._insert_text = str(insert(record).compile(dialect=database.engine.dialect))
        try:
            if database.write:
                self._create()
            with database.transaction() as connection:
                _read_head(connection, database)
        except LedgerUnusable:
            database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    @property
    def name(self) -> str:
        """What may be told of where it is."""
        return self.database.name

    def head(self) -> Head:
        """Give the number and the hash of the last row."""
        with self.database.transaction() as connection:
            return _read_head(connection, self.database)

    def append(self, records: Iterable[Given]) -> Appended:
        """Append what is not there yet, ten thousand in a transaction. A fault is passed on and counted."""
        total = Appended()
        given = iter(records)
        while batch := list(islice(given, RECORDS_AT_ONCE)):
            prepared, faults = _prepare(batch)
            total += Appended(faulty=len(faults), faults=tuple(faults[:MOST_LISTED]))
            if prepared:
                total += self._append_batch(prepared)
        return total

    def read(self, after: int = 0, kinds: Sequence[str] | None = None) -> Iterator[Row]:
        """Yield the rows that there are now, in order, from the one after `after`; of these kinds, or of all."""
        query = select(record)
        if kinds is not None:
            query = query.where(record.c.kind.in_(kinds))
        return read_rows(self.database, query, after, self.head().sequence)

    def read_own(self, environment: str) -> list[Row]:
        """Give what was recorded through us for an environment, in order. The index finds it, however much there is."""
        prefix = own_key(environment, "")
        key = record.c.idempotency_key
        with self.database.transaction() as connection:
            found = connection.execute(select(record).where(key >= prefix, key < f"{prefix[:-1]};"))
            return sorted(Row(*row) for row in found)

    def find(self, key: str) -> Row | None:
        """Give the row that was appended under an idempotency key; None where there is none."""
        with self.database.transaction() as connection:
            found = connection.execute(select(record).where(record.c.idempotency_key == key)).one_or_none()
            return Row(*found) if found else None

    def source_state(self, source: str) -> str | None:
        """Give what was noted about a source when it was read last."""
        with self.database.transaction() as connection:
            return connection.execute(
                select(source_state.c.state).where(source_state.c.source == source)
            ).scalar_one_or_none()

    def source_states(self) -> list[tuple[str, str]]:
        """Give the alias of every source that was read, with what was noted about it, sorted by alias."""
        noted = select(source_state.c.alias, source_state.c.state).order_by(source_state.c.alias, source_state.c.source)
        with self.database.transaction() as connection:
            return [(alias, state) for alias, state in connection.execute(noted)]

    def note_source(self, source: str, alias: str, state: str) -> None:
        """Note how far a source was read; after its records were appended."""
        values = {"source": source, "alias": alias, "state": state}
        with self.database.transaction(write=True) as connection:
            changed = connection.execute(update(source_state).where(source_state.c.source == source).values(values))
            if not changed.rowcount:
                connection.execute(insert(source_state), values)

    def _create(self) -> None:
        with self.database.transaction(write=True) as connection:
            if not self.database.is_sqlite:
                # Two that create at once wait for one another.
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
            names = inspect(connection).get_table_names()
            if head.name in names and record.name not in names:
                raise LedgerUnusable(f"{self.name}: a table `head` that is not ours; name another database")
            if head.name in names:
                create_runs(connection)
                return
            if record.name in names:
                raise LedgerUnusable(f"{self.name}: a table `record` that is not ours; name another database")
            metadata.create_all(connection)
            for trigger in (*TRIGGERS[connection.dialect.name], *RUN_TRIGGERS[connection.dialect.name]):
                connection.exec_driver_sql(trigger)
            connection.execute(insert(head), {"id": 1, "schema_version": VERSION, "sequence": 0, "hash": GENESIS})

    def _append_batch(self, prepared: list[Prepared]) -> Appended:
        try:
            # Most are new; asking about ten thousand keys first would cost more than to be refused.
            with self.database.transaction(write=True) as connection:
                return self._append(connection, prepared)
        except IntegrityError:
            with self.database.transaction(write=True) as connection:
                return self._append(connection, prepared, ask=True)

    def _append(self, connection: Connection, prepared: list[Prepared], *, ask: bool = False) -> Appended:
        sequence, previous = _read_head(connection, self.database, lock=True)
        last = connection.execute(_LAST_HASH, {"sequence": sequence}).scalar_one_or_none()
        if (last or GENESIS) != previous:
            raise LedgerUnusable(f"{self.name}: its last row is not its head; see `reporter records verify`")
        by_key = {one.idempotency_key: one for one in reversed(prepared)}
        if ask:
            for key in connection.execute(_KNOWN_KEYS, {"keys": list(by_key)}).scalars():
                del by_key[key]
        fresh = list(by_key.values())[::-1]
        changed: list[str] = []
        if fresh:
            head_after = self._insert(connection, fresh, Head(sequence, previous))
            changed.extend(connection.execute(_CHANGED_IDS, {"before": sequence}).scalars())
            connection.execute(update(head).where(head.c.id == 1), head_after._asdict())
        return Appended(len(fresh), len(prepared) - len(fresh), len(changed), 0, tuple(changed[:MOST_LISTED]))

    def _insert(self, connection: Connection, fresh: list[Prepared], before: Head) -> Head:
        """Chain the records behind the head, and give the next one."""
        sequence, previous = before
        rows: list[tuple[Any, ...]] = []
        for one in fresh:
            sequence += 1
            own = hash_over(previous, sequence, one)
            rows.append((sequence, *one, previous, own))
            previous = own
        connection.exec_driver_sql(self._insert_text, self._as_parameters(rows))
        return Head(sequence, previous)

    def _as_parameters(self, rows: list[tuple[Any, ...]]) -> Any:  # noqa: ANN401 - what the driver takes
        if self.database.is_sqlite:
            return rows
        return [dict(zip(Row._fields, row, strict=True)) for row in rows]


def read_rows(database: Database, query: Select[Any], after: int | None, end: int) -> Iterator[Row]:
    """Yield rows in short transactions, those after one number up to another. Raise LedgerUnusable."""
    query = query.where(record.c.sequence <= end).order_by(record.c.sequence).limit(ROWS_AT_ONCE)
    while True:
        page = query if after is None else query.where(record.c.sequence > after)
        with database.transaction() as connection:
            rows = [Row(*row) for row in connection.execute(page)]
        if not rows:
            return
        for row in rows:
            if after is not None and row.sequence <= after:
                # A damaged page can lead back to where it came from, for ever.
                raise damaged(f"{database.name}: damaged; restore its latest backup")
            after = row.sequence
            yield row


def damaged(fault: str) -> LedgerUnusable:
    """Say that the content of a ledger is what is wrong."""
    error = LedgerUnusable(fault)
    error.damaged = True
    return error


def own_key(environment: str, record_id: str) -> str:
    """Give the idempotency key of what is recorded through us. Names of environments hold no colon."""
    return f"own:{environment}:{record_id}"


def open_ledger(address: str, base_dir: Path = Path(), password: str = "", *, write: bool = True) -> Ledger:
    """Open a ledger by its address, and make it where it is to be written and not there. Raise LedgerUnusable.

    A relative SQLite path starts from `base_dir`.
    """
    return Ledger(Database(address, base_dir, password, write=write))


def _prepare(batch: list[Given]) -> tuple[list[Prepared], list[RecordFault]]:
    """Read the envelopes."""
    prepared: list[Prepared] = []
    faults: list[RecordFault] = []
    for number, given in enumerate(batch, 1):
        one = given if isinstance(given, RecordFault) else _prepare_one(given, number)
        if isinstance(one, RecordFault):
            faults.append(one)
        else:
            prepared.append(one)
    return prepared, faults


def _prepare_one(given: RawRecord | Entry | bytes, number: int) -> Prepared | RecordFault:
    if isinstance(given, RawRecord):
        return prepare(given)
    raw, key = given if isinstance(given, Entry) else (given, "")
    return prepare(RawRecord(raw, "entries", number, "entry"), key)


def _read_head(connection: Connection, database: Database, *, lock: bool = False) -> Head:
    found = connection.execute(_HEAD.with_for_update() if lock else _HEAD).one_or_none()
    if found is None:
        raise damaged(f"{database.name}: its head is missing; restore its latest backup")
    if found.schema_version != VERSION:
        raise LedgerUnusable(
            f"{database.name}: has version {found.schema_version} of the schema, wanted {VERSION}; use the reporter"
            " that wrote it"
        )
    return Head(found.sequence, found.hash)
