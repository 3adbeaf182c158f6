"""kill -9 at any moment of what a run leaves: its lock, its records in the ledger, its bundle, its metrics.

Most kills come at a chosen call to the system, of a process that does all of it with a small bundle; some after a
chosen time, inside SQLite's own work too. The whole command is killed in tests/test_run.py.
"""

import random
import time
from datetime import timedelta
from pathlib import Path

import pytest

from reporter.jobs.records import open_settings_ledger
from reporter.jobs.runs.earlier import runs_before
from reporter.jobs.runs.holder import HOLDER_NAME
from reporter.ledger import read_runs, verify_ledger
from reporter.seal.bundle import list_bundles
from reporter.seal.verify import verify_bundle
from small_world import FIRST, World
from tracing import untraced

KILLS_AT_CALLS, KILLS_AFTER_TIMES = 150, 50


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@untraced()
def kill_and_run_again(world: World, moment: int, *, at_call: bool) -> bool:
    """Say whether a run was killed, once the next one is found to have done all of its work."""
    killed = world.killed(moment, at_call=at_call)
    at = world.run()
    bundles = list_bundles(world.settings.resolve("bundles"), "pilot")
    assert Path(bundles[0].path).name.startswith(f"{at:%Y%m%dT%H%M%SZ}")
    for bundle in bundles[:2]:
        assert verify_bundle(bundle.path, world.key.public).result == "passed"
    assert (world.folder / "bundles" / "pilot" / "latest").resolve() == Path(bundles[0].path)
    assert not (world.settings.state_path / HOLDER_NAME).exists(), "no lock is left"
    return killed


def test_after_a_kill_at_any_moment_the_next_run_succeeds_and_nothing_is_lost(world: World) -> None:
    world.run()
    calls = world.calls()
    begun = time.perf_counter()
    world.run()
    takes = int((time.perf_counter() - begun) * 1e6)
    dice = random.Random(11)  # noqa: S311 - moments, not secrets
    moments = [(dice.randrange(calls), True) for _ in range(KILLS_AT_CALLS)]
    moments += [(dice.randrange(2 * takes), False) for _ in range(KILLS_AFTER_TIMES)]
    kills = sum(kill_and_run_again(world, moment, at_call=at_call) for moment, at_call in moments)
    assert kills >= KILLS_AT_CALLS
    with open_settings_ledger(world.settings, write=False) as ledger:
        assert verify_ledger(ledger) == []
        events = read_runs(ledger.database, "", "9")
    started = {one.run for one in events if one.is_start}
    unended = started - {one.run for one in events if not one.is_start}
    told = runs_before(world.settings, "pilot", FIRST + timedelta(days=9), "")
    assert told.interrupted_count == len(unended) > 0, "every run that died is told"
    everything = list_bundles(world.settings.resolve("bundles"), "pilot")
    assert all(verify_bundle(one.path, world.key.public).result == "passed" for one in everything)
    assert len(everything) >= 1 + len(moments)
    taken_over = [one for one in world.remarks if "it was killed; it is taken over" in one]
    assert taken_over
    assert not [one for one in world.remarks if one not in taken_over]
    samples = (world.folder / "reporter.prom").read_text(encoding="utf-8")
    assert 'reporter_last_success_timestamp_seconds{job_name="run"}' in samples
