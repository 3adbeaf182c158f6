"""A directory that others may write to as well: their pipes, links and locks neither hold us up nor lead us astray."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from deliver.approvals.playing import ALL, FILES, Attach, Worlds
from reporter.deliver.approvals.directory import Directory
from reporter.deliver.receipts import Level, Outcome

HOLD = """
import fcntl, os, sys
fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
print(1, flush=True)
input()
"""


@pytest.mark.parametrize("what", ["pipe", "hard link", "symbolic link", "directory"])
def test_what_stands_under_a_temporary_name_is_never_opened(what: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.directory_()
    precious = worlds.directory / "precious"
    precious.write_bytes(b"precious")
    name = f".partial-{FILES[0].name}"
    for one in (played.vendor / name, played.vendor / f"{name}.0123456789abcdef"):
        match what:
            case "pipe":
                os.mkfifo(one)
            case "hard link":
                one.hardlink_to(precious)
            case "symbolic link":
                one.symlink_to(precious)
            case _:
                one.mkdir()
    assert attach(played).level is Level.LANDED
    assert precious.read_bytes() == b"precious"
    assert {one.name for one in played.vendor.iterdir() if one.is_file()} == set(ALL)
    assert {one: (played.vendor / one).read_bytes() for one in ALL} == ALL


def test_lock_that_another_process_keeps_is_left_to_the_next_call(worlds: Worlds, attach: Attach) -> None:
    """It waits a fifth of a second in vain, and then for a lock that is let go of."""
    played = worlds.directory_()
    words = [sys.executable, "-c", HOLD, str(played.vendor)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "1\n"
        done = attach(played._replace(target=Directory(played.vendor, lock_seconds=0.2)))
        process.communicate("\n")
    assert {(one.receipt.outcome, one.receipt.error_class) for one in done.files if one.receipt} == {
        (Outcome.THROTTLED, "locked")
    }
    assert played.stored() == {}
    assert attach(played).level is Level.LANDED


def test_file_that_does_not_fit_leaves_nothing_behind(worlds: Worlds, attach: Attach) -> None:
    played = worlds.directory_()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        done = attach(played)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [one.receipt.error_class for one in done.files if one.receipt] == ["not_written", "", ""]
    assert set(played.stored()) == {one.name for one in FILES[1:]}


def test_directory_whose_name_is_too_long_is_told_by_a_word(attach: Attach, worlds: Worlds) -> None:
    played = worlds.directory_()
    done = attach(played._replace(target=Directory(Path("x" * 300))))
    assert {one.receipt.error_class for one in done.files if one.receipt} == {"not_written"}
