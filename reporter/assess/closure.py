"""Final closure: everything delivered, acknowledged, retried and repaired, with evidence (domain.md A7, B2.24).

What is open is decided in `loops.closure`; here each open item becomes a condition that fails, beside the picture of
every loop and the evidence that does not count.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from reporter.assess.conditions import CheckSpec, Condition, check
from reporter.assess.evidence import (
    MOST_NAMED,
    about,
    asked,
    evidence_notes,
    instant,
    most,
    none_of,
    route_name,
    standing,
    unasked,
)
from reporter.loops.closure import NO_EVIDENCE, RECOVERY_OPEN, UNREADABLE
from reporter.loops.closure import assess_closure as close
from reporter.loops.health import worst_level
from reporter.loops.lanes import funnel, summarise_lane
from reporter.loops.loop import Loop
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.closing_reports import (
    ClosureReport,
    DeliveryDay,
    EvidenceFault,
    FutureDated,
    LoopLane,
    OpenItemRow,
    RetryFunnel,
)
from reporter.model.delivery_reports import RouteName
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import ClosureState, FinalClosure, OpenItem, RetryAction


class _Part(NamedTuple):
    """One way to be open: the end of its codes, in words, and the check that it fails."""

    ending: str
    words: str
    spec: CheckSpec


PARTS: Final = (
    _Part(
        "delivery_failed",
        "not delivered",
        CheckSpec(
            "closure_delivered",
            "Everything delivered",
            "Mend the connector and deliver again with `reporter retry run --execute`.",
        ),
    ),
    _Part(
        "acknowledgement_outstanding",
        "not acknowledged",
        CheckSpec(
            "closure_acknowledged",
            "Everything acknowledged",
            "Acknowledge with `reporter ack LOOP SUBJECT --provider P --by NAME --reason TEXT --ref REF`.",
        ),
    ),
    _Part(
        "retry_execution_failed",
        "failed again on retry",
        CheckSpec(
            "closure_retried",
            "Retries succeeded",
            "Mend what the retry failed on, then try again with `reporter retry run --execute`.",
        ),
    ),
    _Part(
        "retry_exhausted",
        "no attempt left",
        CheckSpec(
            "closure_attempts_left",
            "An attempt is left",
            "Open a recovery with `reporter recovery open PROVIDER --by NAME --reason TEXT --ref REF`,"
            " and deliver by hand: no worker tries again.",
        ),
    ),
    _Part(
        RECOVERY_OPEN,
        "A connector recovery is open",
        CheckSpec(
            "closure_recovered",
            "Connectors repaired",
            "Verify the connector, then close with `reporter recovery close PROVIDER --state resolved"
            " --verification REF --by NAME --reason TEXT --ref REF`.",
        ),
    ),
    _Part(
        "missing",
        "no report delivered in time",
        CheckSpec(
            "closure_reported",
            "Reports delivered",
            "Deliver the report: `reporter run` makes and delivers a current one.",
        ),
    ),
    _Part(
        NO_EVIDENCE,
        "There is no evidence",
        CheckSpec(
            "closure_evidence",
            "Evidence to judge by",
            "Name the environment's evidence index in its `records` setting, then `reporter run`.",
        ),
    ),
    _Part(
        UNREADABLE,
        "Evidence cannot be read in full",
        CheckSpec(
            "closure_evidence_readable",
            "Evidence can be read",
            "Repair the records that `reporter check closure` lists, or remove them: each may hide a failure.",
        ),
    ),
)
SPECS: Final = tuple(part.spec for part in PARTS)

_STATES: Final[Mapping[ClosureState, Literal["closed", "open", "not_requested"]]] = {
    ClosureState.CLOSED: "closed",
    ClosureState.OPEN: "open",
    ClosureState.NOT_REQUESTED: "not_requested",
}


def assess_closure(case: Case, states: LoopStates) -> ClosureReport:
    """Report what is open, and the state of every loop."""
    closure = closure_of(case, states)
    count = len(closure.open_items)
    if closure.state is ClosureState.NOT_REQUESTED:
        head = unasked("closure", case, SPECS)
    else:
        summary = f"{count} open item{'' if count == 1 else 's'}" if count else "closed: nothing is open"
        head = standing("closure", case, tuple(_checks(closure)), AlertLevel.HEALTHY, summary)
    conflicts, more_conflicts = most(states.conflicts)
    unmatched, more_unmatched = most(states.unmatched)
    cut = {"conflicting_records": more_conflicts, "unmatched_routes": more_unmatched}
    return ClosureReport(
        **head,
        operator_notes=(*evidence_notes(states), *_notes(states)),
        closure_state=_STATES[closure.state],
        open_item_count=count,
        open_items=tuple(_item(one, states) for one in closure.open_items),
        route_count=len(states.routes),
        lanes=tuple(_lane(states, loop) for loop in states.loops),
        funnel=_funnel(states),
        delivery_days=tuple(
            DeliveryDay(day=one.day.isoformat(), provider=one.provider, delivered=one.delivered, failed=one.failed)
            for one in states.delivery_days
        ),
        faults=tuple(
            EvidenceFault(record=one.record, pointer=one.pointer, found=one.found, wanted=one.wanted, where=one.where)
            for one in states.faults
        ),
        future_dated=tuple(
            FutureDated(record=one.id, kind=one.kind, created_at=instant(one.at)) for one in states.future
        ),
        conflicting_records=conflicts,
        unmatched_routes=tuple(RouteName(**route_name(one)) for one in unmatched),
        truncated=tuple(sorted(states.truncated | {name for name, more in cut.items() if more})),
    )


def closure_of(case: Case, states: LoopStates) -> FinalClosure:
    """Decide what is open. Where only evidence that does not count was given, it is as if there were none."""
    return close(states, Mode.PROMOTED if asked(case, states) else case.mode)


def _checks(closure: FinalClosure) -> Iterator[Check]:
    """Let each open item fail the check that it belongs to."""
    items: dict[str, list[Condition]] = defaultdict(list)
    for item in closure.open_items:
        since = f", since {instant(item.since)}" if item.since else ""
        found = f"{item.detail}{since}"
        items[_part_of(item).ending].append(about(f"closure/{item.code}", found, "no such item", met=False))
    for part in PARTS:
        yield check(part.spec, none_of("closure", items[part.ending], "open item"))


def _item(item: OpenItem, states: LoopStates) -> OpenItemRow:
    routes, _ = most(item.routes, MOST_NAMED)
    return OpenItemRow(
        code=item.code,
        severity=item.severity,
        title=_title(item, states),
        detail=item.detail,
        since=instant(item.since),
        owner=item.owner,
        next_action=item.next_action,
        route_count=len(item.routes),
        routes=tuple(RouteName(**route_name(one)) for one in routes),
    )


def _title(item: OpenItem, states: LoopStates) -> str:
    part = _part_of(item)
    loop = next((one for one in states.loops if item.code == f"{one.code}_{part.ending}"), None)
    return f"{loop.title}: {part.words}" if loop else part.words


def _part_of(item: OpenItem) -> _Part:
    return next(part for part in PARTS if item.code.endswith(part.ending))


def _lane(states: LoopStates, loop: Loop) -> LoopLane:
    return LoopLane(
        **summarise_lane(states, loop)._asdict(),
        title=loop.title,
        alert_level=worst_level(one.alert_level for one in states.of(loop)),
    )


def _funnel(states: LoopStates) -> RetryFunnel:
    """Count what became of the routes that ever failed; `gated` are those due that somebody has to let through."""
    found = funnel(states)
    gated = sum(one.retry.action is RetryAction.RETRY and not one.gate.lets_through for one in states.routes)
    return RetryFunnel(
        ever_failed=found.failed,
        recovered=found.recovered,
        waiting=found.waiting,
        due=found.due,
        gated=gated,
        exhausted=found.exhausted,
    )


def _notes(states: LoopStates) -> Iterator[str]:
    for count, what in (
        (len(states.conflicts), "records came with different contents under one id; the newest counts"),
        (len(states.unmatched), "routes were answered or decided on, but nobody planned or tried them"),
    ):
        if count:
            yield f"Evidence records: {count} {what}."
