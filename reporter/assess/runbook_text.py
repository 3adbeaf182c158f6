"""The runbook as Markdown, for a terminal or a ticket: nothing in it is misread as mark-up, nothing is invisible."""

import re
from collections.abc import Iterator
from typing import Final

from reporter.assess.commands import BLANKS
from reporter.model.closing_reports import RunbookReport, RunbookStep
from reporter.model.instants import format_moment, parse_instant
from reporter.model.reports import AlertLevel, Mode
from reporter.model.text import visible

_MARKUP: Final = re.compile(r"[\\`*\[\]<>~|&#!]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_MARKER: Final = re.compile(r"^(\d*)([-+=.)])(?= |$)")
"""What would begin a list or underline a heading."""
_BACKTICKS: Final = re.compile("`+")
_TITLES: Final = {
    "rollback": "Way back to Python",
    "now": "Do now",
    "soon": "Do soon",
    "close": "Close the release",
}
_SETTINGS: Final = "Run the commands where reporter.toml is; from elsewhere add `--settings FILE` to each."
_FILL_IN: Final = "Replace NAME, TEXT and REF in the commands: these words are refused."
_NO_WAY_BACK: Final = "**The way back to Python is NOT proven. Do not promise a rollback.**"


def write_markdown(report: RunbookReport) -> str:
    """Write the whole runbook. It ends with one line end."""
    return "\n".join(_lines(report)) + "\n"


def text(words: str) -> str:
    """Write words of a document so that Markdown shows them as they are, on one line."""
    return _MARKER.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", visible(words).strip()))


def code(command: str) -> str:
    """Write a command as a code span, whatever backticks it holds."""
    shown = visible(command)
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _lines(report: RunbookReport) -> Iterator[str]:
    yield f"# {text(report.title)}: {text(report.environment)}"
    if not report.rollback_ready and report.mode in (Mode.ENFORCE, Mode.PROMOTED):
        yield from ("", _NO_WAY_BACK)
    yield ""
    yield f"{_SETTINGS}\n"
    for label, value in _facts(report):
        yield f"- {label}: {text(value)}"
    if not report.steps:
        yield from ("", "Nothing to do.")
    for phase, title in _TITLES.items():
        steps = [one for one in report.steps if one.phase == phase]
        if steps:
            yield from ("", f"## {title}", "")
            if any(_has_blanks(one.command) for one in steps):
                yield from (_FILL_IN, "")
            for one in steps:
                yield from _step(one)
    if report.contacts:
        yield from ("", "## Who", "")
        yield from (f"- {text(one)}" for one in report.contacts)
    if report.operator_notes:
        yield from ("", "## Notes", "")
        yield from (f"- Note: {text(one)}" for one in report.operator_notes)


def _has_blanks(command: str) -> bool:
    return not set(BLANKS).isdisjoint(command.split())


def _facts(report: RunbookReport) -> Iterator[tuple[str, str]]:
    target = report.rollback_target_minutes
    yield "As of", report.generated_at
    yield "Mode", report.mode
    yield "Release readiness", f"{report.readiness_state} ({report.readiness_summary_id})"
    yield "Closure", report.closure_state
    yield "Way back proven", "yes" if report.rollback_ready else "no"
    yield "Recovery target", "not given" if target is None else f"{target:g} minutes"
    yield "Approval of the plan", report.rollback_approval_id or "not given"
    yield "Runbook of the service", report.runbook_ref or "not given"


def _step(step: RunbookStep) -> Iterator[str]:
    marker = f"{step.number}. "
    indent = " " * len(marker)
    loud = "" if step.severity is AlertLevel.HEALTHY else f" ({step.severity})"
    yield f"{marker}**{text(step.task)}**{loud}"
    if step.command:
        yield f"{indent}- Run: {code(step.command)}"
    for label, value in (
        ("Who", step.owner),
        ("Since", _moment(step.since)),
        ("By", _moment(step.due_at)),
        ("Why", step.why),
        ("Done when", step.done_when),
    ):
        if value:
            yield f"{indent}- {label}: {text(value)}"


def _moment(text: str) -> str:
    instant = parse_instant(text)
    return format_moment(instant.at) if instant else ""
