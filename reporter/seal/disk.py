"""Files that survive a power cut: created whole, synced, never overwritten. Reads none of them."""

# Without pathlib: a verification starts faster than it imports.
# ruff: noqa: PTH101, PTH102, PTH105, PTH108, PTH110, PTH112, PTH113, PTH118, PTH120, PTH123, PTH208

import contextlib
import errno
import os

_PARTIAL = ".partial-"


def create_file(path: str, content: bytes, mode: int) -> None:
    """Create a file with exactly this mode, whatever the umask, and sync it.

    Raises FileExistsError when something, a link included, is there; any other OSError leaves
    nothing behind.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        with open(descriptor, "wb", buffering=0) as stream:
            os.fchmod(descriptor, mode)
            left = memoryview(content)
            while left:
                left = left[stream.write(left) :]
            os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise


def replace_file(path: str, content: bytes, mode: int) -> None:
    """Put a file in the place of another, whole or not at all. Raises OSError; a device or a pipe is never replaced."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise OSError(errno.EEXIST, "a device, a pipe or a socket, and no file")
    _remove_left_overs(path)
    partial = f"{path}{_PARTIAL}{os.getpid()}-{os.urandom(4).hex()}"
    create_file(partial, content, mode)
    try:
        os.replace(partial, path)
        sync_directory(os.path.dirname(path))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def _remove_left_overs(path: str) -> None:
    """Remove what processes that are gone left beside a file when they were killed while they replaced it."""
    folder, name = os.path.split(f"{path}{_PARTIAL}")
    with contextlib.suppress(OSError):
        for left in os.listdir(folder or "."):
            pid = left[len(name) :].partition("-")[0] if left.startswith(name) else ""
            if pid.isdecimal() and not is_running(int(pid)):
                os.unlink(os.path.join(folder, left))


def make_directory(path: str) -> None:
    """Make a directory of mode 0755 whatever the umask, and sync its name. Raises OSError."""
    os.mkdir(path)
    os.chmod(path, 0o755)  # noqa: S103 - a bundle is for reading; secrets never enter one
    sync_directory(os.path.dirname(path))


def make_directories(path: str) -> None:
    """Make a directory and those above it, where they are not there."""
    if not os.path.isdir(path):
        make_directories(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):
            make_directory(path)


def is_running(pid: int) -> bool:
    """Say whether a process of this machine may be there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def sync_directory(path: str) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
