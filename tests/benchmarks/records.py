"""Measure reading and importing evidence records.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.records

RECORDS=100_000 sets another number than 1,000,000.

Prints seconds, records a second and the peak memory of each step, each in a process of its own, over reading the same
file with `json.loads` alone. Nothing here passes or fails.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.evidence import write_records
from benchmarks.steps import measure


def plain(path: Path) -> int:
    """Do what a simple script would."""
    with path.open("rb") as file:
        return sum(json.loads(line) is not None for line in file)


def batches(path: Path) -> int:
    """Cut the file into lines, and look at none."""
    from reporter.collect.records import Reading, open_batches
    from reporter.model.raw_records import RecordBatch

    parts = open_batches([str(path)], Reading())
    return sum(len(part.raws) for part in parts if isinstance(part, RecordBatch))


def checked(path: Path) -> int:
    """Read every record and see that it is a JSON object."""
    from reporter.collect.records import open_source

    return sum(1 for _ in open_source(str(path)))


def imported(settings: Path) -> int:
    """Import as the command does."""
    from reporter.jobs.records import import_records
    from reporter.settings import load_settings

    found, _ = load_settings(str(settings), {})
    return sum(one.appended.added for one in import_records(found, []))


def verified(settings: Path) -> int:
    """Go over every row of the ledger."""
    from reporter.jobs.records import verify_records
    from reporter.settings import load_settings

    found, _ = load_settings(str(settings), {})
    result = verify_records(found)
    return result.head.sequence if result.head and not result.faults else -1


def main() -> None:
    """Print every row."""
    count = int(os.environ.get("RECORDS", "1_000_000"))
    with tempfile.TemporaryDirectory() as folder:
        path, settings = Path(folder, "evidence.jsonl"), Path(folder, "reporter.toml")
        write_records(path, count)
        settings.write_text('[environments.pilot]\nrecords = ["evidence.jsonl"]\n', encoding="utf-8")
        size = path.stat().st_size / 1e6
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {count:,} records, {size:.0f} MB")
        steps: dict[str, Callable[[], int]] = {
            "json.loads on every line": lambda: plain(path),
            "batches of raw lines": lambda: batches(path),
            "records, each checked": lambda: checked(path),
            "import into SQLite": lambda: imported(settings),
            "import again, nothing new": lambda: imported(settings),
            "import again after 1,000 more": lambda: imported(settings),
            "verify the ledger": lambda: verified(settings),
        }
        for name, step in steps.items():
            if "1,000 more" in name:
                more = Path(folder, "more.jsonl")
                write_records(more, 1_000, "more")
                with path.open("ab") as file:
                    file.write(more.read_bytes())
            seconds, peak, records, _ = measure(step)
            rate = records / seconds
            print(f"{name:<32} {seconds:7.2f} s {rate:11,.0f} records/s {records:11,} records  peak {peak:4.0f} MiB")


if __name__ == "__main__":
    main()
