"""Completion by the shell, through click's own: commands, reports, environments and loops; the scripts are real."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import Call
from reporter.cli.root import COMMANDS
from reporter.loops.table import LOOPS
from reporter.model.registry import REPORTS
from worlds import REPORTER


def complete(words: str, cwd: Path, **variables: str) -> list[str]:
    """Ask as bash does for the last of these words; give what it would offer."""
    asked = {"_REPORTER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("CAVRA_", "REPORTER_"))}
    done = subprocess.run(
        [REPORTER], env={**bare, **asked, **variables}, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_command_is_completed_from_the_table(tmp_path: Path) -> None:
    assert complete("reporter re", tmp_path) == [name for name in COMMANDS if name.startswith("re")]
    assert "--version" in complete("reporter --", tmp_path)


def test_report_and_loop_are_completed(tmp_path: Path) -> None:
    assert complete("reporter check r", tmp_path) == [kind.name for kind in REPORTS if kind.name.startswith("r")]
    loops = [loop.word.replace("_", "-") for loop in LOOPS]
    assert complete("reporter ack e", tmp_path) == [name for name in loops if name.startswith("e")]


def test_environment_is_completed_from_the_settings_in_force(tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("[environments.pilot-a]\n[environments.pilot-b]\n", encoding="utf-8")
    (tmp_path / "other.toml").write_text("[environments.pilot-c]\n", encoding="utf-8")
    (tmp_path / "broken.toml").write_text("[environments", encoding="utf-8")
    (tmp_path / "odd.toml").write_text("environments = 3\n", encoding="utf-8")
    assert complete("reporter status -e pilot", tmp_path) == ["pilot-a", "pilot-b"]
    assert complete("reporter check drills --environment pilot-b", tmp_path) == ["pilot-b"]
    for words in ("gate", "evaluate read_file x", "parity cases.json"):
        assert complete(f"reporter {words} -e pilot-a", tmp_path) == ["pilot-a"]
    assert complete("reporter status --settings other.toml -e p", tmp_path) == ["pilot-c"]
    assert complete("reporter status -e p", tmp_path, REPORTER_SETTINGS="other.toml") == ["pilot-c"]
    for name in ("broken.toml", "odd.toml", "missing.toml"):
        assert complete(f"reporter status --settings {name} -e p", tmp_path) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_printed_and_asks_reporter(call: Call, shell: str) -> None:
    said = call("completion", shell)
    assert (said.code, said.err) == (0, "")
    assert f"_REPORTER_COMPLETE={shell}_complete" in said.out


def test_script_of_bash_is_one_that_bash_reads(call: Call, tmp_path: Path) -> None:
    script = tmp_path / "reporter.bash"
    script.write_text(call("completion", "bash").out, encoding="utf-8")
    asked = f"source {script}; COMP_WORDS=(reporter com); COMP_CWORD=1; _reporter_completion reporter; echo $COMPREPLY"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", asked], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "completion\n"


def test_completing_a_command_imports_none() -> None:
    asked = "import sys; from reporter.cli import answer; answer([]); print('reporter.settings' in sys.modules)"
    variables = {"_REPORTER_COMPLETE": "bash_complete", "COMP_WORDS": "reporter ", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", asked], env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"
    assert len(done.stdout.splitlines()) == len(COMMANDS) + 1
