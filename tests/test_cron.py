"""What timers start: every command is one that exists, and systemd itself judges the units."""

import os
import re
import shlex
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest

from reporter.cli.root import root
from reporter.cron_times import CronTimes, dues_between, parse_cron
from worlds import REPORTER

CRON = Path(__file__).parent.parent / "cron"
INSTALLED = "/opt/reporter/.venv/bin/reporter"
UNITS = sorted(path.name for path in CRON.glob("reporter-*.*") if path.is_file())
SERVICES = [name for name in UNITS if name.endswith(".service")]
MOST_EXPOSED = 20
"""Tenths: `systemd-analyze security` gives a unit 0 to 10, and calls up to 2 OK."""


def commands_in(path: Path) -> Iterator[list[str]]:
    """Give the words after `reporter` of every call in a file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        place = line.find(INSTALLED)
        if place >= 0 and not line.startswith("#"):
            command = line[place:].partition(" > ")[0].partition(" && ")[0]
            program, *words = shlex.split(command)
            assert program == INSTALLED
            yield words


def parse(words: list[str]) -> None:
    """Read a call as the command line does, to its last word, and start nothing."""
    context = click.Context(root, info_name="reporter", **root.context_settings)
    command: click.Command = root
    rest: list[str] = words
    while isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        context = found.make_context(found.name, list(rest), parent=context)
        command, rest = found, [*context._protected_args, *context.args]  # noqa: SLF001 - where click keeps what is left


FILES = [*SERVICES, "reporter.crontab", "README.md"]


@pytest.mark.parametrize("name", FILES)
def test_every_call_is_one_that_the_command_line_understands(name: str) -> None:
    calls = list(commands_in(CRON / name))
    assert calls or name == "reporter-failed@.service"
    for words in calls:
        parse(words)


def test_a_call_that_is_not_understood_would_be_found() -> None:
    with pytest.raises(click.UsageError):
        parse(["run", "--no-such-option"])
    with pytest.raises(click.UsageError):
        parse(["no-such-command"])
    with pytest.raises(click.UsageError):
        parse(["retry", "no-such-command"])


def crontab_times(text: str) -> Iterator[CronTimes]:
    """Read the times of every line, those too that wait for somebody to take the mark away."""
    for line in text.splitlines():
        if INSTALLED in line:
            yield parse_cron(" ".join(line.removeprefix("# ").split(maxsplit=5)[:5]))


def due_together(crontab: str) -> list[datetime]:
    """Give the minutes of a week in which more than one line is due."""
    zone, first = ZoneInfo("UTC"), datetime(2026, 6, 7, tzinfo=UTC)
    dues = Counter(
        due for times in crontab_times(crontab) for due in dues_between(times, zone, first, first + timedelta(days=7))
    )
    return [due for due, count in dues.items() if count > 1]


def test_no_two_lines_of_the_crontab_are_due_in_the_same_minute() -> None:
    text = (CRON / "reporter.crontab").read_text(encoding="utf-8")
    assert len(list(crontab_times(text))) == 4
    assert due_together(text) == []
    assert len(due_together(text.replace("7-59/15 *", "*/15 *"))) == 7 + 7 + 1


def test_crontab_starts_no_mail_that_would_find_nobody() -> None:
    called = [words[:2] for words in commands_in(CRON / "reporter.crontab")]
    assert called == [["run"], ["retry", "run"], ["prune", "--execute"]]


def windows_of(timer: Path) -> Iterator[tuple[datetime, datetime]]:
    """Ask systemd for every span of a week in which a timer may start its job."""
    said = dict(line.split("=", 1) for line in timer.read_text(encoding="utf-8").splitlines() if "=" in line)
    spread = sum(int(said[key].removesuffix("min")) for key in ("RandomizedDelaySec", "AccuracySec"))
    told = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=700", "--base-time=2026-06-07 00:00 UTC", said["OnCalendar"]],
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for day, hour in re.findall(r": [A-Z][a-z]{2} ([0-9-]{10}) ([0-9:]{8}) UTC$", told, flags=re.MULTILINE):
        start = datetime.fromisoformat(f"{day}T{hour}+00:00")
        if start < datetime(2026, 6, 14, tzinfo=UTC):
            yield start, start + timedelta(minutes=spread)


def test_no_two_timers_start_their_jobs_together() -> None:
    spans = sorted(span for timer in CRON.glob("*.timer") for span in windows_of(timer))
    assert len(spans) == 7 + 7 + 1 + 7 * 24 * 4
    assert [(one, other) for one, other in pairwise(spans) if one[1] > other[0]] == []


def test_every_job_has_its_timer_and_every_timer_its_job() -> None:
    stems = [{name.partition(".")[0] for name in UNITS if name.endswith(end)} for end in (".service", ".timer")]
    assert stems[0] - stems[1] == {"reporter-failed@", "reporter-schedule", "reporter-serve"}
    assert stems[1] <= stems[0]


@pytest.mark.parametrize("name", UNITS)
def test_every_setting_of_a_unit_is_explained(name: str) -> None:
    """A comment stands above each line, or above the few that belong to it."""
    unexplained = 0
    for line in (CRON / name).read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "[")) or not line:
            unexplained = 0
        else:
            unexplained += 1
        assert unexplained <= 4, line


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the units, with the path of a reporter that is there, and give the template an instance."""
    folder = tmp_path_factory.mktemp("units")
    shutil.copytree(CRON, folder, dirs_exist_ok=True)
    for path in folder.glob("*.service"):
        path.write_text(path.read_text(encoding="utf-8").replace(INSTALLED, REPORTER), encoding="utf-8")
    for name in SERVICES:
        if "@." in name:
            shutil.copy(folder / name, folder / name.replace("@.", "@pilot."))
    return folder


def test_systemd_finds_no_fault_in_the_units(units: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", *(f"./{name}" for name in UNITS)],
        cwd=units,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "reporter" not in done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_exposes_no_more_than_it_must(units: Path, name: str) -> None:
    done = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=yes",
            f"--threshold={MOST_EXPOSED}",
            f"./{name.replace('@.', '@pilot.')}",
        ],
        cwd=units,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= MOST_EXPOSED / 10
    assert done.returncode == 0
