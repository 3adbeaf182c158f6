"""Which reports to assess, in which order: the registry decides, this only walks it."""

from collections.abc import Iterable

from reporter.model.case import Case
from reporter.model.registry import BY_NAME, REPORTS
from reporter.model.reports import Report


def needed_for(name: str) -> frozenset[str]:
    """Give a report and everything that it builds on."""
    return frozenset({name}.union(*(needed_for(one) for one in BY_NAME[name].builds_on)))


def inputs_for(name: str) -> frozenset[str]:
    """Give the aliases of the inputs that a report reads, itself or through those it builds on."""
    return frozenset(alias for one in needed_for(name) for alias in BY_NAME[one].reads)


def assess_reports(case: Case, names: Iterable[str] = tuple(BY_NAME)) -> dict[str, Report]:
    """Assess these reports, and those they build on, each once."""
    wanted = frozenset().union(*(needed_for(name) for name in names))
    done: dict[str, Report] = {}
    for kind in REPORTS:
        if kind.name in wanted:
            done[kind.name] = kind.assess(case, *(done[one] for one in kind.builds_on))
    return done
