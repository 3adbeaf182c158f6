"""From facts to states: every route as it is at `now` under the policy (domain.md A5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reporter.loops.days import DeliveryDay, DeliveryDays
from reporter.loops.facts import (
    KEPT_FAILURES,
    KEPT_LISTED,
    Answer,
    Attempt,
    Folded,
    FutureRecord,
    LoopFacts,
    ReleaseNote,
    RouteFacts,
    RouteKey,
    is_undated,
)
from reporter.loops.folder import NO_PROVIDER, NO_SUBJECT
from reporter.loops.gates import GateEvidence, acknowledgement_of, at_instant, gate_of, plan_in_force
from reporter.loops.history import LatestPlan, RoutingEvent
from reporter.loops.latest import conflicts_of
from reporter.loops.loop import Loop
from reporter.loops.packet import PacketFacts
from reporter.loops.policy import LoopPolicies, default_policies
from reporter.loops.recovery import FailingProviders, recoveries_of
from reporter.loops.retry import decide_retry
from reporter.loops.routing import RoutingDay
from reporter.loops.sets import join
from reporter.loops.table import LOOPS
from reporter.loops.ties import Retried, tie_routes
from reporter.loops.versions import attempts_of, leave_newest, leave_undoubted, settle_answers, settle_attempts
from reporter.model.instants import format_instant
from reporter.model.records import ContentFault
from reporter.model.routes import Executions, RecoveryState, RouteId, RouteOutcome, RouteState

_SHOWN_RECORDS: Final = 8


@dataclass(frozen=True, slots=True)
class LoopStates:
    """Everything that the reports on the loops start from.

    `unmatched` are answers and retry decisions about routes that nobody planned or tried; `conflicts` the ids of
    records that came with different contents, of which the newest counts; `recent_failures` the failures of each
    provider since its last success; `suppressed` the routes that the newest alert plan leaves out. Where `truncated`
    names `delivery_days` or `routing_days`, their counts are the least there were.
    """

    now: datetime
    loops: tuple[Loop, ...]
    policies: LoopPolicies
    routes: tuple[RouteState, ...]
    facts: Mapping[str, LoopFacts]
    recoveries: tuple[RecoveryState, ...]
    recent_failures: Mapping[str, tuple[Attempt, ...]]
    unmatched: tuple[RouteId, ...]
    conflicts: tuple[str, ...]
    faults: tuple[ContentFault, ...]
    future: tuple[FutureRecord, ...]
    releases: tuple[ReleaseNote, ...]
    packet: PacketFacts
    suppressed: tuple[RouteId, ...]
    delivery_days: tuple[DeliveryDay, ...]
    routing_days: tuple[RoutingDay, ...]
    routing_events: tuple[RoutingEvent, ...]
    latest_plans: tuple[LatestPlan, ...]
    truncated: frozenset[str]

    @property
    def has_records(self) -> bool:
        """Whether any loop has any record that counts."""
        return bool(self.facts)

    def of(self, loop: Loop) -> tuple[RouteState, ...]:
        """List the routes of one loop."""
        return tuple(one for one in self.routes if one.route.loop == loop.word)


def finalise(folded: Folded, policies: LoopPolicies | None = None, loops: tuple[Loop, ...] = LOOPS) -> LoopStates:
    """Work out the state of every route. The same facts give the same states, in the order of their names."""
    policies = policies or default_policies(loops)
    undoubted, doubts = leave_undoubted(folded.routes)
    counted = leave_newest(undoubted, folded.loops, folded.playbooks)
    routes, retried = tie_routes(counted.routes, loops)
    by_word = {loop.word: loop for loop in loops}
    nobody = {(key.loop, key.subject) for key in routes if key.provider == NO_PROVIDER}
    delivered = _newest_deliveries({key: facts for key, facts in routes.items() if (key.loop, key.subject) in nobody})
    states, unmatched, conflicts = [], [], set(counted.conflicts)
    failing = FailingProviders()
    days = DeliveryDays(folded.now)
    for key in sorted(routes):
        loop = by_word[key.loop]
        one = _Finished(
            key,
            routes[key],
            loop,
            counted.loops.get(loop.word, LoopFacts()),
            delivered.get((key.loop, key.subject)),
            retried.get(key, ()),
        )
        conflicts |= one.conflicts
        days.add(key.provider, routes[key], one.attempts)
        if key.provider:
            failing.add(key.provider, one.attempts)
        if one.is_matched:
            states.append(one.state(policies, folded.now))
        elif not one.is_answered_elsewhere:
            unmatched.append(RouteId(key.loop, key.subject, key.provider))
    return LoopStates(
        now=folded.now,
        loops=loops,
        policies=policies,
        routes=tuple(states),
        facts=folded.loops,
        recoveries=recoveries_of(counted.playbooks, folded.now, policies.recovery),
        recent_failures=failing.rows(),
        unmatched=tuple(unmatched),
        conflicts=tuple(sorted(conflicts | conflicts_of(folded.packet, folded.releases))),
        faults=join(folded.faults, doubts, KEPT_LISTED),
        future=folded.future,
        releases=folded.releases,
        packet=folded.packet,
        suppressed=_suppressed(folded),
        delivery_days=days.rows(),
        routing_days=tuple(RoutingDay.of(key, plans) for key, plans in sorted(folded.routing.days.items())),
        routing_events=tuple(sorted(folded.routing.events.values())),
        latest_plans=tuple(plan for _, plan in sorted(folded.routing.latest.items())),
        truncated=folded.truncated
        | ({"delivery_days"} if days.is_partial else set())
        | ({"faults"} if len({*folded.faults, *doubts}) > KEPT_LISTED else set()),
    )


def _newest_deliveries(routes: Mapping[RouteKey, RouteFacts]) -> dict[tuple[str, str], Attempt]:
    """Find the newest success of each subject: it makes up for an attempt that reached nobody."""
    newest: dict[tuple[str, str], Attempt] = {}
    for key, facts in routes.items():
        if facts.successes:
            settled, _ = settle_attempts(attempts_of(facts))
            success = max((one for one in settled if not one.failed), default=None)
            name = (key.loop, key.subject)
            if success and (name not in newest or success > newest[name]):
                newest[name] = success
    return newest


def _suppressed(folded: Folded) -> tuple[RouteId, ...]:
    """List the routes that a plan left out after the last one that chose them."""
    found = []
    for key, at in sorted(folded.suppressed.items()):
        route = folded.routes.get(key)
        plans = (route.plans if route else None) or {}
        if all(at >= plan.newest.at for plan in plans.values()):
            found.append(RouteId(key.loop, key.subject, key.provider))
    return tuple(found)


class _Finished:
    """One route with its versions settled."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that its state rests on
        self,
        key: RouteKey,
        facts: RouteFacts,
        loop: Loop,
        around: LoopFacts,
        delivered: Attempt | None,
        retried: Sequence[Retried],
    ) -> None:
        self.key, self.facts, self.loop = key, facts, loop
        others = [one.attempt for one in retried]
        self.attempts, self.conflicts = settle_attempts((*attempts_of(facts), *others))
        causes = {cause.id for cause in facts.causes}
        self.answers = self._settled(facts.acknowledgements, around.acknowledgements.get(key.provider, ()), causes)
        self.approvals = self._settled(facts.approvals, around.approvals.get(key.provider, ()), causes)
        successes = [one for one in self.attempts if not one.failed]
        limits = {one.attempt.id: one.before for one in retried}
        for one in facts.successes:
            limits.pop(one.id, None)
        own = max((one for one in successes if one.id not in limits), default=None)
        self.success = max(successes, default=None)
        if key.provider == NO_PROVIDER:
            own = self.success = delivered
        before = max((limits[one.id] for one in successes if one.id in limits), default=None)
        self.failures = [
            one
            for one in self.attempts
            if one.failed and (own is None or one > own) and (before is None or one.at >= before)
        ]
        self.is_answered_elsewhere = key.provider == NO_PROVIDER and bool(self.attempts)
        self.is_matched = bool(facts.plans) or bool(self.attempts if key.provider != NO_PROVIDER else self.failures)

    def _settled(self, own: tuple[Answer, ...], around: tuple[Answer, ...], causes: set[str]) -> list[Answer]:
        answers, conflicts = settle_answers((*own, *(one for one in around if one.cause in causes)))
        self.conflicts |= conflicts
        return answers

    def state(self, policies: LoopPolicies, now: datetime) -> RouteState:
        """Work out the state."""
        policy = policies.of(self.loop)
        plan = plan_in_force(self.facts.plans)
        last = self.attempts[-1].at if self.attempts else None
        last_failure = self.failures[-1].at if self.failures else None
        acknowledgement, latest = acknowledgement_of(self.answers, plan, last, self.loop, policy)
        acknowledgement = at_instant(acknowledgement, now)
        skip = max(self.facts.skips, default=None)
        first_failure = next((one for one in self.attempts if one.failed), None)
        told = GateEvidence(
            self.failures, self.attempts, latest, self.answers, self.approvals, self.facts.causes, policies.executor
        )
        return RouteState(
            route=RouteId(self.key.loop, self.key.subject, self.key.provider),
            outcome=self._outcome(plan.since if plan else None),
            failures=len(self.failures),
            since=_known(self.failures[0].at if self.failures else None),
            last_attempt_at=_known(last),
            last_failure_at=_known(last_failure),
            last_success_at=_known(self.success.at if self.success else None),
            retry=decide_retry(len(self.failures), last_failure, policy, now),
            acknowledgement=acknowledgement,
            gate=gate_of(self.loop, policy, told),
            execution_failed=any(one.execution or one.cause or one.run for one in self.failures),
            skipped=skip.detail if skip and (last is None or skip.at > last) else "",
            cycle=plan.cycle if plan else "",
            plan_id=plan.plan_id if plan else "",
            owner=(plan.owner if plan else "") or self.loop.owner,
            escalation_owner=plan.escalation_owner if plan else "",
            reasons=tuple(self._reasons()),
            records=self._records(plan.record if plan else "", acknowledgement.record),
            ever_failed=first_failure is not None,
            retried=first_failure is not None and self.attempts[-1] != first_failure,
            executions=self._executions(),
        )

    def _executions(self) -> Executions:
        executed = [one.failed for one in self.attempts if one.execution]
        return Executions(executed.count(False), executed.count(True), len(self.facts.skips))

    def _outcome(self, planned_since: datetime | None) -> RouteOutcome:
        if self.failures:
            return RouteOutcome.FAILED
        if self.success is None or (planned_since is not None and self.success.at < planned_since):
            return RouteOutcome.PLANNED
        return RouteOutcome.DELIVERED

    def _reasons(self) -> list[str]:
        reasons = []
        if self.failures:
            newest = self.failures[-1]
            when = "at an unknown time" if is_undated(newest.at) else f"at {format_instant(newest.at)}"
            count = f"{'at least ' if len(self.failures) >= KEPT_FAILURES else ''}{len(self.failures)}"
            reasons.append(f"{count} failed since the last success, the latest {when}: {newest.detail}")
        if self.key.subject == NO_SUBJECT:
            reasons.append("the records name no subject, so no success can be told apart and counted")
        if self.key.provider == NO_PROVIDER:
            reasons.append("the records name no provider: nobody was told")
        return reasons

    def _records(self, *others: str) -> tuple[str, ...]:
        shown = [one.record for one in reversed(self.failures)]
        if self.success:
            shown.append(self.success.record)
        return tuple(dict.fromkeys(record for record in (*others, *shown) if record))[:_SHOWN_RECORDS]


def _known(at: datetime | None) -> datetime | None:
    return None if at is None or is_undated(at) else at
