"""From a readiness document to the view of it: all wording, sorting and rounding of the pages."""

from collections.abc import Sequence
from typing import Final, assert_never

from reporter.model.checks import Check
from reporter.model.readiness import Change, Input, Readiness
from reporter.model.registry import BY_NAME, REPORTS, ReportKind
from reporter.model.reports import Mode, Report, Status
from reporter.render.actions import build_actions, pairs
from reporter.render.charts import draw_strip
from reporter.render.check_rows import WHOLE, build_check, count_checks, failed_first
from reporter.render.facts import build_facts
from reporter.render.references import References
from reporter.render.shapes import (
    ChangeRow,
    Changes,
    Counts,
    Fact,
    InputRow,
    Link,
    Listing,
    ReasonRow,
    Section,
    Tag,
    Verdict,
    View,
)
from reporter.render.timeline import build_timeline
from reporter.render.wording import (
    BETTER,
    LEVEL_TAGS,
    NO_MARK,
    STATE_TAGS,
    STATUS_TAGS,
    WORSE,
    count,
    day,
    joined,
    moment,
    number_of,
    plain,
    size_of,
    tag_of_word,
    until,
)

PRODUCTION: Final = BY_NAME["production"]


def build_view(readiness: Readiness) -> View:
    """Build the view; the same readiness gives the same view."""
    references = References(readiness.inputs)
    reports = list(pairs(readiness))
    for kind, report in [*reports, (PRODUCTION, readiness.production)]:
        for check in report.checks:
            references.check(kind.name, check.id)
    sections = tuple(_section(kind, report, references) for kind, report in reports)
    counts = count_checks(check for _, report in reports for check in report.checks)
    return View(
        environment=plain(readiness.environment),
        as_of=moment(readiness.as_of),
        created_at=plain(readiness.as_of),
        mode=readiness.mode.value,
        tool_version=plain(readiness.tool_version),
        verdict=_verdict(readiness, sections, counts),
        tallies=_tallies(counts),
        key_facts=_key_facts(readiness),
        timeline=build_timeline(readiness),
        actions=build_actions(readiness, references),
        changes=_changes(readiness, references),
        sections=sections,
        production=_section(PRODUCTION, readiness.production, references),
        other_reports=tuple(
            (kind.file, kind.question) for kind in REPORTS if not kind.section and kind is not PRODUCTION
        ),
        inputs=tuple(
            _input(one, anchor, references) for one, anchor in zip(readiness.inputs, references.input_rows, strict=True)
        ),
        policy=(
            Fact("A drill counts for", number_of(readiness.policy.rollback_drill_max_age_days, "day")),
            Fact("Due soon", f"{number_of(readiness.policy.rollback_drill_due_soon_days, 'day')} before"),
        ),
        notes=tuple(plain(note) for note in readiness.production.operator_notes),
    )


def _tallies(counts: Counts) -> tuple[Tag, ...]:
    return (
        Tag(f"{counts.failed:,} failed", "bad" if counts.failed else "none", "✗"),
        Tag(f"{counts.passed:,} passed", "good" if counts.passed else "none", "✓"),
        Tag(f"{counts.not_applicable:,} not applicable", "none", NO_MARK),
    )


def _verdict(readiness: Readiness, sections: Sequence[Section], counts: Counts) -> Verdict:
    headline, sentence = _answer(readiness, sections, counts)
    return Verdict(
        question=PRODUCTION.question,
        headline=headline,
        sentence=sentence,
        scope=" ".join(plain(note) for note in readiness.production.operator_notes),
        tag=STATUS_TAGS[readiness.status],
        level=LEVEL_TAGS[readiness.alert_level],
    )


def _answer(  # noqa: PLR0911 - one row for each status
    readiness: Readiness, sections: Sequence[Section], counts: Counts
) -> tuple[str, str]:
    asked = counts.failed + counts.passed
    match readiness.status:
        case Status.NEEDS_ATTENTION if counts.failed:
            where = joined([section.title for section in sections if section.counts.failed])
            them = "it is" if counts.failed == 1 else "they are"
            return (
                "No, it needs attention",
                (
                    f"Hold the release: {counts.failed} of {count(asked, 'check')} failed, in {where}."
                    f" Ask again when {them} mended."
                ),
            )
        case Status.NEEDS_ATTENTION:
            return ("No, it needs attention", "Hold the release: a report has a status that blocks it.")
        case Status.READY | Status.DUE_SOON if readiness.mode is not Mode.PROMOTED:
            return (
                f"In order for {readiness.mode} mode",
                (
                    f"All {count(asked, 'check')} that {readiness.mode} mode asks for passed."
                    " This is no approval for promoted mode: what only that mode asks for was not assessed."
                ),
            )
        case Status.DUE_SOON:
            return (
                "Yes, and a drill is due soon",
                f"All {count(asked, 'check')} that apply passed. {_next_drill(readiness)}",
            )
        case Status.READY:
            return ("Yes, it is ready", f"All {count(asked, 'check')} that apply passed. {_next_drill(readiness)}")
        case Status.DISABLED:
            return (
                "No, Go is disabled",
                "Go takes no part in this environment, so there is nothing to approve and nothing was proven.",
            )
        case Status.NOT_CONFIGURED | Status.NOT_REQUESTED:
            return ("No, nothing was assessed", "Nobody asked for this environment to be assessed.")
        case _ as never:
            assert_never(never)


def _next_drill(readiness: Readiness) -> str:
    schedule = readiness.production.go_backend_rollback_drill_schedule.schedule
    if schedule.days_until_due is None:
        return ""
    return f"The next rollback drill is due on {day(schedule.due.at)}, {until(schedule.days_until_due)}."


def _key_facts(readiness: Readiness) -> tuple[Fact, ...]:
    history = readiness.production.go_backend_rollback_drill_history.history
    schedule = readiness.production.go_backend_rollback_drill_schedule.schedule
    days_left = schedule.days_until_due
    passing = history.latest_passing_drill_id
    return (
        Fact("Environment", plain(readiness.environment), f"{readiness.mode} mode"),
        Fact("As of", moment(readiness.as_of)),
        Fact(
            "Next drill due",
            day(schedule.due.at) if schedule.due.at else "unknown",
            "" if days_left is None else until(days_left),
        ),
        Fact(
            "Last passing drill",
            day(history.latest_passing_executed_at) if passing else "none",
        ),
    )


def _changes(readiness: Readiness, references: References) -> Changes:
    previous = readiness.previous
    if previous is None:
        return Changes("This is the first bundle of this environment: there is nothing to compare with.", _none())
    doubt = "" if previous.verified else " That bundle did not verify: do not rely on the comparison."
    since = f"the bundle as of {moment(previous.as_of)} ({plain(previous.digest[:12])})"
    if not readiness.changes:
        return Changes(f"Nothing changed since {since}.{doubt}", _none())
    rows = tuple(_change(one, references) for one in readiness.changes)
    return Changes(f"{count(len(rows), 'change')} since {since}.{doubt}", Listing(rows, "changes"))


def _none() -> Listing[ChangeRow]:
    return Listing((), "changes")


def _change(change: Change, references: References) -> ChangeRow:
    report, _, check_id = change.subject.partition("/")
    anchor = references.checks.get((report, check_id)) if check_id else references.reports.get(report)
    return ChangeRow(
        title=Link(plain(change.title), anchor or ""),
        before=tag_of_word(change.before),
        after=tag_of_word(change.after),
        direction=BETTER if change.better else WORSE,
    )


def _section(kind: ReportKind, report: Report, references: References) -> Section:
    ordered = failed_first(report.checks)
    counts = count_checks(ordered)
    return Section(
        anchor=references.reports[kind.name],
        name=kind.name,
        title=kind.title,
        question=kind.question,
        file=kind.file,
        tag=STATUS_TAGS[report.status],
        summary=plain(report.summary),
        counts=counts,
        strip=draw_strip(_tell(ordered, counts), [check.status.value for check in ordered]),
        checks=tuple(build_check(kind.name, check, references) for check in ordered),
        facts=build_facts(report, references),
        notes=tuple(plain(note) for note in report.operator_notes) if kind is not PRODUCTION else (),
    )


def _tell(checks: Sequence[Check], counts: Counts) -> str:
    if not checks:
        return "no checks"
    told = (
        (counts.failed, "failed"),
        (counts.passed, "passed"),
        (counts.not_applicable, "not applicable"),
    )
    return ", ".join(f"{number} {word}" for number, word in told if number)


def _input(one: Input, anchor: str, references: References) -> InputRow:
    return InputRow(
        anchor=anchor,
        title=plain(one.title),
        name=plain(one.name),
        tag=STATE_TAGS[one.state],
        size=size_of(one.size_bytes),
        sha256=plain(one.sha256 or NO_MARK),
        faults=Listing(
            tuple(
                ReasonRow(
                    references.document(one.alias),
                    plain(fault.pointer) or WHOLE,
                    plain(fault.found),
                    plain(fault.wanted),
                )
                for fault in one.faults
            ),
            "faults",
        ),
    )
