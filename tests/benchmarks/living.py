"""What it costs to live with it: the status beside a large ledger, and the built-in scheduler over many jobs.

    python -m benchmarks.living

Ratios and differences of one machine in one run. Nothing here passes or fails; the targets are printed beside.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from reporter.ledger import open_ledger

REPORTER = str(Path(sys.executable).parent / "reporter")
ROWS = int(os.environ.get("ROWS", "1000000"))
JOBS = int(os.environ.get("JOBS", "10000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
AS_OF = "2026-06-11T15:40:00Z"

IDLE = """
import os, sys
def resident():
    pages = open("/proc/self/statm").read().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20
import reporter.cli.schedule
bare = resident()
"""
BUSY = (
    IDLE
    + """
import threading
from datetime import UTC, datetime
from pathlib import Path
from reporter.jobs.schedule import Schedule
from reporter.settings import load_settings
settings = load_settings(sys.argv[1], {})[0]
ended = threading.Semaphore(0)
jobs = Schedule(settings, lambda job: ended.release(), print)
jobs.start(datetime.now(UTC))
idle = resident()
def run_all(number):
    for _ in range(number):
        jobs.run_now("run")
        ended.acquire()
run_all(100)
warm = resident()
run_all(int(sys.argv[2]))
print(idle - bare, resident() - warm)
jobs.stop()
"""
)


def seconds_of(command: list[str], cwd: Path) -> float:
    """Take the processor time of a command, which other work on the machine does not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def status_beside_a_large_ledger(folder: Path) -> None:
    """Print how long the status takes, measured in starts of the help."""
    world = folder / "world"
    subprocess.run([REPORTER, "init", world, "--sample", "--as-of", AS_OF], check=True, stdout=subprocess.DEVNULL)
    run = [REPORTER, "run", "--as-of", AS_OF, "--environment", "production-pilot"]
    subprocess.run(run, cwd=world, check=True, stdout=subprocess.DEVNULL)
    with open_ledger(f"sqlite:///{world}/state/ledger.db") as ledger:
        ledger.append(b'{"session_id": "record-%d"}' % number for number in range(ROWS))
    status = [REPORTER, "status", "--environment", "production-pilot", "--as-of", AS_OF]
    costs: dict[str, list[float]] = {"help": [], "status": []}
    for _ in range(ROUNDS):
        costs["help"].append(seconds_of([REPORTER, "--help"], world))
        costs["status"].append(seconds_of(status, world))
    helps, statuses = (statistics.median(one) for one in costs.values())
    print(f"status beside {ROWS:,} rows: {statuses:.3f} s, {statuses / helps:.1f} times `--help` (target: 3 at most)")


def scheduler_over_many_jobs(folder: Path) -> None:
    """Print what the scheduler takes while it waits, and how it grows."""
    settings = folder / "reporter.toml"
    settings.write_text('[schedule.run]\ncron = "0 0 29 2 *"\n', encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", BUSY, settings, str(JOBS)], check=True, capture_output=True, text=True)
    idle, grown = map(float, done.stdout.split())
    print(f"the scheduler waiting: {idle:.1f} MiB above its imports (target: below 60)")
    print(f"after {JOBS:,} jobs: {grown:+.1f} MiB (target: no growth)")


def main() -> None:
    """Print all figures."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        scheduler_over_many_jobs(Path(folder))
        status_beside_a_large_ledger(Path(folder))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
