"""The clock: whether it was set back since something was written, and whether something keeps it right."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from reporter.jobs.doctor.diagnosis import Diagnosis, fail, warn, well
from reporter.jobs.standing.standing import instant_of
from reporter.model.instants import FUTURE_TOLERANCE, format_instant
from reporter.seal.bundle import list_bundles
from reporter.seal.envelope import ATTESTATION_NAME
from reporter.settings_model import Settings

TIMESYNC: Final = Path("/run/systemd/timesync")


def look_at_clock(settings: Settings, now: datetime, timesync: Path = TIMESYNC) -> Iterator[Diagnosis]:
    """Compare the clock with what was written before; a clock that was set back dates evidence into the future."""
    written, dated = _written(settings), _dated(settings)
    if written and written[0] - now > FUTURE_TOLERANCE:
        found = f"{format_instant(now)}, but {written[1]} was written at {format_instant(written[0])}: it was set back"
        yield fail("clock", found, "set the clock right, then run again: until then new evidence is dated too early")
    elif dated and dated[0] - now > FUTURE_TOLERANCE:
        found = f"{format_instant(now)}, but {dated[1]} is dated later"
        yield warn("clock", found, "set the clock right, unless that bundle was made with --as-of; take it away then")
    else:
        yield well("clock", f"{format_instant(now)}, later than everything that was written")
    if timesync.is_dir():
        if (timesync / "synchronized").exists():
            yield well("clock synchronization", "systemd-timesyncd keeps the clock right")
        else:
            found = "systemd-timesyncd has not reached a server"
            yield warn("clock synchronization", found, "see `timedatectl timesync-status`")


def _written(settings: Settings) -> tuple[datetime, str] | None:
    """Give when the last seal was written to the disk, by the disk's own times."""
    found = []
    for _, path in _bundles(settings):
        seal = path / ATTESTATION_NAME
        if seal.is_file():
            found.append((datetime.fromtimestamp(seal.stat().st_mtime, UTC).replace(microsecond=0), path.name))
    return max(found, default=None)


def _dated(settings: Settings) -> tuple[datetime, str] | None:
    return max(((at, path.name) for at, path in _bundles(settings)), default=None)


def _bundles(settings: Settings) -> Iterator[tuple[datetime, Path]]:
    bundles_dir = settings.resolve(settings.bundles_dir)
    for environment in sorted(settings.environments):
        for name in list_bundles(bundles_dir, environment)[:1]:
            at = instant_of(name)
            if at:
                yield at, Path(name.path)
