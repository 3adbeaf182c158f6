"""Proof that Go may be promoted (domain.md B1.5)."""

from typing import Annotated

from reporter.model.manifests.approval import Approvable
from reporter.model.wants import ManifestModel, equals


class Outcome(ManifestModel):
    """The nested form of a status."""

    status: str = ""


class PromotionEvidence(Approvable):
    """Parity with Python, deployment and approval, each flat or nested.

    The digests are ours: they say with which files parity was found, and must be those of the files in use.
    """

    schema_version: Annotated[str, equals("cavra.go-backend-promotion-evidence.v1")] = ""
    parity_status: str = ""
    parity: Outcome = Outcome.model_construct()
    deployment_status: str = ""
    deployment: Outcome = Outcome.model_construct()
    evidence_refs: list[str] = []
    runtime_sha256: str = ""
    policy_sha256: str = ""
    registry_sha256: str = ""
