"""The record of every run in the ledger, and what the next bundle says of the runs before it."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reporter.errors import LedgerUnusable, VerificationFailed
from reporter.jobs.records import open_settings_ledger
from reporter.jobs.runs.earlier import runs_before
from reporter.jobs.runs.records import record_end, record_start
from reporter.jobs.runs.results import Ending, Result, ending_of
from reporter.jobs.runs.watched import watched
from reporter.ledger import read_runs, verify_ledger
from reporter.model.readiness import Runs
from reporter.settings import load_settings
from reporter.settings_model import Settings

DAY = timedelta(days=1)
FIRST = datetime(2026, 6, 1, 6, 15, tzinfo=UTC)
WORKED = Ending(0, "reprun-1", (Result("pilot", "ready"), Result("other", "ready")))
HALF = Ending(2, "", (Result("pilot", failure="BundleNotWritten"), Result("other", "ready")))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n[environments.other]\n", encoding="utf-8")
    return load_settings(str(tmp_path / "reporter.toml"), {})[0]


def leave(settings: Settings, endings: Sequence[Ending | None], what: str = "run") -> None:
    """Leave the record of a run each day; None is one that never came to its end."""
    for number, ending in enumerate(endings):
        at = FIRST + number * DAY
        begun = record_start(settings, what, ["pilot", "other"], at, at)
        assert begun.remark == ""
        if ending:
            assert record_end(settings, begun, ending, at, timedelta(seconds=1.5)) == ""


def test_a_run_leaves_its_start_and_its_end(settings: Settings) -> None:
    leave(settings, [WORKED])
    with open_settings_ledger(settings, write=False) as ledger:
        start, end = read_runs(ledger.database, "", "9")
        assert ledger.head().sequence == 0, "a run is no evidence"
    assert start.payload == {
        "schema_version": "reporter.run.v1",
        "event": "started",
        "what": "run",
        "job": "run",
        "as_of": "2026-06-01T06:15:00Z",
        "started_at": "2026-06-01T06:15:00Z",
        "tool_version": start.payload["tool_version"],
        "environments": ["pilot", "other"],
    }
    assert (start.is_start, end.is_start, end.run) == (True, False, start.sequence)
    assert (end.payload["exit_code"], end.payload["duration_seconds"]) == (0, 1.5)
    assert [one["status"] for one in end.payload["environments"]] == ["ready", "ready"]


def test_failed_and_interrupted_runs_are_told_to_the_next_bundle(settings: Settings) -> None:
    broken = ending_of(VerificationFailed("what a log may not hold"))
    leave(settings, [WORKED, HALF, None, broken, ending_of(KeyboardInterrupt()), WORKED])
    told = runs_before(settings, "pilot", FIRST + 5 * DAY, "2026-06-01T06:15:00Z")
    assert [(one.as_of[8:10], one.outcome, one.exit_code, one.failure) for one in told.troubled] == [
        ("02", "failed", 2, "BundleNotWritten"),
        ("03", "interrupted", None, ""),
        ("04", "failed", 5, "VerificationFailed"),
        ("05", "interrupted", 130, "Interrupted"),
    ]
    assert (told.failed_count, told.interrupted_count) == (2, 2)
    assert told.last_as_of == "2026-06-01T06:15:00Z"


def test_a_failure_of_one_environment_is_none_of_another(settings: Settings) -> None:
    leave(settings, [WORKED, HALF])
    told = runs_before(settings, "other", FIRST + 2 * DAY, "2026-06-01T06:15:00Z")
    assert told == Runs(last_as_of="2026-06-02T06:15:00Z")


def test_what_came_before_the_previous_bundle_is_not_told_again(settings: Settings) -> None:
    leave(settings, [None, HALF, WORKED])
    assert runs_before(settings, "pilot", FIRST + 3 * DAY, "2026-06-03T06:15:00Z").troubled == ()
    assert len(runs_before(settings, "pilot", FIRST + 3 * DAY, "").troubled) == 2


def test_a_run_sees_neither_itself_nor_another_attempt_at_its_instant(settings: Settings) -> None:
    leave(settings, [WORKED, None])
    told = runs_before(settings, "pilot", FIRST + DAY, "2026-06-01T06:15:00Z")
    leave(settings, [WORKED, None])
    assert runs_before(settings, "pilot", FIRST + DAY, "2026-06-01T06:15:00Z") == told
    assert told.troubled == ()


def test_other_jobs_and_other_environments_are_not_told(settings: Settings) -> None:
    leave(settings, [None], what="retry run")
    assert runs_before(settings, "pilot", FIRST + DAY, "") == Runs()
    leave(settings, [None])
    assert runs_before(settings, "unknown", FIRST + DAY, "") == Runs()


def test_the_latest_are_listed_and_all_are_counted(settings: Settings) -> None:
    leave(settings, [None] * 25)
    told = runs_before(settings, "pilot", FIRST + 30 * DAY, "")
    assert (told.interrupted_count, len(told.troubled)) == (25, 20)
    assert told.troubled[-1].as_of == "2026-06-25T06:15:00Z"


def test_without_a_ledger_nothing_is_told(settings: Settings) -> None:
    assert runs_before(settings, "pilot", FIRST, "") == Runs()


def test_a_ledger_that_cannot_be_written_is_a_remark(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "ledger.db").write_bytes(b"no database" * 100)
    begun = record_start(settings, "run", ["pilot"], FIRST, FIRST)
    assert begun.row is None
    assert begun.remark.startswith("no record of this run: ledger ledger.db: not an SQLite database")
    assert record_end(settings, begun, WORKED, FIRST, DAY) == ""


def test_no_ledger_is_made_behind_a_link_to_one_that_is_gone(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "ledger.db").symlink_to(tmp_path / "elsewhere.db")
    assert "a link to a file that is gone" in record_start(settings, "run", ["pilot"], FIRST, FIRST).remark
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_ledger_of_before_there_were_records_of_runs_gets_them(tmp_path: Path, settings: Settings) -> None:
    leave(settings, [WORKED])
    with sqlite3.connect(tmp_path / "state" / "ledger.db") as database:
        database.execute("DROP TABLE run_event")
    assert runs_before(settings, "pilot", FIRST + DAY, "") == Runs()
    with open_settings_ledger(settings, write=False) as ledger:
        assert verify_ledger(ledger) == []
    leave(settings, [WORKED])
    assert runs_before(settings, "pilot", FIRST + DAY, "").last_as_of == "2026-06-01T06:15:00Z"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE run_event SET payload = '{}' WHERE sequence = 2", "run record 2 is not what was written"),
        ("DELETE FROM run_event WHERE sequence IN (2, 3)", "run records 2 to 3 are missing"),
        (
            "UPDATE run_event SET previous_hash = 'x' WHERE sequence = 3",
            "run record 3 does not follow the one before it",
        ),
    ],
)
def test_a_run_record_that_was_tampered_with_is_found(
    tmp_path: Path, settings: Settings, statement: str, found: str
) -> None:
    leave(settings, [WORKED, HALF])
    path = tmp_path / "state" / "ledger.db"
    with sqlite3.connect(path) as database:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute(statement)
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(statement)
    with open_settings_ledger(settings, write=False) as ledger:
        assert found in [one.detail for one in verify_ledger(ledger)]


def test_a_place_where_no_ledger_can_be_made_is_a_remark(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "state").write_text("in the way", encoding="utf-8")
    assert "its directory cannot be made" in record_start(settings, "run", ["pilot"], FIRST, FIRST).remark
    with pytest.raises(LedgerUnusable):
        open_settings_ledger(settings, write=True)


SCHEDULE = '[schedule.run]\ncron = "15 6 * * *"\n[environments.pilot]\n[environments.other]\n'


@pytest.mark.parametrize(
    ("extra", "missed"),
    [
        ("", ["2026-06-02", "2026-06-03", "2026-06-05"]),
        ('command = ["run", "-e", "pilot"]\n', ["2026-06-02", "2026-06-03", "2026-06-05"]),
        ('command = ["run", "--environment", "other"]\n', []),
        ('command = ["retry", "run"]\n', []),
    ],
    ids=["every environment", "this one", "another one", "another job"],
)
def test_scheduled_runs_that_never_came_are_told(tmp_path: Path, extra: str, missed: list[str]) -> None:
    text = SCHEDULE.replace('* * *"\n', f'* * *"\n{extra}')
    (tmp_path / "reporter.toml").write_text(text, encoding="utf-8")
    settings = load_settings(str(tmp_path / "reporter.toml"), {})[0]
    leave(settings, [WORKED])
    fourth = FIRST + 3 * DAY + timedelta(seconds=40)
    record_start(settings, "run", ["pilot", "other"], fourth, fourth)
    now = FIRST + 5 * DAY + timedelta(seconds=2)
    told = runs_before(settings, "pilot", now, "2026-06-01T06:15:00Z")
    assert [one[:10] for one in told.missed] == missed
    assert told.missed_count == len(missed)
    assert runs_before(settings, "pilot", now, "").missed == (), "without a bundle nobody waited for one"


def test_a_run_that_does_not_say_how_it_ended_has_no_end(settings: Settings) -> None:
    with watched(settings, "run", ["pilot"], FIRST, FIRST, print):
        pass
    assert runs_before(settings, "pilot", FIRST + DAY, "").interrupted_count == 1


def test_a_record_that_cannot_be_ended_is_told(tmp_path: Path, settings: Settings) -> None:
    told: list[str] = []
    with watched(settings, "run", ["pilot"], FIRST, FIRST, told.append) as watch:
        (tmp_path / "state" / "ledger.db").write_bytes(b"no database" * 100)
        watch.end(WORKED)
    assert [one.partition(": ")[0] for one in told] == ["no record of this run"]
