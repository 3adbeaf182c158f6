"""Answering for a route, and deciding about its next retry (domain.md A5, B1.16)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from reporter.errors import UsageFault
from reporter.jobs.answers.finding import find_route, find_state
from reporter.jobs.answers.privacy import refuse_private
from reporter.jobs.answers.recording import Drafted, Prepared, draft, own_records, sealed_for
from reporter.jobs.answers.signature import Signature
from reporter.jobs.loops import states_of
from reporter.loops.gates import APPROVED, is_same_person
from reporter.loops.loop import GateKind, Kind, Loop
from reporter.loops.routes import LoopStates
from reporter.loops.states import ACKNOWLEDGEMENT_STATES, ANSWERED_STATES, APPROVAL_STATES
from reporter.loops.writing import RecordValue, write_acknowledgement, write_approval
from reporter.model.instants import format_instant
from reporter.model.routes import GateState, RouteOutcome, RouteState
from reporter.model.text import show
from reporter.settings_model import Settings

_DEFAULT_STATES: Final = ("acknowledged", "accepted")
_WAITING: Final = (GateState.ACKNOWLEDGEMENT_REQUIRED, GateState.WAIT_FOR_RETRY_ACK)
_APPROVED: Final = (GateState.OPEN, GateState.SELF_APPROVAL_REFUSED)


def acknowledge(  # noqa: PLR0913, PLR0917 - the words of the command
    settings: Settings,
    environment: str,
    now: datetime,
    route: tuple[str, str, str],
    state: str,
    plan_id: str,
    signature: Signature,
) -> Prepared:
    """Prepare an answer for a route: loop, subject, provider. Without a state it is the one that the loop accepts.

    Raise UsageFault where nothing of the kind is known, where nobody asks for an answer, or where this one would not
    count.
    Raise NotPublicSafe for a signature that holds what is configured as private.
    """
    refuse_private(settings, signature)
    states = states_of(settings, environment, now).states
    loop, found = find_route(states, *route)
    counting = loop.accepted | loop.gate_accepted
    known = counting | (ACKNOWLEDGEMENT_STATES - ANSWERED_STATES)
    chosen = find_state(state, known, loop.word) if state else next(one for one in _DEFAULT_STATES if one in counting)
    _refuse(_plan_faults(found, plan_id))
    by_gate = loop.gate is GateKind.APPROVAL
    since = found.last_failure_at if by_gate else found.acknowledgement.since
    drafted = _draft(
        _About(settings, environment, now, signature, states, loop, found),
        partial(write_acknowledgement, plan_id=found.plan_id),
        loop.acknowledgement,
        chosen,
        since=since,
        in_force=found.acknowledgement.record,
    )
    if not drafted.repeats:
        _refuse(_answer_faults(found, chosen))
        last_at = max((at for at in (drafted.last_at, found.acknowledgement.at) if at), default=None)
        _refuse(_time_faults(now, since, last_at, after=by_gate))
    effect = "counts as an answer" if chosen in counting else "is shown, and the answer stays outstanding"
    return Prepared(
        environment,
        f"acknowledgement of {found.route}",
        drafted.record,
        drafted.repeats,
        (f"state: {_answered(found)} -> {chosen} ({effect})",),
        tuple(_not_delivered(found)) if chosen in counting else (),
    )


def approve_retry(  # noqa: PLR0913, PLR0917 - the words of the command
    settings: Settings,
    environment: str,
    now: datetime,
    route: tuple[str, str, str],
    state: str,
    signature: Signature,
) -> Prepared:
    """Prepare a decision about the next retry of a route: loop, subject, provider.

    Raise UsageFault where nothing of the kind is known, where nothing is to be decided, or where it would not count.
    Raise NotPublicSafe for a signature that holds what is configured as private.
    """
    refuse_private(settings, signature)
    states = states_of(settings, environment, now).states
    loop, found = find_route(states, *route)
    chosen = find_state(state, APPROVAL_STATES, loop.word)
    _refuse(_gate_faults(loop, found))
    assert loop.approval is not None  # noqa: S101 - its gate is approval, for mypy
    agrees = found.gate.state in _APPROVED if chosen == APPROVED else found.gate.state is GateState.REVOKED
    drafted = _draft(
        _About(settings, environment, now, signature, states, loop, found),
        write_approval,
        loop.approval,
        chosen,
        since=found.last_failure_at,
        in_force="" if agrees else f"{found.gate.state} {found.gate.by}",
    )
    executor = states.policies.executor
    itself = chosen == APPROVED and is_same_person(signature.by, executor)
    if not drafted.repeats:
        refuses = itself and states.policies.of(loop).self_approval == "refuse"
        _refuse(_decision_faults(found, chosen, executor if refuses else ""))
        _refuse(_time_faults(now, found.last_failure_at, drafted.last_at, after=True))
    flagged = f"self_approved: {show(signature.by)} executes retries too; every report flags it" if itself else ""
    return Prepared(
        environment,
        f"decision about the next retry of {found.route}",
        drafted.record,
        drafted.repeats,
        (f"gate: {found.gate.state} ({found.gate.reason}) -> {_gate_after(chosen)}", found.retry.reason),
        (flagged,) if flagged else (),
    )


class _About(NamedTuple):
    """What is decided about: a route as it stands, where and when, and who signs."""

    settings: Settings
    environment: str
    now: datetime
    signature: Signature
    states: LoopStates
    loop: Loop
    found: RouteState


def _draft(  # noqa: PLR0913 - what a decision about a route is made of
    about: _About, write: Callable[..., RecordValue], kind: Kind, state: str, *, since: datetime | None, in_force: str
) -> Drafted:
    """Write a decision about a route under its id, or find the one that says the same."""
    route, signature = about.found.route, about.signature

    def written(name: str) -> RecordValue:
        record = write(
            about.loop,
            about.now,
            route.subject,
            route.provider,
            state,
            by=signature.by,
            retry_plan_id=_retry_plan(about.states, about.loop, about.found),
            external_ref=signature.ref,
            notes=signature.reason,
            record_id=name,
        )
        return sealed_for(about.environment, signature.recorded_at, record)

    own = own_records(about.settings, about.environment, about.now)
    return draft(written, kind, (about.loop.subject_keys[0], "provider"), own, since=since, in_force=in_force)


def _refuse(faults: list[str]) -> None:
    if faults:
        raise UsageFault(*faults)


def _plan_faults(route: RouteState, plan_id: str) -> list[str]:
    if plan_id in {"", route.plan_id}:
        return []
    wanted = f"the plan in force, {show(route.plan_id)}" if route.plan_id else "none: no plan is known for this route"
    return [f"--plan-id: found {show(plan_id)}, wanted {wanted}"]


def _answer_faults(route: RouteState, state: str) -> list[str]:
    now_is = route.acknowledgement
    if not now_is.required and route.gate.state not in _WAITING:
        return [f"{route.route}: needs no acknowledgement: {route.gate.reason}, and no plan asks for an answer"]
    if now_is.state == state and not now_is.outstanding and route.gate.state not in _WAITING:
        return [f"{route.route}: needs no acknowledgement: {_answered(route)} already"]
    return []


def _not_delivered(route: RouteState) -> Iterator[str]:
    """Say of an answer to what nobody got that it counts, as the rule has it, and delivers nothing (A5)."""
    if route.outcome is RouteOutcome.FAILED and route.gate.state not in _WAITING:
        yield (
            f"{route.route}: nobody got it: its last delivery failed. The answer counts for the plan; the delivery"
            " stays open, and keeps the closure open, until it is made good: see `reporter retry plan`"
        )


def _gate_faults(loop: Loop, route: RouteState) -> list[str]:
    if loop.gate is GateKind.ACKNOWLEDGEMENT:
        return [f"{route.route}: its retries wait for an acknowledgement, not for an approval: see `reporter ack`"]
    if loop.gate is GateKind.NONE:
        return [f"{route.route}: its retries need no approval: {loop.word} has no gate"]
    if not route.failures:
        return [f"{route.route}: nothing to retry: {route.retry.reason}"]
    if route.exhausted:
        return [f"{route.route}: nothing to approve: {route.retry.reason}; see `reporter recovery open`"]
    return []


def _decision_faults(route: RouteState, state: str, refused: str) -> list[str]:
    if state != APPROVED:
        return []
    if refused:
        return [f"--by: found {show(refused)}, who executes retries too, wanted somebody else: self_approval is refuse"]
    if route.gate.state is GateState.WAIT_FOR_RETRY_ACK:
        return [f"{route.route}: {route.gate.reason}; `reporter ack` it with --state accepted first"]
    if route.gate.state in _APPROVED:
        return [f"{route.route}: {route.gate.reason} already, and one approval covers one execution"]
    return []


def _time_faults(now: datetime, since: datetime | None, last_at: datetime | None, *, after: bool) -> list[str]:
    """Say why an answer of this instant would not count: it must follow what it answers, and the answer before it."""
    if since is not None and (now < since or (after and now == since)):
        return [f"dated {format_instant(now)}: wanted a time after {format_instant(since)}, when it began to wait"]
    if last_at is not None and now <= last_at:
        return [f"dated {format_instant(now)}: wanted a time after the last answer, {format_instant(last_at)}"]
    return []


def _retry_plan(states: LoopStates, loop: Loop, route: RouteState) -> str:
    """Name the newest retry plan of the loop that was made after the failure (B1.16)."""
    facts = states.facts.get(loop.word)
    if loop.gate is not GateKind.APPROVAL or facts is None or route.last_failure_at is None:
        return ""
    newest = max(facts.retry_plans, default=None)
    return newest.id if newest and newest.at >= route.last_failure_at else ""


def _answered(route: RouteState) -> str:
    now_is = route.acknowledgement
    by = f" by {now_is.by}" if now_is.by else ""
    at = f" at {format_instant(now_is.at)}" if now_is.at else ""
    return f"{now_is.state}{by}{at}"


def _gate_after(state: str) -> str:
    return GateState.OPEN if state == APPROVED else f"{GateState.REVOKED} ({state})"
