"""What is said of an environment in one line: what blocks its release comes before what is in order."""

from typing import Final

from reporter.jobs.standing.standing import Standing, overall_state

MOST_NAMED: Final = 3


def summary_of(one: Standing) -> str:
    """Give the summary of a bundle; where the release of one in order is held, begin with what holds it."""
    if overall_state(one.status, one.readiness_state, one.closure_state) != "blocked":
        return one.summary
    names = list(dict.fromkeys(item.title.replace(": ", " ") for item in one.open_items))
    told = [*names[:MOST_NAMED], *([f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else [])]
    held = f"blocked by {', '.join(told)}" if told else "release readiness is blocked"
    return f"{held}; production: {one.summary}"
