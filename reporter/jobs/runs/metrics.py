"""A file for node_exporter's textfile collector: written beside it, then renamed, without timestamps of samples.

Its labels are names of environments, jobs and states. When the last success was is kept over a run that failed.
"""

import contextlib
import glob
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from reporter.jobs.runs.results import Ending
from reporter.model.reports import AlertLevel, Status
from reporter.settings_model import Settings

_SUCCESS: Final = "reporter_last_success_timestamp_seconds"
_METRICS: Final = {
    "reporter_last_run_timestamp_seconds": "When the last run ended.",
    _SUCCESS: "When the last run that did all its work ended.",
    "reporter_run_duration_seconds": "How long the last run took.",
    "reporter_run_exit_code": "The exit code of the last run.",
    "reporter_status": "1 for the verdict of the last run of an environment, 0 for the others.",
    "reporter_alert_level": "1 for the alert level of an environment, 0 for the others.",
    "reporter_release_blocked": "1 where the release is blocked.",
    "reporter_closure_open": "1 where the closure is open.",
    "reporter_bundle_written": "1 where the last run left a bundle for the environment.",
    "reporter_open_items": "Items that hold the closure open.",
    "reporter_failed_checks": "Checks that failed.",
    "reporter_deliveries": "Attempts of the last run to deliver, by outcome.",
}
_STATUSES: Final = tuple(map(str, Status))
_LEVELS: Final = tuple(map(str, AlertLevel))


def write_metrics(settings: Settings, what: str, ending: Ending, at: datetime, took: timedelta) -> str:
    """Write the file where the settings name one, and give a remark where that was not possible."""
    if not settings.metrics_file:
        return ""
    path = Path(settings.resolve(settings.metrics_file))
    partial = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        for left in path.parent.glob(f".{glob.escape(path.name)}-*"):
            left.unlink()  # of a run that was killed: whoever writes metrics is alone
        kept = _samples_of_others(path, what, ending)
        partial.write_text(metrics_text(what, ending, at, took, kept), encoding="utf-8")
        partial.chmod(0o644)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        return f"metrics_file: cannot be written: {error.strerror}"
    return ""


def metrics_text(what: str, ending: Ending, at: datetime, took: timedelta, kept: tuple[str, ...] = ()) -> str:
    """Write all metrics; `kept` are samples of an earlier file that this run says nothing of."""
    lines: list[str] = []
    fresh = [*_samples(what, ending, at, took), *kept]
    for name, told in _METRICS.items():
        samples = sorted(line for line in fresh if line.startswith(f"{name}{{"))
        if samples:
            lines += [f"# HELP {name} {told}", f"# TYPE {name} gauge", *samples]
    return "\n".join(lines) + "\n"


def _samples(what: str, ending: Ending, at: datetime, took: timedelta) -> Iterator[str]:
    job = f'job_name="{what}"'
    yield f"reporter_last_run_timestamp_seconds{{{job}}} {at.timestamp():.0f}"
    if ending.worked:
        yield f"{_SUCCESS}{{{job}}} {at.timestamp():.0f}"
    yield f"reporter_run_duration_seconds{{{job}}} {took.total_seconds():.3f}"
    yield f"reporter_run_exit_code{{{job}}} {int(ending.exit_code)}"
    for outcome, number in ending.deliveries.items():
        yield f'reporter_deliveries{{{job},outcome="{outcome}"}} {number}'
    for one in ending.results:
        name = f'environment="{one.environment}"'
        yield f"reporter_bundle_written{{{name}}} {int(bool(one.bundle))}"
        if not one.status:
            continue
        for status in _STATUSES:
            yield f'reporter_status{{{name},status="{status}"}} {int(one.status == status)}'
        for level in _LEVELS:
            yield f'reporter_alert_level{{{name},level="{level}"}} {int(one.alert_level == level)}'
        yield f"reporter_release_blocked{{{name}}} {int(one.readiness_state == 'blocked')}"
        yield f"reporter_closure_open{{{name}}} {int(one.closure_state == 'open')}"
        yield f"reporter_open_items{{{name}}} {one.open_item_count}"
        yield f"reporter_failed_checks{{{name}}} {one.failed_check_count}"


def _samples_of_others(path: Path, what: str, ending: Ending) -> tuple[str, ...]:
    """Keep what other jobs and other environments said, and when this one last succeeded. Raise OSError."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ()
    own = [f'job_name="{what}"', *(f'environment="{one.environment}"' for one in ending.results)]
    success = f'{_SUCCESS}{{job_name="{what}"}} '
    return tuple(
        line
        for line in lines
        if line.startswith(tuple(f"{name}{{" for name in _METRICS))
        and (not any(one in line for one in own) or (line.startswith(success) and not ending.worked))
    )
