"""What the reports that start from evidence records share: names of routes, conditions on records, the status.

A warning is something that is due and still in time: it makes a report `due_soon`. What is critical fails a check.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeVar

from reporter.assess.conditions import CheckSpec, Condition, check, fold, head, not_applicable
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.documents import Document, DocumentState, pointer_to
from reporter.model.ids import make_id
from reporter.model.instants import format_instant
from reporter.model.reports import AlertLevel, Mode, Status
from reporter.model.routes import RouteId
from reporter.model.text import visible

MOST_LISTED: Final = 500
"""Routes that a report lists; it counts all of them."""
MOST_NAMED: Final = 50
"""Routes that one alert or open item names."""

RECORDS: Final = Document(alias="records", name="evidence records", state=DocumentState.READ)

T = TypeVar("T")


def asked(case: Case, states: LoopStates) -> bool:
    """Say whether anybody asked for the loops: by promoted mode, or by giving records, sound or not (A7)."""
    return case.mode is Mode.PROMOTED or states.has_records or bool(states.faults or states.future)


def about(pointer: str, found: object, wanted: str, *, met: bool) -> Condition:
    """State a condition about the records; the pointer starts with the id of a record or the name of a loop."""
    return Condition(RECORDS, visible(f"/{pointer}"), visible(str(found)), visible(wanted), met)


def count_is(pointer: str, found: int, what: str) -> Condition:
    """State that there is none of something."""
    return about(pointer, f"{found} {what}", f"no {what}", met=found == 0)


def none_of(pointer: str, found: Sequence[Condition], what: str) -> list[Condition]:
    """State that there is none of something, with a condition for each one found; of very many the rest is counted."""
    if not found:
        return [count_is(pointer, 0, what)]
    named, more = most(found, MOST_NAMED)
    return [*named, *([count_is(pointer, more, f"more {what}")] if more else [])]


def evidence_spec(prefix: str) -> CheckSpec:
    """Give the check that every such report starts with."""
    return CheckSpec(
        f"{prefix}_evidence",
        "Evidence to judge by",
        "Point the environment's `records` at its evidence index, and repair what `reporter check closure` lists.",
    )


def check_evidence(spec: CheckSpec, states: LoopStates) -> Check:
    """Want a record that counts, and none that may hide a failure (C3)."""
    found = "records" if states.has_records else "no record that counts"
    unreadable = [
        about(f"{pointer_to(one.record)[1:]}{one.pointer}", one.found, one.wanted, met=False) for one in states.faults
    ]
    return check(
        spec,
        [
            about("records", found, "at least one record of a loop", met=states.has_records),
            *none_of("faults", unreadable, "unreadable records"),
        ],
    )


def standing(name: str, case: Case, checks: tuple[Check, ...], level: AlertLevel, summary: str = "") -> dict[str, Any]:
    """Give the fields that every report starts with. `level` is the loudest of what is only due."""
    status = fold(checks)
    if status is Status.READY and level is not AlertLevel.HEALTHY:
        status = Status.DUE_SOON
    return head(name, case, status, checks) | ({"summary": summary} if summary else {})


def unasked(name: str, case: Case, specs: Iterable[CheckSpec]) -> dict[str, Any]:
    """Give those fields where nobody asked."""
    because = f"not requested: mode is {case.mode} and there are no evidence records"
    checks = tuple(not_applicable(spec, because) for spec in specs)
    return head(name, case, Status.NOT_REQUESTED, checks)


def route_name(route: RouteId) -> dict[str, str]:
    """Give the names of a route as reports write them."""
    return {"route_key": route_key(route), "loop": route.loop, "subject": route.subject, "provider": route.provider}


@lru_cache(10_000)
def route_key(route: RouteId) -> str:
    """Give the key that stands for a route, the same in every run."""
    return make_id("gordroute", loop=route.loop, subject=route.subject, provider=route.provider)


def route_pointer(route: RouteId) -> str:
    """Give the place of a route among the evidence, as `about` takes it."""
    return pointer_to(route.loop, route.subject, route.provider)[1:]


def evidence_notes(states: LoopStates) -> Iterator[str]:
    """Say which evidence does not count; the closure lists it."""
    for name, what in (("faults", "cannot be read in full"), ("future", "dated after this report")):
        count = len(getattr(states, name))
        if count:
            least = "at least " if name in states.truncated else ""
            yield f"Evidence records: {least}{count} {what}; `reporter check closure --json` lists them."


def instant(at: datetime | None) -> str:
    """Write an instant; empty where it is unknown."""
    return format_instant(at) if at else ""


def minutes(span: timedelta) -> float:
    """Give a span in minutes to two decimals."""
    return round(span.total_seconds() / 60, 2)


def most(items: Sequence[T], limit: int = MOST_LISTED) -> tuple[tuple[T, ...], int]:
    """Keep the first of a list, and count the rest."""
    return tuple(items[:limit]), max(0, len(items) - limit)
