"""Jobs around the ledger, where the command line cannot show what happens."""

from pathlib import Path

import pytest

from collect.tls_server import Answers, make_authorities, serving
from reporter.model.raw_records import RecordFault
from reporter.record_jobs import import_records
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
        faults: list[RecordFault] = []
        (done,) = import_records(settings, [], faults.append)
        assert (done.source, done.appended.added, faults) == ("evidence", 1, [])
        assert [one.authorization for one in server.seen] == [f"Bearer {TOKEN}"]
        # What an address says may change at any time: it is asked again.
        (again,) = import_records(settings, [], faults.append)
        assert (again.unchanged, again.appended.repeated) == (False, 1)


def test_file_that_vanishes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"session_id": "a"}\nbroken\n')
    (tmp_path / "reporter.toml").write_text('environments.pilot.records = ["a.jsonl"]\n', encoding="utf-8")
    settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    (done,) = import_records(settings, [], lambda _: path.unlink())
    assert done.appended[:4] == (1, 0, 0, 1)
    path.write_bytes(b'{"session_id": "a"}\n')
    (again,) = import_records(settings, [], lambda _: None)
    assert (again.unchanged, again.appended.repeated) == (False, 1)


def test_file_is_read_again_when_it_was_edited(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"items": [{"session_id": "a"}]}')
    (tmp_path / "reporter.toml").write_text('environments.pilot.records = ["a.json"]\n', encoding="utf-8")
    settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    outcomes = [next(import_records(settings, [], lambda _: None)) for _ in range(2)]
    path.write_bytes(b'{"items": [{"session_id": "a"}, {"session_id": "b"}]}')
    outcomes.append(next(import_records(settings, [], lambda _: None)))
    assert [(one.unchanged, *one.appended[:2]) for one in outcomes] == [(False, 1, 0), (True, 0, 0), (False, 1, 1)]
