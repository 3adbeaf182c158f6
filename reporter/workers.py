"""Worker processes: how they are started and ended, and what each does first.

It leaves Ctrl-C to its parent, and does not outlive it.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def forking() -> Iterator[None]:
    """Let no signal arrive while workers are forked: what it raises in a hook of the interpreter there is lost."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_workers(others: Collection[BaseProcess]) -> None:
    """End all workers of this process but these others at once, whatever they are at."""
    for worker in multiprocessing.active_children():
        if worker not in others:
            worker.kill()


def become_worker() -> None:
    """Make this process a worker of the one that started it."""
    # Ctrl-C reaches the whole group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive_nobody, args=(parent,), daemon=True).start()


def _outlive_nobody(parent: BaseProcess) -> None:
    """End with a parent that was killed: nobody would send anything again."""
    parent.join()
    os._exit(1)
