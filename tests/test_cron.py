"""What timers start: every command is one that exists, and systemd itself judges the units."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from reporter.cli.root import root
from reporter.cron_times import parse_cron
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


def test_every_time_of_the_crontab_is_one() -> None:
    lines = [
        line for line in (CRON / "reporter.crontab").read_text(encoding="utf-8").splitlines() if line[:1].isdigit()
    ]
    assert lines
    for line in lines:
        parse_cron(" ".join(line.split(maxsplit=5)[:5]))


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
