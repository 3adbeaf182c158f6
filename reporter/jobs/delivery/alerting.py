"""Telling people of retry workers that are not well, once for each state of affairs (domain.md A6, A9, B2.19, C20)."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from reporter.deliver.outbox import Sending
from reporter.deliver.wording import Head, alert_message
from reporter.jobs.delivery.channels import NOT_CONFIGURED
from reporter.jobs.delivery.past import Past
from reporter.jobs.delivery.sending import WAITING, Delivery, Line, Sender, message_id, reconcile, send_all, starts_at
from reporter.jobs.loops import states_of
from reporter.loops.alerts import AlertPlan, plan_alerts
from reporter.loops.health import assess_health
from reporter.loops.loop import Loop
from reporter.loops.routes import LoopStates
from reporter.loops.writing import RecordValue, write_health, write_plan
from reporter.model.instants import format_instant
from reporter.model.reports import AlertLevel
from reporter.model.routes import RouteId

NOBODY: Final = "nobody else can be told: every connector that can be used fails itself"


class Alerts(NamedTuple):
    """Who is told of which worker. It was worked out from `states`, and from the connectors that are `usable`."""

    environment: str
    now: datetime
    plans: tuple[AlertPlan, ...]
    states: LoopStates
    usable: frozenset[str]

    @property
    def wanted(self) -> tuple[AlertPlan, ...]:
        """The plans of workers that are not well."""
        return tuple(one for one in self.plans if one.alert_level is not AlertLevel.HEALTHY)


def plan_alerting(sender: Sender, now: datetime, *, force: bool = False, only: Collection[str] = ()) -> Alerts:
    """Plan who is told, by every loop that tells or by these `only`. Nothing is recorded or sent.

    Only connectors that can be used are chosen (C26, C35).
    """
    settings, environment = sender.settings, sender.environment
    states = states_of(settings, environment, now).states
    health = assess_health(states, settings.environments[environment].mode)
    plans = plan_alerts(states, health, sender.channels.providers, force=force)
    chosen = tuple(one for one in plans if not only or one.loop in only)
    return Alerts(environment, now, chosen, states, frozenset(sender.channels.providers))


def told_by(alerts: Alerts, plan: AlertPlan) -> tuple[list[str], list[str]]:
    """Give the providers that tell of a plan, and those that would, but are not configured (B2.19)."""
    told = [one for one in plan.selected_providers if one in alerts.usable]
    return told, [one for one in plan.selected_providers if one not in alerts.usable]


def send_alerts(
    sender: Sender, now: datetime, *, force: bool = False, only: Collection[str] = ()
) -> tuple[Alerts, Delivery]:
    """Record the health of each worker that is not well, and who is told; then tell them."""
    past, found = reconcile(sender)
    alerts = plan_alerting(sender, starts_at(now, sender.clock), force=force, only=only)
    told = {one.route for one in found.lines}
    prepared: list[Sending | Line] = []
    records: list[RecordValue] = []
    for plan in alerts.wanted:
        of_plan = list(_prepare(sender, alerts, plan, past, told))
        asked = [one.route.provider for one in of_plan if isinstance(one, Sending)]
        records += _records(alerts, plan, asked, sender.by)
        prepared += of_plan
    sender.record(records)
    waiting = Delivery.of(one for one in prepared if isinstance(one, Line))
    sendings = [one for one in prepared if isinstance(one, Sending)]
    return alerts, found + waiting + send_all(sender, sendings)


def _records(alerts: Alerts, plan: AlertPlan, asked: list[str], by: str) -> Iterator[RecordValue]:
    """Write down what people are told of, so that a retry finds it (C20), and who is told, and so `asked` to answer.

    Where nobody is, what was answered stays answered (A5).
    """
    about, teller = _loop(alerts, plan.about), _loop(alerts, plan.loop)
    told = [
        {
            "severity": one.severity,
            "category": one.category,
            "message": one.message,
            "recommendation": one.recommendation,
        }
        for one in plan.alerts
    ]
    yield write_health(about, alerts.now, plan.alert_level, record_id=plan.health_id, alerts=told, by=by)
    if asked:
        yield write_plan(
            teller,
            alerts.now,
            plan.health_id,
            asked,
            suppressed={one.provider: one.last_delivery_at for one in plan.suppressed_providers},
            alert_level=plan.alert_level,
            suppression_window_minutes=int(plan.suppression_window.total_seconds() // 60),
            force=plan.force,
            by=by,
        )


def _prepare(
    sender: Sender, alerts: Alerts, plan: AlertPlan, past: Past, told: Collection[RouteId]
) -> Iterator[Sending | Line]:
    """Give what is to be sent. The same state of affairs is told again when its last telling is long enough ago."""
    about, teller = _loop(alerts, plan.about), _loop(alerts, plan.loop)
    delivered = {one.route: one.last_success_at for one in alerts.states.of(teller)}
    channels = sender.channels
    if not channels.providers:
        yield Line(RouteId(teller.word, plan.health_id, ""), WAITING, NOT_CONFIGURED)
        return
    if not independent(channels.providers, failing_providers(plan)):
        yield Line(RouteId(teller.word, plan.health_id, ""), WAITING, NOBODY)
    for provider in plan.selected_providers:
        route = RouteId(teller.word, plan.health_id, provider)
        last = delivered.get(route)
        name = message_id(alerts.environment, route, format_instant(last) if last else "")
        before = past.told(name)
        if before is None:
            head = Head(name, alerts.environment, route, alerts.now, sender.link)
            yield Sending(alert_message(head, teller, about, plan), route)
        elif not before.delivered and route not in told:
            yield Line(route, WAITING, "it was tried before; see `reporter retry run`")


def failing_providers(plan: AlertPlan) -> frozenset[str]:
    """List the providers that an alert is about."""
    return frozenset(route.provider for one in plan.alerts for route in one.routes)


def independent(providers: Iterable[str], failing: Iterable[str]) -> frozenset[str]:
    """Give the channels that do not fail themselves: never the failing provider alone (A9, C27)."""
    return frozenset(providers) - frozenset(failing)


def _loop(alerts: Alerts, word: str) -> Loop:
    return next(one for one in alerts.states.loops if one.word == word)
