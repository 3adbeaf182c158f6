"""What happens in a pilot, written down as its evidence: who was told, what failed, who answered, which worker ran."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from reporter.loops.loop import GateKind, Loop
from reporter.loops.table import BY_WORD
from reporter.loops.writing import (
    Decision,
    ProviderFailures,
    RecordValue,
    write_acknowledgement,
    write_approval,
    write_closure,
    write_delivery,
    write_execution,
    write_health,
    write_notification_plan,
    write_plan,
    write_playbook,
    write_retry_plan,
    write_subject,
    write_worker_run,
)
from reporter.model.ids import make_id
from reporter.model.instants import format_instant
from reporter.model.reports import AlertLevel, OwnerAvailability, RouteDecision, SuppressingWindow
from reporter.sample.world import SCHEDULE

NOTIFICATION: Final = BY_WORD["drill_notification"]
AUDIT: Final = BY_WORD["acknowledgement_audit"]
ESCALATION: Final = BY_WORD["recovery_escalation"]
EXECUTIVE: Final = BY_WORD["executive_report"]
EXPORT: Final = BY_WORD["auditor_export"]
ARCHIVE_ALERT: Final = BY_WORD["archive_health_alert"]

OWNER: Final = "release-governance"
MANAGER: Final = "release-manager"
LEAD: Final = "platform-lead"
OK: Final = 200

_MINUTE: Final = timedelta(minutes=1)
_REASONS: Final = {
    "deliver": "the drill is due soon or overdue",
    "maintenance_window": "network change of the chat systems",
    "owner_calendar": "owner is away",
    "healthy_schedule": "the drill is not due",
}


class Diary:
    """The evidence of one environment up to `as_of`. Each method adds what one event leaves behind."""

    def __init__(self, environment: str, as_of: datetime) -> None:
        self.environment = environment
        self.as_of = as_of
        self._written: list[tuple[datetime, str, RecordValue]] = []

    def records(self) -> list[RecordValue]:
        """Give the records in the order of their instants."""
        return [record for _, _, record in sorted(self._written, key=lambda one: one[:2])]

    def ago(self, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        """Give an instant before `as_of`."""
        return self.as_of - timedelta(days=days, hours=hours, minutes=minutes)

    def add(self, at: datetime, record: RecordValue) -> str:
        """Add a record, and give its id."""
        name = str(record["session_id"])
        self._written.append((at, name, record))
        return name

    def deliver(self, loop: Loop, at: datetime, subject: str, results: Mapping[str, int], **more: str) -> str:
        """Send a subject; `results` are status codes."""
        return self.add(at, write_delivery(loop, at, subject, results, environment=self.environment, **more))

    def answer(self, loop: Loop, at: datetime, subject: str | None, provider: str, state: str, **more: str) -> str:
        """Have the release manager answer."""
        record = write_acknowledgement(
            loop, at, subject, provider, state, by=MANAGER, environment=self.environment, **more
        )
        return self.add(at, record)

    def notify(self, at: datetime, due_at: datetime, level: AlertLevel, held: Mapping[str, str] | None = None) -> None:
        """Tell the owner of a drill by slack and teams, but for those `held`, by category; all who are told answer."""
        routes = [self._route(provider, (held or {}).get(provider, "deliver"), at) for provider in ("slack", "teams")]
        told = [one.provider for one in routes if one.action == "deliver"]
        plan = write_notification_plan(
            NOTIFICATION, at, SCHEDULE, routes, alert_level=level, next_due_at=due_at, environment=self.environment
        )
        plan_id = self.add(at, plan)
        if told:
            self.deliver(NOTIFICATION, at + _MINUTE, SCHEDULE, dict.fromkeys(told, OK))
        for place, provider in enumerate(told):
            self.answer(
                NOTIFICATION, at + (9 + 5 * place) * _MINUTE, SCHEDULE, provider, "acknowledged", plan_id=plan_id
            )

    def report(self, at: datetime, results: Mapping[str, int]) -> str:
        """Make an executive report and send it."""
        report_id = self.add(at, write_subject(EXECUTIVE, at, environment=self.environment))
        run_id = make_id(EXECUTIVE.plans[-1].prefix, environment=self.environment, at=at)
        plan = write_plan(EXECUTIVE, at, run_id, results, alert_level=AlertLevel.HEALTHY, executive_report_id=report_id)
        self.add(at, plan)
        self.deliver(EXECUTIVE, at + _MINUTE, run_id, results, executive_report_id=report_id)
        return run_id

    def audit(self, at: datetime, results: Mapping[str, int]) -> str:
        """Make an audit package and send it."""
        audit_id = self.add(at, write_subject(AUDIT, at, environment=self.environment))
        plan = write_plan(
            AUDIT, at, audit_id, results, alert_level=AlertLevel.HEALTHY, cadence="weekly", environment=self.environment
        )
        self.deliver(AUDIT, at + _MINUTE, audit_id, results, delivery_id=self.add(at, plan))
        return audit_id

    def retry(self, loop: Loop, at: datetime, failed: Decision, code: int) -> str:
        """Plan a retry, have it accepted and approved where the loop wants that, and run it; give the execution."""
        plan = write_retry_plan(loop, at, [failed], environment=self.environment)
        plan_id = self.add(at, plan)
        more = {"retry_plan_id": plan_id}
        approval = ""
        if loop.gate is GateKind.APPROVAL:
            self.answer(loop, at + 4 * _MINUTE, None, failed.provider, "accepted", **more)
            decided_at = at + 8 * _MINUTE
            decision = write_approval(
                loop, decided_at, failed.subject, failed.provider, "approved", by=LEAD, external_ref="CHG-4108", **more
            )
            approval = self.add(decided_at, decision)
        run_at = at + 10 * _MINUTE
        run = write_worker_run(loop, run_at, dry=False, decisions=[failed], selected=[failed], retry_plan_id=plan_id)
        more["worker_run_id"] = self.add(run_at, run)
        sent = self.deliver(loop, run_at + _MINUTE, failed.subject, {failed.provider: code}, **more)
        execution = write_execution(
            loop,
            run_at + _MINUTE,
            failed.subject,
            failed.provider,
            "delivered" if code == OK else "failed",
            delivery_metadata_id=sent,
            approval_decision_id=approval,
            **more,
        )
        return self.add(run_at + _MINUTE, execution)

    def run_worker(self, loop: Loop, at: datetime, decisions: Iterable[Decision] = ()) -> None:
        """Plan retries and run the worker, which finds nothing that it could send."""
        left = list(decisions)
        plan_id = self.add(at, write_retry_plan(loop, at, left, environment=self.environment))
        run = write_worker_run(loop, at, dry=False, decisions=left, retry_plan_id=plan_id, environment=self.environment)
        self.add(at, run)

    def alert(
        self, loop: Loop, at: datetime, level: AlertLevel, results: Mapping[str, int], *, answered: bool = True
    ) -> str:
        """Find the worker of a loop in bad health, and tell of it; give the id of the health report."""
        health_id = self.add(at, write_health(loop, at, level, environment=self.environment))
        self.warn(BY_WORD[loop.alert_loop], at, health_id, level, results, answered=answered)
        return health_id

    def warn(  # noqa: PLR0913
        self,
        loop: Loop,
        at: datetime,
        subject: str,
        level: AlertLevel,
        results: Mapping[str, int],
        *,
        answered: bool = True,
    ) -> None:
        """Tell providers of a subject that wants an answer; if it is `answered`, by all who were reached."""
        plan = write_plan(loop, at + _MINUTE, subject, results, alert_level=level, environment=self.environment)
        plan_id = self.add(at + _MINUTE, plan)
        self.deliver(loop, at + 2 * _MINUTE, subject, results)
        if answered:
            for provider in (one for one, code in results.items() if code == OK):
                self.answer(loop, at + 25 * _MINUTE, subject, provider, "acknowledged", plan_id=plan_id)

    def open_recovery(self, at: datetime, provider: str, failures: ProviderFailures, told: str) -> str:
        """Open the recovery of a provider, and tell people through another one; give the playbook."""
        playbook_id = self.add(at, write_playbook(at, {provider: failures}, environment=self.environment))
        plan_id = make_id(ESCALATION.plans[-1].prefix, environment=self.environment, at=at)
        self.warn(ESCALATION, at, plan_id, AlertLevel.CRITICAL, {told: OK})
        return playbook_id

    def close_recovery(self, at: datetime, playbook_id: str, provider: str, proof: str) -> None:
        """Close it with its proof."""
        closure = write_closure(
            at, playbook_id, provider, "resolved", by=MANAGER, verification_refs=[proof], external_ref="INC-2041"
        )
        self.add(at, closure)

    def _route(self, provider: str, category: str, at: datetime) -> RouteDecision:
        window = SuppressingWindow(
            window_id="chat-network-change",
            start_at=format_instant(at - timedelta(hours=1)),
            end_at=format_instant(at + timedelta(hours=3)),
            reason=_REASONS["maintenance_window"],
        )
        is_away = category == "owner_calendar"
        return RouteDecision.model_validate(
            {
                "route_key": make_id("gordroute", environment=self.environment, owner=OWNER, provider=provider),
                "schedule_id": SCHEDULE,
                "provider": provider,
                "owner": OWNER,
                "acknowledgement_minutes": 30,
                "escalation_owner": LEAD,
                "maintenance_window": window if category == "maintenance_window" else None,
                "owner_availability": OwnerAvailability(
                    available=not is_away, reason=_REASONS[category] if is_away else "", start_at="", end_at=""
                ),
                "action": "deliver" if category == "deliver" else "suppress",
                "category": category,
                "reason": _REASONS[category],
                "until": window.end_at if category == "maintenance_window" else "",
            }
        )
