"""One run at a time: on this machine by a lock on the state directory, on all that share a ledger by one in it.

The kernel lets go of the first and the server of the second when a process dies, however it dies: no lock is ever left.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from reporter.errors import LedgerUnusable, Locked, MachineFault
from reporter.forks import kept_from_children
from reporter.jobs.runs.holder import Holder, read_holder, remove_holder, remove_left_overs, this_process, write_holder
from reporter.settings_model import Settings


class Claim(NamedTuple):
    """The lock is ours. `remarks` tell a person what was odd about it."""

    remarks: tuple[str, ...] = ()


@contextmanager
def one_at_a_time(settings: Settings, what: str, now: datetime) -> Iterator[Claim]:
    """Hold the lock of everything that writes or sends. `what` is the command, `now` the wall clock.

    Raise Locked where somebody else holds it, with who and since when; MachineFault where there can be no lock.
    """
    me = this_process(what, now)
    with ExitStack() as stack:
        remarks = stack.enter_context(_alone_on_machine(settings.state_path, me))
        if not settings.ledger.startswith("sqlite"):
            remarks += stack.enter_context(_alone_on_ledger(settings, me))
        yield Claim(remarks)


@contextmanager
def _alone_on_machine(folder: Path, me: Holder) -> Iterator[tuple[str, ...]]:
    descriptor = _open(folder)
    try:
        _take(descriptor, folder)
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


def _take(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Locked(_told(read_holder(folder))) from None
    except OSError as error:
        raise MachineFault(f"state directory {folder}: cannot be locked: {error.strerror}; see state_dir") from None


def _told(holder: Holder | None) -> str:
    if holder is None:
        return "another run holds the lock and has not said who it is yet; try again later"
    if not holder.lives:
        return f"another run holds the lock, but not the one that it names, {holder}, which has ended; try again later"
    return f"another run holds the lock: {holder}; try again later"


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
def _alone_on_ledger(settings: Settings, me: Holder) -> Iterator[tuple[str, ...]]:
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
        if not lock.ours:
            raise Locked(f"another run holds the lock of the ledger: {lock.holder()}; try again later")
        yield ()
