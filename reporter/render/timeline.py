"""The drill timeline of one environment: past drills, the due date, its window and the instant of the verdict."""

from collections.abc import Sequence
from typing import Final

from reporter.model.instants import parse_instant
from reporter.model.readiness import Readiness
from reporter.model.reports import DrillFacts
from reporter.model.text import count
from reporter.render.charts import Event, Timeline, draw_timeline
from reporter.render.wording import OUTCOME_TAGS, day, plain


def build_timeline(readiness: Readiness) -> Timeline | None:
    """Draw the drills of the history around the instant of the verdict; None when that cannot be read."""
    now = parse_instant(readiness.as_of)
    if now is None:
        return None
    history = readiness.production.go_backend_rollback_drill_history.history
    schedule = readiness.production.go_backend_rollback_drill_schedule.schedule
    due = parse_instant(schedule.due.at)
    soon = parse_instant(schedule.due_soon_from)
    events = [
        Event(instant.at, drill.outcome, f"{plain(drill.drill_id)}, {_outcome(drill)}, {day(drill.executed_at)}")
        for drill in history.drills
        if (instant := parse_instant(drill.executed_at))
    ]
    return draw_timeline(
        title="Rollback drills and the next due date",
        description=_describe(history.drills, readiness, due_at=schedule.due.at),
        events=events,
        now=now.at,
        due=due.at if due else None,
        due_soon_from=soon.at if soon else None,
        undated=len(history.drills) - len(events),
    )


NO_DUE_DATE: Final = "When the next drill is due is unknown."


def _outcome(drill: DrillFacts) -> str:
    return OUTCOME_TAGS[drill.outcome].word.lower()


def _describe(drills: Sequence[DrillFacts], readiness: Readiness, due_at: str) -> str:
    outcomes = [drill.outcome for drill in drills]
    told = ", ".join(
        f"{outcomes.count(outcome)} {tag.word.lower()}" for outcome, tag in OUTCOME_TAGS.items() if outcome in outcomes
    )
    stale = readiness.production.go_backend_rollback_drill_schedule.schedule.stale
    due = f"The next drill {'was' if stale else 'is'} due on {day(due_at)}." if due_at else NO_DUE_DATE
    return f"{count(len(drills), 'drill')}{f': {told}' if told else ''}. {due} As of {day(readiness.as_of)}."
