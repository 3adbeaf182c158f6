"""A loop that is only a row of the table is in every report on deliveries: none of them knows a loop by its name."""

from typing import Any

from assess.cases import NOW, PILOT, failed
from assess.evidenced import DELIVERY_REPORTS
from loops import records as make
from loops.cases import DAY, HOUR
from loops.test_table import CLOSEOUT
from reporter.assess.everything import assess_reports
from reporter.loops.fold import fold
from reporter.loops.loop import make_reader
from reporter.loops.routes import finalise
from reporter.loops.table import LOOPS, OTHER_KINDS, SHARED

ALL = (*LOOPS, CLOSEOUT)
HELD = make.notification_routes(["slack"])[0] | {"action": "suppress", "category": "other"}


def reports(*values: make.RecordValue) -> dict[str, Any]:
    reader = make_reader(ALL, SHARED, OTHER_KINDS)
    folded = fold([reader.decode_record(make.raw(value)) for value in values], NOW, ALL)
    return dict(assess_reports(PILOT.case(), DELIVERY_REPORTS, finalise(folded, loops=ALL)))


def test_tenth_loop_is_planned_escalated_audited_retried_and_watched() -> None:
    found = reports(
        make.routed_plan(CLOSEOUT, NOW - DAY, "closeout-1", make.notification_routes(["slack"])),
        *(make.delivery(CLOSEOUT, NOW - place * HOUR, "closeout-1", failed=["slack"]) for place in range(3)),
        make.routed_plan(CLOSEOUT, NOW - HOUR, "closeout-2", [HELD], rid="gordn-2"),
    )
    (route,) = found["escalation-plan"].routes
    assert (route.loop, route.recommended_action) == (CLOSEOUT.word, CLOSEOUT.escalation)
    (entry,) = found["audit-package"].entries
    assert (entry.loop, entry.acknowledged) == (CLOSEOUT.word, False)
    (plan,) = found["retry-plan"].plans
    assert (plan.loop, plan.suppressed_count) == (CLOSEOUT.word, 1)
    assert [one.schedule_id for one in found["routing-trend"].latest_events] == ["closeout-2", "closeout-1"]
    assert found["worker-health"].loops[-1].exhausted_count == 1
    assert f"worker_health_{CLOSEOUT.word}" in failed(found["worker-health"])
    for name in DELIVERY_REPORTS[:-1]:
        assert failed(found[name])
        assert all(CLOSEOUT.word in check.reasons[0].pointer for check in failed(found[name]).values())
