"""A step of the runbook before it has its number, and what all kinds of steps share."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeVar

from reporter.assess.evidence import most
from reporter.loops.closure import GOVERNANCE
from reporter.model.reports import AlertLevel
from reporter.model.routes import RouteId
from reporter.model.text import shorten, visible

T = TypeVar("T")

Phase = Literal["rollback", "now", "soon", "close"]

MOST_STEPS: Final = 25
"""Steps of one kind; the next one says how many more there are."""
CRITICAL: Final = AlertLevel.CRITICAL
WARNING: Final = AlertLevel.WARNING


class Todo(NamedTuple):
    """A step before it has its number."""

    phase: Phase
    severity: AlertLevel
    task: str
    command: str
    owner: str
    why: str
    done_when: str
    since: str = ""
    due_at: str = ""


def name_of(route: RouteId) -> str:
    """Name a route so that it can be read aloud."""
    subject = shorten(visible(route.subject)) or "something without a name"
    provider = shorten(visible(route.provider)) or "an unnamed provider"
    return f"the {route.loop.replace('_', ' ')} {subject} by {provider}"


def sentence(words: str) -> str:
    """End words with one full stop."""
    return f"{words.rstrip(' .')}."


def capped(found: Sequence[T], step: Callable[[T], Todo], listing: str) -> Iterator[Todo]:
    """Write a step for each, and of very many one that says how many more there are, and which command lists them."""
    told, more = most(found, MOST_STEPS)
    last = None
    for one in told:
        last = step(one)
        yield last
    if more and last:
        yield Todo(
            last.phase,
            last.severity,
            f"Do the same for {more} more",
            listing,
            GOVERNANCE,
            f"A runbook lists {MOST_STEPS} of a kind; the command lists more of them.",
            f"{listing} lists nothing of the kind.",
        )
