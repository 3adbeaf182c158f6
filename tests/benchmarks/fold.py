"""Measure folding evidence records, from JSON Lines to the state of every route, over reading them with orjson alone.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.fold

RECORDS=10_000_000 and ROUNDS=1 set another number than 1,000,000 records and five rounds.

Each step runs in a process of its own; what is compared is taken alternately, and a ratio is one of medians: of wall
time, and, behind it, of processor time over that of orjson. A fold includes the sha256 of the file.
Nothing here passes or fails; the targets are printed beside the figures.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.evidence import END, write_records
from benchmarks.steps import Cost, measure

NOW: Final = END
MOST_MEBIBYTES: Final = 300


def plain(path: Path) -> int:
    """Read every line with orjson, and keep nothing."""
    import orjson

    with path.open("rb") as file:
        return sum(orjson.loads(line) is not None for line in file)


def decoded(path: Path) -> int:
    """Read and decode every record and take the digest of the file, as a fold does, and keep nothing."""
    from reporter.collect.records import Reading, Source, Span, find_sources, measure_file, read_backwards
    from reporter.loops.table import READER
    from reporter.model.raw_records import RecordBatch

    (source,) = find_sources([str(path)], Reading())
    assert isinstance(source, Source)
    records, size = 0, path.stat().st_size
    for part in read_backwards(source, Span(0, size), Reading()):
        if isinstance(part, RecordBatch):
            records += sum(1 for _ in map(READER.decode_usual, part.raws))
    measure_file(str(path), size)
    return records


def folded(path: Path, processes: int) -> int:
    """Fold every record."""
    from reporter.collect.records import Reading
    from reporter.jobs.folding import fold_places

    result = fold_places([path.name], Reading(path.parent), NOW, processes=processes)
    return sum(source.records for source in result.sources)


def finished(path: Path) -> int:
    """Fold, and work out the state of every route."""
    from reporter.collect.records import Reading
    from reporter.jobs.folding import fold_places
    from reporter.loops.routes import finalise

    return len(finalise(fold_places([path.name], Reading(path.parent), NOW, processes=2).folded).routes)


def show(name: str, cost: Cost, than: Cost, target: float | None = None) -> None:
    """Print one row."""
    ratio, processor = cost.seconds / than.seconds, cost.processor_seconds / than.processor_seconds
    wanted = f"  (target <= {target:g}){'  <- over' if ratio > target else ''}" if target else ""
    memory = "  <- over" if cost.peak_mebibytes > MOST_MEBIBYTES else ""
    peak = f"peak {cost.peak_mebibytes:4.0f} MiB{memory}"
    print(
        f"{name:<42} {cost.seconds:7.2f} s {cost.records:>11,}   {ratio:5.2f}{wanted:<26}"
        f"processor {processor:5.2f}   {peak}"
    )


def compare(steps: dict[str, Callable[[], int]], rounds: int) -> dict[str, Cost]:
    """Take every step in turn, so many times; give the median of its seconds and the most of its memory."""
    costs: dict[str, list[Cost]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            costs[name].append(measure(step))
    return {
        name: Cost(
            statistics.median(cost.seconds for cost in each),
            max(cost.peak_mebibytes for cost in each),
            each[0].records,
            statistics.median(cost.processor_seconds for cost in each),
        )
        for name, each in costs.items()
    }


def main() -> None:
    """Print every row."""
    count, rounds = int(os.environ.get("RECORDS", "1_000_000")), int(os.environ.get("ROUNDS", "5"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "evidence.jsonl")
        write_records(path, count)
        megabytes = path.stat().st_size / 1e6
        print(
            f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {count:,} records, {megabytes:.0f} MB,", end=" "
        )
        print(f"median of {rounds} rounds\n")
        costs = compare(
            {
                "orjson.loads on every line": lambda: plain(path),
                "read, decode and hash alone": lambda: decoded(path),
                "fold in one process": lambda: folded(path, 1),
                "fold in two processes": lambda: folded(path, 2),
                "fold in two, and the state of all routes": lambda: finished(path),
            },
            rounds,
        )
        base = costs["orjson.loads on every line"]
        targets = {"fold in one process": 2.0, "fold in two processes": 1.1}
        for name, cost in costs.items():
            show(name, cost, base, targets.get(name))


if __name__ == "__main__":
    main()
