"""The directories that a run writes to: whether it may, who else may, and how much room is left."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reporter.jobs.doctor.diagnosis import Diagnosis, fail, warn, well
from reporter.settings_model import Settings

LEAST_BYTES: Final = 100_000_000
FEW_BYTES: Final = 1_000_000_000
LEAST_FILES: Final = 1_000
_MEGABYTE: Final = 1_000_000


def look_at_places(settings: Settings) -> Iterator[Diagnosis]:
    """Look at the directory of bundles and at that of the state."""
    places = {"bundles": Path(settings.resolve(settings.bundles_dir)), "state": settings.state_path}
    for what, path in places.items():
        yield look_at_directory(f"{what} directory", path)
        yield look_at_room(f"{what} disk", path)


def look_at_directory(what: str, path: Path) -> Diagnosis:
    """Say whether a directory can be written to, or made, and whether everybody can."""
    above = nearest(path)
    if not above.is_dir():
        return fail(what, f"{above} is no directory", f"move it away, or name another place than {path}")
    if not os.access(above, os.W_OK | os.X_OK, effective_ids=True):
        step = f"give it to the user that runs reporter: chown {owner()} {above}"
        return fail(what, f"{above} cannot be written to by user {owner()}", step)
    mode = above.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        return warn(what, f"{above} can be written to by everybody", f"chmod o-w {above}")
    return well(what, f"{path} {'can be written to' if above == path else 'can be made'}")


def look_at_room(what: str, path: Path) -> Diagnosis:
    """Say how much room is left where a directory is, or will be."""
    return judge_room(what, path, os.statvfs(nearest(path)))


def judge_room(what: str, path: Path, seen: os.statvfs_result) -> Diagnosis:
    """Judge the room that a file system has for whoever is not root."""
    free = seen.f_bavail * seen.f_frsize
    found = f"{free // _MEGABYTE:,} MB free at {path}"
    step = "free the disk: `reporter prune` takes away old bundles"
    if free < LEAST_BYTES:
        return fail(what, found, step)
    if seen.f_files and seen.f_favail < LEAST_FILES:
        return fail(what, f"room for {seen.f_favail:,} more files at {path}", step)
    return warn(what, found, step) if free < FEW_BYTES else well(what, found)


def nearest(path: Path) -> Path:
    """Give the path, or the nearest one above it that is there."""
    return next((one for one in (path, *path.parents) if os.path.lexists(one)), Path("/"))


def owner() -> int:
    """Give the user that this process acts as."""
    return os.geteuid()
