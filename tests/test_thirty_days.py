"""Thirty days of a pilot, in an autumn when clocks change, with all that goes wrong.

Every run that failed, died or never came is in the next bundle, and nothing is left behind or sent twice.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time

from deliver.vendors.receiver import PATH, SECRET, Receiver
from deliver.vendors.server import Authorities, make_authorities, serving
from reporter.cli.root import call
from reporter.cron_times import dues_between, parse_cron
from reporter.errors import BundleNotWritten
from reporter.jobs.delivery.alone import sender_for
from reporter.jobs.delivery.running import Unit, deliver_environment
from reporter.jobs.readiness import check_report
from reporter.jobs.records import open_settings_ledger
from reporter.jobs.runs.holder import HOLDER_NAME
from reporter.ledger import verify_ledger
from reporter.sample.world import SCHEDULE as DRILLS
from reporter.sample.world import sample_world
from reporter.seal.bundle import list_bundles
from reporter.seal.verify import verify_bundle
from reporter.settings import load_settings
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
    assert world.run_on_full_disk(at) == 74


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


class ToldWorld(World):
    """A pilot that tells its owners of the next drill through a webhook, and seals what is open."""

    LOST, BACK = 5, 8
    """The day on which the drill is due soon and the connector is lost, and the one on which it is back."""

    def __init__(self, folder: Path, authorities: Authorities) -> None:
        super().__init__(folder)
        self.authorities, self.receiver = authorities, Receiver()
        manifests = sample_world(DAYS[self.LOST] + timedelta(days=4, hours=12))["production-pilot"]
        drills = manifests["rollback_drill_schedule"] | {"notification_providers": ["webhook"], "owner_routes": {}}
        (folder / "drills.json").write_text(json.dumps(drills), encoding="utf-8")
        (folder / "history.json").write_text(json.dumps(manifests["rollback_drill_history"]), encoding="utf-8")
        (folder / "reporter.toml").write_text(
            'connector_config = "connectors.json"\nsigning_key = "file:signing.key"\n[environments.pilot]\n'
            'mode = "promoted"\nrollback_drill_history_path = "history.json"\n'
            'rollback_drill_schedule_path = "drills.json"\n'
            "loops.drill_notification.max_retry_attempts = 5\ndeliver = {notify = true, retry = true}\n",
            encoding="utf-8",
        )
        self.settings = load_settings(str(folder / "reporter.toml"), {})[0]
        self.is_at("https://localhost:9")

    def is_at(self, url: str) -> None:
        """Say where the connector is."""
        config = {"webhook": {"url": url, "secret": SECRET, "ca_file": self.authorities.ca_file}}
        (self.folder / "connectors.json").write_text(json.dumps(config), encoding="utf-8")
        (self.folder / "connectors.json").chmod(0o600)

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Let the connector answer for a while; before and after it nobody does."""
        certificate = self.authorities.trusted.issue_cert("localhost", "127.0.0.1")
        with serving(certificate) as server, server.mounted(self.receiver) as mount:
            self.is_at(mount.url(PATH))
            yield

    def more_files(self, at: datetime) -> dict[str, bytes]:
        closure, _ = check_report(self.settings, "pilot", "closure", at)
        return {"closure.json": closure.model_dump_json().encode(), "schemas/closure.json": b"{}"}

    def deliver(self, at: datetime) -> dict[str, int]:
        unit = Unit(sender_for(self.settings, "pilot"), at, self.key.public)
        found = deliver_environment(unit)
        assert [one.faults for one in found] == [(), ()]
        return dict(Counter(str(row.fate) for one in found for row in one.rows))

    def told_on(self, day: int) -> list[str]:
        """Run on a day, and list what its bundle tells of our notifications."""
        with freeze_time(DAYS[day], tick=True):
            self.run(DAYS[day])
        document = json.loads((self.folder / "bundles" / "pilot" / "latest" / "closure.json").read_bytes())
        codes = [one["code"] for one in document["open_items"]]
        return [one.removeprefix("drill_notification_") for one in codes if one.startswith("drill_notification_")]


def test_connector_that_is_lost_for_days_is_in_every_bundle_and_gets_each_message_once(tmp_path: Path) -> None:
    world = ToldWorld(tmp_path, make_authorities(tmp_path))
    missing = ["delivery_failed", "acknowledgement_outstanding"]
    tried = [*missing, "retry_execution_failed"]
    with world.connected():
        assert [world.told_on(day) for day in (world.LOST - 2, world.LOST - 1)] == [[], []]
    assert [world.told_on(day) for day in range(world.LOST, world.BACK)] == [[], missing, tried]
    assert world.receiver.events == {}
    with world.connected():
        assert world.told_on(world.BACK) == tried
        assert len(world.receiver.events) == 1
        assert world.told_on(world.BACK + 1) == ["acknowledgement_outstanding"]
        said = ("--by", "lead", "--reason", "it is planned", "--ref", "CHG-7", "--execute")
        words = ("ack", "drill_notification", DRILLS, "--provider", "webhook", *said)
        with freeze_time(DAYS[world.BACK + 1] + timedelta(hours=1), tick=True):
            assert call([*words, "--settings", str(tmp_path / "reporter.toml")]) == 0
        assert [world.told_on(day) for day in range(world.BACK + 2, world.BACK + 5)] == [[], [], []]
    assert (len(world.receiver.events), world.receiver.repeated) == (1, [])
    assert not (world.settings.state_path / HOLDER_NAME).exists()
