"""How often somebody may ask: a bucket for each, which fills by the second. Memory is bounded, whoever asks."""

from collections import OrderedDict
from typing import NamedTuple

MOST_KEPT = 10_000


class _Bucket(NamedTuple):
    left: float
    at: float


class Limit:
    """So many a second for each key, and `burst` at once. Time is given, in seconds of any clock that only grows."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, max(burst, 1.0)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """Take one. Give the seconds to wait where none is left; 0 where it was taken."""
        left, at = self._buckets.pop(key, _Bucket(self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        taken = left >= 1
        self._buckets[key] = _Bucket(left - taken, now)
        if len(self._buckets) > MOST_KEPT:
            self._buckets.popitem(last=False)  # who has not asked for longest
        return 0.0 if taken else (1 - left) / self._per_second
