"""The fleet page: made from sealed bundles that verify, as HTML, JSON and CSV; never a reason for a run to fail."""

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from fleets import DAY, NOW, make_fleet, make_settings, seal_days
from reporter.jobs.fleet import FILES, build_fleet, write_fleet
from reporter.jobs.standing import public_key_of
from reporter.model.fleet import Fleet, FleetRow
from reporter.model.schemas import find_schema
from reporter.render.fleet import build_fleet_view, render_fleet_csv, render_fleet_html
from reporter.render.json import write_json
from reporter.render.wording import day
from reporter.seal.keys import new_key_pair, read_signing_key
from reporter.settings import load_settings
from reporter.settings_model import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_fleet(tmp_path_factory.mktemp("fleet"))


def fleet_of(settings: Settings) -> Fleet:
    key = public_key_of(settings)
    assert key
    return build_fleet(settings, sorted(settings.environments), NOW, key)


def row_of(fleet: Fleet, name: str) -> FleetRow:
    return next(one for one in fleet.environments if one.environment == name)


def test_environments_stand_by_risk(settings: Settings) -> None:
    fleet = fleet_of(settings)
    assert [one.environment for one in fleet.environments] == [
        "broken-seal",
        "billing",
        "never-run",
        "production-pilot",
        "forgotten",
        "switched-off",
        "zebra",
    ]
    billing = row_of(fleet, "billing")
    assert (billing.failed_check_count, billing.open_item_count, billing.verdict) == (8, 4, "needs_attention")
    assert billing.owners == ("release-governance",)
    assert len(billing.trend) == 7


def test_bundle_that_does_not_verify_tells_nothing_but_why(settings: Settings) -> None:
    broken = row_of(fleet_of(settings), "broken-seal")
    assert (broken.sealed, broken.verdict, broken.status, broken.summary) == (False, "", "", "")
    assert broken.faults[0].startswith("changed: readiness.json: ")
    assert [point.as_of for point in broken.trend] == ["2026-06-10T15:40:00Z"]


def test_files_are_written_and_say_the_same(settings: Settings) -> None:
    key = public_key_of(settings)
    assert key
    assert write_fleet(settings, NOW, NOW, key) == ""
    folder = Path(settings.resolve(settings.bundles_dir))
    first = [(folder / name).read_bytes() for name in FILES]
    assert write_fleet(settings, NOW, NOW, key) == ""
    assert [(folder / name).read_bytes() for name in FILES] == first
    assert not [name for name in folder.iterdir() if "partial" in name.name]
    document = json.loads(first[0])
    jsonschema.validate(document, find_schema("fleet"))
    rows = list(csv.DictReader(io.StringIO(first[1].decode())))
    assert [one["environment"] for one in rows] == [one["environment"] for one in document["environments"]]
    assert [one["bundle"] for one in rows] == [one["bundle"] for one in document["environments"]]
    for one in rows:
        assert not one["bundle"] or (folder / one["bundle"] / "attestation.json").is_file()


def test_run_as_of_the_past_does_not_turn_the_page_back(settings: Settings) -> None:
    key = public_key_of(settings)
    assert key
    folder = Path(settings.resolve(settings.bundles_dir))
    assert write_fleet(settings, NOW - 5 * DAY, NOW, key) == ""
    assert json.loads((folder / "fleet.json").read_bytes())["as_of"] == "2026-06-11T15:40:00Z"
    assert write_fleet(settings, NOW - 5 * DAY, NOW - 5 * DAY, key) == ""
    assert json.loads((folder / "fleet.json").read_bytes())["as_of"] == "2026-06-06T15:40:00Z"


def test_page_that_cannot_be_written_is_a_remark(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, "pilot")
    seal_days(settings, "pilot", "r")
    key = public_key_of(settings)
    assert key
    (tmp_path / "bundles" / "index.html").mkdir()
    (tmp_path / "bundles" / "index.html" / "x").touch()
    told = write_fleet(settings, NOW, NOW, key)
    assert "the fleet page could not be written" in told
    assert not [name for name in (tmp_path / "bundles").iterdir() if "partial" in name.name]


class Links(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]


def test_page_links_to_bundles_that_verify_and_loads_nothing(settings: Settings) -> None:
    fleet = fleet_of(settings)
    document = write_json(fleet)
    page = render_fleet_html(fleet, document)
    assert document in page
    links = Links()
    links.feed(page.decode())
    folder = Path(settings.resolve(settings.bundles_dir))
    bundles = [link for link in links.found if link.endswith("/index.html")]
    assert len(bundles) == 5
    assert all((folder / link).is_file() for link in bundles)
    assert not [link for link in links.found if "broken-seal/" in link or "://" in link]
    assert len(links.ids) == len(set(links.ids))
    assert {link[1:] for link in links.found if link.startswith("#")} <= set(links.ids)


def test_page_writes_instants_as_people_do(settings: Settings) -> None:
    fleet = fleet_of(settings)
    due = fleet.environments[0].model_copy(update={"summary": "the next drill is due 2026-06-20T15:40:00Z"})
    (line,) = build_fleet_view(fleet.model_copy(update={"environments": [due]})).lines
    assert line.summary == "the next drill is due 20 June 2026, 15:40 UTC"


@pytest.mark.parametrize(
    ("due", "overdue"),
    [("2026-06-11T15:40:01Z", False), ("2026-06-11T15:40:00Z", True), ("2026-05-07T10:00:00Z", True)],
    ids=["a second before", "at", "long after"],
)
def test_drill_is_told_as_overdue_from_its_instant_on(tmp_path: Path, due: str, overdue: bool) -> None:  # noqa: FBT001
    settings = make_settings(tmp_path, "pilot")
    seal_days(settings, "pilot", "s", drill_due=due)
    fleet = fleet_of(settings)
    (row,), (line,) = fleet.environments, build_fleet_view(fleet).lines
    assert (row.next_due, row.drill_overdue) == (due, overdue)
    said = day(due)
    told = f"The rollback drill is overdue since {said}."
    assert (line.next_due, line.notices) == (("", (told,)) if overdue else (said, ()))
    (cells,) = csv.DictReader(io.StringIO(render_fleet_csv(fleet).decode()))
    assert cells["drill_overdue"] == str(overdue)


def test_page_says_what_is_old_missing_or_broken(settings: Settings) -> None:
    view = build_fleet_view(fleet_of(settings))
    lines = {line.environment: line for line in view.lines}
    assert view.verdict.headline == "3 of 7 need attention"
    assert view.verdict.sentence == "3 environments without a recent bundle that verifies."
    assert lines["forgotten"].notices == ("The latest bundle is old: as of 8 June 2026, 15:40 UTC. A run is missing.",)
    assert (lines["forgotten"].tag.word, lines["forgotten"].tag.tone) == ("Ready", "soon")
    assert lines["never-run"].tag.word == "No bundle"
    assert lines["never-run"].spark is None
    assert lines["broken-seal"].tag.word == "Not verified"
    assert "…, sealed " in lines["broken-seal"].notices[0]
    assert lines["billing"].spark is not None
    assert lines["billing"].spark.label == (
        "7 bundles since 5 June 2026: failed checks and open items went from 0 to 12"
    )
    assert {line.state for line in view.lines} == {"bad", "soon", "none", "good"}


@pytest.mark.parametrize(
    ("letters", "headline", "tone"),
    [("r", "Nothing needs attention", "good"), ("s", "1 of 1 to look after soon", "soon"), ("", "", "none")],
    ids=["ready", "due soon", "no environment"],
)
def test_headline_is_that_of_the_worst(tmp_path: Path, letters: str, headline: str, tone: str) -> None:
    settings = make_settings(tmp_path, *(["pilot"] if letters else []))
    seal_days(settings, "pilot", letters)
    view = build_fleet_view(fleet_of(settings))
    assert view.verdict.headline == (headline or "Nothing needs attention")
    assert view.verdict.tone == tone
    assert view.verdict.sentence.startswith("First: pilot" if letters else "There is no environment")


def test_release_that_is_blocked_is_never_shown_as_ready(settings: Settings) -> None:
    fleet = fleet_of(settings)
    blocked = row_of(fleet, "zebra").model_copy(update={"verdict": "blocked", "readiness_state": "blocked"})
    critical = row_of(fleet, "zebra").model_copy(update={"alert_level": "critical"})
    view = build_fleet_view(fleet.model_copy(update={"environments": (blocked, critical)}))
    assert [(line.tag.word, line.tag.tone) for line in view.lines] == [("Blocked", "bad"), ("Ready", "bad")]
    assert view.verdict.headline == "2 of 2 need attention"


@pytest.mark.parametrize("start", list("=+-@"))
def test_cell_of_the_csv_is_never_a_formula(settings: Settings, start: str) -> None:
    fleet = fleet_of(settings)
    row = row_of(fleet, "zebra").model_copy(update={"summary": f'{start}cmd|" /C calc"!A0', "owners": (f"{start}x",)})
    content = render_fleet_csv(fleet.model_copy(update={"environments": (row,)})).decode()
    assert content.count("\r\n") == 2
    (read,) = csv.DictReader(io.StringIO(content))
    assert read["summary"] == f"'{row.summary}"
    assert read["owners"] == f"'{start}x"


def test_a_directory_of_bundles_that_cannot_be_read_costs_the_page_alone(tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    settings = load_settings(str(tmp_path / "reporter.toml"), {})[0]
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "pilot").write_text("in the way", encoding="utf-8")
    key = read_signing_key(new_key_pair(tmp_path / "signing.key").private_path)
    told = write_fleet(settings, NOW, NOW, key.public)
    assert told.startswith("the fleet page could not be written: bundle ")
