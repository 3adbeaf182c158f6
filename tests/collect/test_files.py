"""Files as they come: whatever stands at a path, reading it ends, and says what it found and what it wanted."""

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from reporter.collect.files import Unread, name_of, read_bytes, read_directory, read_runtime
from reporter.model.documents import DocumentState, Fault

LIMIT = 1_000

AsNobody = Callable[[], AbstractContextManager[None]]


def a_directory(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


def a_loop(path: Path) -> None:
    path.symlink_to(path)


def a_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_link_to_a_directory(path: Path) -> None:
    path.symlink_to(path.parent)


NO_FILES = [
    pytest.param(lambda _: None, DocumentState.MISSING, "no such file", id="missing"),
    pytest.param(a_dangling_link, DocumentState.MISSING, "no such file", id="dangling-link"),
    pytest.param(a_directory, DocumentState.UNREADABLE, "a directory", id="directory"),
    pytest.param(a_link_to_a_directory, DocumentState.UNREADABLE, "a directory", id="link-to-directory"),
    pytest.param(a_pipe, DocumentState.UNREADABLE, "a device, socket or pipe", id="pipe"),
    pytest.param(a_device, DocumentState.UNREADABLE, "a device, socket or pipe", id="device"),
    pytest.param(a_socket, DocumentState.UNREADABLE, "a socket or a pipe", id="socket"),
    pytest.param(a_loop, DocumentState.UNREADABLE, "a loop of symbolic links", id="loop"),
]


@pytest.mark.parametrize(("make", "state", "found"), NO_FILES)
def test_what_is_no_regular_file_is_said_without_waiting(
    tmp_path: Path, make: Callable[[Path], None], state: DocumentState, found: str
) -> None:
    path = tmp_path / "manifest.json"
    make(path)
    expected = Unread(state, Fault("", found, "a regular file"))
    assert read_bytes(str(path), LIMIT) == expected
    runtime = read_runtime("runtime", str(path))
    assert (runtime.document.state, runtime.document.faults) == expected._replace(fault=(expected.fault,))  # type: ignore[arg-type]
    assert not runtime.executable


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("a\0b", "a path that cannot exist", id="null-byte"),
        pytest.param("x" * 5_000, "cannot be read: File name too long", id="too-long"),
        pytest.param("/etc/hostname/x.json", "no such file", id="below-a-file"),
        pytest.param("", "no such file", id="empty"),
    ],
)
def test_path_that_names_no_file_is_a_finding(path: str, found: str) -> None:
    read = read_bytes(path, LIMIT)
    assert isinstance(read, Unread)
    assert read.fault == Fault("", found, "a regular file")
    assert read_runtime("runtime", path).document.faults == (read.fault,)


def test_file_of_somebody_else_is_permission_denied(tmp_path: Path, as_nobody: AsNobody) -> None:
    path = tmp_path / "manifest.json"
    path.write_text("{}")
    path.chmod(0)
    with contextlib.chdir(tmp_path), as_nobody():
        read = read_bytes("manifest.json", LIMIT)
        runtime = read_runtime("runtime", "manifest.json")
    expected = Fault("", "permission denied", "a regular file")
    assert read == Unread(DocumentState.UNREADABLE, expected)
    assert runtime.document.faults == (expected,)


@pytest.mark.parametrize(("size", "whole"), [(LIMIT - 1, True), (LIMIT, True), (LIMIT + 1, False)])
def test_limit_itself_is_allowed_and_one_byte_more_is_not(tmp_path: Path, size: int, whole: bool) -> None:  # noqa: FBT001
    path = tmp_path / "manifest.json"
    path.write_bytes(b"x" * size)
    fault = Fault("", f"{size} bytes", f"{LIMIT} bytes at most (manifest_max_bytes)")
    expected = b"x" * size if whole else Unread(DocumentState.TOO_LARGE, fault)
    assert read_bytes(str(path), LIMIT) == expected


def test_file_that_claims_to_be_empty_is_read_up_to_the_limit() -> None:
    read = read_bytes("/proc/kallsyms", LIMIT)
    fault = Fault("", f"more than {LIMIT} bytes", f"{LIMIT} bytes at most (manifest_max_bytes)")
    assert read == Unread(DocumentState.TOO_LARGE, fault)


def test_file_that_fails_while_it_is_read_is_a_finding() -> None:
    """The memory of a process is a regular file whose first byte cannot be read."""
    expected = Fault("", "cannot be read: Input/output error", "a regular file")
    assert read_bytes("/proc/self/mem", LIMIT) == Unread(DocumentState.UNREADABLE, expected)
    assert read_runtime("runtime", "/proc/self/mem").document.faults == (expected,)


HUGE = """
import resource, sys
from reporter.collect.files import read_bytes, read_runtime
read_bytes(sys.argv[1], 1_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read_bytes(sys.argv[1], 5_000_000)
read_runtime("runtime", sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_hundred_megabytes_are_refused_and_memory_stays_flat(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    read = read_bytes(str(path), 5_000_000)
    assert isinstance(read, Unread)
    assert read.fault.found == "100000000 bytes"
    grown = subprocess.run([sys.executable, "-c", HUGE, path], capture_output=True, text=True, check=True)
    assert int(grown.stdout) < 8_000  # kibibytes


def test_runtime_is_hashed_and_its_execute_bit_noted(tmp_path: Path) -> None:
    path = tmp_path / "cavra-runtime"
    path.write_bytes(b"\x7fELF" * 1_000_000)
    read = read_runtime("runtime", str(path))
    assert not read.executable
    path.chmod(0o755)
    read = read_runtime("runtime", str(path))
    assert read.executable
    assert read.document.state is DocumentState.READ
    assert read.document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.document.size_bytes == 4_000_000
    assert read.document.name == "cavra-runtime"


def test_directory_is_one_or_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    assert read_directory("package_dir", str(tmp_path)).state is DocumentState.READ
    found = {
        name: read_directory("package_dir", str(tmp_path / name)).faults for name in ("file", "pipe", "none", "a\0b")
    }
    assert found == {
        "file": (Fault("", "a regular file", "a directory"),),
        "pipe": (Fault("", "a device, socket or pipe", "a directory"),),
        "none": (Fault("", "no such file", "a directory"),),
        "a\0b": (Fault("", "a path that cannot exist", "a directory"),),
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("plan.json", "plan.json"),
        ("/etc/cavra/plan.json", "plan.json"),
        ("/etc/cavra/", "cavra"),
        ("/", ""),
        ("caf\udce9.json", "caf\\udce9.json"),
    ],
)
def test_name_is_the_last_part_and_always_text(path: str, name: str) -> None:
    assert name_of(path) == name
