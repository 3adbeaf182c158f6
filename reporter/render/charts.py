"""The geometry of the charts. Templates draw it as inline SVG; nothing here knows about colours."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import Final

SHOWN_DRILLS: Final = 40
"""Drills on the timeline, the latest ones; more would be a smear. The table below it has the others."""

SHOWN_SQUARES: Final = 40

WIDTH: Final = 720
HEIGHT: Final = 156
LEFT: Final = 24
RIGHT: Final = WIDTH - 24
AXIS_Y: Final = 126
LANE_HEIGHT: Final = 18
LANES: Final = 4
MARK_ROOM: Final = 15
TICKS_MOST: Final = 8
LABEL_ROOM: Final = 190
SQUARE: Final = 14

_DAY: Final = 86_400.0
_LEAST_DAYS: Final = 4
_DAY_STEPS: Final = (1, 2, 7, 14)
_MONTH_STEPS: Final = (1, 2, 3, 6)
_YEAR_STEPS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_DAYS_OF_MONTH: Final = 30.44
_DAYS_OF_YEAR: Final = 365.25
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """A drill to draw: when, what became of it (`passed`, `failed`, `future_dated`), and its name."""

    at: datetime
    outcome: str
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A drill on the line."""

    x: float
    y: float
    outcome: str
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A date on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A dated line with its label, which `anchor` keeps inside of the picture."""

    x: float
    label_x: float
    anchor: str
    label: str


@dataclass(frozen=True, slots=True)
class Band:
    """The due-soon window."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Drills, due date, due-soon window and the instant of the verdict on one axis."""

    title: str
    description: str
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    now: Line
    due: Line | None
    band: Band | None
    notes: tuple[str, ...]
    width: int = WIDTH
    height: int = HEIGHT
    axis_y: int = AXIS_Y


@dataclass(frozen=True, slots=True)
class Square:
    """One check in a strip."""

    x: int
    status: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A report's checks as a row of squares, failed ones first."""

    label: str
    squares: tuple[Square, ...]
    width: int
    height: int = SQUARE


def draw_strip(label: str, statuses: Sequence[str]) -> Strip:
    """Draw one square for each check in the given order; `label` says the same in words."""
    shown = statuses[:SHOWN_SQUARES]
    squares = tuple(Square(index * (SQUARE + 4), status) for index, status in enumerate(shown))
    return Strip(label, squares, max(1, len(shown)) * (SQUARE + 4) - 4)


def draw_timeline(  # noqa: PLR0913 - each is a thing on the line
    title: str,
    description: str,
    events: Sequence[Event],
    *,
    now: datetime,
    due: datetime | None,
    due_soon_from: datetime | None,
    undated: int = 0,
) -> Timeline:
    """Draw the latest drills with the due date and its window."""
    ordered = sorted(events, key=lambda event: (event.at, event.label))
    shown = ordered[-SHOWN_DRILLS:]
    dates = [now, *(event.at for event in shown), *(at for at in (due, due_soon_from) if at)]
    scale = _Scale(min(dates), max(dates))
    notes = []
    if len(ordered) > len(shown):
        notes.append(f"The line shows the latest {len(shown)} of {len(ordered):,} dated drills.")
    if undated:
        notes.append(f"{undated:,} without a readable date {'is' if undated == 1 else 'are'} not on the line.")
    band = None
    if due and due_soon_from and due > due_soon_from:
        start = scale.x(due_soon_from)
        band = Band(start, round(scale.x(due) - start, 1))
    return Timeline(
        title=title,
        description=description,
        marks=tuple(_place(shown, scale)),
        ticks=tuple(scale.ticks()),
        now=_line(scale.x(now), f"As of {_short(now)}"),
        due=_line(scale.x(due), f"Drill due {_short(due)}") if due else None,
        band=band,
        notes=tuple(notes),
    )


class _Scale:
    """Maps instants to the width; keeps room at both ends, and never divides by nothing."""

    def __init__(self, first: datetime, last: datetime) -> None:
        span = (last - first).total_seconds()
        room = max(span * 0.04, (_LEAST_DAYS * _DAY - span) / 2)
        self._from = (first - _EPOCH).total_seconds() - room
        self._to = (last - _EPOCH).total_seconds() + room
        self.days = (self._to - self._from) / _DAY

    def x(self, at: datetime) -> float:
        """Place an instant."""
        share = ((at - _EPOCH).total_seconds() - self._from) / (self._to - self._from)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def ticks(self) -> Iterator[Tick]:
        """Give dates at even steps: days, months or years, whichever leaves room for their labels."""
        for at in self._dates():
            seconds = (at - _EPOCH).total_seconds()
            if self._from <= seconds <= self._to:
                yield Tick(self.x(at), self._label(at))

    def _dates(self) -> Iterator[datetime]:
        first = _EPOCH + timedelta(seconds=max(self._from, (datetime.min.replace(tzinfo=UTC) - _EPOCH).total_seconds()))
        for step in _DAY_STEPS:
            if self.days / step <= TICKS_MOST:
                yield from self._days(first, step)
                return
        for step in _MONTH_STEPS:
            if self.days / (step * _DAYS_OF_MONTH) <= TICKS_MOST:
                yield from self._months(first, step)
                return
        fitting = (step for step in _YEAR_STEPS if self.days / (step * _DAYS_OF_YEAR) <= TICKS_MOST)
        yield from self._months(first, 12 * next(fitting))

    @staticmethod
    def _days(first: datetime, step: int) -> Iterator[datetime]:
        start = first.replace(hour=0, minute=0, second=0, microsecond=0)
        for index in range(TICKS_MOST + 2):
            try:
                yield start + timedelta(days=index * step)
            except OverflowError:
                return

    @staticmethod
    def _months(first: datetime, step: int) -> Iterator[datetime]:
        month = (first.year * 12 + first.month - 1) // step * step
        for index in range(TICKS_MOST + 2):
            year, position = divmod(month + index * step, 12)
            if MINYEAR <= year <= MAXYEAR:
                yield datetime(year, position + 1, 1, tzinfo=UTC)

    def _label(self, at: datetime) -> str:
        if self.days > TICKS_MOST * 6 * _DAYS_OF_MONTH:
            return f"{at.year}"
        if self.days > TICKS_MOST * 14:
            return f"{_MONTHS[at.month - 1]} {at.year}"
        return f"{at.day} {_MONTHS[at.month - 1]}"


def _place(events: Sequence[Event], scale: _Scale) -> Iterator[Mark]:
    """Put each drill into the lowest lane with room; where none has, the top lane takes it."""
    ends = [-math.inf] * LANES
    for event in events:
        x = scale.x(event.at)
        lane = next((index for index, end in enumerate(ends) if x - end >= MARK_ROOM), LANES - 1)
        ends[lane] = x
        yield Mark(x, AXIS_Y - 13 - lane * LANE_HEIGHT, event.outcome, event.label)


def _line(x: float, label: str) -> Line:
    if x > RIGHT - LABEL_ROOM:
        return Line(x, x - 5, "end", label)
    return Line(x, x + 5, "start", label)


def _short(at: datetime) -> str:
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
