"""What plans decide about routes: delivered or not, and why not (domain.md B2.10, B2.12, B2.19)."""

from datetime import datetime
from typing import Final, get_args

from reporter.loops.facts import ROUTING_DAYS, RouteKey
from reporter.loops.folder import Folder, to_utc
from reporter.loops.history import LatestPlan, RoutingEvent, note_latest, note_routing
from reporter.loops.states import normalise_state
from reporter.model.instants import format_instant
from reporter.model.records import UNDATED, Plan, RouteDecision, SuppressedProvider
from reporter.model.words import RouteAction, RouteCategory

DELIVER: Final = "deliver"
SUPPRESS: Final = "suppress"
HEALTHY: Final = "healthy"
ACTIONS: Final[tuple[str, ...]] = get_args(RouteAction)
CATEGORIES: Final[tuple[str, ...]] = get_args(RouteCategory)
HELD: Final = frozenset(CATEGORIES) - {DELIVER, "healthy_schedule"}
"""Why somebody is not told who had to be."""


def decided_action(decision: RouteDecision) -> str:
    """Give what was decided; to deliver where the record does not say."""
    return normalise_state(decision.action) or DELIVER


def category_of(decision: RouteDecision, action: str, *, notified: bool) -> str:
    """Say why: the record's own word where it agrees with the action, else what a plan looks at first (B2.10)."""
    category = normalise_state(decision.category)
    if action == DELIVER:
        return DELIVER
    if category in CATEGORIES and category != DELIVER:
        return category
    if not notified:
        return "healthy_schedule"
    if decision.maintenance_window is not None:
        return "maintenance_window"
    if decision.owner_availability is not None and not decision.owner_availability.available:
        return "owner_calendar"
    return "other"


def fold_decisions(folder: Folder, record: Plan, said: Plan, subject: str, at: datetime) -> None:
    """Note each decision of a plan under its day. A plan without a date is a fault and belongs to no day.

    A plan of a healthy schedule that delivers to anybody was forced to, so that its other routes have other reasons.
    """
    level = normalise_state(said.alert_level)
    notified = level != HEALTHY or any(decided_action(one) == DELIVER for one in said.route_decisions)
    is_shown = at != UNDATED and at.date() >= folder.first_day
    decided: list[tuple[RouteDecision, str]] = []
    for decision in said.route_decisions:
        action = decided_action(decision)
        if action not in ACTIONS:
            folder.unknown_word(record, "route_decisions", decision.action, ACTIONS)
            continue
        if decision.category and normalise_state(decision.category) not in CATEGORIES:
            folder.unknown_word(record, "route_decisions", decision.category, CATEGORIES)
        category = category_of(decision, action, notified=notified)
        decided.append((decision, category))
        if is_shown:
            event = _event(folder, record, said, decision, (subject, action, category, level), at)
            if note_routing(folder.folded.routing, event):
                folder.folded.truncated |= {ROUTING_DAYS}
    told = sum(category == DELIVER for _, category in decided)
    # Without a date a plan speaks only against its subject, and then as the newest.
    if said.route_decisions and (at != UNDATED or not told):
        held = [decision for decision, category in decided if category in HELD]
        reason = next((one.reason for one in held if one.reason), "")
        plan = LatestPlan(
            at,
            record.session_id,
            said.plan_id or record.session_id,
            record.loop,
            subject,
            folder.text(level),
            told,
            len(held),
            folder.text(reason),
        )
        note_latest(folder.folded.routing, plan)


def fold_suppressed(folder: Folder, record: Plan, said: Plan, subject: str, at: datetime) -> None:
    """Note which providers an alert plan leaves out because they were told already (B2.19)."""
    for one in said.suppressed_providers:
        if isinstance(one, SuppressedProvider):
            key = RouteKey(record.loop, subject, folder.word(one.provider))
            folder.folded.suppressed[key] = max(at, folder.folded.suppressed.get(key, at))


def _event(  # noqa: PLR0913, PLR0917 - what was worked out of the plan and of the decision
    folder: Folder, record: Plan, said: Plan, decision: RouteDecision, decided: tuple[str, str, str, str], at: datetime
) -> RoutingEvent:
    subject, action, category, level = decided
    window, owner = decision.maintenance_window, decision.owner_availability
    text = folder.text
    return RoutingEvent(
        at,
        record.session_id,
        said.plan_id or record.session_id,
        record.loop,
        subject,
        folder.word(decision.provider),
        text(decision.owner),
        text(decision.escalation_owner),
        action,
        category,
        text(level),
        text(decision.reason),
        decision.acknowledgement_minutes or 0.0,
        text(window.window_id) if window else "",
        text(window.reason) if window else "",
        owner.available if owner else True,
        text(owner.reason) if owner else "",
        format_instant(to_utc(said.next_due_at)) if said.next_due_at else "",
    )
