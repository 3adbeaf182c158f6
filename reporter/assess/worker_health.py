"""Worker health: are the workers that retry alive, and what do they leave undone (domain.md A6, B2.18, B2.19).

One check for each loop: what is critical fails it. What is only a warning makes the report due soon. Nothing is
summed over history (C18).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from reporter.assess.conditions import CheckSpec, Condition, check
from reporter.assess.evidence import (
    MOST_NAMED,
    about,
    asked,
    check_evidence,
    evidence_notes,
    evidence_spec,
    instant,
    minutes,
    most,
    route_name,
    standing,
    unasked,
)
from reporter.loops.alerts import AlertPlan as Plan
from reporter.loops.alerts import alert_dashboard, plan_alerts
from reporter.loops.health import CRITICAL, assess_health, worst_level
from reporter.loops.loop import MISSED_AFTER_INTERVALS, Alert, Loop
from reporter.loops.policy import LoopPolicy
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.delivery_reports import (
    AlertDashboard,
    AlertPlan,
    LoopHealth,
    RouteName,
    SuppressedProvider,
    WorkerAlert,
    WorkerHealthReport,
)
from reporter.model.documents import Manifest, pointer_to
from reporter.model.ids import make_id
from reporter.model.instants import format_span
from reporter.model.manifests.drills import DrillSchedule
from reporter.model.providers import FALLBACK, PROVIDERS, normalise
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import HealthAlert, WorkerHealth

COMMANDS: Final = "`reporter retry plan` lists what is due, what waits and what no worker tries again."

_WANTED: Final = {
    Alert.FAILED_RUN: "a latest run that did not fail",
    Alert.FAILED_EXECUTION: "no retry that failed again",
    Alert.EXHAUSTED: "no route without an attempt left",
    Alert.DELIVERY_FAILURE: "nothing undelivered",
}
_FEW: Final = 3
EVIDENCE: Final = evidence_spec("worker_health")


def assess_worker_health(case: Case, states: LoopStates) -> WorkerHealthReport:
    """Judge the worker of every loop, and plan who is told of those that are not well."""
    is_asked = asked(case, states)
    # Where only unreadable evidence was given, the workers are judged as if it were none.
    healths = assess_health(states, Mode.PROMOTED) if is_asked else ()
    loops = {loop.word: loop for loop in states.loops}
    pairs = [(loops[one.loop], one) for one in healths]
    if is_asked:
        checks = (check_evidence(EVIDENCE, states), *(_check(states, loop, one) for loop, one in pairs))
        level = worst_level(one.alert_level for one in healths)
        head = standing("worker-health", case, checks, level, _summarise(healths))
    else:
        head = unasked("worker-health", case, [EVIDENCE, *(_spec(loop) for loop in states.loops)])
    scheduled = _scheduled(case)
    plans = {one.about: one for one in plan_alerts(states, healths, scheduled, force=case.request.force)}
    tellers = [loops[loop.alert_loop] for loop in states.loops if loop.alert_loop and is_asked]
    return WorkerHealthReport(
        **head,
        operator_notes=(*evidence_notes(states), *_notes(case, scheduled)),
        expected_loop_count=sum(loop.always_on or bool(one.delivery_failures) for loop, one in pairs),
        missed_worker_count=sum(one.missed for one in healths),
        retryable_count=sum(one.retryable for one in healths),
        exhausted_count=sum(one.exhausted for one in healths),
        failed_execution_count=sum(one.failed for one in healths),
        acknowledgement_pending_count=sum(one.unacknowledged for one in healths),
        loops=tuple(_loop(case, states, loop, one, plans.get(one.loop)) for loop, one in pairs),
        alert_dashboards=tuple(_dashboard(states, loop) for loop in tellers),
    )


def _spec(loop: Loop, recommendations: Sequence[str] = ()) -> CheckSpec:
    remedy = " ".join((*dict.fromkeys(recommendations), COMMANDS))
    return CheckSpec(f"worker_health_{loop.word}", f"{loop.title} worker", remedy)


def _check(states: LoopStates, loop: Loop, health: WorkerHealth) -> Check:
    raised = {one.category: one for one in health.alerts if one.severity is AlertLevel.CRITICAL}
    spec = _spec(loop, [one.recommendation for one in raised.values()])
    missed = _alive(loop, states.policies.of(loop), health)
    return check(spec, [missed, *_conditions(loop, raised)])


def _alive(loop: Loop, policy: LoopPolicy, health: WorkerHealth) -> Condition:
    """Want a run in time, of a loop that needs one; a moment past two intervals it is missed."""
    limit = format_span(MISSED_AFTER_INTERVALS * policy.worker_interval)
    found = "no run, and none needed"
    if health.last_run_at and health.last_run_age is not None:
        found = f"the last run at {instant(health.last_run_at)}, {format_span(health.last_run_age)} ago"
    elif health.missed:
        found = "no run"
    wanted = f"a run within {limit}{'' if loop.always_on else ' while anything is undelivered'}"
    return about(_pointer(loop, Alert.MISSED_RUN), found, wanted, met=not health.missed)


def _conditions(loop: Loop, raised: dict[str, HealthAlert]) -> Iterator[Condition]:
    for alert, wanted in _WANTED.items():
        if alert in CRITICAL or loop.delivery_failure_is_critical:
            told = raised.get(loop.alert_word(alert))
            yield about(_pointer(loop, alert), _found(loop, told) if told else "none", wanted, met=told is None)


def _found(loop: Loop, alert: HealthAlert) -> str:
    named, more = most(alert.routes, _FEW)
    listed = [*map(str, named), *([f"{more} more"] if more else [])]
    return alert.message.removeprefix(f"{loop.title}: ") + (f": {', '.join(listed)}" if listed else "")


def _pointer(loop: Loop, alert: Alert) -> str:
    return pointer_to(loop.word, loop.alert_word(alert))[1:]


def _summarise(healths: Sequence[WorkerHealth]) -> str:
    levels = [one.alert_level for one in healths]
    well, warning, critical = (levels.count(level) for level in AlertLevel)
    has = "has" if well == 1 else "have"
    loud = [(critical, "critical"), (warning, "warning" if warning == 1 else "warnings")]
    told = [f"{count} {word}" for count, word in loud if count]
    return ", ".join((f"{well} of {len(healths)} workers {has} nothing to report", *told))


def _scheduled(case: Case) -> tuple[str, ...]:
    """Give the providers of the drill schedule; the fallback where it names none that is known."""
    schedule: Manifest[DrillSchedule] = case.manifest("rollback_drill_schedule")
    named = map(normalise, schedule.value.notification_providers if schedule.value else ())
    return tuple(dict.fromkeys(one for one in named if one in PROVIDERS)) or (FALLBACK,)


def _notes(case: Case, scheduled: Sequence[str]) -> Iterator[str]:
    others = [one for one in case.request.providers if one not in scheduled]
    if others:
        yield f"Nobody is told by {', '.join(others)}: the drill schedule names {', '.join(scheduled)}."


def _loop(case: Case, states: LoopStates, loop: Loop, one: WorkerHealth, plan: Plan | None) -> LoopHealth:
    policy = states.policies.of(loop)
    return LoopHealth(
        loop=loop.word,
        title=loop.title,
        alert_level=one.alert_level,
        latest_run_id=one.last_run_id,
        latest_run_at=instant(one.last_run_at),
        latest_run_age_minutes=None if one.last_run_age is None else minutes(one.last_run_age),
        expected_interval_minutes=minutes(policy.worker_interval),
        missed_worker=one.missed,
        latest_plan_age_minutes=None if one.plan_age is None else minutes(one.plan_age),
        stale_metadata_minutes=minutes(policy.stale_after),
        stale_retry_plan=one.plan_stale,
        retryable_count=one.retryable,
        waiting_count=one.waiting,
        exhausted_count=one.exhausted,
        failed_execution_count=one.failed,
        delivery_failure_count=one.delivery_failures,
        acknowledgement_pending_count=one.unacknowledged,
        dry_run_only=one.dry_run_only,
        alerts=tuple(map(_alert, one.alerts)),
        alert_plan=_alert_plan(case, states, plan) if plan else None,
    )


def _alert(one: HealthAlert) -> WorkerAlert:
    named, _ = most(one.routes, MOST_NAMED)
    return WorkerAlert(
        severity=one.severity,
        category=one.category,
        message=one.message,
        recommendation=one.recommendation,
        routes=tuple(RouteName(**route_name(route)) for route in named),
    )


def _alert_plan(case: Case, states: LoopStates, plan: Plan) -> AlertPlan:
    """Write a plan, of the providers that were asked for: each is decided on by itself."""

    def wanted(providers: Sequence[str]) -> tuple[str, ...]:
        return tuple(one for one in providers if one in (case.request.providers or providers))

    (kind,) = (loop.plans[-1] for loop in states.loops if loop.word == plan.loop)
    selected = wanted(plan.selected_providers)
    told = [one for one in plan.suppressed_providers if wanted((one.provider,))]
    return AlertPlan(
        plan_id=make_id(
            kind.prefix, health_id=plan.health_id, selected=selected, suppressed=[one.provider for one in told]
        ),
        health_id=plan.health_id,
        alert_loop=plan.loop,
        alert_level=plan.alert_level,
        eligible_providers=wanted(plan.eligible_providers),
        selected_providers=selected,
        suppressed_providers=tuple(
            SuppressedProvider(provider=one.provider, last_delivery_at=instant(one.last_delivery_at)) for one in told
        ),
        suppression_window_minutes=minutes(plan.suppression_window),
        acknowledgement_required_providers=wanted(plan.acknowledgement_required_providers),
    )


def _dashboard(states: LoopStates, loop: Loop) -> AlertDashboard:
    one = alert_dashboard(states, loop)
    return AlertDashboard(
        loop=loop.word,
        title=loop.title,
        alert_level=one.alert_level,
        delivered_count=one.delivered,
        failed_delivery_count=one.failed,
        outstanding_acknowledgement_count=one.outstanding,
        suppressed_count=one.suppressed,
    )
