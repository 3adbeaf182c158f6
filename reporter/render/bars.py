"""The geometry of bars: a part of a whole, or a measure against its limit. The numbers stand beside them as words."""

import math
from dataclasses import dataclass
from typing import Final

FULL: Final = 100.0
"""The width of a bar's picture; templates stretch it."""

LIMITS_SHOWN: Final = 3
"""A bar against a limit shows up to this many times the limit; what is longer runs out of the picture."""

LEAST: Final = 1.5
"""The least width of what is not nothing."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from the left. `mark` is the place of the limit, None without one; `over` says that it is longer."""

    width: float
    tone: str
    mark: float | None = None
    over: bool = False


def draw_share(part: float, whole: float, tone: str) -> Bar:
    """Draw a part of a whole; of nothing, nothing."""
    return Bar(_width(part / whole if whole > 0 else 0.0), tone)


def draw_measure(value: float | None, limit: float, tone: str) -> Bar:
    """Draw a measure with its limit at a third of the width. Without a value, or a limit, there is only the track."""
    if value is None or not math.isfinite(value) or not 0 < limit < math.inf:
        return Bar(0.0, tone)
    share = value / (limit * LIMITS_SHOWN)
    return Bar(_width(share), tone, round(FULL / LIMITS_SHOWN, 1), share > 1)


def _width(share: float) -> float:
    """Turn a share into a width; what is there is seen, and nothing is wider than the picture."""
    if not share > 0:
        return 0.0
    return round(min(FULL, max(LEAST, share * FULL)), 1)
