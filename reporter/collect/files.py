"""Bytes from the file system: regular files only, never more than the limit, never waiting on a device."""

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple

from reporter.model.documents import Document, DocumentState, Fault, RuntimeFile

_CHUNK = 1 << 20
_REASONS = {
    errno.EACCES: (DocumentState.UNREADABLE, "permission denied"),
    errno.EPERM: (DocumentState.UNREADABLE, "permission denied"),
    errno.ENOENT: (DocumentState.MISSING, "no such file"),
    errno.ENOTDIR: (DocumentState.MISSING, "no such file"),
    errno.ELOOP: (DocumentState.UNREADABLE, "a loop of symbolic links"),
    errno.EISDIR: (DocumentState.UNREADABLE, "a directory"),
    errno.ENXIO: (DocumentState.UNREADABLE, "a socket or a pipe"),
}


class Unread(NamedTuple):
    """Why there are no bytes."""

    state: DocumentState
    fault: Fault


def read_bytes(path: str, limit: int) -> bytes | Unread:
    """Read a regular file of at most `limit` bytes."""
    try:
        handle = _open(path)
    except (OSError, ValueError) as error:
        return _unread(error)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return Unread(DocumentState.UNREADABLE, Fault("", _kind(status.st_mode), "a regular file"))
        if status.st_size > limit:
            return too_large(f"{status.st_size} bytes", limit)
        chunks, size = [], 0
        while chunk := os.read(handle, min(_CHUNK, limit + 1 - size)):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                return too_large(f"more than {limit} bytes", limit)
        return b"".join(chunks)
    except OSError as error:
        return _unread(error)
    finally:
        os.close(handle)


def too_large(found: str, limit: int) -> Unread:
    """Say that a document exceeds the limit."""
    return Unread(DocumentState.TOO_LARGE, Fault("", found, f"{limit} bytes at most (manifest_max_bytes)"))


def read_runtime(alias: str, path: str) -> RuntimeFile:
    """Hash the runtime binary and say whether it may be executed. It is not executed."""
    name = name_of(path)
    try:
        handle = _open(path)
    except (OSError, ValueError) as error:
        state, fault = _unread(error)
        return RuntimeFile(Document(alias, name, state, faults=(fault,)))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            fault = Fault("", _kind(status.st_mode), "a regular file")
            return RuntimeFile(Document(alias, name, DocumentState.UNREADABLE, faults=(fault,)))
        digest = hashlib.sha256()
        while chunk := os.read(handle, _CHUNK):
            digest.update(chunk)
        document = Document(alias, name, DocumentState.READ, digest.hexdigest(), status.st_size)
        return RuntimeFile(document, executable=bool(status.st_mode & 0o111))
    except OSError as error:
        state, fault = _unread(error)
        return RuntimeFile(Document(alias, name, state, faults=(fault,)))
    finally:
        os.close(handle)


def read_directory(alias: str, path: str) -> Document:
    """Look at a directory that is named in the settings."""
    name = name_of(path)
    try:
        status = Path(path).stat()
    except (OSError, ValueError) as error:
        state, fault = _unread(error)
        return Document(alias, name, state, faults=(fault._replace(wanted="a directory"),))
    if stat.S_ISDIR(status.st_mode):
        return Document(alias, name, DocumentState.READ)
    fault = Fault("", _kind(status.st_mode), "a directory")
    return Document(alias, name, DocumentState.UNREADABLE, faults=(fault,))


def name_of(path: str) -> str:
    """Give the last part of a path; bytes in it that are no text show as their codes."""
    return path.rstrip("/").rsplit("/", 1)[-1].encode("utf-8", "backslashreplace").decode()


def open_file(path: str) -> BinaryIO | Unread:
    """Open a regular file for reading from its start."""
    try:
        handle = _open(path)
    except (OSError, ValueError) as error:
        return _unread(error)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb", buffering=0)
    os.close(handle)
    return Unread(DocumentState.UNREADABLE, Fault("", _kind(mode), "a regular file"))


def _open(path: str) -> int:
    # Without O_NONBLOCK a named pipe would hold the run for ever.
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)


def _unread(error: OSError | ValueError) -> Unread:
    if isinstance(error, ValueError):
        return Unread(DocumentState.MISSING, Fault("", "a path that cannot exist", "a regular file"))
    state, reason = _REASONS.get(error.errno or 0, (DocumentState.UNREADABLE, f"cannot be read: {error.strerror}"))
    return Unread(state, Fault("", reason, "a regular file"))


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    return "a regular file" if stat.S_ISREG(mode) else "a device, socket or pipe"
