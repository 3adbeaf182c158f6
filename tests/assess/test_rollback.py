"""Rollback readiness (domain.md B1.6, B2.4, A3): plan, approval, target, controls."""

import json

import pytest

from assess.cases import (
    CUT,
    EMPTY,
    PILOT,
    Pilot,
    Violation,
    assert_only_fault,
    failed,
    statuses,
    triple,
)
from reporter.model.manifests.rollback import PYTHON_FALLBACK, ROLLBACK_CONTROLS
from reporter.model.reports import Mode, RollbackReport, Status

P = "rollback_plan"
FALLBACK, PLAN, APPROVAL = "python_fallback_available", "go_rollback_plan", "go_rollback_approval"
DISABLE, CONTROLS = "go_rollback_disable_path", "go_rollback_controls"
MINUTES = "a positive number of minutes, 1e+06 at most"
FILLED = "a list with at least one entry, none blank"


def rollback(pilot: Pilot) -> RollbackReport:
    report: RollbackReport = pilot.report("rollback")
    return report


def test_plan_in_order_is_ready() -> None:
    report = rollback(PILOT)
    assert report.status is Status.READY
    assert statuses(report) == dict.fromkeys([FALLBACK, PLAN, APPROVAL, DISABLE, CONTROLS], "pass")
    facts = report.rollback
    assert (facts.valid, facts.approved, facts.approval_id) == (True, True, "apr_go_backend_rollback")
    assert (facts.max_recovery_minutes, facts.missing_controls, facts.target_mode) == (15.0, (), "disabled")


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.SHADOW, Mode.ENFORCE], ids=str)
def test_plan_nobody_asked_for_is_not_requested(mode: Mode) -> None:
    report = rollback(EMPTY.but(mode=mode))
    assert report.status is Status.NOT_REQUESTED
    assert set(statuses(report).values()) == {"not_applicable"}
    assert not report.rollback.valid


@pytest.mark.parametrize("mode", list(Mode), ids=str)
def test_configured_plan_is_judged_in_every_mode(mode: Mode) -> None:
    assert rollback(PILOT.but(mode=mode)).status is Status.READY
    assert rollback(PILOT.but(mode=mode).lose(P)).status is Status.NEEDS_ATTENTION


def test_trap_03_trap_08_promoted_without_a_plan_fails_every_check() -> None:
    """Traps 3 and 8: no evidence is never ready, and the Python fallback is no constant pass."""
    assert set(failed(rollback(EMPTY))) == {FALLBACK, PLAN, APPROVAL, DISABLE, CONTROLS}


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xfe", b"{]"], ids=["empty", "a-list", "not-utf-8", "not-json"])
def test_unreadable_plan_fails_every_check(raw: bytes) -> None:
    assert set(failed(rollback(PILOT.give(P, raw)))) == {FALLBACK, PLAN, APPROVAL, DISABLE, CONTROLS}


VIOLATIONS = [
    Violation(
        "schema_version of version 2",
        P,
        "/schema_version",
        "cavra.go-backend-rollback-plan.v2",
        (PLAN,),
        '"cavra.go-backend-rollback-plan.v2"',
        '"cavra.go-backend-rollback-plan.v1"',
    ),
    Violation(
        "schema_version of a rehearsal",
        P,
        "/schema_version",
        "cavra.go-backend-rollback-rehearsal.v1",
        (PLAN,),
        '"cavra.go-backend-rollback-rehearsal.v1"',
        '"cavra.go-backend-rollback-plan.v1"',
    ),
    *(
        Violation(f"status {name}", P, "/status", value, (PLAN,), found, '"ready"')
        for name, value, found in [
            ("draft", "draft", '"draft"'),
            ("in capitals", "READY", '"READY"'),
            ("absent", CUT, "nothing"),
        ]
    ),
    Violation("status null", P, "/status", None, (PLAN,), "null", "a text"),
    *(
        Violation(f"target_mode {name}", P, "/target_mode", value, (DISABLE, PLAN), found, '"disabled"')
        for name, value, found in [
            ("shadow", "shadow", '"shadow"'),
            ("in capitals", "Disabled", '"Disabled"'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"target_mode {name}", P, "/target_mode", value, (DISABLE, PLAN), name, "a text")
        for name, value in [("false", False), ("null", None)]
    ),
    *(
        Violation(f"max_recovery_minutes {name}", P, "/max_recovery_minutes", value, (PLAN,), found, MINUTES)
        for name, value, found in [
            ("zero", 0, "0"),
            ("negative", -15, "-15"),
            ("huge", 1e300, "1e+300"),
            ("one too many", 1_000_001, "1000001"),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"max_recovery_minutes {name}", P, "/max_recovery_minutes", value, (PLAN,), found, "a number")
        for name, value, found in [("a text", "15", '"15"'), ("true", True, "true"), ("null", None, "null")]
    ),
    Violation(
        "max_recovery_minutes infinite",
        P,
        "/max_recovery_minutes",
        float("inf"),
        (PLAN,),
        "the number Infinity",
        "a finite number of ordinary size",
    ),
    Violation(
        "max_recovery_minutes not a number",
        P,
        "/max_recovery_minutes",
        float("nan"),
        (PLAN,),
        "the number NaN",
        "a finite number of ordinary size",
    ),
    Violation("trap 33: controls null", P, "/controls", None, (CONTROLS, PLAN, FALLBACK), "null", "a list"),
    *(
        Violation(f"rollback_steps {name}", P, "/rollback_steps", value, (PLAN,), found, FILLED)
        for name, value, found in [
            ("empty", [], "an empty list"),
            ("blank", ["step", " "], '["step", " "]'),
            ("invisible", ["\u2060"], '["\\u2060"]'),
            ("absent", CUT, "nothing"),
        ]
    ),
    Violation("trap 33: rollback_steps null", P, "/rollback_steps", None, (PLAN,), "null", "a list"),
    Violation("trap 33: evidence_refs null", P, "/evidence_refs", None, (PLAN,), "null", "a list"),
    *(
        Violation(f"approved {name}", P, "/approved", value, (APPROVAL,), found, "true")
        for name, value, found in [("false", False, "false"), ("absent", CUT, "nothing")]
    ),
    *(
        Violation(f"approved {name}", P, "/approved", value, (APPROVAL, PLAN), found, "true or false")
        for name, value, found in [("1", 1, "1"), ("a text", "true", '"true"'), ("null", None, "null")]
    ),
    *(
        Violation(
            f"trap 15: approval_id {name}", P, "/approval_id", value, (APPROVAL,), found, "the id of the approval"
        )
        for name, value, found in [
            ("absent", CUT, "nothing"),
            ("blank", " ", '" "'),
            ("invisible", "\ufeff\u200d", '"\\ufeff\\u200d"'),
        ]
    ),
    Violation(
        "contradiction: approval.status denied",
        P,
        "/approval",
        {"status": "denied"},
        (APPROVAL,),
        '"denied"',
        '"approved"',
        "/approval/status",
    ),
]


@pytest.mark.parametrize("fault", VIOLATIONS, ids=str)
def test_one_fault_fails_the_right_checks_and_is_named(fault: Violation) -> None:
    report = rollback(fault.apply(PILOT))
    assert_only_fault(report, fault)
    assert report.rollback.valid is (PLAN not in fault.checks)
    assert report.rollback.approved is (APPROVAL not in fault.checks)


@pytest.mark.parametrize("control", ROLLBACK_CONTROLS)
def test_every_control_is_required(control: str) -> None:
    report = rollback(PILOT.put(P, "/controls", [one for one in ROLLBACK_CONTROLS if one != control]))
    checks = failed(report)
    assert set(checks) == {PLAN, CONTROLS} | ({FALLBACK} if control == PYTHON_FALLBACK else set())
    (reason,) = checks[CONTROLS].reasons
    assert reason.wanted == f"all 5 required entries; missing: {control}"
    assert report.rollback.missing_controls == (control,)


def test_controls_in_capitals_are_other_controls() -> None:
    checks = failed(rollback(PILOT.put(P, "/controls", [one.upper() for one in ROLLBACK_CONTROLS])))
    assert set(checks) == {PLAN, CONTROLS, FALLBACK}


def test_controls_given_twice_count_for_no_check() -> None:
    raw = json.dumps(PILOT.documents[P]).replace("{", '{"controls": [], ', 1).encode()
    checks = failed(rollback(PILOT.give(P, raw)))
    assert set(checks) == {PLAN, CONTROLS, FALLBACK}
    assert triple(checks[FALLBACK].reasons[0]) == (P, "/controls", "a key given more than once", "each key once")


def test_approval_is_no_part_of_a_valid_plan() -> None:
    report = rollback(PILOT.cut(P, "/approval_id"))
    assert (report.rollback.valid, report.rollback.approved) == (True, False)
    assert report.status is Status.NEEDS_ATTENTION


@pytest.mark.parametrize(
    "approval",
    [
        {"approval": {"status": "approved", "approval_id": "apr_1"}},
        {"approval": {"status": "approved"}, "approval_id": "apr_1"},
        {"approved": True, "approval": {"approval_id": "apr_1"}},
        {"approved": True, "approval_id": "apr_1", "approval": {}},
    ],
    ids=["nested", "nested-status", "nested-id", "flat-beside-an-empty-object"],
)
def test_approval_may_be_flat_nested_or_both(approval: dict[str, object]) -> None:
    bare = PILOT.cut(P, "/approved").cut(P, "/approval_id")
    report = rollback(bare.give(P, bare.documents[P] | approval))
    assert report.status is Status.READY
    assert report.rollback.approval_id == "apr_1"


def test_trap_16_message_names_every_failed_condition() -> None:
    """Trap 16: upstream's plan check prints its success text while controls are missing."""
    pilot = PILOT.put(P, "/status", "draft").put(P, "/controls", []).put(P, "/max_recovery_minutes", 0)
    missing = ", ".join(ROLLBACK_CONTROLS)
    assert failed(rollback(pilot))[PLAN].message == (
        'go-backend-rollback-plan.json /status: found "draft", wanted "ready"; '
        f"go-backend-rollback-plan.json /max_recovery_minutes: found 0, wanted {MINUTES}; "
        "go-backend-rollback-plan.json /controls: found an empty list,"
        f" wanted all 5 required entries; missing: {missing}"
    )


def test_step_that_is_no_text_is_named_by_its_place() -> None:
    reason = failed(rollback(PILOT.put(P, "/rollback_steps/1", None)))[PLAN].reasons[0]
    assert triple(reason) == (P, "/rollback_steps/1", "null", "a text")
