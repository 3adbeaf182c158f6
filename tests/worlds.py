"""Worlds on disk for tests that run the real command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

AS_OF = "2026-06-11T15:40:00Z"
REPORTER = str(Path(sys.executable).parent / "reporter")
KEPT_PRINTS = Path(__file__).with_name("kept_prints.py")


def reporter(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the real command in a directory, with these variables and no others of ours.

    A PDF of the very same page is laid out once in all tests together (`kept_prints.py`).
    """
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("CAVRA_", "REPORTER_"))}
    return subprocess.run(
        [sys.executable, KEPT_PRINTS, os.environ["KEPT_PRINTS"], *map(str, arguments)],
        cwd=cwd,
        env={**bare, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def make_world(path: Path, as_of: str = AS_OF) -> Path:
    """Write the sample world and give its directory."""
    done = reporter("init", path, "--sample", "--as-of", as_of, cwd=path.parent)
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
