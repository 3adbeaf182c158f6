"""The agenda: what is due, and windows exactly as the notification plan judges them."""

from datetime import timedelta
from typing import Any

import pytest

from assess.cases import NOW, PILOT, Pilot
from assess.closing_cases import QUIET, calm_but
from loops import records as make
from loops.cases import MINUTE, A, F, settled
from reporter.assess.agenda import REPORTS_READ, build_agenda
from reporter.assess.everything import assess_reports
from reporter.assess.routing import routing_in_force
from reporter.loops.routes import LoopStates
from reporter.model.agenda import AgendaKind, Appointment
from reporter.model.instants import format_instant

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def agenda(pilot: Pilot, states: LoopStates | None = None, horizon: timedelta = 30 * DAY) -> list[Appointment]:
    case = pilot.case()
    return build_agenda(case, assess_reports(case, REPORTS_READ, states), horizon)


def of(kind: AgendaKind, pilot: Pilot, **more: Any) -> list[Appointment]:  # noqa: ANN401 - as agenda
    return [one for one in agenda(pilot, **more) if one.kind is kind]


def window(pilot: Pilot, **fields: object) -> Pilot:
    return pilot.put("rollback_drill_schedule", "/maintenance_windows", [fields])


def test_drill_is_due_when_the_schedule_says_so_and_is_its_owners() -> None:
    (drill,) = of(AgendaKind.DRILL, PILOT)
    assert format_instant(drill.start) == PILOT.report("schedule").schedule.due.at
    assert (drill.title, drill.owners, drill.end) == ("rollback drill due", ("release-governance",), None)


def test_drill_that_is_late_says_so_and_keeps_its_date() -> None:
    late = PILOT.but(now=NOW + 40 * DAY)
    (drill,) = of(AgendaKind.DRILL, late)
    assert drill.title == "overdue: rollback drill due"
    assert drill.start < late.now
    assert drill.key == of(AgendaKind.DRILL, PILOT)[0].key


def test_pilot_without_a_schedule_has_no_drill() -> None:
    assert of(AgendaKind.DRILL, PILOT.only()) == []


def test_recurring_window_has_an_entry_for_each_occurrence_that_the_plan_would_honour() -> None:
    pilot = window(
        PILOT,
        window_id="sunday",
        start_at="2026-03-01T02:30:00",
        end_at="2026-03-01T04:30:00",
        rrule="FREQ=WEEKLY;BYDAY=SU",
        timezone="Europe/Berlin",
        owners=["release-governance"],
    ).but(now=NOW.replace(month=3, day=20))
    found = of(AgendaKind.WINDOW, pilot, horizon=12 * DAY)
    # On 29 March the clock skips 02:30: the reading that suppresses least starts an hour later.
    assert [(format_instant(one.start), format_instant(one.end or one.start)) for one in found] == [
        ("2026-03-22T01:30:00Z", "2026-03-22T03:30:00Z"),
        ("2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"),
    ]
    assert [one.owners for one in found] == [("release-governance",)] * 2
    assert len({one.key for one in found}) == 2
    assert "recurs: FREQ=WEEKLY;BYDAY=SU in Europe/Berlin" in found[0].details
    routing = routing_in_force(pilot.case())
    for one in found:
        assert routing.maintenance(one.start)
        assert not routing.maintenance(one.start - timedelta(seconds=1))
        assert not routing.maintenance(one.end or one.start)


@pytest.mark.parametrize(
    ("start", "end", "listed"),
    [
        (-HOUR, timedelta(0), False),
        (-HOUR, timedelta(seconds=1), True),
        (30 * DAY, 31 * DAY, True),
        (30 * DAY + timedelta(seconds=1), 31 * DAY, False),
        (HOUR, HOUR, False),
    ],
    ids=["ends now", "ends in a second", "starts at the horizon", "starts after it", "has no length"],
)
def test_window_is_listed_that_ends_after_now_and_starts_by_the_horizon(
    start: timedelta,
    end: timedelta,
    listed: bool,  # noqa: FBT001
) -> None:
    ends = {"start_at": format_instant(NOW + start), "end_at": format_instant(NOW + end)}
    found = of(AgendaKind.WINDOW, window(PILOT, **ends))
    assert bool(found) is listed
    if found:
        assert (found[0].title, found[0].owners) == ("nobody is told: maintenance-window", ())


def test_owner_who_is_away_is_listed_by_window_and_by_word() -> None:
    away = {"start_at": format_instant(NOW + DAY), "end_at": format_instant(NOW + 2 * DAY), "providers": ["slack"]}
    pilot = PILOT.put(
        "rollback_drill_schedule",
        "/owner_calendars",
        {
            "Release/Lead": {"reason": "on leave", "unavailable_windows": [away]},
            "platform": {"available": False},
        },
    )
    gone, leave = of(AgendaKind.UNAVAILABLE, pilot)
    assert (gone.owners, gone.whole_day, gone.end) == (("platform",), True, None)
    assert (leave.title, leave.owners) == ("Release/Lead cannot be reached", ("Release/Lead",))
    assert leave.details == ("on leave", "providers: slack")
    assert leave.end == NOW + 2 * DAY


def test_window_in_doubt_is_not_listed() -> None:
    pilot = window(PILOT, start_at="2026-06-12T00:00:00", end_at="2026-06-12T01:00:00", timezone="Mars/Base")
    assert of(AgendaKind.WINDOW, pilot) == []


def test_recovery_has_to_be_closed_by_the_end_of_its_slo_and_then_is_too_long() -> None:
    for ago, title in ((HOUR, "recovery of slack has to be closed"), (5 * HOUR, "too long: recovery of slack")):
        opened = make.playbook(NOW - ago, {"slack": NOW - ago - MINUTE}, rid="gordackrecovery-1")
        (found,) = of(AgendaKind.RECOVERY, QUIET, states=settled(*calm_but(opened)))
        assert found.title.startswith(title)
        assert found.start == NOW - ago + 4 * HOUR


def test_closed_recovery_is_not_listed() -> None:
    opened = make.playbook(NOW - HOUR, {"slack": NOW - HOUR - MINUTE}, rid="gordackrecovery-1")
    closed = make.closure(NOW - MINUTE, "gordackrecovery-1", "slack")
    assert of(AgendaKind.RECOVERY, QUIET, states=settled(*calm_but(opened, closed))) == []


def test_retry_is_due_when_the_plan_says_so_and_none_is_left_when_exhausted() -> None:
    waits = settled(make.delivery(F, NOW - MINUTE, "s", failed=["slack"]))
    (found,) = of(AgendaKind.RETRY, QUIET, states=waits)
    assert found.start == NOW + 14 * MINUTE
    assert found.details[0] == "subject s"
    spent = settled(*(make.delivery(A, NOW - DAY - n * HOUR, "s", failed=["slack"]) for n in range(3)))
    assert of(AgendaKind.RETRY, QUIET, states=spent) == []


def test_executive_report_is_due_by_its_interval() -> None:
    states = settled(*calm_but())
    (found,) = of(AgendaKind.EXECUTIVE, QUIET, states=states)
    reports = assess_reports(QUIET.case(), ["executive"], states)
    schedule = reports["executive"].schedule  # type: ignore[attr-defined]
    assert format_instant(found.start) == schedule.next_due_at
    assert found.title == f"{'overdue: ' if schedule.overdue else ''}executive report due"
