"""What is kept of the records: little for each route, whatever the number of records, and mergeable (design.md).

Every part is a set that only grows, cut to its newest members, or the least or greatest of two values. So joining is
associative, commutative and idempotent, and neither order nor repetition of records can matter (domain.md A2).
Nothing here can refer to itself, so all is kept from the garbage collector, which would visit it again and again.
Between processes facts travel as their values alone, without the names of their fields (`array_like`).
"""

from datetime import datetime
from typing import Final

import msgspec

from reporter.loops.history import RoutingFacts, join_routing
from reporter.loops.packet import PacketFacts, join_packets
from reporter.loops.sets import join
from reporter.model.records import UNDATED, ContentFault

KEPT_FAILURES: Final = 32
"""Failures kept for each route. Policies allow fewer attempts (`policy.MOST_ATTEMPTS`): counting saturates safely."""
KEPT_SUCCESSES: Final = 3
KEPT_INTENTS: Final = KEPT_FAILURES
KEPT_ANSWERS: Final = 16
KEPT_CAUSES: Final = 16
KEPT_RUNS: Final = 8
KEPT_LISTED: Final = 100
LISTS: Final = ("faults", "future", "releases")
ROUTING_DAYS: Final = "routing_days"


class Attempt(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """One try at a route. `id` is the delivery record's, so that a delivery and its execution are one attempt.

    Field order is order of events: instant, then id; of two versions with both equal the failed one is the later.
    `cause` is the retry plan, `run` the worker run that it comes from, `approval` the decision that it used up. An
    `intent` says that it was begun, not how it ended. A success with a `doubt`, the values of a ContentFault, is
    none: it is kept to be told of, as long as no newer ones take its place.
    """

    at: datetime
    id: str
    failed: bool
    execution: bool = False
    record: str = ""
    detail: str = ""
    cause: str = ""
    run: str = ""
    approval: str = ""
    by: str = ""
    intent: bool = False
    doubt: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """One acknowledgement or approval decision. `plan` is the plan, `cause` the retry plan that it names.

    Of answers of one instant the last in order counts: the one that is the most `against` its route (A2), whatever its
    id. `decision` is the id that an approval gives itself, beside its record's.
    """

    at: datetime
    against: int
    id: str
    state: str
    by: str = ""
    plan: str = ""
    cause: str = ""
    external_ref: str = ""
    decision: str = ""


class Cause(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """A retry plan or worker run that decided on a route."""

    at: datetime
    id: str


class Planned(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """What one plan record wants of one route."""

    at: datetime
    record: str
    required: bool = False
    minutes: float = 0.0
    owner: str = ""
    escalation_owner: str = ""


class PlanKey(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """One plan of one due cycle."""

    cycle: str
    plan_id: str


class PlanFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A plan's first time, and its newest record. Made again in its cycle, it stays the same plan (C6).

    What any of its records wants answered stays wanted.
    """

    first_at: datetime
    newest: Planned
    required: bool = False


class RouteKey(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """The name of a route."""

    loop: str
    subject: str
    provider: str


class RouteFacts(msgspec.Struct, gc=False, array_like=True):
    """All that is kept of one route. `plans` goes by due cycle and plan id, and grows with those."""

    failures: tuple[Attempt, ...] = ()
    successes: tuple[Attempt, ...] = ()
    skips: tuple[Attempt, ...] = ()
    intents: tuple[Attempt, ...] = ()
    acknowledgements: tuple[Answer, ...] = ()
    approvals: tuple[Answer, ...] = ()
    causes: tuple[Cause, ...] = ()
    plans: dict[PlanKey, PlanFacts] | None = None


class Run(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """One worker run. Of one instant those that failed are the last, and of these those of a disabled schedule (A2)."""

    at: datetime
    failed: str
    disabled: bool
    id: str
    dry: bool


class LoopFacts(msgspec.Struct):
    """What is kept of a loop besides its routes. Any entry at all means that the loop has a record."""

    runs: tuple[Run, ...] = ()
    live_runs: tuple[Run, ...] = ()
    retry_plans: tuple[Cause, ...] = ()
    acknowledgements: dict[str, tuple[Answer, ...]] = {}
    approvals: dict[str, tuple[Answer, ...]] = {}


class Closing(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """One decision about a recovery. Of those of one instant, what `opens` it again comes last and counts (A2)."""

    at: datetime
    opens: bool
    id: str
    state: str
    verified: bool
    by: str = ""


class PlaybookFacts(msgspec.Struct):
    """One playbook for one provider: its first opening and, in `opened_again`, the newest.

    Without `opened` only closures are known, and there is nothing to close (C13).
    """

    opened: tuple[datetime, str] | None = None
    latest_failure_at: datetime | None = None
    failures: int = 0
    closings: tuple[Closing, ...] = ()
    opened_again: datetime | None = None


class ReleaseNote(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """One decision about a readiness summary (A8)."""

    at: datetime
    id: str
    state: str
    summary: str
    override: bool
    by: str
    reason: str
    readiness: str = ""
    decision: str = ""


class FutureRecord(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """A record dated too far after `now` to count (A2.3)."""

    at: datetime
    id: str
    kind: str


class Folded(msgspec.Struct):
    """What all records together say, as of one `now`. `truncated` names the lists that hold only their newest.

    `suppressed` says when the newest plan that leaves a provider out for having told it already was made (B2.19).
    """

    now: datetime
    routes: dict[RouteKey, RouteFacts] = {}
    loops: dict[str, LoopFacts] = {}
    playbooks: dict[tuple[str, str], PlaybookFacts] = {}
    suppressed: dict[RouteKey, datetime] = {}
    routing: RoutingFacts = msgspec.field(default_factory=RoutingFacts)
    packet: PacketFacts = msgspec.field(default_factory=PacketFacts)
    releases: tuple[ReleaseNote, ...] = ()
    faults: tuple[ContentFault, ...] = ()
    future: tuple[FutureRecord, ...] = ()
    truncated: frozenset[str] = frozenset()


def join_plans(one: PlanFacts, other: PlanFacts) -> PlanFacts:
    """Keep the first time and the newest record of a plan, and that an answer is wanted."""
    return PlanFacts(
        min(one.first_at, other.first_at),
        max(one.newest, other.newest),
        one.required or other.required,
    )


def join_routes(one: RouteFacts, other: RouteFacts) -> RouteFacts:
    """Join what is known of one route."""
    plans = dict(one.plans or {})
    for key, plan in (other.plans or {}).items():
        plans[key] = join_plans(plans[key], plan) if key in plans else plan
    return RouteFacts(
        join(one.failures, other.failures, KEPT_FAILURES),
        join(one.successes, other.successes, KEPT_SUCCESSES),
        join(one.skips, other.skips, KEPT_SUCCESSES),
        join(one.intents, other.intents, KEPT_INTENTS),
        join(one.acknowledgements, other.acknowledgements, KEPT_ANSWERS),
        join(one.approvals, other.approvals, KEPT_ANSWERS),
        join(one.causes, other.causes, KEPT_CAUSES),
        plans or None,
    )


def _join_loops(one: LoopFacts, other: LoopFacts) -> LoopFacts:
    return LoopFacts(
        join(one.runs, other.runs, KEPT_RUNS),
        join(one.live_runs, other.live_runs, KEPT_RUNS),
        join(one.retry_plans, other.retry_plans, KEPT_RUNS),
        _join_answers(one.acknowledgements, other.acknowledgements),
        _join_answers(one.approvals, other.approvals),
    )


def _join_answers(
    one: dict[str, tuple[Answer, ...]], other: dict[str, tuple[Answer, ...]]
) -> dict[str, tuple[Answer, ...]]:
    joined = dict(one)
    for provider, answers in other.items():
        joined[provider] = join(joined.get(provider, ()), answers, KEPT_ANSWERS)
    return joined


def join_playbooks(one: PlaybookFacts, other: PlaybookFacts) -> PlaybookFacts:
    """Keep the first and the newest opening, the newest failure and the most that is named, the newest closings."""
    return PlaybookFacts(
        min((at for at in (one.opened, other.opened) if at), default=None),
        max((at for at in (one.latest_failure_at, other.latest_failure_at) if at), default=None),
        max(one.failures, other.failures),
        join(one.closings, other.closings, KEPT_ANSWERS),
        max((at for at in (one.opened_again, other.opened_again) if at), default=None),
    )


def merge(one: Folded, other: Folded) -> Folded:
    """Join the folds of two shares of the records. Both must be as of one `now`, or ValueError is raised.

    Associative, commutative and idempotent: shards, processes and increments come to the same.
    """
    if one.now != other.now:
        message = f"folds as of {one.now} and {other.now} do not join"
        raise ValueError(message)
    routes, loops, playbooks = dict(one.routes), dict(one.loops), dict(one.playbooks)
    for key, route in other.routes.items():
        routes[key] = join_routes(routes[key], route) if key in routes else route
    for word, loop in other.loops.items():
        loops[word] = _join_loops(loops[word], loop) if word in loops else loop
    for name, playbook in other.playbooks.items():
        playbooks[name] = join_playbooks(playbooks[name], playbook) if name in playbooks else playbook
    suppressed = dict(one.suppressed)
    for key, at in other.suppressed.items():
        suppressed[key] = max(at, suppressed.get(key, at))
    routing, is_full = join_routing(one.routing, other.routing)
    truncated = one.truncated | other.truncated | ({ROUTING_DAYS} if is_full else set())
    for listed in LISTS:
        if len({*getattr(one, listed), *getattr(other, listed)}) > KEPT_LISTED:
            truncated |= {listed}
    return Folded(
        one.now,
        routes,
        loops,
        playbooks,
        suppressed,
        routing,
        join_packets(one.packet, other.packet),
        join(one.releases, other.releases, KEPT_LISTED),
        join(one.faults, other.faults, KEPT_LISTED),
        join(one.future, other.future, KEPT_LISTED),
        truncated,
    )


def is_undated(at: datetime) -> bool:
    """Say whether this stands for a time that is missing or cannot be read."""
    return at == UNDATED
