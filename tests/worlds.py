"""Worlds on disk for tests that run the real command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from reporter.cli import answer

AS_OF = "2026-06-11T15:40:00Z"
REPORTER = str(Path(sys.executable).parent / "reporter")
OURS = ("CAVRA_", "REPORTER_")
KEPT_PRINTS = Path(__file__).with_name("kept_prints.py")


def reporter(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the real command in a directory, with these variables and no others of ours.

    Of PDFs it lays out the covers, and each once in all tests together (`kept_prints.py`).
    """
    bare = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    return subprocess.run(
        [sys.executable, KEPT_PRINTS, os.environ["KEPT_PRINTS"], *map(str, arguments)],
        cwd=cwd,
        env={**bare, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def reporter_here(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Call the command in this process, which imports all of it once, where a process is not what is tested.

    It has these variables and no others of ours, and writes to streams of its own, as a process does.
    """
    words = [str(one) for one in arguments]
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", errors="backslashreplace") for _ in range(2))
    with pytest.MonkeyPatch.context() as here, redirect_stdout(out), redirect_stderr(err):
        for name in [one for one in os.environ if one.startswith(OURS)]:
            here.delenv(name)
        for name, value in (env or {}).items():
            here.setenv(name, value)
        here.chdir(cwd)
        code = answer(words)
    said = []
    for stream in (out, err):
        stream.seek(0)  # which flushes
        said.append(stream.read())
    return subprocess.CompletedProcess(words, code, *said)


def make_world(path: Path, as_of: str = AS_OF) -> Path:
    """Write the sample world and give its directory."""
    done = reporter_here("init", path, "--sample", "--as-of", as_of, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    return path


def edit(path: Path, change: Callable[[Any], None]) -> None:
    """Change a JSON file in place."""
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def snapshot(bundle: Path) -> dict[str, bytes]:
    """Read every file of a bundle."""
    return {str(path.relative_to(bundle)): path.read_bytes() for path in sorted(bundle.rglob("*")) if path.is_file()}
