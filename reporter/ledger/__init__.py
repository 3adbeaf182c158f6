"""The ledger: an append-only, hash-chained store of records, in SQLite or PostgreSQL.

Every row carries the hash of the row before it. Nothing here changes or removes a row, and triggers in the database
refuse it to others.
"""

from reporter.ledger.chain import GENESIS, Head, Row
from reporter.ledger.entries import Entry
from reporter.ledger.export import Format, export_ledger, newest_rows
from reporter.ledger.runs import RunEvent, append_run, head_of_runs, read_runs
from reporter.ledger.store import Appended, Ledger, open_ledger, own_key
from reporter.ledger.verify import FAULT_CODES, LedgerFault, read_own_verified, read_verified, verify_ledger

__all__ = [
    "FAULT_CODES",
    "GENESIS",
    "Appended",
    "Entry",
    "Format",
    "Head",
    "Ledger",
    "LedgerFault",
    "Row",
    "RunEvent",
    "append_run",
    "export_ledger",
    "head_of_runs",
    "newest_rows",
    "open_ledger",
    "own_key",
    "read_own_verified",
    "read_runs",
    "read_verified",
    "verify_ledger",
]
