"""A full disk and a directory that is read-only: a code of their own, words that fit, nothing left behind."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from itertools import repeat
from pathlib import Path

import pytest

from reporter.cli.root import call
from reporter.errors import BundleNotWritten, ExitCode, LedgerRefused, LedgerUnusable, MachineFault
from reporter.jobs.records import open_settings_ledger
from reporter.jobs.runs.holder import HOLDER_NAME
from reporter.jobs.runs.lock import one_at_a_time
from reporter.seal.bundle import list_bundles
from reporter.seal.verify import verify_bundle
from small_world import FIRST, World

MOST_BYTES = 400_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give a small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    size = f"size={MOST_BYTES}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a disk here")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(disk: Path) -> None:
    """Leave no byte free."""
    with (disk / "fill").open("wb", buffering=0) as stream, pytest.raises(OSError, match="No space left"):
        stream.writelines(repeat(bytes(4096)))


def left_overs(folder: Path) -> list[str]:
    """List what a run may not leave."""
    return [path.name for path in folder.rglob("*") if ".partial-" in path.name or HOLDER_NAME in path.name]


def test_run_on_a_full_disk_says_so_leaves_nothing_and_the_next_one_does_its_work(disk: Path) -> None:
    world = World(disk)
    world.run()
    fill(disk)
    with pytest.raises(BundleNotWritten, match="No space left on device: free the disk") as caught:
        world.run()
    assert caught.value.exit_code is ExitCode.MACHINE
    assert all("No space left" in one or "the disk is full" in one for one in world.remarks)
    assert len(world.remarks) == 3, "who holds the lock, the record of the run, the metrics"
    assert left_overs(disk) == []
    (disk / "fill").unlink()
    world.run()
    bundles = list_bundles(world.settings.resolve("bundles"), "pilot")
    assert [verify_bundle(one.path, world.key.public).result for one in bundles] == ["passed", "passed"]
    assert left_overs(disk) == []


def test_ledger_whose_making_was_cut_off_is_told_as_empty_and_is_made_by_the_next_run(
    disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(disk)
    world.settings.state_path.mkdir()
    fill(disk)
    with pytest.raises(LedgerRefused, match="the disk is full"):
        open_settings_ledger(world.settings, write=True)
    (disk / "fill").unlink()
    (world.settings.state_path / "ledger.db").touch()
    assert call(["records", "verify", "--settings", str(disk / "reporter.toml")]) == ExitCode.USAGE
    assert "ledger ledger.db: empty, as when a full disk cut its making off" in capsys.readouterr().err
    world.run()
    assert world.remarks == []
    assert call(["records", "verify", "--settings", str(disk / "reporter.toml")]) == ExitCode.DONE


def test_run_on_a_disk_that_is_read_only_says_so(disk: Path) -> None:
    world = World(disk)
    world.run()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(BundleNotWritten, match="Read-only file system"):
        world.run()
    assert [one for one in world.remarks if one.startswith("no record of this run: ledger ledger.db: cannot be ")]
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    world.run(FIRST + timedelta(minutes=5))
    assert left_overs(disk) == []


@pytest.mark.parametrize("harm", ["a file in its way", "nobody may write"])
def test_state_directory_that_cannot_be_made_is_a_fault_of_the_machine(tmp_path: Path, harm: str) -> None:
    world = World(tmp_path)
    if harm == "nobody may write":
        world.settings = world.settings.model_copy(update={"state_dir": "/proc/state"})
    else:
        (tmp_path / "state").write_text("in the way", encoding="utf-8")
    with pytest.raises(MachineFault, match=r"state directory .*; wanted one to lock") as caught:
        world.run()
    assert caught.value.exit_code is ExitCode.MACHINE


def test_left_overs_of_processes_that_were_killed_are_gone_after_the_next_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run()
    gone = subprocess.Popen(["true"])
    gone.wait()
    for path in (
        world.settings.state_path / f".{HOLDER_NAME}-{gone.pid}",
        tmp_path / f".reporter.prom-{gone.pid}",
        tmp_path / "bundles" / "pilot" / f".partial-{gone.pid}-0123456789abcdef",
    ):
        path.touch()
    world.run()
    assert left_overs(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_who_cannot_say_who_he_is_leaves_no_half_of_it(disk: Path) -> None:
    world = World(disk)
    world.settings.state_path.mkdir()
    fill(disk)
    with one_at_a_time(world.settings, "run", FIRST) as claim:
        assert [one.partition(": ")[2] for one in claim.remarks] == [
            "No space left on device; others cannot see who holds the lock"
        ]
        assert list(world.settings.state_path.iterdir()) == []


def test_ledger_whose_directory_goes_while_it_is_open_cannot_be_opened(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run()
    ledger = open_settings_ledger(world.settings, write=False)
    ledger.close()
    shutil.rmtree(world.settings.state_path)
    with pytest.raises(LedgerRefused, match="cannot be opened; see to the rights"):
        ledger.head()


def test_database_of_somebody_else_is_not_told_as_empty(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.settings.state_path.mkdir()
    with sqlite3.connect(world.settings.state_path / "ledger.db") as database:
        database.execute("CREATE TABLE theirs (id INTEGER)")
    database.close()
    with pytest.raises(LedgerUnusable, match="holds no ledger") as caught:
        open_settings_ledger(world.settings, write=False).head()
    assert caught.value.exit_code is ExitCode.USAGE
