"""The machine: interpreter, libraries and fonts for the PDFs, time zones."""

import ctypes
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reporter.assets import templates_dir
from reporter.jobs.doctor.diagnosis import Diagnosis, fail, warn, well

LIBRARIES: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PACKAGES: Final = "libpangoft2-1.0-0 libharfbuzz-subset0"
TESTED: Final = ((3, 11), (3, 12), (3, 13), (3, 14))
ZONES: Final = ("UTC", "Europe/Berlin", "America/New_York")
FONTS: Final = ("fonts.conf",)


def look_at_machine() -> Iterator[Diagnosis]:
    """Look at what every run needs, whatever the settings say."""
    yield look_at_python(sys.version_info[:2])
    yield look_at_libraries(LIBRARIES)
    yield look_at_fonts(templates_dir() / "fonts")
    yield look_at_zones(ZONES)


def look_at_python(version: tuple[int, ...]) -> Diagnosis:
    """Compare the interpreter with those that the tests run on."""
    found = f"Python {version[0]}.{version[1]}"
    if version in TESTED:
        return well("python", found)
    tested = ", ".join(f"{major}.{minor}" for major, minor in TESTED)
    return warn("python", f"{found}, which nobody tested", f"use one of {tested}")


def look_at_libraries(names: Sequence[str]) -> Diagnosis:
    """Load the libraries that lay out the PDFs."""
    missing = [name for name in names if not _loads(name)]
    if missing:
        step = f"on Debian and Ubuntu run: apt-get install --no-install-recommends {PACKAGES}"
        return fail("libraries", f"not there: {', '.join(missing)}; no PDF can be made", step)
    return well("libraries", ", ".join(names))


def look_at_fonts(folder: Path) -> Diagnosis:
    """Look for the fonts that the PDFs are set in."""
    faces = sorted(path.name for path in folder.glob("*.[ot]tf"))
    absent = [name for name in FONTS if not (folder / name).is_file()]
    if absent or not faces:
        found = f"not there: {', '.join(absent) or 'any font'} in {folder}"
        return fail("fonts", found, "install reporter again, whole")
    return well("fonts", f"{len(faces)} faces of our own; the system's are not asked")


def look_at_zones(names: Sequence[str]) -> Diagnosis:
    """Load some time zones: windows that recur are judged in theirs."""
    missing = []
    for name in names:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, OSError, ValueError):
            missing.append(name)
    if missing:
        found = f"not there: {', '.join(missing)}; windows of these zones are in doubt"
        return fail("time zones", found, "install the package tzdata, of the system or of Python")
    return well("time zones", f"{', '.join(names)} and others")


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
