"""The geometry of the charts with one column for each day: deliveries by provider, and who was told.

Shape carries what colour repeats: a failure is a cross, what was not told hangs below its line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

SHOWN_DAYS: Final = 60
SHOWN_PROVIDERS: Final = 12
"""Providers with a line of their own; the table beside the picture has them all."""

WIDTH: Final = 720
LEFT: Final = 100
PITCH: Final = 10
ROW: Final = 18
BOTTOM: Final = 22
DAYS_A_TICK: Final = 10
SIDES: Final = (4, 6, 8)
"""Sides of a square for one delivery, for a few, and for `MANY`."""
FEW: Final = 2
MANY: Final = 5
LONGEST_LABEL: Final = 14

HALF: Final = 54
"""The most that a column rises or hangs."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside a line or below a day."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Providers by days. `delivered`, `failed` and `crosses` are paths: squares, squares and the marks on them."""

    title: str
    description: str
    rows: tuple[Label, ...]
    ticks: tuple[Label, ...]
    delivered: str
    failed: str
    crosses: str
    height: int
    width: int = WIDTH
    left: int = LEFT


@dataclass(frozen=True, slots=True)
class DayColumns:
    """What rises above a line and what hangs below it, day by day. `up` and `down` are paths."""

    title: str
    description: str
    up: str
    down: str
    up_most: str
    down_most: str
    ticks: tuple[Label, ...]
    axis_y: int
    height: int
    width: int = WIDTH
    left: int = LEFT


def draw_heat_map(
    title: str,
    description: str,
    attempts: Mapping[tuple[str, date], tuple[int, int]],
    providers: Sequence[str],
    end: date,
) -> HeatMap:
    """Draw (delivered, failed) of each provider and day; any failure makes the day a cross. `end` is the last day."""
    shown = list(providers[:SHOWN_PROVIDERS])
    delivered, failed, crosses = [], [], []
    for (provider, day), (good, bad) in sorted(attempts.items()):
        column = _column(day, end)
        if provider not in shown or column is None:
            continue
        x, y = LEFT + column * PITCH, shown.index(provider) * ROW
        if bad:
            failed.append(_square(x + 4.5, y + 9, 9))
            crosses.append(f"M{_short(x + 2)} {y + 6.5:g}l5 5m0 -5l-5 5")
        elif good:
            delivered.append(_square(x + 4.5, y + 9, SIDES[(good >= FEW) + (good >= MANY)]))
    bottom = max(1, len(shown)) * ROW
    return HeatMap(
        title,
        description,
        tuple(Label(LEFT - 8, index * ROW + 13, _fit(name)) for index, name in enumerate(shown)),
        tuple(_ticks(end, bottom + 16)),
        "".join(delivered),
        "".join(failed),
        "".join(crosses),
        bottom + BOTTOM,
    )


def draw_columns(title: str, description: str, days: Mapping[date, tuple[int, int]], end: date) -> DayColumns:
    """Draw two numbers of each day, one upwards and one downwards, on one scale."""
    placed = {column: pair for day, pair in days.items() if (column := _column(day, end)) is not None}
    most = max((number for pair in placed.values() for number in pair), default=0)
    scale = HALF / most if most else 0.0
    axis = HALF + 4
    up, down = [], []
    for column, (above, below) in sorted(placed.items()):
        x = LEFT + column * PITCH
        if above > 0:
            up.append(f"M{x} {axis}v{-_height(above, scale):g}h8V{axis}z")
        if below > 0:
            down.append(f"M{x} {axis + 1}v{_height(below, scale):g}h8V{axis + 1}z")
    tops = [max((pair[side] for pair in placed.values()), default=0) for side in (0, 1)]
    height = axis + HALF + 6 + BOTTOM
    return DayColumns(
        title,
        description,
        "".join(up),
        "".join(down),
        f"{tops[0]:,}",
        f"{tops[1]:,}",
        tuple(_ticks(end, height - 6)),
        axis,
        height,
    )


def _column(day: date, end: date) -> int | None:
    """Give the column of a day, 0 for the earliest; None outside of the picture."""
    column = SHOWN_DAYS - 1 - (end - day).days
    return column if 0 <= column < SHOWN_DAYS else None


def _ticks(end: date, y: float) -> Iterable[Label]:
    for column in range(SHOWN_DAYS - 1, -1, -DAYS_A_TICK):
        try:
            day = end - timedelta(days=SHOWN_DAYS - 1 - column)
        except OverflowError:
            return
        yield Label(LEFT + column * PITCH + 4, y, short_day(day))


def short_day(day: date) -> str:
    """Write a day as short as an axis wants it: `3 Jun`."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def _square(x: float, y: float, side: int) -> str:
    return f"M{_short(x - side / 2)} {_short(y - side / 2)}h{side}v{side}h-{side}z"


def _short(number: float) -> str:
    return f"{number:g}"


def _height(number: int, scale: float) -> float:
    return round(max(2.0, number * scale), 1)


def _fit(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
