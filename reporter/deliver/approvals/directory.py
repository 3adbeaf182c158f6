"""A directory on this machine or on a share: each file is written beside its place, synced, and renamed.

One reporter writes at a time. What a killed one left is written again by the next.
"""

import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from reporter.deliver.approvals.asking import LOOKED, compare_bytes, not_looked
from reporter.deliver.approvals.package import File
from reporter.deliver.approvals.target import NOT_THERE, Found, Presence, Survey
from reporter.deliver.http import Http
from reporter.deliver.receipts import Level, Outcome, Receipt

PARTIAL_PREFIX: Final = ".partial-"
_MODE: Final = 0o644
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class Directory:
    """One directory. It has to be there: a share that is not mounted must not be taken for an empty one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def addresses(self) -> Sequence[str]:
        """None: nothing leaves by the network."""
        return ()

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Read each file, and compare its digest."""
        del http, at
        if not self._path.is_dir():
            return not_looked(Receipt(Outcome.REJECTED_PERMANENT, error_class="not_found"))
        return Survey(LOOKED, {file.name: self._find(file) for file in files})

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Write one file where nothing stands."""
        del survey, http, at
        try:
            return self._place(file)
        except OSError as error:
            return Receipt(Outcome.REJECTED_PERMANENT, error_class=_word_of(error))

    def _place(self, file: File) -> Receipt:
        final, partial = self._path / file.name, self._path / f"{PARTIAL_PREFIX}{file.name}"
        with _alone_in(self._path) as directory:
            if os.path.lexists(final):
                return Receipt(Outcome.REJECTED_PERMANENT, error_class="there_already")
            _write(partial, file.content)
            partial.rename(final)
            os.fsync(directory)
        return Receipt(Outcome.ACCEPTED, Level.ACCEPTED)

    def _find(self, file: File) -> Found:
        try:
            descriptor = os.open(self._path / file.name, _READ)
        except FileNotFoundError:
            return NOT_THERE
        except OSError:
            # A link too: what it leads to is not this file.
            return Found(Presence.DIFFERENT)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_size != file.size_bytes:
                return Found(Presence.DIFFERENT)
            with open(descriptor, "rb", closefd=False) as stream:
                return Found(compare_bytes(file, stream.read(file.size_bytes + 1)))
        finally:
            os.close(descriptor)


@contextmanager
def _alone_in(path: Path) -> Iterator[int]:
    """Wait until no other reporter writes here."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield directory
    finally:
        os.close(directory)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, _WRITE, 0o600)
    with open(descriptor, "wb") as stream:  # noqa: PTH123 - as above
        stream.write(content)
        stream.flush()
        os.fchmod(descriptor, _MODE)
        os.fsync(descriptor)


def _word_of(error: OSError) -> str:
    match error:
        case PermissionError():
            return "not_authorised"
        case FileNotFoundError() | NotADirectoryError():
            return "not_found"
        case _:
            return "not_written"
