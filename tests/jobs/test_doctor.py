"""`reporter doctor`: every look can fail, says what it found and what to do, and changes nothing."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from fleets import DAY, NOW, make_settings, seal_days
from jobs.test_standing import seal
from reporter.jobs.answers.recording import append_own, sealed_for
from reporter.jobs.doctor import Diagnosis, Level, examine
from reporter.jobs.doctor.clock import look_at_clock
from reporter.jobs.doctor.holdings import look_at_connectors, look_at_key, look_at_ledger, look_at_rules
from reporter.jobs.doctor.machine import (
    LIBRARIES,
    ZONES,
    look_at_fonts,
    look_at_libraries,
    look_at_machine,
    look_at_python,
    look_at_zones,
)
from reporter.jobs.doctor.places import judge_room, look_at_directory, look_at_places
from reporter.jobs.loops import ANSWERS
from reporter.jobs.records import open_settings_ledger
from reporter.loops.writing import write_attachment
from reporter.settings import load_settings
from reporter.settings_model import Settings
from worlds import reporter_here

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = make_settings(tmp_path, "pilot")
    seal_days(made, "pilot", "rr")
    return made


def again(settings: Settings, text: str) -> Settings:
    """Change the settings file, and read it."""
    Path(settings.file).write_text(text, encoding="utf-8")
    return load_settings(settings.file, {})[0]


def levels(found: Iterator[Diagnosis]) -> list[str]:
    return [one.level.value for one in found]


def test_machine_of_the_tests_is_fit() -> None:
    assert levels(look_at_machine()) == ["ok"] * 4


def test_interpreter_that_nobody_tested_is_a_warning() -> None:
    assert look_at_python((3, 99)).level is Level.WARN
    assert look_at_python((3, 11)).level is Level.OK


def test_missing_library_is_named_with_its_packages() -> None:
    found = look_at_libraries((*LIBRARIES, "libnothing-of-this-name.so.0"))
    assert (found.level, "libnothing-of-this-name.so.0" in found.found) == (Level.FAIL, True)
    assert found.step.endswith("libpangoft2-1.0-0 libharfbuzz-subset0")


def test_missing_fonts_and_zones_are_faults(tmp_path: Path) -> None:
    assert look_at_fonts(tmp_path).level is Level.FAIL
    (tmp_path / "fonts.conf").touch()
    assert look_at_fonts(tmp_path).found == f"not there: any font in {tmp_path}"
    found = look_at_zones((*ZONES, "Mars/Base"))
    assert (found.level, found.found.startswith("not there: Mars/Base;")) == (Level.FAIL, True)


def test_clock_that_was_set_back_is_told_by_what_was_written(settings: Settings, tmp_path: Path) -> None:
    newest = Path(settings.resolve("bundles"), "pilot", "latest", "attestation.json")
    for ahead, level in ((timedelta(minutes=5), "ok"), (timedelta(minutes=5, seconds=1), "fail")):
        os.utime(newest, ((NOW + ahead).timestamp(),) * 2)
        assert levels(look_at_clock(settings, NOW, tmp_path / "none")) == [level]


def test_bundle_that_is_dated_later_is_a_warning(settings: Settings, tmp_path: Path) -> None:
    newest = Path(settings.resolve("bundles"), "pilot", "latest", "attestation.json")
    os.utime(newest, (0, 0))
    (found,) = look_at_clock(settings, NOW - DAY, tmp_path / "none")
    assert (found.level, "--as-of" in found.step) == (Level.WARN, True)


def test_clock_is_not_judged_by_what_is_no_bundle(settings: Settings, tmp_path: Path) -> None:
    folder = Path(settings.resolve("bundles"), "pilot")
    for name in ("20990631T000000Z-0123456789ab", "20200101T000000Z-0123456789ab"):
        shutil.rmtree(folder)
        (folder / name).mkdir(parents=True)
        assert levels(look_at_clock(settings, NOW, tmp_path / "none")) == ["ok"]


def test_clock_synchronization_is_told_where_it_is_known(settings: Settings, tmp_path: Path) -> None:
    late = NOW + 9999 * DAY
    assert levels(look_at_clock(settings, late, tmp_path)) == ["ok", "warn"]
    (tmp_path / "synchronized").touch()
    assert levels(look_at_clock(settings, late, tmp_path)) == ["ok", "ok"]


def test_directories_can_be_written_to_or_made(settings: Settings) -> None:
    assert [one.what for one in look_at_places(settings)] == [
        "bundles directory",
        "bundles disk",
        "state directory",
        "state disk",
    ]
    assert set(levels(look_at_places(settings))) <= {"ok", "warn"}
    assert not settings.state_path.exists()


def test_directory_that_is_a_file_or_open_to_everybody_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert look_at_directory("bundles directory", tmp_path / "file" / "bundles").level is Level.FAIL
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    found = look_at_directory("bundles directory", tmp_path / "open")
    assert (found.level, found.step) == (Level.WARN, f"chmod o-w {tmp_path / 'open'}")


@as_root
def test_directory_of_somebody_else_is_told() -> None:
    os.seteuid(65534)
    try:
        found = look_at_directory("bundles directory", Path("/usr/reporter-bundles"))
    finally:
        os.seteuid(0)
    assert (found.level, found.step) == (Level.FAIL, "give it to the user that runs reporter: chown 65534 /usr")


class Room(NamedTuple):
    """What statvfs tells, as far as it is asked."""

    f_bavail: int
    f_frsize: int = 1_000_000
    f_files: int = 0
    f_favail: int = 0


@pytest.mark.parametrize(
    ("room", "level"),
    [
        (Room(99), "fail"),
        (Room(100), "warn"),
        (Room(999), "warn"),
        (Room(1000), "ok"),
        (Room(1000, f_files=10_000, f_favail=999), "fail"),
        (Room(1000, f_files=10_000, f_favail=1000), "ok"),
    ],
    ids=["under 100 MB", "100 MB", "under 1 GB", "1 GB", "no room for files", "room for files"],
)
def test_room_is_judged_by_bytes_and_files(room: Room, level: str, tmp_path: Path) -> None:
    assert judge_room("disk", tmp_path, room).level.value == level  # type: ignore[arg-type] # the fields that are read


def test_key_is_looked_at(settings: Settings, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "signing.key"
    assert look_at_key(settings).level is Level.OK
    key.chmod(0o640)
    assert "chmod 600" in look_at_key(settings).found
    assert look_at_key(settings).level is Level.FAIL
    key.chmod(0o600)
    key.parent.chmod(0o777)
    assert look_at_key(settings).level is Level.WARN
    shutil.rmtree(key.parent)
    assert look_at_key(settings).level is Level.WARN


@as_root
def test_key_of_somebody_else_is_told(settings: Settings, tmp_path: Path) -> None:
    os.chown(tmp_path / "keys" / "signing.key", 65534, 65534)
    found = look_at_key(settings)
    assert (found.level, "owned by user 65534" in found.found) == (Level.WARN, True)


def test_ledger_holds_what_the_last_bundle_noted(settings: Settings) -> None:
    assert look_at_ledger(settings).found == "none yet; the first record makes it"
    record = write_attachment(NOW, "v1", by="lead", decision_id="d", evidence={}, record_id="r-1")
    append_own(settings, "pilot", [sealed_for("pilot", NOW, record)])
    with open_settings_ledger(settings, write=False) as ledger:
        head = ledger.head()
    assert look_at_ledger(settings).found == "head 1"
    seal(settings, NOW + DAY, ledger_head={"sequence": 1, "hash": head.hash})
    assert look_at_ledger(settings).found == "head 1, holds what the last bundle noted"
    seal(settings, NOW + 2 * DAY, ledger_head={"sequence": 2, "hash": "0" * 64})
    assert look_at_ledger(settings).found == "head 1; row 2 is not the one that the last bundle noted"
    damaged = [{"alias": ANSWERS, "sha256": None, "record_count": 0}]
    seal(settings, NOW + 3 * DAY, ledger_head={"sequence": 1, "hash": head.hash}, records=damaged)
    assert look_at_ledger(settings).level is Level.FAIL, "a bundle of a ledger that was lost forgets nothing"
    Path(settings.resolve("state/ledger.db")).write_bytes(b"not a ledger, and long enough to be none" * 30)
    assert look_at_ledger(settings).level is Level.FAIL
    Path(settings.resolve("state/ledger.db")).unlink()
    assert look_at_ledger(settings).found == "gone; the last bundle noted row 2 of it"


def test_head_that_nobody_can_verify_is_not_asked_for(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "keys" / "signing.key").write_bytes(b"no key")
    assert look_at_ledger(settings).level is Level.OK


def test_rules_of_the_loops_and_environments_are_looked_at(settings: Settings) -> None:
    assert levels(look_at_rules(settings)) == ["ok"]
    broken = again(settings, "[environments.pilot.loops.executive_report]\nmax_retry_attempts = -1\n")
    assert levels(look_at_rules(broken)) == ["fail"]
    assert levels(look_at_rules(again(settings, ""))) == ["fail"]


def test_connectors_are_looked_at_where_some_are_asked_for(settings: Settings, tmp_path: Path) -> None:
    assert levels(look_at_connectors(settings)) == []
    asked = "[environments.pilot.deliver]\nnotify = true\n"
    assert levels(look_at_connectors(again(settings, asked))) == ["fail"]
    path = tmp_path / "connectors.json"
    path.write_text(json.dumps({"connectors": {"slak": {}}}), encoding="utf-8")
    path.chmod(0o600)
    named = again(settings, f'connector_config = "{path}"\n{asked}')
    (found,) = look_at_connectors(named)
    assert (found.level, "unknown provider" in found.found) == (Level.FAIL, True)
    path.write_text(json.dumps({"connectors": {}}), encoding="utf-8")
    assert levels(look_at_connectors(named)) == ["ok"]
    path.chmod(0o640)
    assert levels(look_at_connectors(named)) == ["warn"]


def test_examination_goes_on_over_what_fails_and_ends_at_settings_that_cannot_be_read(
    settings: Settings, tmp_path: Path
) -> None:
    whole = [one.what for one in examine(settings.file, NOW + DAY)]
    assert whole[4:] == [
        "settings",
        "rules of pilot",
        "bundles directory",
        "bundles disk",
        "state directory",
        "state disk",
        "signing key",
        "ledger",
        "clock",
        *whole[13:],
    ]
    shutil.rmtree(tmp_path / "bundles")
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "pilot").touch()
    failed = [one for one in examine(settings.file, NOW) if one.level is Level.FAIL]
    assert [one.what for one in failed] == ["bundles"]
    Path(settings.file).write_text("bundle_dir = 1\nledger = 2\n", encoding="utf-8")
    found = list(examine(settings.file, NOW))
    assert [(one.what, one.level.value) for one in found[4:]] == [("settings", "fail")] * 2
    assert any("did you mean bundles_dir" in one.found for one in found[4:])


@pytest.mark.usefixtures("settings")
def test_command_says_each_look_and_exits_2_when_one_fails(tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    well = reporter_here("doctor", cwd=tmp_path)
    assert well.returncode == 0, well.stdout
    assert "ok    signing key: key id " in well.stdout
    assert well.stdout.splitlines()[-1].endswith(" to watch")
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "keys" / "signing.key").chmod(0o644)
    ill = reporter_here("doctor", cwd=tmp_path)
    assert ill.returncode == 2
    assert "FAIL  signing key: " in ill.stdout
    assert "      -> mend it before the next run: without it nothing is sealed" in ill.stdout.splitlines()
    document = json.loads(reporter_here("doctor", "--json", cwd=tmp_path).stdout)
    assert document["result"] == "failed"
    assert {one["level"] for one in document["checks"]} <= {"ok", "warn", "fail"}


def test_key_that_stands_in_no_file_is_looked_at_by_its_content(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEAL", (tmp_path / "keys" / "signing.key").read_text(encoding="utf-8"))
    found = look_at_key(again(settings, 'signing_key = "env:SEAL"\n[environments.pilot]\n'))
    assert (found.level, found.found.startswith("key id ")) == (Level.OK, True)


def test_secret_that_systemd_gives_to_the_service_alone_is_not_judged_by_hand(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        'signing_key = "credential:signing.key"\nledger_password = "credential:password"\n'
        'connector_config = "connectors.json"\n[environments.pilot]\n'
    )
    sealed = again(settings, text)
    path = tmp_path / "connectors.json"
    slack = {"url": "https://hooks.slack.example/services/T0/B0", "token": "credential:token"}
    path.write_text(json.dumps({"connectors": {"slack": slack}}), encoding="utf-8")
    path.chmod(0o600)
    server = sealed.model_copy(update={"ledger": "postgresql+psycopg://ledger@127.0.0.1/none"})
    found = [look_at_key(sealed), look_at_ledger(server), *look_at_connectors(sealed)]
    for one in found:
        assert (one.level, one.found) == (
            Level.WARN,
            "not judged here: systemd gives the secret to the service alone",
        ), one
        assert one.step == "look as it does: CREDENTIALS_DIRECTORY=/etc/reporter/credentials reporter doctor"
    done = reporter_here("doctor", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "keys"))
    assert look_at_key(sealed).level is Level.OK
    (connectors,) = look_at_connectors(sealed)
    assert (connectors.level, "No such file" in connectors.found) == (Level.FAIL, True)
    slack["url"] = "perhaps"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    path.write_text(json.dumps({"connectors": {"slack": slack}}), encoding="utf-8")
    assert levels(look_at_connectors(sealed)) == ["fail"]
