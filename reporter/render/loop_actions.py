"""What the loops leave to do: open items, sick workers, recoveries to open, blockers that none of them explains.

The steps of the runbook about nothing of these are things to do too, so that both tell the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from reporter.model.closing_reports import OpenItemRow, RunbookStep
from reporter.model.delivery_reports import RouteName
from reporter.model.readiness import Readiness
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel
from reporter.model.text import count
from reporter.render.blockers import ACKNOWLEDGEMENTS, NOT_ACCEPTED, OUTSTANDING, WORKER, Named, say
from reporter.render.references import References
from reporter.render.shapes import Action, Link
from reporter.render.step_search import StepSearch, Words
from reporter.render.wording import LEVEL_TAGS, day, plain, prose, span_of

RECOVERY_OPEN: Final = "recovery_open"
EXHAUSTED: Final = "_retry_exhausted"
EXECUTION_FAILED: Final = "_retry_execution_failed"
DELIVERY_FAILED: Final = "_delivery_failed"

UNNUMBERED: Final = 1_000_000
"""Above every number of a step: what no step tells comes after what one tells."""

_REPAIRS: Final = {"release_readiness_artifacts": (("Write the bundle again",),)}
"""How the runbook speaks of what to do about a blocker that no report explains."""


class Need(NamedTuple):
    """One thing that a loop leaves to do.

    `said` are ways in which a step of the runbook may speak of it, the best first. `more` is how many others the same
    is to be done for, whose steps say some of `others`; `also` leads to what is settled with it.
    """

    level: AlertLevel
    task: str
    why: str
    owner: str
    place: Link
    said: tuple[Words, ...]
    more: int = 0
    also: tuple[Link, ...] = ()
    others: tuple[Words, ...] = ()


class Pressing(NamedTuple):
    """A thing to do with how loud it is, to sort by."""

    level: AlertLevel
    action: Action


def build_loop_actions(
    readiness: Readiness, blockers: Sequence[Named], references: References, told: Iterable[str], steps: StepSearch
) -> Iterator[Pressing]:
    """Give what the loops leave to do, one thing for each step of the runbook, in its order.

    `told` are the reports whose failed checks are told: they explain a blocker.
    """
    told = set(told)
    found: dict[int, Pressing] = {}
    for need in (
        *_items(readiness, references),
        *_workers(readiness, references),
        *_recoveries(readiness, references),
        *_unexplained(readiness, blockers, references, told),
    ):
        step = steps.find(need.said)
        steps.tell(need.others)
        if step and step.number in found:
            first = found[step.number].action
            also = (*first.also_fails, need.place, *need.also)
            found[step.number] = found[step.number]._replace(action=replace(first, also_fails=also))
        else:
            number = step.number if step else UNNUMBERED + len(found)
            found[number] = Pressing(need.level, _action(need, step))
    for step in steps.left():
        found[step.number] = Pressing(step.severity, _of_step(step, references))
    yield from (found[number] for number in sorted(found))


def _items(readiness: Readiness, references: References) -> Iterator[Need]:
    repaired = [one.provider for one in readiness.loops.recovery.recoveries if not one.closed_at]
    items = readiness.loops.closure.open_items
    explained = _explained(items)
    for one in items:
        if one.code in explained:
            continue
        since = f", since {day(one.since)}" if one.since else ""
        yield Need(
            one.severity,
            plain(one.next_action) or plain(one.title),
            f"{say(one.title, one.detail)}{since}.",
            plain(one.owner),
            _row(one, references),
            ((f"{one.title}: {one.detail}",), *_commands(one, repaired)),
            max(0, one.route_count - 1),
            tuple(_row(other, references) for other in items if explained.get(other.code) == one.code),
            tuple(_named(route) for route in one.routes) if one.route_count > 1 else (),
        )


def _named(route: RouteName) -> Words:
    """Give the words by which a step names a route."""
    return (f"{route.subject} by {route.provider}",)


def _row(item: OpenItemRow, references: References) -> Link:
    return Link(plain(item.title) or "open item", references.item("closure", "item", item.code))


def _explained(items: Sequence[OpenItemRow]) -> dict[str, str]:
    """Find the items that are settled with another one: those about routes that all are in a graver item too.

    A route without an attempt left failed to be delivered, and its retry failed: that is one thing to do.
    """
    graver = (EXHAUSTED, EXECUTION_FAILED, DELIVERY_FAILED)
    explained: dict[str, str] = {}
    for rank, ending in enumerate(graver):
        for item in items:
            if not item.code.endswith(ending) or not item.routes or item.route_count > len(item.routes):
                continue
            mine = {route.route_key for route in item.routes}
            for other in items:
                above = other.code.endswith(graver[:rank]) and other.code not in explained
                if above and mine <= {route.route_key for route in other.routes}:
                    explained[item.code] = other.code
    return explained


def _commands(item: OpenItemRow, repaired: Sequence[str]) -> Iterator[Words]:
    """Give the words of the commands that settle an item, route by route (domain.md A7)."""
    routes = item.routes
    if item.code == RECOVERY_OPEN:
        yield from ((f"recovery close {provider} ",) for provider in repaired)
    elif item.code.endswith(OUTSTANDING):
        yield from (("reporter ack ", one.subject, f"--provider {one.provider} ") for one in routes)
    elif item.code.endswith(EXHAUSTED):
        yield from ((f"recovery open {one.provider} ",) for one in routes)
    elif item.code.endswith((EXECUTION_FAILED, DELIVERY_FAILED)):
        yield from (("reporter retry plan ", *_named(one)) for one in routes)
        yield from (("retry approve ", one.subject, f"--provider {one.provider} ") for one in routes)
        yield ("reporter retry plan ", "not delivered")


def _workers(readiness: Readiness, references: References) -> Iterator[Need]:
    """Give the critical alerts; those about routes that an open item is about are told there."""
    items = readiness.loops.closure.open_items
    held = {route.loop for item in items for route in item.routes}
    for loop in readiness.loops.worker_health.loops:
        for alert in loop.alerts:
            explained = any(route.loop in held for route in alert.routes)
            if alert.severity is AlertLevel.CRITICAL and not explained:
                yield Need(
                    alert.severity,
                    plain(alert.recommendation) or plain(alert.message),
                    f"{say(f'Worker of {loop.title}', alert.message)}.",
                    "",
                    Link(f"worker of {plain(loop.title)}", references.item("worker-health", "worker", loop.loop)),
                    ((alert.message,),),
                )


def _recoveries(readiness: Readiness, references: References) -> Iterator[Need]:
    report = readiness.loops.recovery
    exhausted = [item for item in readiness.loops.closure.open_items if item.code.endswith(EXHAUSTED)]
    opened = {route.provider for item in exhausted for route in item.routes}
    for one in report.playbooks_needed:
        if one.provider in opened:
            continue
        yield Need(
            AlertLevel.CRITICAL,
            f"Open a recovery for {plain(one.provider)}.",
            f"{count(one.failure_count, 'delivery').replace('deliverys', 'deliveries')} failed"
            f" within {span_of(report.lookback_hours * 60)}, the latest on {day(one.latest_failure_at)}.",
            "",
            Link("recovery", references.reports["recovery"]),
            ((f"recovery open {one.provider} ",),),
        )


def _unexplained(
    readiness: Readiness, blockers: Sequence[Named], references: References, told: set[str]
) -> Iterator[Need]:
    codes = {one.code for one in readiness.loops.closure.open_items}
    critical = {
        f"{WORKER}{loop.loop}"
        for loop in readiness.loops.worker_health.loops
        if any(alert.severity is AlertLevel.CRITICAL for alert in loop.alerts)
    }
    asked = any(code.endswith(OUTSTANDING) for code in codes)
    for one in blockers:
        code = one.row.code
        explained = (
            code in codes
            or code in critical
            or (code == ACKNOWLEDGEMENTS and asked)
            or (code.endswith(NOT_ACCEPTED) and one.report in told)
        )
        if not explained:
            yield Need(
                one.row.severity,
                f"Mend what holds the release: {one.title}.",
                f"{prose(one.row.detail)}.",
                "",
                Link(f"{BY_NAME[one.report].title} report", references.reports[one.report]),
                ((f"`{code}`",), (f"Bring the {one.title.lower()} in order",), *_REPAIRS.get(code, ())),
            )


def _of_step(step: RunbookStep, references: References) -> Action:
    """Take over a step of the runbook as it is."""
    tag = LEVEL_TAGS[step.severity]
    return Action(
        tag=tag,
        tone=tag.tone,
        task=f"{plain(step.task).rstrip('.')}.",
        report=Link(f"Step {step.number} of the runbook", references.reports["runbook"]),
        why=prose(step.why),
        command=plain(step.command),
        done_when=prose(step.done_when),
        owners=plain(step.owner),
    )


def _action(need: Need, step: RunbookStep | None) -> Action:
    tag = LEVEL_TAGS[need.level]
    command = plain(step.command) if step else ""
    return Action(
        tag=tag,
        tone=tag.tone,
        task=need.task,
        report=need.place,
        why=need.why,
        command=command,
        more=f"The same for {count(need.more, 'more route')}; the runbook has the commands."
        if command and need.more
        else "",
        done_when=prose(step.done_when) if step else "",
        also_fails=need.also,
        owners=plain(step.owner) if step and step.owner else need.owner,
    )
