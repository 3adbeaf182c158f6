"""The built-in scheduler: real processes and signals; frozen time where the wall clock is the subject."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from freezegun import freeze_time

from reporter.errors import UsageFault
from reporter.jobs.runs.records import record_start
from reporter.jobs.schedule import Children, Job, Schedule, due_next, is_overdue, jobs_of
from reporter.service_notify import notify, watchdog_seconds
from reporter.settings import load_settings
from reporter.settings_model import Settings
from worlds import REPORTER, reporter

DAILY = '[schedule.run]\ncron = "30 2 * * *"\ntimezone = "Europe/Berlin"\n'
FAR = '[schedule.far]\ncron = "0 0 29 2 *"\ncommand = ["settings", "check"]\n'


def settings_of(folder: Path, text: str) -> Settings:
    (folder / "reporter.toml").write_text(text, encoding="utf-8")
    return load_settings(str(folder / "reporter.toml"), {})[0]


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(6_000):  # clocks are frozen in some tests
        if condition():
            return
        time.sleep(0.005)
    pytest.fail("it never came about")


@pytest.mark.parametrize(
    ("first", "hours", "expected"),
    [
        ("2026-03-28T20:00:00Z", 36, ["2026-03-29T01:30", "2026-03-30T00:30"]),
        ("2026-10-24T20:00:00Z", 36, ["2026-10-25T00:30", "2026-10-26T01:30"]),
    ],
    ids=["clocks put forward", "clocks set back"],
)
def test_a_job_runs_once_on_a_day_when_clocks_change(
    tmp_path: Path, first: str, hours: int, expected: list[str]
) -> None:
    settings = settings_of(tmp_path, DAILY)
    ran: list[str] = []
    begin = datetime.fromisoformat(first)
    with freeze_time(begin) as frozen:

        def work(_: Job) -> int:
            ran.append(f"{datetime.now(UTC):%Y-%m-%dT%H:%M}")
            return 0

        jobs = Schedule(settings, work, print)
        jobs.start(begin)
        try:
            for step in range(1, hours * 2 + 1):
                now = begin + step * timedelta(minutes=30)
                due = jobs.next_runs()[0][0] <= now
                before = len(ran)
                frozen.move_to(now)
                jobs.look_again()
                if due:
                    wait_for(lambda before=before: len(ran) > before)  # type: ignore[misc]
                wait_for(lambda now=now: jobs.next_runs()[0][0] > now)  # type: ignore[misc]
        finally:
            jobs.stop()
    assert ran == expected


@pytest.mark.parametrize(
    ("last", "now", "overdue"),
    [
        ("2026-06-01T00:30:00Z", "2026-06-02T00:29:59Z", False),
        ("2026-06-01T00:30:00Z", "2026-06-02T00:30:00Z", True),
        ("2026-06-01T00:30:00Z", "2026-06-03T00:29:00Z", True),
        ("2026-06-05T00:30:00Z", "2026-06-03T00:29:00Z", False),
        ("", "2026-06-03T00:29:00Z", False),
    ],
    ids=["not yet due", "just due", "within the grace", "the clock was set back", "never ran"],
)
def test_what_was_due_while_nothing_ran_is_judged_by_the_ledger(
    tmp_path: Path, last: str, now: str, *, overdue: bool
) -> None:
    settings = settings_of(tmp_path, f"{DAILY}[environments.pilot]\n")
    if last:
        at = datetime.fromisoformat(last)
        assert record_start(settings, "run", ["pilot"], at, at).remark == ""
    assert is_overdue(settings, jobs_of(settings)["run"], datetime.fromisoformat(now)) is overdue


def test_what_is_older_than_its_grace_is_not_caught_up(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, f"{DAILY}grace_minutes = 60\n")
    at = datetime(2026, 6, 1, 0, 30, tzinfo=UTC)
    record_start(settings, "run", [], at, at)
    job = jobs_of(settings)["run"]
    assert is_overdue(settings, job, at + timedelta(days=1, minutes=59))
    assert not is_overdue(settings, job, at + timedelta(days=1, minutes=60))


def test_a_run_of_another_job_is_none_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path, DAILY)
    at = datetime(2026, 6, 1, 0, 30, tzinfo=UTC)
    record_start(settings, "run", [], at, at)
    monkeypatch.setenv("REPORTER_JOB", "hourly")
    record_start(settings, "run", [], at + timedelta(days=2), at + timedelta(days=2))
    assert is_overdue(settings, jobs_of(settings)["run"], at + timedelta(days=2))


def test_several_missed_times_are_caught_up_by_one_run(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, '[schedule.run]\ncron = "* * * * *"\n')
    at = datetime(2026, 6, 1, tzinfo=UTC)
    record_start(settings, "run", [], at, at)
    ran: list[str] = []
    told: list[str] = []
    with freeze_time(at + timedelta(hours=5, seconds=30)):

        def work(job: Job) -> int:
            ran.append(job.name)
            return 75

        jobs = Schedule(settings, work, told.append)
        jobs.start(at + timedelta(hours=5, seconds=30))
        wait_for(lambda: len(told) == 2)
        jobs.stop()
    assert ran == ["run"]
    assert told == ["run: was due while nothing ran; caught up once", "run: exit code 75"]


def test_a_job_that_is_still_at_work_is_not_started_again(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, '[schedule.run]\ncron = "* * * * *"\n')
    told: list[str] = []
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    working: list[bool] = []
    with freeze_time(begin) as frozen:

        def work(_: Job) -> int:
            working.append(True)
            wait_for(lambda: bool(told))
            return 0

        jobs = Schedule(settings, work, told.append)
        jobs.start(begin)
        frozen.move_to(begin + timedelta(minutes=1))
        jobs.look_again()
        wait_for(lambda: bool(working))
        frozen.move_to(begin + timedelta(minutes=2))
        jobs.look_again()
        wait_for(lambda: bool(told))
        jobs.stop()
    assert told == ["run: still at work; this time is left out"]
    assert len(working) == 1


def test_a_job_that_is_started_too_late_is_told_and_one_that_cannot_start_too(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, '[schedule.run]\ncron = "0 * * * *"\ngrace_minutes = 10\n')
    told: list[str] = []
    begin = datetime(2026, 6, 1, tzinfo=UTC)

    def work(_: Job) -> int:
        raise FileNotFoundError("a path that no log should hold")

    with freeze_time(begin) as frozen:
        jobs = Schedule(settings, work, told.append)
        jobs.start(begin)
        frozen.move_to(begin + timedelta(hours=1, minutes=20))
        jobs.look_again()
        wait_for(lambda: len(told) == 1)
        frozen.move_to(begin + timedelta(hours=2))
        jobs.look_again()
        wait_for(lambda: len(told) == 2)
        jobs.stop()
    assert told == [
        "run: left out: it could not start within its grace",
        "run: could not be started: FileNotFoundError",
    ]


def test_every_fault_of_the_jobs_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageFault) as found:
        jobs_of(settings_of(tmp_path, '[schedule.a]\ncron = "0 6 * * *"\n[schedule.b]\ncron = "0 6 * * *"\n'))
    assert [fault.partition(":")[0] for fault in found.value.faults] == ["schedule.a.command", "schedule.b.command"]
    with pytest.raises(UsageFault, match=r"no job: wanted \[schedule\.JOB\]"):
        jobs_of(settings_of(tmp_path, ""))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('cron = "61 * * * *"', "schedule.run.cron: found '61' for the minute, wanted 0 to 59"),
        ('cron = "0 6 * * *"\ntimezone = "Europe/Nowhere"', 'schedule.run.timezone: found "Europe/Nowhere", wanted a'),
        ('timezone = "UTC"', "schedule.run.cron: "),
        ('cron = "0 6 * * *"\nevery = 1', "schedule.run.every: unknown key"),
    ],
)
def test_a_fault_of_a_job_names_its_place(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(UsageFault) as found:
        settings_of(tmp_path, f"[schedule.run]\n{line}\n")
    assert told in str(found.value)


def test_check_says_when_every_job_is_due_next(tmp_path: Path) -> None:
    settings_of(tmp_path, DAILY + FAR)
    done = reporter("schedule", "--check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["run", "far"]
    settings = load_settings(str(tmp_path / "reporter.toml"), {})[0]
    at, name = due_next(settings, datetime(2026, 3, 28, 20, tzinfo=UTC))[0]
    assert (f"{at:%m-%dT%H:%M}", name) == ("03-29T01:30", "run")


def test_a_process_gets_its_settings_and_the_name_of_its_job(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = settings_of(tmp_path, FAR)
    children = Children()
    assert children.start(jobs_of(settings)["far"]) == 0
    assert "schedule.far.cron" in capfd.readouterr().out
    children.end()
    assert children.start(jobs_of(settings)["far"]) is None


class Manager:
    """What systemd is to a service: a socket that hears its states."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.settimeout(30)

    def hears(self, state: str) -> str:
        """Wait for a state."""
        while state not in (heard := self._socket.recv(4096).decode()):
            pass
        return heard

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    found = Manager(tmp_path)
    yield found
    found.close()


@contextmanager
def scheduler_in(folder: Path, manager: Manager, **variables: str) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, "NOTIFY_SOCKET": manager.address, **variables}
    with subprocess.Popen([REPORTER, "schedule"], cwd=folder, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_systemd_hears_of_start_life_reload_and_end(tmp_path: Path, manager: Manager) -> None:
    settings_of(tmp_path, FAR)
    with scheduler_in(tmp_path, manager, WATCHDOG_USEC="200000") as process:
        assert "STATUS=next: far at " in manager.hears("READY=1")
        for _ in range(2):  # the second after a silence, in which the clock may have been set
            manager.hears("WATCHDOG=1")
        settings_of(tmp_path, FAR + DAILY)
        process.send_signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in manager.hears("RELOADING=1")
        assert "STATUS=next: run at " in manager.hears("READY=1")
        (tmp_path / "reporter.toml").write_text('[schedule.run]\ncron = "never"\n', encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        assert "STATUS=next: run at " in manager.hears("READY=1"), "the old settings stay"
        process.send_signal(signal.SIGTERM)
        manager.hears("STOPPING=1")
        assert process.wait(20) == 0
        assert process.stderr
        told = process.stderr.read()
    assert "read the settings again" in told
    assert "schedule.run.cron: found 1 fields" in told
    assert "the settings stay as they were" in told


def test_sigterm_lets_the_running_job_end_by_itself_and_starts_no_other(tmp_path: Path, manager: Manager) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        plan = f'rollback_plan_path = "https://127.0.0.1:{silent.getsockname()[1]}/plan.json"\n'
        settings = settings_of(tmp_path, f'[schedule.run]\ncron = "* * * * *"\n[environments.pilot]\n{plan}')
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        record_start(settings, "run", ["pilot"], at, at)
        with scheduler_in(tmp_path, manager) as process:
            manager.hears("READY=1")
            reading, _ = silent.accept()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            reading.close()
            assert process.stderr
            assert "run: was due while nothing ran; caught up once" in process.stderr.read()
    assert not (tmp_path / "state" / "run-lock.json").exists()
    told = reporter("status", cwd=tmp_path).stdout
    assert "exit code 143" in told


def test_a_job_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.jobs.schedule.STOP_SECONDS", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('up', 'w').close(); time.sleep(60)"
    (tmp_path / "reporter").mkdir()
    (tmp_path / "reporter" / "__init__.py").touch()
    (tmp_path / "reporter" / "__main__.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    children = Children()
    codes: list[int | None] = []
    job = jobs_of(settings_of(tmp_path, FAR))["far"]
    thread = Thread(target=lambda: codes.append(children.start(job)))
    thread.start()
    wait_for((tmp_path / "up").exists)
    children.end()
    thread.join()
    assert codes == [-signal.SIGKILL]


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdog_is_answered_at_half_its_time(
    variables: dict[str, str], seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert watchdog_seconds() == seconds


def test_an_abstract_socket_hears_too_and_one_that_is_gone_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0reporter-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@reporter-{os.getpid()}")
        notify("READY=1", "STATUS=x")
        assert manager.recv(100) == b"READY=1\nSTATUS=x"
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "vsock:2:1")
    notify("READY=1")


def test_a_job_without_a_settings_file_runs_by_what_its_process_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    job = jobs_of(settings_of(tmp_path, FAR))["far"]._replace(file="")
    monkeypatch.setenv("REPORTER_SETTINGS", str(tmp_path / "reporter.toml"))
    (tmp_path / "reporter.toml").write_text("", encoding="utf-8")
    assert Children().start(job) == 0
    assert "bundles_dir" in capfd.readouterr().out


def test_a_job_that_is_taken_out_of_the_settings_is_not_due_any_more(tmp_path: Path) -> None:
    ran: list[str] = []
    jobs = Schedule(settings_of(tmp_path, DAILY + FAR), lambda job: ran.append(job.name), print)
    jobs.start(datetime.now(UTC))
    try:
        assert sorted(name for _, name in jobs.next_runs()) == ["far", "run"]
        jobs.reload(settings_of(tmp_path, DAILY))
        assert [name for _, name in jobs.next_runs()] == ["run"]
        jobs.run_now("run")
        wait_for(lambda: ran == ["run"])
    finally:
        jobs.stop()
