"""Final closure: everything delivered, acknowledged, retried and repaired, with evidence (domain.md A7, B2.24).

What is open is decided in `loops.closure`; here each open item becomes a condition that fails, beside the picture of
every loop and the evidence that does not count.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from reporter.assess.conditions import CheckSpec, Condition, check
from reporter.assess.evidence import (
    MOST_NAMED,
    RECORDS,
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
from reporter.loops.closure import (
    MEND,
    NO_EVIDENCE,
    RECOVERY_OPEN,
    ROTATE,
    UNDER_REPAIR,
    UNREADABLE,
    in_reading_order,
)
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
from reporter.model.documents import pointer_to
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import ClosureState, FinalClosure, OpenItem, RetryAction

EXHAUSTED: Final = "retry_exhausted"


class Part(NamedTuple):
    """One way to be open: the end of its codes, in words, what to see to for people who run no command, its check."""

    ending: str
    words: str
    see_to: str
    spec: CheckSpec


PARTS: Final = (
    Part(
        "delivery_failed",
        "not delivered",
        "have the connector mended; the retry worker delivers it again",
        CheckSpec(
            "closure_delivered",
            "Everything delivered",
            f"{MEND} `reporter retry plan` says when.",
        ),
    ),
    Part(
        "acknowledgement_outstanding",
        "not acknowledged",
        "have its owner answer, or escalate",
        CheckSpec(
            "closure_acknowledged",
            "Everything acknowledged",
            "Acknowledge with `reporter ack LOOP SUBJECT --provider P --by NAME --reason TEXT --ref REF`.",
        ),
    ),
    Part(
        "retry_execution_failed",
        "failed again on retry",
        "have the connector mended before the attempts are used up",
        CheckSpec(
            "closure_retried",
            "Retries succeeded",
            f"{MEND} `reporter retry plan` says when.",
        ),
    ),
    Part(
        EXHAUSTED,
        "no attempt left",
        "have the connector repaired and what is left delivered by hand",
        CheckSpec(
            "closure_attempts_left",
            "An attempt is left",
            "Open a recovery with `reporter recovery open PROVIDER --by NAME --reason TEXT --ref REF`,"
            " and deliver by hand: no worker tries again.",
        ),
    ),
    Part(
        RECOVERY_OPEN,
        "A connector recovery is open",
        "have the connector repaired, and the repair proven",
        CheckSpec(
            "closure_recovered",
            "No recovery open",
            "Verify the connector, then close with `reporter recovery close PROVIDER --state resolved"
            " --verification REF --by NAME --reason TEXT --ref REF`.",
        ),
    ),
    Part(
        "missing",
        "no report delivered in time",
        "have the current report sent to its readers",
        CheckSpec(
            "closure_reported",
            "Reports delivered",
            "Make a current report with `reporter run`, send it to its readers, and find out why it was not delivered.",
        ),
    ),
    Part(
        NO_EVIDENCE,
        "There is no evidence",
        "have the evidence records connected",
        CheckSpec(
            "closure_evidence",
            "Evidence to judge by",
            "Name the environment's evidence index in its `records` setting, then `reporter run`.",
        ),
    ),
    Part(
        UNREADABLE,
        "Evidence cannot be read in full",
        "have the damaged records repaired",
        CheckSpec(
            "closure_evidence_readable",
            "Evidence can be read",
            "Repair at their source the records that are named here, then `reporter run`: each may hide a failure, and"
            f" removing it would hide that for good. {ROTATE}",
        ),
    ),
)
SPECS: Final = tuple(part.spec for part in PARTS)

MOST_FAULTS: Final = 20
"""Faults that the check names; the report lists more."""

RETRIED: Final = ("delivery_failed", "retry_execution_failed")
"""What is advised on route by route (`loops.closure`)."""

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
        head = standing("closure", case, tuple(_checks(closure, states)), AlertLevel.HEALTHY, summary)
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


def _checks(closure: FinalClosure, states: LoopStates) -> Iterator[Check]:
    """Let each open item fail the check that it belongs to. What cannot be read is told fault by fault."""
    items: dict[str, list[Condition]] = defaultdict(list)
    advice: dict[str, dict[str, None]] = defaultdict(dict)
    for item in closure.open_items:
        since = f", since {instant(item.since)}" if item.since else ""
        found = f"{item.detail}{since}"
        ending = part_of(item.code).ending
        advice[ending][item.next_action] = None
        if item.code != UNREADABLE:
            items[ending].append(about(f"closure/{item.code}", found, "no such item", met=False))
    items[UNREADABLE] += _unreadable(states)
    for part in PARTS:
        spec = part.spec
        if (part.ending in RETRIED and advice[part.ending]) or [*advice[part.ending]] == [UNDER_REPAIR]:
            spec = spec._replace(remedy=" ".join(advice[part.ending]))
        yield check(spec, none_of("closure", items[part.ending], "open item"))


def _unreadable(states: LoopStates) -> Iterator[Condition]:
    """Name the first faults, each with its place; the rest is counted."""
    told, more = most(in_reading_order(states.faults), MOST_FAULTS)
    for one in told:
        place = replace(RECORDS, name=one.where or RECORDS.name)
        yield Condition(place, f"{pointer_to(one.record)}{one.pointer}", one.found, one.wanted, met=False)
    if more:
        least = "at least " if "faults" in states.truncated else ""
        yield about("faults", f"{least}{more} more faults", "no fault", met=False)


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
    part = part_of(item.code)
    loop = next((one for one in states.loops if item.code == f"{one.code}_{part.ending}"), None)
    return f"{loop.title}: {part.words}" if loop else part.words


def part_of(code: str) -> Part:
    """Find the way to be open that a code stands for."""
    return next(part for part in PARTS if code.endswith(part.ending))


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
