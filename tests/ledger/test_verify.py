"""Whatever is done to the file behind our back is found and named."""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from ledger.entries import path_of, raw, tamper
from reporter.errors import LedgerUnusable
from reporter.ledger import (
    GENESIS,
    Format,
    Head,
    LedgerFault,
    Row,
    export_ledger,
    open_ledger,
    read_own_verified,
    read_verified,
    verify_ledger,
)
from reporter.ledger import verify as verify_module
from reporter.ledger.chain import hash_of

ROWS = 12


@pytest.fixture(scope="module")
def whole() -> "list[object]":
    """Write a ledger once; tests copy it."""
    folder = Path(tempfile.mkdtemp())
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        ledger.append(raw(number) for number in range(1, ROWS + 1))
        head = ledger.head()
    with contextlib.closing(sqlite3.connect(folder / "ledger.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return [folder / "ledger.db", head]


@pytest.fixture
def path(whole: "list[Path]", tmp_path: Path) -> Path:
    return Path(shutil.copy(whole[0], tmp_path / "ledger.db"))


@pytest.fixture
def head(whole: "list[Head]") -> Head:
    return whole[1]


def verify(path: Path, expected: Head | None = None) -> list[tuple[str, int | None]]:
    with open_ledger(f"sqlite:///{path}", write=False) as ledger:
        return [(fault.code, fault.sequence) for fault in verify_ledger(ledger, expected)]


def test_whole_ledger_holds(path: Path, head: Head) -> None:
    assert verify(path, head) == []
    assert verify(path, Head(0, GENESIS)) == []


SWAP = (
    "UPDATE record SET sequence = -1 WHERE sequence = 5",
    "UPDATE record SET sequence = 5 WHERE sequence = 8",
    "UPDATE record SET sequence = 8 WHERE sequence = -1",
)


INSERT = """INSERT INTO record SELECT 13, record_id, kind, created_at, signer, 0, 0, 0, payload, payload_sha256, 'k',
    hash, 'x' FROM record WHERE sequence = 12"""
TYPE = "UPDATE record SET signer = CAST(signer AS BLOB) WHERE sequence = 3"
HASH = "UPDATE record SET hash = 'x' WHERE sequence = 3"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(["UPDATE record SET payload = '{}' WHERE sequence = 3"], [("edited", 3)], id="payload"),
        pytest.param(["UPDATE record SET signer = NULL WHERE sequence = 3"], [("edited", 3)], id="signer"),
        pytest.param([TYPE], [("edited", 3)], id="type"),
        pytest.param([HASH], [("rewritten", 4), ("edited", 3)], id="hash"),
        pytest.param(
            [f"UPDATE record SET previous_hash = '{GENESIS}' WHERE sequence = 3"], [("edited", 3)], id="previous"
        ),
        pytest.param(["DELETE FROM record WHERE sequence BETWEEN 3 AND 4"], [("gap", 3)], id="gap"),
        pytest.param(["DELETE FROM record WHERE sequence = 1"], [("gap", 1)], id="first row"),
        pytest.param(SWAP, [("rewritten", 6), ("rewritten", 9), ("moved", 5), ("moved", 8)], id="swap"),
        pytest.param(["DELETE FROM record WHERE sequence > 10"], [("truncated", 11)], id="tail"),
        pytest.param(["DELETE FROM record"], [("truncated", 1)], id="all"),
        pytest.param(["UPDATE head SET sequence = 10"], [("beyond_head", 11), ("head", 10)], id="head moved back"),
        pytest.param(["UPDATE head SET hash = 'x'"], [("head", 12)], id="head's hash"),
        pytest.param(
            [INSERT],
            [("beyond_head", 13)],
            id="row after the head",
        ),
        pytest.param(
            ["UPDATE record SET sequence = 0 WHERE sequence = 12"], [("truncated", 12), ("edited", 0)],
            id="number zero",
        ),
    ],
)  # fmt: skip
def test_tampering_is_found_and_named(path: Path, statements: list[str], expected: list[tuple[str, int]]) -> None:
    tamper(path, *statements)
    assert verify(path) == expected


def test_row_with_a_fresh_hash_breaks_the_chain_behind_it(path: Path) -> None:
    with open_ledger(f"sqlite:///{path}", write=False) as ledger:
        row = list(ledger.read())[4]
    forged = row._replace(signer="somebody")
    tamper(path, f"UPDATE record SET signer = 'somebody', hash = '{hash_of(forged)}' WHERE sequence = 5")
    assert verify(path) == [("rewritten", 6)]


def test_chain_that_was_rewritten_to_its_end_shows_only_against_a_noted_head(path: Path, head: Head) -> None:
    statements, previous = [], GENESIS
    with open_ledger(f"sqlite:///{path}", write=False) as ledger:
        for row in ledger.read():
            forged = row._replace(previous_hash=previous, signer="somebody")
            previous = hash_of(forged)
            statements.append(
                f"UPDATE record SET signer = 'somebody', previous_hash = '{forged.previous_hash}', hash = '{previous}'"
                f" WHERE sequence = {row.sequence}"
            )
    tamper(path, *statements, f"UPDATE head SET hash = '{previous}'")
    assert verify(path) == []
    assert verify(path, head) == [("head", ROWS)]


def test_tail_cut_off_with_the_head_shows_only_against_a_noted_head(path: Path, head: Head) -> None:
    tamper(
        path,
        "DELETE FROM record WHERE sequence > 10",
        "UPDATE head SET sequence = 10, hash = (SELECT hash FROM record WHERE sequence = 10)",
    )
    assert verify(path) == []
    assert verify(path, head) == [("truncated", 11)]


COLUMNS = [name for name in Row._fields if name != "sequence"]


@given(data=st.data())
def test_any_single_change_to_the_rows_is_found(whole: "list[Path]", data: st.DataObject) -> None:
    row = data.draw(st.integers(1, ROWS))
    other = data.draw(st.integers(1, ROWS).filter(lambda number: number != row))
    column = data.draw(st.sampled_from(COLUMNS))
    statements = data.draw(
        st.sampled_from(
            [
                [f"UPDATE record SET {column} = ifnull({column}, '') || 'x' WHERE sequence = {row}"],
                [f"UPDATE record SET {column} = CAST(ifnull({column}, 'x') AS BLOB) WHERE sequence = {row}"],
                [f"DELETE FROM record WHERE sequence = {row}"],
                [f"DELETE FROM record WHERE sequence >= {row}"],
                [
                    f"UPDATE record SET sequence = -1 WHERE sequence = {row}",
                    f"UPDATE record SET sequence = {row} WHERE sequence = {other}",
                    f"UPDATE record SET sequence = {other} WHERE sequence = -1",
                ],
            ]
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(whole[0], Path(folder, "ledger.db")))
        tamper(path, *statements)
        assert verify(path) != []


@given(cut=st.integers(1, 40_000), data=st.data())
def test_file_that_is_cut_off_or_overwritten_never_verifies(whole: "list[Path]", cut: int, data: st.DataObject) -> None:
    content = bytearray(whole[0].read_bytes())
    page = data.draw(st.integers(1, len(content) // 4_096 - 1))
    if data.draw(st.booleans()):
        content = content[: max(len(content) - cut, 0)]
    else:
        content[page * 4_096 : page * 4_096 + 4_096] = os.urandom(4_096)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.db")
        path.write_bytes(content)
        try:
            faults = verify(path)
        except LedgerUnusable:
            return
        assert faults != []


def test_index_that_hides_rows_is_found(path: Path) -> None:
    tamper(
        path,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE UNIQUE INDEX record_by_key ON record (idempotency_key) WHERE 0'"
        " WHERE name = 'record_by_key'",
    )
    assert [code for code, _ in verify(path)] == ["index"]


def test_faults_beyond_what_anybody_reads_are_not_listed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_module, "MOST_FAULTS", 3)
    monkeypatch.setattr(verify_module, "MOST_MOVED", 5)
    tamper(path, "UPDATE record SET signer = 'x'")
    assert verify(path) == [("edited", 1), ("edited", 2), ("edited", 3)]


def test_tampering_in_postgresql_is_found(postgresql_address: str) -> None:
    with open_ledger(postgresql_address) as ledger:
        ledger.append(raw(number) for number in range(5))
        head = ledger.head()
        engine = create_engine(postgresql_address, poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE record DISABLE TRIGGER ALL")
            connection.exec_driver_sql("UPDATE record SET signer = 'x' WHERE sequence = 2")
            connection.exec_driver_sql("DELETE FROM record WHERE sequence = 5")
            connection.commit()
        faults = verify_ledger(ledger, head)
    assert [fault.code for fault in faults] == ["truncated", "truncated", "edited"]
    assert str(faults[-1]) == "edited: row 2 is not what was written"


def test_address_helper_gives_the_file() -> None:
    assert path_of("sqlite:///a/b.db") == Path("a/b.db")


DOUBLED = (
    "CREATE TABLE doubled AS SELECT * FROM record UNION ALL SELECT * FROM record WHERE sequence = 3",
    "DROP TABLE record",
    "ALTER TABLE doubled RENAME TO record",
)


def test_rows_that_lead_in_circles_end_the_reading(path: Path, tmp_path: Path) -> None:
    tamper(path, *DOUBLED)
    assert verify(path) == [("unreadable", 4)]
    with open_ledger(f"sqlite:///{path}", write=False) as ledger:
        with pytest.raises(LedgerUnusable, match="damaged; restore its latest backup"):
            list(ledger.read())
        with pytest.raises(LedgerUnusable, match="damaged; restore its latest backup"):
            export_ledger(ledger, Format.JSON, tmp_path / "out")


def place(path: Path, sequence: int) -> Head:
    """Give the head that the ledger had after some row."""
    with open_ledger(f"sqlite:///{path}", write=False) as ledger:
        return next((Head(sequence, row.hash) for row in ledger.read() if row.sequence == sequence), Head(0, GENESIS))


@pytest.mark.parametrize(
    ("statements", "sequence", "expected"),
    [
        pytest.param([], 0, [], id="whole, from the start"),
        pytest.param([], 1, [], id="whole, from the first row"),
        pytest.param([], 7, [], id="whole, from a row"),
        pytest.param([], ROWS, [], id="whole, from the last row"),
        pytest.param(["UPDATE record SET signer = 'x' WHERE sequence = 3"], 7, [], id="edited before"),
        pytest.param(["UPDATE record SET signer = 'x' WHERE sequence = 3"], 0, [("edited", 3)], id="edited"),
        pytest.param(["UPDATE record SET signer = 'x' WHERE sequence = 9"], 7, [("edited", 9)], id="edited after"),
        pytest.param(["DELETE FROM record WHERE sequence = 9"], 7, [("gap", 9)], id="gap"),
        pytest.param(["DELETE FROM record WHERE sequence = 7"], 7, [("gap", 7), ("head", 7)], id="the row is gone"),
        pytest.param(["DELETE FROM record WHERE sequence > 9"], 7, [("truncated", 10)], id="cut off"),
        pytest.param(
            ["DELETE FROM record WHERE sequence > 6"], 7, [("truncated", 7), ("truncated", 7)], id="cut off before"
        ),
        pytest.param(
            ["DELETE FROM record WHERE sequence > 6", "UPDATE head SET sequence = 6"], 7, [("truncated", 7)], id="ends"
        ),
        pytest.param([INSERT], 7, [("beyond_head", 13)], id="beyond"),
    ],
)
def test_rows_since_a_head_that_was_noted_are_checked(
    path: Path, statements: list[str], sequence: int, expected: list[tuple[str, int]]
) -> None:
    noted = place(path, sequence)
    tamper(path, *statements)
    with open_ledger(f"sqlite:///{path}", write=False) as ledger:
        rows, faults = read_own_verified(ledger, "pilot", noted)
    assert [(one.code, one.sequence) for one in faults] == expected
    assert rows == []


def test_rows_are_read_with_what_is_wrong_with_them_at_the_end(path: Path) -> None:
    tamper(path, "UPDATE record SET signer = 'x' WHERE sequence = 3", "DELETE FROM record WHERE sequence = 9")
    with open_ledger(f"sqlite:///{path}", write=False) as ledger:
        parts = list(read_verified(ledger))
    assert [one.sequence for one in parts if isinstance(one, Row)] == [*range(1, 9), 10, 11, 12]
    assert [one.code for one in parts[11:] if isinstance(one, LedgerFault)] == ["gap", "edited"]
