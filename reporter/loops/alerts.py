"""Who is told that a worker is not well, once for each state of affairs (domain.md B2.19, C21)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from reporter.loops.loop import Loop
from reporter.loops.routes import LoopStates
from reporter.model.ids import make_id
from reporter.model.providers import FALLBACK, normalise
from reporter.model.reports import AlertLevel
from reporter.model.routes import HealthAlert, RouteId, RouteOutcome, WorkerHealth


class Suppressed(NamedTuple):
    """A provider that was told already, and when."""

    provider: str
    last_delivery_at: datetime


class AlertPlan(NamedTuple):
    """Who is told of the health of one loop's worker. `loop` tells, `about` is told of."""

    loop: str
    about: str
    health_id: str
    alert_level: AlertLevel
    alerts: tuple[HealthAlert, ...]
    eligible_providers: tuple[str, ...]
    selected_providers: tuple[str, ...]
    suppressed_providers: tuple[Suppressed, ...]
    acknowledgement_required_providers: tuple[str, ...]
    suppression_window: timedelta
    force: bool


class AlertDashboard(NamedTuple):
    """How the alerts of one loop stand. Counts are of routes."""

    loop: str
    delivered: int
    failed: int
    outstanding: int
    suppressed: int
    alert_level: AlertLevel


def plan_alerts(
    states: LoopStates, health: Iterable[WorkerHealth], providers: Iterable[str], *, force: bool = False
) -> tuple[AlertPlan, ...]:
    """Plan the alerts of every loop that tells of another's worker, in the order of the table.

    Only a delivery that succeeded less than the window ago keeps a provider from being told again: what failed is the
    retry loop's, and may be told anew. `force` tells again, but never of a healthy worker.
    """
    eligible = tuple(sorted({normalise(one) for one in providers} - {""})) or (FALLBACK,)
    judged = {one.loop: one for one in health}
    delivered = {one.route: one.last_success_at for one in states.routes}
    return tuple(
        _plan(teller, judged[about.word], about, eligible, delivered, states.now, force)
        for about, teller in _tellers(states.loops)
        if about.word in judged
    )


def health_id_of(health: WorkerHealth, loop: Loop) -> str:
    """Name a state of affairs: what is wrong, with which routes. At another time the same has the same name (C21)."""
    alerts = sorted([one.category, *sorted(map(list, one.routes))] for one in health.alerts)
    return make_id(loop.health.prefix, loop=loop.word, alerts=alerts)


def alert_dashboard(states: LoopStates, loop: Loop) -> AlertDashboard:
    """Sum up the routes of a loop: critical where one failed or waits for an answer, warning where one is left out."""
    routes = states.of(loop)
    failed = sum(one.outcome is RouteOutcome.FAILED for one in routes)
    outstanding = sum(one.acknowledgement.outstanding for one in routes)
    suppressed = sum(one.loop == loop.word for one in states.suppressed)
    level = AlertLevel.WARNING if suppressed else AlertLevel.HEALTHY
    return AlertDashboard(
        loop.word,
        sum(one.outcome is RouteOutcome.DELIVERED for one in routes),
        failed,
        outstanding,
        suppressed,
        AlertLevel.CRITICAL if failed or outstanding else level,
    )


def _tellers(loops: tuple[Loop, ...]) -> Iterator[tuple[Loop, Loop]]:
    by_word = {loop.word: loop for loop in loops}
    for about in loops:
        if about.alert_loop:
            yield about, by_word[about.alert_loop]


def _plan(  # noqa: PLR0913, PLR0917 - everything that a plan is made of
    teller: Loop,
    health: WorkerHealth,
    about: Loop,
    eligible: tuple[str, ...],
    delivered: dict[RouteId, datetime | None],
    now: datetime,
    force: bool,  # noqa: FBT001
) -> AlertPlan:
    health_id = health_id_of(health, about)
    told = {one: delivered.get(RouteId(teller.word, health_id, one)) for one in eligible}
    suppressed = tuple(
        Suppressed(one, at) for one, at in told.items() if at and now - at < teller.suppression_window and not force
    )
    silent = {one.provider for one in suppressed}
    is_healthy = health.alert_level is AlertLevel.HEALTHY
    selected = () if is_healthy else tuple(one for one in eligible if one not in silent)
    return AlertPlan(
        loop=teller.word,
        about=about.word,
        health_id=health_id,
        alert_level=health.alert_level,
        alerts=health.alerts,
        eligible_providers=eligible,
        selected_providers=selected,
        suppressed_providers=suppressed,
        acknowledgement_required_providers=selected,
        suppression_window=teller.suppression_window,
        force=force,
    )
