"""Jobs around the ledger, where the command line cannot show what happens."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from collect.tls_server import Answers, make_authorities, serving
from reporter.collect.records.source import checked
from reporter.jobs.records import import_records
from reporter.model.raw_records import RawRecord, RecordBatch, RecordFault
from reporter.settings import load_settings

TOKEN = "t0ken-that-nobody-may-see"  # noqa: S105 - of this test


def test_records_come_over_https_with_the_token_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorities = make_authorities(tmp_path)
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")

    def answer(handler: Answers) -> None:
        body = b'[{"session_id": "a"}]'
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    monkeypatch.setattr(Answers, "answer_evidence", answer, raising=False)
    with serving(authorities.trusted.issue_cert("localhost")) as server:
        (tmp_path / "reporter.toml").write_text(
            'https.ca_file = "ca.pem"\nhttps.tokens = { localhost = "file:token" }\n'
            f'environments.pilot.records = ["{server.url("/evidence")}"]\n',
            encoding="utf-8",
        )
        settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})
        (done,) = import_records(settings, [])
        assert (done.source, done.appended.added, done.faults) == ("https-1", 1, ())
        assert [one.authorization for one in server.seen] == [f"Bearer {TOKEN}"]
        # What an address says may change at any time: it is asked again.
        (again,) = import_records(settings, [])
        assert (again.unchanged, again.appended.repeated) == (False, 1)


def test_file_that_vanishes_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"session_id": "a"}\nbroken\n')
    (tmp_path / "reporter.toml").write_text('environments.pilot.records = ["a.jsonl"]\n', encoding="utf-8")
    settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})

    def vanishing(batches: Iterable[RecordBatch | RecordFault]) -> Iterator[RawRecord | RecordFault]:
        yield from checked(batches)
        path.unlink()

    with monkeypatch.context() as patch:
        patch.setattr("reporter.collect.records.source.checked", vanishing)
        (done,) = import_records(settings, [])
    assert done.appended[:4] == (1, 0, 0, 1)
    path.write_bytes(b'{"session_id": "a"}\n')
    (again,) = import_records(settings, [])
    assert (again.unchanged, again.appended.repeated) == (False, 1)


def test_file_is_read_again_when_it_was_edited(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"items": [{"session_id": "a"}]}')
    (tmp_path / "reporter.toml").write_text('environments.pilot.records = ["a.json"]\n', encoding="utf-8")
    settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    outcomes = [next(import_records(settings, [])) for _ in range(2)]
    path.write_bytes(b'{"items": [{"session_id": "a"}, {"session_id": "b"}]}')
    outcomes.append(next(import_records(settings, [])))
    assert [(one.unchanged, *one.appended[:2]) for one in outcomes] == [(False, 1, 0), (True, 0, 0), (False, 1, 1)]


def test_faults_of_a_file_are_told_each_time_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"session_id": "a"}\n{"created_at": "x"}\nbroken\n{"session_id": ""}\n')
    (tmp_path / "reporter.toml").write_text('environments.pilot.records = ["a.jsonl"]\n', encoding="utf-8")
    settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    first, again = (next(import_records(settings, [])) for _ in range(2))
    assert [(one.number, one.found) for one in first.faults] == [
        (2, "session_id: nothing"),
        (3, "not JSON: Expecting value at offset 0"),
        (4, "session_id: nothing"),
    ]
    assert (again.unchanged, again.faults, again.faulty) == (True, first.faults, 3)
    with path.open("ab") as file:
        file.write(b"broken too\n")
    (more,) = import_records(settings, [])
    assert (more.unreadable, [one.number for one in more.faults], more.faulty) == (False, [2, 3, 4, 5], 4)


def test_note_about_a_source_without_its_faults_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"session_id": "a"}\nbroken\n')
    (tmp_path / "reporter.toml").write_text('environments.pilot.records = ["a.jsonl"]\n', encoding="utf-8")
    settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    next(import_records(settings, []))
    with sqlite3.connect(tmp_path / "state" / "ledger.db") as database:
        ((state,),) = database.execute("SELECT state FROM source_state")
        database.execute("UPDATE source_state SET state = ?", (json.dumps(json.loads(state)[:2]),))
    database.close()
    (again,) = import_records(settings, [])
    assert (again.unchanged, again.faulty, again.faults) == (True, 1, ())


@pytest.mark.parametrize("content", [b"[]\n" * 2, b"\x1f\x8bno gzip", b'{"session_id": null}\n'])
def test_source_of_which_nothing_is_read_is_unreadable_however_often_it_is_tried(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    (tmp_path / "reporter.toml").write_text('environments.pilot.records = ["a.jsonl"]\n', encoding="utf-8")
    settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    for _ in range(2):
        (done,) = import_records(settings, [])
        assert (done.unreadable, done.unchanged, bool(done.faults)) == (True, False, True)
