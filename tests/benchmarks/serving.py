"""How long answers over HTTP take: 200 requests a second of deployment readiness, beside the same server's bare hello.

The server is a process of its own over the sample world, with default settings. Requests leave at their times whether
or not others have been answered, over connections that stay, and each is timed from when it was due: one that had to
wait for its turn is a slow one. Ratios are of one run; a report is made anew every other second meanwhile.
"""

import asyncio
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from worlds import REPORTER

RATE = 200
CONNECTIONS = 16
SECONDS = float(os.environ.get("SERVING_SECONDS", "10"))
TARGET_P99_MS = 50.0
TARGET_RATIO = 10.0
REPORT = "/runtime/go-pilot/deployment-readiness?environment=production-pilot"


class Cost(NamedTuple):
    """What a request took, in milliseconds."""

    median: float
    p99: float
    most: float
    requests: int


async def ask(address: tuple[str, int], path: str, token: str, count: int) -> list[float]:
    """Ask so often at the rate, and give what each took, in milliseconds."""
    request = f"GET {path} HTTP/1.1\r\nHost: {address[0]}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    due: asyncio.Queue[float | None] = asyncio.Queue()
    took: list[float] = []

    async def work() -> None:
        reader, writer = await asyncio.open_connection(*address)
        while (at := await due.get()) is not None:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                sys.exit(f"{path}: {head.decode()}")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
            took.append((time.perf_counter() - at) * 1_000)
        writer.close()
        await writer.wait_closed()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(work())
        began = time.perf_counter()
        for number in range(count):
            at = began + number / RATE
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            due.put_nowait(at)
        for _ in range(CONNECTIONS):
            due.put_nowait(None)
    return took


def measure(address: tuple[str, int], path: str, token: str, seconds: float) -> Cost:
    """Ask for so long."""
    took = sorted(asyncio.run(ask(address, path, token, int(RATE * seconds))))
    return Cost(statistics.median(took), took[int(len(took) * 0.99)], took[-1], len(took))


@contextmanager
def serving(token: str) -> Iterator[tuple[str, int]]:
    """Serve the sample world."""
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder, "world")
        subprocess.run([REPORTER, "init", world, "--sample"], check=True, stdout=subprocess.DEVNULL)
        callers = '[serve]\nport = 0\n[serve.tokens.reader]\nsecret = "file:token"\n'
        (world / "token").write_text(token, encoding="ascii")
        with (world / "reporter.toml").open("a", encoding="utf-8") as settings:
            settings.write(f"\n{callers}")
        with subprocess.Popen(
            [REPORTER, "serve", "--settings", world / "reporter.toml"], stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            host, _, port = process.stderr.readline().strip().rpartition("/")[2].rpartition(":")
            yield host, int(port)
            process.send_signal(signal.SIGTERM)


def show(name: str, cost: Cost) -> None:
    """Print one row."""
    print(
        f"{name:<22} {cost.requests:>6,} requests  "
        f"median {cost.median:6.2f} ms  p99 {cost.p99:6.2f}  most {cost.most:6.2f}"
    )


def main() -> None:
    """Print every row."""
    token = secrets.token_hex(32)
    print(f"\n{os.cpu_count()} cores, {RATE} requests a second over {CONNECTIONS} connections\n")
    with serving(token) as address:
        measure(address, REPORT, token, 1)
        hello = measure(address, "/healthz", token, SECONDS)
        report = measure(address, REPORT, token, SECONDS)
    show("hello", hello)
    show("deployment readiness", report)
    print(f"\np99 of the report: {report.p99:.1f} ms  (target <= {TARGET_P99_MS:g})", end="")
    print("  <- over" if report.p99 > TARGET_P99_MS else "")
    ratio = report.median / hello.median
    print(
        f"median over the bare hello: {ratio:.2f}  (target <= {TARGET_RATIO:g}), p99 {report.p99 / hello.p99:.2f}",
        end="",
    )
    print("  <- over" if ratio > TARGET_RATIO else "")


if __name__ == "__main__":
    main()
