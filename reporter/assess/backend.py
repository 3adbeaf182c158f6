"""Backend readiness: can the Go runtime be selected at all (domain.md B2.1, A3)."""

from typing import Final

from reporter.assess.conditions import (
    CheckSpec,
    Condition,
    check,
    fold,
    head,
    not_applicable,
    readable,
)
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.documents import DocumentState
from reporter.model.reports import BackendReport, Status

BINARY: Final = CheckSpec(
    "go_runtime_binary",
    "Runtime binary",
    "Set CAVRA_GO_RUNTIME_PATH (runtime_path) to the verified Go runtime: an executable regular file.",
)
POLICY: Final = CheckSpec(
    "go_runtime_policy",
    "Compiled policy",
    "Compile the policy and set CAVRA_GO_RUNTIME_POLICY (policy_path) to the JSON file.",
)
REGISTRY: Final = CheckSpec(
    "go_runtime_registry",
    "Tool registry",
    "Correct the file that CAVRA_GO_RUNTIME_REGISTRY (registry_path) names, or unset it: the registry is optional.",
)

NOTES: Final = (
    "Python stays the recovery backend. It is not observed here; the rollback plan and the drills prove it.",
    "Parity with Python is proven by the promotion evidence, which promotion readiness judges.",
)


def assess_backend(case: Case) -> BackendReport:
    """Judge runtime, policy and registry. A disabled pilot is `disabled`, whatever is configured."""
    checks = _checks(case)
    status = fold(checks) if case.mode.enabled else Status.DISABLED
    return BackendReport(
        **head("backend", case, status, checks),
        operator_notes=NOTES,
        runtime_path=case.runtime.document.name,
        policy_path=case.compiled_policy.name,
        registry_path=case.tool_registry.name,
        timeout_seconds=case.policy.runtime_timeout.total_seconds(),
    )


def _checks(case: Case) -> tuple[Check, ...]:
    if not case.mode.enabled:
        because = "the Go backend pilot is disabled: Python is the only backend"
        return tuple(not_applicable(spec, because) for spec in (BINARY, POLICY, REGISTRY))
    optional = (
        check(REGISTRY, readable(case.tool_registry, "a readable JSON object"))
        if case.tool_registry.configured
        else not_applicable(REGISTRY, "no registry is configured; it is optional")
    )
    return (
        check(BINARY, _runtime_conditions(case)),
        check(POLICY, readable(case.compiled_policy, "a readable JSON object")),
        optional,
    )


def _runtime_conditions(case: Case) -> list[Condition]:
    document = case.runtime.document
    conditions = readable(document, "a regular file")
    if document.state is DocumentState.READ:
        found = "executable" if case.runtime.executable else "no execute permission"
        conditions.append(Condition(document, "", found, "an execute permission", met=case.runtime.executable))
    return conditions
