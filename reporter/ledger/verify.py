"""Going over every row: edits, gaps, rows that changed places, a tail that is cut off. Names each, changes nothing.

Whoever can rewrite all rows from some place on, and the head, leaves a chain that holds. Only a head that was noted
elsewhere, as every bundle does, tells: `expected_head`, and `expected_runs` of the records of runs.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import func, select

from reporter.errors import LedgerUnusable
from reporter.ledger.chain import GENESIS, Head, Row, hash_of, is_well_typed, sha256_of
from reporter.ledger.runs import faults_of_runs
from reporter.ledger.schema import head, record
from reporter.ledger.store import Ledger, read_rows

MOST_FAULTS: Final = 100
MOST_MOVED: Final = 200

FAULT_CODES: Final = {
    "edited": "a row is not what was written",
    "moved": "a row stands in the place of another",
    "gap": "rows are missing between others",
    "rewritten": "a row does not follow the one before it",
    "truncated": "the last rows are missing",
    "beyond_head": "there are rows after the head",
    "head": "the head is not the last row, or not the head that was noted",
    "unreadable": "the database cannot be read to its end",
    "index": "the database's own check finds damage",
}


class LedgerFault(NamedTuple):
    """One thing that is wrong. `sequence` is the row, or the first of several; None for the ledger as a whole."""

    code: str
    sequence: int | None
    detail: str

    def __str__(self) -> str:
        """Write a line for a person."""
        return f"{self.code}: {self.detail}"


def verify_ledger(
    ledger: Ledger, expected_head: Head | None = None, expected_runs: Head | None = None
) -> list[LedgerFault]:
    """Check every row and the head, and at most a hundred faults of them are listed. Raise nothing."""
    check = _Check(expected_head)
    try:
        check.begin(ledger)
        for row in read_rows(ledger.database, select(record), None, check.head.sequence):
            check.row(row)
        check.end()
        check.faults += _own_check(ledger)
        check.faults += _of_runs(ledger, expected_runs)
    except LedgerUnusable as error:
        after = check.previous.sequence if check.previous else 0
        check.faults.append(LedgerFault("unreadable", after + 1, f"no row after {after} can be read: {error}"))
    return check.faults[:MOST_FAULTS]


def verify_since(ledger: Ledger, noted: Head) -> list[LedgerFault]:
    """Check the head that was noted and the rows after it. Raise LedgerUnusable."""
    if ledger.head().sequence < noted.sequence:
        return [_cut_off(ledger.head().sequence, noted)]
    check = _Check(noted, max(1, noted.sequence))
    check.begin(ledger)
    for row in read_rows(ledger.database, select(record), noted.sequence - 1, check.head.sequence):
        check.row(row)
    check.end()
    return check.faults


def read_own_verified(
    ledger: Ledger, environment: str, noted: Head | None, noted_runs: Head | None = None
) -> tuple[list[Row], list[LedgerFault]]:
    """Give what was recorded through us and is what was written, and what is wrong with it or since noted heads."""
    rows = ledger.read_own(environment)
    whole = [row for row in rows if _is_whole(row)]
    faults = [_edited(row) for row in rows if not _is_whole(row)]
    if noted:
        faults += verify_since(ledger, noted)
    if noted_runs:
        faults += _of_runs(ledger, noted_runs, noted_runs.sequence)
    return whole, list(dict.fromkeys(faults))


def read_verified(ledger: Ledger) -> Iterator[Row | LedgerFault]:
    """Yield the rows that there are now, in order, and then what is wrong with them. Raise LedgerUnusable."""
    check = _Check(None)
    check.begin(ledger)
    for row in read_rows(ledger.database, select(record), 0, check.head.sequence):
        check.row(row)
        yield row
    check.end()
    yield from check.faults


class _Check:
    def __init__(self, expected: Head | None, first: int = 1) -> None:
        self.faults: list[LedgerFault] = []
        self.previous: Row | None = None
        self.head = Head(0, GENESIS)
        self._expected = expected
        self._first = first
        self._suspects: list[Row] = []
        self._hash_at_expected = GENESIS
        self._hash_at_head = GENESIS

    def begin(self, ledger: Ledger) -> None:
        """Take the head; what is appended from here on is not looked at."""
        last = select(func.max(record.c.sequence)).scalar_subquery()
        with ledger.database.transaction() as connection:
            sequence, covered, rows = connection.execute(select(head.c.sequence, head.c.hash, last)).one()
        self.head = Head(sequence, covered)
        if (rows or 0) > sequence:
            self._fault("beyond_head", sequence + 1, f"rows {sequence + 1} to {rows} stand after the head")

    def row(self, row: Row) -> None:
        """Judge one row."""
        if row.sequence < 1:
            self._suspect(row)
            return
        before = self.previous
        wanted = before.sequence + 1 if before else self._first
        follows = row.sequence == wanted
        if not follows:
            self._fault("gap", wanted, f"rows {wanted} to {row.sequence - 1} are missing")
        starts_within = before is None and self._first > 1
        if not _is_whole(row):
            self._suspect(row)
        elif follows and not starts_within and row.previous_hash != (before.hash if before else GENESIS):
            detail = f"row {row.sequence} does not follow row {wanted - 1}: one of them was rewritten"
            self._fault("rewritten", row.sequence, detail)
        if self._expected and row.sequence == self._expected.sequence:
            self._hash_at_expected = row.hash
        if row.sequence == self.head.sequence:
            self._hash_at_head = row.hash
        self.previous = row

    def end(self) -> None:
        """Judge what only shows when all rows were seen."""
        last = self.previous.sequence if self.previous else self._first - 1
        if last < self.head.sequence:
            detail = f"rows {last + 1} to {self.head.sequence} are missing at the end"
            self._fault("truncated", last + 1, detail)
        elif self._hash_at_head != self.head.hash:
            self._fault("head", self.head.sequence, f"the head has another hash than row {self.head.sequence}")
        if self._expected and self._expected.sequence > last:
            self._fault("truncated", last + 1, _cut_off(last, self._expected).detail)
        elif self._expected and self._hash_at_expected != self._expected.hash:
            detail = f"row {self._expected.sequence} has another hash than the head that was noted"
            self._fault("head", self._expected.sequence, detail)
        self._name_suspects()

    def _suspect(self, row: Row) -> None:
        if len(self._suspects) < MOST_MOVED:
            self._suspects.append(row)

    def _name_suspects(self) -> None:
        """Tell rows that changed places from rows that were edited: a moved one is whole in its own place."""
        places = [row.sequence for row in self._suspects]
        for row in self._suspects:
            whole = is_well_typed(row) and sha256_of(row.payload) == row.payload_sha256
            own = [place for place in places if whole and hash_of(row._replace(sequence=place)) == row.hash]
            if own:
                self._fault("moved", row.sequence, f"row {row.sequence} is what was written as row {own[0]}")
            else:
                self._fault("edited", row.sequence, _edited(row).detail)

    def _fault(self, code: str, sequence: int, detail: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(LedgerFault(code, sequence, detail))


def _of_runs(ledger: Ledger, noted: Head | None, first: int = 1) -> list[LedgerFault]:
    found = faults_of_runs(ledger.database, noted, first)
    return [LedgerFault(code, None, detail) for code, detail in found]


def _is_whole(row: Row) -> bool:
    return is_well_typed(row) and hash_of(row) == row.hash and sha256_of(row.payload) == row.payload_sha256


def _edited(row: Row) -> LedgerFault:
    return LedgerFault("edited", row.sequence, f"row {row.sequence} is not what was written")


def _cut_off(last: int, noted: Head) -> LedgerFault:
    detail = f"a chain that ends at row {last}; the head that was noted is row {noted.sequence}"
    return LedgerFault("truncated", last + 1, detail)


def _own_check(ledger: Ledger) -> list[LedgerFault]:
    """Ask SQLite about its pages and indexes: a damaged index hides rows that are there."""
    if not ledger.database.is_sqlite:
        return []
    with ledger.database.transaction() as connection:
        answer = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    detail = "SQLite's integrity check fails: restore the latest backup"
    return [] if answer == "ok" else [LedgerFault("index", None, detail)]
