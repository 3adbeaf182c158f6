"""Folding sources: one process, several, any cut of the bytes come to the same; what is damaged is named."""

import gzip
import hashlib
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loops import records as make
from loops.cases import HOUR, MINUTE, NOW, A, N, X
from reporter.collect.records import Kind, Reading, Source
from reporter.errors import LedgerUnusable
from reporter.jobs import folding
from reporter.jobs.folding import FoldedSources, SourceRead, cuts, fold_places
from reporter.jobs.folding.pool import RecordsNotFolded, fold_in_processes
from reporter.jobs.folding.shares import KEPT_FAULTS, Share
from reporter.loops.closure import UNREADABLE, assess_closure
from reporter.loops.routes import finalise
from reporter.model.raw_records import RecordFault
from reporter.model.reports import Mode


def values() -> Iterator[make.RecordValue]:
    """Write records of several loops."""
    for number in range(60):
        at = NOW - number * HOUR
        yield make.delivery(N, at, "monthly", ("slack", "jira"), ("jira",) if number % 7 == 0 else ())
        yield make.delivery(X, at, f"report-{number // 5}")
        yield make.worker_run(A, at - MINUTE, dry=False)
        yield make.acknowledgement(N, at, "monthly")


LINES = [make.raw(value) for value in values()]
NO_KIND = b'{"session_id": "x", "metadata_kind": []}'
DAMAGED = [*LINES[:100], b"{broken", b'{"session_id": 7}', b"", *LINES[100:], NO_KIND]


def written(path: Path, lines: list[bytes]) -> bytes:
    content = b"\n".join(lines) + b"\n"
    path.write_bytes(content)
    return content


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share however little there is."""
    monkeypatch.setattr(folding, "WORTH_SHARING", 1)
    monkeypatch.setattr(cuts, "SMALLEST_SHARE", 1_000)


def folded(folder: Path, *places: str, processes: int = 1) -> FoldedSources:
    return fold_places(places, Reading(base_dir=folder), NOW, processes=processes)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("processes", [1, 2], ids=["one-process", "two-processes"])
def test_records_that_name_another_environment_count_in_no_process(tmp_path: Path, processes: int) -> None:
    named = [make.raw(value | {"environment": "other"}) for value in values()]
    written(tmp_path / "a.jsonl", [*LINES, *named])
    written(tmp_path / "b.jsonl", LINES)
    reading = Reading(base_dir=tmp_path)
    both = fold_places(["a.jsonl"], reading, NOW, environment="pilot", processes=processes)
    alone = fold_places(["b.jsonl"], reading, NOW, processes=processes)
    other = make.raw(make.delivery(A, NOW, "audit-1", environment="other"))
    written(tmp_path / "c.jsonl", [*LINES, other])
    assert both.folded == alone.folded
    assert fold_places(["c.jsonl"], reading, NOW, environment="pilot", processes=processes).folded == alone.folded
    assert fold_places(["c.jsonl"], reading, NOW, environment="other", processes=processes).folded != alone.folded


def meanwhile(folder: Path, act: Callable[[], object], *places: str) -> FoldedSources:
    """Fold in two processes, and do something while they read: whoever opens a ledger is this process."""

    def ledger(_: str) -> Iterator[bytes]:
        act()
        yield LINES[0]

    return fold_places([*places, "ledger"], Reading(base_dir=folder, ledger=ledger), NOW, processes=2)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("processes", [2, 3, 7])
def test_any_number_of_processes_comes_to_the_same(tmp_path: Path, processes: int) -> None:
    written(tmp_path / "a.jsonl", DAMAGED)
    written(tmp_path / "b.jsonl", LINES[::-2])
    (tmp_path / "c.json").write_bytes(b"[" + b",".join(LINES[:9]) + b", 3]")
    places = ("*.json*", "missing-*.jsonl", "a.jsonl", "missing-*.jsonl", "missing.jsonl")
    alone = folded(tmp_path, *places)
    assert folded(tmp_path, *places, processes=processes) == alone
    assert [(one.alias, one.kind, one.records, one.faulty) for one in alone.sources] == [
        ("a.jsonl", Kind.LINES, 240, 3),
        ("b.jsonl", Kind.LINES, 120, 0),
        ("c.json", Kind.FILE, 9, 1),
        ("missing-*.jsonl", Kind.FILE, 0, 1),
        ("a.jsonl (2)", Kind.LINES, 240, 3),
        ("missing-*.jsonl", Kind.FILE, 0, 1),
        ("missing.jsonl", Kind.FILE, 0, 1),
    ]


def test_much_to_read_is_shared_and_comes_to_the_same(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", LINES * (folding.WORTH_SHARING // sum(map(len, LINES)) + 1))
    seen: list[int] = []

    def count() -> None:
        seen.append(len(multiprocessing.active_children()))

    shared = meanwhile(tmp_path, count, "a.jsonl")
    assert seen == [2]
    assert shared.folded == folded(tmp_path, "a.jsonl").folded
    assert shared.sources[:1] == folded(tmp_path, "a.jsonl").sources


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("processes", [1, 4])
def test_damage_is_named_with_file_and_line_and_keeps_the_closure_open(tmp_path: Path, processes: int) -> None:
    written(tmp_path / "a.jsonl", [*DAMAGED, b" " * 5_000_000])
    result = folded(tmp_path, "a.jsonl", processes=processes)
    assert [str(fault) for fault in result.folded.faults] == [
        "a.jsonl: line 101 (?): found JSON is malformed: object keys must be strings (byte 1), wanted one JSON object",
        "a.jsonl: line 245 (?): found more than 4000000 bytes, wanted a record of 4000000 bytes at most",
        "a.jsonl: line 102 (?) /session_id: found number, wanted the record's id",
        "a.jsonl: line 244 (x) /metadata_kind: found array, wanted the kind of the record",
    ]
    assert result.sources[0].faults == (
        RecordFault("a.jsonl", 245, "more than 4000000 bytes", "a record of 4000000 bytes at most"),
    )
    closure = assess_closure(finalise(result.folded), Mode.PROMOTED)
    assert UNREADABLE in [item.code for item in closure.open_items]


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("processes", [1, 3])
def test_what_was_read_is_told_by_digest_and_size(tmp_path: Path, processes: int) -> None:
    contents = {
        "a.jsonl": written(tmp_path / "a.jsonl", LINES),
        "b.jsonl.gz": gzip.compress(b"\n".join(LINES)),
        "c.jsonl.gz": gzip.compress(b"\n".join(LINES))[:100] + b"\xff" * 1_000_000,
        "d.json": b'{"items": []} and more',
        "e.jsonl": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    read = folded(tmp_path, "*", processes=processes).sources
    assert [(one.alias, one.sha256, one.size_bytes) for one in read] == [
        (name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in contents.items()
    ]
    assert [one.faulty > 0 for one in read] == [False, False, True, True, False]


def test_digest_of_a_database_is_of_its_records(tmp_path: Path) -> None:
    columns = "session_id TEXT, created_at TEXT, signer TEXT, decision_count INT, blocked_count INT"
    database = sqlite3.connect(tmp_path / "index.db")
    database.execute(f"CREATE TABLE evidence_metadata ({columns}, approval_required_count INT, payload TEXT)")
    payload = '{"session_id":"a","metadata_kind":"release-bundle","created_at":"2026-06-01T00:00:00Z"}'
    database.execute(
        "INSERT INTO evidence_metadata VALUES ('a', '2026-06-01T00:00:00Z', NULL, NULL, NULL, NULL, ?)", [payload]
    )
    database.commit()
    database.close()
    whole = hashlib.sha256(payload.encode() + b"\n").hexdigest()
    expected = SourceRead("index.db", Kind.FILE, whole, len(payload) + 1, 1)
    assert folded(tmp_path, "index.db").sources == (expected,)


def test_ledger_that_cannot_be_used_is_a_fault_and_the_rest_counts(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", LINES)

    def ledger(place: str) -> Iterator[bytes]:
        if place == "ledger":
            raise LedgerUnusable("ledger ledger.db: not there yet; `reporter records import` makes it")
        yield LINES[0]

    result = fold_places(["ledger", "a.jsonl"], Reading(base_dir=tmp_path, ledger=ledger), NOW)
    first, second = result.sources
    assert (first.kind, first.sha256, first.records, first.faulty) == (Kind.LEDGER, "", 0, 1)
    assert str(first.faults[0]).startswith("ledger: found ledger ledger.db: not there yet; ")
    assert second.records == len(LINES)


@pytest.mark.parametrize("make_it", [Path.mkdir, os.mkfifo], ids=["directory", "pipe"])
def test_source_that_is_no_file_has_no_digest(tmp_path: Path, make_it: Callable[[Path], None]) -> None:
    make_it(tmp_path / "a.jsonl")
    (read,) = folded(tmp_path, "a.jsonl").sources
    assert (read.sha256, read.size_bytes, read.records, read.faulty) == ("", 0, 0, 1)
    assert read.faults[0].wanted == "a regular file"


def test_faults_of_a_source_are_counted_beyond_those_listed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"[" + b",".join([b"1"] * 500) + b"]")
    (read,) = folded(tmp_path, "a.json").sources
    assert (read.faulty, len(read.faults), read.faults[0].number) == (500, KEPT_FAULTS, 1)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("change", ["edited", "cut short", "removed"])
def test_file_that_changes_while_it_is_read_has_no_digest(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.jsonl"
    written(path, LINES)

    def act() -> None:
        if change == "removed":
            path.unlink()
        elif change == "cut short":
            os.truncate(path, 1_000)
        else:
            path.write_bytes(path.read_bytes().replace(b"slack", b"teams"))
            os.utime(path, (1, 1))

    result = meanwhile(tmp_path, act, "a.jsonl")
    assert result.sources[0].sha256 == ""
    assert result.sources[0].faults[0].found == "a file that was changed while it was read"
    assert "a file that was changed while it was read" in [fault.found for fault in result.folded.faults]


@pytest.mark.usefixtures("eager")
def test_file_that_grows_while_it_is_read_counts_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    content = written(path, LINES)

    def grow() -> None:
        with path.open("ab") as file:
            file.write(b"{broken\n")

    (read, _) = meanwhile(tmp_path, grow, "a.jsonl").sources
    assert read == SourceRead("a.jsonl", Kind.LINES, hashlib.sha256(content).hexdigest(), len(content), len(LINES))


def test_file_that_is_gone_before_it_is_read_is_a_fault(tmp_path: Path) -> None:
    gone = Share(Source(str(tmp_path / "a.jsonl"), "a.jsonl", Kind.LINES), 1_000_000)
    _, (read,) = fold_in_processes([gone], Reading(), NOW, 2)
    assert [str(fault) for fault in read.faults] == ["a.jsonl: found no such file, wanted a regular file"]


@pytest.mark.usefixtures("eager")
def test_killed_process_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", LINES)

    def kill() -> None:
        for child in multiprocessing.active_children():
            assert child.pid
            os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(RecordsNotFolded, match=r"killed before it was done; .* run again with more, or with fewer"):
        meanwhile(tmp_path, kill, "a.jsonl", *["a.jsonl"] * 200)
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("eager")
def test_interruption_ends_all_processes_at_once(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", LINES)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        meanwhile(tmp_path, interrupt, "a.jsonl")
    assert not multiprocessing.active_children()


def test_small_fold_starts_and_imports_nothing_for_processes(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", LINES)
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from reporter.collect.records import Reading; from reporter.jobs.folding import fold_places\n"
        "done = fold_places(['a.jsonl'], Reading(Path(sys.argv[1])), datetime(2026, 7, 1, tzinfo=UTC), processes=2)\n"
        "print(done.sources[0].records, 'reporter.jobs.folding.pool' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(LINES)} False\n"


def test_reading_stops_after_so_many_faults_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.jobs.folding.shares.MOST_FAULTS", 1_000)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"1\n" * 1_000_000))
    (tmp_path / "b.jsonl").write_bytes(LINES[0])
    (read, other) = folded(tmp_path, "a.jsonl.gz", "b.jsonl").sources
    assert 1_000 < read.faulty < 1_000_000
    assert read.faults[-1].found.endswith("faults or more; nothing after them was read")
    assert (other.records, other.faulty) == (1, 0)
