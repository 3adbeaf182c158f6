"""Appending and reading, in SQLite and in PostgreSQL alike."""

import hashlib
import json
import multiprocessing
import random
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ledger.entries import item, path_of, raw, tamper
from reporter.errors import LedgerUnusable
from reporter.ledger import GENESIS, Entry, Head, Ledger, Row, open_ledger, own_key, verify_ledger
from reporter.ledger import database as database_module
from reporter.ledger import store as store_module
from reporter.ledger.chain import hash_of
from reporter.ledger.schema import head, source_state
from reporter.model.raw_records import RawRecord, RecordFault


def test_rows_are_numbered_without_gaps_and_chained(address: str) -> None:
    with open_ledger(address) as ledger:
        assert ledger.head() == Head(0, GENESIS)
        assert ledger.append(raw(number) for number in range(25))[:4] == (25, 0, 0, 0)
        rows = list(ledger.read())
        assert [row.sequence for row in rows] == list(range(1, 26))
        assert [row.previous_hash for row in rows] == [GENESIS, *(row.hash for row in rows[:-1])]
        assert ledger.head() == Head(25, rows[-1].hash)
        assert verify_ledger(ledger, ledger.head()) == []
        assert str(ledger.head()) == f"25:{rows[-1].hash}"


def test_row_holds_the_exact_text_and_the_envelope(address: str) -> None:
    text = b'  {"session_id": "a",\n "signer": "\\u00fc", "decision_count": 3, "x": 1.50}\n'
    with open_ledger(address) as ledger:
        ledger.append([text])
        (row,) = ledger.read()
    assert row[:8] == (1, "a", None, None, "ü", 3, None, None)
    assert row.payload == text.strip().decode()
    assert row.payload_sha256 == hashlib.sha256(text.strip()).hexdigest()


def test_hash_can_be_computed_with_any_json_library(address: str) -> None:
    with open_ledger(address) as ledger:
        ledger.append([raw(1, signer='tab\t, quote", \x7f, ü, \u2028, 😀, \\')])
        (row,) = ledger.read()
    covered = [row.previous_hash, *row[:8], row.payload_sha256, row.idempotency_key]
    text = json.dumps(covered, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == row.hash


@given(signer=st.text(st.characters(exclude_categories=["Cs"])), count=st.integers(-(2**63) + 1, 2**63 - 1))
def test_hash_is_over_rfc_8785_json(signer: str, count: int) -> None:
    row = Row(1, "a", None, "", signer, count, None, None, "{}", "d", "k", GENESIS, "")
    text = json.dumps([GENESIS, *row[:8], "d", "k"], ensure_ascii=False, separators=(",", ":"))
    assert hash_of(row) == hashlib.sha256(text.encode()).hexdigest()


def test_the_same_record_again_is_not_added(address: str) -> None:
    with open_ledger(address) as ledger:
        first = ledger.append([raw(1), raw(1), raw(2)])
        rewritten = json.dumps(dict(reversed(item(2).items())), indent=2).encode()
        assert first[:4] == (2, 1, 0, 0)
        assert ledger.append([raw(1), rewritten, raw(3)])[:4] == (1, 2, 0, 0)
        assert ledger.append([raw(1)])[:4] == (0, 1, 0, 0)
        assert [row.record_id for row in ledger.read()] == ["s-00001", "s-00002", "s-00003"]


def test_the_same_id_with_other_content_is_added_and_reported(address: str) -> None:
    with open_ledger(address) as ledger:
        ledger.append([raw(1), raw(2)])
        appended = ledger.append([raw(1, signer="x"), raw(3), raw(3, signer="y")])
        assert appended[:5] == (3, 0, 2, 0, ("s-00001", "s-00003"))
        assert ledger.append([raw(1)])[:4] == (0, 1, 0, 0)


def test_key_of_its_own_keeps_a_second_intent_out(address: str) -> None:
    with open_ledger(address) as ledger:
        assert ledger.append([Entry(raw(1), "send-1"), Entry(raw(2), "send-1")])[:2] == (1, 1)
        assert ledger.append([Entry(raw(3), "send-1"), Entry(raw(4))])[:2] == (1, 1)
        assert next(ledger.read()).idempotency_key == "send-1"


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (b"{", "text that is not JSON"),
        (b"[]", "a value that is no object"),
        (b'{"session_id": "\xff"}', "bytes that are not UTF-8"),
        (b'{"session_id": "a", "x": 1e999}', "a number out of range"),
        (b'{"session_id": "a", "x": ' + b"[" * 9_000 + b"]" * 9_000 + b"}", "text that is not JSON"),
        (b"{}", "session_id: nothing"),
        (b'{"session_id": ""}', "session_id: nothing"),
        (b'{"session_id": " "}', "session_id: something else"),
        (b'{"session_id": 5}', "session_id: something else"),
        (b'{"session_id": "a\\u0000"}', "session_id: something else"),
        (b'{"session_id": "%s"}' % (b"x" * 513), "session_id: something else"),
        (b'{"session_id": "a", "signer": 1}', "signer: something else"),
        (b'{"session_id": "a", "signer": "\\u0000"}', "signer: something else"),
        (b'{"session_id": "a", "decision_count": true}', "decision_count: something else"),
        (b'{"session_id": "a", "blocked_count": 1.5}', "blocked_count: something else"),
        (b'{"session_id": "a", "blocked_count": 9223372036854775808}', "blocked_count: something else"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:40].decode("latin-1"),
)
def test_record_that_cannot_be_kept_is_a_fault_and_the_rest_counts(tmp_path: Path, record: bytes, found: str) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        given = [RawRecord(raw(1), "a.jsonl", 1), RawRecord(record, "a.jsonl", 2), RawRecord(raw(2), "a.jsonl", 3)]
        appended = ledger.append(given)
        assert appended[:4] == (2, 0, 0, 1)
        assert [(fault.where, fault.found) for fault in appended.faults] == [("a.jsonl: line 2", found)]


def test_large_numbers_and_hidden_characters_inside_are_kept(address: str) -> None:
    with open_ledger(address) as ledger:
        text = b'{"session_id": "a", "x": 123456789012345678901234567890, "y": "\\u0000"}'
        assert ledger.append([text]).added == 1
        assert next(ledger.read()).payload == text.decode()


def test_faults_of_the_source_are_passed_on(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        fault = RecordFault("a.jsonl", 1, "x", "y")
        assert ledger.append([fault] * 2_500)[3:] == (2_500, (), (fault,) * 1_000)


def test_reading_starts_anywhere_and_may_ask_for_kinds(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "ROWS_AT_ONCE", 4)
    with open_ledger(address) as ledger:
        ledger.append(raw(number) for number in range(30))
        assert [row.sequence for row in ledger.read(after=20)] == list(range(21, 31))
        assert [row.decision_count for row in ledger.read(kinds=["kind-1"])] == list(range(1, 30, 3))
        assert list(ledger.read(after=30)) == []
        assert list(ledger.read(kinds=[])) == []


def test_what_is_appended_while_reading_is_left_for_the_next_time(address: str) -> None:
    with open_ledger(address) as ledger:
        ledger.append([raw(1), raw(2)])
        rows = ledger.read()
        next(rows)
        ledger.append([raw(3)])
        assert [row.sequence for row in rows] == [2]


def test_states_of_all_sources_are_listed_by_alias(address: str) -> None:
    with open_ledger(address) as ledger:
        ledger.note_source("1", "b", "one")
        ledger.note_source("2", "a", "two")
        assert ledger.source_states() == [("a", "two"), ("b", "one")]


def test_source_state_is_kept_and_replaced(address: str) -> None:
    with open_ledger(address) as ledger:
        assert ledger.source_state("key") is None
        ledger.note_source("key", "a.jsonl", "one")
        ledger.note_source("key", "a.jsonl", "two")
        assert ledger.source_state("key") == "two"


def run_statement(address: str, statement: str) -> None:
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
        connection.commit()


def test_database_itself_refuses_to_change_what_is_written(address: str) -> None:
    with open_ledger(address) as ledger:
        ledger.append([raw(1), raw(2)])
        for statement in (
            "UPDATE record SET signer = 'x' WHERE sequence = 1",
            "DELETE FROM record WHERE sequence = 2",
            "DELETE FROM head",
            "UPDATE head SET sequence = 1",
        ):
            with pytest.raises(DBAPIError, match="append-only"):
                run_statement(address, statement)
        assert verify_ledger(ledger) == []


RECORDS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "b"])), max_size=20)


@given(records=RECORDS, cut=st.integers(0, 20), seed=st.randoms(use_true_random=False))
def test_order_repetition_and_shards_give_the_same_set(
    records: list[tuple[int, str]], cut: int, seed: random.Random
) -> None:
    given = [raw(number, signer=signer) for number, signer in records]
    shuffled = seed.sample(given + given, len(given) * 2)
    with tempfile.TemporaryDirectory() as folder:
        sets = []
        for name, shards in (("one", [given]), ("two", [shuffled[:cut], shuffled[cut:]])):
            with open_ledger(f"sqlite:///{folder}/{name}.db") as ledger:
                for shard in shards:
                    ledger.append(shard)
                sets.append({row.payload for row in ledger.read()})
                assert ledger.head().sequence == len(sets[-1])
                assert verify_ledger(ledger, ledger.head()) == []
    assert sets[0] == sets[1] == {one.decode() for one in given}


def _append(address: str, start: int, added: "multiprocessing.Queue[int]") -> None:
    total = 0
    with open_ledger(address) as ledger:
        for first in range(start, start + 400, 20):
            total += ledger.append(raw(number) for number in range(first, first + 20)).added
    added.put(total)


def test_two_writers_at_once_lose_nothing(address: str) -> None:
    context = multiprocessing.get_context("spawn")
    added: multiprocessing.Queue[int] = context.Queue()
    # They also create the ledger at once, and half of what they write is the same.
    writers = [context.Process(target=_append, args=(address, start, added)) for start in (0, 200)]
    for writer in writers:
        writer.start()
    total = added.get(timeout=60) + added.get(timeout=60)
    for writer in writers:
        writer.join()
    with open_ledger(address, write=False) as ledger:
        assert total == ledger.head().sequence == 600
        assert {row.record_id for row in ledger.read()} == {f"s-{number:05}" for number in range(600)}
        assert verify_ledger(ledger, ledger.head()) == []


def test_failed_transaction_leaves_nothing_behind(address: str) -> None:
    with open_ledger(address) as ledger:
        with pytest.raises(KeyboardInterrupt):
            interrupt_while_writing(ledger)
        assert ledger.source_state("key") is None
        assert ledger.append([raw(2)]).added == 1


def interrupt_while_writing(ledger: Ledger) -> None:
    with ledger.database.transaction(write=True) as connection:
        connection.execute(insert(source_state), {"source": "key", "alias": "a", "state": "s"})
        raise KeyboardInterrupt


def test_ledger_whose_tail_is_cut_off_takes_no_more(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(address) as ledger:
        ledger.append([raw(1), raw(2)])
    tamper(path_of(address), "DELETE FROM record WHERE sequence = 2")
    with open_ledger(address) as ledger, pytest.raises(LedgerUnusable, match="its last row is not its head"):
        ledger.append([raw(3)])


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "found another address"),
        ("nonsense", "found another address"),
        ("sqlite://", "found another address"),
        ("mysql://host/db", "found another address"),
        ("postgresql+psycopg://me:hunter2@host/db", r"a password \(not shown\)"),
    ],
)
def test_address_that_is_none_is_refused_without_repeating_it(address: str, message: str) -> None:
    with pytest.raises(LedgerUnusable, match=message) as refused:
        open_ledger(address)
    assert "hunter2" not in str(refused.value)
    assert "host" not in str(refused.value).replace("USER@HOST", "")


def test_relative_path_starts_from_the_settings(tmp_path: Path) -> None:
    with open_ledger("sqlite:///state/ledger.db", tmp_path) as ledger:
        assert ledger.name == "ledger ledger.db"
    assert (tmp_path / "state" / "ledger.db").is_file()


def make_missing(path: Path) -> None:
    path.unlink()


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


def make_text(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def drop_head(path: Path) -> None:
    tamper(path, "DELETE FROM head")


def make_newer(path: Path) -> None:
    tamper(path, "UPDATE head SET schema_version = 99")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (make_missing, "not there yet; `reporter records import` makes it"),
        (make_empty, "empty, as when a full disk cut its making off; whatever writes to it next makes it"),
        (make_text, "not an SQLite database"),
        (make_directory, "not a regular file"),
        (drop_head, "its head is missing"),
        (make_newer, "has version 99 of the schema, wanted 1"),
    ],
)
def test_unusable_ledger_is_said_with_what_to_do(tmp_path: Path, spoil: "object", message: str) -> None:
    address = f"sqlite:///{tmp_path}/ledger.db"
    open_ledger(address).close()
    assert callable(spoil)
    spoil(path_of(address))
    with pytest.raises(LedgerUnusable, match=message) as refused:
        open_ledger(address, write=False)
    assert str(tmp_path) not in str(refused.value)


def test_database_of_somebody_else_is_left_alone(address: str) -> None:
    if address.startswith("sqlite"):
        path_of(address).parent.mkdir()
    run_statement(address, "CREATE TABLE record (x INTEGER)")
    with pytest.raises(LedgerUnusable, match="a table `record` that is not ours"):
        open_ledger(address)


def test_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerUnusable, match="its directory cannot be made: "):
        open_ledger(f"sqlite:///{tmp_path}/file/state/ledger.db")


def test_locked_ledger_is_said(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.3)
    with open_ledger(address) as holder, open_ledger(address) as waiting:
        entered, done = threading.Event(), threading.Event()

        def hold() -> None:
            with holder.database.transaction(write=True) as connection:
                connection.execute(select(head).with_for_update())
                entered.set()
                done.wait(20)

        thread = threading.Thread(target=hold)
        thread.start()
        entered.wait(20)
        try:
            with pytest.raises(LedgerUnusable, match="locked for more than"):
                waiting.append([raw(1)])
        finally:
            done.set()
            thread.join()
        assert waiting.append([raw(1)]).added == 1


def test_reading_never_writes(address: str) -> None:
    open_ledger(address).close()
    with open_ledger(address, write=False) as ledger, pytest.raises(LedgerUnusable, match="cannot be written"):
        ledger.append([raw(1)])


def test_own_records_of_one_environment_are_found_alone(address: str) -> None:
    entries = [
        Entry(raw(number, environment=environment), own_key(environment, f"s-{number}"))
        for number, environment in enumerate(["a", "b", "a.b", "a", "a-b", "ab"])
    ]
    with open_ledger(address) as ledger:
        ledger.append([raw(9), *entries])
        ledger.append(entries)
        assert [row.record_id for row in ledger.read_own("a")] == ["s-00000", "s-00003"]
        assert [row.sequence for row in ledger.read_own("a-b")] == [6]
        assert ledger.read_own("c") == []


def test_own_records_are_found_by_the_index(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger, ledger.database.transaction() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM record WHERE idempotency_key >= 'own:a:' AND idempotency_key < 'own:a;'"
        ).fetchall()
    assert "USING INDEX record_by_key" in str(plan)
