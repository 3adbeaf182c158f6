"""What every worker process does first: it leaves Ctrl-C to its parent, and does not outlive it."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess


def become_worker() -> None:
    """Make this process a worker of the one that started it."""
    # Ctrl-C reaches the whole group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive_nobody, args=(parent,), daemon=True).start()


def _outlive_nobody(parent: BaseProcess) -> None:
    """End with a parent that was killed: nobody would send anything again."""
    parent.join()
    os._exit(1)
