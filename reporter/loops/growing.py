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
    Planned,
    RouteFacts,
    join_plans,
)
from reporter.loops.sets import Item, keep, newest

FIRST_INSTANT: Final = datetime.min.replace(tzinfo=UTC)
"""Records may be dated before it, with an offset; then they are undated, for UTC has no year for them."""
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

    def plan(self, key: PlanKey, planned: Planned) -> None:
        """Note what a record of a plan wants."""
        made, known = PlanFacts(planned.at, planned, planned.required), self.plans.get(key)
        self.plans[key] = join_plans(known, made) if known else made

    def facts(self) -> RouteFacts:
        """Give what is kept."""
        return RouteFacts(
            _newest(self.failures, KEPT_FAILURES),
            self.successes,
            _newest(self.skips, KEPT_SUCCESSES),
            _newest(self.intents, KEPT_INTENTS),
            _newest(self.acknowledgements, KEPT_ANSWERS),
            _newest(self.approvals, KEPT_ANSWERS),
            _newest(self.causes, KEPT_CAUSES),
            self.plans or None,
        )


def _newest(items: list[Item], most: int) -> tuple[Item, ...]:
    return newest(items, most) if items else ()


def put(items: list[Item], item: Item, most: int) -> None:
    """Put down a member of a set of which only the newest `most` are kept."""
    items.append(item)
    if len(items) >= most + WAITING:
        items[:] = newest(items, most)
