"""Drill history (domain.md B1.8, B2.6, A2, A3): the latest drill that counts, and whether it is recent."""

import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from assess.cases import (
    CUT,
    DAY,
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
    without_positions,
)
from reporter.model.instants import format_instant
from reporter.model.reports import DrillsReport, Mode, Status

H, PLAN = "rollback_drill_history", "rollback_plan"
FILE, PASSED = "go_rollback_drill_history_file", "go_rollback_drill_latest_passed"
TARGET, FALLBACK = "go_rollback_drill_disabled_target", "go_rollback_drill_fallback_verified"
SLA, FRESH = "go_rollback_drill_recovery_sla", "go_rollback_drill_freshness"
ALL = {FILE, PASSED, TARGET, FALLBACK, SLA, FRESH}
NUMBER = "a positive number of minutes"
STAMP = "an ISO 8601 timestamp"
TEXT = "a non-empty text"
FILLED = "a list with at least one entry, none blank"
NOTHING_COUNTS = (
    H,
    "/drills",
    "no drill with a date that counts",
    "at least one dated drill that is not in the future",
)


def drills(pilot: Pilot) -> DrillsReport:
    report: DrillsReport = pilot.report("drills")
    return report


def outcomes(report: DrillsReport) -> dict[str, str]:
    return {one.drill_id: one.outcome for one in report.history.drills}


def test_history_in_order_is_ready() -> None:
    report = drills(PILOT)
    assert report.status is Status.READY
    assert statuses(report) == dict.fromkeys(ALL, "pass")
    facts = report.history
    assert (facts.latest_drill_id, facts.latest_executed_at) == (
        "drill_go_backend_python_fallback",
        "2026-05-21T15:40:00Z",
    )
    assert (facts.age_days, facts.fresh, facts.recovery_sla_met, facts.drill_count) == (21.0, True, True, 4)
    assert facts.latest_passing_drill_id == facts.latest_drill_id
    assert (facts.environment, facts.future_dated) == ("production-pilot", ())
    assert report.rollback_drill_max_age_days == 90.0
    assert report.operator_notes == ()


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.SHADOW, Mode.ENFORCE], ids=str)
def test_history_nobody_asked_for_is_not_requested(mode: Mode) -> None:
    report = drills(PILOT.but(mode=mode).drop(H, "rollback_drill_schedule"))
    assert report.status is Status.NOT_REQUESTED
    assert set(statuses(report).values()) == {"not_applicable"}


def test_trap_03_promoted_without_a_drill_fails_every_check() -> None:
    """Trap 3: no evidence is never ready."""
    for pilot in (EMPTY, PILOT.lose(H), PILOT.drills()):
        report = drills(pilot)
        assert set(failed(report)) == ALL
        assert triple(failed(report)[FRESH].reasons[0]) == NOTHING_COUNTS
        assert (report.history.latest_drill_id, report.history.age_days, report.history.fresh) == ("", None, False)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xfe", b"{]"], ids=["empty", "a-list", "not-utf-8", "not-json"])
def test_unreadable_history_fails_every_check(raw: bytes) -> None:
    assert set(failed(drills(PILOT.give(H, raw)))) == ALL


LAST = "/drills/0"
VIOLATIONS = [
    *(
        Violation(f"status {name}", H, f"{LAST}/status", value, (PASSED, FILE), found, wanted)
        for name, value, found, wanted in [
            ("fail", "fail", '"fail"', '"pass"'),
            ("in capitals", "PASS", '"PASS"', '"pass"'),
            ("with a space", "pass ", '"pass "', '"pass"'),
            ("passed", "passed", '"passed"', '"pass"'),
            ("with a look-alike", "p\u0430ss", '"p\u0430ss"', '"pass"'),
            ("absent", CUT, "nothing", '"pass"'),
        ]
    ),
    *(
        Violation(f"target_mode {name}", H, f"{LAST}/target_mode", value, (TARGET, FILE), found, '"disabled"')
        for name, value, found in [
            ("shadow", "shadow", '"shadow"'),
            ("in capitals", "DISABLED", '"DISABLED"'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"trap 40: source_mode {name}", H, f"{LAST}/source_mode", value, (TARGET, FILE), found, '"promoted"')
        for name, value, found in [
            ("shadow", "shadow", '"shadow"'),
            ("disabled", "disabled", '"disabled"'),
            ("empty", "", '""'),
        ]
    ),
    *(
        Violation(f"fallback_verified {name}", H, f"{LAST}/fallback_verified", value, (FALLBACK, FILE), found, "true")
        for name, value, found in [("false", False, "false"), ("absent", CUT, "nothing")]
    ),
    Violation(
        "recovery over the target",
        H,
        f"{LAST}/recovery_minutes",
        15.001,
        (SLA, FILE),
        "15.001",
        f"{NUMBER}, 15 at most",
    ),
    *(
        Violation(f"recovery {name}", H, f"{LAST}/recovery_minutes", value, (SLA, FILE), found, f"{NUMBER}, 15 at most")
        for name, value, found in [("zero", 0, "0"), ("negative", -7, "-7"), ("absent", CUT, "nothing")]
    ),
    *(
        Violation(
            f"own target {name}",
            H,
            f"{LAST}/max_recovery_minutes",
            value,
            (SLA, FILE),
            found,
            "no more than the plan's target, 15",
        )
        for name, value, found in [("trap 40: above the plan's", 16, "16"), ("huge", 1e300, "1e+300")]
    ),
    *(
        Violation(f"runbook_ref {name}", H, f"{LAST}/runbook_ref", value, (FILE,), found, TEXT)
        for name, value, found in [
            ("blank", " ", '" "'),
            ("invisible", "\u200b", '"\\u200b"'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"evidence_refs {name}", H, f"{LAST}/evidence_refs", value, (FILE,), found, FILLED)
        for name, value, found in [
            ("empty", [], "an empty list"),
            ("blank", ["a", " "], '["a", " "]'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"drill_id {name}", H, f"{LAST}/drill_id", value, (FILE,), found, TEXT)
        for name, value, found in [
            ("blank", " ", '" "'),
            ("invisible", "\u200e", '"\\u200e"'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"older drill: drill_id {name}", H, "/drills/2/drill_id", value, (FILE,), found, TEXT)
        for name, value, found in [("blank", " ", '" "'), ("absent", CUT, "nothing")]
    ),
    Violation(
        "schema_version of a schedule",
        H,
        "/schema_version",
        "cavra.go-backend-rollback-drill-schedule.v1",
        (FILE,),
        '"cavra.go-backend-rollback-drill-schedule.v1"',
        '"cavra.go-backend-rollback-drill-history.v1"',
    ),
]


@pytest.mark.parametrize("fault", VIOLATIONS, ids=str)
def test_one_fault_fails_the_right_checks_and_is_named(fault: Violation) -> None:
    report = drills(fault.apply(PILOT))
    if fault.pointer.endswith("max_recovery_minutes") or fault.pointer != "/schema_version":
        assert report.history.latest_passing_executed_at == (
            "2026-05-21T15:40:00Z" if "/drills/2" in fault.pointer else "2026-04-21T15:40:00Z"
        )
    else:
        assert report.history.latest_passing_executed_at == ""
    assert_only_fault(report, fault)


@pytest.mark.parametrize(
    ("field", "value", "check"),
    [
        ("status", None, PASSED), ("status", True, PASSED), ("target_mode", None, TARGET),
        ("target_mode", False, TARGET),
        ("source_mode", None, TARGET), ("source_mode", 1, TARGET),
        ("fallback_verified", 1, FALLBACK), ("fallback_verified", "true", FALLBACK),
        ("fallback_verified", None, FALLBACK),
        ("recovery_minutes", "7", SLA), ("recovery_minutes", True, SLA), ("recovery_minutes", None, SLA),
        ("recovery_minutes", float("nan"), SLA), ("recovery_minutes", float("-inf"), SLA),
        ("max_recovery_minutes", "15", SLA), ("max_recovery_minutes", False, SLA), ("max_recovery_minutes", None, SLA),
        ("max_recovery_minutes", float("inf"), SLA),
        ("evidence_refs", None, FILE), ("evidence_refs", "ref", FILE), ("evidence_refs", [None], FILE),
        ("actor", None, FILE), ("runbook_ref", None, FILE), ("drill_id", 7, FILE),
    ],
)  # fmt: skip
def test_trap_33_value_of_the_wrong_type_fails_its_check_and_the_drill(field: str, value: object, check: str) -> None:
    """Trap 33: null where a list is wanted, and every other wrong type."""
    report = drills(PILOT.put(H, f"{LAST}/{field}", value))
    assert {check, FILE} <= set(failed(report))
    assert report.history.latest_passing_executed_at == "2026-04-21T15:40:00Z"
    assert any(reason.pointer.startswith(f"{LAST}/{field}") for reason in failed(report)[check].reasons)


@pytest.mark.parametrize("value", [None, {}, "drill", 5], ids=str)
def test_trap_33_drills_that_are_no_list_fail_every_check(value: object) -> None:
    """Trap 33: upstream crashes on null."""
    assert set(failed(drills(PILOT.put(H, "/drills", value)))) == ALL


@pytest.mark.parametrize("value", [None, [], "drill", 5, {}], ids=str)
def test_entry_that_is_no_drill_fails_the_history(value: object) -> None:
    report = drills(PILOT.put(H, "/drills/-", value))
    assert set(failed(report)) == {FILE}
    assert report.history.latest_drill_id == "drill_go_backend_python_fallback"


AGES = [
    pytest.param(90 * DAY - SECOND, True, id="1 second before"),
    pytest.param(90 * DAY - timedelta(microseconds=1), True, id="1 microsecond before"),
    pytest.param(90 * DAY, False, id="at"),
    pytest.param(90 * DAY + SECOND, False, id="1 second after"),
]


@pytest.mark.parametrize(("age", "fresh"), AGES)
def test_drill_exactly_at_max_age_is_stale(age: timedelta, *, fresh: bool) -> None:
    report = drills(PILOT.drills(drill(age)))
    assert report.history.fresh is fresh
    assert (report.status is Status.READY) is fresh
    assert set(failed(report)) == (set() if fresh else {FILE, FRESH})


def test_stale_drill_says_its_age_and_the_limit() -> None:
    report = drills(PILOT.drills(drill(100 * DAY)))
    assert triple(failed(report)[FRESH].reasons[0]) == (
        H,
        "/drills/0/executed_at",
        '"2026-03-03T15:40:00Z", 100 days ago',
        "less than 90 days ago",
    )
    assert failed(report)[FILE].message == failed(report)[FRESH].message


@pytest.mark.parametrize("limit", [timedelta(0), SECOND], ids=["zero", "1 second"])
def test_limit_that_no_drill_can_keep_fails_every_drill(limit: timedelta) -> None:
    assert FRESH in failed(drills(PILOT.but(policy=POLICY._replace(drill_max_age=limit)).drills(drill(SECOND))))


FUTURES = [
    pytest.param(timedelta(0), True, id="now"),
    pytest.param(timedelta(minutes=5) - SECOND, True, id="1 second before the tolerance"),
    pytest.param(timedelta(minutes=5), True, id="at the tolerance"),
    pytest.param(timedelta(minutes=5, microseconds=1), False, id="1 microsecond after the tolerance"),
    pytest.param(timedelta(minutes=5) + SECOND, False, id="1 second after the tolerance"),
    pytest.param(365 * DAY, False, id="in a year"),
]


@pytest.mark.parametrize(("ahead", "counts"), FUTURES)
def test_trap_10_drill_more_than_five_minutes_ahead_does_not_count(ahead: timedelta, *, counts: bool) -> None:
    """Trap 10: a future executed_at is fresh upstream."""
    report = drills(PILOT.drills(drill(-ahead)))
    assert (report.status is Status.READY) is counts
    assert outcomes(report) == {"drill": "passed" if counts else "future_dated"}
    assert report.history.future_dated == (() if counts else ("drill",))
    assert set(failed(report)) == (set() if counts else ALL)
    assert report.operator_notes == (
        () if counts else ('future_dated: "drill" lies more than 5 minutes ahead and does not count.',)
    )


@pytest.mark.parametrize("changes", [{}, {"status": "fail"}], ids=["passing", "failing"])
def test_trap_10_future_drill_changes_nothing_beside_one_that_counts(changes: dict[str, Any]) -> None:
    """Trap 10, and its other side: a failed drill of tomorrow has not failed yet."""
    ahead = drill(-DAY, "tomorrow", **changes)
    report = drills(PILOT.drills(drill(21 * DAY), ahead))
    assert report.status is Status.READY
    assert report.history.latest_drill_id == "drill"
    assert report.history.latest_passing_drill_id == "drill"


def test_latest_failed_drill_decides_and_the_older_pass_is_remembered() -> None:
    report = drills(PILOT.drills(drill(30 * DAY, "good"), drill(DAY, "bad", status="fail")))
    assert set(failed(report)) == {FILE, PASSED}
    assert (report.history.latest_drill_id, report.history.latest_passing_drill_id) == ("bad", "good")
    assert outcomes(report) == {"good": "passed", "bad": "failed"}


def test_success_supersedes_an_older_failure() -> None:
    assert drills(PILOT.drills(drill(DAY, "good"), drill(30 * DAY, "bad", status="fail"))).status is Status.READY


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_at_one_instant_the_failed_drill_is_the_later_one(order: tuple[int, ...]) -> None:
    """A boundary belongs to the worse side, in any order of the list and of the ids."""
    three = [drill(DAY, "z"), drill(DAY, "m", status="fail"), drill(DAY, "a")]
    report = drills(PILOT.drills(*(three[n] for n in order)))
    assert report.history.latest_drill_id == "m"
    assert PASSED in failed(report)


@pytest.mark.parametrize(("day", "decides"), [("2026-05-21", True), ("2026-05-20", False)])
def test_failed_drill_of_which_only_the_day_is_known_is_the_last_of_that_day(day: str, *, decides: bool) -> None:
    good = drill(DAY, "good") | {"executed_at": "2026-05-21T15:40:00Z"}
    failing = drill(DAY, "bad", status="fail") | {"executed_at": day}
    for order in permutations([good, failing]):
        report = drills(PILOT.drills(*order))
        assert (report.history.latest_drill_id == "bad") is decides
        assert (PASSED in failed(report)) is decides


def test_trap_30_drills_are_ordered_by_instant_and_not_by_text() -> None:
    """Trap 30: 10:00+02:00 is earlier than 09:00Z, though its text is later."""
    report = drills(
        PILOT.drills(
            drill(DAY, "earlier", executed_at="2026-06-01T10:00:00+02:00"),
            drill(DAY, "later", executed_at="2026-06-01T09:00:00Z", status="fail"),
        )
    )
    assert report.history.latest_drill_id == "later"
    assert set(failed(report)) == {FILE, PASSED}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-06-01T09:00:00Z", "2026-06-01T09:00:00.5Z"),
        ("2026-06-01T09:00:00.9+00:00", "2026-06-01T09:00:01Z"),
        ("2026-06-01T09:00:00.000001Z", "2026-06-01T09:00:00.000002Z"),
        ("2026-06-01T23:30:00-00:30", "2026-06-02T00:00:01Z"),
        ("2026-06-01T09:00:00+09:00", "2026-05-31T23:00:00-02:00"),
        ("2026-06-01", "2026-06-01T00:00:01Z"),
        ("2026-06-01T11:00:00+0200", "2026-06-01 09:00:01"),
    ],
)
@pytest.mark.parametrize("swap", [False, True], ids=["in order", "swapped"])
def test_trap_30_mixed_notations_are_ordered_by_instant(earlier: str, later: str, *, swap: bool) -> None:
    """Trap 30: Z beside +00:00, fractions, offsets, dates without a time."""
    two = [drill(DAY, "z", executed_at=earlier), drill(DAY, "a", executed_at=later, status="fail")]
    report = drills(PILOT.drills(*(two[::-1] if swap else two)))
    assert report.history.latest_drill_id == "a"


@pytest.mark.parametrize("value", ["", "soon", "2026-13-01", "2026-06-01T25:00:00Z", "20260601", None, 1780000000, CUT])
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_undated_drill_is_a_finding_and_never_the_latest(value: object, *, first: bool) -> None:
    """Upstream takes the last element when no date can be read; there is no fallback here (A2.2)."""
    undated = drill(DAY, "undated", status="fail", executed_at=value)
    if value is CUT:
        del undated["executed_at"]
    two = [undated, drill(2 * DAY, "dated")]
    report = drills(PILOT.drills(*(two if first else two[::-1])))
    assert set(failed(report)) == {FILE}
    assert failed(report)[FILE].reasons[0].pointer == f"/drills/{0 if first else 1}/executed_at"
    assert report.history.latest_drill_id == "dated"
    assert outcomes(report)["undated"] == "undated"


def test_only_undated_drills_leave_nothing_that_counts() -> None:
    report = drills(PILOT.drills(drill(DAY, executed_at="yesterday")))
    assert set(failed(report)) == ALL
    assert triple(failed(report)[FILE].reasons[0]) == (H, "/drills/0/executed_at", '"yesterday"', STAMP)
    assert triple(failed(report)[PASSED].reasons[0]) == NOTHING_COUNTS


def test_timestamp_without_an_offset_is_utc_and_noted() -> None:
    report = drills(PILOT.drills(drill(DAY, executed_at="2026-06-01T09:00:00")))
    assert report.status is Status.READY
    assert report.history.latest_executed_at == "2026-06-01T09:00:00Z"
    assert report.operator_notes == ('/drills/0/executed_at "2026-06-01T09:00:00" has no offset and is taken as UTC.',)


def test_contradiction_two_contents_of_one_drill_id_fail_in_any_order() -> None:
    good, bad = drill(DAY), drill(DAY, status="fail")
    texts = set()
    for listed in ([good, bad], [bad, good], [good, bad, good], [bad, bad, good]):
        check = failed(drills(PILOT.drills(*listed)))[FILE]
        texts.add(frozenset(without_positions(reason.text) for reason in check.reasons))
    (reasons,) = texts
    name = "go-backend-rollback-drills.json"
    assert f'{name} /drills/n/drill_id: found "drill", wanted an id that no other drill has' in reasons


@pytest.mark.parametrize(
    ("field", "value"),
    [("actor", "x"), ("source_mode", ""), ("source_mode", 5), ("evidence_refs", []), ("executed_at", "2026-06-02")],
)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_contradiction_is_seen_in_every_field(field: str, value: object, *, first: bool) -> None:
    one = drill(DAY)
    one.pop(field)
    two = [one, {**one, field: value}]
    report = drills(PILOT.drills(*(two if first else two[::-1])))
    assert report.history.drill_count == 2
    wanted = [reason.wanted for reason in failed(report)[FILE].reasons]
    assert wanted.count("an id that no other drill has") == 2


def test_drill_ids_that_differ_by_spaces_are_one() -> None:
    report = drills(PILOT.drills(drill(DAY, "a"), drill(2 * DAY, "a ")))
    assert set(failed(report)) == {FILE}


def test_repeated_drill_counts_once() -> None:
    one = drill(DAY)
    report = drills(PILOT.drills(one, one, {**one, "recovery_minutes": 7.0}))
    assert report.status is Status.READY
    assert report.history.drill_count == 1


def test_every_drill_counts_and_none_falls_out_of_a_window() -> None:
    """Trap 4, as far as it concerns drills: 600 older drills do not hide the one that failed last."""
    many = [drill(timedelta(days=1, minutes=n), f"d{n}") for n in range(1, 601)]
    report = drills(PILOT.drills(*many, drill(DAY, "last", status="fail")))
    assert report.history.drill_count == 601
    assert set(failed(report)) == {FILE, PASSED}


def test_environments_that_differ_are_a_contradiction() -> None:
    report = drills(PILOT.put(H, "/environment", "staging"))
    assert triple(failed(report)[FILE].reasons[0]) == (
        H,
        "/environment",
        '"staging"',
        '"production-pilot", as in go-backend-rollback-plan.json',
    )
    assert report.history.latest_passing_drill_id == ""


@pytest.mark.parametrize(
    "pilot",
    [PILOT.cut(H, "/environment"), PILOT.cut(PLAN, "/environment"), PILOT.drop(PLAN)],
    ids=["history-unnamed", "plan-unnamed", "no-plan"],
)
def test_environment_is_compared_where_both_name_one(pilot: Pilot) -> None:
    assert drills(pilot).status is Status.READY


@pytest.mark.parametrize(
    ("minutes", "own", "ready"),
    [
        (15, CUT, True),
        (15.001, CUT, False),
        (15, 15, True),
        (12, 12, True),
        (12.001, 12, False),
        (15.001, 15.001, False),
    ],
)
def test_recovery_at_the_target_is_within_it(minutes: float, own: object, *, ready: bool) -> None:
    one = drill(DAY, recovery_minutes=minutes, max_recovery_minutes=own)
    if own is CUT:
        del one["max_recovery_minutes"]
    report = drills(PILOT.drills(one))
    assert (report.status is Status.READY) is ready
    assert report.history.recovery_sla_met is ready


def test_plan_that_is_unusable_lets_no_drill_pass() -> None:
    for pilot in (
        PILOT.lose(PLAN),
        PILOT.put(PLAN, "/max_recovery_minutes", 1e9),
        PILOT.cut(PLAN, "/max_recovery_minutes"),
    ):
        report = drills(pilot)
        assert set(failed(report)) == {FILE, SLA}
        assert report.history.latest_passing_drill_id == ""


def test_plan_whose_target_is_given_twice_lets_no_drill_pass() -> None:
    raw = json.dumps(PILOT.documents[PLAN]).replace("{", '{"max_recovery_minutes": 5, ', 1).encode()
    assert set(failed(drills(PILOT.give(PLAN, raw)))) == {FILE, SLA}


@pytest.mark.parametrize(
    ("own", "ready"), [(15, True), (1_000_000, True), (1_000_001, False), (1e300, False), (CUT, False)]
)
def test_without_a_plan_the_drills_own_target_decides_within_reason(own: object, *, ready: bool) -> None:
    one = drill(DAY, max_recovery_minutes=own)
    if own is CUT:
        del one["max_recovery_minutes"]
    report = drills(PILOT.drop(PLAN).drills(one))
    assert set(failed(report)) == (set() if ready else {FILE, SLA})


@pytest.mark.parametrize("field", ["source_mode", "actor", "max_recovery_minutes"])
def test_what_is_optional_may_be_absent(field: str) -> None:
    assert drills(PILOT.cut(H, f"{LAST}/{field}")).status is Status.READY


def test_trap_16_message_names_every_failed_condition() -> None:
    """Trap 16: upstream's history check prints its success text while the drill failed or is stale."""
    name = "go-backend-rollback-drills.json"
    report = drills(PILOT.drills(drill(91 * DAY, status="fail", fallback_verified=False)))
    assert failed(report)[FILE].message == (
        f'{name} /drills/0/status: found "fail", wanted "pass"; '
        f"{name} /drills/0/fallback_verified: found false, wanted true; "
        f'{name} /drills/0/executed_at: found "{format_instant(NOW - 91 * DAY)}", 91 days ago,'
        " wanted less than 90 days ago"
    )
    assert set(failed(report)) == {FILE, PASSED, FALLBACK, FRESH}


def test_drills_of_the_year_one_and_of_the_last_year_are_only_old_and_future() -> None:
    report = drills(
        PILOT.drills(
            drill(DAY, "first", executed_at="0001-01-01T00:00:00Z"),
            drill(DAY, "last", executed_at="9999-12-31T23:59:59Z"),
        )
    )
    assert outcomes(report) == {"first": "passed", "last": "future_dated"}
    assert set(failed(report)) == {FILE, FRESH}


def test_key_given_twice_in_a_drill_fails_the_drill() -> None:
    raw = json.dumps(PILOT.documents[H]).replace('"status": "pass"', '"status": "fail", "status": "pass"', 1).encode()
    report = drills(PILOT.give(H, raw))
    assert set(failed(report)) == {FILE, PASSED}
    assert report.history.latest_passing_executed_at == "2026-04-21T15:40:00Z"


def test_more_faults_than_are_listed_let_no_drill_pass() -> None:
    """The list of faults is cut; what it leaves out must not become better by it."""
    raw = json.dumps([drill(n * DAY, f"d{n}", actor=n) for n in range(1, 80)] + [drill(DAY, "last", source_mode=5)])
    report = drills(PILOT.put(H, "/drills", json.loads(raw)))
    assert set(failed(report)) == ALL - {FRESH}
    assert report.history.latest_passing_drill_id == ""


def test_drills_without_an_id_do_not_contradict_each_other() -> None:
    nameless = [drill(2 * DAY, ""), drill(3 * DAY, "")]
    (check,) = failed(drills(PILOT.drills(drill(DAY), *nameless))).values()
    assert [(reason.pointer, reason.wanted) for reason in check.reasons] == [
        (f"/drills/{n}/drill_id", TEXT) for n in (1, 2)
    ]


def test_faulty_drill_that_is_repeated_counts_once_and_another_fault_is_another_drill() -> None:
    faulty = drill(DAY, "faulty", source_mode=5)
    assert drills(PILOT.drills(drill(DAY), faulty, faulty)).history.drill_count == 2
    assert drills(PILOT.put(H, "/drills", [drill(DAY), 5, 5, {}])).history.drill_count == 3


def test_undated_drill_is_not_noted_as_utc() -> None:
    assert drills(PILOT.drills(drill(DAY), drill(DAY, "undated", executed_at="soon"))).operator_notes == ()


@pytest.mark.parametrize("own", [0, -5])
@pytest.mark.parametrize("pilot", [PILOT, PILOT.drop(PLAN)], ids=["plan", "no-plan"])
def test_own_target_that_is_not_positive_is_named(pilot: Pilot, own: float) -> None:
    report = drills(pilot.drills(drill(DAY, max_recovery_minutes=own)))
    assert [reason.pointer for reason in failed(report)[SLA].reasons] == [
        "/drills/0/recovery_minutes",
        "/drills/0/max_recovery_minutes",
    ]


def test_longest_target_of_a_plan_is_usable() -> None:
    assert drills(PILOT.put(PLAN, "/max_recovery_minutes", 1_000_000)).status is Status.READY
