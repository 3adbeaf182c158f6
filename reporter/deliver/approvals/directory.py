"""A directory on this machine or on a share: each file is written beside its place, synced, and renamed.

One reporter writes at a time. What a killed one left is taken away by the next. Others may write here too: what stands
under a temporary name is never opened, and a lock that somebody keeps is not waited for.
"""

import asyncio
import fcntl
import os
import re
import secrets
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from reporter.deliver.approvals.asking import LOOKED, compare_bytes, not_looked
from reporter.deliver.approvals.package import File
from reporter.deliver.approvals.target import NOT_THERE, THERE_ALREADY, Found, Presence, Survey
from reporter.deliver.http import Http
from reporter.deliver.receipts import Level, Outcome, Receipt

PARTIAL_PREFIX: Final = ".partial-"
LOCK_SECONDS: Final = 5.0
"""How long another reporter is waited for; then the next call has its turn."""
_BETWEEN_TRIES_SECONDS: Final = 0.1
_MODE: Final = 0o644
_TOKEN_BYTES: Final = 8
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Directory:
    """One directory. It has to be there: a share that is not mounted must not be taken for an empty one."""

    def __init__(self, path: Path, lock_seconds: float = LOCK_SECONDS) -> None:
        self._path, self._lock_seconds = path, lock_seconds

    @property
    def addresses(self) -> Sequence[str]:
        """None: nothing leaves by the network."""
        return ()

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Read each file, and compare its digest."""
        del http, at
        try:
            if not self._path.is_dir():
                return not_looked(Receipt(Outcome.REJECTED_PERMANENT, error_class="not_found"))
            return Survey(LOOKED, {file.name: self._find(file) for file in files})
        except OSError as error:
            return not_looked(Receipt(Outcome.REJECTED_PERMANENT, error_class=_word_of(error)))

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Write one file where nothing stands."""
        del survey, http, at
        try:
            async with _alone_in(self._path, self._lock_seconds) as directory:
                return self._place(file, directory)
        except TimeoutError:
            return Receipt(Outcome.THROTTLED, error_class="locked")
        except OSError as error:
            return Receipt(Outcome.REJECTED_PERMANENT, error_class=_word_of(error))

    def _place(self, file: File, directory: int) -> Receipt:
        final = self._path / file.name
        partial = self._path / f"{PARTIAL_PREFIX}{file.name}.{secrets.token_hex(_TOKEN_BYTES)}"
        if os.path.lexists(final):
            return Receipt(Outcome.REJECTED_PERMANENT, error_class=THERE_ALREADY)
        self._remove_partials(file)
        try:
            _write(partial, file.content)
            partial.rename(final)
        except OSError:
            with suppress(OSError):
                partial.unlink()
            raise
        os.fsync(directory)
        return Receipt(Outcome.ACCEPTED, Level.ACCEPTED)

    def _remove_partials(self, file: File) -> None:
        """Take away the names of what killed calls left; what a name leads to is not touched."""
        left = re.compile(re.escape(f"{PARTIAL_PREFIX}{file.name}") + r"(?:\.[0-9a-f]{16})?")
        for one in self._path.iterdir():
            if left.fullmatch(one.name):
                with suppress(OSError):  # the name that is written has digits of its own
                    one.unlink()

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


@asynccontextmanager
async def _alone_in(path: Path, seconds: float) -> AsyncIterator[int]:
    """Wait until no other reporter writes here. Raise TimeoutError where one still does."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        async with asyncio.timeout(seconds):
            while not _try_lock(directory):  # noqa: ASYNC110 - another process lets go of it, and tells nobody
                await asyncio.sleep(_BETWEEN_TRIES_SECONDS)
        yield directory
    finally:
        os.close(directory)


def _try_lock(directory: int) -> bool:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
