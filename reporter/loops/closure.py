"""The final closure: closed only when there is evidence and nothing is open (domain.md A7, B2.24, C2, C3)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from reporter.loops.loop import Loop
from reporter.loops.routes import LoopStates
from reporter.model.instants import format_instant, format_span
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import ClosureState, FinalClosure, OpenItem, RouteId, RouteOutcome, RouteState

NO_EVIDENCE: Final = "no_reporting_evidence"
UNREADABLE: Final = "evidence_unreadable"
RECOVERY_OPEN: Final = "recovery_open"
REPORT_INTERVALS: Final = 2
GOVERNANCE: Final = "release-governance"


class _Rule(NamedTuple):
    """One suffix of a code: which routes it is about, since when, and what to do."""

    suffix: str
    applies: Callable[[RouteState], bool]
    since: Callable[[RouteState], datetime | None]
    owner: Callable[[RouteState], str]
    next_action: str


def _owner(route: RouteState) -> str:
    return route.owner


def _escalation_owner(route: RouteState) -> str:
    return route.escalation_owner or route.owner


_RULES: Final = (
    _Rule(
        "delivery_failed",
        lambda one: one.outcome is RouteOutcome.FAILED,
        lambda one: one.since,
        _owner,
        "Mend the connector and deliver again with `reporter retry run --execute`.",
    ),
    _Rule(
        "acknowledgement_outstanding",
        lambda one: one.acknowledgement.outstanding,
        lambda one: one.acknowledgement.since,
        _owner,
        "Acknowledge with `reporter ack`, or escalate to the next owner.",
    ),
    _Rule(
        "retry_execution_failed",
        lambda one: one.execution_failed,
        lambda one: one.since,
        _owner,
        "Read why the retry failed, mend it and retry with `reporter retry run --execute`.",
    ),
    _Rule(
        "retry_exhausted",
        lambda one: one.exhausted,
        lambda one: one.since,
        _escalation_owner,
        "No attempt is left: open a recovery with `reporter recovery open` and deliver by hand.",
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
    routes = states.of(loop)
    for rule in _RULES:
        found = [one for one in routes if rule.applies(one)]
        if found:
            yield OpenItem(
                f"{loop.code}_{rule.suffix}",
                AlertLevel.CRITICAL,
                tuple(one.route for one in found),
                min((at for one in found if (at := rule.since(one))), default=None),
                ", ".join(sorted({rule.owner(one) for one in found})),
                rule.next_action,
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
                "Deliver the executive report.",
                f"wanted one within {format_span(REPORT_INTERVALS * loop.report_interval)}; {seen}",
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
        more = "more than " if "faults" in states.truncated else ""
        yield OpenItem(
            UNREADABLE,
            AlertLevel.CRITICAL,
            (),
            None,
            GOVERNANCE,
            "Repair the records, or remove them from the source: each may hide a failure.",
            f"{more}{len(states.faults)} fault{'' if len(states.faults) == 1 else 's'}; first: {states.faults[0]}",
        )
