"""Measure the project against plain tools on the same machine, in one run, and print ratios.

    make benchmark            all rows
    make benchmark ROUNDS=3   fewer rounds, for a first look

Machines differ and drift: a ratio of medians, taken alternately in one run, is what counts. Nothing here passes or
fails; the targets are printed beside the figures.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from reporter.assess.everything import assess_reports
from reporter.assess.readiness import build_readiness
from reporter.collect.case import collect_case
from reporter.jobs.loops import states_of
from reporter.render.html import render_readiness_paper
from reporter.render.view import build_view
from reporter.settings import load_settings

AS_OF = "2026-06-11T15:40:00Z"
BIN = Path(sys.executable).parent
REPORTER = str(BIN / "reporter")
MANIFESTS = "manifests/production-pilot/go-backend-rollback-"
CHECK = [
    *(REPORTER, "check", "schedule", "--mode", "promoted", "--as-of", AS_OF),
    *("--rollback-drill-history-path", f"{MANIFESTS}drills.json"),
    *("--rollback-drill-schedule-path", f"{MANIFESTS}drill-schedule.json"),
]
PLAIN_LOOP = """
import sys, weasyprint
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as page:
        html = page.read()
    weasyprint.HTML(string=html).write_pdf()
"""


class Cost(NamedTuple):
    """What one process took."""

    seconds: float
    peak_mebibytes: float


def measure(command: list[str], cwd: Path) -> Cost:
    """Run a process, and take its wall time and the peak of its largest process."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.chdir(cwd)
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"failed: {' '.join(command)}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def compare(ours: Callable[[], Cost], theirs: Callable[[], Cost], rounds: int) -> tuple[Cost, Cost]:
    """Measure two things in turn, and give their medians."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return _median([pair[0] for pair in pairs]), _median([pair[1] for pair in pairs])


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(one.seconds for one in costs), max(one.peak_mebibytes for one in costs))


def row(name: str, ours: Cost, theirs: Cost, target: float) -> None:
    """Print one ratio."""
    ratio = ours.seconds / theirs.seconds
    mark = "" if ratio <= target else "  <- over"
    print(
        f"{name:<58} {ours.seconds * 1000:7.0f} ms /{theirs.seconds * 1000:6.0f} ms = {ratio:5.2f}"
        f"  (target <= {target:g}){mark}   peak {ours.peak_mebibytes:.0f} / {theirs.peak_mebibytes:.0f} MiB"
    )


def write_pages(world: Path, target: Path) -> list[Path]:
    """Write the very HTML that the PDFs of a run are made from."""
    settings, _ = load_settings(str(world / "reporter.toml"), {})
    pages = []
    for name in sorted(settings.environments):
        now = datetime.fromisoformat(AS_OF)
        case = collect_case(settings, name, now)
        reports = assess_reports(case, states=states_of(settings, name, now).states)
        view = build_view(build_readiness(case, reports, "0"))
        pages.append(target / f"{name}.html")
        pages[-1].write_text(render_readiness_paper(view), encoding="utf-8")
    return pages


def main() -> None:
    """Print every row."""
    rounds = int(os.environ.get("ROUNDS", "7"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        measure([REPORTER, "init", "world", "--sample", "--as-of", AS_OF], root)
        world = root / "world"
        pages = [str(page) for page in write_pages(world, root)]
        number = 0

        def run(*environments: str) -> Cost:
            nonlocal number
            number += 1
            os.environ["REPORTER_BUNDLES_DIR"] = str(root / f"bundles-{number}")
            chosen = [word for name in environments for word in ("--environment", name)]
            return measure([REPORTER, "run", "--settings", "reporter.toml", "--as-of", AS_OF, *chosen], world)

        def plain(*names: str) -> Cost:
            return measure([sys.executable, "-c", PLAIN_LOOP, *names], root)

        def python(code: str) -> Cost:
            return measure([sys.executable, "-c", code], root)

        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, median of {rounds} rounds\n")
        one = next(page for page in pages if "production-pilot" in page)
        many = rounds * 3
        single = compare(lambda: run("production-pilot"), lambda: plain(one), rounds)
        row("run, one environment / plain WeasyPrint", *single, 1.0)
        row("run, three environments / plain WeasyPrint", *compare(run, lambda: plain(*pages), rounds), 0.7)
        helps = compare(lambda: measure([REPORTER, "--help"], root), lambda: python("pass"), many)
        row("reporter --help / python -c pass", *helps, 6)
        checks = compare(lambda: measure(CHECK, world), lambda: python("import pydantic"), many)
        row("check schedule / python -c 'import pydantic'", *checks, 3)
        bundle = (root / f"bundles-{number}" / "production-pilot" / "latest").resolve()
        verify = [REPORTER, "verify", str(bundle), "--key", str(world / "keys" / "signing.key.pub")]

        def sums_and_python() -> Cost:
            sums = measure(["/usr/bin/sha256sum", "-c", "SHA256SUMS"], bundle)
            bare = python("pass")
            return Cost(sums.seconds + bare.seconds, max(sums.peak_mebibytes, bare.peak_mebibytes))

        verifications = compare(lambda: measure(verify, root), sums_and_python, many)
        row("verify / sha256sum -c and a bare interpreter", *verifications, 3)
        sizes = {path.name: path.stat().st_size for path in bundle.iterdir() if path.is_file()}
        print(f"\nbundle: {json.dumps(sizes)}")


if __name__ == "__main__":
    main()
