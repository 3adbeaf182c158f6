"""Records that belong to no loop: recoveries, the release decision and its packet (domain.md B1.16, B2.20, B2.27 - 28).

Keyword arguments that are not named are further fields of the payload.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from reporter.loops.policy import RecoveryPolicy
from reporter.loops.table import OUTSIDE
from reporter.loops.writing.envelope import GOVERNANCE, RecordValue, given, make_record
from reporter.model.instants import format_instant
from reporter.model.providers import PROVIDERS, Category, normalise
from reporter.model.records import Step
from reporter.model.reports import AlertLevel

RECOVERY_STEPS: Final = (
    "Confirm the failures: read the status codes and the error class of each failed attempt.",
    "Check the connector itself: its endpoint answers, its credential is valid, its quota is not used up.",
    "Hold back retries until the cause is known; each one uses up an attempt.",
    "Tell the owners of the affected routes through another provider.",
    "Mend the connector, then run `reporter retry run --execute` and see that it delivers.",
    "Close the recovery with the ids of the deliveries or executions that prove it.",
)
PRIVATE_BOUNDARY: Final = "Addresses and credentials of the connector stay in its own configuration."


class ProviderFailures(NamedTuple):
    """The failures of one provider that call for a recovery."""

    failures: int
    latest_at: datetime | None
    status_codes: tuple[int | None, ...] = ()


def write_playbook(
    at: datetime,
    failures: Mapping[str, ProviderFailures],
    *,
    policy: RecoveryPolicy | None = None,
    by: str = GOVERNANCE,
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Open a recovery for each provider (B2.20)."""
    rules = policy or RecoveryPolicy()
    failed = sum(one.failures for one in failures.values())
    fields = {
        "alert_level": AlertLevel.CRITICAL if failures else AlertLevel.HEALTHY,
        "provider_count": len(failures),
        "failure_count": failed,
        "lookback_hours": rules.lookback.total_seconds() / 3600,
        "min_failure_count": rules.min_failures,
        "provider_playbooks": [
            {
                "provider": provider,
                "category": PROVIDERS.get(normalise(provider), Category.WEBHOOK),
                "failure_count": one.failures,
                **given(latest_failure_at=one.latest_at and format_instant(one.latest_at)),
                "status_codes": list(one.status_codes),
                "recovery_steps": list(RECOVERY_STEPS),
                "private_connector_boundary": PRIVATE_BOUNDARY,
            }
            for provider, one in failures.items()
        ],
        **more,
    }
    kind, counts = OUTSIDE[Step.PLAYBOOK], (len(failures), failed, len(failures))
    return make_record(
        kind, "playbook_id", at, fields, by=by, record_id=record_id, counts=counts, lifted=("alert_level",)
    )


def write_closure(  # noqa: PLR0913
    at: datetime,
    playbook_id: str,
    provider: str,
    state: str,
    *,
    by: str,
    verification_refs: Iterable[str],
    external_ref: str = "",
    notes: str = "",
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Decide about the recovery of a provider; without a verification ref it closes nothing (A9)."""
    fields = {
        "playbook_id": playbook_id,
        "provider": provider,
        "closure_state": state,
        "verification_refs": list(verification_refs),
        **given(external_ref=external_ref, notes=notes),
        **more,
    }
    kind, lifted = OUTSIDE[Step.CLOSURE], ("playbook_id", "provider", "closure_state")
    return make_record(kind, "closure_id", at, fields, by=by, done="closed", record_id=record_id, lifted=lifted)


def write_release_decision(  # noqa: PLR0913
    at: datetime,
    summary_id: str,
    state: str,
    *,
    by: str,
    readiness_state: str = "",
    closure_state: str = "",
    failed_check_count: int | None = None,
    override: bool = False,
    reason: str = "",
    external_ref: str = "",
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Decide about a readiness summary; `override` approves a blocked one, and `reason` says why (A8, B2.27)."""
    fields = {
        "summary_id": summary_id,
        "approval_state": state,
        "override_blockers": override,
        **given(
            readiness_state=readiness_state,
            closure_state=closure_state,
            failed_check_count=failed_check_count,
            external_ref=external_ref,
            notes=reason,
        ),
        **more,
    }
    return make_record(
        OUTSIDE[Step.RELEASE_DECISION],
        "decision_id",
        at,
        fields,
        by=by,
        done="decided",
        record_id=record_id,
        counts=(1, int(state != "approved"), 0),
        lifted=("summary_id", "approval_state"),
    )


def write_attachment(  # noqa: PLR0913
    at: datetime,
    release_record_ref: str,
    *,
    by: str,
    decision_id: str,
    evidence: Mapping[str, str],
    state: str = "attached",
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Attach the evidence to the release record: what each piece is, and its record's id, empty if missing (B2.27)."""
    fields = {
        "release_record_ref": release_record_ref,
        "attachment_state": state,
        "decision_id": decision_id,
        "attached_evidence": [{"evidence": what, "session_id": name} for what, name in evidence.items()],
        **more,
    }
    missing = sum(not name for name in evidence.values())
    return make_record(
        OUTSIDE[Step.ATTACHMENT],
        "attachment_id",
        at,
        fields,
        by=by,
        done="attached",
        record_id=record_id,
        counts=(len(evidence), missing, 0),
        lifted=("release_record_ref", "attachment_state"),
    )


def write_archive_reference(  # noqa: PLR0913
    at: datetime,
    archive_ref: str,
    *,
    by: str,
    export_id: str,
    archive_hash: str,
    retention_until: datetime | None,
    archive_provider: str = "external_immutable_store",
    legal_hold: bool = False,
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Refer to an immutable archive of an export. The hash is the archive's own: there is no default (C13)."""
    fields = {
        "export_id": export_id,
        "archive_ref": archive_ref,
        "archive_provider": archive_provider,
        "archive_hash": archive_hash,
        **given(retention_until=retention_until and format_instant(retention_until)),
        "legal_hold": legal_hold,
        **more,
    }
    return make_record(
        OUTSIDE[Step.ARCHIVE],
        "archive_reference_id",
        at,
        fields,
        by=by,
        record_id=record_id,
        lifted=("export_id", "archive_ref"),
    )


def write_archive_manifest(
    at: datetime,
    archive_refs: Iterable[str],
    *,
    by: str,
    signature_state: str = "external_signature_required",
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """List what is archived, and say whether a signature, made elsewhere, is attached (B2.28)."""
    fields = {"archive_objects": list(archive_refs), "signature_state": signature_state, **more}
    kind = OUTSIDE[Step.ARCHIVE_MANIFEST]
    return make_record(kind, "manifest_id", at, fields, by=by, record_id=record_id, lifted=("signature_state",))
