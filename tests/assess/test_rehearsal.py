"""Rollback rehearsal (domain.md B1.7, B2.5, A3): simulated, fallback verified, within the plan's target."""

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
from reporter.model.reports import Mode, RehearsalReport, Status

R, PLAN = "rollback_rehearsal", "rollback_plan"
EVIDENCE = "go_rollback_rehearsal_evidence"
SIMULATED, FALLBACK = "go_rollback_rehearsal_simulated", "go_rollback_rehearsal_fallback_verified"
SLA, REFS = "go_rollback_rehearsal_recovery_sla", "go_rollback_rehearsal_evidence_refs"
ALL = {EVIDENCE, SIMULATED, FALLBACK, SLA, REFS}
BOTH = (SLA, EVIDENCE)
FILLED = "a list with at least one entry, none blank"
NUMBER = "a positive number of minutes"
SAME_PLAN = '"apr_go_backend_rollback", the approval of the rollback plan'


def rehearsal(pilot: Pilot) -> RehearsalReport:
    report: RehearsalReport = pilot.report("rehearsal")
    return report


def test_rehearsal_in_order_is_ready() -> None:
    report = rehearsal(PILOT)
    assert report.status is Status.READY
    assert statuses(report) == dict.fromkeys(ALL, "pass")
    facts = report.rehearsal
    assert (facts.valid, facts.simulated, facts.fallback_verified, facts.recovery_sla_met) == (True, True, True, True)
    assert (facts.recovery_minutes, facts.max_recovery_minutes) == (6.0, 15.0)


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.SHADOW, Mode.ENFORCE], ids=str)
def test_rehearsal_nobody_asked_for_is_not_requested(mode: Mode) -> None:
    report = rehearsal(PILOT.but(mode=mode).drop(R))
    assert report.status is Status.NOT_REQUESTED
    assert set(statuses(report).values()) == {"not_applicable"}
    assert not report.rehearsal.valid


def test_trap_03_promoted_without_a_rehearsal_fails_every_check() -> None:
    """Trap 3: no evidence is never ready."""
    assert set(failed(rehearsal(EMPTY))) == ALL
    assert set(failed(rehearsal(PILOT.lose(R)))) == ALL


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xfe", b"{]"], ids=["empty", "a-list", "not-utf-8", "not-json"])
def test_unreadable_rehearsal_fails_every_check(raw: bytes) -> None:
    assert set(failed(rehearsal(PILOT.give(R, raw)))) == ALL


VIOLATIONS = [
    Violation(
        "schema_version of a plan",
        R,
        "/schema_version",
        "cavra.go-backend-rollback-plan.v1",
        (EVIDENCE,),
        '"cavra.go-backend-rollback-plan.v1"',
        '"cavra.go-backend-rollback-rehearsal.v1"',
    ),
    *(
        Violation(f"status {name}", R, "/status", value, (EVIDENCE,), found, '"pass"')
        for name, value, found in [
            ("fail", "fail", '"fail"'),
            ("in capitals", "PASS", '"PASS"'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"{key} {name}", R, f"/{key}", value, (check, EVIDENCE), found, wanted)
        for key, check in [("simulated", SIMULATED), ("fallback_verified", FALLBACK)]
        for name, value, found, wanted in [
            ("false", False, "false", "true"),
            ("absent", CUT, "nothing", "true"),
            ("1", 1, "1", "true or false"),
            ("a text", "true", '"true"', "true or false"),
            ("null", None, "null", "true or false"),
        ]
    ),
    Violation(
        "plan approval of another plan", R, "/plan_approval_id", "apr_other", (EVIDENCE,), '"apr_other"', SAME_PLAN
    ),
    Violation("plan approval absent", R, "/plan_approval_id", CUT, (EVIDENCE,), "nothing", SAME_PLAN),
    Violation("plan approval blank", R, "/plan_approval_id", " ", (EVIDENCE,), '" "', SAME_PLAN),
    Violation(
        "plan approval in capitals",
        R,
        "/plan_approval_id",
        "APR_GO_BACKEND_ROLLBACK",
        (EVIDENCE,),
        '"APR_GO_BACKEND_ROLLBACK"',
        SAME_PLAN,
    ),
    Violation("recovery over the target", R, "/recovery_minutes", 15.001, BOTH, "15.001", f"{NUMBER}, 15 at most"),
    *(
        Violation(
            f"own target {name}", R, "/max_recovery_minutes", value, BOTH, found, "no more than the plan's target, 15"
        )
        for name, value, found in [("trap 40: above the plan's", 16, "16"), ("a little above", 15.0001, "15.0001")]
    ),
    Violation(
        "recovery over its own lower target",
        R,
        "/max_recovery_minutes",
        5,
        BOTH,
        "6",
        f"{NUMBER}, 5 at most",
        "/recovery_minutes",
    ),
    *(
        Violation(f"evidence_refs {name}", R, "/evidence_refs", value, (REFS, EVIDENCE), found, FILLED)
        for name, value, found in [
            ("empty", [], "an empty list"),
            ("blank", [""], '[""]'),
            ("invisible", ["\u200b"], '["\\u200b"]'),
            ("absent", CUT, "nothing"),
        ]
    ),
    Violation("trap 33: evidence_refs null", R, "/evidence_refs", None, (REFS, EVIDENCE), "null", "a list"),
    *(
        Violation(f"runbook_ref {name}", R, "/runbook_ref", value, (EVIDENCE,), found, "a non-empty text")
        for name, value, found in [("blank", "  ", '"  "'), ("absent", CUT, "nothing")]
    ),
]


@pytest.mark.parametrize("fault", VIOLATIONS, ids=str)
def test_one_fault_fails_the_right_checks_and_is_named(fault: Violation) -> None:
    report = rehearsal(fault.apply(PILOT))
    assert_only_fault(report, fault)
    assert report.rehearsal.valid is (EVIDENCE not in fault.checks)
    assert report.rehearsal.recovery_sla_met is (SLA not in fault.checks)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0, "0"),
        (-1, "-1"),
        (CUT, "nothing"),
        ("6", '"6"'),
        (True, "true"),
        (None, "null"),
        (1e300, "1e+300"),
        (float("nan"), "the number NaN"),
        (float("-inf"), "the number -Infinity"),
        (10**19, "the number 10000000000000000000"),
    ],
    ids=str,
)
def test_recovery_that_is_no_positive_number_of_minutes_fails(value: object, found: str) -> None:
    report = rehearsal(Violation("", R, "/recovery_minutes", value, (), "", "").apply(PILOT))
    assert set(failed(report)) == {EVIDENCE, SLA}
    assert failed(report)[SLA].reasons[0].found == found
    assert failed(report)[SLA].reasons[0].pointer == "/recovery_minutes"


@pytest.mark.parametrize("value", [0, -1, 1e300, "15", True, None, float("inf")], ids=str)
def test_own_target_that_is_no_positive_number_of_minutes_fails(value: object) -> None:
    assert set(failed(rehearsal(PILOT.put(R, "/max_recovery_minutes", value)))) == {EVIDENCE, SLA}


@pytest.mark.parametrize(
    ("minutes", "own", "ready"),
    [
        (14.999, 15, True),
        (15, 15, True),
        (15.001, 15, False),
        (15, CUT, True),
        (15.001, CUT, False),
        (6, 6, True),
        (6, 5.999, False),
        (0.001, CUT, True),
    ],
)
def test_recovery_at_the_target_is_within_it(minutes: float, own: object, *, ready: bool) -> None:
    pilot = Violation("", R, "/max_recovery_minutes", own, (), "", "").apply(PILOT.put(R, "/recovery_minutes", minutes))
    report = rehearsal(pilot)
    assert (report.status is Status.READY) is ready
    assert report.rehearsal.recovery_sla_met is ready


def test_plans_target_stands_in_for_an_own_one() -> None:
    assert rehearsal(PILOT.cut(R, "/max_recovery_minutes")).rehearsal.max_recovery_minutes == 15.0


def test_without_plan_and_without_own_target_nothing_is_within_it() -> None:
    report = rehearsal(PILOT.cut(R, "/max_recovery_minutes").drop(PLAN))
    assert triple(failed(report)[SLA].reasons[0]) == (R, "/recovery_minutes", "6", f"{NUMBER}, a known target")
    assert report.rehearsal.max_recovery_minutes is None


def test_own_target_decides_where_nobody_configured_a_plan() -> None:
    assert rehearsal(PILOT.drop(PLAN)).status is Status.READY


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(PILOT.lose(PLAN), id="missing"),
        pytest.param(PILOT.give(PLAN, b"{"), id="not-json"),
        pytest.param(PILOT.cut(PLAN, "/max_recovery_minutes"), id="without-target"),
        pytest.param(PILOT.put(PLAN, "/max_recovery_minutes", "15"), id="target-a-text"),
        pytest.param(PILOT.put(PLAN, "/max_recovery_minutes", 0), id="target-zero"),
        pytest.param(PILOT.put(PLAN, "/max_recovery_minutes", 1_000_001), id="target-beyond-meaning"),
    ],
)
def test_plan_that_is_configured_and_unusable_promises_nothing(plan: Pilot) -> None:
    """A broken plan must not be more lenient than a good one."""
    (reason,) = failed(rehearsal(plan))[SLA].reasons
    assert triple(reason) == (R, "/max_recovery_minutes", "15", "no more than the plan's target, which is unknown")


def test_own_approval_of_the_rehearsal_is_not_that_of_the_plan() -> None:
    report = rehearsal(PILOT.put(R, "/approval_id", "apr_of_the_rehearsal"))
    assert report.status is Status.READY
    assert report.rehearsal.plan_approval_id == "apr_go_backend_rollback"


def test_approval_id_stands_in_for_the_plans_approval() -> None:
    old = PILOT.cut(R, "/plan_approval_id").put(R, "/approval_id", "apr_go_backend_rollback")
    assert rehearsal(old).status is Status.READY
    assert rehearsal(old).rehearsal.plan_approval_id == "apr_go_backend_rollback"
    wrong = failed(rehearsal(old.put(R, "/approval_id", "apr_other")))
    assert triple(wrong[EVIDENCE].reasons[0]) == (R, "/approval_id", '"apr_other"', SAME_PLAN)


def test_plan_without_an_approval_id_was_not_rehearsed() -> None:
    """Removing the approval of a plan must not mend a rehearsal that was made for another one (domain.md A2)."""
    reason = failed(rehearsal(PILOT.cut(PLAN, "/approval_id")))[EVIDENCE].reasons[0]
    assert reason.pointer == "/plan_approval_id"
    assert reason.wanted == "the rollback plan's approval: it has none"


def test_trap_16_message_names_every_failed_condition() -> None:
    """Trap 16: upstream's evidence check prints its success text for a rehearsal that was not simulated or too slow."""
    pilot = PILOT.put(R, "/simulated", value=False).put(R, "/recovery_minutes", 20).put(R, "/plan_approval_id", "x")
    name = "go-backend-rollback-rehearsal.json"
    assert failed(rehearsal(pilot))[EVIDENCE].message == (
        f"{name} /simulated: found false, wanted true; "
        f'{name} /plan_approval_id: found "x", wanted {SAME_PLAN}; '
        f"{name} /recovery_minutes: found 20, wanted {NUMBER}, 15 at most"
    )
