"""What the READMEs claim and can be run is run here."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from freezegun import freeze_time

from reporter.cli import answer
from reporter.model.instants import format_instant
from reporter.seal.bundle import write_bundle
from reporter.seal.keys import read_signing_key
from reporter.settings import environment_variables
from small_world import PREDICATE
from worlds import AS_OF, make_world, reporter

ROOT: Final = Path(__file__).parent.parent
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
WALK: Final = "## One report at a terminal"
"""From here on the commands are about the sample."""

ELSEWHERE: Final = "curl"
"""Run by tests/serve/test_reading.py."""


class Line(NamedTuple):
    """A line of the README that a person types, its comment, and what the README says that it prints."""

    words: str
    comment: str
    printed: str = ""

    @property
    def codes(self) -> Collection[int]:
        """The exit codes that the README lets one expect; what `needs` something cannot be run at once."""
        if "needs" in self.comment:
            return (2, 6)
        named = re.search(r"exit code (\d+)", self.comment)
        return (int(named[1]) if named else 0,)


def lines(text: str) -> Iterator[Line]:
    """Give what is typed, in order."""
    for kind, block in re.findall(r"^```(sh|console)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        if kind == "console":
            command, _, printed = block.removeprefix("$ ").partition("\n")
            yield Line(command, "", printed)
            continue
        for one in block.replace("\\\n", "").splitlines():
            words, _, comment = one.partition(" # ")
            if words.strip():
                yield Line(words.strip(), comment)


def test_generated_tables_are_up_to_date() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "tools" / "write-docs", "--check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Make the sample and run it, as `make report` does; give what the run printed."""
    world = make_world(tmp_path_factory.mktemp("walk") / "sample-world")
    done = reporter("run", "--as-of", AS_OF, cwd=world)
    assert done.returncode == 0, done.stderr
    return world, done.stdout


@pytest.fixture
def walker(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Leave out variables of ours."""
    for name in environment_variables():
        if name.startswith(("CAVRA_", "REPORTER_")):
            monkeypatch.delenv(name)
    return monkeypatch


def test_report_on_the_sample_prints_what_the_readme_says(ran: tuple[Path, str]) -> None:
    """Digests are of this key, and the directory is this one."""
    world, printed = ran
    claimed = next(one.printed for one in lines(README) if one.words == "make report" and one.printed)
    assert _plain(printed.replace(str(world), "…")) == _plain(claimed)


def _plain(text: str) -> str:
    return re.sub(r"-[0-9a-f]{12}$", "-DIGEST", text, flags=re.MULTILINE)


def test_every_command_of_the_walk_through_does_what_the_readme_says(
    ran: tuple[Path, str], walker: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clock stands right after the run: what is decided is dated when it is given."""
    world, _ = ran
    walker.chdir(world)
    with freeze_time(AS_OF) as clock:
        names = {"9b277cb5bfd4": _seal_one_before(world), "AUDIT": _audit(capsys)}
        for line in lines(WALK + README.partition(WALK)[2]):
            if line.words.startswith(ELSEWHERE):
                continue
            clock.tick(timedelta(seconds=0 if line.printed else 1))
            words = re.sub("|".join(names), lambda found: names[found[0]], line.words)
            if not words.startswith("reporter "):
                subprocess.run(["sh", "-ec", words], check=True, stdout=subprocess.DEVNULL)
                continue
            code = answer(shlex.split(words)[1:])
            said = capsys.readouterr()
            assert code in line.codes, f"{words}: {code}\n{said.err}{said.out}"
            assert "--help" not in said.err, words
            assert not line.printed or said.out == line.printed, words


def _seal_one_before(world: Path) -> str:
    """Seal a small bundle of the day before, for what compares two; give the first digits of its digest."""
    pilot, now = "production-pilot", datetime.fromisoformat(AS_OF)
    at = now - timedelta(days=1)
    document = json.loads((world / "bundles" / pilot / "latest" / "readiness.json").read_bytes())
    said = {"environment": pilot, "as_of": format_instant(at)}
    files = {"readiness.json": json.dumps({**document, **said}).encode()}
    key = read_signing_key(world / "keys" / "signing.key")
    made = write_bundle(str(world / "bundles"), pilot, at, files, {**PREDICATE, **said}, key, wall_now=now.timestamp())
    return made.digest[:12]


def _audit(capsys: pytest.CaptureFixture[str]) -> str:
    """Find the package that waits for its retry, as the README says."""
    assert answer(["retry", "plan", "-e", "payments-pilot", "--json"]) == 0
    ((route,),) = (plan["routes"] for plan in json.loads(capsys.readouterr().out)["plans"] if plan["routes"])
    return str(route["subject"])


def test_start_of_ones_own_is_as_the_readme_says(
    tmp_path: Path, walker: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`run` itself is the subject of tests/test_run.py, with upstream's variables too."""
    walker.chdir(tmp_path)
    section = README.partition("## Your own pilots")[2].partition("## ")[0]
    typed = [one.words for one in lines(section)]
    assert [one for one in typed if one.startswith("reporter run")] == [
        "reporter run --settings myproject/reporter.toml",
        "reporter run",
    ]
    for words in typed:
        if words.startswith("export "):
            name, _, value = words.removeprefix("export ").partition("=")
            assert f"| `{name}` |" in README, "the table of settings has it"
            walker.setenv(name, value)
        elif not words.startswith("reporter run"):
            assert answer(shlex.split(words)[1:]) == 0, capsys.readouterr().err
