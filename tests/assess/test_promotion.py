"""Promotion readiness (domain.md B1.5, B2.3, A3): the proof, its approval, backend and deployment."""

import json
from typing import Any

import pytest

from assess.cases import (
    CUT,
    EMPTY,
    PILOT,
    Pilot,
    Violation,
    assert_only_fault,
    failed,
    not_there,
    statuses,
    triple,
)
from reporter.model.reports import Mode, PromotionReport, Status

P = "promotion_evidence"
RUNTIME, DEPLOYMENT = "go_runtime_ready", "go_deployment_ready"
PARITY, APPROVAL = "go_parity_evidence", "go_promotion_approval"


def promotion(pilot: Pilot) -> PromotionReport:
    report: PromotionReport = pilot.report("promotion")
    return report


def nested(**changes: Any) -> Pilot:  # noqa: ANN401 - whatever the test changes
    """Say everything in the nested form."""
    evidence = {
        "schema_version": "cavra.go-backend-promotion-evidence.v1",
        "parity": {"status": "pass"},
        "deployment": {"status": "ready"},
        "approval": {"status": "approved", "approval_id": "apr_1"},
    }
    return PILOT.give(P, {**evidence, **changes})


def test_promotion_in_order_is_ready() -> None:
    report = promotion(PILOT)
    assert report.status is Status.READY
    assert statuses(report) == dict.fromkeys([RUNTIME, DEPLOYMENT, PARITY, APPROVAL], "pass")
    assert report.promotion_evidence_path == "go-backend-promotion-evidence.json"
    facts = report.evidence
    assert (facts.valid, facts.approved, facts.approval_id) == (True, True, "apr_go_backend_promotion")
    assert (facts.parity_status, facts.deployment_status, len(facts.evidence_refs)) == ("pass", "ready", 2)
    assert facts.schema_version == "cavra.go-backend-promotion-evidence.v1"


def test_nested_form_says_the_same() -> None:
    report = promotion(nested())
    assert report.status is Status.READY
    assert (report.evidence.approval_id, report.evidence.parity_status, report.evidence.deployment_status) == (
        "apr_1",
        "pass",
        "ready",
    )


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.SHADOW, Mode.ENFORCE], ids=str)
def test_promotion_nobody_asked_for_is_not_requested(mode: Mode) -> None:
    report = promotion(PILOT.but(mode=mode).drop(P))
    assert report.status is Status.NOT_REQUESTED
    assert set(statuses(report).values()) == {"not_applicable"}
    assert not report.evidence.valid
    assert not report.evidence.approved
    assert report.evidence.message == f"not requested: mode is {mode} and no promotion evidence is configured"


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.ENFORCE], ids=str)
def test_configured_evidence_is_judged_before_promotion(mode: Mode) -> None:
    assert promotion(PILOT.but(mode=mode)).status is Status.READY


def test_switching_go_off_makes_no_promotion_fail() -> None:
    report = promotion(PILOT.but(mode=Mode.DISABLED))
    assert failed(report) == {}
    assert report.checks[0].message == "the pilot is disabled"


def test_trap_03_promoted_without_evidence_needs_attention() -> None:
    """Trap 3: no evidence is never ready."""
    report = promotion(EMPTY)
    assert set(failed(report)) == {DEPLOYMENT, PARITY, APPROVAL}
    assert failed(report)[APPROVAL].message == (
        "promotion_evidence: found no path configured, wanted a readable document with its approval"
    )


@pytest.mark.parametrize("raw", [b"", b"null", b"\x80", b"{"], ids=["empty", "null", "not-utf-8", "not-json"])
def test_unreadable_evidence_fails_parity_and_approval(raw: bytes) -> None:
    assert set(failed(promotion(PILOT.give(P, raw)))) == {PARITY, APPROVAL}
    assert set(failed(promotion(PILOT.lose(P)))) == {PARITY, APPROVAL}


@pytest.mark.parametrize(
    ("pilot", "check", "found"),
    [
        pytest.param(PILOT.but(compiled_policy=not_there("policy", "p")), RUNTIME, '"needs_attention"', id="backend"),
        pytest.param(PILOT.drop("updater_policy"), DEPLOYMENT, '"needs_attention"', id="deployment"),
    ],
)
def test_promotion_builds_on_backend_and_deployment(pilot: Pilot, check: str, found: str) -> None:
    (only,) = failed(promotion(pilot)).values()
    assert (only.id, only.reasons[0].found, only.reasons[0].wanted) == (check, found, '"ready"')


VIOLATIONS = [
    *(
        Violation(
            f"schema_version {name}",
            P,
            "/schema_version",
            value,
            (PARITY,),
            found,
            '"cavra.go-backend-promotion-evidence.v1"',
        )
        for name, value, found in [
            ("of version 2", "cavra.go-backend-promotion-evidence.v2", '"cavra.go-backend-promotion-evidence.v2"'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"{key} {name}", P, f"/{key}", value, (PARITY,), found, f'"{good}"')
        for key, good in [("parity_status", "pass"), ("deployment_status", "ready")]
        for name, value, found in [
            ("fail", "fail", '"fail"'),
            ("in capitals", good.upper(), f'"{good.upper()}"'),
            ("with a space", f"{good} ", f'"{good} "'),
            ("with look-alikes", good.replace("a", "\u0430"), f'"{good.replace("a", chr(0x430))}"'),
            ("empty", "", '""'),
            ("absent", CUT, "nothing"),
        ]
    ),
    *(
        Violation(f"approved {name}", P, "/approved", value, (APPROVAL,), found, "true")
        for name, value, found in [("false", False, "false"), ("absent", CUT, "nothing")]
    ),
    *(
        Violation(f"approved {name}", P, "/approved", value, (APPROVAL, PARITY), found, "true or false")
        for name, value, found in [
            ("1", 1, "1"),
            ("1.0", 1.0, "1.0"),
            ("a text", "true", '"true"'),
            ("null", None, "null"),
            ("a list", [True], "a list of 1"),
        ]
    ),
    *(
        Violation(
            f"trap 15: approval_id {name}", P, "/approval_id", value, (APPROVAL,), found, "the id of the approval"
        )
        for name, value, found in [
            ("absent", CUT, "nothing"),
            ("empty", "", '""'),
            ("blank", " \n", '" \\n"'),
            ("of a zero-width space", "\u200b", '"\\u200b"'),
            ("of a Hangul filler", "\u3164", '"\\u3164"'),
            ("of a blank Braille cell", "\u2800", '"\u2800"'),
            ("of no-break spaces", "\u00a0", '"\u00a0"'),
        ]
    ),
    *(
        Violation(f"trap 15: approval_id {name}", P, "/approval_id", value, (APPROVAL, PARITY), found, "a text")
        for name, value, found in [("a number", 7, "7"), ("null", None, "null"), ("true", True, "true")]
    ),
    Violation("trap 33: approval null", P, "/approval", None, (APPROVAL, PARITY), "null", "an object"),
    Violation("approval a text", P, "/approval", "approved", (APPROVAL, PARITY), '"approved"', "an object"),
    Violation(
        "contradiction: approved true, approval.status denied",
        P,
        "/approval",
        {"status": "denied"},
        (APPROVAL,),
        '"denied"',
        '"approved"',
        "/approval/status",
    ),
    Violation(
        "contradiction: approval.status in capitals",
        P,
        "/approval",
        {"status": "Approved"},
        (APPROVAL,),
        '"Approved"',
        '"approved"',
        "/approval/status",
    ),
    Violation(
        "contradiction: parity.status fail",
        P,
        "/parity",
        {"status": "fail"},
        (PARITY,),
        '"fail"',
        '"pass"',
        "/parity/status",
    ),
    Violation(
        "contradiction: deployment.status blocked",
        P,
        "/deployment",
        {"status": "blocked"},
        (PARITY,),
        '"blocked"',
        '"ready"',
        "/deployment/status",
    ),
    Violation("trap 33: evidence_refs null", P, "/evidence_refs", None, (PARITY,), "null", "a list"),
    Violation("trap 33: parity null", P, "/parity", None, (PARITY,), "null", "an object"),
]


@pytest.mark.parametrize("fault", VIOLATIONS, ids=str)
def test_one_fault_fails_the_right_checks_and_is_named(fault: Violation) -> None:
    report = promotion(fault.apply(PILOT))
    assert_only_fault(report, fault)
    assert report.evidence.valid is (PARITY not in fault.checks)
    assert report.evidence.approved is (APPROVAL not in fault.checks)


def test_contradicting_approval_ids_fail_at_both_places() -> None:
    (check,) = failed(promotion(PILOT.put(P, "/approval", {"approval_id": "apr_other"}))).values()
    assert [(reason.pointer, reason.wanted) for reason in check.reasons] == [
        ("/approval_id", "one and the same approval id"),
        ("/approval/approval_id", "one and the same approval id"),
    ]


def test_same_approval_in_both_forms_is_no_contradiction() -> None:
    both = {"status": "approved", "approval_id": " apr_go_backend_promotion "}
    report = promotion(PILOT.put(P, "/approval", both))
    assert report.status is Status.READY
    assert report.evidence.approval_id == "apr_go_backend_promotion"


@pytest.mark.parametrize("key", ["approved", "approval_id", "parity_status", "approval"])
def test_key_given_twice_contradicts_itself_whatever_the_last_one_says(key: str) -> None:
    """Upstream takes the last of two values; a reader may have seen the first."""
    good = nested().documents[P] | {"approved": True, "approval_id": "apr_1", "parity_status": "pass"}
    text = json.dumps(good)
    raw = text.replace("{", f'{{"{key}": false, ', 1).encode()
    report = promotion(PILOT.give(P, raw))
    expected = {PARITY} if key == "parity_status" else {PARITY, APPROVAL}
    assert set(failed(report)) == expected
    assert triple(failed(report)[PARITY].reasons[0]) == (P, f"/{key}", "a key given more than once", "each key once")


def test_trap_16_message_names_every_failed_condition() -> None:
    """Trap 16: upstream prints the success text beside a warning."""
    pilot = PILOT.put(P, "/parity_status", "fail").put(P, "/deployment_status", "blocked").cut(P, "/schema_version")
    assert failed(promotion(pilot))[PARITY].message == (
        "go-backend-promotion-evidence.json /schema_version: found nothing,"
        ' wanted "cavra.go-backend-promotion-evidence.v1"; '
        'go-backend-promotion-evidence.json /parity_status: found "fail", wanted "pass"; '
        'go-backend-promotion-evidence.json /deployment_status: found "blocked", wanted "ready"'
    )
    assert promotion(pilot).evidence.message == failed(promotion(pilot))[PARITY].message


def test_evidence_refs_are_optional() -> None:
    assert promotion(PILOT.cut(P, "/evidence_refs")).status is Status.READY
    assert promotion(PILOT.put(P, "/evidence_refs", [])).status is Status.READY


DIGESTS = {"runtime_sha256": "0" * 64, "policy_sha256": "0" * 64}


def test_digests_of_the_files_in_use_are_accepted_however_they_are_written() -> None:
    assert promotion(nested(**DIGESTS)).status is Status.READY
    assert promotion(nested(runtime_sha256=f" {'0' * 64}\n")).status is Status.READY


@pytest.mark.parametrize("key", ["runtime_sha256", "policy_sha256"])
def test_parity_that_was_found_with_another_file_is_no_proof(key: str) -> None:
    report = promotion(nested(**DIGESTS | {key: "1" * 64}))
    (reason,) = failed(report)[PARITY].reasons
    assert (reason.pointer, reason.found) == (f"/{key}", f'"{"1" * 64}"')
    assert reason.wanted == f'"{"0" * 64}", that of the {key.partition("_")[0]} in use'


def test_digest_of_a_registry_that_is_not_in_use_is_no_proof() -> None:
    (reason,) = failed(promotion(nested(registry_sha256="2" * 64)))[PARITY].reasons
    assert reason.wanted == "no digest: no registry can be read"
