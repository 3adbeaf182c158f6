"""`reporter schedule`: the built-in scheduler, in the foreground."""

import queue
import signal
from types import FrameType

import click

from reporter.cli.options import settings_option
from reporter.cli.terminal import complain, log_as, remark, say
from reporter.clock import utc_now
from reporter.errors import ExitCode, UsageFault
from reporter.jobs.loops import load_checked_settings
from reporter.jobs.schedule import Children, Schedule, due_next
from reporter.model.instants import format_instant
from reporter.service_notify import notify, notify_reloading, watchdog_seconds

_LONGEST_SILENCE_SECONDS = 3600.0


@click.command
@click.option("--check", is_flag=True, help="Print when every job is due next, and end.")
@settings_option
def schedule(check: bool, settings_file: str | None) -> int:  # noqa: FBT001 - a flag of click
    """Run the jobs of [schedule.JOB] at their times, until SIGTERM.

    Each job is a process of its own, one at a time. What was due while the scheduler was away is caught up once. SIGHUP
    reads the settings again; faulty ones are told, and the old ones stay. Tells systemd how it fares (Type=notify).

    \b
    Examples:
      reporter schedule --check
      reporter schedule --settings /etc/reporter/reporter.toml
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, remarks = load_checked_settings(settings_file)
    log_as(settings)
    for line in remarks:
        remark(line)
    if check:
        for at, name in due_next(settings, utc_now()):
            say(f"{format_instant(at)}  {name}")
        return ExitCode.DONE
    children = Children()
    jobs = Schedule(settings, children.start, remark)
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()

    def heard(number: int, _: FrameType | None) -> None:
        signals.put(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, heard)
    jobs.start(utc_now())
    _tell_next(jobs)
    notify("READY=1", _status(jobs))
    _serve(jobs, signals, settings_file)
    notify("STOPPING=1")
    children.end()
    jobs.stop()
    return ExitCode.DONE


def _serve(jobs: Schedule, signals: "queue.SimpleQueue[int]", settings_file: str | None) -> None:
    """Answer signals, and say to the watchdog that the scheduler lives, until the end is asked for."""
    every = watchdog_seconds()
    while True:
        if every and jobs.lives:
            notify("WATCHDOG=1")
        try:
            number = signals.get(timeout=every or _LONGEST_SILENCE_SECONDS)
        except queue.Empty:
            jobs.look_again()  # the clock may have been set
            continue
        if number != signal.SIGHUP:
            return
        notify_reloading()
        try:
            settings, remarks = load_checked_settings(settings_file)
            jobs.reload(settings)
            log_as(settings)
        except UsageFault as fault:
            complain(fault.faults)
            remark("the settings stay as they were")
        else:
            for line in [*remarks, "read the settings again"]:
                remark(line)
        _tell_next(jobs)
        notify("READY=1", _status(jobs))


def _tell_next(jobs: Schedule) -> None:
    for at, name in jobs.next_runs():
        remark(f"{name}: due {format_instant(at)}")


def _status(jobs: Schedule) -> str:
    at, name = jobs.next_runs()[0]
    return f"STATUS=next: {name} at {format_instant(at)}"
