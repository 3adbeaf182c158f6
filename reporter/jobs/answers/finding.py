"""Finding what a person names, among what there is: an unknown word is refused with the known ones (domain.md A2.6)."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

from reporter.errors import NotKnown, UsageFault
from reporter.jobs.answers.signature import PLACEHOLDERS
from reporter.loops.loop import Loop
from reporter.loops.routes import LoopStates
from reporter.loops.states import normalise_state
from reporter.model.providers import normalise
from reporter.model.routes import RouteState
from reporter.model.text import show

MOST_LISTED: Final = 20


def find_route(states: LoopStates, loop_word: str, subject: str, provider: str) -> tuple[Loop, RouteState]:
    """Find a route by its three names. Raise NotKnown with the known ones, those that are open first."""
    loop = find_loop(states, loop_word)
    routes = sorted(states.of(loop), key=lambda one: (not one.holds_open, one.route))
    if not routes:
        raise NotKnown(
            f"{loop.word}: found no route, wanted one that was planned or tried: the environment's records name none"
        )
    about = [one for one in routes if one.route.subject == subject]
    if not about:
        known = (one.route.subject for one in routes)
        raise NotKnown(unknown(f"subject of {loop.word}", subject, known))
    for one in about:
        if one.route.provider == normalise(provider):
            return loop, one
    raise NotKnown(unknown(f"provider of {loop.word} {subject}", provider, (one.route.provider for one in about)))


def find_loop(states: LoopStates, word: str) -> Loop:
    """Find a loop by its word, with - or _ in it."""
    for loop in states.loops:
        if loop.word == normalise_state(word):
            return loop
    raise NotKnown(unknown("loop", word, (loop.word for loop in states.loops)))


def find_state(word: str, known: Collection[str], where: str) -> str:
    """Find a state among those that may be recorded here."""
    state = normalise_state(word)
    if state not in known:
        raise UsageFault(unknown(f"--state of {where}", word, sorted(known)))
    return state


def unknown(what: str, found: str, known: Iterable[str]) -> str:
    """Say that something is not known, what is, and what may have been meant."""
    names = list(dict.fromkeys(name for name in known if name))
    listed = ", ".join(show(name)[1:-1] for name in names[:MOST_LISTED]) or "none"
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    close = get_close_matches(found, names, n=1)
    meant = f"; did you mean {show(close[0])}?" if close else ""
    if found in PLACEHOLDERS:
        meant = f"; {found} is a placeholder"
    return f"{what}: found {show(found)}, wanted one of {listed}{more}{meant}"
