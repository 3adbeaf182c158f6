"""What the runbook and the executive report say alike: the states of the release, and how far off an instant is."""

from datetime import timedelta
from typing import Final

from reporter.model.instants import parse_instant
from reporter.model.readiness import Readiness
from reporter.render.shapes import State
from reporter.render.wording import CLOSURE_TAGS, READINESS_TAGS, span_of, tag_in

_MINUTE: Final = timedelta(minutes=1)


def build_states(readiness: Readiness) -> tuple[State, State]:
    """Say how release and closure stand."""
    return (
        State("Release readiness", tag_in(READINESS_TAGS, readiness.readiness_state)),
        State("Final closure", tag_in(CLOSURE_TAGS, readiness.closure_state)),
    )


def distance(text: str, now: str, past: str = "{} ago") -> str:
    """Say how far off an instant is as of another: `2 days ago`, `in 12 minutes`; empty where one is unknown."""
    at, seen = parse_instant(text), parse_instant(now)
    if at is None or seen is None:
        return ""
    minutes = (at.at - seen.at) / _MINUTE
    if abs(minutes) < 1:
        return "now"
    span = span_of(abs(minutes))
    return f"in {span}" if minutes > 0 else past.format(span)
