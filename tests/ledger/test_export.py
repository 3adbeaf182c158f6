"""Upstream's formats: what was imported comes out again, equal."""

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ledger.entries import item, raw
from reporter.collect.records import open_source
from reporter.errors import UsageFault
from reporter.ledger import Format, export_ledger, newest_rows, open_ledger
from reporter.ledger import export as export_module
from reporter.ledger.export import INDEX

ITEMS = [
    item(number, delivery={"deliveries": [{"provider": "slack"}], "ünï": [1.50, None, True]}) for number in range(40)
]


def index_rows(path: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT * FROM evidence_metadata ORDER BY session_id").fetchall()


def write_index(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(INDEX)
        database.executemany(
            "INSERT INTO evidence_metadata VALUES (:session_id, :created_at, :signer, :decision_count, :blocked_count,"
            " :approval_required_count, :payload)",
            [{**one, "payload": json.dumps(one, indent=1)} for one in ITEMS],
        )
        database.commit()


def write_document(path: Path) -> None:
    path.write_text(json.dumps({"items": ITEMS}, indent=2), encoding="utf-8")


def write_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in ITEMS), encoding="utf-8")


WRITERS = {Format.SQLITE: write_index, Format.JSON: write_document, Format.JSONL: write_lines}


@pytest.mark.parametrize("source", list(Format))
@pytest.mark.parametrize("target", list(Format))
def test_import_and_export_are_equal(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Format, target: Format
) -> None:
    monkeypatch.setattr(export_module, "ROWS_AT_ONCE", 7)
    WRITERS[source](tmp_path / "in")
    with open_ledger(address) as ledger:
        assert ledger.append(open_source(str(tmp_path / "in")))[:4] == (40, 0, 0, 0)
        assert export_ledger(ledger, target, tmp_path / "out") == 40
        # What comes out may go in again, and adds nothing.
        assert ledger.append(open_source(str(tmp_path / "out")))[:4] == (0, 40, 0, 0)
    out = tmp_path / "out"
    match target:
        case Format.SQLITE:
            write_index(tmp_path / "wanted")
            assert [row[:6] for row in index_rows(out)] == [row[:6] for row in index_rows(tmp_path / "wanted")]
            assert [json.loads(row[6]) for row in index_rows(out)] == ITEMS
            if source is Format.SQLITE:
                assert index_rows(out) == index_rows(tmp_path / "in")
        case Format.JSON:
            assert json.loads(out.read_text(encoding="utf-8")) == {"items": ITEMS}
        case Format.JSONL:
            assert [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] == ITEMS
    assert list(tmp_path.glob("*.part")) == []


def test_newest_version_by_instant_is_exported_and_lines_keep_all(tmp_path: Path) -> None:
    versions = [
        raw(1, created_at="2026-06-11T10:00:00+02:00", signer="earlier"),
        raw(1, created_at="2026-06-11T09:00:00Z", signer="newest"),
        raw(1, created_at="not a time", signer="undated"),
        raw(1, created_at=None, signer="without"),
    ]
    for name, given in (("a", versions), ("b", versions[::-1])):
        with open_ledger(f"sqlite:///{tmp_path}/{name}.db") as ledger:
            ledger.append(given)
            assert [row.signer for row in newest_rows(ledger)] == ["newest"]
            assert export_ledger(ledger, Format.JSONL, tmp_path / f"{name}.jsonl") == 4
            assert export_ledger(ledger, Format.JSON, tmp_path / f"{name}.json") == 1


def test_versions_of_one_instant_give_the_same_in_any_order(tmp_path: Path) -> None:
    versions = [raw(1, signer="one"), raw(1, signer="two")]
    signers: set[str | None] = set()
    for name, given in (("a", versions), ("b", versions[::-1])):
        with open_ledger(f"sqlite:///{tmp_path}/{name}.db") as ledger:
            ledger.append(given)
            signers.update(row.signer for row in newest_rows(ledger))
    assert len(signers) == 1


@pytest.mark.parametrize("form", list(Format))
def test_empty_ledger_gives_an_empty_file(tmp_path: Path, form: Format) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        assert export_ledger(ledger, form, tmp_path / "out") == 0
    if form is Format.JSON:
        assert json.loads((tmp_path / "out").read_text(encoding="utf-8")) == {"items": []}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with (
        open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        pytest.raises(UsageFault, match="there already; nothing is overwritten"),
    ):
        export_ledger(ledger, Format.JSON, tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("form", list(Format))
def test_file_that_cannot_be_written_is_said(tmp_path: Path, form: Format) -> None:
    with (
        open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        pytest.raises(UsageFault, match="cannot be written: "),
    ):
        export_ledger(ledger, form, tmp_path / "absent" / "out")
