"""Alert plans, suppression of repeats, alert dashboards (domain.md B2.19, C21)."""

from datetime import datetime, timedelta

import pytest

from loops import records as make
from loops.cases import AH, DAY, FH, HOUR, MINUTE, NOW, RH, SECOND, XH, A, F, N, R, X, calm, settled
from reporter.loops.alerts import AlertDashboard, AlertPlan, Suppressed, alert_dashboard, plan_alerts
from reporter.loops.health import assess_health
from reporter.loops.routes import LoopStates
from reporter.loops.table import BY_WORD, LOOPS
from reporter.model.reports import AlertLevel, Mode

BROKEN = [make.delivery(R, NOW - DAY, "plan-1", failed=["slack"])]
WINDOW = RH.suppression_window


def plans(
    states: LoopStates, providers: tuple[str, ...] = ("slack", "Jira"), *, force: bool = False
) -> dict[str, AlertPlan]:
    health = assess_health(states, Mode.PROMOTED)
    return {one.loop: one for one in plan_alerts(states, health, providers, force=force)}


def told(at: datetime | None, failed: tuple[str, ...] = (), *, force: bool = False) -> AlertPlan:
    """Plan, tell slack at that time, and plan again."""
    first = plans(settled(*BROKEN))[RH.word]
    sent = make.delivery(RH, at, first.health_id, ["slack"], failed)
    return plans(settled(*BROKEN, sent), force=force)[RH.word]


def test_three_loops_are_told_of_and_the_others_have_nobody_who_tells() -> None:
    assert {loop.word: loop.alert_loop for loop in LOOPS if loop.alert_loop} == {
        A.word: AH.word,
        R.word: RH.word,
        X.word: XH.word,
    }
    assert {loop.word for loop in LOOPS if not loop.alert_loop} == {one.word for one in (N, AH, RH, XH, F, FH)}
    assert all(loop.alert_loop in BY_WORD for loop in LOOPS if loop.alert_loop)


def test_each_of_them_has_a_plan_with_its_own_level_and_ids() -> None:
    found = plans(settled(*BROKEN))
    assert {word: plan.about for word, plan in found.items()} == {AH.word: A.word, RH.word: R.word, XH.word: X.word}
    assert [plan.health_id.split("-")[0] for plan in found.values()] == [
        "gordackhealth",
        "gordackrecoveryeschealth",
        "gordackexecdeliveryhealth",
    ]
    plan = found[RH.word]
    assert (plan.alert_level, plan.selected_providers) == (AlertLevel.CRITICAL, ("jira", "slack"))
    assert plan.acknowledgement_required_providers == plan.selected_providers
    assert {one.loop for one in plan.alerts} == {R.word}


def test_nobody_is_told_where_nobody_asked() -> None:
    assert plan_alerts(settled(), assess_health(settled(), Mode.DISABLED), ["slack"]) == ()


@pytest.mark.parametrize(
    ("providers", "eligible"),
    [((), ("webhook",)), (("",), ("webhook",)), (("GitHub-Actions", "github_actions"), ("github_actions",))],
    ids=["none", "blank", "one-in-two-spellings"],
)
def test_eligible_are_the_providers_given_or_the_webhook(providers: tuple[str, ...], eligible: tuple[str, ...]) -> None:
    assert plans(settled(*BROKEN), providers)[RH.word].eligible_providers == eligible


def test_c21_the_same_state_of_affairs_has_the_same_id_at_another_time_and_another_one_has_not() -> None:
    first = plans(settled(*BROKEN))[RH.word].health_id
    assert plans(settled(*BROKEN, now=NOW + HOUR))[RH.word].health_id == first, "upstream: the time is part of the id"
    other = make.delivery(R, NOW - DAY, "plan-2", failed=["slack"])
    assert plans(settled(*BROKEN, other))[RH.word].health_id != first
    assert plans(settled(*BROKEN, *calm()))[RH.word].health_id != first


@pytest.mark.parametrize(
    ("past", "suppressed"),
    [(-SECOND, True), (0 * SECOND, False), (SECOND, False)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_whoever_was_told_within_the_window_is_not_told_again(past: timedelta, *, suppressed: bool) -> None:
    at = NOW - WINDOW - past
    plan = told(at)
    assert plan.suppressed_providers == ((Suppressed("slack", at),) if suppressed else ())
    assert plan.selected_providers == (("jira",) if suppressed else ("jira", "slack"))
    assert plan.acknowledgement_required_providers == plan.selected_providers


def test_failed_delivery_suppresses_nothing_where_upstream_takes_it_for_told() -> None:
    assert told(NOW - MINUTE, ("slack",)).selected_providers == ("jira", "slack")


def test_delivery_without_a_date_suppresses_nothing() -> None:
    assert told(None).suppressed_providers == ()


def test_delivery_of_another_state_of_affairs_suppresses_nothing() -> None:
    sent = make.delivery(RH, NOW - MINUTE, "gordackrecoveryeschealth-other", ["slack", "jira"])
    assert plans(settled(*BROKEN, sent))[RH.word].suppressed_providers == ()


def test_force_tells_again_and_never_of_a_healthy_worker() -> None:
    plan = told(NOW - MINUTE, force=True)
    assert (plan.selected_providers, plan.suppressed_providers, plan.force) == (("jira", "slack"), (), True)
    healthy = plans(settled(*calm()), force=True)[RH.word]
    assert (healthy.alert_level, healthy.selected_providers) == (AlertLevel.HEALTHY, ())
    assert healthy.acknowledgement_required_providers == ()


def suppressing(at: datetime, *, rid: str = "gordackrecoveryhealthalert-2") -> make.RecordValue:
    left = [{"provider": "Slack", "last_delivery_at": "2026-06-11T15:00:00Z"}]
    return make.plan(RH, at, "health-1", [], rid=rid, suppressed_providers=left)


SENT = [
    make.plan(RH, NOW - HOUR, "health-1", rid="gordackrecoveryhealthalert-1"),
    make.delivery(RH, NOW - HOUR, "health-1"),
]
ANSWERED = make.acknowledgement(RH, NOW - MINUTE, "health-1")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], (0, 0, 0, 0, AlertLevel.HEALTHY), id="nothing"),
        pytest.param([*SENT, ANSWERED], (1, 0, 0, 0, AlertLevel.HEALTHY), id="delivered-and-answered"),
        pytest.param(SENT, (1, 0, 1, 0, AlertLevel.CRITICAL), id="outstanding"),
        pytest.param(
            [make.delivery(RH, NOW - HOUR, "health-1", failed=["slack"]), ANSWERED],
            (0, 1, 0, 0, AlertLevel.CRITICAL),
            id="failed",
        ),
        pytest.param([*SENT, ANSWERED, suppressing(NOW)], (1, 0, 0, 1, AlertLevel.WARNING), id="left-out"),
        pytest.param([*SENT, suppressing(NOW)], (1, 0, 1, 1, AlertLevel.CRITICAL), id="left-out-and-outstanding"),
        pytest.param(
            [*SENT, ANSWERED, suppressing(NOW - DAY)], (1, 0, 0, 0, AlertLevel.HEALTHY), id="left-out-before-the-plan"
        ),
        pytest.param([*SENT, ANSWERED, suppressing(NOW - HOUR)], (1, 0, 0, 1, AlertLevel.WARNING), id="at-one-instant"),
        pytest.param([suppressing(NOW)], (0, 0, 0, 1, AlertLevel.WARNING), id="left-out-and-no-delivery-known"),
    ],
)
def test_dashboard_counts_routes(
    values: list[make.RecordValue], expected: tuple[int, int, int, int, AlertLevel]
) -> None:
    assert alert_dashboard(settled(*values), RH) == AlertDashboard(RH.word, *expected)


def test_suppression_by_a_window_is_no_repeat() -> None:
    plan = make.plan(N, NOW, "monthly", ["jira"], suppressed_providers=["slack"])
    assert settled(plan).suppressed == ()
