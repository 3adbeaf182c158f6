"""Files that are put in the place of others: whole or not at all, and never in that of a device."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reporter.seal.disk import replace_file


def test_file_takes_the_place_of_another_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    for content in (b"one", b"two"):
        replace_file(str(path), content, 0o640)
        assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_pipe_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OSError, match="a device, a pipe or a socket, and no file"):
        replace_file(str(path), b"content", 0o640)
    assert path.is_fifo()
    assert list(tmp_path.iterdir()) == [path]


def test_directory_is_refused_and_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(str(path), b"content", 0o640)
    assert list(tmp_path.iterdir()) == [path]


def test_left_overs_of_processes_that_are_gone_go_with_the_next_replacement(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = [
        f"metrics{tail}" for tail in (f".partial-{gone.pid}-00", f".partial-{os.getpid()}-00", ".partial-x-00", "")
    ]
    for name in (*names, f"other.partial-{gone.pid}-00"):
        (tmp_path / name).write_bytes(b"old")
    replace_file(str(tmp_path / "metrics"), b"new", 0o644)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[1:], f"other.partial-{gone.pid}-00"])
    assert (tmp_path / "metrics").read_bytes() == b"new"
