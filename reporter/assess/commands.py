"""The commands that reports tell people to run, with the ids of what they are about (design.md).

They name the environment, for settings may have several. Ids come from evidence, so each is quoted for the shell, and
shows nothing invisible. NAME, TEXT and REF are for the person to fill in.
"""

import re
import shlex
from typing import Final, NamedTuple, Protocol

from reporter.model.text import UNSEEN

RUN: Final = "reporter run"
BLANKS: Final = ("NAME", "TEXT", "REF")
"""What a person replaces; recording refuses these words."""

_ALONE: Final = "default"
"""The environment that has no section in the settings, and so no name to give."""
_SIGNED: Final = "--by NAME --reason TEXT --ref REF --execute"


class Named(Protocol):
    """A route as far as commands name it: what is delivered to whom."""

    @property
    def loop(self) -> str:
        """The word of its loop."""

    @property
    def subject(self) -> str:
        """The id of what is delivered."""

    @property
    def provider(self) -> str:
        """Who gets it."""


class Commands(NamedTuple):
    """The commands about one environment."""

    environment: str

    @property
    def run(self) -> str:
        """Assess, and leave a sealed bundle."""
        return self._about(RUN)

    @property
    def retry_plan(self) -> str:
        """List every route that was not delivered."""
        return self._about("reporter retry plan")

    @property
    def retry_run(self) -> str:
        """Send again what is due and let through."""
        return f"{self._about('reporter retry run')} --execute"

    def check(self, name: str) -> str:
        """Look at a report."""
        return self._about(check_report(name))

    def acknowledge(self, route: Named) -> str:
        """Answer for a route; empty where the records do not name it in full."""
        return self._about_route("reporter ack", route)

    def approve_retry(self, route: Named) -> str:
        """Allow the next retry of a route; empty where the records do not name it in full."""
        return self._about_route("reporter retry approve", route)

    def open_recovery(self, provider: str) -> str:
        """Open the recovery of a provider. Its name, written the one way, never looks like an option."""
        return f"{self._about(f'reporter recovery open {quote(provider)}')} {_SIGNED}"

    def close_recovery(self, provider: str) -> str:
        """Close the recovery of a provider."""
        command = self._about(f"reporter recovery close {quote(provider)}")
        return f"{command} --state resolved --verification REF {_SIGNED}"

    def _about(self, command: str) -> str:
        return command if self.environment == _ALONE else f"{command} --environment {quote(self.environment)}"

    def _about_route(self, command: str, route: Named) -> str:
        if not (route.subject and route.provider):
            return ""
        named = f"{quote(route.loop)} {quote(route.subject)}"
        if route.subject.startswith("-"):
            return f"{self._about(f'{command} --provider {quote(route.provider)}')} {_SIGNED} -- {named}"
        return f"{self._about(f'{command} {named} --provider {quote(route.provider)}')} {_SIGNED}"


def check_report(name: str) -> str:
    """Look at a report of any environment."""
    return f"reporter check {name}"


def quote(word: str) -> str:
    r"""Quote a word for the shell. What nobody would see, or what steers a terminal, becomes `\U` and its code."""
    if not UNSEEN.search(word):
        return shlex.quote(word)
    escaped = word.replace("\\", r"\\").replace("'", r"\'")
    return f"$'{UNSEEN.sub(_code, escaped)}'"


def _code(found: re.Match[str]) -> str:
    return rf"\U{ord(found[0]):08x}"
