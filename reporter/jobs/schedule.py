"""The built-in scheduler: APScheduler decides when, a process of its own does the work of each job.

One job at a time, each in a fresh process: nothing it leaks stays, and SIGTERM reaches it alone. What was due while
this was not running is caught up once, judged by the records of runs in the ledger.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from reporter.cron_times import next_after, parse_cron
from reporter.errors import UsageFault
from reporter.jobs.runs.latest import last_start
from reporter.model.instants import parse_instant
from reporter.settings import environment_variables
from reporter.settings_model import JobSettings, Settings

STOP_SECONDS: Final = 4.0
"""What a job has to finish after SIGTERM; then it is killed, which loses nothing but its own run."""

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "run": ("run",),
    "retry": ("retry", "run", "--execute"),
    "prune": ("prune", "--execute"),
}
"""The words of the jobs that need no `command` of their own."""

Tell = Callable[[str], None]

# Told through the listener below, in words of ours.
logging.getLogger("apscheduler").setLevel(logging.CRITICAL + 1)


class Job(NamedTuple):
    """One job: its name, the words after `reporter`, and when it is due."""

    name: str
    command: tuple[str, ...]
    settings: JobSettings
    file: str


def jobs_of(settings: Settings) -> dict[str, Job]:
    """Give the jobs of the settings. Raise UsageFault with every fault at once."""
    faults = [
        f"schedule.{name}.command: found none, wanted the words after `reporter`; known without: {', '.join(COMMANDS)}"
        for name, one in settings.schedule.items()
        if not one.command and name not in COMMANDS
    ]
    if not settings.schedule:
        faults.append(
            'no job: wanted [schedule.JOB] in a settings file, such as [schedule.run] with cron = "15 6 * * *"'
        )
    if faults:
        raise UsageFault(*faults)
    file = settings.file and str(settings.base_dir / settings.file.rpartition("/")[2])
    return {name: Job(name, one.command or COMMANDS[name], one, file) for name, one in settings.schedule.items()}


class CronTimesTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """Our reading of cron for APScheduler: on days when clocks change its own comes twice."""

    def __init__(self, settings: JobSettings) -> None:
        self._times, self._zone = parse_cron(settings.cron), ZoneInfo(settings.timezone)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Give the first time after the last, and after now."""
        del previous_fire_time  # a clock that was set back must not wait for it
        return next_after(self._times, self._zone, now)


class Children:
    """The processes of jobs: one at a time, and none after the end began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._ending = False

    def start(self, job: Job) -> int | None:
        """Do the work of a job in a process of its own, and give its exit code; None when the end has begun."""
        variables = {**environment_variables(), "REPORTER_JOB": job.name}
        variables.pop("NOTIFY_SOCKET", None)
        if job.file:
            variables["REPORTER_SETTINGS"] = job.file
        with self._lock:
            if self._ending:
                return None
            self._child = subprocess.Popen(  # noqa: S603 - our own command, with words of the settings
                [sys.executable, "-P", "-m", "reporter", *job.command], env=variables, stdin=subprocess.DEVNULL
            )
        code = self._child.wait()
        with self._lock:
            self._child = None
        return code

    def end(self) -> None:
        """Let the running job finish what it sends, and start no other."""
        with self._lock:
            self._ending = True
            child = self._child
        if child is None:
            return
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class Schedule:
    """The jobs of the settings, on their times. `work` does one and gives its exit code."""

    def __init__(self, settings: Settings, work: Callable[[Job], int | None], tell: Tell) -> None:
        self._settings, self._work, self._tell = settings, work, tell
        self._jobs = jobs_of(settings)
        self._scheduler = BackgroundScheduler(
            timezone=ZoneInfo("UTC"), executors={"default": ThreadPoolExecutor(1)}, daemon=True
        )
        self._scheduler.add_listener(self._heard, EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_MISSED)

    def start(self, now: datetime) -> None:
        """Begin, and catch up what was due while nobody was there."""
        for job in self._jobs.values():
            self._add(job, now if is_overdue(self._settings, job, now) else None)
        self._scheduler.start()

    def reload(self, settings: Settings) -> None:
        """Take other settings. A job that is as it was keeps its time. Raise UsageFault, and stay as it was."""
        jobs = jobs_of(settings)
        for name in self._jobs.keys() - jobs.keys():
            self._scheduler.remove_job(name)
        changed = [job for name, job in jobs.items() if self._jobs.get(name) != job]
        self._jobs, self._settings = jobs, settings
        for job in changed:
            self._add(job)

    def next_runs(self) -> list[tuple[datetime, str]]:
        """Give when every job is due next, the first first."""
        return sorted((job.next_run_time, job.id) for job in self._scheduler.get_jobs())

    def run_now(self, name: str) -> None:
        """Do a job now, besides its times."""
        self._scheduler.add_job(self._do, args=[self._jobs[name]], misfire_grace_time=None)

    def look_again(self) -> None:
        """Look at the clock at once, for it may have been set."""
        self._scheduler.wakeup()

    @property
    def lives(self) -> bool:
        """Whether the thread that starts jobs is there."""
        thread = self._scheduler._thread  # noqa: SLF001 - APScheduler does not say it otherwise
        return bool(thread and thread.is_alive())

    def stop(self) -> None:
        """Start nothing more, and wait for the job that runs."""
        self._scheduler.shutdown(wait=True)

    def _add(self, job: Job, at_once: datetime | None = None) -> None:
        given: dict[str, Any] = {"next_run_time": at_once} if at_once else {}
        if at_once:
            self._tell(f"{job.name}: was due while nothing ran; caught up once")
        self._scheduler.add_job(
            self._do,
            CronTimesTrigger(job.settings),
            args=[job],
            id=job.name,
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=max(1, int(job.settings.grace_minutes * 60)),
            **given,
        )

    def _do(self, job: Job) -> None:
        code = self._work(job)
        if code:
            self._tell(f"{job.name}: exit code {code}")

    def _heard(self, event: JobEvent) -> None:
        if event.code == EVENT_JOB_MISSED:
            self._tell(f"{event.job_id}: left out: it could not start within its grace")
        elif event.code == EVENT_JOB_MAX_INSTANCES:
            self._tell(f"{event.job_id}: still at work; this time is left out")
        else:
            self._tell(f"{event.job_id}: could not be started: {type(event.exception).__name__}")


def is_overdue(settings: Settings, job: Job, now: datetime) -> bool:
    """Say whether a job was due since it last started, within its grace; one that never ran has nothing to catch up."""
    started = parse_instant(last_start(settings, job.name))
    if started is None:
        return False
    since = max(started.at, now - timedelta(minutes=job.settings.grace_minutes))
    due = next_after(parse_cron(job.settings.cron), ZoneInfo(job.settings.timezone), since)
    return due is not None and due <= now


def due_next(settings: Settings, now: datetime) -> list[tuple[datetime, str]]:
    """Give when every job is due next, the first first. Raise UsageFault."""
    jobs = jobs_of(settings).values()
    found = [
        (next_after(parse_cron(one.settings.cron), ZoneInfo(one.settings.timezone), now), one.name) for one in jobs
    ]
    return sorted((at, name) for at, name in found if at)
