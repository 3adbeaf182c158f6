"""`reporter calendar` and `reporter feed`: from settings and sealed bundles, public-safe, the same each time."""

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from icalendar import Calendar

from cli.conftest import Call
from jobs.test_standing import DAY, HOUR, NOW, seal
from reporter.jobs.keys import make_key_pair
from reporter.render.feed import ATOM
from reporter.settings import load_settings
from reporter.settings_model import Settings
from worlds import AS_OF, edit

NS = {"a": ATOM}
GOOD = {"status": "ready", "readiness_state": "ready", "closure_state": "closed"}
BAD = {"status": "ready", "readiness_state": "blocked", "closure_state": "open"}
PILOT = "production-pilot"
SCHEDULE = f"manifests/{PILOT}/go-backend-rollback-drill-schedule.json"


@pytest.fixture
def copy(world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(world, tmp_path / "world"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an environment that has a place where bundles are published."""
    text = '[environments.pilot.deliver]\nlink = "https://evidence.example.org/b/"\n[environments.other]\n'
    (tmp_path / "reporter.toml").write_text(text, encoding="utf-8")
    make_key_pair(tmp_path / "keys" / "signing.key")
    return load_settings(str(tmp_path / "reporter.toml"), {})[0]


def summaries(content: str | bytes) -> list[str]:
    return sorted(str(event["SUMMARY"]) for event in Calendar.from_ical(content).walk("VEVENT"))


def test_calendar_lists_what_is_due_and_is_the_same_each_time(call: Call, copy: Path) -> None:
    where = ("calendar", "-e", PILOT, "--settings", copy / "reporter.toml", "--as-of", AS_OF)
    said = call(*where)
    assert (said.code, said.err) == (0, "")
    assert summaries(said.out) == [f"{PILOT}: executive report due", f"{PILOT}: rollback drill due"]
    again = call(*where, "--output", copy / "due.ics")
    assert again.out == f"{copy / 'due.ics'}  2 entries\n"
    assert (copy / "due.ics").read_bytes().decode() == said.out
    assert call(*where, "--output", copy / "due.ics").code == 0
    assert [path.name for path in copy.iterdir() if "partial" in path.name] == []


def test_calendar_of_an_owner_has_theirs_and_everybodys(call: Call, copy: Path) -> None:
    window = {"start_at": "2026-06-12T00:00:00Z", "end_at": "2026-06-12T02:00:00Z", "owners": ["somebody"]}
    edit(copy / SCHEDULE, lambda schedule: schedule.update(maintenance_windows=[window]))
    where = ("calendar", "-e", PILOT, "--settings", copy / "reporter.toml", "--as-of", AS_OF, "--owner")
    assert summaries(call(*where, "Somebody").out) == [
        f"{PILOT}: executive report due",
        f"{PILOT}: nobody is told: maintenance-window",
    ]
    assert f"{PILOT}: rollback drill due" in summaries(call(*where, "release-governance").out)


def test_calendar_that_would_hold_an_address_is_refused_without_showing_it(call: Call, copy: Path) -> None:
    edit(copy / SCHEDULE, lambda schedule: schedule.update(owners=["lead@example.org"]))
    said = call("calendar", "-e", PILOT, "--settings", copy / "reporter.toml", "--as-of", AS_OF)
    assert (said.code, said.out) == (7, "")
    assert "rule email_address" in said.err
    assert "lead@" not in said.err


def test_output_that_cannot_be_written_says_so(call: Call, copy: Path) -> None:
    where = ("calendar", "-e", PILOT, "--settings", copy / "reporter.toml", "--as-of", AS_OF)
    said = call(*where, "-o", copy / "missing" / "due.ics")
    assert said.code == 2
    assert said.err.endswith("cannot be written: No such file or directory; choose another --output\n")


def test_feed_has_an_entry_for_each_change_of_the_verdict(call: Call, settings: Settings) -> None:
    for ago, said in ((5, GOOD), (4, GOOD), (3, BAD), (2, BAD), (1, GOOD)):
        seal(settings, NOW - ago * DAY, **said)
    said_ = call("feed", "-e", "pilot", "--settings", settings.file, "--as-of", "2026-06-11T15:40:00Z")
    assert (said_.code, said_.err) == (0, "")
    found = ET.fromstring(said_.out).findall("a:entry", NS)  # noqa: S314 - our own
    assert [one.findtext("a:title", "", NS) for one in found] == [
        "pilot: blocked to ready",
        "pilot: ready to blocked",
        "pilot: ready",
    ]
    link = found[0].find("a:link", NS)
    assert link is not None
    newest = Path(settings.resolve("bundles"), "pilot", "latest").resolve().name
    assert link.get("href") == f"https://evidence.example.org/b/pilot/{newest}/index.html"
    last = call("feed", "-e", "pilot", "--last", "1", "--settings", settings.file, "--as-of", "2026-06-11T15:40:00Z")
    assert last.out.count("<entry>") == 1


def test_feed_leaves_out_what_is_dated_later_and_what_is_not_sealed(call: Call, settings: Settings) -> None:
    seal(settings, NOW - DAY, **GOOD)
    seal(settings, NOW + HOUR, **BAD)
    broken = seal(settings, NOW - HOUR, **BAD)
    (broken / "attestation.json").write_bytes(b"{}")
    seal(settings, NOW, **BAD | {"status": "needs_attention"})
    said = call("feed", "-e", "pilot", "--settings", settings.file, "--as-of", "2026-06-11T15:40:00Z")
    titles = [one.findtext("a:title", "", NS) for one in ET.fromstring(said.out).findall("a:entry", NS)]  # noqa: S314
    assert titles == ["pilot: ready to needs attention", "pilot: ready"]


def test_feed_without_a_key_says_what_makes_one(call: Call, tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    said = call("feed")
    assert (said.code, said.err) == (
        2,
        "error: no bundle yet, and no key to verify one with: `reporter run` makes both\n",
    )
