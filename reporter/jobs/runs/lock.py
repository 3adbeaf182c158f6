"""One run at a time: on this machine by a lock on the state directory, on all that share a ledger by one in it.

The kernel lets go of the first and the server of the second when a process dies, however it dies: no lock is ever left.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from reporter.errors import LedgerUnusable, Locked, MachineFault
from reporter.forks import kept_from_children
from reporter.jobs.runs.holder import Holder, read_holder, remove_holder, remove_left_overs, this_process, write_holder
from reporter.settings_model import Settings

WAIT_SECONDS: Final = 30.0
"""How long a command waits for the lock before it gives up: a job that is due beside a short one loses no day by it."""
_LOOK_SECONDS: Final = 0.1


class Claim(NamedTuple):
    """The lock is ours. `remarks` tell a person what was odd about it."""

    remarks: tuple[str, ...] = ()


class Patience:
    """How much longer to wait for both parts of the lock together. `tell` hears once that we wait, and for whom."""

    def __init__(self, seconds: float, tell: Callable[[str], object]) -> None:
        self._seconds, self._tell = seconds, tell
        self._until = time.monotonic() + seconds
        self._has_told = False

    def wait(self, who: str) -> None:
        """Wait a moment; a signal that ends the command ends it here. Raise Locked where there is no patience left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise Locked(f"{who}; try again later")
        if not self._has_told:
            self._tell(f"{who}; waiting for it, {self._seconds:g} s at most")
            self._has_told = True
        time.sleep(min(left, _LOOK_SECONDS))


def patiently(tell: Callable[[str], object]) -> Patience:
    """Give the patience of a command that somebody or a timer calls. Who answers requests has none."""
    return Patience(WAIT_SECONDS, tell)


@contextmanager
def one_at_a_time(settings: Settings, what: str, now: datetime, patience: Patience | None = None) -> Iterator[Claim]:
    """Hold the lock of everything that writes or sends. `what` is the command, `now` the wall clock.

    Raise Locked where somebody else holds it, with who and since when, at once or after all `patience`; MachineFault
    where there can be no lock.
    """
    me = this_process(what, now)
    patience = patience or Patience(0, str)
    with ExitStack() as stack:
        remarks = stack.enter_context(_alone_on_machine(settings.state_path, me, patience))
        if not settings.ledger.startswith("sqlite"):
            remarks += stack.enter_context(_alone_on_ledger(settings, me, patience))
        yield Claim(remarks)


@contextmanager
def _alone_on_machine(folder: Path, me: Holder, patience: Patience) -> Iterator[tuple[str, ...]]:
    descriptor = _open(folder)
    try:
        while not _is_taken(descriptor, folder):
            patience.wait(_told(read_holder(folder)))
        with kept_from_children(descriptor):
            remarks = _say_who(folder, me)
            try:
                yield remarks
            finally:
                _unsay(folder)
    finally:
        os.close(descriptor)


def _open(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise MachineFault(
            f"state directory {folder}: {error.strerror}; wanted one to lock; see the settings state_dir and ledger"
        ) from None


def _is_taken(descriptor: int, folder: Path) -> bool:
    """Take the lock if it is free, and say whether it is ours."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise MachineFault(f"state directory {folder}: cannot be locked: {error.strerror}; see state_dir") from None
    return True


def _told(holder: Holder | None) -> str:
    if holder is None:
        return "another run holds the lock and has not said who it is yet"
    if not holder.lives:
        return f"another run holds the lock, but not the one that it names, {holder}, which has ended"
    return f"another run holds the lock: {holder}"


def _say_who(folder: Path, holder: Holder) -> tuple[str, ...]:
    """Write who holds the lock; tell of one that ended without a word."""
    remove_left_overs(folder)
    before = read_holder(folder)
    remarks: list[str] = []
    if before:
        why = "the machine was restarted, or it was killed" if before.boot != holder.boot else "it was killed"
        remarks.append(f"the lock was left by {before}: {why}; it is taken over")
    try:
        write_holder(folder, holder)
    except OSError as error:
        remarks.append(f"state directory {folder}: {error.strerror}; others cannot see who holds the lock")
    return tuple(remarks)


def _unsay(folder: Path) -> None:
    try:
        remove_holder(folder)
    except OSError:
        return  # the next holder tells of it, and takes it over


@contextmanager
def _alone_on_ledger(settings: Settings, me: Holder, patience: Patience) -> Iterator[tuple[str, ...]]:
    """Keep out other hosts. Without the ledger nothing is sent, so that there is nothing to keep them out of."""
    from reporter.jobs.records import ledger_password
    from reporter.ledger.advisory import try_hold

    name = f"reporter {me.command}, process {me.pid} on {me.host}"
    try:
        lock = try_hold(settings.ledger, settings.base_dir, ledger_password(settings), name)
    except LedgerUnusable as unusable:
        yield (f"{unusable}; other hosts are not kept out, and nothing can be sent",)
        return
    with lock:
        while not lock.ours:
            patience.wait(f"another run holds the lock of the ledger: {lock.holder()}")
            lock.try_again()
        yield ()
