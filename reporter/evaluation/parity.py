"""Whether Go decided as Python did, and whose decision is in force (domain.md B8.3)."""

from typing import Final, Literal

from reporter.evaluation.decision import ActionRequest, Decision
from reporter.evaluation.runtime import RuntimeFault
from reporter.model.checks import Wire
from reporter.model.gate import Backend, GateDecision, GateReason
from reporter.model.reports import Mode, Status

COMPARED: Final = ("decision", "rule_id", "severity")
DIVERGED: Final = "decision_diverged"
NOT_ASKED: Final = RuntimeFault("runtime_not_asked", "nobody asked it")


class Evaluation(Wire):
    """One action, decided. `parity_match` is null where Go was not asked or gave no decision."""

    schema_version: Literal["cavra.go-backend-pilot.evaluation.v1"] = "cavra.go-backend-pilot.evaluation.v1"
    environment: str
    as_of: str
    backend_mode: Mode
    selected_backend: Backend
    fallback_used: bool
    fallback_reason: str
    fallback_detail: str
    parity_match: bool | None
    python_decision: Decision
    go_decision: Decision | None
    effective_decision: Decision
    reasons: tuple[GateReason, ...]


def differences(python: Decision, go: Decision) -> tuple[str, ...]:
    """Name the compared fields in which two decisions differ."""
    return tuple(name for name in COMPARED if getattr(python, name) != getattr(go, name))


def may_ask_go(gate: GateDecision) -> bool:
    """Say whether Go is asked at all: where it takes part, and no report speaks against it."""
    return gate.backend_mode.enabled and not gate.fallback_used


class Mismatch(Wire):
    """One case on which the backends were not of one mind. Values are the words that were compared, never free text."""

    case: int
    action_type: str
    code: str
    python: dict[str, str]
    go: dict[str, str]


class ParityEvidence(Wire):
    """Promotion evidence as it is written (domain.md B1.5), to be approved by people; it names the files it is of."""

    schema_version: Literal["cavra.go-backend-promotion-evidence.v1"] = "cavra.go-backend-promotion-evidence.v1"
    environment: str
    generated_at: str
    parity_status: Literal["pass", "fail"]
    deployment_status: Status
    approved: Literal[False] = False
    case_count: int
    match_count: int
    mismatch_count: int
    mismatches: tuple[Mismatch, ...]
    cases_sha256: str
    runtime_sha256: str
    policy_sha256: str
    registry_sha256: str


def mismatch_of(number: int, request: ActionRequest, python: Decision, go: Decision | RuntimeFault) -> Mismatch | None:
    """Compare the answers to one case; None where they agree."""
    if isinstance(go, RuntimeFault):
        return Mismatch(case=number, action_type=request.action_type, code=go.code, python=_compared(python), go={})
    if not differences(python, go):
        return None
    return Mismatch(
        case=number, action_type=request.action_type, code=DIVERGED, python=_compared(python), go=_compared(go)
    )


def _compared(decision: Decision) -> dict[str, str]:
    return {name: str(getattr(decision, name)) for name in COMPARED}


def judge(gate: GateDecision, python: Decision, go: Decision | RuntimeFault | None) -> Evaluation:
    """Say whose decision is in force: Go's only where the gate selects it and it decided as Python did."""
    reason, detail, match = gate.fallback_reason, "; ".join(one.message for one in gate.reasons), None
    decided = go if isinstance(go, Decision) else None
    fallback = gate.fallback_used
    if go is None and gate.selected_backend is Backend.GO:
        go = NOT_ASKED
    if isinstance(go, RuntimeFault):
        reason, detail, fallback = go.code, f"go runtime: found {go.found}", True
    elif decided is not None:
        apart = differences(python, decided)
        match = not apart
        if apart:
            told = ", ".join(f"{name} {getattr(decided, name)} against {getattr(python, name)}" for name in apart)
            reason, detail, fallback = DIVERGED, f"go decided otherwise than python: {told}", True
    goes = gate.selected_backend is Backend.GO and match is True
    return Evaluation(
        environment=gate.environment,
        as_of=gate.as_of,
        backend_mode=gate.backend_mode,
        selected_backend=Backend.GO if goes else Backend.PYTHON,
        fallback_used=fallback,
        fallback_reason="" if goes else reason,
        fallback_detail="" if goes else detail,
        parity_match=match,
        python_decision=python,
        go_decision=decided,
        effective_decision=decided if goes and decided is not None else python,
        reasons=gate.reasons,
    )
