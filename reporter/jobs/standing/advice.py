"""What to do about an open item, in whole commands: they name the environment, and the route they are about.

A report speaks of all routes of an item at once; who acts needs one of them first. Without a model, as `standing`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from reporter.assess.commands import Commands

_COMMAND: Final = re.compile(r"`([^`]+)`")
_RECOVERY: Final = "recovery_open"
_UNANSWERED: Final = "_acknowledgement_outstanding"
_TO_ACKNOWLEDGE: Final = frozenset({"acknowledgement_required", "wait_for_retry_ack"})
_LETS_THROUGH: Final = frozenset({"", "not_needed", "open", "acknowledgement_required"})


class Route(NamedTuple):
    """A route of an open item, with what the retry plan says of it; nothing where it was delivered."""

    loop: str
    subject: str
    provider: str
    action: str = ""
    gate_state: str = ""

    def __str__(self) -> str:
        """Name it as commands do."""
        return f"{self.loop} {self.subject} by {self.provider}"


def for_environment(command: str, environment: str) -> str:
    """Let a command of ours name the environment that it is about, before the names that follow `--`."""
    if not command.startswith("reporter ") or re.search(r" (?:--environment|-e)[ =]", command):
        return command
    head, dashes, names = command.partition(" -- ")
    return f"{head} --environment {environment}{dashes}{names}"


def advise(code: str, advice: str, routes: Sequence[Route], environment: str) -> str:
    """Let every command of an advice say what it is about: the first of the item's routes that wants it."""
    commands = Commands(environment)
    whole: Mapping[str, Callable[[], str]] = {
        "reporter ack": lambda: _first(commands.acknowledge, filter(_wants_answer(code), routes)),
        "reporter retry approve": lambda: _first(commands.approve_retry, filter(_wants_approval, routes)),
        "reporter recovery open": lambda: _first(
            lambda one: commands.open_recovery(one.provider), (one for one in routes if one.action == "suppress")
        ),
        "reporter recovery close": lambda: _first(
            lambda one: commands.close_recovery(one.provider), (one for one in routes if code == _RECOVERY)
        ),
        "reporter mail": lambda: f"reporter mail {environment}/latest --execute",
        "reporter records import": lambda: "reporter records import",
    }

    def complete(found: re.Match[str]) -> str:
        known = whole.get(found[1])
        return f"`{(known() if known else '') or for_environment(found[1], environment)}`"

    said = _COMMAND.sub(complete, advice)
    return said if environment in said else f"{said} (environment {environment})"


def _first(command: Callable[[Route], str], routes: Iterable[Route]) -> str:
    return next(filter(None, map(command, routes)), "")


def _wants_answer(code: str) -> Callable[[Route], bool]:
    """Tell which routes are to be answered for: those somebody got, or those whose retry waits for an answer."""
    if code.endswith(_UNANSWERED):
        return lambda one: one.action in {"", "none"}
    return lambda one: one.gate_state in _TO_ACKNOWLEDGE


def _wants_approval(route: Route) -> bool:
    return route.gate_state not in _LETS_THROUGH
