"""Which reports to assess, in which order: the registry decides, this only walks it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reporter.model.case import Case
from reporter.model.registry import BY_NAME, REPORTS
from reporter.model.reports import Report

if TYPE_CHECKING:
    from reporter.loops.routes import LoopStates


def needed_for(name: str) -> frozenset[str]:
    """Give a report and everything that it builds on."""
    return frozenset({name}.union(*(needed_for(one) for one in BY_NAME[name].builds_on)))


def inputs_for(name: str) -> frozenset[str]:
    """Give the aliases of the inputs that a report reads, itself or through those it builds on."""
    return frozenset(alias for one in needed_for(name) for alias in BY_NAME[one].reads)


def needs_records(name: str) -> bool:
    """Say whether a report, or one that it builds on, starts from evidence records."""
    return any(BY_NAME[one].from_records for one in needed_for(name))


def assess_reports(
    case: Case, names: Iterable[str] = tuple(BY_NAME), states: "LoopStates | None" = None
) -> dict[str, Report]:
    """Assess these reports, and those they build on, each once. Without `states` there is no record at all."""
    wanted = frozenset().union(*(needed_for(name) for name in names))
    done: dict[str, Report] = {}
    for kind in REPORTS:
        if kind.name in wanted:
            if kind.from_records and states is None:
                states = _no_records(case)
            given = (states,) if kind.from_records else ()
            done[kind.name] = kind.assess(case, *given, *(done[one] for one in kind.builds_on))
    return done


def _no_records(case: Case) -> "LoopStates":
    from reporter.loops.facts import Folded
    from reporter.loops.routes import finalise

    return finalise(Folded(case.now))
