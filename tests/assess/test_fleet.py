"""The order of the fleet: severity, then release, closure, open items, failed checks and age; unknown is a risk."""

from typing import Any

import pytest

from reporter.assess.fleet import rank_fleet
from reporter.model.fleet import FleetRow

CALM = FleetRow(
    rank=0, environment="m", sealed=True, verdict="ready", status="ready", readiness_state="ready",
    closure_state="closed", alert_level="healthy", failed_check_count=0, open_item_count=0, summary="",
    as_of="2026-06-11T15:40:00Z", age_minutes=10, old=False, next_due="", drill_overdue=False, owners=(), bundle="m/x",
    risks=(), faults=(), trend=(),
)  # fmt: skip


def row(**changes: Any) -> FleetRow:  # noqa: ANN401 - any field
    return CALM.model_copy(update=changes)


WORSE = [
    row(sealed=False, alert_level="", readiness_state="", faults=("changed",)),
    row(alert_level="critical", readiness_state="blocked"),
    row(alert_level="critical"),
    row(sealed=False, bundle="", alert_level="", as_of=""),
    row(alert_level="warning"),
    row(readiness_state="blocked", closure_state="open"),
    row(readiness_state="blocked"),
    row(closure_state="open", open_item_count=2),
    row(closure_state="open", open_item_count=1),
    row(open_item_count=1),
    row(failed_check_count=2),
    row(failed_check_count=1),
    row(age_minutes=11),
    row(environment="a"),
    row(),
]


def test_every_step_of_the_order_goes_before_the_next() -> None:
    for given in (WORSE, WORSE[::-1]):
        ranked = rank_fleet(given)
        assert [one.model_copy(update={"rank": 0, "risks": ()}) for one in ranked] == WORSE
        assert [one.rank for one in ranked] == list(range(1, len(WORSE) + 1))


@pytest.mark.parametrize(
    ("one", "risks"),
    [
        (row(), ()),
        (row(sealed=False, bundle=""), ("there is no bundle",)),
        (row(sealed=False), ("the latest bundle does not verify",)),
        (row(old=True, age_minutes=27 * 60), ("the latest bundle is 27 hours old",)),
        (row(old=True, age_minutes=50 * 60), ("the latest bundle is 2 days old",)),
        (
            row(alert_level="critical", readiness_state="blocked", closure_state="open", open_item_count=1),
            ("critical", "release blocked", "closure open", "1 open item"),
        ),
        (row(alert_level="warning", failed_check_count=1200), ("warning", "1,200 failed checks")),
    ],
    ids=["calm", "none", "broken", "hours", "days", "critical", "warning"],
)
def test_risks_say_what_the_rank_follows_from(one: FleetRow, risks: tuple[str, ...]) -> None:
    (ranked,) = rank_fleet([one])
    assert ranked.risks == risks
