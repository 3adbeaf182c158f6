"""Verify a bundle offline: the signature, then every file. Fails closed and lists every failure.

Follows no link but the bundle's own name, opens nothing outside of it, and holds no file in memory
but the two that list the others. Whatever a bundle holds ends as a failure in the answer, never as
an exception.
"""

# Without pathlib: a verification starts faster than it imports.
# ruff: noqa: PTH123

import os
import stat
from collections.abc import Mapping

from reporter.model.verification import FAILURE_CODES, Failure, Verification
from reporter.seal.digests import SUMS_NAME, hash_descriptor, parents_of, parse_sums, sha256_hex
from reporter.seal.envelope import ATTESTATION_NAME, ENVELOPE_BYTES_MAX, open_envelope
from reporter.seal.faults import SealFault
from reporter.seal.keys import PublicKey
from reporter.seal.names import lies_about
from reporter.seal.statement import Statement, read_statement

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A pipe put in a file's place after it was looked at must not hang the verification: O_NONBLOCK.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def verify_bundle(path: str | os.PathLike[str], public_key: PublicKey) -> Verification:
    """Verify the bundle at `path`, which may be a link to it. Never raises for a bad bundle."""
    try:
        root = os.open(path, DIRECTORY)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return _refused(public_key, _failure("not_a_bundle", os.fspath(path)))
    except OSError as error:
        return _refused(public_key, Failure("unreadable", _shown(os.fspath(path)), _reason(error)))
    try:
        return _verify_directory(root, path, public_key)
    finally:
        os.close(root)


def _verify_directory(root: int, path: str | os.PathLike[str], public_key: PublicKey) -> Verification:
    """Judge the seal first; it decides what the files are compared with."""
    failures: set[Failure] = set()
    statement: Statement | None = None
    sums: dict[str, str] | None = None
    try:
        seal = read_list(root, ATTESTATION_NAME)
        statement = read_statement(open_envelope(seal, public_key))
        if lies_about(path, sha256_hex(seal), statement.predicate):
            failures.add(_failure("wrong_name", "."))
    except SealFault as fault:
        failures.add(Failure(fault.code, fault.file, fault.detail))
    try:
        sums = parse_sums(read_list(root, SUMS_NAME))
    except SealFault as fault:
        failures.add(Failure(fault.code, fault.file, fault.detail))
    if failures == {_failure("unsigned", ATTESTATION_NAME), _failure("missing", SUMS_NAME)}:
        return _refused(public_key, _failure("not_a_bundle", "."))

    sealed: dict[str, str | None] = {}
    if statement is not None:
        sealed |= statement.subjects
        if sums is not None and {**sums, SUMS_NAME: statement.subjects.get(SUMS_NAME)} != sealed:
            failures.add(_failure("sums_disagree", SUMS_NAME))
    elif sums is not None:
        # Without a good signature this proves nothing; it tells a person where to look.
        sealed |= {**sums, SUMS_NAME: None}
    compared = 0
    if sealed:
        comparison = _Comparison({**sealed, ATTESTATION_NAME: None}, failures)
        comparison.visit(root, "")
        comparison.finish()
        compared = comparison.compared
    document = None if statement is None else statement.document
    return Verification(tuple(sorted(failures)), compared, public_key.key_id, document)


class _Comparison:
    """One walk over a bundle.

    `sealed` maps each name to its digest, or to None where the bytes are judged elsewhere.
    """

    def __init__(self, sealed: Mapping[str, str | None], failures: set[Failure]) -> None:
        """Collect into the caller's failures."""
        self._sealed = sealed
        self._directories = {parent for name in sealed for parent in parents_of(name)}
        self._unseen = set(sealed) - {ATTESTATION_NAME}
        self._failures = failures
        self.compared = 0

    def visit(self, directory: int, prefix: str) -> None:
        """Compare what stands in an open directory. Goes only as deep as sealed names do."""
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    self._compare(directory, entry, prefix + entry.name)
        except OSError as error:
            self._failures.add(Failure("unreadable", prefix.rstrip("/") or ".", _reason(error)))

    def finish(self) -> None:
        """Report what was sealed and never met."""
        self._failures.update(_failure("missing", name) for name in self._unseen)

    def _compare(self, directory: int, entry: os.DirEntry[str], name: str) -> None:
        """Judge one entry by its kind; only a sealed regular file is opened."""
        if entry.is_symlink():
            self._unseen.discard(name)
            self._failures.add(_failure("symlink", name))
        elif name in self._directories and entry.is_dir(follow_symlinks=False):
            self._descend(directory, entry.name, name)
        elif name not in self._sealed:
            self._failures.add(_failure("extra", name))
        elif not entry.is_file(follow_symlinks=False):
            self._unseen.discard(name)
            self._failures.add(_failure("not_regular", name))
        else:
            self._unseen.discard(name)
            self._compare_bytes(directory, entry.name, name)

    def _descend(self, parent: int, leaf: str, name: str) -> None:
        """Visit a directory that sealed names need."""
        try:
            directory = os.open(leaf, DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        except OSError as error:
            self._failures.add(Failure("unreadable", name, _reason(error)))
            return
        try:
            self.visit(directory, f"{name}/")
        finally:
            os.close(directory)

    def _compare_bytes(self, directory: int, leaf: str, name: str) -> None:
        """Compare a file's digest with the sealed one, streaming."""
        wanted = self._sealed[name]
        if wanted is not None:
            try:
                descriptor = os.open(leaf, _FILE, dir_fd=directory)
                try:
                    found = hash_descriptor(descriptor)
                finally:
                    os.close(descriptor)
            except OSError as error:
                self._failures.add(Failure("unreadable", name, _reason(error)))
                return
            if found != wanted:
                self._failures.add(Failure("changed", name, f"found sha256 {found}, sealed {wanted}"))
        self.compared += 1


def read_list(root: int, name: str) -> bytes:
    """Read a file that lists the others, up to one byte over the limit. Raises SealFault."""
    try:
        mode = os.stat(name, dir_fd=root, follow_symlinks=False).st_mode
        if not stat.S_ISREG(mode):
            code = "symlink" if stat.S_ISLNK(mode) else "not_regular"
            raise SealFault(code, name, FAILURE_CODES[code])
        descriptor = os.open(name, _FILE, dir_fd=root)
        with open(descriptor, "rb") as stream:
            return stream.read(ENVELOPE_BYTES_MAX + 1)
    except FileNotFoundError:
        code = "unsigned" if name == ATTESTATION_NAME else "missing"
        raise SealFault(code, name, FAILURE_CODES[code]) from None
    except OSError as error:
        raise SealFault("unreadable", name, _reason(error)) from None


def _refused(public_key: PublicKey, failure: Failure) -> Verification:
    """Answer where there is nothing to compare."""
    return Verification((failure,), 0, public_key.key_id, None)


def _failure(code: str, name: str) -> Failure:
    """Report a failure whose code says all there is to say."""
    return Failure(code, _shown(name), FAILURE_CODES[code])


def _shown(name: str) -> str:
    """Spell a name from the disk in printable ASCII: no newline or escape reaches a terminal."""
    return ascii(name)[1:-1]


def _reason(error: OSError) -> str:
    """Say what the system said, without the path."""
    return error.strerror or type(error).__name__
