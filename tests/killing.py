"""Processes that are killed by SIGKILL at a chosen call to the system: no chance decides where."""

import os
import signal
import sys
from collections.abc import Callable

from tracing import untraced


def count_calls(work: Callable[[], object]) -> int:
    """Do some work in a process of its own, and count its calls."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            seen: list[str] = []
            sys.addaudithook(lambda event, _: seen.append(event) if _counts(event) else None)
            work()
            os.write(writing, str(len(seen)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    found = os.read(reading, 100)
    os.close(reading)
    return int(found)


def start_to_die(work: Callable[[], object], call: int | None) -> int:
    """Begin some work in a process that is killed at a call, or by somebody else, and give its number."""
    child = os.fork()
    if not child:
        try:
            if call is not None:
                _die_at(call)
            with untraced():
                work()
            os._exit(0)
        finally:
            os._exit(1)  # an error must not run the rest of the tests
    return child


def was_killed(child: int) -> bool:
    """Wait for the end of a process, and say whether it was killed. Raise where it failed."""
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _counts(event: str) -> bool:
    return event == "open" or (event.startswith(("os.", "sqlite3.", "fcntl.")) and event != "os.kill")


def _die_at(number: int) -> None:
    left = number

    def hook(event: str, _: object) -> None:
        nonlocal left
        if _counts(event):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
