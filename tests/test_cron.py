"""The timer's files call what exists."""

from pathlib import Path

from worlds import reporter

CRONTAB = Path(__file__).parent.parent / "cron" / "reporter.crontab"


def test_every_line_of_the_crontab_is_a_call_that_is_understood(tmp_path: Path) -> None:
    lines = [line for line in CRONTAB.read_text(encoding="utf-8").splitlines() if line[:1].isdigit()]
    assert lines
    for line in lines:
        command = line.split(maxsplit=5)[5]
        program, *arguments = command.split()
        assert Path(program).name == "reporter"
        done = reporter(*arguments, cwd=tmp_path, env={"CAVRA_GO_BACKEND_MODE": "promoted"})
        assert done.returncode == 0, done.stderr
