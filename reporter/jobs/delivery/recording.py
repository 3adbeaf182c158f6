"""Writing what operations record into the ledger, under keys that make it ours and ours once."""

from collections.abc import Iterable

import msgspec

from reporter.jobs.records import open_settings_ledger
from reporter.ledger import Entry, own_key
from reporter.loops.writing import RecordValue
from reporter.settings_model import Settings


def append_keyed(settings: Settings, environment: str, records: Iterable[tuple[str, RecordValue]]) -> int:
    """Append records, each under a key of its own; give how many were not there yet. Raise LedgerUnusable."""
    entries = [Entry(msgspec.json.encode(one), own_key(environment, key)) for key, one in records]
    with open_settings_ledger(settings, write=True) as ledger:
        return ledger.append(entries).added
