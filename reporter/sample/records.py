"""Sixty days of evidence for the three pilots of `world`, dated relative to one instant.

`production-pilot` had its failures: they were retried, a connector was recovered, a release was closed out, and nothing
is open. In `payments-pilot` the worker that retries audit packages has stopped: a package waits for its retry, and
nobody answers the alert about it. In `build-fleet` the latest executive report never reached jira.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from reporter.loops.loop import Loop
from reporter.loops.table import BY_WORD, LOOPS
from reporter.loops.writing import (
    Decision,
    ProviderFailures,
    RecordValue,
    write_archive_manifest,
    write_archive_reference,
    write_attachment,
    write_plan,
    write_release_decision,
    write_subject,
)
from reporter.model.ids import make_id
from reporter.model.reports import AlertLevel
from reporter.model.routes import RetryAction
from reporter.sample.diary import (
    ARCHIVE_ALERT,
    AUDIT,
    ESCALATION,
    EXECUTIVE,
    EXPORT,
    LEAD,
    MANAGER,
    OK,
    Diary,
)

DAYS: Final = 60
AUDIT_EVERY_DAYS: Final = 7
WORKER_DAYS: Final = 14
"""How far back worker runs are kept: they are many, and only the latest decide."""

_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


def sample_records(as_of: datetime) -> dict[str, list[RecordValue]]:
    """Give the evidence of every environment, in the order of its instants."""
    stories = {
        "production-pilot": _production_pilot,
        "payments-pilot": _payments_pilot,
        "build-fleet": _build_fleet,
    }
    evidence = {}
    for environment, tell in stories.items():
        diary = Diary(environment, as_of)
        tell(diary)
        evidence[environment] = diary.records()
    return evidence


def _production_pilot(diary: Diary) -> None:
    _notify(diary, due_at=diary.ago(days=51))
    _notify(diary, due_at=diary.ago(days=21))
    _notify(diary, due_at=diary.ago(days=-9))
    audits = _audit(diary, {42: {"servicenow": 503}, 35: {"splunk": 0}})
    _recovered_audit(diary, audits[42], audits[35])
    lost = {47: "teams", 12: "jira", 5: "jira"}
    reports = _report(diary, {day: {provider: 503} for day, provider in lost.items()})
    for day, provider in lost.items():
        diary.retry(EXECUTIVE, diary.ago(days=day, hours=4), Decision(reports[day], provider), OK)
    diary.alert(EXECUTIVE, diary.ago(days=12, hours=4), AlertLevel.CRITICAL, {"slack": OK})
    _late_alert(diary, diary.ago(days=20))
    _close_release(diary, diary.ago(days=30))
    for loop in LOOPS:
        _run_worker(diary, loop)


def _recovered_audit(diary: Diary, late: str, lost: str) -> None:
    """Retry one package with success, and another only after its connector was recovered."""
    diary.retry(AUDIT, diary.ago(days=42, hours=6), Decision(late, "servicenow"), OK)
    at = diary.ago(days=35, hours=6)
    diary.retry(AUDIT, at, Decision(lost, "splunk"), 0)
    diary.alert(AUDIT, at + 15 * _MINUTE, AlertLevel.CRITICAL, {"slack": OK})
    failures = ProviderFailures(2, at + 11 * _MINUTE, (0, 0))
    playbook_id = diary.open_recovery(at + 14 * _MINUTE, "splunk", failures, told="teams")
    proof = diary.retry(AUDIT, at + 2 * _HOUR, Decision(lost, "splunk", failures=2), OK)
    diary.close_recovery(at + 3 * _HOUR, playbook_id, "splunk", proof)


def _late_alert(diary: Diary, at: datetime) -> None:
    """Tell of a worker's health through a connector that fails once."""
    alerts = BY_WORD[ESCALATION.alert_loop]
    health_id = diary.alert(ESCALATION, at, AlertLevel.WARNING, {"teams": 502})
    diary.retry(alerts, at + 30 * _MINUTE, Decision(health_id, "teams"), OK)
    diary.answer(alerts, at + 52 * _MINUTE, health_id, "teams", "acknowledged")


def _payments_pilot(diary: Diary) -> None:
    _notify(diary, due_at=diary.ago(days=52))
    due_at = diary.ago(days=22)
    _notify(diary, due_at)
    diary.notify(due_at + _HOUR, due_at, AlertLevel.CRITICAL)
    diary.notify(diary.ago(days=8), due_at, AlertLevel.CRITICAL, {"slack": "maintenance_window"})
    reports = _report(diary, {26: {"teams": 429}})
    diary.retry(EXECUTIVE, diary.ago(days=26, hours=4), Decision(reports[26], "teams"), OK)
    _audit(diary, {})
    stopped_at = diary.ago(hours=5)
    diary.audit(diary.ago(hours=3), {"servicenow": 503, "splunk": OK})
    diary.alert(AUDIT, diary.ago(hours=2, minutes=20), AlertLevel.CRITICAL, {"slack": OK}, answered=False)
    for loop in LOOPS:
        _run_worker(diary, loop, until=stopped_at if loop is AUDIT else None)


def _build_fleet(diary: Diary) -> None:
    _notify(diary, due_at=diary.ago(days=36))
    _notify(diary, due_at=diary.ago(days=6))
    held = {"slack": "healthy_schedule", "teams": "healthy_schedule"}
    diary.notify(diary.ago(days=2), diary.ago(days=-24), AlertLevel.HEALTHY, held)
    _audit(diary, {})
    run_id = _report(diary, {0: {"jira": 404}})[0]
    diary.retry(EXECUTIVE, diary.ago(hours=4, minutes=20), Decision(run_id, "jira"), 404)
    diary.retry(EXECUTIVE, diary.ago(hours=3), Decision(run_id, "jira", failures=2), 404)
    diary.alert(EXECUTIVE, diary.ago(hours=2, minutes=45), AlertLevel.CRITICAL, {"slack": OK})
    exhausted = Decision(run_id, "jira", RetryAction.SUPPRESS, 3, reason="no attempt is left")
    for loop in LOOPS:
        if loop is EXECUTIVE:
            _run_worker(diary, loop, until=diary.ago(hours=5))
            _run_worker(diary, loop, since=diary.ago(hours=2, minutes=40), left=[exhausted])
        else:
            _run_worker(diary, loop)


def _notify(diary: Diary, due_at: datetime) -> None:
    """Tell of a drill two weeks before; tell again later, when a window or a calendar holds somebody back."""
    reminders = (
        (13, None),
        (10, {"slack": "maintenance_window"}),
        (4, {"teams": "owner_calendar"}),
    )
    for days, held in reminders:
        at = due_at - days * _DAY
        if diary.ago(days=DAYS) <= at <= diary.ago(hours=1):
            diary.notify(at, due_at, AlertLevel.WARNING, held)


def _audit(diary: Diary, lost: Mapping[int, Mapping[str, int]]) -> dict[int, str]:
    """Send an audit package every week; `lost` are the days, counted back, on which a provider failed."""
    days = range(DAYS - DAYS % AUDIT_EVERY_DAYS, 0, -AUDIT_EVERY_DAYS)
    good = {"servicenow": OK, "splunk": OK}
    return {day: diary.audit(diary.ago(days=day, hours=7), {**good, **lost.get(day, {})}) for day in days}


def _report(diary: Diary, lost: Mapping[int, Mapping[str, int]]) -> dict[int, str]:
    """Send an executive report every day; `lost` as above."""
    good = {"jira": OK, "teams": OK}
    return {
        day: diary.report(diary.ago(days=day, hours=5), {**good, **lost.get(day, {})}) for day in reversed(range(DAYS))
    }


def _run_worker(
    diary: Diary,
    loop: Loop,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    left: Iterable[Decision] = (),
) -> None:
    """Run a worker that always runs: of the last hours every run is kept, of earlier ones one a day."""
    if not loop.always_on:
        return
    latest = diary.as_of - loop.worker_interval / 3
    hours = [latest - place * loop.worker_interval for place in range(6)]
    days = [latest - day * _DAY for day in range(1, WORKER_DAYS)]
    for at in reversed(hours + days):
        if (since is None or at >= since) and (until is None or at < until):
            diary.run_worker(loop, at, left)


def _close_release(diary: Diary, at: datetime) -> None:
    """Approve a release, attach its evidence, export and archive it; then renew the archive's retention in time."""
    environment = diary.environment
    release = f"rel-{environment}"
    summary_id = make_id("gordackfinalready", environment=environment, at=at)
    runbook_id = make_id("gordackfinalrunbook", environment=environment, at=at)
    decision_id = diary.add(
        at,
        write_release_decision(
            at, summary_id, "approved", by=LEAD, readiness_state="ready", closure_state="closed", failed_check_count=0
        ),
    )
    at += _HOUR
    attached = {"release readiness summary": summary_id, "operator runbook": runbook_id}
    diary.add(at, write_attachment(at, release, by=MANAGER, decision_id=decision_id, evidence=attached))
    at += _HOUR
    export_id = make_id(EXPORT.plans[-1].prefix, environment=environment, at=at)
    export = write_plan(
        EXPORT,
        at,
        export_id,
        ["servicenow"],
        alert_level=AlertLevel.HEALTHY,
        export_hash=sha256(export_id.encode()).hexdigest(),
        release_record_ref=release,
        verification_state="verified",
    )
    diary.add(at, export)
    diary.deliver(EXPORT, at + _MINUTE, export_id, {"servicenow": OK}, release_record_ref=release)
    at += _HOUR
    archive_ref = f"vault-{environment}"
    archive = write_archive_reference(
        at,
        archive_ref,
        by=MANAGER,
        export_id=export_id,
        archive_hash=sha256(archive_ref.encode()).hexdigest(),
        retention_until=at + 365 * _DAY,
    )
    diary.add(at, archive)
    at += _HOUR
    diary.add(
        at,
        write_archive_manifest(at, [archive_ref], by=MANAGER, signature_state="external_signature_attached"),
    )
    at += 2 * _DAY
    health_id = diary.add(at, write_subject(ARCHIVE_ALERT, at, alert_level=AlertLevel.WARNING, export_id=export_id))
    diary.warn(ARCHIVE_ALERT, at, health_id, AlertLevel.WARNING, {"teams": OK})
