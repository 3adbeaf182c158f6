"""Notification plan (domain.md B1.10, B2.10, A4; traps 6, 7, 34, 35): who is told, who is not, why, until when."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.cases import DAY, EARLY, EMPTY, NOW, PILOT, SECOND, Pilot, failed, statuses
from reporter.model.case import Request
from reporter.model.checks import CheckStatus
from reporter.model.documents import Document, DocumentState, Fault
from reporter.model.instants import format_instant
from reporter.model.reports import AlertLevel, Mode, NotificationPlanReport, RouteDecision, Status

SCHEDULE = "rollback_drill_schedule"
POLICY = "routing_policy"
OWNER = "release-governance"
HOUR = timedelta(hours=1)

ROUTING = "go_rollback_drill_routing_policy"
REQUEST = "go_rollback_drill_notification_providers"
WINDOWS = "go_rollback_drill_notification_windows"
TOLD = "go_rollback_drill_notification_told"

OVERDUE = PILOT.but(now=NOW + 10 * DAY)
"""The same pilot ten days later, when the drill is a day overdue."""

UNRULED = PILOT.put(SCHEDULE, "/owner_routes", {})
"""The same pilot without rules: its owner is told by slack and teams."""


def plan_of(pilot: Pilot) -> NotificationPlanReport:
    report = pilot.report("notification-plan")
    assert isinstance(report, NotificationPlanReport)
    return report


def policy(**keys: object) -> Pilot:
    """Give the pilot a routing policy; it wins over the schedule."""
    return PILOT.give(POLICY, keys)


def window(start: datetime = NOW - HOUR, end: datetime = NOW + HOUR, **keys: object) -> dict[str, Any]:
    return {"start_at": format_instant(start), "end_at": format_instant(end), **keys}


def brief(report: NotificationPlanReport) -> list[tuple[str, str, str]]:
    return [(one.owner, one.provider, one.category) for one in report.route_decisions]


def only(report: NotificationPlanReport, provider: str = "slack") -> RouteDecision:
    (route,) = (one for one in report.route_decisions if one.provider == provider)
    return route


def telling(pilot: Pilot) -> bool:
    return plan_of(pilot).deliverable_route_count > 0


def test_a_schedule_that_is_due_soon_is_told_by_every_route_of_its_rule() -> None:
    report = plan_of(PILOT)
    assert (report.status, report.schedule_status, report.alert_level) == (
        Status.DUE_SOON,
        Status.DUE_SOON,
        AlertLevel.WARNING,
    )
    assert not failed(report)
    assert statuses(report)[WINDOWS] is CheckStatus.NOT_APPLICABLE
    assert report.summary == "3 of 3 checks passed; 2 routes to deliver, 0 suppressed"
    assert report.reason == "the next drill is due soon, on 2026-06-20T15:40:00Z"
    assert brief(report) == [(OWNER, "slack", "deliver"), (OWNER, "teams", "deliver")]
    route = only(report)
    assert route.action == "deliver"
    assert route.acknowledgement_minutes == 30
    assert route.escalation_owner == "platform-lead"
    assert route.maintenance_window is None
    assert route.owner_availability.available
    assert route.until == ""
    assert route.reason == report.reason
    assert report.selected_providers == report.acknowledgement_required_providers == ("slack", "teams")
    assert report.suppressed_providers == ()
    assert (report.deliverable_route_count, report.suppressed_route_count) == (2, 0)
    assert [one.model_dump() for one in report.owner_routes] == [
        {
            "owner": OWNER,
            "providers": ("slack", "teams"),
            "acknowledgement_minutes": 30,
            "escalation_owner": "platform-lead",
        }
    ]


def test_a_healthy_schedule_tells_nobody_until_it_is_due_soon() -> None:
    report = plan_of(EARLY)
    assert (report.status, report.alert_level) == (Status.READY, AlertLevel.HEALTHY)
    assert {one.category for one in report.route_decisions} == {"healthy_schedule"}
    assert {one.until for one in report.route_decisions} == {"2026-06-06T15:40:00Z"}
    assert report.healthy_suppressed_count == report.suppressed_route_count == 2
    assert report.suppressed_providers == ("slack", "teams")
    assert not report.suppressed_critical
    assert not report.should_notify
    assert statuses(report)[TOLD] is CheckStatus.NOT_APPLICABLE


def test_force_makes_a_healthy_schedule_notify() -> None:
    report = plan_of(EARLY.but(request=Request(force=True)))
    assert report.deliverable_route_count == 2
    assert (report.status, report.alert_level) == (Status.READY, AlertLevel.HEALTHY)
    assert (
        report.reason == "the schedule is healthy, and telling is forced; the next drill is due on 2026-06-20T15:40:00Z"
    )


def test_force_does_not_reach_through_a_window_nor_does_that_count_as_critical() -> None:
    report = plan_of(
        policy(maintenance_windows=[window(EARLY.now, NOW)]).but(now=EARLY.now, request=Request(force=True))
    )
    assert report.maintenance_suppressed_count == 2
    assert (report.schedule_status, report.suppressed_critical) == (Status.READY, False)
    assert report.status is Status.NEEDS_ATTENTION
    assert list(failed(report)) == [TOLD]


@pytest.mark.parametrize(
    ("pilot", "reason"),
    [
        pytest.param(OVERDUE, "the drill is overdue since 2026-06-20T15:40:00Z", id="overdue"),
        pytest.param(
            PILOT.put(SCHEDULE, "/status", "paused"),
            "the drill schedule needs attention; the next drill is due on 2026-06-20T15:40:00Z",
            id="inactive",
        ),
        pytest.param(
            PILOT.lose(SCHEDULE), "the due date of the next drill is unknown, which counts as overdue", id="missing"
        ),
    ],
)
def test_a_schedule_that_needs_attention_is_told_with_its_reason(pilot: Pilot, reason: str) -> None:
    report = plan_of(pilot)
    assert (report.status, report.alert_level) == (Status.NEEDS_ATTENTION, AlertLevel.CRITICAL)
    assert report.reason == reason
    assert report.deliverable_route_count > 0


def test_without_a_schedule_release_governance_is_told_by_webhook() -> None:
    report = plan_of(EMPTY)
    assert brief(report) == [(OWNER, "webhook", "deliver")]
    assert report.operator_notes == (
        "The schedule names no known provider: webhook is planned.",
        "The schedule names no owner: release-governance is told.",
    )


def test_nobody_asked_so_nothing_is_planned() -> None:
    report = plan_of(EMPTY.but(mode=Mode.DISABLED, request=Request(("slack",), force=True)))
    assert report.status is Status.NOT_REQUESTED
    assert set(statuses(report).values()) == {CheckStatus.NOT_APPLICABLE}
    assert (report.route_decisions, report.owners, report.eligible_providers, report.owner_routes) == ((), (), (), ())
    assert (report.should_notify, report.summary) == (False, "not requested")
    assert report.reason == "no drill schedule was asked for"


def test_owners_and_providers_are_told_once_however_they_are_written() -> None:
    report = plan_of(
        UNRULED.put(SCHEDULE, "/owners", [" ops ", "ops"]).put(
            SCHEDULE, "/notification_providers", ["Slack", "slack", " GitHub-Actions "]
        )
    )
    assert brief(report) == [("ops", "slack", "deliver"), ("ops", "github_actions", "deliver")]
    assert report.status is Status.DUE_SOON


def test_an_unknown_provider_of_the_schedule_is_named_and_not_routed() -> None:
    pilot = UNRULED.put(SCHEDULE, "/notification_providers", ["slack", "carrier-pigeon"])
    wanted = failed(pilot.report("schedule"))["go_rollback_drill_notification_routes"].reasons[0].wanted
    assert wanted.startswith("known providers only: azure_repos, ")
    assert wanted.endswith('; unknown: "carrier-pigeon"')
    report = plan_of(pilot)
    assert brief(report) == [(OWNER, "slack", "deliver")]
    assert REQUEST in failed(report)


def test_a_request_takes_only_its_providers() -> None:
    report = plan_of(PILOT.but(request=Request(("slack",))))
    assert brief(report) == [(OWNER, "slack", "deliver")]
    assert (report.requested_provider, report.eligible_providers) == ("slack", ("slack",))
    assert report.status is Status.DUE_SOON


def test_a_requested_provider_that_nobody_scheduled_is_a_finding() -> None:
    report = plan_of(PILOT.but(request=Request(("jira", "slack"))))
    assert report.status is Status.NEEDS_ATTENTION
    (reason,) = failed(report)[REQUEST].reasons
    assert (reason.found, reason.wanted) == ("scheduled: slack, teams", "jira, which was asked for")
    assert report.selected_providers == ("slack",)


def test_a_request_that_leaves_no_route_tells_nobody() -> None:
    report = plan_of(PILOT.but(request=Request(("jira",))))
    assert list(failed(report)) == [REQUEST, TOLD]
    assert failed(report)[TOLD].reasons[0].found == "no route for these providers"
    assert not report.suppressed_critical


@pytest.mark.parametrize("key", ["owner_routes", "routing_rules"])
@pytest.mark.parametrize("providers", [["slack"], "slack", ["Slack "]])
@pytest.mark.parametrize("name", ["providers", "notification_providers"])
def test_a_rule_counts_under_every_name(key: str, providers: object, name: str) -> None:
    rule = {name: providers, "ack_minutes": 15, "manager": "lead"}
    for routes in ({OWNER: rule}, {OWNER.upper(): rule}, [{**rule, "owners": [f" {OWNER}"]}], [rule]):
        report = plan_of(policy(**{key: routes}))
        assert brief(report) == [(OWNER, "slack", "deliver")]
        assert (only(report).acknowledgement_minutes, only(report).escalation_owner) == (15, "lead")
        assert not failed(report)


def test_the_schedule_says_what_the_policy_leaves_open() -> None:
    report = plan_of(policy(maintenance_windows=[window(providers=["teams"])]))
    assert only(report).acknowledgement_minutes == 30
    assert only(report, "teams").category == "maintenance_window"


def test_a_schedules_own_aliases_count() -> None:
    pilot = PILOT.cut(SCHEDULE, "/owner_routes").put(SCHEDULE, "/routing_rules", [{"providers": ["teams"]}])
    pilot = pilot.put(SCHEDULE, "/suppression_windows", [window(id="w")])
    pilot = pilot.put(SCHEDULE, "/calendars", {OWNER: {"available": False}})
    report = plan_of(pilot)
    assert brief(report) == [(OWNER, "teams", "maintenance_window")]
    assert not only(report, "teams").owner_availability.available


@pytest.mark.parametrize("empty", [{"routing_rules": []}, {"owner_routes": {}}])
def test_an_empty_subject_of_the_policy_wins_too(empty: dict[str, object]) -> None:
    assert only(plan_of(policy(**empty))).acknowledgement_minutes == 60


def test_rules_merge_in_their_order_field_by_field() -> None:
    rules = [
        {"providers": ["slack"], "acknowledgement_minutes": 45, "manager": "m"},
        {"owners": ["somebody-else"], "providers": ["teams"]},
        {"owners": [OWNER], "acknowledgement_minutes": 10},
    ]
    report = plan_of(policy(owner_routes=rules))
    assert brief(report) == [(OWNER, "slack", "deliver")]
    assert (only(report).acknowledgement_minutes, only(report).escalation_owner) == (10, "m")


def test_without_a_rule_an_owner_is_told_by_all_and_escalates_to_nobody_else() -> None:
    report = plan_of(UNRULED)
    assert [one.provider for one in report.route_decisions] == ["slack", "teams"]
    assert only(report).escalation_owner == OWNER


def test_a_rule_never_routes_to_a_provider_that_is_not_scheduled() -> None:
    report = plan_of(policy(owner_routes={OWNER: {"providers": ["slack", "jira"]}}))
    assert brief(report) == [(OWNER, "slack", "deliver")]
    (reason,) = failed(report)[ROUTING].reasons
    assert (reason.document, reason.pointer) == (POLICY, f"/owner_routes/{OWNER}/providers")
    assert (reason.found, reason.wanted) == ('"jira"', "scheduled providers only: slack, teams")
    assert (report.status, report.schedule_status) == (Status.NEEDS_ATTENTION, Status.DUE_SOON)


def test_a_rule_with_no_scheduled_provider_silences_nobody() -> None:
    report = plan_of(policy(owner_routes={OWNER: {"notification_providers": "jira"}}))
    assert report.selected_providers == ("slack", "teams")
    assert failed(report)[ROUTING].reasons[0].pointer == f"/owner_routes/{OWNER}/notification_providers"


def test_an_unknown_provider_of_a_rule_is_said_once() -> None:
    report = plan_of(policy(owner_routes={OWNER: {"providers": ["slack", "pigeon"]}}))
    (reason,) = failed(report)[ROUTING].reasons
    assert reason.wanted.endswith('unknown: "pigeon"')
    assert report.selected_providers == ("slack",)


def test_a_rule_in_doubt_is_left_out() -> None:
    rule = {"owners": "ops", "providers": ["teams"], "acknowledgement_minutes": 5}
    report = plan_of(policy(owner_routes=[rule]))
    assert report.selected_providers == ("slack", "teams")
    assert only(report).acknowledgement_minutes == 60
    assert ROUTING in failed(report)


@pytest.mark.parametrize(
    ("keys", "minutes"),
    [
        pytest.param(
            {"owner_routes": {OWNER: {"acknowledgement_minutes": 5}}, "acknowledgement_minutes": 7}, 5, id="rule"
        ),
        pytest.param(
            {"owner_routes": {OWNER: {"acknowledgement_minutes": 5, "providers": ["slack"]}}}, 5, id="rule, by name"
        ),
        pytest.param(
            {"owner_routes": {}, "acknowledgement_minutes": 7, "default_slo": {"acknowledgement_minutes": 9}},
            7,
            id="policy",
        ),
        pytest.param({"owner_routes": {}, "default_slo": {"acknowledgement_minutes": 9}}, 9, id="default slo"),
        pytest.param({"owner_routes": {}}, 60, id="default"),
        pytest.param({"owner_routes": {}, "acknowledgement_minutes": 0}, 60, id="zero"),
        pytest.param({"owner_routes": {}, "acknowledgement_minutes": -5}, 60, id="negative"),
        pytest.param({"owner_routes": {}, "acknowledgement_minutes": "5"}, 60, id="a text"),
        pytest.param({"owner_routes": {}, "acknowledgement_minutes": 1e9}, 60, id="endless"),
        pytest.param(
            {"owner_routes": {OWNER: {"acknowledgement_minutes": 0, "ack_minutes": 8}}}, 8, id="alias of a bad one"
        ),
    ],
)
def test_the_most_particular_time_for_an_answer_counts(keys: dict[str, object], minutes: float) -> None:
    assert only(plan_of(policy(**keys))).acknowledgement_minutes == minutes


def test_a_rule_for_other_providers_says_nothing_about_this_one() -> None:
    # The rule's own provider is not scheduled, so that the owner is told by all.
    rule = {"providers": ["jira"], "acknowledgement_minutes": 5}
    assert only(plan_of(policy(owner_routes={OWNER: rule}))).acknowledgement_minutes == 60


@pytest.mark.parametrize(
    ("at", "told"),
    [
        pytest.param(-SECOND, True, id="a second before the start"),
        pytest.param(timedelta(0), False, id="at the start"),
        pytest.param(SECOND, False, id="a second after the start"),
        pytest.param(HOUR - SECOND, False, id="a second before the end"),
        pytest.param(HOUR, True, id="at the end"),
        pytest.param(HOUR + SECOND, True, id="a second after the end"),
    ],
)
@pytest.mark.parametrize("rule", ["", "FREQ=DAILY", "FREQ=YEARLY;COUNT=1"])
@pytest.mark.parametrize("where", ["maintenance_windows", "owner_calendars"])
def test_a_window_holds_from_its_start_up_to_its_end(at: timedelta, rule: str, where: str, *, told: bool) -> None:
    one = window(NOW, NOW + HOUR, **({"rrule": rule, "timezone": "Europe/Berlin"} if rule else {}))
    keys = [one] if where == "maintenance_windows" else {OWNER: {"blackout_windows": [one]}}
    assert telling(policy(**{where: keys}).but(now=NOW + at)) is told


@pytest.mark.parametrize(("at", "told"), [(-SECOND, True), (timedelta(0), False), (HOUR - SECOND, False), (HOUR, True)])
def test_a_window_that_recurs_holds_from_each_start_up_to_each_end(at: timedelta, *, told: bool) -> None:
    one = window(NOW - 70 * DAY, NOW - 70 * DAY + HOUR, rrule="FREQ=WEEKLY")
    assert telling(policy(maintenance_windows=[one]).but(now=NOW + at)) is told


def test_an_occurrence_is_shown_in_utc() -> None:
    # 29 March 2026: 02:30 does not exist in Berlin; the later reading is 03:30, 01:30 UTC.
    start, end = datetime.fromisoformat("2026-03-01T01:30:00Z"), datetime.fromisoformat("2026-03-01T05:00:00Z")
    pilot = policy(maintenance_windows=[window(start, end, rrule="FREQ=WEEKLY", timezone="Europe/Berlin")])
    pilot = pilot.put(SCHEDULE, "/next_due_at", "2026-04-01T00:00:00Z").drop("rollback_drill_history")
    report = plan_of(pilot.but(now=datetime.fromisoformat("2026-03-29T02:00:00Z")))
    route = only(report)
    assert route.maintenance_window is not None
    assert (route.maintenance_window.start_at, route.maintenance_window.end_at, route.until) == (
        "2026-03-29T01:30:00Z",
        "2026-03-29T04:00:00Z",
        "2026-03-29T04:00:00Z",
    )


def test_times_without_an_offset_are_wall_time_of_the_windows_zone() -> None:
    one = {"start_at": "2026-06-11T17:00:00", "end_at": "2026-06-11T18:00:00", "timezone": "Europe/Berlin"}
    report = plan_of(policy(maintenance_windows=[one]))
    assert only(report).until == "2026-06-11T16:00:00Z"
    assert not any("offset" in note for note in report.operator_notes)


@pytest.mark.parametrize(
    ("keys", "note"),
    [
        ({"end_at": "2026-06-11T16:40:00"}, "has a time without an offset, which is taken as UTC"),
        ({"rrule": "FREQ=DAILY"}, "recurs without a timezone, which is taken as UTC"),
    ],
)
def test_what_is_taken_as_utc_is_noted(keys: dict[str, object], note: str) -> None:
    report = plan_of(policy(maintenance_windows=[{**window(), **keys}]))
    assert only(report).category == "maintenance_window"
    assert f"/maintenance_windows/0 {note}." in report.operator_notes


@pytest.mark.parametrize(
    ("key", "mine", "other"),
    [
        ("schedule_ids", " GO_backend_python_fallback_MONTHLY", "another"),
        ("providers", "Slack ", "jira"),
        ("owners", OWNER.upper(), "another"),
    ],
)
def test_a_window_speaks_of_what_it_lists(key: str, mine: str, other: str) -> None:
    for listed, held in (([mine], True), ([other, mine], True), ([other], False), ([], True)):
        report = plan_of(policy(maintenance_windows=[{**window(), key: listed}]))
        assert (only(report).action == "suppress") is held


def test_a_window_is_told_by_its_id_and_reason_under_either_name() -> None:
    for keys, told in (
        ({"window_id": "w", "reason": "r"}, ("w", "r")),
        ({"id": "w", "description": "r"}, ("w", "r")),
        ({}, ("maintenance-window", "maintenance window")),
    ):
        route = only(plan_of(policy(suppression_windows=[{**window(), **keys}])))
        assert route.maintenance_window is not None
        assert (route.maintenance_window.window_id, route.maintenance_window.reason) == told
        assert route.reason == told[1]


def test_of_several_windows_the_last_to_end_says_until_when() -> None:
    windows = [window(id="short"), window(id="long", end=NOW + 2 * HOUR), window(id="past", end=NOW)]
    for order in (windows, windows[::-1]):
        report = plan_of(policy(maintenance_windows=order))
        assert only(report).until == format_instant(NOW + 2 * HOUR)
        assert only(report).maintenance_window.window_id == "long"  # type: ignore[union-attr] # it is held


@pytest.mark.parametrize(("length", "noted"), [(14 * DAY, False), (14 * DAY + SECOND, True)])
def test_a_window_longer_than_two_weeks_is_noted_and_still_applies(length: timedelta, *, noted: bool) -> None:
    report = plan_of(policy(maintenance_windows=[window(NOW, NOW + length)]))
    assert report.suppressed_critical
    assert (
        any(note.startswith("window_too_long: /maintenance_windows/0 lasts 14") for note in report.operator_notes)
        is noted
    )
    assert WINDOWS not in failed(report)


def test_a_window_that_recurs_without_a_gap_is_noted_as_too_long() -> None:
    one = window(NOW - 40 * DAY, NOW - 39 * DAY, rrule="FREQ=DAILY")
    report = plan_of(policy(maintenance_windows=[one]))
    assert report.suppressed_critical
    (note,) = (note for note in report.operator_notes if note.startswith("window_too_long"))
    assert "/maintenance_windows/0 recurs without a gap" in note


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        pytest.param({"end_at": format_instant(NOW - HOUR)}, "a start and a later end", id="no length"),
        pytest.param({"end_at": format_instant(NOW - 2 * HOUR)}, "a start and a later end", id="end before start"),
        pytest.param({"end_at": ""}, "a start and a later end", id="no end"),
        pytest.param({"start_at": "soon"}, "a start and a later end", id="no date"),
        pytest.param({"starts_at": format_instant(NOW)}, "the same as start_at", id="two starts"),
        pytest.param({"ends_at": "never"}, "the same as end_at", id="two ends"),
        pytest.param({"timezone": "Mars/Olympus"}, "an IANA time zone", id="unknown zone"),
        pytest.param(
            {"start_at": "1066-10-14T09:00:00Z", "timezone": "UTC"}, "a start and a later end", id="too early"
        ),
        pytest.param({"rrule": "FREQ=HOURLY"}, "FREQ=DAILY", id="hourly"),
        pytest.param(
            {"rrule": "FREQ=WEEKLY;BYDAY=MO"}, "the start, 2026-06-11 in the window's zone", id="not the first"
        ),
        pytest.param({"rrule": "FREQ=DAILY", "end_at": ""}, "first of all a start and a later end", id="rule, no end"),
        pytest.param(
            {"rrule": "FREQ=YEARLY", "end_at": format_instant(NOW + 366 * DAY)}, "366 days at most", id="too long"
        ),
        pytest.param({"owners": "ops"}, "a list", id="owners as a text"),
    ],
)
def test_a_window_in_doubt_is_a_finding_and_holds_nobody(keys: dict[str, object], wanted: str) -> None:
    one = {**window(), **keys}
    for routing in ({"maintenance_windows": [one]}, {"calendars": {OWNER: {"unavailable_windows": [one]}}}):
        report = plan_of(policy(**routing))
        assert any(wanted in reason.wanted for reason in failed(report)[WINDOWS].reasons)
        assert report.deliverable_route_count == 2
        assert report.status is Status.NEEDS_ATTENTION
        assert report.schedule_status is Status.DUE_SOON


def test_a_window_with_an_unknown_provider_is_a_finding_and_holds_the_others() -> None:
    report = plan_of(policy(maintenance_windows=[window(providers=["pigeon", "slack"])]))
    assert failed(report)[ROUTING].reasons[0].wanted.endswith('unknown: "pigeon"')
    assert [one.action for one in report.route_decisions] == ["suppress", "deliver"]


def test_a_bad_window_beside_a_good_one_does_not_void_it() -> None:
    report = plan_of(policy(maintenance_windows=[window(owners=5), window(id="good")]))
    assert only(report).category == "maintenance_window"


def test_the_same_start_under_both_names_is_no_contradiction() -> None:
    report = plan_of(policy(maintenance_windows=[window(starts_at="2026-06-11T16:40:00+02:00")]))
    assert only(report).category == "maintenance_window"
    assert WINDOWS not in failed(report)


@pytest.mark.parametrize(("number", "held"), [(100, True), (101, False)])
def test_more_recurring_windows_than_anybody_has_do_not_apply(number: int, *, held: bool) -> None:
    report = plan_of(policy(maintenance_windows=[window(rrule="FREQ=DAILY")] * number))
    assert (report.suppressed_route_count == 2) is held
    if not held:
        assert "100 recurring windows at most; there are 101" in failed(report)[WINDOWS].message


def test_a_bad_window_of_the_schedule_is_the_schedules_finding() -> None:
    report = PILOT.put(SCHEDULE, "/maintenance_windows", [window(rrule="FREQ=HOURLY")]).report("schedule")
    (reason,) = failed(report)["go_rollback_drill_schedule_file"].reasons
    assert reason.pointer == "/maintenance_windows/0/rrule"


def test_an_owner_who_is_away_is_not_told_and_the_others_are() -> None:
    pilot = policy(owner_routes={}, owner_calendars={OWNER.upper(): {"available": False, "reason": "on leave"}})
    report = plan_of(pilot.put(SCHEDULE, "/owners", [OWNER, "ops"]))
    assert {(one.owner, one.category) for one in report.route_decisions} == {
        (OWNER, "owner_calendar"),
        ("ops", "deliver"),
    }
    away = report.route_decisions[0]
    assert (away.reason, away.until) == ("on leave", "")
    assert away.owner_availability.model_dump() == {
        "available": False,
        "reason": "on leave",
        "start_at": "",
        "end_at": "",
    }
    assert report.calendar_suppressed_count == 2
    assert report.selected_providers == ("slack", "teams")
    assert report.suppressed_providers == ()
    assert TOLD not in failed(report)


def test_a_calendars_window_says_from_when_until_when() -> None:
    report = plan_of(policy(calendars={OWNER: {"unavailable_windows": [window(reason="offsite")]}}))
    route = only(report)
    assert (route.category, route.reason, route.until) == ("owner_calendar", "offsite", format_instant(NOW + HOUR))
    assert route.owner_availability.start_at == format_instant(NOW - HOUR)
    assert route.owner_availability.end_at == format_instant(NOW + HOUR)


def test_away_without_an_end_goes_before_a_window_with_one() -> None:
    calendar = {"available": False, "reason": "left", "blackout_windows": [window()]}
    assert only(plan_of(policy(calendars={OWNER: calendar}))).until == ""


def test_the_first_rule_that_matches_decides() -> None:
    both = {"maintenance_windows": [window()], "calendars": {OWNER: {"available": False}}}
    assert only(plan_of(policy(**both))).category == "maintenance_window"
    assert only(plan_of(policy(**both).but(now=EARLY.now))).category == "healthy_schedule"


@pytest.mark.parametrize("calendar", [{"available": "no"}, {"available": False, "reason": 5}, None])
def test_a_calendar_in_doubt_holds_nobody(calendar: object) -> None:
    report = plan_of(policy(calendars={OWNER: calendar}))
    assert report.deliverable_route_count == 2
    assert ROUTING in failed(report)


@pytest.mark.parametrize(
    ("pilot", "status", "level"),
    [
        pytest.param(PILOT, Status.DUE_SOON, AlertLevel.WARNING, id="due soon"),
        pytest.param(OVERDUE, Status.NEEDS_ATTENTION, AlertLevel.CRITICAL, id="overdue"),
    ],
)
def test_suppressing_everybody_changes_no_status_of_the_schedule_and_is_said(
    pilot: Pilot, status: Status, level: AlertLevel
) -> None:
    end = pilot.now + HOUR
    report = plan_of(
        pilot.give(POLICY, {"maintenance_windows": [window(NOW - DAY, end, id="freeze", reason="Freeze")]})
    )
    assert (report.schedule_status, report.alert_level) == (status, level)
    assert report.status is Status.NEEDS_ATTENTION, "a check failed: nobody is told"
    assert report.suppressed_critical
    assert report.told_again_at == format_instant(end)
    assert report.acknowledgement_required_providers == ()
    assert list(failed(report)) == [TOLD]
    until = f'suppressed until {format_instant(end)} (maintenance_window: "Freeze")'
    assert [(one.document, one.pointer) for one in failed(report)[TOLD].reasons] == [
        (POLICY, "/maintenance_windows/0")
    ] * 2
    assert failed(report)[TOLD].reasons[0].found == f'slack for "{OWNER}" {until}'
    (note,) = report.operator_notes
    assert note.startswith(f"suppressed_critical: {report.reason}, and nobody is told: slack for ")
    assert until in note


def test_one_route_that_delivers_is_enough() -> None:
    report = plan_of(policy(maintenance_windows=[window(providers=["slack"])]))
    assert not report.suppressed_critical
    assert report.suppressed_providers == ("slack",)
    assert statuses(report)[TOLD] is CheckStatus.PASS


def test_suppression_without_an_end_says_so() -> None:
    report = plan_of(policy(calendars={OWNER: {"available": False}}))
    assert (report.suppressed_critical, report.told_again_at) == (True, "")
    assert "suppressed with no end given (owner_calendar" in failed(report)[TOLD].message


def test_production_readiness_does_not_ask_for_the_plan() -> None:
    held = PILOT.give(POLICY, {"maintenance_windows": [window()]})
    assert held.report("production").model_dump() == PILOT.report("production").model_dump()


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"owner_routes": 5}', b'{"maintenance_windows": null}'], ids=repr
)
def test_a_policy_that_cannot_be_used_is_a_finding_and_people_are_told(raw: bytes) -> None:
    report = plan_of(PILOT.give(POLICY, raw))
    assert ROUTING in failed(report)
    assert report.status is Status.NEEDS_ATTENTION
    assert report.deliverable_route_count == 2


def test_a_policy_that_is_missing_is_a_finding() -> None:
    report = plan_of(PILOT.lose(POLICY))
    assert failed(report)[ROUTING].reasons[0].found == "no such file"


def test_nulls_anywhere_are_findings() -> None:
    text = json.dumps(
        {
            "owner_routes": [{"owners": ["a"], "providers": ["slack"], "manager": "m"}],
            "maintenance_windows": [window(owners=["a"], rrule="FREQ=DAILY", timezone="UTC")],
            "owner_calendars": {"a": {"available": True, "blackout_windows": [window()]}},
            "default_slo": {"acknowledgement_minutes": 5},
        }
    )
    values = [found.span() for found in re.finditer(r'(?<=: )("[^"]*"|\d+|true|\[[^][]*\])', text)]
    assert len(values) > 10
    for start, end in values:
        report = plan_of(PILOT.give(POLICY, f"{text[:start]}null{text[end:]}".encode()))
        assert ROUTING in failed(report)
        assert report.status is Status.NEEDS_ATTENTION


def test_a_fault_of_the_whole_document_puts_every_window_in_doubt() -> None:
    faulty = Document(
        POLICY,
        "r.json",
        DocumentState.READ,
        "0" * 64,
        9,
        (Fault("", "more faults", "none"),),
        {"maintenance_windows": []},
    )
    assert ROUTING in failed(plan_of(PILOT.give(POLICY, faulty)))


def test_a_plan_keeps_its_name_while_it_says_the_same() -> None:
    first, later = plan_of(PILOT), plan_of(PILOT.but(now=NOW + DAY))
    assert re.fullmatch(r"gordn-[0-9a-f]{16}", first.plan_id)
    assert re.fullmatch(r"gordroute-[0-9a-f]{16}", only(first).route_key)
    assert first.plan_id == later.plan_id
    assert first.generated_at != later.generated_at


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(OVERDUE, id="another status"),
        pytest.param(PILOT.put(SCHEDULE, "/next_due_at", "2026-06-19T15:40:00Z"), id="another cycle"),
        pytest.param(PILOT.put(SCHEDULE, "/schedule_id", "another"), id="another schedule"),
        pytest.param(policy(maintenance_windows=[window(providers=["slack"])]), id="another action"),
        pytest.param(PILOT.but(request=Request(("slack",))), id="other routes"),
    ],
)
def test_a_plan_that_says_something_else_has_another_name(other: Pilot) -> None:
    assert plan_of(other).plan_id != plan_of(PILOT).plan_id


def test_a_route_keeps_its_key_over_the_cycles() -> None:
    assert only(plan_of(PILOT)).route_key == only(plan_of(OVERDUE)).route_key
    keys = {one.route_key for one in plan_of(PILOT).route_decisions}
    assert len(keys) == 2


@given(st.permutations([0, 1, 2, 0]), st.permutations(["slack", "teams", "slack"]))
def test_order_and_repetition_change_neither_name_nor_routes(order: list[int], providers: list[str]) -> None:
    windows = [
        window(id="a", providers=["slack"]),
        window(id="b", end=NOW + 2 * HOUR),
        window(id="c", end=NOW - SECOND),
    ]
    given_ = policy(maintenance_windows=[windows[position] for position in order])
    report = plan_of(given_.put(SCHEDULE, "/notification_providers", providers))
    assert report.plan_id == plan_of(policy(maintenance_windows=windows)).plan_id
    assert {(one.provider, one.until) for one in report.route_decisions} == {
        ("slack", format_instant(NOW + 2 * HOUR)),
        ("teams", format_instant(NOW + 2 * HOUR)),
    }
