"""The geometry of a small trend: one dot for each bundle on a line of failed checks and open items together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reporter.model.readiness import TrendPoint
from reporter.model.text import count
from reporter.render.wording import day, tag_of_word

SHOWN: Final = 24
WIDTH: Final = 200
HEIGHT: Final = 40
_EDGE: Final = 6


@dataclass(frozen=True, slots=True)
class Dot:
    """One bundle: where it stands, and the tone of its alert level."""

    x: float
    y: float
    tone: str


@dataclass(frozen=True, slots=True)
class Spark:
    """A line through dots, told in one sentence too."""

    label: str
    line: str
    dots: tuple[Dot, ...]
    width: int = WIDTH
    height: int = HEIGHT


def draw_spark(points: Sequence[TrendPoint]) -> Spark | None:
    """Draw the latest bundles, the oldest first; one alone is no trend."""
    shown = points[-SHOWN:]
    if len(shown) < 2:  # noqa: PLR2004 - a trend has a direction
        return None
    troubles = [one.failed_check_count + one.open_item_count for one in shown]
    most = max(*troubles, 1)
    pitch = (WIDTH - 2 * _EDGE) / (len(shown) - 1)
    dots = tuple(
        Dot(
            round(_EDGE + pitch * place, 1),
            round(HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * trouble / most, 1),
            tag_of_word(one.alert_level).tone,
        )
        for place, (one, trouble) in enumerate(zip(shown, troubles, strict=True))
    )
    label = (
        f"{count(len(shown), 'bundle')} since {day(shown[0].as_of)}:"
        f" failed checks and open items went from {troubles[0]:,} to {troubles[-1]:,}"
    )
    return Spark(label, " ".join(f"{dot.x},{dot.y}" for dot in dots), dots)
