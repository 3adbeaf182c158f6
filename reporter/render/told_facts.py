"""What the reports on telling and answering know beside their checks: who was told, who was asked, who answered."""

from collections.abc import Mapping
from typing import Final

from reporter.model.delivery_reports import (
    AuditEntry,
    AuditPackageReport,
    EscalationPlanReport,
    EscalationRoute,
    RouteName,
    RoutingEvent,
    RoutingTrendReport,
)
from reporter.model.reports import NotificationPlanReport, RouteDecision
from reporter.render.references import References
from reporter.render.shapes import Fact, Facts, Listing, Row, Table, Tag
from reporter.render.wording import (
    ANSWER_TAGS,
    NO_MARK,
    given,
    listed,
    moment,
    plain,
    span_of,
    spelt,
    tag_in,
)

TOLD: Final = Tag("Told", "good", "✓")
TO_BE_TOLD: Final = Tag("To be told", "good", "✓")
NOT_TOLD: Final = Tag("Not told", "soon", "▲")
OVERDUE: Final = Tag("Overdue", "bad", "✗")


def notification_facts(report: NotificationPlanReport) -> Facts:
    """Tell who is told, and of the others why not and until when."""
    silent = "nobody is told" if report.suppressed_critical else ""
    again = f"the first of them again from {moment(report.told_again_at)}" if report.told_again_at else ""
    return Facts(
        pairs=(
            Fact("To be told at all", "yes" if report.should_notify else "no", plain(report.reason)),
            Fact("To be told through", listed(report.selected_providers), "; ".join(filter(None, (silent, again)))),
            Fact("Not told through", listed(report.suppressed_providers)),
            Fact("Next drill due", moment(report.next_due_at)),
            Fact("Owners", listed(report.owners)),
            Fact("Routing policy", given(report.routing_policy_path)),
            Fact("Plan", given(report.plan_id), f"schedule {given(report.schedule_id)}"),
        ),
        tables=(
            Table(
                "Who is to be told, who is not, why, and until when",
                ("Owner", "Through", "Decision", "Why", "Until", "If nobody answers"),
                (17, 12, 12, 26, 16, 17),
                Listing(tuple(_decision(one) for one in report.route_decisions), "routes"),
                empty="No route is planned.",
            ),
        ),
    )


def _decision(one: RouteDecision) -> Row:
    told = one.action == "deliver"
    why = plain(one.reason)
    if one.maintenance_window:
        why += f" (window {plain(one.maintenance_window.window_id)}: {given(one.maintenance_window.reason)})"
    if not one.owner_availability.available and one.owner_availability.reason:
        why += f" ({plain(one.owner_availability.reason)})"
    return Row(
        (
            given(one.owner),
            given(one.provider),
            TO_BE_TOLD if told else NOT_TOLD,
            why,
            NO_MARK if told else moment(one.until),
            f"{plain(one.escalation_owner)} after {span_of(one.acknowledgement_minutes)}"
            if one.escalation_owner
            else NO_MARK,
        )
    )


def escalation_facts(report: EscalationPlanReport, references: References) -> Facts:
    """Tell which routes wait for an answer, and who is asked next."""
    return Facts(
        pairs=(
            Fact("Routes that want an answer", f"{report.route_count:,}"),
            Fact("Without an answer", f"{report.outstanding_count:,}", f"{report.breached_count:,} of them too long"),
            Fact("Time to answer", span_of(report.acknowledgement_minutes), "where a plan gives no other"),
            Fact("Plan", given(report.plan_id)),
        ),
        tables=(
            Table(
                "Routes that want an answer, the most pressing first",
                ("Route", "Through", "Answer", "Owner, then", "Due", "Next"),
                (28, 12, 14, 18, 16, 12),
                Listing(
                    tuple(_escalation(one, references) for one in report.routes),
                    "routes",
                    omitted=report.omitted_route_count,
                ),
                empty="No route wants an answer.",
            ),
        ),
    )


def _escalation(one: EscalationRoute, references: References) -> Row:
    tag = OVERDUE if one.breached else tag_in(ANSWER_TAGS, one.acknowledgement_state)
    owners = dict.fromkeys(filter(None, (one.owner, one.escalation_owner)))
    return Row(
        (
            route_of(one),
            given(one.provider),
            tag,
            " → ".join(map(plain, owners)) or "none",
            f"{moment(one.due_at)}{_waits(one)}",
            spelt(one.recommended_action),
        ),
        references.anchors.name("escalation", one.route_key),
    )


def _waits(one: EscalationRoute) -> str:
    """Say who answered, or how long an answer is waited for."""
    if one.acknowledged:
        return f"; answered by {given(one.acknowledged_by)}"
    return f"; waits {span_of(one.age_minutes)}" if one.age_minutes else ""


def routing_facts(report: RoutingTrendReport) -> Facts:
    """Tell what plans decided, counted by day, owner, provider and schedule."""
    filters = ", ".join(f"{spelt(name)}: {plain(value)}" for name, value in report.filters if value)
    return Facts(
        pairs=(
            Fact("Decisions", f"{report.event_count:,}", f"since {moment(report.since)}"),
            Fact(
                "Not told",
                f"{report.suppression_event_count:,}",
                f"maintenance window {report.maintenance_suppressed_count:,},"
                f" owner away {report.calendar_suppressed_count:,},"
                f" nothing to tell {report.healthy_schedule_suppressed_count:,}",
            ),
            Fact("By owner", _counts(report.owner_counts)),
            Fact("By provider", _counts(report.provider_counts)),
            Fact("By schedule", _counts(report.schedule_counts)),
            Fact("Restricted to", filters or "nothing: all decisions count"),
        ),
        tables=(
            Table(
                "Latest decisions",
                ("When", "Route", "Owner", "Told", "Why"),
                (19, 27, 16, 12, 26),
                Listing(tuple(_event(one) for one in report.latest_events), "decisions"),
                empty="No plan decided anything.",
            ),
        ),
    )


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return listed([f"{plain(name) or 'unnamed'} {number:,}" for name, number in ordered])


def _event(one: RoutingEvent) -> Row:
    why = plain(one.reason)
    if one.maintenance_window_id:
        why += f" (window {plain(one.maintenance_window_id)})"
    return Row(
        (
            moment(one.created_at),
            f"{given(one.schedule_id)}, {given(one.provider)}",
            given(one.owner),
            TOLD if one.action == "deliver" else NOT_TOLD,
            why or spelt(one.category),
        )
    )


def audit_facts(report: AuditPackageReport, references: References) -> Facts:
    """Tell every route that had to be answered, with the answer in force."""
    return Facts(
        pairs=(
            Fact("Routes that had to be answered", f"{report.route_count:,}"),
            Fact("Acknowledged or resolved", f"{report.acknowledged_count + report.resolved_count:,}"),
            Fact("Escalated", f"{report.escalated_count:,}"),
            Fact("Dismissed", f"{report.dismissed_count:,}"),
            Fact("Outstanding", f"{report.outstanding_count:,}"),
            Fact("Package", given(report.audit_id)),
        ),
        tables=(
            Table(
                "Answers",
                ("Route", "Through", "Answer", "By", "When", "Reference"),
                (27, 12, 14, 15, 17, 15),
                Listing(
                    tuple(_answer(one, references) for one in report.entries),
                    "routes",
                    omitted=report.omitted_entry_count,
                ),
                empty="No route had to be answered.",
            ),
        ),
    )


def _answer(one: AuditEntry, references: References) -> Row:
    return Row(
        (
            route_of(one),
            given(one.provider),
            tag_in(ANSWER_TAGS, one.acknowledgement_state),
            plain(one.acknowledged_by) or NO_MARK,
            _when(one),
            plain(one.external_ref) or NO_MARK,
        ),
        references.anchors.name("answer", one.route_key),
    )


def _when(one: AuditEntry) -> str:
    if not one.acknowledged_at:
        return f"asked {moment(one.route_created_at)}"
    late = "" if one.answered_late_minutes is None else f", {span_of(one.answered_late_minutes)} late"
    return f"{moment(one.acknowledged_at)}{late}"


def str_route(one: RouteName) -> str:
    """Name a route in a few words: its provider and its subject."""
    return f"{given(one.provider)} for {given(one.subject)}"


def route_of(one: RouteName) -> str:
    """Name what a route delivers: the loop and the subject."""
    return f"{spelt(one.loop)}: {given(one.subject)}"
