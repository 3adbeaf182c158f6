"""The metrics file: what a textfile collector takes, written whole, and never worse than before for a lack of news."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reporter.jobs.runs.metrics import metrics_text, write_metrics
from reporter.jobs.runs.results import Ending, Result
from reporter.settings_model import Settings

AT = datetime(2026, 6, 1, 6, 15, tzinfo=UTC)
TOOK = timedelta(seconds=12.5)
PILOT = Result("pilot", "due_soon", "ready", "closed", "warning", "20260601T061500Z-0", "0" * 64, 2, 1)
GOOD = Ending(0, "reprun-1", (PILOT,), {"accepted": 3, "throttled": 1})
BAD = Ending(2, "", (Result("pilot", failure="BundleNotWritten"),))
_LINE = re.compile(r'[a-z_]+\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\} -?[0-9.]+')


def samples(text: str) -> dict[str, str]:
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_every_metric_is_told_once_with_help_and_type_and_without_timestamps() -> None:
    text = metrics_text("run", GOOD, AT, TOOK)
    assert text.endswith("\n")
    families: list[str] = []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            families.append(line.split()[2])
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {families[-1]} gauge"
        else:
            assert _LINE.fullmatch(line)
            assert line.startswith(f"{families[-1]}{{")
    assert len(families) == len(set(families)) == 12


def test_the_verdict_is_one_of_all_there_are() -> None:
    found = samples(metrics_text("run", GOOD, AT, TOOK))
    verdicts = {key: value for key, value in found.items() if key.startswith("reporter_status")}
    assert verdicts.pop('reporter_status{environment="pilot",status="due_soon"}') == "1"
    assert set(verdicts.values()) == {"0"}
    assert found['reporter_alert_level{environment="pilot",level="warning"}'] == "1"
    assert found['reporter_open_items{environment="pilot"}'] == "1"
    assert found['reporter_failed_checks{environment="pilot"}'] == "2"
    assert found['reporter_deliveries{job_name="run",outcome="throttled"}'] == "1"
    assert found['reporter_run_duration_seconds{job_name="run"}'] == "12.500"
    assert found['reporter_last_success_timestamp_seconds{job_name="run"}'] == "1780294500"


def test_a_failed_run_keeps_when_the_last_success_was_and_no_stale_verdict(tmp_path: Path) -> None:
    settings = Settings(metrics_file=str(tmp_path / "reporter.prom"))
    assert write_metrics(settings, "run", GOOD, AT, TOOK) == ""
    assert write_metrics(settings, "retry run", Ending(0), AT + TOOK, TOOK) == ""
    assert write_metrics(settings, "run", BAD, AT + timedelta(days=1), TOOK) == ""
    found = samples((tmp_path / "reporter.prom").read_text(encoding="utf-8"))
    assert found['reporter_last_success_timestamp_seconds{job_name="run"}'] == "1780294500"
    assert found['reporter_last_run_timestamp_seconds{job_name="run"}'] == "1780380900"
    assert found['reporter_run_exit_code{job_name="run"}'] == "2"
    assert found['reporter_run_exit_code{job_name="retry run"}'] == "0"
    assert found['reporter_bundle_written{environment="pilot"}'] == "0"
    assert not [key for key in found if key.startswith("reporter_status")]
    assert [path.name for path in tmp_path.iterdir()] == ["reporter.prom"]
    assert (tmp_path / "reporter.prom").stat().st_mode & 0o777 == 0o644


def test_what_stands_in_the_file_and_is_not_ours_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "reporter.prom"
    path.write_text('# HELP x y\nx{a="b"} 1\nreporter_status_of_somebody{a="b"} 1\n', encoding="utf-8")
    assert write_metrics(Settings(metrics_file=str(path)), "run", GOOD, AT, TOOK) == ""
    assert path.read_text(encoding="utf-8") == metrics_text("run", GOOD, AT, TOOK)


@pytest.mark.parametrize("place", ["missing/reporter.prom", "."])
def test_a_file_that_cannot_be_written_is_a_remark(tmp_path: Path, place: str) -> None:
    told = write_metrics(Settings(metrics_file=str(tmp_path / place)), "run", GOOD, AT, TOOK)
    assert told.startswith("metrics_file: cannot be written: ")
    assert list(tmp_path.iterdir()) == []


def test_without_the_setting_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_metrics(Settings(), "run", GOOD, AT, TOOK) == ""
    assert list(tmp_path.iterdir()) == []
