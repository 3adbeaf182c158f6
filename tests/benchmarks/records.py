"""Measure reading and importing evidence records.

    .venv/bin/python tests/benchmarks/records.py [RECORDS]   default 1,000,000 (about 300 MB)

Prints seconds, records a second and the peak memory of each step, each in a process of its own, over reading the same
file with `json.loads` alone. Nothing here passes or fails.
"""

import gc
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

PROVIDERS = ("slack", "teams", "jira", "servicenow", "splunk", "pagerduty")
AUDIT = "go-backend-rollback-drill-acknowledgement-audit-delivery-"
KINDS = (f"{AUDIT}retry-execution-record", f"{AUDIT}worker-run", f"{AUDIT}retry-plan", f"{AUDIT}retry-ack")
START = datetime(2026, 4, 1, tzinfo=UTC)


def make_records(path: Path, count: int) -> None:
    """Write a mix of deliveries and worker records: 60 days, 40 subjects a provider."""
    chance = random.Random(1)  # noqa: S311 - a benchmark
    encode = msgspec.json.encode
    with path.open("wb") as file:
        for number in range(count):
            file.write(encode(one_record(number, chance)) + b"\n")


def one_record(number: int, chance: random.Random) -> dict[str, object]:
    """Make one record of the size that upstream's have."""
    at = (START + timedelta(seconds=number * 5)).isoformat().replace("+00:00", "Z")
    provider, failed = chance.choice(PROVIDERS), chance.random() < 0.1
    subject = f"gordackdelivery-{chance.randrange(40):016x}"
    common: dict[str, object] = {
        "schema_version": "cavra.evidence.metadata.v1",
        "product": "CAVRA",
        "session_id": f"rcd-{number:012x}",
        "created_at": at,
        "signer": "release-governance",
        "decision_count": 1,
        "blocked_count": int(failed),
        "approval_required_count": 0,
    }
    if number % 3:
        kind = KINDS[number % len(KINDS)]
        return common | {"metadata_kind": kind, "provider": provider, "delivery_id": subject}
    return common | {
        "metadata_kind": "release-connector-delivery",
        "connector_delivery_source": "go_backend_rollback_drill_acknowledgement_audit",
        "event_id": subject,
        "delivery_success": not failed,
        "providers": [provider],
        "failed_providers": [provider] if failed else [],
        "delivery": {
            "deliveries": [{"provider": provider, "success": not failed, "status_code": 503 if failed else 200}]
        },
    }


def measure(step: Callable[[], int]) -> tuple[float, float, int]:
    """Run a step in a process of its own: seconds, peak in MiB, records."""
    out, into = os.pipe()
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        gc.collect()
        os.write(into, str(step()).encode())
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        sys.exit("failed")
    return seconds, usage.ru_maxrss / 1024, int(os.read(out, 20))


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
    from reporter.record_jobs import import_records
    from reporter.settings import load_settings

    found, _ = load_settings(str(settings), {})
    return sum(one.appended.added for one in import_records(found, [], lambda _: None))


def verified(settings: Path) -> int:
    """Go over every row of the ledger."""
    from reporter.record_jobs import verify_records
    from reporter.settings import load_settings

    found, _ = load_settings(str(settings), {})
    result = verify_records(found)
    return result.head.sequence if result.head and not result.faults else -1


def main() -> None:
    """Print every row."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path, settings = Path(folder, "evidence.jsonl"), Path(folder, "reporter.toml")
        make_records(path, count)
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
                make_records(more, 1_000)
                with path.open("ab") as file:
                    file.write(more.read_bytes().replace(b'"rcd-', b'"more-'))
            seconds, peak, records = measure(step)
            rate = records / seconds
            print(f"{name:<32} {seconds:7.2f} s {rate:11,.0f} records/s {records:11,} records  peak {peak:4.0f} MiB")


if __name__ == "__main__":
    main()
