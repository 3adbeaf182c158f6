"""Telling systemd how a service fares: datagrams to the socket that it names (sd_notify). Silent without one."""

import contextlib
import os
import socket
import time

from reporter.settings import environment_variables

USEC_PER_SECOND = 1_000_000


def notify(*lines: str) -> None:
    """Send a state, such as READY=1. A service manager that does not listen is no fault."""
    address = environment_variables().get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
        sender.sendall("\n".join(lines).encode())


def notify_reloading() -> None:
    """Say that the settings are being read again; `READY=1` ends it."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000}")


def watchdog_seconds() -> float | None:
    """Give how often the service must say that it lives, half of what the manager waits; None where it does not."""
    variables = environment_variables()
    text, pid = variables.get("WATCHDOG_USEC", ""), variables.get("WATCHDOG_PID", "")
    if not text.isdecimal() or not int(text) or pid not in {"", str(os.getpid())}:
        return None
    return int(text) / USEC_PER_SECOND / 2
