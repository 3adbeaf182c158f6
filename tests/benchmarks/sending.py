"""What sending side by side gains: 1,000 messages to a slow target, over 20 connections and one.

Vendors take 100 ms and more to answer; beside it stands a target that takes 20 ms, where the processor is the limit.

Everything is real: HTTP, the ledger with its commits before and after each request, the records of both. One by one is
measured over fewer messages, for it takes so long; the ratio is that of messages a second. Memory is the growth of the
sending process from its start, over few messages and over all.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.steps import Cost, measure
from deliver.target import Target, listening
from reporter.deliver.connector import Recall

SLOW_SECONDS = 0.1
QUICK_SECONDS = 0.02
CONNECTIONS = 20
TARGET = 12.0
MOST_GROWTH = 8.0
"""Mebibytes that all messages may take more than few."""
START = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)


def send(target: Target, count: int, connections: int) -> int:
    """Send so many messages, each about a subject of its own."""
    from reporter.deliver.message import Message
    from reporter.deliver.outbox import Sending
    from reporter.jobs.delivery.channels import Channel, Channels
    from reporter.jobs.delivery.sending import Sender, send_lanes
    from reporter.jobs.loops import load_checked_settings
    from reporter.model.reports import AlertLevel
    from reporter.model.routes import RouteId

    def sendings() -> Iterator[Sending]:
        for number in range(count):
            name = f"run-{number}"
            text = f"The executive report of run {number} is there."
            told = Message(name, "pilot", "executive_report", "t", name, AlertLevel.WARNING, "Report", text, START)
            yield Sending(told, RouteId("executive_report", name, "webhook"))

    def clock() -> datetime:
        return START + timedelta(seconds=time.monotonic() - began)

    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
        settings, _ = load_checked_settings(str(Path(folder, "reporter.toml")))
        channel = Channel(target.teller(), [target.host], max_connections=connections)
        sender = Sender(settings, "pilot", Channels({"webhook": channel}), clock)
        delivery = send_lanes(sender, {"webhook": sendings()}, longest=timedelta(hours=1))
    delivered = delivery.counts.get("delivered", 0)
    if delivered != count:
        sys.exit(f"sent {count}, delivered {delivered}: {delivery.faults}")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def show(name: str, cost: Cost, count: int) -> None:
    """Print one row; the step counted its own peak, in KiB."""
    peak, rate = cost.records / 1024, count / cost.seconds
    print(f"{name:<24} {cost.seconds:7.2f} s {count:>7,} messages {rate:8.1f} a second   peak {peak:4.0f} MiB")


def main() -> None:
    """Print every row."""
    count = int(os.environ.get("MESSAGES", "1_000"))
    print(f"\n{os.cpu_count()} cores, intents and results on disk")
    compare(QUICK_SECONDS, count)
    compare(SLOW_SECONDS, count, TARGET)


def compare(delay_seconds: float, count: int, wanted: float | None = None) -> None:
    """Print the rows of one target."""
    few = max(count // 10, 1)
    print(f"\na target that takes {delay_seconds * 1_000:g} ms\n")
    with listening(Recall.NONE, delay_seconds=delay_seconds) as target:
        nothing = measure(lambda: send(target, 0, 1))
        single = measure(lambda: send(target, few, 1))
        small = measure(lambda: send(target, few, CONNECTIONS))
        whole = measure(lambda: send(target, count, CONNECTIONS))
    show("one by one", single, few)
    show(f"{CONNECTIONS} connections, few", small, few)
    show(f"{CONNECTIONS} connections, all", whole, count)
    one, many = few / (single.seconds - nothing.seconds), count / (whole.seconds - nothing.seconds)
    ratio, growth = many / one, (whole.records - small.records) / 1024
    aim = f"  (target >= {wanted:g}){'  <- under' if ratio < wanted else ''}" if wanted else ""
    print(f"\nthroughput over one by one (without the start): {ratio:5.1f}{aim}")
    print(f"memory of all over few: {growth:+5.1f} MiB{'  <- over' if growth > MOST_GROWTH else ''}")


if __name__ == "__main__":
    main()
