"""`reporter records` as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.entries import raw, tamper
from worlds import reporter, reporter_here


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Write settings with two sources of records."""
    (tmp_path / "reporter.toml").write_text(
        '[environments.pilot]\nrecords = ["evidence/*.jsonl", "ledger"]\n', encoding="utf-8"
    )
    (tmp_path / "evidence").mkdir()
    write_lines(tmp_path / "evidence" / "a.jsonl", range(10))
    write_lines(tmp_path / "evidence" / "b.jsonl", range(5, 15))
    return tmp_path


def write_lines(path: Path, numbers: range) -> None:
    path.write_bytes(b"".join(raw(number) + b"\n" for number in numbers))


def test_sources_of_the_settings_are_imported_once(world: Path) -> None:
    first = reporter("records", "import", cwd=world)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "a.jsonl  10 added, 0 there already\nb.jsonl  5 added, 5 there already\n"
    again = reporter("records", "import", cwd=world)
    assert again.stdout == "a.jsonl  unchanged\nb.jsonl  unchanged\n"


def test_only_what_is_new_in_a_file_is_read(world: Path) -> None:
    reporter_here("records", "import", cwd=world)
    with (world / "evidence" / "a.jsonl").open("ab") as file:
        file.write(raw(20) + b"\nbroken\n" + raw(1, signer="x") + b"\n")
    done = reporter_here("records", "import", cwd=world)
    assert done.stdout.splitlines()[0] == (
        "a.jsonl  2 added, 0 there already, 1 of them with an id that was there with other content, 1 fault"
    )
    assert done.stderr == "a.jsonl: line 12: found not JSON: Expecting value at offset 0, wanted a JSON object\n"
    again = reporter_here("records", "import", cwd=world)
    assert again.stdout.splitlines()[0] == "a.jsonl  unchanged; 1 fault when it was read"
    assert (again.returncode, again.stderr) == (0, done.stderr)


def test_json_says_the_same(world: Path) -> None:
    (world / "evidence" / "b.jsonl").write_bytes(b"[]\n" * 25)
    done = reporter_here("records", "import", "--json", cwd=world)
    first, second = json.loads(done.stdout)["sources"]
    assert first == {
        "source": "a.jsonl", "unchanged": False, "added": 10, "repeated": 0, "changed": 0, "changed_ids": [],
        "faulty": 0, "faulty_before": 0, "unreadable": False, "faults": [],
    }  # fmt: skip
    assert second["faulty"] == 25
    assert second["faults"][0]["where"] == "b.jsonl: line 1"
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "b.jsonl: and 5 more"


def test_named_sources_start_from_the_current_directory(world: Path) -> None:
    done = reporter_here(
        "records",
        "import",
        "a.jsonl",
        "absent-*.jsonl",
        "none.jsonl",
        "--settings",
        "../reporter.toml",
        cwd=world / "evidence",
    )
    assert done.returncode == 2
    assert done.stdout.splitlines()[0] == "a.jsonl  10 added, 0 there already"
    assert done.stderr == (
        "absent-*.jsonl: found no file of this name, wanted one at least\n"
        "none.jsonl: found no such file, wanted a regular file\n"
    )
    assert (world / "state" / "ledger.db").is_file()


def test_another_ledger_is_a_source(world: Path, tmp_path: Path) -> None:
    reporter_here("records", "import", cwd=world)
    (world / "second.toml").write_text('ledger = "sqlite:///second.db"\n', encoding="utf-8")
    done = reporter_here("records", "import", "sqlite:///state/ledger.db", "--settings", "second.toml", cwd=world)
    assert done.stdout == "ledger  15 added, 0 there already\n"
    assert tmp_path.name not in done.stdout


def test_without_a_source_the_settings_key_is_named(tmp_path: Path) -> None:
    done = reporter_here("records", "import", cwd=tmp_path)
    assert (done.returncode, "environments.NAME.records" in done.stderr) == (2, True)


def test_remarks_on_the_settings_are_printed(world: Path) -> None:
    done = reporter_here("records", "import", cwd=world, env={"CAVRA_GO_BACKEND_MODE": "promoted"})
    assert done.stderr.startswith("ignored: CAVRA_GO_BACKEND_MODE")


@pytest.mark.parametrize("form", ["jsonl", "json", "sqlite"])
def test_export_writes_a_file_that_can_be_imported(world: Path, form: str) -> None:
    reporter_here("records", "import", cwd=world)
    done = reporter_here("records", "export", "--format", form, "out", cwd=world)
    assert (done.returncode, done.stdout) == (0, "out  15 records\n")
    assert reporter_here("records", "import", "out", cwd=world).stdout == "out  0 added, 15 there already\n"
    assert reporter_here("records", "export", "--format", form, "out", cwd=world).returncode == 2


def test_verify_passes_on_what_was_written_and_prints_the_head(world: Path) -> None:
    reporter_here("records", "import", cwd=world)
    done = reporter_here("records", "verify", cwd=world)
    assert done.returncode == 0
    head = done.stdout.split()[-1]
    assert reporter_here("records", "verify", "--expect", head, cwd=world).returncode == 0
    document = json.loads(reporter_here("records", "verify", "--json", cwd=world).stdout)
    assert document == {
        "result": "passed",
        "head": {"sequence": 15, "hash": head.partition(":")[2]},
        "failures": [],
    }


def test_verify_names_what_is_wrong_and_exits_5(world: Path) -> None:
    reporter_here("records", "import", cwd=world)
    tamper(world / "state" / "ledger.db", "UPDATE record SET signer = 'x' WHERE sequence = 3")
    done = reporter_here("records", "verify", cwd=world)
    assert done.returncode == 5
    assert done.stdout.startswith("FAILED  edited: row 3 is not what was written\nFAILED  head 15:")
    document = json.loads(reporter_here("records", "verify", "--json", cwd=world).stdout)
    assert document["failures"] == [{"code": "edited", "sequence": 3, "detail": "row 3 is not what was written"}]


def test_head_of_another_ledger_fails(world: Path) -> None:
    reporter_here("records", "import", cwd=world)
    done = reporter_here("records", "verify", "--expect", f"15:{'a' * 64}", cwd=world)
    assert done.returncode == 5


@pytest.mark.parametrize("head", ["15", "x:y", f"1:{'g' * 64}", f"-1:{'a' * 64}"])
def test_head_that_is_none_is_refused(world: Path, head: str) -> None:
    assert reporter_here("records", "verify", "--expect", head, cwd=world).returncode == 2


def test_damaged_file_fails_the_verification(world: Path) -> None:
    reporter_here("records", "import", cwd=world)
    path = world / "state" / "ledger.db"
    for name in ("ledger.db-wal", "ledger.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.write_bytes(b"nothing of it is left" * 100)
    done = reporter_here("records", "verify", "--json", cwd=world)
    assert done.returncode == 5
    assert json.loads(done.stdout)["head"] is None


@pytest.mark.parametrize("command", [["verify"], ["export", "--format", "json", "out"]])
def test_missing_ledger_is_an_error_with_what_to_do(world: Path, command: list[str]) -> None:
    done = reporter_here("records", *command, cwd=world)
    assert done.returncode == 2
    assert done.stderr == "error: ledger ledger.db: not there yet; `reporter records import` makes it\n"


@pytest.mark.parametrize(
    "text",
    [
        'ledger = "postgresql+psycopg://me:hunter2@db.internal/x"',
        'ledger = "postgresql+psycopg://db.internal/x?password=hunter2"',
        'ledger = "mysql://hunter2"',
        "ledger = 5",
        'ledger_password = "hunter2"',
        'environments.pilot.records = ["postgresql+psycopg://me:hunter2@db.internal/x"]',
        'environments.pilot.records = ["https://me:hunter2@db.internal/x"]',
    ],
)
def test_password_in_the_settings_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "reporter.toml").write_text(text, encoding="utf-8")
    done = reporter_here("records", "verify", cwd=tmp_path)
    assert done.returncode == 2
    assert "hunter2" not in done.stderr + done.stdout
    assert "internal" not in done.stderr + done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["records", "--help"], ["check", "backend"], ["keys", "--help"]])
def test_other_commands_do_not_pay_for_the_ledger(tmp_path: Path, arguments: list[str]) -> None:
    code = (
        "import sys; from reporter.cli.root import call\n"
        f"call({arguments!r})\n"
        "print([name for name in ('sqlalchemy', 'msgspec', 'httpx', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"


def test_pipe_is_refused_and_not_waited_for(world: Path) -> None:
    os.mkfifo(world / "pipe.jsonl")
    done = reporter("records", "import", "pipe.jsonl", cwd=world)
    assert done.returncode == 2
    assert "pipe.jsonl: found a device, socket or pipe, wanted a regular file" in done.stderr
