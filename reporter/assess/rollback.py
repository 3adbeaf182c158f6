"""Rollback readiness: is the way back to Python planned and approved (domain.md B2.4, A3)."""

from typing import Final

from reporter.assess.approval import approval_conditions, approval_id, is_approved
from reporter.assess.conditions import (
    CheckSpec,
    check,
    faults_under,
    fold,
    head,
    holds,
    judged,
    requested,
    under,
    unrequested,
)
from reporter.assess.numbers import number
from reporter.model.case import Case
from reporter.model.checks import Check, CheckStatus
from reporter.model.manifests.rollback import PYTHON_FALLBACK, ROLLBACK_CONTROLS, RollbackPlan
from reporter.model.reports import RollbackFacts, RollbackReport, Status

FALLBACK: Final = CheckSpec(
    "python_fallback_available",
    "Python fallback",
    f"Verify that Python still serves, and list the control {PYTHON_FALLBACK} in the plan.",
)
PLAN: Final = CheckSpec(
    "go_rollback_plan",
    "Rollback plan",
    "Correct the rollback plan; `reporter schema rollback_plan` prints what it must hold.",
)
APPROVAL: Final = CheckSpec(
    "go_rollback_approval",
    "Rollback approval",
    "Have the plan approved and record approved: true with its approval_id.",
)
DISABLE: Final = CheckSpec(
    "go_rollback_disable_path",
    "Path to disabled",
    "The plan must lead to target_mode disabled: Python alone.",
)
CONTROLS: Final = CheckSpec(
    "go_rollback_controls",
    "Rollback controls",
    "Put the missing controls in place and list them in the plan.",
)
SPECS: Final = (FALLBACK, PLAN, APPROVAL, DISABLE, CONTROLS)


def assess_rollback(case: Case) -> RollbackReport:
    """Judge the plan, its approval, where it leads and its controls."""
    plan = case.manifest("rollback_plan")
    value: RollbackPlan = plan.value or RollbackPlan()
    conditions = judged(plan, "rollback plan")
    if requested(case, plan, "rollback_rehearsal", "rollback_drill_history", "rollback_drill_schedule"):
        fallback = holds(
            plan.document,
            "/controls",
            f"a list with {PYTHON_FALLBACK}",
            met=PYTHON_FALLBACK in value.controls,
        )
        checks: tuple[Check, ...] = (
            check(FALLBACK, [*faults_under(plan.document, "/controls"), fallback]),
            check(PLAN, conditions),
            check(APPROVAL, approval_conditions(plan)),
            check(DISABLE, under(conditions, "/target_mode")),
            check(CONTROLS, under(conditions, "/controls")),
        )
        status = fold(checks)
    else:
        checks = unrequested(case, SPECS, "rollback plan")
        status = Status.NOT_REQUESTED
    return RollbackReport(
        **head("rollback", case, status, checks),
        rollback_plan_path=plan.document.name,
        rollback=RollbackFacts(
            valid=checks[1].status is CheckStatus.PASS,
            approved=is_approved(plan),
            schema_version=value.schema_version,
            status=value.status,
            target_mode=value.target_mode,
            approval_id=approval_id(plan),
            max_recovery_minutes=number(value.max_recovery_minutes),
            controls=tuple(value.controls),
            missing_controls=tuple(control for control in ROLLBACK_CONTROLS if control not in value.controls),
            rollback_steps=tuple(value.rollback_steps),
            evidence_refs=tuple(value.evidence_refs),
        ),
    )
