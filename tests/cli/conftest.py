"""A sample world for all tests of the command line, and the command in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from reporter.cli import answer
from reporter.settings import environment_variables
from worlds import make_world


class Said(NamedTuple):
    """How a call ended and what it printed."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("cli") / "world")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command in this process, in an empty directory, without variables of ours."""
    for name in environment_variables():
        if name.startswith(("CAVRA_", "REPORTER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def call_it(*arguments: str | Path) -> Said:
        code = answer([str(one) for one in arguments])
        return Said(code, *capsys.readouterr())

    return call_it
