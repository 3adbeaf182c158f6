"""Pings to a service that misses them: one at the start of a run, one at its end. They never make a run fail.

The address is a secret: whoever has it can ping. It is read by reference, sent to its own host alone, and never told.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from reporter.errors import ExitCode, UsageFault
from reporter.jobs.runs.results import MAIN_JOB, Ending
from reporter.settings import read_secret
from reporter.settings_model import Settings

if TYPE_CHECKING:
    from reporter.deliver.http import HttpAnswer, HttpFault

TIMEOUT_SECONDS: Final = 5.0
_PURPOSE: Final = "heartbeat_url"
_GOOD: Final = range(200, 300)


class Heartbeat:
    """The pings of one run. Only the main job has them: another would hide that it is gone."""

    def __init__(self, settings: Settings, what: str, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._url = ""
        if settings.heartbeat_url is None or what != MAIN_JOB:
            return
        from reporter.deliver.addresses import pin_of

        try:
            url = read_secret(settings, settings.heartbeat_url, _PURPOSE).decode(errors="replace").strip()
        except UsageFault as fault:
            tell(f"no heartbeat: {fault}")
            return
        if pin_of(url):
            self._url = url
        else:
            tell(f"{_PURPOSE}: found no https:// address (not shown), wanted one; nothing is pinged")

    def start(self) -> None:
        """Tell that the run starts."""
        self._ping("/start", "the start")

    def end(self, ending: Ending) -> None:
        """Tell how it ended: by success, by its exit code, or as failed where it broke off."""
        if ending.exit_code == ExitCode.DONE:
            self._ping("", "success")
        elif ending.failure:
            self._ping("/fail", "failure")
        else:
            self._ping(f"/{int(ending.exit_code)}", f"exit code {int(ending.exit_code)}")

    def _ping(self, suffix: str, what: str) -> None:
        if not self._url:
            return
        from reporter.cancelling import run_until_asked

        try:
            fault = run_until_asked(_get(self._url, suffix))
        except Exception as error:  # noqa: BLE001 - whatever it is, the run matters more; its text may hold the address
            fault = f"a bug in reporter ({type(error).__name__})"
        if fault:
            self._tell(f"{_PURPOSE}: {what} was not told: {fault}")


async def _get(url: str, suffix: str) -> str:
    """Ask for an address with more behind its path, and say in words of ours what went wrong."""
    import httpx

    from reporter.deliver.addresses import pin_of
    from reporter.deliver.http import Http, HttpRequest

    address = httpx.URL(url)
    longer = str(address.copy_with(path=address.path.rstrip("/") + suffix))
    async with Http([pin_of(url)], timeout_seconds=TIMEOUT_SECONDS) as http:
        return _judge(await http.send(HttpRequest("GET", longer)))


def _judge(answer: "HttpAnswer | HttpFault") -> str:
    from reporter.deliver.http import HttpFault

    if isinstance(answer, HttpFault):
        return answer.error_class.replace("_", " ")
    return "" if answer.status_code in _GOOD else f"status {answer.status_code}"
