"""Several environments with small sealed bundles over some days: what the fleet page is made from."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from reporter.jobs.keys import make_key_pair, signing_key
from reporter.seal.bundle import write_bundle
from reporter.settings import load_settings
from reporter.settings_model import Settings

NOW: Final = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
DAY: Final = timedelta(days=1)
WORDS: Final = {
    "r": ("ready", "ready", "closed", "healthy"),
    "s": ("due_soon", "ready", "closed", "warning"),
    "b": ("needs_attention", "blocked", "open", "critical"),
    "d": ("disabled", "not_requested", "not_requested", "healthy"),
}
"""Status, release readiness, closure and alert level by a letter."""


def make_settings(folder: Path, *names: str) -> Settings:
    """Write settings with these environments, and a key."""
    text = "".join(f"[environments.{name}]\n" for name in names)
    (folder / "reporter.toml").write_text(text, encoding="utf-8")
    make_key_pair(folder / "keys" / "signing.key")
    return load_settings(str(folder / "reporter.toml"), {})[0]


def seal_days(  # noqa: PLR0913 - what a bundle says
    settings: Settings, name: str, letters: str, last: datetime = NOW, summary: str = "", *, drill_due: str = ""
) -> list[Path]:
    """Seal a bundle a day, one for each letter, the last one at `last`; trouble grows where it is bad."""
    key, _ = signing_key(settings)
    made: list[Path] = []
    trouble = 0
    for place, letter in enumerate(letters):
        at = last - (len(letters) - 1 - place) * DAY
        status, readiness, closure, level = WORDS[letter]
        trouble = trouble + 2 if letter == "b" else 0
        as_of = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        said = {
            "status": status,
            "readiness_state": readiness,
            "closure_state": closure,
            "alert_level": level,
        }
        document: dict[str, Any] = {"as_of": as_of, **said, "production": {"summary": summary or f"{name} is {status}"}}
        if drill_due:
            schedule = {"schedule": {"due": {"at": drill_due}}}
            document["production"]["go_backend_rollback_drill_schedule"] = schedule
        if trouble:
            step = {"owner": "release-governance", "phase": "now", "task": "mend it", "command": ""}
            document["loops"] = {"runbook": {"steps": [step]}}
        predicate = {
            "environment": name,
            "as_of": as_of,
            "inputs": [{"alias": "plan"}],
            "failed_check_count": trouble,
            "open_item_count": trouble // 2,
            **said,
        }
        files = {"readiness.json": json.dumps(document).encode(), "index.html": b"<!doctype html><title>x</title>"}
        folder = settings.resolve(settings.bundles_dir)
        bundle = write_bundle(folder, name, at, files, predicate, key, wall_now=NOW.timestamp())
        made.append(Path(bundle.path))
    return made


def make_fleet(folder: Path) -> Settings:
    """Make one environment of each kind: bad, broken, old, missing, due soon, disabled, ready."""
    names = ("billing", "broken-seal", "forgotten", "never-run", "production-pilot", "switched-off", "zebra")
    settings = make_settings(folder, *names)
    seal_days(settings, "billing", "rrsbbbb", summary="2 of 7 reports need attention: Drill history, Drill schedule")
    (seal_days(settings, "broken-seal", "rr")[-1] / "readiness.json").write_text("{}", encoding="utf-8")
    seal_days(settings, "forgotten", "rrr", NOW - 3 * DAY)
    seal_days(settings, "production-pilot", "rrrrrrrss", summary="all 7 reports that were asked for are in order")
    seal_days(settings, "switched-off", "d")
    seal_days(settings, "zebra", "rbbr")
    return settings
