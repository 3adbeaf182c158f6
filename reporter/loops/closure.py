"""The final closure: closed only when there is evidence and nothing is open (domain.md A7, B2.24, C2, C3)."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from reporter.loops.loop import Loop
from reporter.loops.recovery import under_repair
from reporter.loops.routes import LoopStates
from reporter.model.instants import format_instant, format_span
from reporter.model.records import ContentFault
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import (
    ClosureState,
    FinalClosure,
    GateState,
    OpenItem,
    RetryAction,
    RouteId,
    RouteOutcome,
    RouteState,
)

NO_EVIDENCE: Final = "no_reporting_evidence"
UNREADABLE: Final = "evidence_unreadable"
RECOVERY_OPEN: Final = "recovery_open"
REPORT_INTERVALS: Final = 2
GOVERNANCE: Final = "release-governance"
MEND: Final = "Mend the connector; `reporter retry run --execute` delivers it again."
ROTATE: Final = (
    "Restore a source that lost records; one that is to be rotated is first imported with `reporter records import` and"
    " read as `ledger`, and the bundles that saw it are moved to the archive."
)
BY_HAND: Final = "No attempt is left: open a recovery with `reporter recovery open` and deliver by hand."
UNDER_REPAIR: Final = (
    "No attempt is left, and the recovery of the connector is open: mend the connector, deliver by hand, and close the"
    " recovery."
)

_KEYS: Final[tuple[tuple[frozenset[GateState], str], ...]] = (
    (
        frozenset({GateState.WAIT_FOR_RETRY_ACK}),
        "Open its gate: `reporter ack` first, then `reporter retry approve`.",
    ),
    (frozenset({GateState.ACKNOWLEDGEMENT_REQUIRED}), "Open its gate with `reporter ack`."),
    (
        frozenset(GateState) - {GateState.WAIT_FOR_RETRY_ACK, GateState.ACKNOWLEDGEMENT_REQUIRED},
        "Open its gate with `reporter retry approve`.",
    ),
)
_DIGITS: Final = re.compile(r"([0-9]+)")


class _Rule(NamedTuple):
    """One suffix of a code: which routes it is about, since when, and what to do."""

    suffix: str
    applies: Callable[[RouteState], bool]
    since: Callable[[RouteState], datetime | None]
    owner: Callable[[LoopStates, RouteState], str]
    next_action: Callable[[Sequence[RouteState], Collection[str]], str]


_DELIVER_FIRST: Final = "Nobody got it: deliver it first, as `reporter retry plan` says"


def advise_retries(routes: Sequence[RouteState], repaired: Collection[str]) -> str:
    """Say what to do about routes that were not delivered: the one advice that every report gives of them.

    `repaired` are the providers whose recovery is open.
    """
    exhausted = [one for one in routes if one.exhausted]
    by_hand = _advise_by_hand(exhausted, repaired)
    if exhausted and len(exhausted) == len(routes):
        return by_hand
    shut = {one.gate.state for one in routes if one.retry.action is RetryAction.RETRY and not one.gate.lets_through}
    keys = [words for states, words in _KEYS if shut & states]
    rest = f" {len(exhausted)} of {len(routes)}: {by_hand[0].lower()}{by_hand[1:]}" if exhausted else ""
    return " ".join((*keys, MEND)) + rest


def _advise_by_hand(exhausted: Sequence[RouteState], repaired: Collection[str]) -> str:
    """Ask for a recovery where none is open."""
    count = sum(one.route.provider in repaired for one in exhausted)
    if count == len(exhausted):
        return UNDER_REPAIR
    rest = f" {count} of {len(exhausted)}: {UNDER_REPAIR[0].lower()}{UNDER_REPAIR[1:]}" if count else ""
    return f"{BY_HAND}{rest}"


def in_reading_order(faults: Iterable[ContentFault]) -> list[ContentFault]:
    """Sort faults by source and line, numbers as numbers."""
    return sorted(faults, key=lambda one: ([_as_number(part) for part in _DIGITS.split(one.where)], one))


def _as_number(part: str) -> tuple[int, str]:
    return (int(part), "") if _DIGITS.fullmatch(part) else (0, part)


def _advise_answer(routes: Sequence[RouteState], _repaired: Collection[str]) -> str:
    """Ask for answers to what somebody got; what nobody got is delivered first."""
    lost = sum(one.outcome is RouteOutcome.FAILED for one in routes)
    if lost == len(routes):
        return f"{_DELIVER_FIRST}; then have it acknowledged."
    rest = f" {lost} of {len(routes)}: {_DELIVER_FIRST[0].lower()}{_DELIVER_FIRST[1:]}." if lost else ""
    return f"Acknowledge with `reporter ack`, or escalate to the next owner.{rest}"


def escalation_owner(states: LoopStates, one: RouteState) -> str:
    """Name who is asked next: as planned, else who is for another route of this owner, else the owner."""
    others = (other.escalation_owner for other in states.routes if other.owner == one.owner)
    return one.escalation_owner or next((name for name in others if name not in ("", one.owner)), one.owner)


def answering_owner(states: LoopStates, one: RouteState) -> str:
    """Name who has to answer: the owner, and once that is overdue who is asked next."""
    return escalation_owner(states, one) if one.acknowledgement.breached else one.owner


def _owner(_states: LoopStates, route: RouteState) -> str:
    return route.owner


_RULES: Final = (
    _Rule(
        "delivery_failed",
        lambda one: one.outcome is RouteOutcome.FAILED,
        lambda one: one.since,
        _owner,
        advise_retries,
    ),
    _Rule(
        "acknowledgement_outstanding",
        lambda one: one.acknowledgement.outstanding,
        lambda one: one.acknowledgement.since,
        answering_owner,
        _advise_answer,
    ),
    _Rule(
        "retry_execution_failed",
        lambda one: one.execution_failed,
        lambda one: one.since,
        _owner,
        advise_retries,
    ),
    _Rule(
        "retry_exhausted",
        lambda one: one.exhausted,
        lambda one: one.since,
        escalation_owner,
        advise_retries,
    ),
)

CODE_SUFFIXES: Final = tuple(rule.suffix for rule in _RULES)


def assess_closure(states: LoopStates, mode: Mode) -> FinalClosure:
    """List what is open, loop by loop, then what concerns all of them."""
    if mode is not Mode.PROMOTED and not states.has_records and not states.faults:
        return FinalClosure(ClosureState.NOT_REQUESTED, ())
    items = (
        *(item for loop in states.loops for item in _of_loop(states, loop)),
        *_recoveries(states),
        *_missing_report(states),
        *_evidence(states),
    )
    return FinalClosure(ClosureState.OPEN if items else ClosureState.CLOSED, items)


def _of_loop(states: LoopStates, loop: Loop) -> Iterator[OpenItem]:
    routes, repaired = states.of(loop), under_repair(states.recoveries)
    for rule in _RULES:
        found = [one for one in routes if rule.applies(one)]
        if found:
            yield OpenItem(
                f"{loop.code}_{rule.suffix}",
                AlertLevel.CRITICAL,
                tuple(one.route for one in found),
                min((at for one in found if (at := rule.since(one))), default=None),
                ", ".join(sorted({rule.owner(states, one) for one in found})),
                rule.next_action(found, repaired),
                f"{loop.title}: {len(found)} route{'' if len(found) == 1 else 's'}",
            )


def _recoveries(states: LoopStates) -> Iterator[OpenItem]:
    found = [one for one in states.recoveries if not one.closed]
    if found:
        yield OpenItem(
            RECOVERY_OPEN,
            AlertLevel.CRITICAL,
            tuple(RouteId("recovery", one.playbooks[0], one.provider) for one in found),
            min((one.opened_at for one in found if not one.undated), default=None),
            GOVERNANCE,
            "Verify the connector and close with `reporter recovery close`, naming the verification refs.",
            "; ".join(f"{one.provider}: {', '.join(one.reasons)}" for one in found),
        )


def _missing_report(states: LoopStates) -> Iterator[OpenItem]:
    """Want a delivery of every report loop within two of its intervals; the end of the second is too late."""
    for loop in states.loops:
        if loop.report_interval is None or not states.has_records:
            continue
        newest = max((one.last_success_at for one in states.of(loop) if one.last_success_at), default=None)
        if newest is None or states.now - newest >= REPORT_INTERVALS * loop.report_interval:
            seen = f"the last was delivered at {format_instant(newest)}" if newest else "none was ever delivered"
            yield OpenItem(
                f"{loop.code}_missing",
                AlertLevel.CRITICAL,
                (),
                newest,
                loop.owner,
                "Send the report of the latest bundle with `reporter mail`, and find out why it was not delivered.",
                f"no report within {format_span(REPORT_INTERVALS * loop.report_interval)}; {seen}",
            )


def _evidence(states: LoopStates) -> Iterator[OpenItem]:
    if not states.has_records:
        yield OpenItem(
            NO_EVIDENCE,
            AlertLevel.CRITICAL,
            (),
            None,
            GOVERNANCE,
            "Point the environment's record sources at its evidence index.",
            "no loop has a record that counts",
        )
    if states.faults:
        count = len(states.faults)
        more = "more than " if "faults" in states.truncated else ""
        yield OpenItem(
            UNREADABLE,
            AlertLevel.CRITICAL,
            (),
            None,
            GOVERNANCE,
            "Repair the records at their source: each may hide a failure, and removing it would hide that for good."
            f" {ROTATE}",
            f"{more}{count} fault{'' if count == 1 else 's'}; first: {in_reading_order(states.faults)[0]}",
        )
