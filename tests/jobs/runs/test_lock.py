"""One run at a time on a machine: real processes, real kills."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reporter.errors import ExitCode, Locked, MachineFault
from reporter.jobs.keys import signing_key
from reporter.jobs.runs import lock
from reporter.jobs.runs.holder import HOLDER_NAME, Holder, read_holder, this_process
from reporter.jobs.runs.lock import one_at_a_time
from reporter.settings import load_settings
from reporter.settings_model import Settings
from worlds import REPORTER, reporter_here

NOW = datetime(2026, 6, 11, 6, 15, tzinfo=UTC)
HOLD = """
import os, sys, time
from datetime import UTC, datetime
from pathlib import Path
from reporter.jobs.runs.lock import one_at_a_time
from reporter.settings import load_settings
with one_at_a_time(load_settings("reporter.toml")[0], "run", datetime(2026, 6, 11, 6, 15, tzinfo=UTC)):
    if sys.argv[1:] == ["with-child"] and os.fork() == 0:
        Path("child").write_text(str(os.getpid()))
        time.sleep(60)
        os._exit(0)
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "reporter.toml").write_text('[environments.pilot]\nmode = "promoted"\n', encoding="utf-8")
    return load_settings(str(tmp_path / "reporter.toml"), {})[0]


@contextmanager
def holder_in(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, *arguments], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_run_says_who_holds_the_lock_and_since_when_and_exits_75(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.25)
    with holder_in(tmp_path) as process:
        done = reporter_here("run", cwd=tmp_path)
    assert done.returncode == 75
    who = f"another run holds the lock: `reporter run`, process {process.pid} on "
    waits, gives_up = done.stderr.splitlines()
    assert (waits.startswith(who), gives_up.startswith(f"error: {who}")) == (True, True), done.stderr
    assert waits.endswith(", since 2026-06-11T06:15:00Z; waiting for it, 0.25 s at most")
    assert gives_up.endswith(", since 2026-06-11T06:15:00Z; try again later")
    assert done.stdout == ""
    assert not (settings.base_dir / "bundles").exists()


@pytest.mark.parametrize(
    "words",
    [
        "run",
        "retry run",
        "retry run --execute",
        "alert send --execute",
        "notify send --execute",
        "prune --keep-count 1 --execute",
        "attach pilot/latest --to directory:there --execute --key keys/signing.key.pub",
    ],
)
def test_every_command_that_takes_the_lock_waits_for_it(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    signing_key(settings)
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.0625)
    with one_at_a_time(settings, "run", NOW):
        done = reporter_here(*words.split(), cwd=tmp_path)
    assert done.returncode == 75, done.stderr
    assert "; waiting for it, 0.0625 s at most\n" in done.stderr


@contextmanager
def waiting_in(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Call a command that waits for the lock, and give it when it says so."""
    with subprocess.Popen(
        [REPORTER, "retry", "run"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr
            assert process.stderr.readline().endswith("; waiting for it, 30 s at most\n")
            yield process
        finally:
            process.kill()


def test_a_command_that_waits_does_its_work_when_the_lock_is_free(tmp_path: Path, settings: Settings) -> None:
    with ExitStack() as held:
        held.enter_context(one_at_a_time(settings, "run", NOW))
        with waiting_in(tmp_path) as process:
            held.close()
            said = process.communicate(timeout=60)
            assert process.returncode == 0, said
            assert said[1].endswith("a dry run: it was recorded and nothing was sent; --execute sends\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"])
def test_a_command_that_waits_ends_at_once_when_it_is_asked_to(
    tmp_path: Path, settings: Settings, number: signal.Signals, code: int
) -> None:
    with one_at_a_time(settings, "run", NOW), waiting_in(tmp_path) as process:
        process.send_signal(number)
        process.wait(10)
        assert process.returncode == code
        assert read_holder(settings.state_path) == this_process("run", NOW)


def test_the_lock_of_a_process_that_was_killed_is_free_and_the_next_holder_tells_of_it(
    tmp_path: Path, settings: Settings
) -> None:
    with holder_in(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = read_holder(settings.state_path)
        assert left
        assert not left.lives
        with one_at_a_time(settings, "run", NOW) as claim:
            assert claim.remarks == (f"the lock was left by {left}: it was killed; it is taken over",)


def test_a_forked_worker_that_outlives_the_holder_does_not_keep_the_lock(tmp_path: Path, settings: Settings) -> None:
    with holder_in(tmp_path, "with-child") as process:
        while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
            assert process.poll() is None
        process.kill()
        process.wait()
        child = int((tmp_path / "child").read_text())
        os.kill(child, 0)
        with one_at_a_time(settings, "run", NOW) as claim:
            assert len(claim.remarks) == 1
        os.kill(child, signal.SIGKILL)


def test_a_lock_of_an_earlier_boot_is_taken_over(settings: Settings) -> None:
    settings.state_path.mkdir()
    me = this_process("run", NOW)._replace(boot="an earlier one")
    (settings.state_path / HOLDER_NAME).write_text(json.dumps(me._asdict()), encoding="utf-8")
    assert not me.lives
    with one_at_a_time(settings, "run", NOW) as claim:
        assert "the machine was restarted, or it was killed; it is taken over" in claim.remarks[0]


def test_the_lock_is_given_back_without_a_trace(settings: Settings) -> None:
    for _ in range(2):
        with one_at_a_time(settings, "run", NOW) as claim:
            assert claim.remarks == ()
            assert read_holder(settings.state_path) == this_process("run", NOW)
        assert list(settings.state_path.iterdir()) == []


def test_the_lock_is_given_back_when_what_it_guards_fails(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError), one_at_a_time(settings, "run", NOW):
        raise ZeroDivisionError
    with one_at_a_time(settings, "run", NOW) as claim:
        assert claim.remarks == ()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "has not said who it is yet"),
        ("[]", "has not said who it is yet"),
        ('{"command": 1}', "has not said who it is yet"),
        ('{"command": "run", "pid": 0, "host": "", "boot": "", "since": ""}', "has not said who it is yet"),
        ('{"command": "run", "pid": "1", "host": "", "boot": "", "since": ""}', "has not said who it is yet"),
    ],
)
def test_a_holder_file_that_says_nothing_useful_is_not_believed(settings: Settings, written: str, told: str) -> None:
    with one_at_a_time(settings, "run", NOW):
        (settings.state_path / HOLDER_NAME).write_text(written, encoding="utf-8")
        with pytest.raises(Locked, match=told) as found, one_at_a_time(settings, "run", NOW):
            pytest.fail("two at once")
    assert found.value.exit_code is ExitCode.LOCKED


@pytest.mark.parametrize("what", ["pipe", "link", "huge", "directory"])
def test_a_holder_file_that_is_no_small_file_keeps_nobody_waiting(settings: Settings, what: str) -> None:
    with one_at_a_time(settings, "run", NOW):
        place = settings.state_path / HOLDER_NAME
        said = place.rename(place.with_suffix(".said"))
        match what:
            case "pipe":
                os.mkfifo(place)
            case "link":
                place.symlink_to(said)
            case "huge":
                place.write_text(said.read_text(encoding="utf-8") + " " * 10_000, encoding="utf-8")
            case _:
                place.mkdir()
        assert read_holder(settings.state_path) is None
        with pytest.raises(Locked, match="has not said who it is yet"):
            one_at_a_time(settings, "run", NOW).__enter__()


def test_a_pipe_under_the_temporary_name_of_the_holder_file_is_taken_away(settings: Settings) -> None:
    settings.state_path.mkdir(parents=True, exist_ok=True)
    os.mkfifo(settings.state_path / f".{HOLDER_NAME}-{os.getpid()}")
    with one_at_a_time(settings, "run", NOW) as claim:
        assert (claim.remarks, read_holder(settings.state_path)) == ((), this_process("run", NOW))


def test_a_holder_file_that_names_a_process_that_ended_is_not_believed(settings: Settings) -> None:
    with one_at_a_time(settings, "run", NOW):
        gone = this_process("run", NOW)._replace(pid=2**22 + 1)
        (settings.state_path / HOLDER_NAME).write_text(json.dumps(gone._asdict()), encoding="utf-8")
        with pytest.raises(Locked, match=r"not the one that it names, .* which has ended"):
            one_at_a_time(settings, "run", NOW).__enter__()


@pytest.mark.parametrize(("pid", "host"), [(1, ""), (2**40, ""), (2**22 + 1, "elsewhere")])
def test_a_holder_of_whom_nobody_can_tell_is_taken_to_live(pid: int, host: str) -> None:
    me = this_process("run", NOW)
    assert me._replace(pid=pid, host=host or me.host).lives


def test_control_characters_in_the_holder_file_reach_no_terminal() -> None:
    assert "\x1b" not in str(Holder("run\x1b[31m", 1, "host", "", "since"))


def test_where_there_can_be_no_lock_nothing_runs(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "state").write_text("in the way", encoding="utf-8")
    with pytest.raises(MachineFault, match=r"state directory .*: File exists; wanted one to lock"):
        one_at_a_time(settings, "run", NOW).__enter__()


@pytest.mark.parametrize(
    ("values", "folder"),
    [
        ({}, "state"),
        ({"ledger": "sqlite:///kept/here/ledger.db"}, "kept/here"),
        ({"ledger": "postgresql+psycopg://ledger@host/name"}, "state"),
        ({"ledger": "sqlite:///kept/ledger.db", "state_dir": "own"}, "own"),
    ],
)
def test_the_state_directory_is_that_of_the_ledger_unless_the_settings_name_one(
    values: dict[str, str], folder: str
) -> None:
    assert Settings(**values).state_path == Path(folder)  # type: ignore[arg-type] # texts all


def test_a_disk_that_knows_no_locks_lets_nothing_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(MachineFault, match="cannot be locked: No locks available; see state_dir"):
        one_at_a_time(settings, "run", NOW).__enter__()


def test_a_machine_that_does_not_tell_its_boots_apart_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.jobs.runs.holder._BOOT_ID", tmp_path / "missing")
    me = this_process("run", NOW)
    assert (me.boot, me.lives) == ("", True)
