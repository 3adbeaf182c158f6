"""A pilot with all that stands around its runs, and small bundles: whole runs in a moment, killed or hindered."""

import os
import resource
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from killing import count_calls, start_to_die, was_killed
from reporter.errors import ReporterError
from reporter.jobs.runs.earlier import runs_before
from reporter.jobs.runs.results import Ending, Result
from reporter.jobs.runs.watched import watched
from reporter.model.instants import format_instant
from reporter.model.readiness import Runs
from reporter.seal.bundle import previous_bundle, write_bundle
from reporter.seal.digests import sha256_hex
from reporter.seal.keys import SigningKey, new_key_pair, read_signing_key
from reporter.settings import load_settings
from reporter.settings_model import Settings

FIRST = datetime(2026, 6, 1, 6, 15, tzinfo=UTC)
PREDICATE = {"inputs": [{"alias": "x", "sha256": sha256_hex(b"x")}], "environment": "pilot"}


class World:
    """One pilot whose bundles are small."""

    def __init__(self, folder: Path, schedule: str = "") -> None:
        text = f'metrics_file = "reporter.prom"\n{schedule}[environments.pilot]\n'
        (folder / "reporter.toml").write_text(text, encoding="utf-8")
        self.settings: Settings = load_settings(str(folder / "reporter.toml"), {})[0]
        new_key_pair(folder / "signing.key")
        self.key: SigningKey = read_signing_key(folder / "signing.key")
        self.folder = folder
        self.attempts = 0
        self.remarks: list[str] = []

    def run(self, at: datetime | None = None) -> datetime:
        """Do all that a run leaves, as of the next minute or a given time; the bundle holds what it tells of others."""
        at = at or FIRST + self.attempts * timedelta(minutes=1)
        self.attempts += 1
        with watched(self.settings, "run", ["pilot"], at, at, self.remarks.append) as watch:
            bundles = self.settings.resolve("bundles")
            before = previous_bundle(bundles, "pilot", at)
            told = runs_before(self.settings, "pilot", at, format_instant(before.as_of) if before else "")
            files = {"runs.json": told.model_dump_json().encode(), "schemas/runs.json": b"{}", **self.more_files(at)}
            predicate = {**PREDICATE, "as_of": format_instant(at)}
            made = write_bundle(bundles, "pilot", at, files, predicate, self.key, wall_now=at.timestamp())
            result = Result("pilot", "ready", bundle=made.path, digest=made.digest)
            watch.end(Ending(0, "reprun", (result,), self.deliver(at)))
        return at

    def more_files(self, at: datetime) -> dict[str, bytes]:
        """Give what the bundle holds besides."""
        del at
        return {}

    def deliver(self, at: datetime) -> dict[str, int]:
        """Send what a run sends, and count it by what became of it; here nothing."""
        del at
        return {}

    def told(self) -> Runs:
        """Read what the newest bundle tells of the runs before it."""
        return Runs.model_validate_json((self.folder / "bundles" / "pilot" / "latest" / "runs.json").read_bytes())

    def run_on_full_disk(self, at: datetime) -> int:
        """Run in a process for which the kernel writes no byte to any file, and give its exit code."""
        child = os.fork()
        if not child:
            code = 99
            try:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
                self.run(at)
            except ReporterError as error:
                code = error.exit_code
            finally:
                os._exit(code)
        return os.WEXITSTATUS(os.waitpid(child, 0)[1])

    def killed(self, moment: int, *, at_call: bool, at: datetime | None = None) -> bool:
        """Run in a process that is killed at a call, or after so many microseconds; say whether it was."""
        child = start_to_die(lambda: self.run(at), moment if at_call else None)
        if not at_call:
            time.sleep(moment / 1e6)
            os.kill(child, signal.SIGKILL)
        self.attempts += 1
        return was_killed(child)

    def calls(self) -> int:
        """Count the calls of a whole run."""
        found = count_calls(self.run)
        self.attempts += 1
        return found
