"""Promotion readiness: is there approved proof that Go decides as Python does (domain.md B2.3, A3)."""

from collections.abc import Iterator
from typing import Final

from reporter.assess.approval import approval_conditions, approval_id, is_approved, says
from reporter.assess.conditions import (
    CheckSpec,
    Condition,
    check,
    fold,
    head,
    holds,
    judged,
    not_applicable,
    requested,
    unrequested,
)
from reporter.model.case import Case
from reporter.model.checks import Check, CheckStatus
from reporter.model.documents import Document, DocumentState, Manifest
from reporter.model.manifests.promotion import PromotionEvidence
from reporter.model.reports import (
    BackendReport,
    DeploymentReport,
    PromotionFacts,
    PromotionReport,
    Report,
    Status,
)
from reporter.model.text import is_blank

RUNTIME: Final = CheckSpec(
    "go_runtime_ready",
    "Backend ready",
    "Mend the backend report first.",
)
DEPLOYMENT: Final = CheckSpec(
    "go_deployment_ready",
    "Deployment ready",
    "Mend the deployment report first.",
)
PARITY: Final = CheckSpec(
    "go_parity_evidence",
    "Parity evidence",
    "Run `reporter parity` with the files in use and publish the promotion evidence with parity_status pass.",
)
APPROVAL: Final = CheckSpec(
    "go_promotion_approval",
    "Promotion approval",
    "Have the promotion approved and record approved: true with its approval_id.",
)
SPECS: Final = (RUNTIME, DEPLOYMENT, PARITY, APPROVAL)


def assess_promotion(case: Case, backend: BackendReport, deployment: DeploymentReport) -> PromotionReport:
    """Judge the evidence, its approval, and that backend and deployment are ready by themselves."""
    evidence = case.manifest("promotion_evidence")
    parity = [*_parity_conditions(evidence), *_same_files(case, evidence)]
    checks: tuple[Check, ...]
    if requested(case, evidence):
        checks = (
            check(RUNTIME, [_ready(backend)])
            if case.mode.enabled
            else not_applicable(RUNTIME, "the pilot is disabled"),
            check(DEPLOYMENT, [_ready(deployment)]),
            check(PARITY, parity),
            check(APPROVAL, approval_conditions(evidence)),
        )
        status = fold(checks)
        parity_check, approval_check = checks[2:]
    else:
        checks = unrequested(case, SPECS, "promotion evidence")
        status = Status.NOT_REQUESTED
        parity_check, approval_check = checks[2:]
    value = evidence.value or PromotionEvidence()
    return PromotionReport(
        **head("promotion", case, status, checks),
        promotion_evidence_path=evidence.document.name,
        backend_status=backend.status,
        deployment_status=deployment.status,
        evidence=PromotionFacts(
            valid=parity_check.status is CheckStatus.PASS,
            approved=is_approved(evidence),
            schema_version=value.schema_version,
            approval_id=approval_id(evidence),
            message=parity_check.message,
            approval_message=approval_check.message,
            evidence_refs=tuple(value.evidence_refs),
            parity_status=value.parity_status or value.parity.status,
            deployment_status=value.deployment_status or value.deployment.status,
        ),
    )


def _parity_conditions(evidence: Manifest[PromotionEvidence]) -> list[Condition]:
    return [
        *judged(evidence, "promotion evidence"),
        *says(evidence.document, ("/parity_status", "/parity/status"), "pass"),
        *says(evidence.document, ("/deployment_status", "/deployment/status"), "ready"),
    ]


def _same_files(case: Case, evidence: Manifest[PromotionEvidence]) -> Iterator[Condition]:
    """Want the files that parity was found with to be those in use, where the evidence names their digests."""
    value = evidence.value or PromotionEvidence()
    in_use = {
        "runtime_sha256": (value.runtime_sha256, case.runtime.document),
        "policy_sha256": (value.policy_sha256, case.compiled_policy),
        "registry_sha256": (value.registry_sha256, case.tool_registry),
    }
    for key, (stated, document) in in_use.items():
        if not is_blank(stated):
            wanted = f'"{document.sha256}", that of the {document.alias} in use' if document.sha256 else "no digest"
            met = document.sha256 is not None and stated.strip().lower() == document.sha256
            lacking = "" if document.sha256 else f": no {document.alias} can be read"
            yield holds(evidence.document, f"/{key}", f"{wanted}{lacking}", met=met)


def _ready(report: Report) -> Condition:
    """Want another report to be ready; its own checks say why it is not."""
    source = Document(alias=f"report:{report.report}", name=f"{report.report} report", state=DocumentState.READ)
    return Condition(source, "/status", f'"{report.status}"', '"ready"', met=report.status is Status.READY)
