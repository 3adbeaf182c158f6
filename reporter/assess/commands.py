"""The commands that reports tell people to run, with the ids of what they are about (design.md).

Ids come from evidence, so each is quoted for the shell, and shows nothing invisible. NAME, TEXT and REF are for the
person to fill in.
"""

import re
import shlex
from typing import Final

from reporter.model.routes import RouteId
from reporter.model.text import UNSEEN

RUN: Final = "reporter run"
RETRY_PLAN: Final = "reporter retry plan"
RETRY_RUN: Final = "reporter retry run --execute"

_SIGNED: Final = "--by NAME --reason TEXT --ref REF"


def check_report(name: str) -> str:
    """Look at a report."""
    return f"reporter check {name}"


def acknowledge(route: RouteId) -> str:
    """Answer for a route; empty where the records do not name it in full."""
    return _about_route("reporter ack", route)


def approve_retry(route: RouteId) -> str:
    """Allow the next retry of a route; empty where the records do not name it in full."""
    return _about_route("reporter retry approve", route)


def open_recovery(provider: str) -> str:
    """Open the recovery of a provider. Its name, written the one way, never looks like an option."""
    return f"reporter recovery open {quote(provider)} {_SIGNED}"


def close_recovery(provider: str) -> str:
    """Close the recovery of a provider."""
    return f"reporter recovery close {quote(provider)} --state resolved --verification REF {_SIGNED}"


def quote(word: str) -> str:
    r"""Quote a word for the shell. What nobody would see, or what steers a terminal, becomes `\U` and its code."""
    if not UNSEEN.search(word):
        return shlex.quote(word)
    escaped = word.replace("\\", r"\\").replace("'", r"\'")
    return f"$'{UNSEEN.sub(_code, escaped)}'"


def _code(found: re.Match[str]) -> str:
    return rf"\U{ord(found[0]):08x}"


def _about_route(command: str, route: RouteId) -> str:
    if not (route.subject and route.provider):
        return ""
    named = f"{quote(route.loop)} {quote(route.subject)}"
    options = f"--provider {quote(route.provider)} {_SIGNED}"
    return f"{command} {options} -- {named}" if route.subject.startswith("-") else f"{command} {named} {options}"
