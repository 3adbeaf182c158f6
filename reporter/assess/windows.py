"""Windows in which nobody is told: what makes one valid, and whether it covers an instant (domain.md A4, B1.10).

A window that is in doubt does not apply: then people are told, which is the harmless side.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

from reporter.assess.conditions import Condition
from reporter.assess.recurrence import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_OCCURRENCE,
    Recurrence,
    RuleFault,
    Span,
    earliest,
    find_zone,
    latest,
    read_rule,
    wall_time,
)
from reporter.model.documents import Document, Manifest, pointer_to
from reporter.model.instants import Instant, days, parse_instant, shift
from reporter.model.manifests.routing import (
    CALENDAR_KEYS,
    CALENDAR_WINDOW_KEYS,
    WINDOW_KEYS,
    Routing,
    Window,
)
from reporter.model.text import show

LONGEST_WINDOW: Final = timedelta(days=14)
MOST_RECURRING: Final = 100


@dataclass(frozen=True, eq=False)
class TimeWindow:
    """One window of a document, and what is wrong with it."""

    document: Document
    pointer: str
    window: Window
    conditions: tuple[Condition, ...]
    notes: tuple[str, ...]
    first: Span | None
    recurrence: Recurrence | None

    @property
    def applies(self) -> bool:
        """Whether nothing about the window is in doubt."""
        return all(one.met for one in self.conditions) and not in_doubt(self.document, self.pointer)

    @property
    def longer_than_wanted(self) -> bool:
        """Whether the window, or one occurrence of it, is longer than two weeks. It applies all the same."""
        return self.first is not None and self.first.end - self.first.start > LONGEST_WINDOW

    def covering(self, now: datetime) -> Span | None:
        """Give the time around `now` that the window covers: start inclusive, end exclusive.

        Occurrences that touch are one. Of those that recur without a gap only two weeks to come are looked at.
        """
        if not self.applies or self.first is None:
            return None
        spans = [self.first]
        if self.recurrence:
            spans += self.recurrence.spans(shift(now, -LONGEST_WINDOW), shift(now, LONGEST_WINDOW))
        return _around(now, spans)

    def occurrences(self, since: datetime, until: datetime) -> list[Span]:
        """Give every time that the window covers that ends after `since` and starts by `until`, by its start."""
        if not self.applies or self.first is None:
            return []
        spans = {self.first, *(self.recurrence.spans(since, until) if self.recurrence else ())}
        return sorted(span for span in spans if since < span.end and span.start <= until)


class _Ends(NamedTuple):
    start: Instant
    end: Instant
    span: Span


def in_doubt(document: Document, pointer: str) -> bool:
    """Say whether a fault of the document lies at, above or below a pointer: then what is there is not all of it."""
    return any(
        fault.pointer == pointer or fault.pointer.startswith(f"{pointer}/") or pointer.startswith(f"{fault.pointer}/")
        for fault in document.faults
    )


def maintenance_windows(manifest: Manifest[Any]) -> list[TimeWindow]:
    """Read the windows of a schedule or a routing policy, under either name."""
    return _read(manifest, _maintenance(manifest.value)) if isinstance(manifest.value, Routing) else []


def calendar_windows(manifest: Manifest[Any]) -> list[TimeWindow]:
    """Read the windows of all owners' calendars, under either name."""
    return _read(manifest, _of_calendars(manifest.value)) if isinstance(manifest.value, Routing) else []


def all_windows(manifest: Manifest[Any]) -> list[TimeWindow]:
    """Read every window of a schedule or a routing policy."""
    return [*maintenance_windows(manifest), *calendar_windows(manifest)]


def _maintenance(routing: Routing) -> Iterator[tuple[str, Window]]:
    for key in WINDOW_KEYS:
        for position, window in enumerate(getattr(routing, key)):
            yield pointer_to(key, position), window


def _of_calendars(routing: Routing) -> Iterator[tuple[str, Window]]:
    for calendars in CALENDAR_KEYS:
        for owner, calendar in getattr(routing, calendars).items():
            for key in CALENDAR_WINDOW_KEYS:
                for position, window in enumerate(getattr(calendar, key)):
                    yield pointer_to(calendars, owner, key, position), window


def _read(manifest: Manifest[Any], windows: Iterator[tuple[str, Window]]) -> list[TimeWindow]:
    listed = list(windows)
    recurring = sum(bool(window.rrule) for _, window in listed)
    return [_read_one(manifest.document, pointer, window, recurring) for pointer, window in listed]


def _read_one(document: Document, pointer: str, window: Window, recurring: int) -> TimeWindow:
    zone = find_zone(window.timezone)
    ends = _ends(window, zone or UTC)
    start, end = show(window.start), show(window.end)
    conditions = [
        Condition(document, pointer, f"start {start}, end {end}", "a start and a later end", met=ends is not None),
        *_one_spelling(document, pointer, window),
    ]
    if window.timezone:
        found = show(window.timezone)
        at = f"{pointer}/timezone"
        conditions.append(Condition(document, at, found, "an IANA time zone such as Europe/Berlin", met=bool(zone)))
    recurrence = None
    if window.rrule:
        recurrence, wanted = _recurrence(window, ends, zone or UTC)
        if recurring > MOST_RECURRING:
            recurrence, wanted = None, f"{MOST_RECURRING} recurring windows at most; there are {recurring}"
        at = f"{pointer}/rrule"
        conditions.append(Condition(document, at, show(window.rrule), wanted, met=recurrence is not None))
    return TimeWindow(
        document,
        pointer,
        window,
        tuple(conditions),
        tuple(_notes(pointer, window, ends)),
        ends.span if ends else None,
        recurrence,
    )


def _ends(window: Window, zone: tzinfo) -> _Ends | None:
    """Read both ends. Without an offset they are wall time of the window's zone."""
    start, end = parse_instant(window.start), parse_instant(window.end)
    if start is None or end is None:
        return None
    span = Span(start.at, end.at)
    if window.timezone or window.rrule:
        if not all(FIRST_YEAR <= one.at.year <= LAST_YEAR for one in (start, end)):
            return None
        span = Span(
            latest(start.at.replace(tzinfo=None), zone) if start.assumed_utc else start.at,
            earliest(end.at.replace(tzinfo=None), zone) if end.assumed_utc else end.at,
        )
    return _Ends(start, end, span) if span.start < span.end else None


def _recurrence(window: Window, ends: _Ends | None, zone: tzinfo) -> tuple[Recurrence | None, str]:
    """Give the recurrence, or None; and what was wanted."""
    wanted = "a recurrence rule that start and end follow"
    if ends is None:
        return None, f"{wanted}, and first of all a start and a later end"
    try:
        rule = read_rule(window.rrule)
    except RuleFault as fault:
        return None, str(fault)
    start, end = (
        one.at.replace(tzinfo=None) if one.assumed_utc else wall_time(one.at, zone) for one in (ends.start, ends.end)
    )
    if not timedelta(0) < end - start <= LONGEST_OCCURRENCE:
        return None, f"an occurrence of {days(LONGEST_OCCURRENCE):g} days at most, forward in wall time"
    recurrence = Recurrence(rule, start, end - start, zone)
    if not recurrence.starts_with_first:
        return None, f"a rule of which the start, {start.date()} in the window's zone, is an occurrence"
    return recurrence, wanted


def _one_spelling(document: Document, pointer: str, window: Window) -> Iterator[Condition]:
    """Want one start and one end: two spellings that differ contradict each other."""
    for key, other in (("start_at", "starts_at"), ("end_at", "ends_at")):
        one, two = getattr(window, key), getattr(window, other)
        if one and two:
            wanted = f"the same as {key}, {show(one)}"
            met = parse_instant(one) == parse_instant(two)
            yield Condition(document, f"{pointer}/{other}", show(two), wanted, met=met)


def _notes(pointer: str, window: Window, ends: _Ends | None) -> Iterator[str]:
    if ends is None:
        return
    if not window.timezone and (ends.start.assumed_utc or ends.end.assumed_utc):
        yield f"{pointer} has a time without an offset, which is taken as UTC."
    elif window.rrule and not window.timezone:
        yield f"{pointer} recurs without a timezone, which is taken as UTC."
    length = ends.span.end - ends.span.start
    if length > LONGEST_WINDOW:
        yield f"window_too_long: {pointer} lasts {days(length):g} days, 14 at most are wanted; it still applies."


def _around(now: datetime, spans: list[Span]) -> Span | None:
    run: Span | None = None
    for span in sorted(spans):
        if run and span.start <= run.end:
            run = Span(run.start, max(run.end, span.end))
        elif run and now < run.end:
            break
        else:
            run = span
    return run if run and run.start <= now < run.end else None
