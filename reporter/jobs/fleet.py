"""Write the fleet page beside the bundles: from what is sealed there and verifies, never from what a run remembers."""

from datetime import datetime
from pathlib import Path
from typing import Final

from reporter import __version__
from reporter.assess.fleet import rank_fleet
from reporter.errors import BundleNotWritten
from reporter.jobs.held import summary_of
from reporter.jobs.runs.latest import last_bundles
from reporter.jobs.standing.standing import Standing, instant_of, overall_state, standing_of
from reporter.model.fleet import Fleet, FleetRow
from reporter.model.instants import FUTURE_TOLERANCE, format_instant
from reporter.render.fleet import render_fleet_csv, render_fleet_html
from reporter.render.json import write_json
from reporter.render.spark import SHOWN
from reporter.seal.bundle import list_bundles
from reporter.seal.disk import make_directories, replace_file
from reporter.seal.history import trend_of
from reporter.seal.keys import PublicKey
from reporter.settings_model import Settings

FILES: Final = ("fleet.json", "fleet.csv", "index.html")


def write_fleet(settings: Settings, now: datetime, wall_now: datetime, key: PublicKey) -> str:
    """Write the three files, and give a remark where that was not possible: the bundles are what counts.

    A run as of the past does not turn the page back: it tells of the newest bundle that is not dated after `wall_now`.
    """
    names = sorted(settings.environments)
    bundles_dir = settings.resolve(settings.bundles_dir)
    try:
        fleet = build_fleet(settings, names, max([now, *_newest(bundles_dir, names, wall_now)]), key)
        document = write_json(fleet)
        contents = (document, render_fleet_csv(fleet), render_fleet_html(fleet, document))
        make_directories(bundles_dir)
        for name, content in zip(FILES, contents, strict=True):
            replace_file(str(Path(bundles_dir, name)), content, 0o644)
    except BundleNotWritten as fault:
        return f"the fleet page could not be written: {fault}"
    except OSError as error:
        return f"{bundles_dir}: the fleet page could not be written: {error.strerror}; make the directory writable"
    return ""


def build_fleet(settings: Settings, names: list[str], now: datetime, key: PublicKey) -> Fleet:
    """Read where every environment stands, and rank them."""
    recorded = last_bundles(settings, now)
    standings = (standing_of(settings, name, now, key, recorded.get(name, "")) for name in names)
    rows = (_row(settings, one, now, key) for one in standings)
    return Fleet(as_of=format_instant(now), tool_version=__version__, environments=rank_fleet(rows))


def _newest(bundles_dir: str, names: list[str], wall_now: datetime) -> list[datetime]:
    found = (instant_of(one) for name in names for one in list_bundles(bundles_dir, name))
    return [at for at in found if at and at <= wall_now + FUTURE_TOLERANCE]


def _row(settings: Settings, one: Standing, now: datetime, key: PublicKey) -> FleetRow:
    bundles_dir = settings.resolve(settings.bundles_dir)
    trend = trend_of(bundles_dir, one.environment, now + FUTURE_TOLERANCE, key, SHOWN)
    latest = trend[-1] if trend and one.sealed and trend[-1].as_of == one.as_of else None
    drills = [due for due in one.due if due.what == "drill"]
    return FleetRow(
        rank=0,
        environment=one.environment,
        sealed=one.sealed,
        verdict=overall_state(one.status, one.readiness_state, one.closure_state) if one.sealed else "",
        status=one.status,
        readiness_state=one.readiness_state,
        closure_state=one.closure_state,
        alert_level=one.alert_level,
        failed_check_count=latest.failed_check_count if latest else 0,
        open_item_count=latest.open_item_count if latest else len(one.open_items),
        summary=summary_of(one),
        as_of=one.as_of,
        age_minutes=int(one.age.total_seconds() // 60),
        old=one.old,
        next_due=min((due.at for due in drills), default=""),
        drill_overdue=any(due.overdue for due in drills),
        owners=tuple(dict.fromkeys(actor.owner for actor in one.actors)),
        bundle=f"{one.environment}/{Path(one.bundle).name}" if one.bundle else "",
        risks=(),
        faults=one.faults,
        trend=trend if one.sealed else tuple(point for point in trend if point.as_of != one.as_of),
    )
