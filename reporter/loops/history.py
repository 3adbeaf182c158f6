"""What is kept of the decisions that plans take about routes, day by day (domain.md B2.12). Mergeable, like all facts.

Of each day and route the ids of the plans, so that a plan made again counts once that day; of the newest decisions all
that the records say.
"""

from datetime import date, datetime
from typing import Final

import msgspec

from reporter.loops.sets import join, keep

KEPT_PLANS: Final = 64
"""Plans kept for each day and route; the count stops there."""
KEPT_EVENTS: Final = 100


class RoutingKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """What was decided for whom on one day."""

    day: date
    loop: str
    subject: str
    provider: str
    owner: str
    escalation_owner: str
    action: str
    category: str


class RoutingEvent(msgspec.Struct, frozen=True, order=True, gc=False):
    """One decision, with all that its record says. `next_due_at` is as `format_instant` writes it."""

    at: datetime
    record: str
    plan_id: str
    loop: str
    subject: str
    provider: str
    owner: str
    escalation_owner: str
    action: str
    category: str
    alert_level: str = ""
    reason: str = ""
    acknowledgement_minutes: float = 0.0
    maintenance_window_id: str = ""
    maintenance_window_reason: str = ""
    owner_available: bool = True
    owner_availability_reason: str = ""
    next_due_at: str = ""

    @property
    def key(self) -> RoutingKey:
        """What it counts as."""
        return RoutingKey(
            self.at.date(),
            self.loop,
            self.subject,
            self.provider,
            self.owner,
            self.escalation_owner,
            self.action,
            self.category,
        )


class LatestPlan(msgspec.Struct, frozen=True, order=True, gc=False):
    """What the newest plan of a subject decided: `told` routes deliver, `held` do not though the subject is not well.

    It is kept whatever its age and whatever came after it: a subject of which nobody is told stays known (C7).
    """

    at: datetime
    record: str
    plan_id: str
    loop: str
    subject: str
    alert_level: str
    told: int
    held: int
    reason: str


class RoutingFacts(msgspec.Struct):
    """Plan ids by day and route, the newest version of each of the newest events by route, day and plan.

    `latest` is the newest plan of each subject, by loop and subject.
    """

    days: dict[RoutingKey, tuple[str, ...]] = {}
    events: dict[tuple[RoutingKey, str], RoutingEvent] = {}
    latest: dict[tuple[str, str], LatestPlan] = {}


def note_routing(facts: RoutingFacts, event: RoutingEvent) -> bool:
    """Add a decision; say whether its day holds more plans than are kept."""
    key = event.key
    plans = facts.days.get(key, ())
    is_full = len(plans) >= KEPT_PLANS and event.plan_id not in plans
    facts.days[key] = keep(plans, event.plan_id, KEPT_PLANS)
    name = (key, event.plan_id)
    facts.events[name] = max(event, facts.events.get(name, event))
    if len(facts.events) >= 2 * KEPT_EVENTS:
        cut_events(facts)
    return is_full


def note_latest(facts: RoutingFacts, plan: LatestPlan) -> None:
    """Keep the newest plan of its subject."""
    name = (plan.loop, plan.subject)
    facts.latest[name] = max(plan, facts.latest.get(name, plan))


def cut_events(facts: RoutingFacts) -> None:
    """Keep the newest events only.

    Cutting in between changes nothing: an event that is cut has so many newer ones that it never comes back.
    """
    if len(facts.events) > KEPT_EVENTS:
        newest = sorted(facts.events.items(), key=lambda item: item[1])[-KEPT_EVENTS:]
        facts.events = dict(newest)


def join_routing(one: RoutingFacts, other: RoutingFacts) -> tuple[RoutingFacts, bool]:
    """Join two histories; say whether a day then holds more plans than are kept."""
    joined = RoutingFacts(dict(one.days), dict(one.events), dict(one.latest))
    is_full = False
    for key, plans in other.days.items():
        known = joined.days.get(key, ())
        is_full = is_full or len({*known, *plans}) > KEPT_PLANS
        joined.days[key] = join(known, plans, KEPT_PLANS)
    for name, event in other.events.items():
        joined.events[name] = max(event, joined.events.get(name, event))
    for plan in other.latest.values():
        note_latest(joined, plan)
    cut_events(joined)
    return joined, is_full
