"""The runbook as a page: the way back first, then what to do now, soon and to close, each with its command and person.

Whoever follows it needs no other page: everything that a step says is shown with the step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from reporter.model.closing_reports import RunbookStep
from reporter.model.readiness import Readiness
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel, Mode
from reporter.model.text import count, visible
from reporter.render.anchors import Anchors
from reporter.render.html import render_page, render_paper
from reporter.render.shapes import Fact, Listing, State, Tag, Verdict
from reporter.render.standing import (
    build_states,
    distance,
)
from reporter.render.verdict import tell_overrides
from reporter.render.wording import LEVEL_TAGS, NO_MARK, given, joined, moment, number_of, plain, prose

FILE: Final = "runbook.json"
TITLE: Final = "Operator runbook"

LONGEST_COMMAND: Final = 4_000

BLANKS: Final = ("NAME", "TEXT", "REF")
"""What commands leave to the person who runs them."""

ROUTINE: Final = Tag("Routine", "none", NO_MARK)
"""The mark of a step that nothing forces: closing, once all is well."""

_PYTHON_DECIDES: Final = frozenset({Mode.DISABLED, Mode.SHADOW})
_LOUDEST_FIRST: Final = (AlertLevel.CRITICAL, AlertLevel.WARNING, AlertLevel.HEALTHY)
_PHASES: Final = (
    ("now", "Do now", "In this order; each step says how you know that it is done."),
    ("soon", "Do soon", "Nothing is lost yet; each step says by when."),
    ("close", "Close the release", "When nothing above is left."),
)


class RunbookLimits(NamedTuple):
    """How many rows of a list a page shows; `notices` are the approvals over blockers."""

    notices: int
    steps: int
    rows: int


SCREEN: Final = RunbookLimits(notices=50, steps=500, rows=200)
PAPER: Final = RunbookLimits(notices=10, steps=60, rows=40)


@dataclass(frozen=True, slots=True)
class StepRow:
    """One thing to do. `command` is empty where a person, not a program, has to act.

    `tag` is None for a step of the way back: nobody has to go it as yet.
    """

    anchor: str
    number: int
    tag: Tag | None
    task: str
    command: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """The steps of one phase."""

    anchor: str
    title: str
    note: str
    size: str
    steps: Listing[StepRow]


@dataclass(frozen=True, slots=True)
class Rollback:
    """The way back to Python: the steps of the runbook, and those of the plan that are not among them."""

    tag: Tag
    sentence: str
    facts: tuple[Fact, ...]
    plan: Listing[str]
    steps: Listing[StepRow]

    @property
    def label(self) -> str:
        """Name what is folded away on the screen."""
        return f"How to roll back: {count(len(self.plan.rows) + len(self.steps.rows), 'step')}"


@dataclass(frozen=True, slots=True)
class RunbookView:
    """The whole page. `created_at` is the instant of the verdict in RFC 3339."""

    environment: str
    as_of: str
    created_at: str
    tool_version: str
    verdict: Verdict
    tallies: tuple[Tag, ...]
    key_facts: tuple[Fact, ...]
    rollback: Rollback
    phases: tuple[Phase, ...]
    contacts: Listing[str]


def render_runbook_html(view: RunbookView, runbook_json: bytes) -> bytes:
    """Render `runbook.html`; the JSON is embedded byte for byte, as `write_json` wrote it."""
    return render_page("runbook.html", TITLE, view, SCREEN, document=runbook_json)


def render_runbook_paper(view: RunbookView) -> str:
    """Render the HTML that `PdfWorkers` lays out as `runbook.pdf`."""
    title = f"{TITLE} of {view.environment} as of {view.as_of}"
    return render_paper("runbook-paper.html", title, view, PAPER)


def build_runbook_view(readiness: Readiness) -> RunbookView:
    """Build the view; the same readiness gives the same view."""
    report = readiness.loops.runbook
    anchors = Anchors()
    steps = {
        phase: tuple(_step(one, readiness, anchors) for one in report.steps if one.phase == phase)
        for phase in ("rollback", *(name for name, _, _ in _PHASES))
    }
    phases = tuple(
        Phase(
            f"do-{name}",
            title,
            f"{note}{_blanks(steps[name])}",
            count(len(steps[name]), "step"),
            Listing(steps[name], "steps", FILE),
        )
        for name, title, note in _PHASES
        if steps[name]
    )
    return RunbookView(
        environment=plain(readiness.environment),
        as_of=moment(readiness.as_of),
        created_at=plain(readiness.as_of),
        tool_version=plain(readiness.tool_version),
        verdict=_verdict(readiness, steps["now"], steps["soon"], steps["close"]),
        tallies=tuple(_tallies(report.steps)),
        key_facts=(
            Fact("Environment", plain(readiness.environment), f"{readiness.mode} mode"),
            Fact("As of", moment(readiness.as_of)),
            Fact("Readiness summary", given(report.readiness_summary_id)),
        ),
        rollback=_rollback(readiness, steps["rollback"]),
        phases=phases,
        contacts=Listing(tuple(plain(one) for one in report.contacts), "contacts", FILE),
    )


def _blanks(steps: Sequence[StepRow]) -> str:
    """Say what to fill in where a command leaves something open."""
    left = [word for word in BLANKS if any(word in step.command.split() for step in steps)]
    return f" In the commands, fill in {joined(left)}." if left else ""


def _verdict(
    readiness: Readiness, urgent: Sequence[StepRow], soon: Sequence[StepRow], close: Sequence[StepRow]
) -> Verdict:
    report = readiness.loops.runbook
    first = next(iter((*urgent, *soon, *close)), None)
    if urgent:
        headline = f"{count(len(urgent), 'thing')} to do now"
    elif soon:
        headline = f"Nothing to do now, {count(len(soon), 'thing')} soon"
    elif close:
        headline = "Nothing to do but to close the release"
    else:
        headline = "Nothing to do"
    begin = f"Begin with step {first.number}: {first.task.rstrip('.')}. " if first else ""
    return Verdict(
        question=BY_NAME["runbook"].question,
        headline=headline,
        sentence=f"{begin}This is the state as of {moment(readiness.as_of)}.",
        tone=LEVEL_TAGS[report.alert_level].tone,
        states=(*build_states(readiness), State("Way back to Python", _proof(readiness))),
        notices=tell_overrides(readiness),
    )


def _tallies(steps: Sequence[RunbookStep]) -> Iterator[Tag]:
    """Count what is to be done by its severity, the loudest first; nobody has to roll back as yet."""
    for level in _LOUDEST_FIRST:
        found = sum(one.severity is level and one.phase != "rollback" for one in steps)
        if found:
            tag = _tag(level)
            yield Tag(f"{found:,} {tag.word.lower()}", tag.tone, tag.mark)


def _proof(readiness: Readiness) -> Tag:
    if readiness.mode in _PYTHON_DECIDES:
        return Tag("Not needed", "none", NO_MARK)
    if readiness.loops.runbook.rollback_ready:
        return Tag("Proven", "good", "✓")
    return Tag("Not proven", "bad", "✗")


def _rollback(readiness: Readiness, steps: tuple[StepRow, ...]) -> Rollback:
    report = readiness.loops.runbook
    tag = _proof(readiness)
    ours = [step for step in report.steps if step.phase == "rollback"]
    plan = tuple(plain(text) for text in report.rollback_steps if not _is_told(text, ours))
    target = number_of(report.rollback_target_minutes, "minute")
    return Rollback(
        tag=tag,
        sentence=_rollback_sentence(readiness, tag, target),
        facts=(
            Fact("Recovery target", target),
            Fact("Approval of the plan", given(report.rollback_approval_id)),
            Fact("Runbook of the service", given(report.runbook_ref)),
        ),
        plan=Listing(plan, "steps", FILE),
        steps=Listing(steps, "steps", FILE),
    )


def _is_told(text: str, steps: Sequence[RunbookStep]) -> bool:
    """Say whether a step of the plan is one of the runbook, or is quoted whole in one that says it too."""
    quoted = f": {visible(text).rstrip(' .')}."
    return any(step.task in {text, plain(text)} or quoted in step.why for step in steps)


def _rollback_sentence(readiness: Readiness, tag: Tag, target: str) -> str:
    match tag.tone:
        case "none":
            return f"Python decides in {readiness.mode} mode: there is nothing to roll back."
        case "good":
            return (
                f"For when Go decides wrongly or not at all. These steps worked in rehearsal; the target is {target}."
            )
        case _:
            return "For when Go decides wrongly or not at all. Nothing proves that these steps work in time."


def _step(step: RunbookStep, readiness: Readiness, anchors: Anchors) -> StepRow:
    return StepRow(
        anchor=anchors.name("step", step.task),
        number=step.number,
        tag=None if step.phase == "rollback" else _tag(step.severity),
        task=plain(step.task),
        command=command_of(step.command),
        facts=tuple(_step_facts(step, readiness.as_of)),
    )


def command_of(text: str) -> str:
    """Print a command whole or not at all: half of one must not be copied."""
    shown = visible(text)
    return shown if len(shown) <= LONGEST_COMMAND else f"# too long to show; {FILE} has it"


def _tag(severity: AlertLevel) -> Tag:
    return ROUTINE if severity is AlertLevel.HEALTHY else LEVEL_TAGS[severity]


def _step_facts(step: RunbookStep, now: str) -> Iterator[Fact]:
    yield Fact("Who", given(step.owner))
    if step.since:
        yield Fact("Since", moment(step.since), distance(step.since, now))
    if step.due_at:
        yield Fact("By", moment(step.due_at), distance(step.due_at, now, past="overdue by {}"))
    if step.why:
        yield Fact("Why", prose(step.why))
    if step.done_when:
        yield Fact("Done when", prose(step.done_when))
