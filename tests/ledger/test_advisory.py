"""Two hosts on one PostgreSQL ledger exclude each other, whatever their own disks hold."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reporter.errors import Locked
from reporter.jobs.runs.lock import Patience, one_at_a_time
from reporter.ledger.advisory import try_hold
from reporter.settings_model import Settings

NOW = datetime(2026, 6, 11, 6, 15, tzinfo=UTC)
HOLD = """
import os, sys, time
from datetime import UTC, datetime
from reporter.jobs.runs.lock import one_at_a_time
from reporter.settings_model import Settings
with one_at_a_time(Settings(ledger=sys.argv[1], state_dir=sys.argv[2]), "run", datetime(2026, 6, 11, tzinfo=UTC)):
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    sys.stdin.read()
"""


def host(address: str, tmp_path: Path, name: str) -> Settings:
    return Settings(ledger=address, state_dir=str(tmp_path / name))


def test_a_second_host_says_who_holds_the_ledger(postgresql_address: str, tmp_path: Path) -> None:
    first, second = (host(postgresql_address, tmp_path, name) for name in ("first", "second"))
    with one_at_a_time(first, "run", NOW) as claim:
        assert claim.remarks == ()
        with pytest.raises(Locked, match=rf"reporter run, process {os.getpid()} on .*, since 20\d\d-"):
            one_at_a_time(second, "retry run", NOW).__enter__()
    with one_at_a_time(second, "retry run", NOW) as claim:
        assert claim.remarks == ()


def test_a_second_host_that_waits_has_the_ledger_when_the_first_lets_go(
    postgresql_address: str, tmp_path: Path
) -> None:
    first, second = (host(postgresql_address, tmp_path, name) for name in ("first", "second"))
    told: list[str] = []
    with ExitStack() as held:
        held.enter_context(one_at_a_time(first, "run", NOW))

        def let_go(text: str) -> None:
            told.append(text)
            held.close()

        with one_at_a_time(second, "retry run", NOW, Patience(20, let_go)) as claim:
            assert claim.remarks == ()
            with pytest.raises(Locked):
                one_at_a_time(first, "run", NOW).__enter__()
    (line,) = told
    assert line.startswith(f"another run holds the lock of the ledger: reporter run, process {os.getpid()} on ")
    assert line.endswith("; waiting for it, 20 s at most")


def test_a_host_that_is_killed_lets_go_even_if_a_worker_of_it_lives(postgresql_address: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, postgresql_address, tmp_path / "first"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.kill()
        process.wait()
        os.kill(child, 0)
        second = host(postgresql_address, tmp_path, "second")
        # The server learns of the end of a session a moment after it.
        for attempt in range(100):
            try:
                with one_at_a_time(second, "run", NOW):
                    break
            except Locked:
                assert attempt < 99
        os.kill(child, signal.SIGKILL)


def test_two_ledgers_of_one_server_are_independent(postgresql: str, postgresql_address: str, tmp_path: Path) -> None:
    with (
        one_at_a_time(host(postgresql_address, tmp_path, "first"), "run", NOW),
        one_at_a_time(host(postgresql.format("postgres"), tmp_path, "second"), "run", NOW) as claim,
    ):
        assert claim.remarks == ()


def test_a_ledger_that_cannot_be_reached_keeps_nobody_out_and_says_so(tmp_path: Path) -> None:
    settings = host(f"postgresql+psycopg://ledger@/x?host={tmp_path}", tmp_path, "first")
    with one_at_a_time(settings, "run", NOW) as claim:
        (remark,) = claim.remarks
    assert "no connection" in remark
    assert remark.endswith("other hosts are not kept out, and nothing can be sent")


def test_a_holder_that_let_go_meanwhile_is_not_invented(postgresql_address: str) -> None:
    with try_hold(postgresql_address, Path(), "", "x" * 100) as first:
        assert first.ours
        second = try_hold(postgresql_address, Path(), "", "second")
        assert not second.ours
        assert second.holder().startswith(f"{'x' * 63}, since ")
    with second:
        for _ in range(100):
            if "does not say" in second.holder():
                break
        assert second.holder() == "who it is, the server does not say"
