"""Writing evidence records as upstream does, from the loop table (domain.md B3). The one home of record writing."""

from reporter.loops.writing.attempts import Begun, Cause, Ended, write_attempt, write_intent
from reporter.loops.writing.deliveries import (
    ProviderAnswer,
    write_acknowledgement,
    write_delivery,
    write_notification_plan,
    write_plan,
    write_subject,
)
from reporter.loops.writing.envelope import GOVERNANCE, RecordValue, envelope
from reporter.loops.writing.releases import (
    ProviderFailures,
    write_archive_manifest,
    write_archive_reference,
    write_attachment,
    write_closure,
    write_playbook,
    write_release_decision,
)
from reporter.loops.writing.retries import Decision, decisions_of, write_approval, write_retry_plan
from reporter.loops.writing.workers import write_execution, write_health, write_worker_run

__all__ = [
    "GOVERNANCE",
    "Begun",
    "Cause",
    "Decision",
    "Ended",
    "ProviderAnswer",
    "ProviderFailures",
    "RecordValue",
    "decisions_of",
    "envelope",
    "write_acknowledgement",
    "write_approval",
    "write_archive_manifest",
    "write_archive_reference",
    "write_attachment",
    "write_attempt",
    "write_closure",
    "write_delivery",
    "write_execution",
    "write_health",
    "write_intent",
    "write_notification_plan",
    "write_plan",
    "write_playbook",
    "write_release_decision",
    "write_retry_plan",
    "write_subject",
    "write_worker_run",
]
