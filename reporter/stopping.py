"""Ending on SIGTERM or Ctrl-C without breaking off what is being sent: it is finished and recorded, no more is begun.

Whoever sends hears of it (`hearing`), tells what was done and what was left, and ends with `exit_code_when_asked`.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

INTERRUPTED: Final = 130
"""What a shell says of a command that Ctrl-C ended."""
TERMINATED: Final = 143
"""What a shell says of a command that SIGTERM ended."""

_depth = 0
_asked = 0
_hearers: list[Callable[[], object]] = []


class Terminated(BaseException):
    """Somebody asked this process to end. No `except Exception` holds it up."""


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end what is inside by Terminated; in the main thread, where signals arrive.

    Ctrl-C ends it as ever. That it came is remembered: see `end_if_asked`.
    """
    with _answering(signal.SIGTERM, *_free()):
        yield


def end_if_asked() -> None:
    """End here where a signal asked for it and what it raised was lost, as in a hook of the interpreter."""
    if _asked:
        raise KeyboardInterrupt if _asked == signal.SIGINT else Terminated


@contextmanager
def finishing() -> Iterator[None]:
    """Put off the end until what is inside is done, and longer: whoever is inside asks, tells and ends by itself.

    A second Ctrl-C does not wait. Where Ctrl-C is ignored, or answered by somebody else, it stays so.
    """
    global _depth  # noqa: PLW0603 - signals are of the whole process
    with _answering(*_free()):
        _depth += 1
        try:
            yield
        finally:
            _depth -= 1


@contextmanager
def hearing(hearer: Callable[[], object]) -> Iterator[None]:
    """Call somebody when the end is asked for: at once, if it was already."""
    _hearers.append(hearer)
    try:
        if _asked:
            hearer()
        yield
    finally:
        _hearers.remove(hearer)


def is_asked_to_end() -> bool:
    """Say whether to begin nothing more: a signal came while something was being finished."""
    return _asked != 0


def exit_code_when_asked() -> int:
    """Give the exit code of a command that was asked to end, and did; 0 where nobody asked."""
    return {0: 0, signal.SIGINT: INTERRUPTED}.get(_asked, TERMINATED)


def _free() -> tuple[signal.Signals, ...]:
    """Give SIGINT, where nobody answers it but the interpreter."""
    return (signal.SIGINT,) if signal.getsignal(signal.SIGINT) is signal.default_int_handler else ()


@contextmanager
def _answering(*signals: signal.Signals) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _on_signal) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _on_signal(number: int, _: FrameType | None) -> None:
    global _asked
    is_first, _asked = not _asked, _asked or number
    if number == signal.SIGINT and not (is_first and _depth):
        raise KeyboardInterrupt
    if not _depth:
        raise Terminated
    for hearer in tuple(_hearers):
        hearer()
