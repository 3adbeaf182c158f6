"""Ending on SIGTERM without breaking off what is being sent: it is finished and recorded, and nothing else begins."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

TERMINATED: Final = 143
"""What a shell says of a command that SIGTERM ended."""

_depth = 0
_asked = False


class Terminated(BaseException):
    """Somebody asked this process to end. No `except Exception` holds it up."""


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end what is inside by Terminated; in the main thread, where signals arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def is_asked_to_end() -> bool:
    """Say whether to begin nothing more: SIGTERM came while something was being finished."""
    return _asked


@contextmanager
def finishing() -> Iterator[None]:
    """Put off the end until what is inside is done; in the main thread."""
    global _depth  # noqa: PLW0603 - signals are of the whole process
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
    if _asked and not _depth:
        raise Terminated


def _on_sigterm(_: int, __: FrameType | None) -> None:
    global _asked  # noqa: PLW0603 - as above
    _asked = True
    if not _depth:
        raise Terminated
