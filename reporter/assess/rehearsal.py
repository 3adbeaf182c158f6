"""Rollback rehearsal: was the way back tried out within its target (domain.md B2.5, A3)."""

from typing import Final

from reporter.assess.approval import approval_id
from reporter.assess.conditions import (
    CheckSpec,
    Condition,
    check,
    fold,
    head,
    holds,
    judged,
    requested,
    under,
    unrequested,
)
from reporter.assess.numbers import number, plan_target, recovery_conditions
from reporter.model.case import Case
from reporter.model.checks import Check, CheckStatus
from reporter.model.documents import Manifest
from reporter.model.manifests.rollback import RollbackPlan, RollbackRehearsal
from reporter.model.reports import RehearsalFacts, RehearsalReport, Status
from reporter.model.text import show

EVIDENCE: Final = CheckSpec(
    "go_rollback_rehearsal_evidence",
    "Rehearsal evidence",
    "Rehearse the approved rollback plan and publish the evidence; see `reporter schema rollback_rehearsal`.",
)
SIMULATED: Final = CheckSpec(
    "go_rollback_rehearsal_simulated",
    "Rehearsed by simulation",
    "Simulate the rollback and record simulated: true.",
)
FALLBACK: Final = CheckSpec(
    "go_rollback_rehearsal_fallback_verified",
    "Fallback verified",
    "Verify during the rehearsal that Python serves, and record fallback_verified: true.",
)
SLA: Final = CheckSpec(
    "go_rollback_rehearsal_recovery_sla",
    "Recovery within target",
    "Shorten the recovery until the rehearsal stays within the plan's max_recovery_minutes.",
)
REFS: Final = CheckSpec(
    "go_rollback_rehearsal_evidence_refs",
    "Evidence references",
    "Name at least one evidence reference of the rehearsal.",
)
SPECS: Final = (EVIDENCE, SIMULATED, FALLBACK, SLA, REFS)


def assess_rehearsal(case: Case) -> RehearsalReport:
    """Judge the rehearsal against the plan that it rehearsed."""
    rehearsal = case.manifest("rollback_rehearsal")
    plan = case.manifest("rollback_plan")
    value: RollbackRehearsal = rehearsal.value or RollbackRehearsal()
    conditions = judged(rehearsal, "rollback rehearsal")
    recovery = list(
        recovery_conditions(rehearsal.document, "", value.recovery_minutes, value.max_recovery_minutes, plan)
    )
    if requested(case, rehearsal):
        checks: tuple[Check, ...] = (
            check(EVIDENCE, [*conditions, *_same_plan(rehearsal, plan), *recovery]),
            check(SIMULATED, under(conditions, "/simulated")),
            check(FALLBACK, under(conditions, "/fallback_verified")),
            check(SLA, [*under(conditions, "/recovery_minutes", "/max_recovery_minutes"), *recovery]),
            check(REFS, under(conditions, "/evidence_refs")),
        )
        status = fold(checks)
    else:
        checks = unrequested(case, SPECS, "rollback rehearsal")
        status = Status.NOT_REQUESTED
    own_target = number(value.max_recovery_minutes)
    return RehearsalReport(
        **head("rehearsal", case, status, checks),
        rollback_rehearsal_path=rehearsal.document.name,
        rehearsal=RehearsalFacts(
            valid=checks[0].status is CheckStatus.PASS,
            schema_version=value.schema_version,
            status=value.status,
            plan_approval_id=value.plan_approval_id or value.approval_id,
            simulated=value.simulated,
            fallback_verified=value.fallback_verified,
            recovery_minutes=number(value.recovery_minutes),
            max_recovery_minutes=number(plan_target(plan)) if own_target is None else own_target,
            recovery_sla_met=all(condition.met for condition in recovery),
            runbook_ref=value.runbook_ref,
            evidence_refs=tuple(value.evidence_refs),
        ),
    )


def _same_plan(rehearsal: Manifest[RollbackRehearsal], plan: Manifest[RollbackPlan]) -> list[Condition]:
    """Want the rehearsal to name the approval of the plan in use; of a plan without one nothing was rehearsed."""
    if not plan.configured:
        return []
    wanted = approval_id(plan)
    value = rehearsal.value or RollbackRehearsal()
    own = value.plan_approval_id.strip()
    named = own or value.approval_id.strip()
    pointer = "/approval_id" if named and not own else "/plan_approval_id"
    whose = (
        f"{show(wanted)}, the approval of the rollback plan" if wanted else "the rollback plan's approval: it has none"
    )
    return [holds(rehearsal.document, pointer, whose, met=bool(wanted) and named == wanted)]
