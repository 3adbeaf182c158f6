"""What a run came to, in words that may be kept: no text of an error, no path, no address."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from reporter.errors import ExitCode, ReporterError
from reporter.stopping import INTERRUPTED, TERMINATED, Terminated

MAIN_JOB: Final = "run"

WORKED: Final = (ExitCode.DONE, ExitCode.DUE_SOON, ExitCode.NEEDS_ATTENTION)
"""Exit codes of runs that did all that they should, whatever the verdict."""


class Result(NamedTuple):
    """What a run came to for one environment. `failure` is the kind of error that it ended with, empty without one."""

    environment: str
    status: str = ""
    readiness_state: str = ""
    closure_state: str = ""
    alert_level: str = ""
    bundle: str = ""
    digest: str = ""
    failed_check_count: int = 0
    open_item_count: int = 0
    failure: str = ""


class Ending(NamedTuple):
    """How a run ended. `deliveries` counts attempts by outcome."""

    exit_code: int
    run_id: str = ""
    results: tuple[Result, ...] = ()
    deliveries: Mapping[str, int] = MappingProxyType({})
    failure: str = ""

    @property
    def worked(self) -> bool:
        """Whether it did all that it should."""
        return self.exit_code in WORKED


def kind_of(error: BaseException) -> str:
    """Name the kind of an error; of a bug nothing else may be told."""
    return type(error).__name__ if isinstance(error, ReporterError) else "Bug"


def ending_of(error: BaseException) -> Ending:
    """Say how a run ended that an error ended."""
    if isinstance(error, KeyboardInterrupt):
        return Ending(INTERRUPTED, failure="Interrupted")
    if isinstance(error, Terminated):
        return Ending(TERMINATED, failure="Interrupted")
    code = error.exit_code if isinstance(error, ReporterError) else ExitCode.BUG
    return Ending(code, failure=kind_of(error))
