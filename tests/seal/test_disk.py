"""Files that are put in the place of others: whole or not at all, and never in that of a device."""

import os
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
