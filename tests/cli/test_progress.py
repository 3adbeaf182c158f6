"""Progress on long work: on the terminal of whoever watches, and nowhere else."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from worlds import KEPT_PRINTS, reporter

RECORD = {"session_id": "s-{}", "metadata_kind": "session", "created_at": "2026-06-11T15:40:00Z"}


def watched(*words: str, cwd: Path) -> tuple[int, str, str]:
    """Run with stderr on a terminal, and give exit code, stdout and what the terminal showed."""
    ours, theirs = pty.openpty()
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("CAVRA_", "REPORTER_"))}
    process = subprocess.Popen(
        [sys.executable, KEPT_PRINTS, os.environ["KEPT_PRINTS"], *words],
        cwd=cwd,
        env={**bare, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(ours)
    out, _ = process.communicate(timeout=120)
    return process.returncode, out.decode(), seen.decode()


def world(path: Path, count: int = 3) -> Path:
    lines = [json.dumps({**RECORD, "session_id": f"s-{number}"}) for number in range(count)]
    (path / "evidence.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n", encoding="utf-8")
    (path / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    return path


def test_import_shows_its_sources_and_leaves_the_result_on_stdout(tmp_path: Path) -> None:
    code, out, seen = watched("records", "import", "evidence.jsonl", cwd=world(tmp_path))
    assert code == 0
    assert out == "evidence.jsonl  3 added, 0 there already, 1 fault\n"
    assert "evidence.jsonl: 0 records" in seen
    assert "\x1b[2K" in seen, "the bar is taken away"
    assert seen.rstrip().endswith("wanted a JSON object")


def test_nothing_is_shown_when_nobody_watches(tmp_path: Path) -> None:
    done = reporter("records", "import", "evidence.jsonl", cwd=world(tmp_path))
    assert done.stdout == "evidence.jsonl  3 added, 0 there already, 1 fault\n"
    assert done.stderr.startswith("evidence.jsonl: line 4: ")
    assert "\x1b" not in done.stderr


def test_run_shows_the_environment_that_it_is_at(tmp_path: Path) -> None:
    code, out, seen = watched("run", "--json", "--as-of", "2026-06-11T15:40:00Z", cwd=world(tmp_path))
    assert code == 0
    assert [one["environment"] for one in json.loads(out)["environments"]] == ["pilot"]
    for part in ("pilot: assessing", "pilot: rendering and sealing", "3/3"):
        assert part in seen


def test_rich_is_not_imported_when_nobody_watches() -> None:
    asked = (
        "import sys; from reporter.cli.progress import shown\n"
        "with shown(3) as tick: tick('x', 1)\n"
        "print('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
