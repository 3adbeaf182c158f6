"""One step of a benchmark in a process of its own."""

import gc
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import NamedTuple


class Cost(NamedTuple):
    """What a step took; the peak is that of its largest process. `records` is what it counted.

    `processor_seconds` are those of all its processes: on a machine that has other work they drift less.
    """

    seconds: float
    peak_mebibytes: float
    records: int
    processor_seconds: float = 0.0


def measure(step: Callable[[], int]) -> Cost:
    """Run a step."""
    out, into = os.pipe()
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        gc.collect()
        counted = step()
        grandchildren = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        os.write(into, f"{counted} {grandchildren}".encode())
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    os.close(into)
    with os.fdopen(out) as answer:
        counted, grandchildren = map(int, answer.read().split() or (0, 0))
    if os.waitstatus_to_exitcode(status):
        sys.exit("failed")
    processor = usage.ru_utime + usage.ru_stime  # of grandchildren too, for they were waited for
    return Cost(seconds, max(usage.ru_maxrss, grandchildren) / 1024, counted, processor)
