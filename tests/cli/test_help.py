"""Help, the table of exit codes, and that asking for little loads little."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli.conftest import Call
from reporter import __version__
from reporter.cli.root import COMMANDS, root
from reporter.errors import ExitCode
from reporter.seal.keys import new_key_pair, read_signing_key
from seal.small_bundle import write_small
from worlds import AS_OF

ROOT = Path(__file__).parents[2]


def all_commands() -> dict[str, click.Command]:
    """Give every command by the words that call it."""
    context = click.Context(root)
    found: dict[str, click.Command] = {}
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None, name
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {below}": one for below, one in command.commands.items()}
    return found


ALL = all_commands()


@pytest.mark.parametrize("words", ALL)
def test_help_says_what_a_command_does_and_shows_an_example(call: Call, words: str) -> None:
    said = call(*words.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: reporter {words} ")
    assert re.search(rf"^  Examples?:\n    reporter {words}", said.out, flags=re.MULTILINE)
    assert call(*words.split(), "-h") == said


@pytest.mark.parametrize("words", sorted(set(ALL) - {"run"}))  # test_run.py runs it
def test_example_in_help_is_a_call_that_is_understood(call: Call, words: str) -> None:
    """Each example ends in a finding or a fault of the settings, at worst, never in a mistake of the call."""
    text = call(*words.split(), "--help").out
    for example in re.findall(r"^    reporter (.*)$", text, flags=re.MULTILINE):
        said = call(*shlex.split(example.partition(" > ")[0]))
        assert "--help" not in said.err, example
        assert said.code in (0, 2), example


@pytest.mark.parametrize("name", COMMANDS)
def test_line_in_the_table_is_the_first_line_of_the_commands_own_help(name: str) -> None:
    assert (ALL[name].help or "").partition("\n")[0] == COMMANDS[name].line


def test_help_lists_every_command_option_and_exit_code(call: Call) -> None:
    said = call("--help")
    assert (said.code, said.err) == (0, "")
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.line[:40])}", said.out, flags=re.MULTILINE)
    for code in ExitCode:
        assert f"{code.value:>4}  {code.meaning}\n" in said.out


def test_completion_of_an_unknown_word_finds_no_command() -> None:
    assert root.get_command(click.Context(root), "nope") is None


def test_no_word_at_all_shows_the_help_and_is_a_mistake(call: Call) -> None:
    said = call()
    assert said.code == 2
    assert said.err == call("--help").out


def test_version_is_the_packages_own(call: Call) -> None:
    assert call("--version") == (0, f"reporter {__version__}\n", "")


def test_exit_codes_in_the_readme_are_those_of_the_code() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| code | meaning |\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `?(\d+)`? \| (.*) \|$", table, flags=re.MULTILINE)
    assert rows == [(str(code.value), code.meaning) for code in ExitCode]


def loaded_by(*words: str, cwd: Path) -> set[str]:
    """Give the top-level modules that a call imports."""
    program = (
        "import sys\nfrom reporter.cli import answer\nanswer(sys.argv[1:])\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    assert not loaded_by("--help", cwd=tmp_path) & {
        "asyncio",
        "cryptography",
        "httpx",
        "jinja2",
        "pydantic",
        "rich",
        "weasyprint",
    }


def test_check_loads_no_stage_that_it_does_not_run(world: Path, tmp_path: Path) -> None:
    settings = ("--settings", str(world / "reporter.toml"), "-e", "production-pilot", "--as-of", AS_OF)
    loaded = loaded_by("check", "schedule", *settings, cwd=tmp_path)
    assert "pydantic" in loaded
    assert not loaded & {"asyncio", "cryptography", "httpx", "jinja2", "rich", "weasyprint"}


def test_verify_loads_neither_click_nor_pydantic(tmp_path: Path) -> None:
    new_key_pair(tmp_path / "k")
    bundle = write_small(tmp_path / "bundles", read_signing_key(tmp_path / "k")).path
    loaded = loaded_by("verify", bundle, "--key", "k.pub", cwd=tmp_path)
    assert "cryptography" in loaded
    assert not loaded & {"asyncio", "click", "httpx", "jinja2", "pydantic", "rich", "weasyprint"}


def test_module_runs_like_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reporter", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"reporter {__version__}\n"
