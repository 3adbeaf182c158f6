"""The way back to Python: planned and rehearsed (domain.md B1.6, B1.7)."""

from typing import Annotated, Final

from reporter.model.manifests.approval import Approvable
from reporter.model.wants import (
    ABSENT_NUMBER,
    ManifestModel,
    equals,
    filled,
    includes,
    positive,
    text,
)

PYTHON_FALLBACK: Final = "python-fallback-available"
ROLLBACK_CONTROLS: Final = (
    PYTHON_FALLBACK,
    "promoted-mode-disable-tested",
    "rollback-approval-recorded",
    "operator-runbook-linked",
    "evidence-capture-enabled",
)
LONGEST_RECOVERY_MINUTES: Final = 1_000_000


class RollbackPlan(Approvable):
    """How promoted Go is switched off, within how long, and who approved that (B1.6)."""

    schema_version: Annotated[str, equals("cavra.go-backend-rollback-plan.v1")] = ""
    environment: str = ""
    status: Annotated[str, equals("ready")] = ""
    target_mode: Annotated[str, equals("disabled")] = ""
    max_recovery_minutes: Annotated[float, positive("minutes", LONGEST_RECOVERY_MINUTES)] = ABSENT_NUMBER
    controls: Annotated[list[str], includes(*ROLLBACK_CONTROLS)] = []
    rollback_steps: Annotated[list[str], filled()] = []
    evidence_refs: list[str] = []


class RollbackRehearsal(ManifestModel):
    """A simulated rollback (B1.7)."""

    schema_version: Annotated[str, equals("cavra.go-backend-rollback-rehearsal.v1")] = ""
    status: Annotated[str, equals("pass")] = ""
    plan_approval_id: str = ""
    approval_id: str = ""
    simulated: Annotated[bool, equals(value=True)] = False
    fallback_verified: Annotated[bool, equals(value=True)] = False
    recovery_minutes: Annotated[float, positive("minutes", LONGEST_RECOVERY_MINUTES)] = ABSENT_NUMBER
    max_recovery_minutes: Annotated[float, positive("minutes", LONGEST_RECOVERY_MINUTES, optional=True)] = ABSENT_NUMBER
    runbook_ref: Annotated[str, text()] = ""
    evidence_refs: Annotated[list[str], filled()] = []
