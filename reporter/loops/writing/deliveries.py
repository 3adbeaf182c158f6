"""Records of what is planned, delivered and answered (domain.md B1.14 - B1.16, B2.10, B2.13, B2.19, B2.23).

`loop` is a row of the loop table, `subject` the id of what it delivers, `at` the record's own time. Keyword arguments
that are not named are further fields of the payload; of a delivery, of the record.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final, NamedTuple

from reporter.loops.loop import Loop
from reporter.loops.table import DELIVERIES
from reporter.loops.writing.envelope import GOVERNANCE, RecordValue, envelope, given, make_record, name_subject
from reporter.model.ids import make_id
from reporter.model.instants import format_instant
from reporter.model.reports import AlertLevel, RouteDecision

MOST_TRIES: Final = 3
"""How often a connector tries before it gives up (B1.14)."""
LONGEST_SLUG: Final = 120


class ProviderAnswer(NamedTuple):
    """What one provider answered, where more is known than a status code: how often it was tried, and when."""

    success: bool
    status_code: int | None
    attempt_count: int
    started_at: datetime
    completed_at: datetime


def write_subject(
    loop: Loop, at: datetime, *, by: str = GOVERNANCE, record_id: str = "", **more: object
) -> RecordValue:
    """Write what is delivered: a package, a report (B2.13, B2.23). `loop` is one that has such records."""
    kind = loop.subjects[-1]
    fields = {"alert_level": AlertLevel.HEALTHY, **more}
    return make_record(kind, kind.own_id, at, fields, by=by, record_id=record_id, lifted=("alert_level",))


def write_plan(  # noqa: PLR0913
    loop: Loop,
    at: datetime,
    subject: str,
    providers: Iterable[str],
    *,
    suppressed: Mapping[str, datetime] | None = None,
    alert_level: AlertLevel = AlertLevel.CRITICAL,
    by: str = GOVERNANCE,
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Plan to tell providers of a subject; `suppressed` are left out, each told already at that time (B2.19).

    The id says nothing of the time, so that planning the same again is the same plan (C6). Where the subject is the
    plan itself, the id is the subject's.
    """
    wanted, left = list(providers), suppressed or {}
    kind = loop.plans[-1]
    own_id = kind.own_id or "plan_id"
    fields = {
        own_id: "",
        **name_subject(loop, subject),
        "alert_level": alert_level,
        "eligible_providers": [*wanted, *left],
        "selected_providers": wanted,
        "suppressed_providers": [
            {"provider": provider, "last_delivery_at": format_instant(told)} for provider, told in left.items()
        ],
        **({"acknowledgement_required_providers": wanted} if loop.acknowledged else {}),
        **more,
    }
    name = fields.pop(own_id) or record_id or make_id(kind.prefix, said=fields)
    required = len(wanted) if loop.acknowledged else 0
    return make_record(
        kind,
        own_id,
        at,
        fields,
        by=by,
        record_id=str(name),
        counts=(len(wanted) + len(left), len(left), required),
        lifted=("alert_level", "selected_providers"),
    )


def write_notification_plan(  # noqa: PLR0913
    loop: Loop,
    at: datetime,
    subject: str,
    routes: Iterable[RouteDecision],
    *,
    alert_level: AlertLevel = AlertLevel.CRITICAL,
    next_due_at: datetime | None = None,
    by: str = GOVERNANCE,
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Plan to tell owners of a subject, route by route; suppressed ones say why (B2.10).

    The id is that of the due cycle and of what is decided, whatever the time (C6).
    """
    decided = list(routes)
    told = _providers(one for one in decided if one.action == "deliver")
    kind = loop.plans[-1]
    held = [one for one in decided if one.action != "deliver"]
    due = format_instant(next_due_at) if next_due_at else ""
    fields = {
        **name_subject(loop, subject),
        "alert_level": alert_level,
        **given(next_due_at=due),
        "eligible_providers": _providers(decided),
        "selected_providers": told,
        "acknowledgement_required_providers": told,
        "suppressed_providers": [one for one in _providers(held) if one not in told],
        "owners": list(dict.fromkeys(one.owner for one in decided)),
        "route_decisions": [one.model_dump(mode="json") for one in decided],
        "deliverable_route_count": len(decided) - len(held),
        "suppressed_route_count": len(held),
        "maintenance_suppressed_count": sum(one.category == "maintenance_window" for one in held),
        "calendar_suppressed_count": sum(one.category == "owner_calendar" for one in held),
        **more,
    }
    routed = sorted((one.route_key, one.owner, one.provider, one.action) for one in decided)
    return make_record(
        kind,
        "plan_id",
        at,
        fields,
        by=by,
        record_id=record_id or make_id(kind.prefix, subject=subject, due=due, alert_level=alert_level, routes=routed),
        counts=(len(decided), len(held), len(told)),
        lifted=("alert_level", "selected_providers"),
    )


def write_delivery(  # noqa: PLR0913
    loop: Loop,
    at: datetime,
    subject: str,
    results: Mapping[str, int | ProviderAnswer | None],
    *,
    retry_plan_id: str = "",
    worker_run_id: str = "",
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Record what each provider answered: a status code, 0 for unreachable, None for an error of ours (B1.14, B1.15).

    A `ProviderAnswer` says more. Where it was reached without a status code, none is written: None would be an error.

    Addresses and headers of the request are left out (A10). Keyword arguments go to the record itself.
    """
    deliveries = [_answered(provider, code, at) for provider, code in results.items()]
    lost = [one["provider"] for one in deliveries if not one["success"]]
    named = {
        **name_in_delivery(loop, subject),
        **given(retry_plan_id=retry_plan_id, worker_run_id=worker_run_id),
        **more,
    }
    result = {
        "schema_version": DELIVERIES.schema_id,
        "event_type": loop.event_type,
        "event_id": subject,
        "session_id": subject,
        "generated_at": format_instant(at),
        "success": not lost,
        "deliveries": deliveries,
    }
    name = record_id or delivery_id(subject, make_id("", source=loop.source, named=named, result=result))
    tries = [one["attempt_count"] for one in deliveries]
    record = envelope(DELIVERIES, name, at, result, signer=loop.source, counts=(len(deliveries), len(lost), 0))
    summary = {
        "connector_delivery_source": loop.source,
        "event_id": subject,
        "event_type": loop.event_type,
        "delivery_success": bool(deliveries) and not lost,
        "providers": list(results),
        "failed_providers": lost,
        "attempt_count": sum(tries),
        "max_attempt_count": max(tries, default=0),
        "status_codes": [one["status_code"] for one in deliveries if "status_code" in one],
    }
    return {**record, **summary, **named}


def write_acknowledgement(  # noqa: PLR0913
    loop: Loop,
    at: datetime,
    subject: str | None,
    provider: str,
    state: str,
    *,
    by: str,
    plan_id: str = "",
    retry_plan_id: str = "",
    external_ref: str = "",
    notes: str = "",
    record_id: str = "",
    **more: object,
) -> RecordValue:
    """Answer for a subject and provider; without a subject, for what the retry plan decided on (B1.16)."""
    fields = {
        **name_subject(loop, subject),
        "provider": provider,
        "acknowledgement_state": state,
        **given(plan_id=plan_id, retry_plan_id=retry_plan_id, external_ref=external_ref, notes=notes),
        **more,
    }
    lifted = ("provider", "acknowledgement_state", loop.subject_keys[0])
    return make_record(
        loop.acknowledgement,
        "acknowledgement_id",
        at,
        fields,
        by=by,
        done="acknowledged",
        record_id=record_id,
        lifted=lifted,
    )


def _answered(provider: str, answer: int | ProviderAnswer | None, at: datetime) -> RecordValue:
    if not isinstance(answer, ProviderAnswer):
        success = answer is not None and HTTPStatus.OK <= answer < HTTPStatus.MULTIPLE_CHOICES
        answer = ProviderAnswer(success, answer, 1 if success else MOST_TRIES, at, at)
    return {
        "provider": provider,
        "success": answer.success,
        **({} if answer.success and answer.status_code is None else {"status_code": answer.status_code}),
        "attempt_count": answer.attempt_count,
        "started_at": format_instant(answer.started_at),
        "completed_at": format_instant(answer.completed_at),
        "error": None if answer.success else "connector delivery failed",
    }


def _providers(routes: Iterable[RouteDecision]) -> list[str]:
    return list(dict.fromkeys(one.provider for one in routes))


def name_in_delivery(loop: Loop, subject: str) -> dict[str, str]:
    """Name a subject in the record of a delivery by the loop's own key; drills go by the event's id alone (B1.15)."""
    return {} if loop.subject_keys[0] == "schedule_id" else name_subject(loop, subject)


def delivery_id(subject: str, digest: str) -> str:
    """Write an id as upstream does: who it is about, and twelve digits (B1.15)."""
    slug = re.sub(r"[^a-z0-9]+", "-", subject.lower()[:LONGEST_SLUG]).strip("-")
    return f"{DELIVERIES.prefix}-{slug}-{digest[-12:]}"
