"""A route while records are being folded: what is found is put down, and sorted and cut once, when all are read."""

from datetime import UTC, datetime
from typing import Final

from reporter.loops.facts import (
    KEPT_ANSWERS,
    KEPT_CAUSES,
    KEPT_FAILURES,
    KEPT_INTENTS,
    KEPT_SUCCESSES,
    Answer,
    Attempt,
    Cause,
    PlanFacts,
    PlanKey,
    RouteFacts,
)
from reporter.loops.sets import Item, keep, newest

FIRST_INSTANT: Final = datetime.min.replace(tzinfo=UTC)
WAITING: Final = 8
"""So many members more than are kept wait to be sorted; then the oldest go, so that a route stays small."""


class GrowingRoute:
    """One route under way.

    Successes are sorted at once, for most of those that come are too old to be kept: those before `oldest`.
    """

    __slots__ = (
        "acknowledgements",
        "approvals",
        "causes",
        "failures",
        "intents",
        "oldest",
        "plans",
        "skips",
        "successes",
    )

    def __init__(self) -> None:
        self.failures: list[Attempt] = []
        self.successes: tuple[Attempt, ...] = ()
        self.oldest = FIRST_INSTANT
        self.skips: list[Attempt] = []
        self.intents: list[Attempt] = []
        self.acknowledgements: list[Answer] = []
        self.approvals: list[Answer] = []
        self.causes: list[Cause] = []
        self.plans: dict[PlanKey, PlanFacts] = {}

    def succeed(self, attempt: Attempt) -> None:
        """Keep a success."""
        self.successes = keep(self.successes, attempt, KEPT_SUCCESSES)
        if len(self.successes) == KEPT_SUCCESSES:
            self.oldest = self.successes[0].at

    def facts(self) -> RouteFacts:
        """Give what is kept."""
        return RouteFacts(
            newest(self.failures, KEPT_FAILURES),
            self.successes,
            newest(self.skips, KEPT_SUCCESSES),
            newest(self.intents, KEPT_INTENTS),
            newest(self.acknowledgements, KEPT_ANSWERS),
            newest(self.approvals, KEPT_ANSWERS),
            newest(self.causes, KEPT_CAUSES),
            self.plans or None,
        )


def put(items: list[Item], item: Item, most: int) -> None:
    """Put down a member of a set of which only the newest `most` are kept."""
    items.append(item)
    if len(items) >= most + WAITING:
        items[:] = newest(items, most)
