"""Verification names what is wrong, follows no link, waits for no pipe, accepts no edit."""

import contextlib
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.model.verification import FAILURE_CODES, Failure, Verification
from reporter.seal.digests import sums_file
from reporter.seal.envelope import sign_envelope
from reporter.seal.keys import SigningKey
from reporter.seal.statement import build_statement
from reporter.seal.verify import verify_bundle
from seal.small_bundle import AS_OF, PREDICATE, codes_of, predicate_of, tree_of, write_small


def test_good_bundle_passes_and_says_what_was_signed(bundle: Path, key: SigningKey) -> None:
    verification = verify_bundle(bundle, key.public)
    assert verification.failures == ()
    assert verification.statement is not None
    assert verification.statement["predicate"] == predicate_of(AS_OF)
    assert verification.files == sum(path.is_file() for path in bundle.rglob("*")) == 9
    assert verification.as_json() == {
        "result": "passed",
        "failures": [],
        "files": 9,
        "key_id": key.key_id,
        "statement": verification.statement,
    }


def test_latest_is_a_link_that_verifies(bundle: Path, key: SigningKey) -> None:
    assert verify_bundle(str(bundle.parent / "latest"), key.public).result == "passed"


@pytest.mark.parametrize("lie", ["digest", "instant", "both"])
@pytest.mark.parametrize("way", ["directory", "link", "link whose own name is no bundle's"])
def test_bundle_under_the_name_of_another_fails(bundle: Path, key: SigningKey, lie: str, way: str) -> None:
    stamp, digest = bundle.name.split("-")
    said = {
        "digest": f"{stamp}-{'0' * 12}",
        "instant": f"20990101T000000Z-{digest}",
        "both": f"20990101T000000Z-{'0' * 12}",
    }
    named = bundle.with_name(said[lie])
    if way == "link":
        named.symlink_to(bundle.name)
    else:
        bundle.rename(named)
    path = named
    if way.startswith("link whose"):
        path = bundle.with_name("newest")
        path.symlink_to(named.name)
    verification = verify_bundle(path, key.public)
    assert (codes_of(verification), verification.result) == ({("wrong_name", ".")}, "failed")


def test_bundle_under_a_name_of_its_own_verifies_from_within_it_too(
    bundle: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("evidence", f"{bundle.name}.bak", f"release-{bundle.name}"):
        copied = Path(shutil.copytree(bundle, bundle.parent / name))
        assert verify_bundle(copied, key.public).result == "passed"
    lying = bundle.rename(bundle.with_name(f"20990101T000000Z-{bundle.name[-12:]}"))
    monkeypatch.chdir(lying)
    assert codes_of(verify_bundle(".", key.public)) == {("wrong_name", ".")}
    assert codes_of(verify_bundle(f"{lying}/", key.public)) == {("wrong_name", ".")}


def test_fraction_of_a_second_is_not_in_a_name(tmp_path: Path, key: SigningKey) -> None:
    made = write_small(tmp_path, key, as_of=AS_OF + timedelta(microseconds=5))
    assert verify_bundle(made.path, key.public).result == "passed"


def test_modes_and_times_are_not_sealed(bundle: Path, key: SigningKey) -> None:
    for path in bundle.rglob("*"):
        path.chmod(0o700)
        os.utime(path, (0, 0))
    assert verify_bundle(bundle, key.public).result == "passed"


def test_no_statement_is_never_a_pass() -> None:
    assert Verification((), 0, "", None).result == "failed"


def test_what_is_no_bundle_is_said(tmp_path: Path, key: SigningKey) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    for path, name in ((tmp_path / "empty", "."), (tmp_path / "file", str(tmp_path / "file"))):
        verification = verify_bundle(path, key.public)
        assert codes_of(verification) == {("not_a_bundle", name)}
        assert verification.result == "failed"
    assert codes_of(verify_bundle("a\0b", key.public)) == {("not_a_bundle", "a\\x00b")}
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert codes_of(verify_bundle(loop, key.public)) == {("unreadable", str(loop))}


Change = Callable[[Path, SigningKey], object]


def no_signature(bundle: Path, _: SigningKey) -> None:
    path = bundle / "attestation.json"
    head = path.read_bytes().partition(b'"signatures":')[0]
    path.write_bytes(head + b'"signatures":[]}\n')


def no_signature_no_sums(bundle: Path, key: SigningKey) -> None:
    no_signature(bundle, key)
    (bundle / "SHA256SUMS").unlink()


def no_attestation(bundle: Path, _: SigningKey) -> None:
    (bundle / "attestation.json").unlink()
    (bundle / "empty.txt").write_bytes(b"x")


def attestation_link(bundle: Path, _: SigningKey) -> None:
    (bundle / "attestation.json").rename(bundle / "x")
    (bundle / "attestation.json").symlink_to("x")


def strange_names(bundle: Path, _: SigningKey) -> None:
    for name in (b"\xff", b"a\nb", b"\x1b[31m", b"\xc3\xa4"):
        (bundle / os.fsdecode(name)).touch()


def resigned(bundle: Path, key: SigningKey) -> None:
    (bundle / "attestation.json").write_bytes(sign_envelope(b"{}", key))


def sealed_over(files: dict[str, bytes], sums: bytes) -> Change:
    def write(bundle: Path, key: SigningKey) -> None:
        shutil.rmtree(bundle)
        bundle.mkdir()
        for name, content in (files | {"SHA256SUMS": sums}).items():
            (bundle / name).write_bytes(content)
        payload = build_statement(files | ({"SHA256SUMS": sums} if sums else {}), PREDICATE)
        (bundle / "attestation.json").write_bytes(sign_envelope(payload, key))

    return write


def replaced(name: str, make: Callable[[Path], object]) -> Change:
    def replace(bundle: Path, _: SigningKey) -> None:
        path = bundle / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        make(path)

    return replace


def outside(path: Path) -> None:
    copy = path.parents[1] / "copy"
    copy.write_bytes(b"<!doctype html><title>ready</title>\n")
    path.symlink_to(copy)


def listener(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


CHANGES: dict[str, tuple[Change, set[tuple[str, str]]]] = {
    "edit": (lambda b, _: (b / "index.html").write_bytes(b"x"), {("changed", "index.html")}),
    "no file": (lambda b, _: (b / "index.html").unlink(), {("missing", "index.html")}),
    "no directory": (
        lambda b, _: shutil.rmtree(b / "reports"),
        {("missing", "reports/closure.json"), ("missing", "reports/drills.json")},
    ),
    "extra file": (lambda b, _: (b / "x").write_bytes(b""), {("extra", "x")}),
    "extra directory": (lambda b, _: (b / "reports/x").mkdir(), {("extra", "reports/x")}),
    "extra pipe": (lambda b, _: os.mkfifo(b / "x"), {("extra", "x")}),
    "link inside": (lambda b, _: (b / "x").symlink_to("index.html"), {("symlink", "x")}),
    "link out": (replaced("index.html", outside), {("symlink", "index.html")}),
    "directory link": (
        replaced("schemas", lambda path: path.symlink_to("reports")),
        {("symlink", "schemas"), ("missing", "schemas/v1/closure.json")},
    ),
    "pipe": (replaced("index.html", os.mkfifo), {("not_regular", "index.html")}),
    "socket": (replaced("index.html", listener), {("not_regular", "index.html")}),
    "directory": (replaced("index.html", Path.mkdir), {("not_regular", "index.html")}),
    "file for a directory": (
        replaced("schemas", Path.touch),
        {("extra", "schemas"), ("missing", "schemas/v1/closure.json")},
    ),
    "strange names": (
        strange_names,
        {("extra", "\\udcff"), ("extra", "a\\nb"), ("extra", "\\x1b[31m"), ("extra", "\\xe4")},
    ),
    "no attestation": (
        no_attestation,
        {("unsigned", "attestation.json"), ("changed", "empty.txt")},
    ),
    "attestation link": (
        attestation_link,
        {("symlink", "attestation.json"), ("extra", "x")},
    ),
    "attestation pipe": (
        replaced("attestation.json", os.mkfifo),
        {("not_regular", "attestation.json")},
    ),
    "no signature": (no_signature, {("unsigned", "attestation.json")}),
    "no signature, no sums": (
        no_signature_no_sums,
        {("unsigned", "attestation.json"), ("missing", "SHA256SUMS")},
    ),
    "statement": (resigned, {("bad_statement", "attestation.json#payload")}),
    "envelope and files": (
        lambda b, _: [(b / n).write_bytes(b"x") for n in ("attestation.json", "index.html", "x")],
        {("bad_envelope", "attestation.json"), ("changed", "index.html"), ("extra", "x")},
    ),
    "no sums": (lambda b, _: (b / "SHA256SUMS").unlink(), {("missing", "SHA256SUMS")}),
    "sums edited": (
        lambda b, _: (b / "SHA256SUMS").write_bytes(sums_file({"a": b""})),
        {("changed", "SHA256SUMS"), ("sums_disagree", "SHA256SUMS")},
    ),
    "sums unusable": (
        lambda b, _: (b / "SHA256SUMS").write_bytes(b"x"),
        {("changed", "SHA256SUMS"), ("sums_disagree", "SHA256SUMS")},
    ),
    "signed sums disagree": (
        sealed_over({"a": b"1"}, sums_file({"a": b"2"})),
        {("sums_disagree", "SHA256SUMS"), ("wrong_name", ".")},
    ),
    "sums unsigned": (
        sealed_over({"a": b"1"}, b""),
        {("sums_disagree", "SHA256SUMS"), ("extra", "SHA256SUMS"), ("wrong_name", ".")},
    ),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_change_is_named(bundle: Path, key: SigningKey, change: Change, expected: set[tuple[str, str]]) -> None:
    change(bundle, key)
    verification = verify_bundle(bundle, key.public)
    assert codes_of(verification) == expected
    assert verification.result == "failed"
    assert list(verification.failures) == sorted(verification.failures)
    assert all(str(failure).isascii() for failure in verification.failures)
    assert {failure.code for failure in verification.failures} <= set(FAILURE_CODES)


def test_every_code_is_one_that_something_reports() -> None:
    modules = (Path(__file__).parents[2] / "reporter" / "seal").glob("*.py")
    source = "".join(module.read_text(encoding="utf-8") for module in modules)
    assert [code for code in FAILURE_CODES if f'"{code}"' not in source] == []


def test_other_key_still_says_which_files_changed(bundle: Path, other_key: SigningKey, key: SigningKey) -> None:
    (bundle / "index.html").write_bytes(b"x")
    verification = verify_bundle(bundle, other_key.public)
    assert codes_of(verification) == {("wrong_key", "attestation.json"), ("changed", "index.html")}
    assert verification.key_id == other_key.key_id
    assert key.key_id in verification.failures[1].detail
    assert verification.statement is None


def test_what_cannot_be_read_is_said(
    bundle: Path, key: SigningKey, as_nobody: Callable[[Path], AbstractContextManager[None]]
) -> None:
    (bundle / "index.html").chmod(0)
    (bundle / "reports").chmod(0)
    with as_nobody(bundle):
        verification = verify_bundle(".", key.public)
    assert codes_of(verification) == {
        ("unreadable", "index.html"),
        ("unreadable", "reports"),
        ("missing", "reports/closure.json"),
        ("missing", "reports/drills.json"),
    }
    (bundle / "attestation.json").chmod(0)
    with as_nobody(bundle):
        verification = verify_bundle(".", key.public)
    assert Failure("unreadable", "attestation.json", "Permission denied") in verification.failures


def test_directory_that_cannot_be_entered_is_said(
    bundle: Path, key: SigningKey, as_nobody: Callable[[Path], AbstractContextManager[None]]
) -> None:
    bundle.chmod(0o311)
    with as_nobody(bundle):
        assert codes_of(verify_bundle(".", key.public)) == {("unreadable", ".")}


def test_system_that_runs_out_of_descriptors_is_no_pass(bundle: Path, key: SigningKey) -> None:
    free = [os.open(bundle, os.O_RDONLY) for _ in range(3)]
    for descriptor in free:
        os.close(descriptor)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(free) + 1, hard))
    try:
        verification = verify_bundle(bundle, key.public)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert Failure("unreadable", "reports", "Too many open files") in verification.failures


PEAK = """
import sys
from reporter.seal.keys import read_public_key
from reporter.seal.verify import verify_bundle
assert verify_bundle(sys.argv[1], read_public_key(sys.argv[2])).result == "passed"
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_large_file_is_not_held_in_memory(tmp_path: Path, key: SigningKey, key_path: Path) -> None:
    size = 64 << 20
    files = {"large.bin": bytes(size)}
    (tmp_path / "bundle").mkdir()
    sealed_over(files, sums_file(files))(tmp_path / "bundle", key)
    command = [sys.executable, "-c", PEAK, str(tmp_path / "bundle"), f"{key_path}.pub"]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, check=True)
    assert int(run.stdout) * 1024 < size


class Editor:
    """Edits a bundle at random, one edit at a time, each of which changes something."""

    def __init__(self, bundle: Path, sibling: Path, seed: int) -> None:
        self.bundle = bundle
        self.sibling = sibling
        self.chance = random.Random(seed)  # noqa: S311 - the edits are no secret
        self.names = sorted(str(p.relative_to(bundle)) for p in bundle.rglob("*") if p.is_file())

    def edit(self) -> str:
        kinds: list[Callable[[Path], Any]] = [
            self.flip,
            self.insert,
            self.delete,
            self.truncate,
            self.remove,
            self.add,
            self.rename,
            self.swap,
            self.swap_between_bundles,
            self.link,
            self.empty_directory,
        ]
        kind = self.chance.choice(kinds)
        name = self.chance.choice(self.names)
        if self.chance.random() < 0.3:
            name = self.chance.choice(["attestation.json", "SHA256SUMS"])
        path = self.bundle / name
        if kind in {self.flip, self.delete, self.truncate} and not path.read_bytes():
            kind = self.insert
        kind(path)
        return f"{kind.__name__} {name}"

    def flip(self, path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[self.chance.randrange(len(content))] ^= 1 << self.chance.randrange(8)
        path.write_bytes(content)

    def insert(self, path: Path) -> None:
        content = path.read_bytes()
        at = self.chance.randrange(len(content) + 1)
        piece = self.chance.choice([b" ", b"\n", b"\0", b"=", self.chance.randbytes(3)])
        path.write_bytes(content[:at] + piece + content[at:])

    def delete(self, path: Path) -> None:
        content = path.read_bytes()
        at = self.chance.randrange(len(content))
        path.write_bytes(content[:at] + content[at + self.chance.randint(1, 9) :])

    def truncate(self, path: Path) -> None:
        content = path.read_bytes()
        path.write_bytes(content[: self.chance.randrange(len(content))])

    def remove(self, path: Path) -> None:
        path.unlink()

    def add(self, path: Path) -> None:
        path.with_name(f"x{self.chance.randrange(1000)}").write_bytes(path.read_bytes())

    def rename(self, path: Path) -> None:
        path.rename(path.with_name(self.chance.choice(["x", path.name.upper() + "x"])))

    def swap(self, path: Path) -> None:
        content = path.read_bytes()
        other = self.chance.choice([n for n in self.names if self.read(n) != content])
        path.write_bytes(self.read(other))
        (self.bundle / other).write_bytes(content)

    def swap_between_bundles(self, _: Path) -> None:
        differing = [n for n in self.names if self.read(n) != (self.sibling / n).read_bytes()]
        count = self.chance.randint(1, len(differing) - 1)
        for name in self.chance.sample(differing, count):
            shutil.copyfile(self.sibling / name, self.bundle / name)

    def link(self, path: Path) -> None:
        copy = self.bundle.parent / "identical"
        copy.write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(self.chance.choice([str(copy), "../identical", "../../identical"]))

    def empty_directory(self, path: Path) -> None:
        path.with_name(f"d{self.chance.randrange(1000)}").mkdir()

    def read(self, name: str) -> bytes:
        return (self.bundle / name).read_bytes()


def restore(bundle: Path, tree: dict[str, bytes | str]) -> None:
    for path in sorted(bundle.rglob("*"), reverse=True):
        if path.is_symlink() or str(path.relative_to(bundle)) not in tree:
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    for name, content in tree.items():
        path = bundle / name
        if isinstance(content, bytes) and not (path.exists() and path.read_bytes() == content):
            path.write_bytes(content)


@pytest.mark.parametrize("seed", range(10))
def test_hundred_random_edits_are_all_refused(bundle: Path, key: SigningKey, seed: int) -> None:
    later = AS_OF + timedelta(hours=1)
    sibling = write_small(bundle.parents[1], key, as_of=later, verdict="open")
    editor = Editor(bundle, Path(sibling.path), seed)
    tree = tree_of(bundle)
    accepted = []
    for _ in range(100):
        edit = editor.edit()
        verification = verify_bundle(bundle, key.public)
        if verification.result != "failed" or not verification.failures:
            accepted.append(edit)
        assert {failure.code for failure in verification.failures} <= set(FAILURE_CODES)
        restore(bundle, tree)
        assert tree_of(bundle) == tree
        assert verify_bundle(bundle, key.public).result == "passed", edit
    assert accepted == []
