"""The executive report as a page, and as a paper of at most four pages: what to know, what to decide, by which sums."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import accumulate, takewhile
from typing import Any, Final, NamedTuple, TypeVar

from reporter.model.closing_reports import KeyRisk
from reporter.model.readiness import Readiness
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel
from reporter.model.text import count, visible
from reporter.render.changes import build_changes, build_trend
from reporter.render.glyphs import printable
from reporter.render.html import render_page, render_paper
from reporter.render.loop_actions import DELIVERY_FAILED, EXECUTION_FAILED, EXHAUSTED
from reporter.render.references import References
from reporter.render.shapes import Changes, Fact, Listing, Tag, Trend, Verdict
from reporter.render.standing import build_states, distance
from reporter.render.sums import build_sums, counted_checks
from reporter.render.verdict import is_held, may_be_released, tell_overrides
from reporter.render.wording import LEVEL_TAGS, day, given, joined, listed, moment, plain, prose

FILE: Final = "executive.json"
TITLE: Final = "Executive report"

OWN_LOOP: Final = "executive_report"
"""The loop that delivers this report."""

LONGEST_SENTENCE: Final = 200
LONGEST_NAME: Final = 48
NARROWEST_LINE: Final = 44
"""Characters of a text, of a name and of a line on paper, as printed, where all are as wide as they get."""

NAMES: Final = frozenset(
    {"environment", "as_of", "created_at", "tool_version", "key_facts", "tallies", "states", "before", "after"}
    | {"owner", "since", "ago", "by"}
)
"""The parts of a view that hold names, not sentences."""

V = TypeVar("V")


class ExecutiveLimits(NamedTuple):
    """How many rows of a list a page shows; `rows` are changes, `notices` approvals over blockers."""

    notices: int
    rows: int
    risks: int
    decisions: int
    actions: int


SCREEN: Final = ExecutiveLimits(notices=100, rows=100, risks=100, decisions=100, actions=100)
LINES: Final = ExecutiveLimits(notices=8, rows=24, risks=40, decisions=34, actions=12)
"""Lines on paper for each list: together with what is always there, the worst input fits on four pages.

The recommendations, which come last, have what the other lists leave over besides.
"""


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One open risk: what, whose, and since when where that is known. One alone needs no `count`."""

    tag: Tag
    risk: str
    count: str
    owner: str
    since: str
    ago: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision that is asked for, and of whom."""

    decision: str
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class ExecutiveView:
    """The whole page. `created_at` is the instant of the verdict in RFC 3339."""

    environment: str
    as_of: str
    created_at: str
    tool_version: str
    verdict: Verdict
    tallies: tuple[Tag, ...]
    key_facts: tuple[Fact, ...]
    changes: Changes
    risks: Listing[RiskRow]
    decisions: Listing[DecisionRow]
    no_decision: str
    actions: Listing[str]
    sums: tuple[Fact, ...]
    trend: Trend


def render_executive_html(view: ExecutiveView, executive_json: bytes) -> bytes:
    """Render `executive.html`; the JSON is embedded byte for byte, as `write_json` wrote it."""
    return render_page("executive.html", TITLE, view, SCREEN, document=executive_json)


def render_executive_paper(view: ExecutiveView) -> str:
    """Render the HTML that `PdfWorkers` lays out as `executive.pdf`: every text brief, every list capped."""
    short = _shortened(view, LONGEST_SENTENCE)
    title = f"{TITLE} on {short.environment} as of {short.as_of}"
    return render_paper("executive-paper.html", title, short, _fitting_limits(short))


def brief(text: str, most: int) -> str:
    """Cut a text where its printed form, codes and all, would be too long for the paper."""
    shown = visible(text)
    lengths = accumulate(len(printable(one)) for one in shown)
    fitting = sum(1 for _ in takewhile(lambda length: length <= most, lengths))
    return shown if fitting == len(shown) else f"{shown[:fitting]}…"


def build_executive_view(readiness: Readiness) -> ExecutiveView:
    """Build the view; the same readiness gives the same view."""
    report = readiness.loops.executive
    return ExecutiveView(
        environment=plain(readiness.environment),
        as_of=moment(readiness.as_of),
        created_at=plain(readiness.as_of),
        tool_version=plain(readiness.tool_version),
        verdict=_verdict(readiness),
        tallies=tuple(_tallies(readiness)),
        key_facts=tuple(_key_facts(readiness)),
        changes=build_changes(readiness, References(())),
        risks=Listing(tuple(_risk(one, readiness.as_of) for one in report.key_risks), "risks", FILE),
        decisions=Listing(
            tuple(DecisionRow(plain(one.decision), prose(one.why), given(one.by)) for one in report.decisions),
            "decisions",
            FILE,
        ),
        no_decision="The approval of this release, and nothing else."
        if may_be_released(readiness)
        else "No decision is asked for.",
        actions=Listing(tuple(prose(one) for one in report.recommended_actions), "recommendations", FILE),
        sums=build_sums(readiness),
        trend=build_trend(readiness, counted_checks(readiness).failed),
    )


def _verdict(readiness: Readiness) -> Verdict:
    report = readiness.loops.executive
    if may_be_released(readiness):
        headline = "This release may be approved"
    elif is_held(readiness):
        headline = "Hold the release"
    else:
        headline = "There is no release to approve"
    tone = LEVEL_TAGS[readiness.alert_level].tone
    if readiness.alert_level is AlertLevel.HEALTHY and not may_be_released(readiness):
        tone = "bad" if is_held(readiness) else "none"
    return Verdict(
        question=BY_NAME["release-readiness"].question,
        headline=headline,
        sentence=prose(report.verdict),
        tone=tone,
        states=build_states(readiness),
        notices=tell_overrides(readiness),
    )


def _tallies(readiness: Readiness) -> Iterator[Tag]:
    report = readiness.loops.executive
    critical = sum(one.severity is AlertLevel.CRITICAL for one in report.key_risks)
    others = len(report.key_risks) - critical
    if critical:
        yield Tag(count(critical, "critical risk"), "bad", "✗")
    if others:
        yield Tag(count(others, "other risk" if critical else "risk"), "soon", "▲")
    if report.decisions:
        yield Tag(f"{count(len(report.decisions), 'decision')} asked for", "soon", "▲")


def _key_facts(readiness: Readiness) -> Iterator[Fact]:
    report = readiness.loops.executive
    schedule = report.schedule
    yield Fact("Environment", plain(readiness.environment), f"{readiness.mode} mode")
    yield Fact("As of", moment(readiness.as_of))
    left = distance(schedule.next_due_at, readiness.as_of)
    due = f"the next {'was' if schedule.overdue else 'is'} due {left}" if left else ""
    yield Fact(
        "Last report delivered",
        moment(schedule.last_delivered_at) if schedule.last_delivered_at else "never",
        due,
    )
    failing = _failing_providers(readiness)
    if failing:
        yield Fact("Not delivered through", listed(failing, most=3))


def _failing_providers(readiness: Readiness) -> list[str]:
    """Name through whom this report did not arrive, although it may have through others."""
    failed = {f"{OWN_LOOP}{ending}" for ending in (EXHAUSTED, EXECUTION_FAILED, DELIVERY_FAILED)}
    items = [one for one in readiness.loops.closure.open_items if one.code in failed]
    return sorted({route.provider for one in items for route in one.routes})


def _titled(text: str) -> str:
    """Give reports that a text lists after a colon their titles."""
    what, colon, names = text.rpartition(": ")
    known = [BY_NAME.get(name) for name in names.split(", ")]
    titles = [kind.title for kind in known if kind]
    return f"{what}{colon}{joined(titles)}" if colon and len(titles) == len(known) else text


def _risk(risk: KeyRisk, now: str) -> RiskRow:
    return RiskRow(
        tag=LEVEL_TAGS[risk.severity],
        risk=prose(_titled(risk.risk)),
        count="" if risk.count == 1 else f"{risk.count:,}",
        owner=given(risk.owner),
        since=day(risk.since) if risk.since else "",
        ago=distance(risk.since, now),
    )


def _shortened(value: V, most: int) -> V:
    """Make every text of a view brief, its names even more so."""
    changed: Any = value
    if isinstance(value, str):
        changed = brief(value, most)
    elif isinstance(value, tuple):
        changed = tuple(_shortened(one, most) for one in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(
            value,
            **{
                field.name: _shortened(getattr(value, field.name), LONGEST_NAME if field.name in NAMES else most)
                for field in fields(value)
            },
        )
    kept: V = changed
    return kept


def _fitting_limits(view: ExecutiveView) -> ExecutiveLimits:
    """Show as many rows of each list as fit into its lines."""
    changed = (f"{one.title.text} {one.before.word} {one.after.word}" for one in view.changes.rows.rows)
    fitted = [
        _fit(LINES.notices, map(_lines, view.verdict.notices.rows)),
        _fit(LINES.rows, map(_lines, changed)),
        _fit(LINES.risks, (_lines(one.risk) + 3 for one in view.risks.rows)),
        _fit(LINES.decisions, (_lines(one.decision, one.why) + 2 for one in view.decisions.rows)),
    ]
    left = sum(LINES) - sum(one.lines for one in fitted)
    fitted.append(_fit(left, map(_lines, view.actions.rows)))
    return ExecutiveLimits(*(one.rows for one in fitted))


class _Fitted(NamedTuple):
    """So many rows fit, and take so many lines."""

    rows: int
    lines: int


def _fit(lines: int, heights: Iterable[int]) -> _Fitted:
    ends = [*takewhile(lambda end: end <= lines, accumulate(heights))]
    return _Fitted(len(ends), ends[-1] if ends else 0)


def _lines(*texts: str) -> int:
    return sum(-(-len(printable(text)) // NARROWEST_LINE) for text in texts)
