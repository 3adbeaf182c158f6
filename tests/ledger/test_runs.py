"""Records of runs, in either database."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError

from reporter.jobs.runs.latest import last_runs
from reporter.ledger import append_run, open_ledger, read_runs, verify_ledger
from reporter.settings_model import Settings


def test_records_of_runs_are_chained_and_read_by_the_instant_that_they_are_of(address: str) -> None:
    with open_ledger(address) as ledger:
        for day in (1, 2, 3):
            first = append_run(ledger.database, "run", f"2026-06-0{day}T06:15:00Z", {"what": "run"})
            assert append_run(ledger.database, "run", f"2026-06-0{day}T06:15:00Z", {}, first) == first + 1
        found = read_runs(ledger.database, "2026-06-02T06:15:00Z", "2026-06-03T06:15:00Z")
        assert [(one.sequence, one.run, one.payload) for one in found] == [(3, 3, {"what": "run"}), (4, 3, {})]
        assert verify_ledger(ledger) == []


def test_a_record_of_a_run_can_be_neither_changed_nor_removed(address: str) -> None:
    with open_ledger(address) as ledger:
        append_run(ledger.database, "run", "2026-06-01T06:15:00Z", {})
    engine = create_engine(address)
    for statement in ("UPDATE run_event SET payload = ''", "DELETE FROM run_event"):
        with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_the_last_run_of_every_job_is_found_in_either_database(address: str) -> None:
    settings = Settings(ledger=address)
    with open_ledger(address) as ledger:
        for what in ("run", "retry run", "run"):
            start: dict[str, object] = {
                "what": what,
                "as_of": "2026-06-01T06:15:00Z",
                "started_at": "2026-06-01T06:15:00Z",
            }
            start |= {"environments": ["pilot", "other"] if what == "run" else ["other"]}
            first = append_run(ledger.database, "run", "2026-06-01T06:15:00Z", start)
            end = {"duration_seconds": 1.5, "exit_code": first, "environments": []}
            append_run(ledger.database, "run", "2026-06-01T06:15:00Z", end, first)
    assert [(one.what, one.exit_code) for one in last_runs(settings)] == [("run", 5), ("retry run", 3)]
    assert [one.what for one in last_runs(settings, ["pilot"])] == ["run"]
    assert [one.what for one in last_runs(settings, ["nobody"])] == []


def test_a_server_that_is_not_there_tells_of_no_run(tmp_path: Path) -> None:
    assert last_runs(Settings(ledger=f"postgresql+psycopg://ledger@/x?host={tmp_path}")) == []
