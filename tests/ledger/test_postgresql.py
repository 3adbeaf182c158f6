"""What only a PostgreSQL server can say."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from ledger.entries import raw
from reporter.errors import LedgerUnusable
from reporter.ledger import open_ledger
from worlds import reporter


def test_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnusable, match="no connection; see to the server"):
        open_ledger(f"postgresql+psycopg://ledger@/x?host={tmp_path}", password="p")  # noqa: S106 - of this test


def test_database_that_is_not_there_is_said(postgresql: str) -> None:
    with pytest.raises(LedgerUnusable, match="no connection"):
        open_ledger(postgresql.format("absent"))


def test_empty_database_holds_no_ledger(postgresql_address: str) -> None:
    with pytest.raises(LedgerUnusable, match="holds no ledger"):
        open_ledger(postgresql_address, write=False)


def test_ids_sort_by_code_point(postgresql_address: str) -> None:
    from reporter.ledger import newest_rows  # noqa: PLC0415 - beside its use

    with open_ledger(postgresql_address) as ledger:
        ledger.append(b'{"session_id": "%s"}' % name for name in (b"b", b"B", b"a", b"_", b"A-1"))
        assert [row.record_id for row in newest_rows(ledger)] == ["A-1", "B", "_", "a", "b"]


def test_without_psycopg_the_extra_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from reporter.ledger import open_ledger\n"
        "from reporter.errors import LedgerUnusable\n"
        "try: open_ledger('postgresql+psycopg://ledger@/x')\n"
        "except LedgerUnusable as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "ledger (PostgreSQL): needs psycopg: install reporter[postgresql]\n"


def test_more_than_one_batch(postgresql_address: str) -> None:
    with open_ledger(postgresql_address) as ledger:
        assert ledger.append(raw(number) for number in range(10_050)).added == 10_050
        assert ledger.append(raw(number) for number in range(10_051))[:2] == (1, 10_050)


def test_password_of_the_ledger_comes_by_reference(tmp_path: Path, postgresql_address: str) -> None:
    (tmp_path / "reporter.toml").write_text(
        f'ledger = "{postgresql_address}"\nledger_password = "env:LEDGER_PASSWORD"\n', encoding="utf-8"
    )
    (tmp_path / "a.jsonl").write_bytes(b"".join(raw(number) + b"\n" for number in range(5)))
    missing = reporter("records", "import", "a.jsonl", cwd=tmp_path)
    assert (missing.returncode, "LEDGER_PASSWORD is not set" in missing.stderr) == (2, True)
    done = reporter("records", "import", "a.jsonl", cwd=tmp_path, env={"LEDGER_PASSWORD": "p"})
    assert done.stdout == "a.jsonl  5 added, 0 there already\n", done.stderr
    shown = reporter("settings", "check", cwd=tmp_path).stdout
    assert 'ledger_password = "<secret>"' in shown


def test_tables_of_another_kind_are_said(postgresql_address: str) -> None:
    engine = create_engine(postgresql_address, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE head (x INTEGER)")
        connection.commit()
    with pytest.raises(LedgerUnusable, match="a table `head` that is not ours; name another database"):
        open_ledger(postgresql_address)
