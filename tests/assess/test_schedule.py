"""Drill schedule (domain.md B1.9, B2.7, A4): the effective due date, and who is told."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from assess.cases import (
    CUT,
    DAY,
    EARLY,
    EMPTY,
    NOW,
    PILOT,
    POLICY,
    SECOND,
    Pilot,
    Violation,
    assert_only_fault,
    drill,
    failed,
    statuses,
    triple,
)
from reporter.assess.schedule import effective_due
from reporter.model.instants import format_instant
from reporter.model.manifests.routing import KNOWN_PROVIDERS
from reporter.model.reports import AlertLevel, Mode, ScheduleReport, Status

S, H = "rollback_drill_schedule", "rollback_drill_history"
FILE, ACTIVE = "go_rollback_drill_schedule_file", "go_rollback_drill_schedule_active"
CADENCE, NEXT_DUE = "go_rollback_drill_schedule_cadence", "go_rollback_drill_schedule_next_due"
NOT_STALE, ROUTES = "go_rollback_drill_schedule_not_stale", "go_rollback_drill_notification_routes"
ALL = {FILE, ACTIVE, CADENCE, NEXT_DUE, NOT_STALE, ROUTES}
DAYS = "a positive number of days, 3660 at most"
FILLED = "a list with at least one entry, none blank"
MOST = ", 200 at most"
KNOWN = KNOWN_PROVIDERS.text
DUE = datetime.fromisoformat("2026-06-20T15:40:00+00:00")


def schedule(pilot: Pilot) -> ScheduleReport:
    report: ScheduleReport = pilot.report("schedule")
    return report


def dated(next_due_at: object, *drills: dict[str, Any], interval: object = 30) -> Pilot:
    """Give a schedule with this date, absent for CUT, and a history of these drills."""
    pilot = PILOT.put(S, "/interval_days", interval).drills(*drills)
    if isinstance(next_due_at, datetime):
        next_due_at = format_instant(next_due_at)
    return Violation("", S, "/next_due_at", next_due_at, (), "", "").apply(pilot)


def test_schedule_in_order_is_ready() -> None:
    report = schedule(EARLY)
    assert report.status is Status.READY
    assert report.alert_level is AlertLevel.HEALTHY
    assert statuses(report) == dict.fromkeys(ALL, "pass")
    facts = report.schedule
    assert (facts.valid, facts.stale, facts.due_soon, facts.days_until_due) == (True, False, False, 15.0)
    assert (facts.schedule_id, facts.environment, facts.interval_days) == (
        "go_backend_python_fallback_monthly",
        "production-pilot",
        30.0,
    )
    assert facts.next_due_at == facts.declared_next_due_at == facts.due.at == "2026-06-20T15:40:00Z"
    assert facts.due_soon_from == "2026-06-06T15:40:00Z"
    assert (facts.owners, facts.notification_providers) == (("release-governance",), ("slack", "teams"))
    assert report.rollback_drill_due_soon_days == 14.0
    assert report.operator_notes == ()


def test_schedule_due_within_the_window_is_due_soon() -> None:
    report = schedule(PILOT)
    assert report.status is Status.DUE_SOON
    assert report.alert_level is AlertLevel.WARNING
    assert (report.schedule.valid, report.schedule.stale, report.schedule.due_soon) == (True, False, True)
    assert failed(report) == {}


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.SHADOW, Mode.ENFORCE], ids=str)
def test_schedule_nobody_asked_for_is_not_requested(mode: Mode) -> None:
    report = schedule(PILOT.but(mode=mode).drop(S))
    assert report.status is Status.NOT_REQUESTED
    assert set(statuses(report).values()) == {"not_applicable"}
    assert not report.schedule.valid


def test_trap_03_promoted_without_a_schedule_fails_every_check() -> None:
    """Trap 3: no evidence is never ready."""
    for pilot in (EMPTY, EARLY.lose(S), EARLY.drop(S)):
        report = schedule(pilot)
        assert set(failed(report)) == ALL
        assert (report.schedule.stale, report.schedule.due.basis, report.schedule.due_soon_from) == (
            True,
            "unknown",
            "",
        )
        assert report.schedule.days_until_due is None


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xfe", b"{]"], ids=["empty", "a-list", "not-utf-8", "not-json"])
def test_unreadable_schedule_fails_every_check(raw: bytes) -> None:
    assert set(failed(schedule(EARLY.give(S, raw)))) == ALL


VIOLATIONS = [
    Violation(
        "schema_version of a history",
        S,
        "/schema_version",
        "cavra.go-backend-rollback-drill-history.v1",
        (FILE,),
        '"cavra.go-backend-rollback-drill-history.v1"',
        '"cavra.go-backend-rollback-drill-schedule.v1"',
    ),
    *(
        Violation(f"{key} {name}", S, f"/{key}", value, (FILE,), found, "a non-empty text")
        for key in ("schedule_id", "runbook_ref")
        for name, value, found in [
            ("blank", " ", '" "'),
            ("invisible", "\u00ad", '"\\u00ad"'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"status {name}", S, "/status", value, (ACTIVE, FILE), found, '"active"')
        for name, value, found in [
            ("paused", "paused", '"paused"'),
            ("in capitals", "ACTIVE", '"ACTIVE"'),
            ("empty", "", '""'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"status {name}", S, "/status", value, (ACTIVE, FILE), name, "a text")
        for name, value in [("true", True), ("null", None)]
    ),
    *(
        Violation(f"interval_days {name}", S, "/interval_days", value, (CADENCE, FILE), found, DAYS)
        for name, value, found in [
            ("zero", 0, "0"),
            ("negative", -30, "-30"),
            ("huge", 1e300, "1e+300"),
            ("one too many", 3661, "3661"),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"interval_days {name}", S, "/interval_days", value, (CADENCE, FILE), found, "a number")
        for name, value, found in [("a text", "30", '"30"'), ("true", True, "true"), ("null", None, "null")]
    ),
    *(
        Violation(
            f"{key} {name}",
            S,
            f"/{key}",
            value,
            (ROUTES, FILE),
            found,
            wanted + (MOST if key == "owners" and wanted is FILLED else ""),
        )
        for key in ("owners", "notification_providers")
        for name, value, found, wanted in [
            ("empty", [], "an empty list", FILLED),
            ("absent", CUT, "nothing", FILLED),
            ("trap 33: null", None, "null", "a list"),
            ("a text", "slack", '"slack"', "a list"),
        ]
    ),
    *(
        Violation(f"owners {name}", S, "/owners", value, (ROUTES, FILE), found, FILLED + MOST)
        for name, value, found in [
            ("blank", [" "], '[" "]'),
            ("one of them blank", ["a", ""], '["a", ""]'),
            ("invisible", ["\u200b"], '["\\u200b"]'),
        ]
    ),
    *(
        Violation(
            f"provider {name}",
            S,
            "/notification_providers",
            [*more, value],
            (ROUTES, FILE),
            json.dumps([*more, value], ensure_ascii=False),
            f'{KNOWN}; unknown: "{value}"',
        )
        for name, more, value in [
            ("unknown", [], "pigeon"),
            ("misspelt beside a known one", ["teams"], "slak"),
            ("of two words", [], "slack teams"),
            ("with a look-alike", [], "sl\u0430ck"),
        ]
    ),
    *(
        Violation(
            f"owner route: {key} unknown {name}",
            S,
            f"/owner_routes/release-governance/{key}",
            value,
            (FILE,),
            found,
            f'{KNOWN}; unknown: "pigeon"',
        )
        for key in ("providers", "notification_providers")
        for name, value, found in [
            ("in a list", ["slack", "pigeon"], '["slack", "pigeon"]'),
            ("as a text", "pigeon", '"pigeon"'),
        ]
    ),
    *(
        Violation(
            f"owner route: {key} {name}",
            S,
            f"/owner_routes/release-governance/{key}",
            value,
            (FILE,),
            found,
            "a positive number of minutes, 525600 at most",
        )
        for key in ("acknowledgement_minutes", "ack_minutes")
        for name, value, found in [("zero", 0, "0"), ("negative", -1, "-1"), ("huge", 1e9, "1000000000.0")]
    ),
    Violation("trap 33: owner_routes null", S, "/owner_routes", None, (FILE,), "null", "an object"),
    Violation("trap 33: maintenance_windows null", S, "/maintenance_windows", None, (FILE,), "null", "a list"),
    Violation("trap 33: owner_calendars null", S, "/owner_calendars", None, (FILE,), "null", "an object"),
    Violation(
        "environment of another pilot",
        S,
        "/environment",
        "staging",
        (FILE,),
        '"staging"',
        '"production-pilot", as in go-backend-rollback-plan.json',
    ),
]


@pytest.mark.parametrize("fault", [one for one in VIOLATIONS if one.pointer != "/environment"], ids=str)
def test_one_fault_fails_the_right_checks_and_is_named(fault: Violation) -> None:
    report = schedule(fault.apply(EARLY))
    assert_only_fault(report, fault)
    assert not report.schedule.valid


@pytest.mark.parametrize("fault", [one for one in VIOLATIONS if one.pointer != "/environment"], ids=str)
def test_due_soon_hides_no_fault(fault: Violation) -> None:
    report = schedule(fault.apply(PILOT))
    assert report.status is Status.NEEDS_ATTENTION
    assert report.alert_level is AlertLevel.CRITICAL


def test_environments_that_differ_are_a_contradiction_with_plan_and_history() -> None:
    report = schedule(EARLY.put(S, "/environment", "staging"))
    assert set(failed(report)) == {FILE}
    assert [triple(reason) for reason in failed(report)[FILE].reasons] == [
        (S, "/environment", '"staging"', f'"production-pilot", as in {name}')
        for name in ("go-backend-rollback-plan.json", "go-backend-rollback-drills.json")
    ]


@pytest.mark.parametrize(
    "pilot",
    [
        pytest.param(EARLY.cut(S, "/environment"), id="schedule-unnamed"),
        pytest.param(EARLY.cut(H, "/environment").cut("rollback_plan", "/environment"), id="others-unnamed"),
    ],
)
def test_environment_is_compared_where_both_name_one(pilot: Pilot) -> None:
    assert schedule(pilot).status is Status.READY


EDGES = [
    pytest.param(-14 * DAY - SECOND, Status.READY, False, id="1 second before the window"),
    pytest.param(-14 * DAY, Status.DUE_SOON, False, id="at the window's start"),
    pytest.param(-14 * DAY + SECOND, Status.DUE_SOON, False, id="1 second into the window"),
    pytest.param(-SECOND, Status.DUE_SOON, False, id="1 second before due"),
    pytest.param(timedelta(0), Status.DUE_SOON, False, id="at due"),
    pytest.param(timedelta(microseconds=1), Status.NEEDS_ATTENTION, True, id="1 microsecond after due"),
    pytest.param(SECOND, Status.NEEDS_ATTENTION, True, id="1 second after due"),
]


@pytest.mark.parametrize(("after", "status", "stale"), EDGES)
def test_due_date_is_soon_in_the_window_and_stale_only_after_it(
    after: timedelta, status: Status, *, stale: bool
) -> None:
    report = schedule(PILOT.but(now=DUE + after))
    assert report.status is status
    assert report.schedule.stale is stale
    assert report.schedule.due_soon is (status is Status.DUE_SOON)
    assert set(failed(report)) == ({NOT_STALE} if stale else set())


def test_overdue_schedule_says_since_when() -> None:
    report = schedule(PILOT.but(now=DUE + 3 * DAY))
    assert triple(failed(report)[NOT_STALE].reasons[0]) == (
        S,
        "/next_due_at",
        "due 2026-06-20T15:40:00Z, 3 days ago",
        "a due date not before 2026-06-23T15:40:00Z",
    )
    assert report.alert_level is AlertLevel.CRITICAL
    assert report.schedule.days_until_due == -3.0


def test_a_computed_date_names_the_cadence_and_its_sum_and_evidence_shows_the_value_that_stands_there() -> None:
    report = schedule(PILOT.put(S, "/next_due_at", "2026-07-20T15:40:00Z").but(now=DUE + DAY))
    check = failed(report)[NOT_STALE]
    assert check.reasons[0].pointer == "/interval_days"
    assert check.reasons[0].found.startswith("due 2026-06-20T15:40:00Z, 24 hours ago (computed: last passing drill ")
    assert [(one.pointer, one.value) for one in check.evidence] == [("/interval_days", "30")]


def test_drills_that_contradict_each_other_do_not_restart_the_cadence() -> None:
    """One id with a pass and a fail proves nothing (domain.md A2, A4)."""
    history = PILOT.documents[H]
    drill = history["drills"][0]
    both = [drill, drill | {"status": "fail"}]
    pilot = PILOT.cut(S, "/next_due_at").put(H, "/drills", both)
    assert schedule(pilot).schedule.due.basis == "unknown"


def test_without_a_window_a_due_date_is_soon_only_at_its_instant() -> None:
    none = POLICY._replace(drill_due_soon=timedelta(0))
    assert schedule(PILOT.but(now=DUE - SECOND, policy=none)).status is Status.READY
    assert schedule(PILOT.but(now=DUE, policy=none)).status is Status.DUE_SOON


INTERVAL, WINDOW = 30 * DAY, 14 * DAY
LAST = NOW - 21 * DAY


@pytest.mark.parametrize(
    ("declared", "interval", "last", "window", "at", "basis", "text"),
    [
        pytest.param(None, None, None, WINDOW, None, "unknown", "no next_due_at and no passing drill to count from",
                     id="nothing"),
        pytest.param(None, INTERVAL, None, WINDOW, None, "unknown", "no next_due_at and no passing drill to count from",
                     id="interval alone"),
        pytest.param(None, None, LAST, WINDOW, None, "unknown", "no next_due_at and no passing drill to count from",
                     id="drill alone"),
        pytest.param(DUE, INTERVAL, None, WINDOW, DUE, "explicit", "next_due_at 2026-06-20T15:40:00Z",
                     id="no passing drill"),
        pytest.param(DUE, None, LAST, WINDOW, DUE, "explicit", "next_due_at 2026-06-20T15:40:00Z", id="no interval"),
        pytest.param(None, INTERVAL, LAST, WINDOW, LAST + INTERVAL, "derived",
                     "last passing drill 2026-05-21T15:40:00Z + 30 days = 2026-06-20T15:40:00Z", id="derived"),
        pytest.param(LAST + 14 * DAY, INTERVAL, LAST, WINDOW, LAST + INTERVAL, "cadence",
                     "last passing drill 2026-05-21T15:40:00Z + 30 days = 2026-06-20T15:40:00Z;"
                     " the drill fulfils next_due_at 2026-06-04T15:40:00Z", id="fulfilled"),
        pytest.param(LAST - 300 * DAY, INTERVAL, LAST, WINDOW, LAST + INTERVAL, "cadence",
                     "last passing drill 2026-05-21T15:40:00Z + 30 days = 2026-06-20T15:40:00Z;"
                     " the drill fulfils next_due_at 2025-07-25T15:40:00Z", id="trap 11: fulfilled long after"),
        pytest.param(LAST + 29 * DAY, INTERVAL, LAST, WINDOW, LAST + 29 * DAY, "explicit",
                     "next_due_at 2026-06-19T15:40:00Z, not after"
                     " last passing drill 2026-05-21T15:40:00Z + 30 days = 2026-06-20T15:40:00Z", id="brought forward"),
        pytest.param(DUE, INTERVAL, LAST, WINDOW, DUE, "explicit",
                     "next_due_at 2026-06-20T15:40:00Z, not after"
                     " last passing drill 2026-05-21T15:40:00Z + 30 days = 2026-06-20T15:40:00Z", id="both the same"),
        pytest.param(DUE + SECOND, INTERVAL, LAST, WINDOW, DUE, "cadence",
                     "last passing drill 2026-05-21T15:40:00Z + 30 days = 2026-06-20T15:40:00Z;"
                     " next_due_at 2026-06-20T15:40:01Z is later and cannot push it out", id="1 second too late"),
        pytest.param(datetime.fromisoformat("9999-12-31T23:59:59+00:00"), INTERVAL, LAST, WINDOW, DUE, "cadence",
                     "last passing drill 2026-05-21T15:40:00Z + 30 days = 2026-06-20T15:40:00Z;"
                     " next_due_at 9999-12-31T23:59:59Z is later and cannot push it out", id="trap 11: pushed far out"),
        pytest.param(datetime.fromisoformat("0001-01-01T00:00:00+00:00"), INTERVAL, LAST, WINDOW, DUE, "cadence",
                     "last passing drill 2026-05-21T15:40:00Z + 30 days = 2026-06-20T15:40:00Z;"
                     " the drill fulfils next_due_at 0001-01-01T00:00:00Z", id="the first day of the calendar"),
    ],
)  # fmt: skip
def test_effective_due(  # noqa: PLR0913, PLR0917 - one row of the table
    declared: datetime | None,
    interval: timedelta | None,
    last: datetime | None,
    window: timedelta,
    at: datetime | None,
    basis: str,
    text: str,
) -> None:
    assert effective_due(declared, interval, last, window) == (at, basis, text)


@pytest.mark.parametrize(
    ("interval", "window", "early"),
    [
        pytest.param(30 * DAY, 14 * DAY, 14 * DAY, id="the window decides"),
        pytest.param(30 * DAY, 15 * DAY, 15 * DAY, id="both the same"),
        pytest.param(30 * DAY, 16 * DAY, 15 * DAY, id="half the interval decides"),
        pytest.param(1 * DAY, 14 * DAY, 12 * DAY / 24, id="a daily drill"),
        pytest.param(30 * DAY, timedelta(0), timedelta(0), id="no window"),
    ],
)
@pytest.mark.parametrize(
    ("off", "fulfils"),
    [
        pytest.param(-SECOND, True, id="1 second inside"),
        pytest.param(timedelta(0), True, id="at the edge"),
        pytest.param(SECOND, False, id="1 second too early"),
    ],
)
def test_drill_fulfils_a_date_from_the_window_or_half_the_interval_before_it(
    interval: timedelta, window: timedelta, early: timedelta, off: timedelta, *, fulfils: bool
) -> None:
    declared = LAST + early + off
    due = effective_due(declared, interval, LAST, window)
    assert ("the drill fulfils" in due.sum) is fulfils
    assert due.at == (LAST + interval if fulfils else declared)
    assert due.basis == ("cadence" if fulfils else "explicit")


@pytest.mark.parametrize("days_out", [31, 60, 3650, 100_000])
def test_trap_11_date_cannot_be_pushed_past_the_cadence(days_out: int) -> None:
    """Trap 11: upstream is ready by a date in the far future, whatever the last drill."""
    report = schedule(dated(NOW + days_out * DAY, drill(31 * DAY)))
    assert set(failed(report)) == {NOT_STALE}
    assert report.schedule.due.basis == "cadence"
    assert report.schedule.declared_next_due_at == format_instant(NOW + days_out * DAY)


def test_trap_11_passing_drill_clears_a_date_that_it_fulfils() -> None:
    """Trap 11: upstream stays stale until somebody edits next_due_at."""
    report = schedule(dated(NOW - DAY, drill(timedelta(hours=1))))
    assert report.status is Status.READY
    assert report.schedule.due.basis == "cadence"


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "fail"},
        {"recovery_minutes": 16},
        {"source_mode": "shadow"},
        {"fallback_verified": False},
        {"evidence_refs": []},
        {"runbook_ref": ""},
        {"target_mode": "shadow"},
        {"drill_id": ""},
        {"max_recovery_minutes": 99},
    ],
    ids=str,
)
def test_only_a_passing_drill_restarts_the_cadence(changes: dict[str, Any]) -> None:
    """Upstream never asks how the drill ended (B2.7)."""
    report = schedule(dated(CUT, drill(40 * DAY, "good"), drill(DAY, "bad", **changes)))
    assert set(failed(report)) == {NOT_STALE}
    assert report.schedule.due.at == format_instant(NOW - 10 * DAY)


def test_stale_drill_that_passed_still_restarts_the_cadence() -> None:
    """Freshness is no condition of a passing drill."""
    old = POLICY._replace(drill_max_age=DAY)
    assert schedule(dated(CUT, drill(2 * DAY)).but(policy=old)).status is Status.READY


def test_trap_10_future_drill_restarts_nothing() -> None:
    """Trap 10: a drill that has not happened has not happened."""
    report = schedule(dated(CUT, drill(40 * DAY, "done"), drill(-DAY, "ahead")))
    assert set(failed(report)) == {NOT_STALE}


@pytest.mark.parametrize("value", ["", "soon", "2026-02-30", None, 20260620, "2026-06-20T15:40:00+99:00"], ids=str)
def test_date_that_cannot_be_read_is_unknown_and_no_other_stands_in(value: object) -> None:
    report = schedule(dated(value, drill(DAY)))
    assert set(failed(report)) == {FILE, NEXT_DUE, NOT_STALE}
    assert report.schedule.due.basis == "unknown"
    found = json.dumps(value)
    assert failed(report)[NEXT_DUE].reasons[0].found == f"next_due_at {found}, which no other date stands in for"
    assert failed(report)[FILE].reasons[0].found == found
    assert failed(report)[NOT_STALE].reasons[0].found == "an unknown due date, which counts as overdue"


def test_date_given_twice_is_unknown() -> None:
    raw = json.dumps(EARLY.documents[S]).replace("{", '{"next_due_at": "2026-06-01", ', 1).encode()
    assert set(failed(schedule(EARLY.give(S, raw)))) == {FILE, NEXT_DUE, NOT_STALE}


def test_interval_given_twice_derives_nothing() -> None:
    raw = json.dumps(EARLY.cut(S, "/next_due_at").documents[S]).replace("{", '{"interval_days": 1, ', 1).encode()
    assert set(failed(schedule(EARLY.give(S, raw)))) == {FILE, CADENCE, NEXT_DUE, NOT_STALE}


def test_date_is_derived_from_the_last_passing_drill() -> None:
    report = schedule(dated(CUT, drill(DAY)))
    assert report.status is Status.READY
    assert (report.schedule.due.basis, report.schedule.next_due_at) == ("derived", format_instant(NOW + 29 * DAY))
    assert report.schedule.declared_next_due_at == ""


def test_without_date_and_without_passing_drill_the_schedule_is_stale() -> None:
    report = schedule(dated(CUT))
    assert set(failed(report)) == {NEXT_DUE, NOT_STALE}
    assert failed(report)[NEXT_DUE].message == (
        "go-backend-rollback-drill-schedule.json /next_due_at: found no next_due_at and no passing drill to count from,"
        " wanted a next_due_at, or a passing drill and interval_days to derive it from"
    )


def test_date_without_an_offset_is_utc_and_noted() -> None:
    report = schedule(EARLY.put(S, "/next_due_at", "2026-06-20T15:40:00"))
    assert report.status is Status.READY
    assert report.operator_notes == ('/next_due_at "2026-06-20T15:40:00" has no offset and is taken as UTC.',)


@pytest.mark.parametrize(
    "at", ["2026-06-20T17:40:00+02:00", "2026-06-20T15:40:00.000Z", "2026-06-20 1540", "2026-06-20T15:40Z"]
)
def test_trap_30_one_instant_in_any_notation(at: str) -> None:
    """Trap 30: instants are compared, not texts."""
    report = schedule(EARLY.put(S, "/next_due_at", at))
    if at.endswith("1540"):
        assert NEXT_DUE in failed(report)
    else:
        assert report.schedule.next_due_at == "2026-06-20T15:40:00Z"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("drills", [[], [drill(DAY)]], ids=["no-drill", "a-drill"])
def test_dates_at_the_ends_of_the_calendar_are_dates(at: str, drills: list[dict[str, Any]]) -> None:
    report = schedule(dated(at, *drills))
    if drills:
        assert report.schedule.next_due_at == format_instant(NOW + 29 * DAY)
    else:
        assert report.schedule.next_due_at == at
        assert report.schedule.stale is at.startswith("0001")


def test_tiny_interval_is_due_at_once() -> None:
    assert set(failed(schedule(dated(CUT, drill(SECOND), interval=1e-9)))) == {NOT_STALE}


def test_owner_routes_may_be_a_list_or_stand_under_their_alias() -> None:
    rules = [{"owners": ["release-governance"], "providers": "slack", "ack_minutes": 5, "manager": "x"}, {}]
    assert schedule(EARLY.put(S, "/owner_routes", rules)).status is Status.READY
    assert schedule(EARLY.put(S, "/routing_rules", rules)).status is Status.READY


def test_provider_is_known_in_any_of_its_spellings() -> None:
    """Upstream trims, lowers and turns dashes (B1.16)."""
    assert schedule(EARLY.put(S, "/notification_providers", ["Slack", " GitHub-Actions "])).status is Status.READY


WINDOWS = [
    pytest.param("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", True, id="a day"),
    pytest.param("2026-06-01T00:00:00Z", "2026-06-01T00:00:01Z", True, id="1 second"),
    pytest.param("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z", False, id="no time"),
    pytest.param("2026-06-01T00:00:00Z", "2026-05-31T23:59:59Z", False, id="end before start"),
    pytest.param("2026-06-01T10:00:00+02:00", "2026-06-01T09:00:00Z", True, id="trap 30: offsets, in order"),
    pytest.param("2026-06-01T09:00:00Z", "2026-06-01T10:00:00+02:00", False, id="trap 30: offsets, swapped"),
    pytest.param("2026-06-01T00:00:00Z", "", False, id="no end"),
    pytest.param("soon", "2026-06-01T00:00:00Z", False, id="unreadable start"),
]


@pytest.mark.parametrize("keys", [("start_at", "end_at"), ("starts_at", "ends_at")], ids=["start_at", "starts_at"])
@pytest.mark.parametrize(("start", "end", "met"), WINDOWS)
def test_trap_07_window_needs_an_end_after_its_start(keys: tuple[str, str], start: str, end: str, *, met: bool) -> None:
    """Trap 7: upstream asks for no order."""
    window = dict(zip(keys, (start, end), strict=True))
    for pointer, value in [
        ("/maintenance_windows", [window]),
        ("/owner_calendars", {"release-governance": {"unavailable_windows": [window]}}),
        ("/owner_calendars", {"release-governance": {"blackout_windows": [window]}}),
    ]:
        report = schedule(EARLY.put(S, pointer, value))
        assert set(failed(report)) == (set() if met else {FILE})


@pytest.mark.parametrize(
    ("length", "noted"),
    [(14 * DAY - SECOND, False), (14 * DAY, False), (14 * DAY + SECOND, True), (400 * DAY, True)],
    ids=str,
)
def test_trap_07_window_longer_than_14_days_is_noted_and_changes_no_status(length: timedelta, *, noted: bool) -> None:
    """Trap 7: windows have no length limit upstream."""
    window = {"start_at": format_instant(NOW), "end_at": format_instant(NOW + length)}
    report = schedule(EARLY.put(S, "/maintenance_windows", [window]))
    assert report.status is Status.READY
    assert len(report.operator_notes) == noted
    assert all(note.startswith("window_too_long: /maintenance_windows/0 lasts ") for note in report.operator_notes)


@pytest.mark.parametrize("now", [EARLY.now, NOW, NOW + 30 * DAY], ids=["ready", "due-soon", "stale"])
def test_suppression_never_changes_the_status(now: datetime) -> None:
    """Suppression changes who is told, not what is true (A4)."""
    window = {"start_at": "2026-01-01", "end_at": "2027-01-01"}
    quiet = PILOT.but(now=now).put(S, "/maintenance_windows", [window])
    quiet = quiet.put(S, "/owner_calendars", {"release-governance": {"available": False}})
    loud = schedule(PILOT.but(now=now))
    assert (schedule(quiet).status, schedule(quiet).alert_level) == (loud.status, loud.alert_level)


def test_trap_16_message_names_every_failed_condition() -> None:
    """Trap 16: upstream's schedule check prints its success text while the schedule is inactive."""
    name = "go-backend-rollback-drill-schedule.json"
    pilot = EARLY.put(S, "/status", "paused").put(S, "/owners", []).cut(S, "/runbook_ref")
    assert failed(schedule(pilot))[FILE].message == (
        f'{name} /status: found "paused", wanted "active"; '
        f"{name} /owners: found an empty list, wanted {FILLED}, 200 at most; "
        f"{name} /runbook_ref: found nothing, wanted a non-empty text"
    )


def test_schedule_is_assessed_without_a_plan() -> None:
    """`reporter check schedule` is asked with history and schedule alone (seeds/drill-scheduling.txt)."""
    assert schedule(EARLY.only(H, S)).status is Status.READY
