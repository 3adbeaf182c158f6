"""Records as upstream writes them: envelope, lifted fields, full payload (domain.md B1.14 - B1.16, B2, B3).

Each function gives a plain JSON value. `loop` is a row of the loop table, `at` the record's own time. Keyword
arguments that are not named here are merged into the payload (deliveries: into the record).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from reporter.loops.loop import Kind, Loop
from reporter.loops.table import OTHER_KINDS
from reporter.model.instants import format_instant
from reporter.model.records import DELIVERY_KIND, Step

RecordValue = dict[str, Any]
When = datetime | str | None

ACTOR: Final = "release-manager"
WORKER: Final = "retry-worker"


def record_id(prefix: str, *named: object) -> str:
    """Make an id the way upstream does: a prefix and 16 hex digits."""
    return f"{prefix}-{hashlib.sha256(json.dumps(named, default=str).encode()).hexdigest()[:16]}"


def when(at: When) -> dict[str, str]:
    """Write a time; None leaves it out."""
    if at is None:
        return {}
    return {"created_at": at if isinstance(at, str) else format_instant(at)}


def envelope(kind: Kind, at: When, payload: RecordValue, *, lifted: Iterable[str] = (), rid: str = "") -> RecordValue:
    """Wrap a payload in the envelope of its kind."""
    return {
        "schema_version": "cavra.evidence.metadata.v1",
        "product": "CAVRA",
        "session_id": rid or record_id(kind.prefix, kind.word, at, sorted(payload.items(), key=str)),
        **when(at),
        "signer": "release-governance",
        "decision_count": 1,
        "blocked_count": 0,
        "approval_required_count": 0,
        "metadata_kind": kind.word,
        **{key: payload[key] for key in lifted if key in payload},
        kind.payload: payload,
    }


def subject(loop: Loop, name: str) -> dict[str, str]:
    """Name a subject by the loop's own key."""
    return {loop.subject_keys[0]: name}


def delivery(  # noqa: PLR0913
    loop: Loop,
    at: When,
    name: str,
    providers: Iterable[str] = ("slack",),
    failed: Iterable[str] = (),
    *,
    rid: str = "",
    **more: object,
) -> RecordValue:
    """Deliver a subject to providers, of which some fail (B1.14, B1.15)."""
    sent, lost = list(providers), list(failed)
    session = rid or record_id("rcd", loop.source, at, name, sent, lost, sorted(more.items(), key=str))
    results = [
        {
            "provider": provider,
            "success": provider not in lost,
            "status_code": 503 if provider in lost else 200,
            "attempt_count": 3 if provider in lost else 1,
            "error": "connector delivery failed" if provider in lost else None,
            "request": {"method": "POST", "url": "https://redacted", "headers": {"authorization": "REDACTED"}},
        }
        for provider in sent
    ]
    return {
        "schema_version": "cavra.evidence.metadata.v1",
        "product": "CAVRA",
        "session_id": session,
        **when(at),
        "signer": loop.source,
        "decision_count": len(sent),
        "blocked_count": len(lost),
        "approval_required_count": 0,
        "metadata_kind": DELIVERY_KIND,
        "connector_delivery_source": loop.source,
        "event_id": name,
        "event_type": loop.event_type,
        "delivery_success": not lost,
        "providers": sent,
        "failed_providers": lost,
        "attempt_count": sum(result["attempt_count"] for result in results),
        "max_attempt_count": 3,
        "status_codes": [result["status_code"] for result in results],
        **({} if loop.subject_keys[0] == "schedule_id" else subject(loop, name)),
        "delivery": {
            "schema_version": "cavra.connector.delivery.v1",
            "event_type": loop.event_type,
            "event_id": name,
            "success": not lost,
            "deliveries": results,
        },
        **more,
    }


def plan(
    loop: Loop, at: When, name: str, providers: Iterable[str] = ("slack",), *, rid: str = "", **more: object
) -> RecordValue:
    """Plan a subject for providers that must all acknowledge (B2.10, B2.19)."""
    kind = loop.plans[-1]
    wanted = list(providers)
    plan_id = rid or record_id(kind.prefix, name, wanted, sorted(more.items(), key=str))
    payload = {
        "plan_id": plan_id,
        **subject(loop, name),
        "alert_level": "critical",
        "selected_providers": wanted,
        **({"acknowledgement_required_providers": wanted} if loop.acknowledged else {}),
        **more,
    }
    return envelope(kind, at, payload, lifted=("plan_id", "alert_level", "selected_providers"), rid=plan_id)


def notification_routes(
    providers: Iterable[str], minutes: float = 30, owner: str = "release-governance", escalation: str = "platform-lead"
) -> list[RecordValue]:
    """Write the route decisions of a notification plan (B2.10)."""
    return [
        {
            "provider": provider,
            "owner": owner,
            "acknowledgement_minutes": minutes,
            "escalation_owner": escalation,
            "action": "deliver",
            "reason": "schedule needs attention",
        }
        for provider in providers
    ]


def acknowledgement(  # noqa: PLR0913
    loop: Loop,
    at: When,
    name: str | None,
    provider: str = "slack",
    state: str = "acknowledged",
    *,
    by: str = ACTOR,
    rid: str = "",
    **more: object,
) -> RecordValue:
    """Answer for a subject and provider (B1.16)."""
    payload = {
        **(subject(loop, name) if name is not None else {}),
        "provider": provider,
        "acknowledgement_state": state,
        "acknowledged_by": by,
        **({"acknowledged_at": when(at)["created_at"]} if at is not None else {}),
        **more,
    }
    lifted = ("provider", "acknowledgement_state", loop.subject_keys[0])
    return envelope(loop.acknowledgement, at, payload, lifted=lifted, rid=rid)


def retry_plan(
    loop: Loop, at: When, routes: Iterable[tuple[str, str]] = (), *, rid: str = "", **more: object
) -> RecordValue:
    """Decide on retries of (subject, provider) routes (B2.14)."""
    decisions = [
        {**subject(loop, name), "provider": provider, "action": "retry", "retry_count": 1} for name, provider in routes
    ]
    plan_id = rid or record_id(loop.retry_plan.prefix, at, decisions)
    payload = {"retry_plan_id": plan_id, "retryable_count": len(decisions), "retry_decisions": decisions, **more}
    return envelope(loop.retry_plan, at, payload, lifted=("retry_plan_id", "retryable_count"), rid=plan_id)


def approval(  # noqa: PLR0913
    loop: Loop,
    at: When,
    name: str | None,
    provider: str = "slack",
    state: str = "approved",
    *,
    by: str = ACTOR,
    rid: str = "",
    **more: object,
) -> RecordValue:
    """Decide about the retry of a route (B1.16)."""
    assert loop.approval is not None
    payload = {
        "approval_plan_id": "gordackretryapproval-0123456789abcdef",
        **(subject(loop, name) if name is not None else {}),
        "provider": provider,
        "approval_state": state,
        "decided_by": by,
        **({"decided_at": when(at)["created_at"]} if at is not None else {}),
        **more,
    }
    return envelope(loop.approval, at, payload, lifted=("provider", "approval_state"), rid=rid)


def worker_run(  # noqa: PLR0913
    loop: Loop,
    at: When,
    *,
    dry: bool = True,
    enabled: bool = True,
    status: str | None = None,
    routes: Iterable[tuple[str, str]] = (),
    rid: str = "",
    **more: object,
) -> RecordValue:
    """Run a worker (B2.16)."""
    run_id = rid or record_id(loop.worker_run.prefix, at, dry, enabled, status)
    payload = {
        "run_id": run_id,
        "dry_run": dry,
        "schedule": {"interval_minutes": 60, "enabled": enabled, "cadence": "every_60_minutes"},
        "summary": {"retry_plan_count": 1, "selected_retry_count": 0},
        "selected_retries": [{**subject(loop, name), "provider": provider} for name, provider in routes],
        **({"status": status} if status is not None else {}),
        **more,
    }
    return envelope(loop.worker_run, at, payload, lifted=("run_id", "dry_run"), rid=run_id)


def execution(  # noqa: PLR0913
    loop: Loop,
    at: When,
    name: str,
    provider: str = "slack",
    status: str = "delivered",
    *,
    by: str = WORKER,
    rid: str = "",
    **more: object,
) -> RecordValue:
    """Execute, or skip, a retry (B2.17). `selected_providers` is empty, as upstream writes it (C28)."""
    payload = {
        "execution_status": status,
        **({"executed_at": when(at)["created_at"]} if at is not None else {}),
        "executed_by": by,
        **subject(loop, name),
        "provider": provider,
        "skipped": status == "skipped",
        "delivery_success": status == "delivered",
        "selected_providers": [],
        **more,
    }
    return envelope(loop.execution, at, payload, lifted=("execution_status", "provider"), rid=rid)


def health_report(loop: Loop, at: When, **more: object) -> RecordValue:
    """Report on a worker (B2.18)."""
    return envelope(loop.health, at, {"alert_level": "healthy", "alerts": [], **more}, lifted=("alert_level",))


def _other(step: Step) -> Kind:
    row = next(row for row in OTHER_KINDS if row.step is step)
    return Kind(row.kind, row.payload, "gordackrecovery")


def playbook(at: When, failures: Mapping[str, When], *, rid: str = "") -> RecordValue:
    """Open a recovery for providers, each with its newest failure (B2.20)."""
    playbook_id = rid or record_id("gordackrecovery", at, sorted(failures))
    payload = {
        "playbook_id": playbook_id,
        "lookback_hours": 24,
        "min_failure_count": 2,
        "provider_playbooks": [
            {
                "provider": provider,
                "failure_count": 2,
                **({"latest_failure_at": when(newest)["created_at"]} if newest else {}),
            }
            for provider, newest in failures.items()
        ],
    }
    return envelope(_other(Step.PLAYBOOK), at, payload, rid=playbook_id)


def closure(  # noqa: PLR0913
    at: When,
    playbook_id: str,
    provider: str = "slack",
    state: str = "resolved",
    refs: Iterable[str] = ("gordackretryexec-0123456789abcdef",),
    *,
    by: str = ACTOR,
    rid: str = "",
) -> RecordValue:
    """Decide about a recovery (B1.16)."""
    payload = {
        "playbook_id": playbook_id,
        "provider": provider,
        "closure_state": state,
        "closed_by": by,
        **({"closed_at": when(at)["created_at"]} if at is not None else {}),
        "verification_refs": list(refs),
    }
    return envelope(_other(Step.CLOSURE), at, payload, rid=rid)


def release_decision(at: When, state: str = "approved", *, override: bool = False, reason: str = "") -> RecordValue:
    """Decide about a readiness summary (B1.16, A8)."""
    payload = {
        "summary_id": "gordackfinalready-0123456789abcdef",
        "approval_state": state,
        "override_blockers": override,
        "decided_by": ACTOR,
        **({"decided_at": when(at)["created_at"]} if at is not None else {}),
        "notes": reason,
    }
    return envelope(_other(Step.RELEASE_DECISION), at, payload)


def raw(value: RecordValue) -> bytes:
    """Write a record as a line of JSON."""
    return json.dumps(value).encode()
