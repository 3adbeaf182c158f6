"""What jobs write to stderr: for people or machines, from a level on, and never a secret."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reporter.logs import Log
from reporter.settings_model import LogFormat, LogLevel
from worlds import reporter

AT = datetime(2026, 6, 1, 6, 15, tzinfo=UTC)
MACHINES = Log(LogFormat.JSON, LogLevel.INFO, lambda text: "s3cr3t" in text)


def test_a_line_for_machines_is_one_object_of_ascii() -> None:
    line = MACHINES.line(LogLevel.INFO, "remark", "naïve\ntext", AT, {"number": 3})
    assert line
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == {
        "at": "2026-06-01T06:15:00Z",
        "level": "info",
        "event": "remark",
        "message": "naïve\ntext",
        "number": 3,
    }


def test_people_read_the_text_alone() -> None:
    people = Log()
    assert people.line(LogLevel.INFO, "remark", "a remark", AT) == "a remark"
    assert people.line(LogLevel.ERROR, "fault", "a fault", AT) == "error: a fault"
    assert people.line(LogLevel.INFO, "finished", "", AT, {"exit_code": 0}) is None


@pytest.mark.parametrize(
    ("least", "heard"),
    [
        (LogLevel.DEBUG, ["debug", "info", "warning", "error"]),
        (LogLevel.WARNING, ["warning", "error"]),
        (LogLevel.ERROR, ["error"]),
    ],
)
def test_what_matters_less_than_the_level_is_not_written(least: LogLevel, heard: list[str]) -> None:
    log = Log(LogFormat.JSON, least)
    assert [level for level in LogLevel if log.line(level, "x", "text", AT)] == heard


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("the s3cr3t of somebody", "private_value"),
        ("Bearer abcdef1234567890abcdef", "token"),
        ("https://user:word@example.org/", "url_user_info"),
        ("tell jane.doe@example.org", "email_address"),
    ],
)
def test_what_holds_a_secret_is_left_out_and_the_rule_named(text: str, rule: str) -> None:
    line = MACHINES.line(LogLevel.ERROR, "fault", text, AT, {"also": text})
    assert line
    told = json.loads(line)
    assert told["message"] == told["also"] == f"(not shown: rule {rule})"


def test_the_host_of_a_lock_may_be_told() -> None:
    assert Log().shown("held on build.internal") == "held on build.internal"


def test_a_job_writes_its_faults_as_the_settings_say(tmp_path: Path) -> None:
    text = 'log_format = "json"\nheartbeat_url = "env:PING"\n[environments.pilot]\n'
    (tmp_path / "reporter.toml").write_text(text, encoding="utf-8")
    ping = "https://ping.example.org/0f3c9a1e-secret-part"
    done = reporter("run", "-e", f"pilot {ping}", cwd=tmp_path, env={"PING": ping})
    assert done.returncode == 2
    (line,) = [json.loads(one) for one in done.stderr.splitlines()]
    assert (line["level"], line["event"], line["message"]) == ("error", "fault", "(not shown: rule private_value)")
    assert "secret-part" not in done.stderr + done.stdout


def test_a_job_without_a_readable_setting_writes_plainly(tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text('log_format = "xml"\n', encoding="utf-8")
    done = reporter("run", cwd=tmp_path)
    assert done.stderr.startswith("error: ")
    assert "log_format: found 'xml', wanted 'console' or 'json'" in done.stderr.replace('"', "'")
