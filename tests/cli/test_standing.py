"""`reporter status`, `history` and `diff` as a user runs them."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from freezegun import freeze_time

from cli.conftest import Call
from cli.test_help import loaded_by
from reporter.cli import answer
from reporter.jobs.fleet import build_fleet
from reporter.jobs.standing import public_key_of
from reporter.jobs.standing.standing import Actor, Due, OpenItem, Standing
from reporter.loops.closure import UNDER_REPAIR
from reporter.settings import load_settings
from worlds import AS_OF, reporter_here

LATER = "2026-06-11T17:40:00Z"
PILOT = "build-fleet"


@pytest.fixture(scope="module")
def ran(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run twice for one environment; between them a recovery is opened."""
    path = Path(shutil.copytree(world, tmp_path_factory.mktemp("standing") / "world"))
    signed = ("--by", "lead", "--reason", "it fails", "--ref", "INC-7")
    for words in (
        ("run", "-e", PILOT, "--as-of", AS_OF),
        ("recovery", "open", "jira", "-e", PILOT, *signed, "--execute", "--settings", str(path / "reporter.toml")),
        ("run", "-e", PILOT, "--as-of", LATER),
    ):
        if "--execute" in words:
            with freeze_time("2026-06-11T16:40:00Z"):
                assert answer([*words]) == 0
        else:
            done = reporter_here(*words, cwd=path)
            assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def copy(ran: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ran, tmp_path / "world", symlinks=True))


def bundles(world: Path) -> list[Path]:
    return sorted(path for path in (world / "bundles" / PILOT).iterdir() if not path.is_symlink())


def test_status_says_verdict_what_is_open_and_who_must_act(call: Call, ran: Path) -> None:
    said = call("status", "--settings", ran / "reporter.toml", "-e", PILOT, "--as-of", "2026-06-11T18:40:00Z")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "build-fleet: NEEDS ATTENTION"
    assert lines[2] == "  release readiness: blocked; closure: open; as of 2026-06-11T17:40:00Z, 1 h ago"
    assert lines[3] == f"  {bundles(ran)[-1]}"
    assert any(line.startswith("  due   drill at 2026-") for line in lines)
    assert any(line.startswith("  open  A connector recovery is open since 2026-06-11T16:40:00Z") for line in lines)
    assert any(line.startswith("  act   release-governance: ") for line in lines)
    assert "        settles too: Executive report: failed again on retry; Executive report: not delivered" in lines
    assert any(UNDER_REPAIR in line for line in lines)
    assert any(" `reporter recovery close jira --environment build-fleet --state resolved " in line for line in lines)
    assert "recovery open " not in said.out
    assert not any("OLD" in line for line in lines)


@pytest.mark.parametrize(
    ("now", "said"),
    [("2026-06-11T18:39:59Z", "59 min ago"), ("2026-06-13T17:39:59Z", "47 h ago"), ("2026-06-13T17:40:00Z", "2 days")],
)
def test_age_is_told_in_the_unit_that_people_use(call: Call, ran: Path, now: str, said: str) -> None:
    assert said in call("status", "--settings", ran / "reporter.toml", "-e", PILOT, "--as-of", now).out


def test_old_bundle_is_called_out(call: Call, ran: Path) -> None:
    common = ("--settings", ran / "reporter.toml", "-e", PILOT, "--as-of", "2026-06-12T19:40:01Z")
    assert (
        "  OLD: older than 26 h; run `reporter run --environment build-fleet`, see the timer\n"
        in call("status", *common).out
    )
    (one,) = json.loads(call("status", *common, "--json").out)["environments"]
    assert (one["old"], one["age_minutes"], one["sealed"]) == (True, 26 * 60, True)
    assert {due["what"] for due in one["due"]} >= {"drill", "executive report"}
    assert "recovery_open" in {item["code"] for item in one["open_items"]}


def test_environment_without_a_run_is_told_what_to_run(call: Call, ran: Path) -> None:
    said = call("status", "--settings", ran / "reporter.toml", "--as-of", LATER)
    assert said.code == 2
    assert "payments-pilot: NO BUNDLE\n  no bundle yet: `reporter run --environment payments-pilot`\n" in said.out


def test_bundle_that_does_not_verify_says_nothing(call: Call, copy: Path) -> None:
    newest = bundles(copy)[-1]
    (newest / "index.html").write_text("", encoding="utf-8")
    said = call("status", "--settings", copy / "reporter.toml", "-e", PILOT, "--as-of", LATER)
    assert said.code == 5
    assert said.out.splitlines()[0] == "build-fleet: NOT VERIFIED"
    assert "nothing that it says can be relied on" in said.out
    assert "changed: index.html" in said.out
    assert "NEEDS ATTENTION" not in said.out


def test_newest_bundle_that_was_moved_away_does_not_uncover_the_one_before(call: Call, copy: Path) -> None:
    newest = bundles(copy)[-1]
    newest.rename(copy / "away")
    common = ("--settings", copy / "reporter.toml", "-e", PILOT)
    said = call("status", *common, "--as-of", LATER)
    assert (said.code, said.out.splitlines()[0]) == (5, "build-fleet: NOT VERIFIED")
    assert "`latest` shows it, but it is gone: bring it back, or run again" in said.out
    listed = call("history", *common)
    assert (listed.code, f"GONE: `latest` shows {newest.name}" in listed.out) == (5, True)
    (one,) = json.loads(call("history", *common, "--json").out)["environments"]
    assert one["lost_latest"] == newest.name


def test_last_recorded_bundle_that_is_gone_is_told_though_latest_shows_an_older_one(
    call: Call, copy: Path, tmp_path: Path
) -> None:
    older, newest = bundles(copy)
    newest.rename(tmp_path / "away")
    (newest.parent / "latest").unlink()
    (newest.parent / "latest").symlink_to(older.name)
    common = ("--settings", copy / "reporter.toml", "-e", PILOT)
    said = call("status", *common, "--as-of", LATER)
    assert said.code == 5
    assert said.out.splitlines()[:3] == [
        "build-fleet: NOT VERIFIED",
        f"  {newest}, as of {LATER}: nothing that it says can be relied on",
        "  the record of its run names it, but it is gone: bring it back, or run again",
    ]
    before = call("status", *common, "--as-of", AS_OF)
    assert (before.code, f"  {older}" in before.out) == (0, True)
    settings, _ = load_settings(str(copy / "reporter.toml"))
    key = public_key_of(settings)
    assert key is not None
    (row,) = build_fleet(settings, [PILOT], datetime.fromisoformat(LATER), key).environments
    assert (row.sealed, row.verdict, row.bundle) == (False, "", f"{PILOT}/{newest.name}")


def test_very_many_open_items_are_cut_on_a_screen(call: Call, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.cli.status.MOST_SHOWN", 1)
    said = call("status", "--settings", copy / "reporter.toml", "-e", PILOT, "--as-of", LATER)
    assert "  open  and 1 more; --json lists all\n" in said.out


def test_status_leaves_out_what_is_finer_than_people_read(
    call: Call, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = "2026-06-11T10:41:00.123456Z"
    item = OpenItem("x", "Route: not delivered", at, "lead", "Mend it.", about=("audit a by jira",), route_count=3)
    due = Due("drill", "2026-06-20T15:40:00.5Z", overdue=False, pending=1)
    actor = Actor("lead", 1, "Mend it", "")
    found = Standing(PILOT, "bundle", open_items=(item,), due=(due,), actors=(actor,))
    monkeypatch.setattr("reporter.cli.status.standing_of", lambda *_: found)
    said = call("status", "--settings", copy / "reporter.toml", "-e", PILOT).out
    assert "  due   drill at 2026-06-20T15:40:00Z\n" in said
    assert "  open  Route: not delivered since 2026-06-11T10:41:00Z  [lead]\n" in said
    assert "        audit a by jira, the first of 3; --json lists them\n        -> Mend it.\n" in said
    assert "  act   lead: 1 step; first: Mend it\nlast `reporter " in said


def test_status_loads_no_stage(ran: Path) -> None:
    loaded = loaded_by("status", "--as-of", LATER, cwd=ran)
    assert "cryptography" in loaded
    assert not loaded & {"httpx", "jinja2", "pydantic", "rich", "sqlalchemy", "weasyprint"}


def test_status_leaves_places_that_are_not_plain_to_the_whole_reading(call: Call, copy: Path) -> None:
    settings = copy / "reporter.toml"
    settings.write_text('bundels_dir = "elsewhere"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    said = call("status", "--settings", settings)
    assert (said.code, said.err) == (2, f"error: {settings}: bundels_dir: unknown key; did you mean bundles_dir?\n")


def test_history_lists_the_chain(call: Call, ran: Path) -> None:
    said = call("history", "--settings", ran / "reporter.toml")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "build-fleet: 2 bundles, the newest first"
    assert lines[1].startswith(
        "  2026-06-11T17:40:00Z  NEEDS ATTENTION  critical  readiness blocked, closure open; failed "
    )
    assert [line.rpartition("  ")[2] for line in lines[1:3]] == ["follows", "the first"]
    assert lines[3:] == ["payments-pilot: no bundle yet", "production-pilot: no bundle yet"]
    document = json.loads(call("history", "--settings", ran / "reporter.toml", "-e", PILOT, "--json").out)
    newest, first = document["environments"][0]["bundles"]
    assert newest["previous_digest"] == first["digest"]
    assert newest["open_item_count"] == first["open_item_count"] + 1
    one = call("history", "--settings", ran / "reporter.toml", "-e", PILOT, "--last", "1").out
    assert one.startswith("build-fleet: 1 bundle, ")


def test_history_says_which_seal_is_broken(call: Call, copy: Path) -> None:
    first, _ = bundles(copy)
    (first / "attestation.json").unlink()
    said = call("history", "--settings", copy / "reporter.toml", "-e", PILOT)
    assert said.code == 5
    assert said.out.splitlines()[2].startswith("  2026-06-11T15:40:00Z  NOT VERIFIED  attestation.json: there is no ")


def test_history_without_a_key_says_what_to_run(call: Call, tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    said = call("history")
    assert (said.code, said.out) == (2, "")
    assert "no bundle yet, and no key to verify one with: `reporter run` makes both" in said.err


def test_diff_says_what_became_better_and_what_worse(call: Call, ran: Path) -> None:
    first, second = bundles(ran)
    common = ("--settings", ran / "reporter.toml")
    said = call("diff", first.name[-12:], second, *common)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == (
        "build-fleet: NEEDS ATTENTION (2026-06-11T15:40:00Z) -> NEEDS ATTENTION (2026-06-11T17:40:00Z)"
    )
    assert "  WORSE   A connector recovery is open: closed -> open  [closure/recovery_open]\n" in said.out
    assert "  still   Executive report: not delivered: open\n" in said.out
    back = json.loads(call("diff", second, first, *common, "--json").out)
    (change,) = (one for one in back["changes"] if one["subject"] == "closure/recovery_open")
    assert (change["after"], change["better"]) == ("closed", True)
    assert "recovery_open" in back["before"]["open_items"]
    assert "  better  " in call("diff", second, first, *common).out
    same = call("diff", first, first, *common).out
    assert "  no verdict, check or open item changed\n" in same


def test_diff_takes_the_key_that_it_is_given(call: Call, ran: Path, tmp_path: Path) -> None:
    first, second = bundles(ran)
    shutil.copy(ran / "keys" / "signing.key.pub", tmp_path / "k.pub")
    assert call("diff", first, second, "--key", "k.pub").code == 0
    said = call("diff", first, second)
    assert (said.code, said.out) == (2, "")
    assert "no key to verify with: give --key PUB" in said.err


def test_bundles_of_two_environments_are_not_compared(call: Call, copy: Path) -> None:
    assert reporter_here("run", "-e", "production-pilot", "--as-of", AS_OF, cwd=copy).returncode == 0
    other = copy / "bundles" / "production-pilot" / "latest"
    said = call("diff", bundles(copy)[0], other, "--settings", copy / "reporter.toml")
    assert (said.code, said.out) == (2, "")
    assert "found bundles of build-fleet and production-pilot, wanted two of one environment" in said.err


def test_damaged_bundle_is_not_compared(call: Call, copy: Path) -> None:
    first, second = bundles(copy)
    (first / "index.html").unlink()
    said = call("diff", first, second, "--settings", copy / "reporter.toml")
    assert (said.code, said.out) == (5, "")
    assert f"error: {first}: missing: index.html" in said.err
