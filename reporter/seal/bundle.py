"""Write a sealed bundle, whole or not at all, and find the one before it. Never edits a bundle."""

# Without pathlib: a verification starts faster than it imports.
# ruff: noqa: PTH100, PTH104, PTH105, PTH108, PTH112, PTH114, PTH115, PTH118, PTH119, PTH123, PTH208, PTH211

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from reporter.errors import BundleNotWritten, UsageFault
from reporter.seal.digests import SUMS_NAME, hash_file, parents_of, sha256_hex, sums_file
from reporter.seal.disk import create_file, is_running, make_directories, make_directory, replace_file, sync_directory
from reporter.seal.envelope import ATTESTATION_NAME, ENVELOPE_BYTES_MAX, sign_envelope
from reporter.seal.keys import SigningKey
from reporter.seal.names import BUNDLE_NAME
from reporter.seal.statement import build_statement
from reporter.seal.verify import verify_bundle

LATEST_NAME = "latest"
PRUNED_NAME = "pruned"
PARTIAL_PREFIX = ".partial-"
PARTIAL_KEPT_SECONDS = 24 * 60 * 60
_FUTURE_TOLERANCE = timedelta(minutes=5)
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class SealedBundle(NamedTuple):
    """Where a bundle stands. `digest` is the sha256 of its attestation.json."""

    path: str
    digest: str
    already_there: bool


class BundleName(NamedTuple):
    """What the name of a bundle says: its instant, and the first digits of its digest."""

    path: str
    stamp: str
    digest: str


class PreviousBundle(NamedTuple):
    """A bundle that the next one names as its predecessor."""

    path: str
    digest: str
    as_of: datetime


def write_bundle(  # noqa: PLR0913, PLR0917 - each is a part of what is sealed or of where
    bundles_dir: str | os.PathLike[str],
    environment: str,
    as_of: datetime,
    files: Mapping[str, bytes],
    predicate: Mapping[str, Any],
    signing_key: SigningKey,
    *,
    wall_now: float,
) -> SealedBundle:
    """Seal `files` into `<bundles_dir>/<environment>/<as_of>-<digest>/`; `latest` shows the newest.

    `wall_now` is the wall clock in epoch seconds; it only decides which partial bundles are old
    enough to remove. The same bundle again is kept as it is. Raises UsageFault for the
    environment's name, ValueError for file names, SealFault for a predicate without inputs, and
    BundleNotWritten when the disk or a changed bundle is in the way.
    """
    parent = os.path.join(os.path.abspath(bundles_dir), _checked_environment(environment))
    sealed = _seal(files, predicate, signing_key)
    digest = sha256_hex(sealed[ATTESTATION_NAME])
    name = f"{_stamp(as_of)}-{digest[:12]}"
    final = os.path.join(parent, name)
    with _wrapped(final, "free the disk or make the directory writable, then run again"):
        make_directories(parent)
        with _alone_in(parent):
            _remove_old_partials(parent, wall_now)
            already_there = os.path.lexists(final)
            if not already_there:
                _write_whole(parent, final, sealed)
    if already_there and not _is_intact(final, digest, signing_key):
        raise BundleNotWritten(
            f"bundle {final}: found a bundle of this name that was changed after it was sealed;"
            " keep it for the investigation by moving it away, then run again"
        )
    with (
        _wrapped(final, f"the bundle is whole, `{LATEST_NAME}` beside it is not up to date: run again"),
        _alone_in(parent),
    ):
        _point_latest(parent, name, _stamp(datetime.fromtimestamp(wall_now, UTC) + _FUTURE_TOLERANCE))
    return SealedBundle(final, digest, already_there)


def prune_bundle(path: str) -> None:
    """Take a bundle away but for its seal, which stays in `pruned/` beside it. Raises BundleNotWritten.

    A crash leaves the bundle, or its seal and a left-over that the next run removes; never neither.
    """
    parent, name = os.path.split(os.path.abspath(path))
    with _wrapped(path, "make the directory writable, then prune again"), _alone_in(parent):
        kept = os.path.join(parent, PRUNED_NAME, name)
        if os.path.isdir(kept):
            shutil.rmtree(kept)  # of a call that was cut off
        make_directories(kept)
        with open(os.path.join(path, ATTESTATION_NAME), "rb") as stream:
            seal = stream.read()
        replace_file(os.path.join(kept, ATTESTATION_NAME), seal, 0o644)
        going = _partial_path(parent)
        os.rename(path, going)
        sync_directory(parent)
        shutil.rmtree(going)


def previous_bundle(
    bundles_dir: str | os.PathLike[str],
    environment: str,
    before: datetime,
) -> PreviousBundle | None:
    """Find the newest bundle dated strictly before `before`; none is None.

    A directory whose attestation.json is gone or does not have the digest in the directory's name
    is no bundle, and is passed over: a new signature must not vouch for it. Raises BundleNotWritten
    when the directory is unreadable.
    """
    for name in list_bundles(bundles_dir, environment, before):
        with contextlib.suppress(OSError, ValueError):
            digest = hash_file(os.path.join(name.path, ATTESTATION_NAME))
            if digest.startswith(name.digest) and not os.path.islink(name.path):
                return PreviousBundle(name.path, digest, datetime.fromisoformat(name.stamp))
    return None


def list_bundles(
    bundles_dir: str | os.PathLike[str], environment: str, before: datetime | None = None
) -> list[BundleName]:
    """List what has a bundle's name, the latest instant first; with `before`, what is dated strictly before it.

    Raises BundleNotWritten for an unreadable directory.
    """
    return names_in(os.path.join(os.path.abspath(bundles_dir), _checked_environment(environment)), before)


def names_in(parent: str, before: datetime | None = None) -> list[BundleName]:
    """List what has a bundle's name in one directory, the latest instant first."""
    limit = _stamp(before) if before else ""
    with _wrapped(parent, "make the directory readable, then run again"):
        try:
            names = os.listdir(parent)
        except FileNotFoundError:
            return []
    matches = (BUNDLE_NAME.fullmatch(name) for name in sorted(names, reverse=True))
    return [
        BundleName(os.path.join(parent, match[0]), match[1], match[2])
        for match in matches
        if match and (not limit or match[1] < limit)
    ]


def list_pruned(
    bundles_dir: str | os.PathLike[str], environment: str, before: datetime | None = None
) -> list[BundleName]:
    """List the bundles of which only the seal was kept, as `list_bundles` does."""
    return names_in(os.path.join(os.path.abspath(bundles_dir), _checked_environment(environment), PRUNED_NAME), before)


def lost_latest(bundles_dir: str | os.PathLike[str], environment: str) -> str:
    """Give the name of the bundle that `latest` shows when it is gone; empty when all is well."""
    return lost_latest_in(os.path.join(os.path.abspath(bundles_dir), _checked_environment(environment)))


def lost_latest_in(parent: str) -> str:
    """Give that of one environment's directory."""
    latest = os.path.join(parent, LATEST_NAME)
    try:
        name = os.readlink(latest)
    except OSError:
        return ""
    return "" if os.path.isdir(latest) else os.path.basename(name)


def _seal(
    files: Mapping[str, bytes],
    predicate: Mapping[str, Any],
    signing_key: SigningKey,
) -> dict[str, bytes]:
    """Add SHA256SUMS over the files, then the attestation over both."""
    for name in (SUMS_NAME, ATTESTATION_NAME):
        if name in files:
            message = f"file name {name!r}: it is the seal's own"
            raise ValueError(message)
    listed = {**files, SUMS_NAME: sums_file(files)}
    envelope = sign_envelope(build_statement(listed, predicate), signing_key)
    if len(envelope) > ENVELOPE_BYTES_MAX:
        message = f"attestation of {len(envelope)} bytes: no verifier would read it"
        raise ValueError(message)
    return {**listed, ATTESTATION_NAME: envelope}


def _write_whole(parent: str, final: str, sealed: Mapping[str, bytes]) -> None:
    """Write a sibling, sync all of it, rename it: a crash leaves no half of a bundle."""
    partial = _partial_path(parent)
    try:
        make_directory(partial)
        directories = sorted({directory for name in sealed for directory in parents_of(name)})
        for directory in directories:
            make_directory(os.path.join(partial, directory))
        for name, content in sealed.items():
            create_file(os.path.join(partial, name), content, 0o644)
        for directory in (*directories, ""):
            sync_directory(os.path.join(partial, directory))
        os.rename(partial, final)
        sync_directory(parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _is_intact(final: str, digest: str, signing_key: SigningKey) -> bool:
    """Tell whether the bytes are the same: the attestation's own, and by it all others."""
    if verify_bundle(final, signing_key.public).result != "passed":
        return False
    return hash_file(os.path.join(final, ATTESTATION_NAME)) == digest


@contextlib.contextmanager
def _alone_in(parent: str) -> Iterator[None]:
    """Wait until no other run writes here: one names, renames and points at a time."""
    directory = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _point_latest(parent: str, name: str, horizon: str) -> None:
    """Point `latest` at this bundle unless it shows a newer one. Anything odd is replaced.

    A bundle dated after `horizon`, the present, is a rehearsal: it gives way to any that is not.
    """
    latest = os.path.join(parent, LATEST_NAME)
    with contextlib.suppress(OSError):
        current = BUNDLE_NAME.fullmatch(os.readlink(latest))
        if current is not None and os.path.isdir(latest):
            ranks = [(stamp <= horizon, stamp) for stamp in (current[1], name[:16])]
            if ranks[0] > ranks[1]:
                return
    partial = _partial_path(parent)
    try:
        os.symlink(name, partial)
        os.replace(partial, latest)
        sync_directory(parent)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def _remove_old_partials(parent: str, wall_now: float) -> None:
    """Remove what crashed runs left: those of processes that are gone, and old ones whatever wrote them."""
    with os.scandir(parent) as entries:
        old = [
            entry
            for entry in entries
            if entry.name.startswith(PARTIAL_PREFIX)
            and (
                _is_of_the_dead(entry.name)
                or entry.stat(follow_symlinks=False).st_mtime < wall_now - PARTIAL_KEPT_SECONDS
            )
        ]
    for entry in old:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _is_of_the_dead(name: str) -> bool:
    """Say whether the process that a partial bundle names is gone; who is alone here meets none of another machine."""
    pid = name.removeprefix(PARTIAL_PREFIX).partition("-")[0]
    return pid.isdecimal() and not is_running(int(pid))


def _partial_path(parent: str) -> str:
    """Name a sibling that nobody else writes; the bytes of a bundle do not depend on it."""
    return os.path.join(parent, f"{PARTIAL_PREFIX}{os.getpid()}-{os.urandom(8).hex()}")


def _checked_environment(environment: str) -> str:
    """Refuse a name that is more than one plain directory."""
    if not _ENVIRONMENT.fullmatch(environment):
        raise UsageFault(
            f"environment {environment!r}: wanted 1 to 63 of [a-z0-9._-], a letter or digit first: rename it"
        )
    return environment


def _stamp(as_of: datetime) -> str:
    """Write an aware time as a bundle's name does: UTC, whole seconds."""
    if as_of.tzinfo is None:
        message = f"as_of {as_of}: wanted an aware time"
        raise ValueError(message)
    utc = as_of.astimezone(UTC)
    return f"{utc.year:04}{utc:%m%dT%H%M%SZ}"


@contextlib.contextmanager
def _wrapped(path: str, remedy: str) -> Iterator[None]:
    """Turn what the disk says into what a person can do."""
    try:
        yield
    except OSError as error:
        raise BundleNotWritten(f"bundle {path}: {error.strerror}: {remedy}") from error
