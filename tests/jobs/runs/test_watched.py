"""A run from outside: what `reporter run` and `reporter status` say of it, and what it leaves."""

import json
import os
import shutil
import signal
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reporter import stopping
from reporter.cli import answer
from reporter.jobs.runs import watched
from reporter.jobs.runs.heartbeat import Heartbeat
from reporter.jobs.runs.latest import last_runs
from reporter.jobs.runs.lock import one_at_a_time
from reporter.jobs.runs.records import record_end, record_start
from reporter.jobs.runs.results import Ending, Result
from reporter.ledger import open_ledger, verify_ledger
from reporter.settings import load_settings
from worlds import reporter_here, snapshot

SETTINGS = """
metrics_file = "reporter.prom"
heartbeat_url = "env:NO_SUCH_VARIABLE"
[environments.pilot]
mode = "promoted"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One environment that was run once."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "reporter.toml").write_text(SETTINGS, encoding="utf-8")
    done = reporter_here("run", "--as-of", "2026-06-01T06:15:00Z", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "no heartbeat: heartbeat_url: the environment variable NO_SUCH_VARIABLE is not set" in done.stderr
    return folder


@pytest.fixture
def copy(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = Path(shutil.copytree(world, tmp_path / "world", symlinks=True))
    monkeypatch.chdir(path)
    return path


def events(folder: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(folder / "state" / "ledger.db") as database:
        rows = database.execute("SELECT as_of, payload FROM run_event ORDER BY sequence").fetchall()
    return [(as_of, json.loads(payload)["event"]) for as_of, payload in rows]


def readiness(folder: Path) -> dict[str, object]:
    text = (folder / "bundles" / "pilot" / "latest" / "readiness.json").read_text(encoding="utf-8")
    found: dict[str, object] = json.loads(text)
    return found


def test_a_run_leaves_its_record_its_metrics_and_no_lock(world: Path) -> None:
    assert events(world) == [("2026-06-01T06:15:00Z", "started"), ("2026-06-01T06:15:00Z", "finished")]
    metrics = (world / "reporter.prom").read_text(encoding="utf-8")
    assert 'reporter_bundle_written{environment="pilot"} 1' in metrics
    assert 'reporter_status{environment="pilot",status="needs_attention"} 1' in metrics
    assert not (world / "state" / "run-lock.json").exists()


def test_the_next_bundle_tells_of_a_run_that_failed_and_is_the_same_when_it_is_made_again(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy / "bundles" / "pilot"
    folder.rename(copy / "aside")
    folder.write_text("in the way", encoding="utf-8")
    assert answer(["run", "--as-of", "2026-06-02T06:15:00Z"]) == 74
    assert "pilot: " in capsys.readouterr().err
    folder.unlink()
    (copy / "aside").rename(folder)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("reporter.jobs.readiness.assess_reports", killed)
        assert answer(["run", "--as-of", "2026-06-03T06:15:00Z"]) == 130
    assert answer(["run", "--as-of", "2026-06-04T06:15:00Z"]) == 0
    latest = (folder / "latest").resolve()
    assert readiness(copy)["runs"] == {
        "last_as_of": "2026-06-01T06:15:00Z",
        "failed_count": 1,
        "interrupted_count": 1,
        "missed_count": 0,
        "troubled": [
            {"as_of": "2026-06-02T06:15:00Z", "outcome": "failed", "exit_code": 74, "failure": "BundleNotWritten"},
            {"as_of": "2026-06-03T06:15:00Z", "outcome": "interrupted", "exit_code": 130, "failure": "Interrupted"},
        ],
        "missed": [],
    }
    page = (latest / "index.html").read_text(encoding="utf-8")
    assert "The last run before this one that left a bundle was as of 1 June 2026, 06:15 UTC, 3 days earlier." in page
    assert "1 run failed: as of 2 June 2026, 06:15 UTC (BundleNotWritten, exit code 74)." in page
    assert "1 run never came to an end: as of 3 June 2026, 06:15 UTC (Interrupted, exit code 130)." in page
    before = snapshot(copy / "bundles")
    assert answer(["run", "--as-of", "2026-06-04T06:15:00Z"]) == 0
    assert snapshot(copy / "bundles") == before
    with open_ledger("sqlite:///state/ledger.db", copy, write=False) as ledger:
        assert verify_ledger(ledger) == []


@pytest.mark.usefixtures("copy")
def test_status_tells_how_the_last_run_ended_and_which_never_did(capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings("reporter.toml", {})[0]
    at = datetime(2026, 6, 2, 6, 15, tzinfo=UTC)
    assert answer(["status", "--as-of", "2026-06-01T07:15:00Z"]) == 0
    assert "last `reporter run`: as of 2026-06-01T06:15:00Z, exit code 0 after " in capsys.readouterr().out
    with one_at_a_time(settings, "run", at):
        record_start(settings, "run", ["pilot"], at, at)
        assert answer(["status"]) == 0
        assert "last `reporter run`: as of 2026-06-02T06:15:00Z, still at work\n" in capsys.readouterr().out
    assert answer(["status"]) == 0
    assert "last `reporter run`: as of 2026-06-02T06:15:00Z, NEVER CAME TO AN END" in capsys.readouterr().out
    begun = record_start(settings, "retry run", ["pilot"], at, at)
    failed = Ending(2, results=(Result("pilot", failure="UsageFault"),))
    record_end(settings, begun, failed, at, timedelta(seconds=2))
    assert answer(["status", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [(one["what"], one["exit_code"]) for one in runs] == [("retry run", 2), ("run", None)]
    record_end(settings, record_start(settings, "mail", ["pilot"], at, at), Ending(4), at, timedelta(seconds=1))
    assert answer(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "FAILED: last `reporter retry run`: as of 2026-06-02T06:15:00Z, exit code 2 after 2 s, FAILED for pilot"
    )
    assert lines[1].startswith("FAILED: last `reporter run`: ")
    assert lines[2].startswith("pilot: ")
    assert lines[-1] == "last `reporter mail`: as of 2026-06-02T06:15:00Z, exit code 4 after 1 s"
    assert answer(["status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [*told] == ["runs", "environments"]
    assert [one["failed"] for one in told["runs"]] == [True, True, False]


class History:
    """Runs in the ledger of two pilots, an hour apart, and what `status` says of them."""

    def __init__(self, folder: Path) -> None:
        (folder / "reporter.toml").write_text("[environments.payments]\n[environments.production]\n", encoding="utf-8")
        self.settings = load_settings(str(folder / "reporter.toml"), {})[0]
        self.at = datetime(2026, 6, 2, tzinfo=UTC)

    def add(self, what: str, about: str, code: int | None, failed: str = "") -> None:
        self.at += timedelta(hours=1)
        begun = record_start(self.settings, what, about.split(), self.at, self.at)
        if code is not None:
            results = tuple(Result(name, failure="UsageFault" if name in failed else "") for name in about.split())
            record_end(self.settings, begun, Ending(code, results=results), self.at, timedelta(seconds=2))

    def told(self, *asked: str) -> list[tuple[str, int | None, bool, str]]:
        """Give hour, exit code, whether it failed and for whom."""
        return [
            (one.as_of[11:13], one.exit_code, one.failed, " ".join(one.failed_environments))
            for one in last_runs(self.settings, asked)
        ]


BOTH = "payments production"


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([("payments", 0), ("production", 0)], [("02", 0, False, "")]),
        ([("payments", 6), ("production", 0)], [("02", 0, False, ""), ("01", 6, True, "payments")]),
        ([("payments", None), ("production", 0)], [("02", 0, False, ""), ("01", None, True, "payments")]),
        ([("production", 0), ("payments", 6)], [("02", 6, True, "payments")]),
        ([("payments", 6), ("payments", 0), ("production", 0)], [("03", 0, False, "")]),
        ([("payments", 6), (BOTH, 0)], [("02", 0, False, "")]),
        ([("payments", 6), ("", 0)], [("02", 0, False, "")]),
        ([(BOTH, 6), ("production", 0)], [("02", 0, False, ""), ("01", 6, True, "payments")]),
        ([(BOTH, 2, "production"), ("production", 0)], [("02", 0, False, "")]),
        ([(BOTH, 2, "payments"), ("production", 0)], [("02", 0, False, ""), ("01", 2, True, "payments")]),
        ([("payments", 6), ("payments", 7), ("production", 0)], [("03", 0, False, ""), ("02", 7, True, "payments")]),
        ([("gone", 6), ("production", 0)], [("02", 0, False, "")]),
        ([(BOTH, 74)], [("01", 74, True, "")]),
    ],
)
def test_a_run_that_failed_is_told_until_a_later_one_was_about_the_same(
    tmp_path: Path, runs: list[tuple[str, int | None]], told: list[tuple[str, int | None, bool, str]]
) -> None:
    history = History(tmp_path)
    for one in runs:
        history.add("retry run", *one)
    assert history.told() == told
    history.add("mail", "production", 0)
    assert history.told()[1:] == told


def test_status_says_for_whom_a_worker_failed_though_that_of_another_did_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = History(tmp_path)
    monkeypatch.chdir(tmp_path)
    history.add("retry run", "payments", 6)
    history.add("alert send", "payments", None)
    history.add("retry run", "production", 0)
    history.add("alert send", "production", 0)
    answer(["status"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        (
            "FAILED: last `reporter alert send`: as of 2026-06-02T02:00:00Z,"
            " NEVER CAME TO AN END for payments: killed, or the machine stopped"
        ),
        "FAILED: last `reporter retry run`: as of 2026-06-02T01:00:00Z, exit code 6 after 2 s, FAILED for payments",
    ]
    assert lines[-2:] == [
        "last `reporter alert send`: as of 2026-06-02T04:00:00Z, exit code 0 after 2 s",
        "last `reporter retry run`: as of 2026-06-02T03:00:00Z, exit code 0 after 2 s",
    ]
    answer(["status", "--json"])
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [(one["what"], one["failed"], one["environments"]) for one in runs] == [
        ("alert send", True, ["payments"]),
        ("retry run", True, ["payments"]),
        ("alert send", False, ["production"]),
        ("retry run", False, ["production"]),
    ]
    answer(["status", "--environment", "production"])
    assert "FAILED" not in capsys.readouterr().out
    assert history.told("payments") == [("02", None, True, "payments"), ("01", 6, True, "payments")]


@pytest.mark.parametrize(
    ("owner", "step", "code"),
    [(watched, "record_start", 143), (Heartbeat, "start", 143), (watched, "record_end", 0)],
    ids=["its start was just recorded", "its start is being told", "it is done and its end was just recorded"],
)
def test_a_run_that_is_asked_to_end_between_its_records_leaves_both(
    copy: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str, code: int
) -> None:
    monkeypatch.setattr(stopping, "_asked", 0)
    real = getattr(owner, step)

    def and_then_asked(*given: object) -> object:
        done = real(*given)
        os.kill(os.getpid(), signal.SIGTERM)
        return done

    monkeypatch.setattr(owner, step, and_then_asked)
    assert answer(["run", "--as-of", "2026-06-02T06:15:00Z"]) == code
    (last,) = last_runs(load_settings("reporter.toml", {})[0])
    assert (last.as_of, last.exit_code) == ("2026-06-02T06:15:00Z", code)
    assert not (copy / "state" / "run-lock.json").exists()


def test_a_ledger_that_cannot_be_read_tells_status_of_no_run(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "state" / "ledger.db").write_bytes(b"no database" * 100)
    assert answer(["status"]) == 0
    assert "last `reporter" not in capsys.readouterr().out
    shutil.rmtree(copy / "state")
    assert answer(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == []
