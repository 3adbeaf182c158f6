"""A small world for end-to-end tests: drills run, connectors fail, workers stop, people answer; and what it writes.

Time moves only by `advance`. What happens is decided by the project's own rules on the records so far, so that the
documents say what a pilot of that history would say. The same seed and the same calls give the same documents.
"""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from reporter.loops.closure import assess_closure
from reporter.loops.facts import Folded, merge
from reporter.loops.fold import fold
from reporter.loops.health import assess_health
from reporter.loops.loop import Loop
from reporter.loops.recovery import escalate
from reporter.loops.retry import select_retries
from reporter.loops.routes import LoopStates, finalise
from reporter.loops.table import BY_WORD, LOOPS, READER
from reporter.loops.writing import (
    ProviderFailures,
    RecordValue,
    decisions_of,
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
from reporter.model.records import Record
from reporter.model.reports import AlertLevel, Mode, OwnerAvailability, RouteDecision
from reporter.model.routes import FinalClosure, GateState, RouteId, RouteState, WorkerHealth
from reporter.sample.world import SCHEDULE
from simulated_documents import Documents

TICK: Final = timedelta(minutes=10)
DAY: Final = timedelta(days=1)
DRILL_INTERVAL: Final = timedelta(days=30)
DUE_SOON: Final = timedelta(days=14)
ANSWER_TIME: Final = timedelta(minutes=10)
FAILURES: Final = (0, 429, 500, 503)
PERSON: Final = "release-manager"
APPROVER: Final = "platform-lead"

NOTIFICATION: Final = BY_WORD["drill_notification"]
AUDIT: Final = BY_WORD["acknowledgement_audit"]
ESCALATION: Final = BY_WORD["recovery_escalation"]
EXECUTIVE: Final = BY_WORD["executive_report"]
PROVIDERS: Final = {
    NOTIFICATION: ("slack", "teams"),
    AUDIT: ("servicenow",),
    EXECUTIVE: ("jira",),
}


class Simulator:
    """One environment from `start` on; in order at first, and telling executives once a day."""

    def __init__(self, environment: str, start: datetime, seed: int = 0) -> None:
        self.environment = environment
        self.start = self.now = start
        self.attentive = True
        self._unfolded: list[Record] = []
        self._folded = Folded(start)
        self._states: LoopStates | None = None
        self._chance = random.Random(seed)  # noqa: S311 - a world that can be repeated
        self._failing: set[str] = set()
        self._stopped: set[str] = set()
        self._told_of: set[tuple[datetime, AlertLevel]] = set()
        self.documents = Documents(environment, start)
        self.documents.add_drill(start - DAY, passed=True)
        self._tick()

    # What can be looked at.

    def states(self) -> LoopStates:
        """Work out the states as of now, from what was written."""
        if self._states is None or self._unfolded or self._folded.now != self.now:
            fresh = fold(self._unfolded, self.now)
            self._unfolded = []
            self._folded = merge(msgspec.structs.replace(self._folded, now=self.now), fresh)
            self._states = finalise(self._folded)
        return self._states

    def route(self, loop: Loop, provider: str) -> RouteState:
        """Give the route of the loop's latest subject."""
        routes = [one for one in self.states().of(loop) if one.route.provider == provider]
        return max(routes, key=lambda one: (one.last_attempt_at or self.start, one.route))

    def closure(self) -> FinalClosure:
        """Judge the closure as of now."""
        return assess_closure(self.states(), Mode.PROMOTED)

    def codes(self) -> list[str]:
        """List the codes of what is open."""
        return [item.code for item in self.closure().open_items]

    def health(self) -> dict[str, WorkerHealth]:
        """Judge the workers as of now, and give those that are not healthy."""
        judged = assess_health(self.states(), Mode.PROMOTED)
        return {one.loop: one for one in judged if one.alert_level is not AlertLevel.HEALTHY}

    # What can be done to the world.

    def advance(self, span: timedelta) -> None:
        """Let time pass: reports are made, workers run and people answer when it is their time."""
        end = self.now + span
        while (tick := self.start + ((self.now - self.start) // TICK + 1) * TICK) <= end:
            self.now = tick
            self._tick()
        self.now = end

    def fail(self, provider: str) -> None:
        """Let a connector fail until it is mended."""
        self._failing.add(provider)

    def mend(self, provider: str) -> None:
        """Let a connector work again."""
        self._failing.discard(provider)

    def stop_worker(self, loop: Loop) -> None:
        """Let the worker of a loop fall silent."""
        self._stopped.add(loop.word)

    def start_worker(self, loop: Loop) -> None:
        """Let it run again."""
        self._stopped.discard(loop.word)

    def run_drill(self, *, passed: bool = True) -> None:
        """Run a rollback drill; a failed one took too long."""
        self.documents.add_drill(self.now, passed=passed)

    def send(self, loop: Loop, subject: str, providers: Iterable[str], **more: str) -> str:
        """Deliver a subject as the connectors are."""
        results = {one: self._chance.choice(FAILURES) if one in self._failing else 200 for one in providers}
        return self._add(write_delivery(loop, self.now, subject, results, **more))

    def report(self) -> str:
        """Make an executive report and send it."""
        self._add(write_subject(EXECUTIVE, self.now))
        run_id = self._id(EXECUTIVE)
        level = AlertLevel.HEALTHY
        self._add(write_plan(EXECUTIVE, self.now, run_id, PROVIDERS[EXECUTIVE], alert_level=level))
        self.send(EXECUTIVE, run_id, PROVIDERS[EXECUTIVE])
        return run_id

    def audit(self) -> str:
        """Make an audit package and send it."""
        audit_id = self._add(write_subject(AUDIT, self.now))
        self._add(write_plan(AUDIT, self.now, audit_id, PROVIDERS[AUDIT], alert_level=AlertLevel.HEALTHY))
        self.send(AUDIT, audit_id, PROVIDERS[AUDIT])
        return audit_id

    def alert(self, loop: Loop, provider: str = "slack") -> str:
        """Tell a provider of the health of a loop's worker; give the id of the health report."""
        level = next(one.alert_level for one in assess_health(self.states(), Mode.PROMOTED) if one.loop == loop.word)
        health_id = self._add(write_health(loop, self.now, level))
        self._warn(BY_WORD[loop.alert_loop], health_id, provider, level)
        return health_id

    def answer(self, loop: Loop, state: str = "acknowledged", by: str = PERSON) -> int:
        """Answer for every route of a loop that waits for it; give how many there were."""
        waiting = [one for one in self.states().of(loop) if one.acknowledgement.outstanding]
        for one in waiting:
            self._answer(loop, one, state, by)
        return len(waiting)

    def open_recovery(self, provider: str) -> str:
        """Open the recovery of a provider, and tell people through another one; give the playbook."""
        failed = self.states().recent_failures[provider]
        playbook = write_playbook(self.now, {provider: ProviderFailures(len(failed), failed[-1].at)})
        (channel, *_) = escalate(provider, PROVIDERS[NOTIFICATION]).channels
        self._warn(ESCALATION, self._id(ESCALATION), channel, AlertLevel.CRITICAL)
        return self._add(playbook)

    def close_recovery(self, playbook_id: str, provider: str, proofs: Iterable[str]) -> None:
        """Close it with what proves it."""
        closed = write_closure(self.now, playbook_id, provider, "resolved", by=PERSON, verification_refs=proofs)
        self._add(closed)

    def write(self, directory: Path) -> None:
        """Write the settings and documents; records are only ever added to what an earlier call wrote."""
        self.documents.write(directory)

    # What happens by itself.

    def _tick(self) -> None:
        if (self.now - self.start) % DAY == timedelta(0):
            self._notify()
            self.report()
            if (self.now - self.start) % (7 * DAY) == timedelta(0):
                self.audit()
        if self.attentive:
            self._attend(self.states())
        working = [
            loop
            for loop in LOOPS
            if loop.word not in self._stopped and (self.now - self.start) % loop.worker_interval == timedelta(0)
        ]
        if working:
            states = self.states()
            for loop in working:
                self._run_worker(loop, states)

    def _notify(self) -> None:
        """Tell the owner of a drill when it comes near, and again when it is overdue."""
        due_at = self.documents.drilled_at + DRILL_INTERVAL
        level = AlertLevel.CRITICAL if self.now > due_at else AlertLevel.WARNING
        if self.now < due_at - DUE_SOON or (due_at, level) in self._told_of:
            return
        self._told_of.add((due_at, level))
        providers = PROVIDERS[NOTIFICATION]
        routes = [self._decide(provider) for provider in providers]
        self._add(
            write_notification_plan(NOTIFICATION, self.now, SCHEDULE, routes, alert_level=level, next_due_at=due_at)
        )
        self.send(NOTIFICATION, SCHEDULE, providers)

    def _attend(self, states: LoopStates) -> None:
        """Have people answer what waits long enough, and accept and approve retries."""
        for loop, one in _by_loop(states):
            acknowledgement = one.acknowledgement
            if acknowledgement.outstanding and (acknowledgement.since or self.start) <= self.now - ANSWER_TIME:
                self._answer(loop, one, "acknowledged", PERSON)
            if one.gate.state is GateState.WAIT_FOR_RETRY_ACK and states.facts[loop.word].retry_plans:
                plan_id = states.facts[loop.word].retry_plans[-1].id
                route = one.route
                accepted = write_acknowledgement(
                    loop, self.now, route.subject, route.provider, "accepted", by=PERSON, retry_plan_id=plan_id
                )
                self._add(accepted)
            if one.gate.state is GateState.APPROVAL_REQUIRED:
                self._add(
                    write_approval(loop, self.now, one.route.subject, one.route.provider, "approved", by=APPROVER)
                )

    def _run_worker(self, loop: Loop, states: LoopStates) -> None:
        """Plan retries and send those that may be sent."""
        routes = states.of(loop)
        decided = decisions_of(routes)
        selected, _ = select_retries(routes, states.policies.of(loop).max_deliveries, live=True)
        chosen = decisions_of(selected)
        plan_id = self._add(write_retry_plan(loop, self.now, decided))
        run = write_worker_run(loop, self.now, dry=False, decisions=decided, selected=chosen, retry_plan_id=plan_id)
        run_id = self._add(run)
        for one in selected:
            self._retry(loop, one.route, plan_id, run_id)

    def _retry(self, loop: Loop, route: RouteId, plan_id: str, run_id: str) -> None:
        more = {"retry_plan_id": plan_id, "worker_run_id": run_id}
        sent = self.send(loop, route.subject, [route.provider], **more)
        approvals = [
            record["session_id"]
            for record in self.documents.records
            if loop.approval and _approves(record, loop, route)
        ]
        execution = write_execution(
            loop,
            self.now,
            route.subject,
            route.provider,
            "failed" if route.provider in self._failing else "delivered",
            delivery_metadata_id=sent,
            approval_decision_id=approvals[-1] if approvals else "",
            **more,
        )
        self._add(execution)

    def _warn(self, loop: Loop, subject: str, provider: str, level: AlertLevel) -> None:
        self._add(write_plan(loop, self.now, subject, [provider], alert_level=level))
        self.send(loop, subject, [provider])

    def _answer(self, loop: Loop, one: RouteState, state: str, by: str) -> None:
        answered = write_acknowledgement(
            loop, self.now, one.route.subject, one.route.provider, state, by=by, plan_id=one.plan_id
        )
        self._add(answered)

    def _decide(self, provider: str) -> RouteDecision:
        return RouteDecision(
            route_key=make_id("gordroute", environment=self.environment, provider=provider),
            schedule_id=SCHEDULE,
            provider=provider,
            owner="release-governance",
            acknowledgement_minutes=30,
            escalation_owner=APPROVER,
            maintenance_window=None,
            owner_availability=OwnerAvailability(available=True, reason="", start_at="", end_at=""),
            action="deliver",
            category="deliver",
            reason="the drill is due",
            until="",
        )

    def _id(self, loop: Loop) -> str:
        return make_id(
            loop.plans[-1].prefix, environment=self.environment, at=self.now, count=len(self.documents.records)
        )

    def _add(self, record: RecordValue) -> str:
        self.documents.records.append(record)
        self._unfolded.append(READER.decode_record(json.dumps(record).encode()))
        return str(record["session_id"])


def _by_loop(states: LoopStates) -> Iterator[tuple[Loop, RouteState]]:
    yield from ((loop, one) for loop in states.loops for one in states.of(loop))


def _approves(record: RecordValue, loop: Loop, route: RouteId) -> bool:
    assert loop.approval is not None
    if record["metadata_kind"] != loop.approval.word:
        return False
    said: dict[str, Any] = record[loop.approval.payload]
    return (said[loop.subject_keys[0]], said["provider"]) == (route.subject, route.provider)
