"""Thirty days of a pilot, in an autumn when clocks change, with all that goes wrong.

Every run that failed, died or never came is in the next bundle, and nothing is left behind.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time

from reporter.cron_times import dues_between, parse_cron
from reporter.errors import BundleNotWritten
from reporter.ledger import verify_ledger
from reporter.record_jobs import open_settings_ledger
from reporter.run_jobs.holder import HOLDER_NAME
from reporter.seal.bundle import list_bundles
from reporter.seal.verify import verify_bundle
from small_world import World

BERLIN = ZoneInfo("Europe/Berlin")
SCHEDULE = '[schedule.run]\ncron = "30 2 * * *"\ntimezone = "Europe/Berlin"\n'
CALLS_TO_THE_BUNDLE = 30
"""Calls to the system, after which a run has said that it starts, and its bundle is half written."""
START = datetime(2026, 10, 5, 12, tzinfo=BERLIN)
DAYS = [*dues_between(parse_cron("30 2 * * *"), BERLIN, START, START + timedelta(days=30))]


def runs(world: World, at: datetime) -> None:
    world.run(at)


def is_down(_: World, __: datetime) -> None:
    """Nothing runs: the machine is off."""


def is_killed(world: World, at: datetime) -> None:
    assert world.killed(CALLS_TO_THE_BUNDLE, at_call=True, at=at)


def has_a_full_disk(world: World, at: datetime) -> None:
    assert world.run_on_full_disk(at) == 2


def cannot_write_bundles(world: World, at: datetime) -> None:
    folder = world.folder / "bundles" / "pilot"
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("in the way", encoding="utf-8")
    with pytest.raises(BundleNotWritten):
        world.run(at)
    folder.unlink()
    aside.rename(folder)


def has_a_damaged_ledger(world: World, at: datetime) -> None:
    ledger = world.settings.state_path / "ledger.db"
    sound = ledger.read_bytes()
    ledger.write_bytes(b"damaged" * 1000)
    world.run(at)
    assert world.remarks.pop().startswith("no record of this run: ledger ledger.db: not an SQLite database")
    ledger.write_bytes(sound)


def is_set_back(world: World, at: datetime) -> None:
    """Run on time, and again two hours earlier by the clock."""
    world.run(at)
    world.run(at - timedelta(hours=2))


Day = Callable[[World, datetime], None]
ODD: dict[int, Day] = {
    3: is_down,
    4: is_down,
    7: is_killed,
    9: has_a_full_disk,
    12: cannot_write_bundles,
    15: has_a_damaged_ledger,
    18: is_set_back,
    22: is_killed,
    23: cannot_write_bundles,
    24: is_down,
}


def test_every_run_that_did_not_do_its_work_is_in_the_next_bundle(tmp_path: Path) -> None:
    assert len(DAYS) == 30
    world = World(tmp_path, SCHEDULE)
    owed: dict[str, list[str]] = {"missed": [], "failed": [], "interrupted": []}
    kinds = {is_down: "missed", has_a_full_disk: "missed", cannot_write_bundles: "failed", is_killed: "interrupted"}
    for number, due in enumerate(DAYS):
        day = ODD.get(number, runs)
        with freeze_time(due):
            day(world, due)
        if day in kinds:
            owed[kinds[day]].append(f"{due:%Y-%m-%dT%H:%M:%SZ}")
            continue
        told = world.told()
        assert list(told.missed) == owed["missed"]
        assert [one.as_of for one in told.troubled if one.outcome == "failed"] == owed["failed"]
        assert [one.as_of for one in told.troubled if one.outcome == "interrupted"] == owed["interrupted"]
        owed = {"missed": [], "failed": [], "interrupted": []}
        assert not (world.settings.state_path / HOLDER_NAME).exists()
    bundles = list_bundles(world.settings.resolve("bundles"), "pilot")
    sound = [number for number in range(30) if ODD.get(number, runs) not in kinds]
    assert len(bundles) == len(sound) + 1, "the clock that was set back gave one more"
    assert all(verify_bundle(one.path, world.key.public).result == "passed" for one in bundles)
    with open_settings_ledger(world.settings, write=False) as ledger:
        assert verify_ledger(ledger) == []
