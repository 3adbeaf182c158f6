"""What changed since the previous bundle, and the trend over the last ones."""

from collections import Counter
from collections.abc import Sequence

from reporter.model.instants import parse_instant
from reporter.model.readiness import Change, Readiness, TrendPoint
from reporter.model.text import count
from reporter.render.day_charts import short_day
from reporter.render.references import RECORDS, References
from reporter.render.shapes import ChangeRow, Changes, Link, Listing, Row, Table, Trend
from reporter.render.trend_chart import Point, draw_trend
from reporter.render.wording import BETTER, WORSE, day, joined, moment, plain, tag_of_word, word_of


def build_changes(readiness: Readiness, references: References) -> Changes:
    """List what changed for better or worse, and say what it was compared with."""
    previous = readiness.previous
    if previous is None:
        return Changes("This is the first bundle of this environment: there is nothing to compare with.", _none())
    before = f"the bundle as of {moment(previous.as_of)} ({plain(previous.digest[:12])})"
    if not previous.verified:
        return Changes(f"No comparison was possible: {before} does not verify.{_turns(readiness)}", _none())
    if not readiness.changes:
        turns = _turns(readiness)
        return Changes(f"{'No report or check' if turns else 'Nothing'} changed since {before}.{turns}", _none())
    rows = tuple(_change(one, references) for one in readiness.changes)
    return Changes(f"{count(len(rows), 'change')} since {before}.", Listing(rows, "changes"))


def _turns(readiness: Readiness) -> str:
    """Say where the verdict is another one than that of the latest bundle, as the signed statement of that has it."""
    if not readiness.trend:
        return ""
    last = readiness.trend[-1]
    parts = (
        ("production", last.status, readiness.status),
        ("release readiness", last.readiness_state, readiness.readiness_state),
        ("closure", last.closure_state, readiness.closure_state),
    )
    turned = [
        f"{name} went from {tag_of_word(old).word.lower()} to {tag_of_word(new).word.lower()}"
        for name, old, new in parts
        if old != new
    ]
    return f" By the signed statement as of {moment(last.as_of)}, {joined(turned)}." if turned else ""


def build_trend(readiness: Readiness, failed_checks: int) -> Trend:
    """Draw the bundles before this one and this one, oldest first. One alone is no trend."""
    here = TrendPoint(
        as_of=readiness.as_of,
        digest="",
        status=readiness.status,
        readiness_state=readiness.readiness_state,
        closure_state=readiness.closure_state,
        alert_level=readiness.alert_level,
        failed_check_count=failed_checks,
        open_item_count=readiness.loops.closure.open_item_count,
    )
    points = (*readiness.trend, here)
    if len(points) < 2:  # noqa: PLR2004 - a trend has a direction
        return Trend("There is no trend yet: it takes two bundles.", None, None)
    sentence = (
        f"{count(len(points), 'bundle')} since {day(points[0].as_of)}."
        f" Failed checks went from {points[0].failed_check_count:,} to {here.failed_check_count:,},"
        f" open items from {points[0].open_item_count:,} to {here.open_item_count:,}."
        f" {_turned(points)}"
    )
    chart = draw_trend("Alert level, failed checks and open items of the last bundles", sentence, _drawn(points))
    return Trend(sentence, chart, _table(points))


def _turned(points: Sequence[TrendPoint]) -> str:
    """Say since when the alert level is what it is."""
    level = points[-1].alert_level
    since = points[-1]
    for point in reversed(points):
        if point.alert_level != level:
            before = plain(point.alert_level)
            return f"The alert level is {plain(level)} since {day(since.as_of)}; before, it was {before}."
        since = point
    return f"The alert level was {plain(level)} all the time."


def _drawn(points: Sequence[TrendPoint]) -> list[Point]:
    drawn = []
    days = Counter(day(point.as_of) for point in points)
    for point in points:
        instant, tag = parse_instant(point.as_of), tag_of_word(point.alert_level)
        label = short_day(instant.at.date()) if instant else ""
        if instant and days[day(point.as_of)] > 1:
            label += f" {instant.at:%H:%M}"
        drawn.append(Point(label, tag.mark, tag.tone, (point.failed_check_count, point.open_item_count)))
    return drawn


def _table(points: Sequence[TrendPoint]) -> Table:
    return Table(
        "The last bundles, newest first",
        ("As of", "Alert level", "Production", "Release readiness", "Closure", "Failed checks", "Open items"),
        (25, 13, 15, 15, 12, 10, 10),
        Listing(
            tuple(
                Row(
                    (
                        moment(one.as_of),
                        tag_of_word(one.alert_level),
                        tag_of_word(one.status),
                        tag_of_word(one.readiness_state),
                        tag_of_word(one.closure_state),
                        f"{one.failed_check_count:,}",
                        f"{one.open_item_count:,}",
                    )
                )
                for one in reversed(points)
            ),
            "bundles",
        ),
    )


def _none() -> Listing[ChangeRow]:
    return Listing((), "changes")


def _change(change: Change, references: References) -> ChangeRow:
    report, _, part = change.subject.partition("/")
    found = references.checks.get((report, part)) or references.items.get((report, part))
    if report == RECORDS:
        found = references.document(part).anchor
    anchor = found if part else references.reports.get(report)
    return ChangeRow(
        title=Link(plain(change.title), anchor or ""),
        before=word_of(report, change.before),
        after=word_of(report, change.after),
        direction=BETTER if change.better else WORSE,
    )
