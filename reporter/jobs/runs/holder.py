"""Who holds the lock: a small file beside it, for people. It decides nothing; the lock itself is the kernel's."""

import contextlib
import json
import os
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from reporter.model.instants import format_instant
from reporter.model.text import visible
from reporter.seal.disk import is_running

HOLDER_NAME: Final = "run-lock.json"
_PARTIAL: Final = f".{HOLDER_NAME}-"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_LONGEST: Final = 200
_MOST_BYTES: Final = 10_000
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Holder(NamedTuple):
    """The process that holds the lock, or held it last."""

    command: str
    pid: int
    host: str
    boot: str
    since: str

    def __str__(self) -> str:
        """Write it for a person; the file is open to others, so nothing in it is believed."""
        words = (visible(word)[:_LONGEST] for word in (self.command, self.host, self.since))
        return "`reporter {}`, process {pid} on {}, since {}".format(*words, pid=self.pid)

    @property
    def lives(self) -> bool:
        """Whether its process may still be there: of another machine nobody here can tell."""
        if self.host != os.uname().nodename:
            return True
        return is_running(self.pid) and self.boot == _boot()


def this_process(command: str, now: datetime) -> Holder:
    """Describe this process, which takes the lock now."""
    return Holder(command, os.getpid(), os.uname().nodename, _boot(), format_instant(now))


def read_holder(folder: Path) -> Holder | None:
    """Read who holds the lock; None where nobody says."""
    try:
        found = json.loads(_read(folder / HOLDER_NAME))
    except (OSError, ValueError, RecursionError):
        return None
    return _typed(found) if isinstance(found, dict) else None


def write_holder(folder: Path, holder: Holder) -> None:
    """Say who holds the lock, whole or not at all. Raise OSError."""
    partial = folder / f"{_PARTIAL}{holder.pid}"
    try:
        with open(os.open(partial, _WRITE, 0o644), "w", encoding="utf-8") as stream:  # noqa: PTH123 - of a descriptor
            stream.write(json.dumps(holder._asdict()) + "\n")
        partial.replace(folder / HOLDER_NAME)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def remove_left_overs(folder: Path) -> None:
    """Remove what others left that were killed while they said who they are. For whoever holds the lock."""
    with contextlib.suppress(OSError):
        for partial in folder.glob(f"{_PARTIAL}*"):
            partial.unlink()


def remove_holder(folder: Path) -> None:
    """Take it back; that it is gone already is no fault. Raise OSError."""
    (folder / HOLDER_NAME).unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    """Read a small file; nothing of what is none. Others may write here: a pipe would keep whoever opens it waiting."""
    with open(os.open(path, _READ), "rb") as stream:  # noqa: PTH123 - of a descriptor
        found = os.fstat(stream.fileno())
        return stream.read(_MOST_BYTES) if stat.S_ISREG(found.st_mode) and found.st_size <= _MOST_BYTES else b""


def _typed(found: Mapping[str, Any]) -> Holder | None:
    command, pid, host, boot, since = (found.get(name) for name in Holder._fields)
    texts = all(isinstance(one, str) for one in (command, host, boot, since))
    if not texts or not isinstance(pid, int) or pid <= 0:
        return None
    return Holder(str(command), pid, str(host), str(boot), str(since))


def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
