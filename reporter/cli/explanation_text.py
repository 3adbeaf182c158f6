"""An explanation as text: the rule, what decided, what would make it better, and every condition of every check."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Final

from reporter.model.text import visible

if TYPE_CHECKING:
    from reporter.model.explanation import ExplainedCheck, ExplainedCondition, ExplainedReport, Explanation

MARKS: Final = {"fail": "FAIL", "pass": "pass", "not_applicable": "n/a "}

MOST_CONDITIONS = 50
"""Conditions of one check that a terminal shows; --json has all."""


def explanation_text(explanation: "Explanation") -> str:
    """Write all of it. What a document says stays on its line."""
    return "\n".join(visible(line) for line in _lines(explanation))


def explanation_as_json(explanation: "Explanation | None") -> dict[str, object]:
    """Give the key that an explanation adds to a document; none where nobody asked."""
    return {"explanation": explanation.model_dump(mode="json")} if explanation else {}


def _lines(explanation: "Explanation") -> Iterator[str]:
    context = f"{explanation.environment}, as of {explanation.as_of}"
    for number, report in enumerate(explanation.reports):
        if number:
            yield ""
        yield f"{report.title}: {report.status.replace('_', ' ').upper()}  ({context})"
        yield from _report_lines(report)


def _report_lines(report: "ExplainedReport") -> Iterator[str]:
    yield f"  asks     {report.question}"
    yield f"  rule     {report.rule}"
    yield f"  because  {report.because}"
    yield from (f"  better   {step}" for step in report.better)
    for check in report.checks:
        yield f"{MARKS[check.status]}  {check.title}  [{check.id}]{'  decides' if check.decides else ''}"
        if not check.conditions:
            yield f"        {check.message}"
        yield from _condition_lines(check)


def _condition_lines(check: "ExplainedCheck") -> Iterator[str]:
    shown = check.conditions[:MOST_CONDITIONS]
    for (name, sha256), conditions in groupby(shown, key=lambda one: (one.name, one.sha256)):
        yield f"        {name}{f'  sha256 {sha256}' if sha256 else ''}"
        yield from (f"          {_condition(one)}" for one in conditions)
    if len(check.conditions) > MOST_CONDITIONS:
        yield f"        and {len(check.conditions) - MOST_CONDITIONS} more conditions; --json lists all"


def _condition(one: "ExplainedCondition") -> str:
    where = one.pointer or "(whole document)"
    wanted = f", wanted {' and '.join(one.wanted)}" if one.wanted else ""
    return f"{'met ' if one.met else 'NOT '}  {where}: found {one.found}{wanted}"
