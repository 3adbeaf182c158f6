"""The geometry of the trend over the last bundles: one column each, with level, failed checks and open items."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SHOWN_POINTS: Final = 24
"""Bundles in the picture, the latest ones; the table below it has the others."""

WIDTH: Final = 720
LEFT: Final = 120
RIGHT: Final = WIDTH - 24
WIDEST_PITCH: Final = 56.0
LABEL_ROOM: Final = 64
LETTER: Final = 8
LEVEL_Y: Final = 20
BASES: Final = (84, 148)
RISE: Final = 34
DATES_Y: Final = 170
HEIGHT: Final = 178
MOST_TOLD: Final = 999


@dataclass(frozen=True, slots=True)
class Point:
    """One bundle: its date in a few letters, the mark and tone of its level, and its two numbers."""

    label: str
    mark: str
    tone: str
    numbers: tuple[int, int]


@dataclass(frozen=True, slots=True)
class TrendMark:
    """The level of one bundle."""

    x: float
    mark: str
    tone: str


@dataclass(frozen=True, slots=True)
class Column:
    """One number of one bundle: a column with the number above it."""

    x: float
    y: float
    width: float
    height: float
    number: str


@dataclass(frozen=True, slots=True)
class TrendChart:
    """Three lines of columns on one axis of bundles."""

    title: str
    description: str
    marks: tuple[TrendMark, ...]
    failed: tuple[Column, ...]
    items: tuple[Column, ...]
    dates: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    level_y: int = LEVEL_Y
    bases: tuple[int, int] = BASES
    dates_y: int = DATES_Y
    left: int = LEFT


def draw_trend(title: str, description: str, points: Sequence[Point]) -> TrendChart:
    """Draw the latest bundles in their order, equally far apart whatever the time between them."""
    shown = points[-SHOWN_POINTS:]
    pitch = min(WIDEST_PITCH, (RIGHT - LEFT) / max(1, len(shown)))
    xs = [round(LEFT + pitch * (index + 0.5), 1) for index in range(len(shown))]
    return TrendChart(
        title,
        description,
        tuple(TrendMark(x, one.mark, one.tone) for x, one in zip(xs, shown, strict=True)),
        tuple(_columns(xs, [one.numbers[0] for one in shown], BASES[0], pitch)),
        tuple(_columns(xs, [one.numbers[1] for one in shown], BASES[1], pitch)),
        tuple(_dates(xs, [one.label for one in shown])),
    )


def _columns(xs: Sequence[float], numbers: Sequence[int], base: int, pitch: float) -> Iterator[Column]:
    most = max(numbers, default=0)
    width = round(min(20.0, pitch * 0.6), 1)
    for x, number in zip(xs, numbers, strict=True):
        height = round(max(2.0, RISE * number / most), 1) if number > 0 else 0.0
        told = f"{number}" if number <= MOST_TOLD else f"{MOST_TOLD}+"
        yield Column(x, round(base - height, 1), width, height, told)


def _dates(xs: Sequence[float], labels: Sequence[str]) -> Iterator[tuple[float, str]]:
    """Give the newest date, and as many of the others as have room."""
    free = float("inf")
    for x, label in zip(reversed(xs), reversed(labels), strict=True):
        if x <= free:
            yield x, label
            free = x - max(LABEL_ROOM, LETTER * len(label))
