"""The answer of a bundle: never more reassuring than the worst of production, release readiness and closure."""

from collections.abc import Sequence
from typing import Final, assert_never

from reporter.model.readiness import Readiness
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel, Mode, Status
from reporter.model.text import count, shorten
from reporter.render.blockers import Named, name_blockers
from reporter.render.shapes import Counts, Listing, Section, State, Tag, Verdict
from reporter.render.wording import (
    CLOSURE_TAGS,
    LEVEL_TAGS,
    READINESS_TAGS,
    STATUS_TAGS,
    day,
    given,
    joined,
    plain,
    tag_in,
    until,
)

TOLD_BLOCKERS: Final = 3
TOLD_REPORTS: Final = 5
LONGEST_BLOCKER: Final = 140
READY: Final = "ready"
CLOSED: Final = "closed"
NOT_REQUESTED: Final = "not_requested"
HOLD: Final = "No, hold the release"

_TONES: Final = ("none", "good", "soon", "bad")

Answer = tuple[str, str]


def build_verdict(readiness: Readiness, sections: Sequence[Section], counts: Counts) -> Verdict:
    """Answer whether this release may go. `sections` are those whose checks were counted."""
    headline, sentence = _answer(readiness, sections, counts)
    states = (
        State("Production", STATUS_TAGS[readiness.status]),
        State("Release readiness", tag_in(READINESS_TAGS, readiness.readiness_state)),
        State("Closure", tag_in(CLOSURE_TAGS, readiness.closure_state)),
    )
    return Verdict(
        question=BY_NAME["production"].question,
        headline=headline,
        sentence=sentence,
        tone=_tone(readiness, [state.tag for state in states], held=headline == HOLD),
        states=states,
        notices=tell_overrides(readiness),
    )


def may_be_released(readiness: Readiness) -> bool:
    """Say whether release readiness lets it go: ready, with a closure that is closed."""
    return readiness.readiness_state == READY and readiness.closure_state == CLOSED


def is_held(readiness: Readiness) -> bool:
    """Say whether release readiness holds it: in promoted mode, all that does not let it go does."""
    states = (readiness.readiness_state, readiness.closure_state)
    if readiness.mode is Mode.PROMOTED:
        return not may_be_released(readiness)
    return not all(state in {READY, CLOSED, NOT_REQUESTED} for state in states)


def _tone(readiness: Readiness, tags: Sequence[Tag], *, held: bool) -> str:
    """Give the worst tone; what is neither good nor bad in production is not made good by what is beside it."""
    tones = [tag.tone for tag in tags]
    level = LEVEL_TAGS[readiness.alert_level].tone if readiness.alert_level is not AlertLevel.HEALTHY else "none"
    worst = max((*tones, level, "bad" if held else "none"), key=_TONES.index)
    return tones[0] if worst == "good" else worst


def _answer(readiness: Readiness, sections: Sequence[Section], counts: Counts) -> Answer:
    match readiness.status:
        case Status.NEEDS_ATTENTION:
            return "No, it needs attention", f"{_hold_for_checks(sections, counts)}{_besides(readiness)}"
        case Status.DISABLED:
            sentence = "Go takes no part in this environment, so there is nothing to approve and nothing was proven."
            return "No, Go is disabled", f"{sentence}{_besides(readiness)}"
        case Status.NOT_CONFIGURED | Status.NOT_REQUESTED:
            sentence = "Nobody asked for this environment to be assessed."
            return "No, nothing was assessed", f"{sentence}{_besides(readiness)}"
        case Status.READY | Status.DUE_SOON:
            return _in_order(readiness, sections, counts)
        case _ as never:
            assert_never(never)


def _in_order(readiness: Readiness, sections: Sequence[Section], counts: Counts) -> Answer:
    """Answer for an environment that is in order by itself."""
    if is_held(readiness):
        return HOLD, _hold_for_blockers(readiness)
    passed = _passed(sections, counts)
    if readiness.mode is not Mode.PROMOTED:
        return (
            f"In order for {readiness.mode} mode",
            f"{passed} This is no approval for promoted mode: what only that mode asks for was not assessed.",
        )
    ready = f"{passed} Release readiness is ready, and the closure is closed. {_next_drill(readiness)}".strip()
    if readiness.status is Status.DUE_SOON:
        return "Yes, and a drill is due soon", ready
    return "Yes, it is ready", ready


def _passed(sections: Sequence[Section], counts: Counts) -> str:
    asked = counts.failed + counts.passed
    if not counts.failed:
        return f"All {count(asked, 'check')} that apply passed."
    return f"{counts.failed} of {count(asked, 'check')} failed, in {_where(sections)}; none of them holds the release."


def _hold_for_checks(sections: Sequence[Section], counts: Counts) -> str:
    if not counts.failed:
        return "Hold the release: a report has a status that blocks it."
    them = "it is" if counts.failed == 1 else "they are"
    asked = count(counts.failed + counts.passed, "check")
    return f"Hold the release: {counts.failed} of {asked} failed, in {_where(sections)}. Ask again when {them} mended."


def _where(sections: Sequence[Section]) -> str:
    titles = [section.title for section in sections if section.counts.failed]
    if len(titles) > TOLD_REPORTS:
        return f"{', '.join(titles[:TOLD_REPORTS])} and {len(titles) - TOLD_REPORTS} more"
    return joined(titles)


def _hold_for_blockers(readiness: Readiness) -> str:
    named = name_blockers(readiness)
    if not named:
        state = f"release readiness is {given(readiness.readiness_state)}, closure {given(readiness.closure_state)}"
        return f"The environment is in order, but {state.replace('_', ' ')}: wanted ready and closed."
    routes = {one.code: one.route_count for one in readiness.loops.closure.open_items}
    names = list(dict.fromkeys(_name_blocker(one, routes.get(one.row.code, 0)) for one in named))
    told = "; ".join(names[:TOLD_BLOCKERS])
    more = f"; and {len(names) - TOLD_BLOCKERS:,} more" if len(names) > TOLD_BLOCKERS else ""
    verb = "holds" if len(named) == 1 else "hold"
    return f"The environment is in order, but {count(len(named), 'blocker')} {verb} the release: {told}{more}."


def _name_blocker(one: Named, routes: int) -> str:
    """Name a blocker within a sentence, and count its routes; its details stand below."""
    name = shorten(one.title.replace(": ", " "), LONGEST_BLOCKER)
    return f"{name} ({count(routes, 'route')})" if routes else name


def _besides(readiness: Readiness) -> str:
    number = len(readiness.loops.release_readiness.blockers)
    return f" Release readiness has {count(number, 'blocker')}." if number and is_held(readiness) else ""


def _next_drill(readiness: Readiness) -> str:
    schedule = readiness.production.go_backend_rollback_drill_schedule.schedule
    if schedule.days_until_due is None:
        return ""
    return f"The next rollback drill is due on {day(schedule.due.at)}, {until(schedule.days_until_due)}."


def tell_overrides(readiness: Readiness) -> Listing[str]:
    """Tell every approval over blockers, the latest first: no later report may hide one (domain.md A8)."""
    rows = sorted(readiness.loops.release_readiness.overrides, key=lambda one: one.decided_at, reverse=True)
    return Listing(
        tuple(
            f"{given(one.decided_by)} approved {given(one.summary_id)} over its blockers on {day(one.decided_at)}:"
            f" {plain(one.reason) or 'no reason given'}"
            for one in rows
        ),
        "approvals over blockers",
    )
