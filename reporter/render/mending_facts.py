"""What the reports on mending know beside their checks: retries, the workers that run them, and recoveries."""

from reporter.model.closing_reports import RecoveryReport, RecoveryRow
from reporter.model.delivery_reports import (
    AlertPlan,
    LoopHealth,
    RetryDecision,
    RetryPlanReport,
    RouteName,
    WorkerHealthReport,
)
from reporter.model.text import count
from reporter.render.blockers import without_name
from reporter.render.references import References
from reporter.render.shapes import Fact, Facts, Listing, Row, Table
from reporter.render.told_facts import route_of, str_route
from reporter.render.wording import (
    LEVEL_TAGS,
    NO_MARK,
    RECOVERY_TAGS,
    RETRY_TAGS,
    given,
    listed,
    moment,
    number_of,
    plain,
    span_of,
    spelt,
    tag_in,
)


def retry_facts(report: RetryPlanReport, references: References) -> Facts:
    """Tell what is tried again, when, and what its gate says; then the rule of each loop."""
    decisions = [one for plan in report.plans for one in plan.retry_decisions]
    return Facts(
        pairs=(
            Fact("Routes that were not delivered", f"{report.decision_count:,}"),
            Fact("Due to be tried again", f"{report.retryable_count:,}", f"{report.gated_count:,} behind a gate"),
            Fact("Wait for their time", f"{report.waiting_count:,}"),
            Fact("Exhausted", f"{report.suppressed_count:,}"),
        ),
        tables=(
            Table(
                "Retry decisions",
                ("Route", "Decision", "Attempts", "Next", "Gate", "Owner"),
                (30, 20, 10, 14, 14, 12),
                Listing(
                    tuple(_retry(one, references) for one in decisions),
                    "decisions",
                    omitted=sum(plan.omitted_decision_count for plan in report.plans),
                ),
                empty="Nothing is to be tried again.",
            ),
            Table(
                "Rules of the loops",
                ("Loop", "Level", "Due", "Waits", "Exhausted", "Behind a gate", "Attempts", "Delay"),
                (22, 12, 8, 9, 11, 11, 9, 18),
                Listing(
                    tuple(
                        Row(
                            (
                                given(one.title),
                                LEVEL_TAGS[one.alert_level],
                                f"{one.retryable_count:,}",
                                f"{one.waiting_count:,}",
                                f"{one.suppressed_count:,}",
                                f"{one.gated_count:,}",
                                f"at most {one.max_retry_attempts:,}",
                                f"{span_of(one.base_retry_delay_minutes)}, times {one.backoff_multiplier:g} each",
                            )
                        )
                        for one in report.plans
                    ),
                    "loops",
                ),
                empty="No loop has anything to try again.",
            ),
        ),
    )


def _retry(one: RetryDecision, references: References) -> Row:
    tag = tag_in(RETRY_TAGS, one.action)
    gate = spelt(one.gate_state) + (f": {plain(one.gate_reason)}" if one.gate_reason else "")
    if one.self_approved:
        gate += " (approved by the one who executes)"
    return Row(
        (
            f"{route_of(one)}, {given(one.provider)}",
            f"{tag.mark} {tag.word}: {plain(one.reason)}",
            f"{one.retry_count:,} of {one.max_retry_attempts:,}",
            moment(one.next_retry_at) if one.next_retry_at else "at once" if one.action == "retry" else NO_MARK,
            gate,
            given(one.owner),
        ),
        references.anchors.name("retry", one.route_key),
    )


def health_facts(report: WorkerHealthReport, references: References) -> Facts:
    """Tell of each worker whether it runs, what is wrong with it, and who was told."""
    alerts = tuple(
        Row(
            (
                LEVEL_TAGS[alert.severity],
                given(loop.title),
                plain(without_name(loop.title, alert.message)),
                plain(alert.recommendation),
                _routes(alert.routes),
            )
        )
        for loop in report.loops
        for alert in loop.alerts
    )
    return Facts(
        pairs=(
            Fact("Workers that have to run", f"{report.expected_loop_count:,}"),
            Fact("Missed", f"{report.missed_worker_count:,}"),
            Fact("Routes due, exhausted", f"{report.retryable_count:,}, {report.exhausted_count:,}"),
            Fact("Retries that failed", f"{report.failed_execution_count:,}"),
            Fact("Answers outstanding", f"{report.acknowledgement_pending_count:,}"),
        ),
        tables=(
            Table(
                "Alerts, with what to do",
                ("Level", "Worker", "What is wrong", "What to do", "Routes"),
                (12, 16, 25, 28, 19),
                Listing(alerts, "alerts"),
                empty="No worker has an alert.",
            ),
            Table(
                "Workers",
                ("Worker", "Level", "Last run", "Plan", "Due", "Waits", "Exhausted", "Failed"),
                (20, 12, 21, 13, 7, 8, 12, 7),
                Listing(tuple(_worker(one, references) for one in report.loops), "workers"),
                empty="No worker has to run.",
            ),
            Table(
                "Who is told of them",
                ("Worker", "Level", "To tell", "Told already", "Not again within"),
                (24, 14, 21, 26, 15),
                Listing(
                    tuple(_alert_plan(one.title, plan) for one in report.loops if (plan := one.alert_plan)),
                    "alert plans",
                ),
                empty="There is nothing to tell.",
            ),
            Table(
                "What became of the alerts",
                ("Alerts", "Level", "Delivered", "Failed", "Unanswered", "Not told again"),
                (30, 14, 14, 14, 14, 14),
                Listing(
                    tuple(
                        Row(
                            (
                                given(one.title),
                                LEVEL_TAGS[one.alert_level],
                                f"{one.delivered_count:,}",
                                f"{one.failed_delivery_count:,}",
                                f"{one.outstanding_acknowledgement_count:,}",
                                f"{one.suppressed_count:,}",
                            )
                        )
                        for one in report.alert_dashboards
                    ),
                    "loops",
                ),
                empty="No alert was sent.",
            ),
        ),
    )


def _worker(one: LoopHealth, references: References) -> Row:
    seen = f"{span_of(one.latest_run_age_minutes)} ago" if one.latest_run_age_minutes is not None else "never ran"
    every = f"due every {number_of(one.expected_interval_minutes, 'minute')}"
    plan = "none" if one.latest_plan_age_minutes is None else f"{span_of(one.latest_plan_age_minutes)} old"
    return Row(
        (
            given(one.title),
            LEVEL_TAGS[one.alert_level],
            f"{seen}, {every}{'; missed' if one.missed_worker else ''}{'; dry runs only' if one.dry_run_only else ''}",
            f"{plan}{', stale' if one.stale_retry_plan else ''}",
            f"{one.retryable_count:,}",
            f"{one.waiting_count:,}",
            f"{one.exhausted_count:,}",
            f"{one.delivery_failure_count + one.failed_execution_count:,}",
        ),
        references.item("worker-health", "worker", one.loop),
    )


def _alert_plan(title: str, plan: AlertPlan) -> Row:
    told = [f"{plain(known.provider)} on {moment(known.last_delivery_at)}" for known in plan.suppressed_providers]
    return Row(
        (
            given(title),
            LEVEL_TAGS[plan.alert_level],
            listed(plan.selected_providers),
            listed(told),
            span_of(plan.suppression_window_minutes),
        )
    )


def _routes(routes: tuple[RouteName, ...]) -> str:
    return f"{count(len(routes), 'route')}: {listed([str_route(one) for one in routes], most=3)}" if routes else NO_MARK


def recovery_facts(report: RecoveryReport, references: References) -> Facts:
    """Tell which connectors are being repaired, which should be, and who is told."""
    rate = "" if report.closure_rate is None else f"{report.closure_rate:.0%} of all"
    return Facts(
        pairs=(
            Fact(
                "Recoveries open", f"{report.recovery_open_count:,}", f"{report.recovery_slo_breached_count:,} too long"
            ),
            Fact("Recoveries closed", f"{report.recovery_closed_count:,}", rate),
            Fact("Retries that failed", f"{report.failed_execution_count:,}"),
            Fact("Agreed time", span_of(report.recovery_slo_minutes)),
            Fact(
                "Wanted from",
                number_of(report.min_failure_count, "failure"),
                f"within {number_of(report.lookback_hours, 'hour')}",
            ),
        ),
        tables=(
            Table(
                "Recoveries that nobody has opened",
                ("Through", "Kind", "Failures", "Latest", "Steps"),
                (13, 15, 10, 19, 43),
                Listing(
                    tuple(
                        Row(
                            (
                                given(one.provider),
                                spelt(one.category),
                                f"{one.failure_count:,}",
                                moment(one.latest_failure_at),
                                " ".join(map(plain, one.recovery_steps)),
                            )
                        )
                        for one in report.playbooks_needed
                    ),
                    "providers",
                ),
                empty="No provider fails often enough.",
            ),
            Table(
                "Recoveries",
                ("Through", "State", "Opened", "Took or takes", "Closed", "Why"),
                (12, 13, 19, 16, 21, 19),
                Listing(tuple(_recovery(one, references) for one in report.recoveries), "recoveries"),
                empty="No recovery was ever opened.",
            ),
            Table(
                "Escalations",
                ("Through", "Level", "Why", "Told through", "Why there"),
                (13, 13, 32, 17, 25),
                Listing(
                    tuple(
                        Row(
                            (
                                given(one.provider),
                                LEVEL_TAGS[one.severity],
                                plain(one.reason),
                                listed(one.channels),
                                plain(one.channel_reason),
                            )
                        )
                        for one in report.escalation_routes
                    ),
                    "escalations",
                ),
                empty="Nobody has to be told.",
            ),
        ),
    )


def _recovery(one: RecoveryRow, references: References) -> Row:
    took = one.age_minutes if one.closure_minutes is None else one.closure_minutes
    return Row(
        (
            given(one.provider),
            tag_in(RECOVERY_TAGS, one.slo_status),
            moment(one.opened_at),
            f"{span_of(took)} of {span_of(one.recovery_slo_minutes)}",
            f"{spelt(one.closure_state)} on {moment(one.closed_at)} by {given(one.closed_by)}"
            if one.closed_at
            else spelt(one.closure_state),
            "; ".join(map(plain, one.reasons)) or NO_MARK,
        ),
        references.anchors.name("recovery", one.provider),
    )
