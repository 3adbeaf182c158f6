"""From a readiness document to the view of it: all wording, sorting and rounding of the pages."""

from collections.abc import Iterable, Sequence
from typing import Final

from reporter.model.checks import Check
from reporter.model.readiness import Input, Readiness, RecordSource
from reporter.model.registry import BY_NAME, ReportKind
from reporter.model.reports import Report
from reporter.model.text import count
from reporter.render.actions import build_actions, loop_pairs, pairs
from reporter.render.attachments import build_attachments
from reporter.render.blockers import name_blockers
from reporter.render.changes import build_changes, build_trend
from reporter.render.charts import draw_strip
from reporter.render.check_rows import WHOLE, build_check, count_checks, failed_first
from reporter.render.earlier_runs import build_earlier_runs
from reporter.render.explain import follows
from reporter.render.facts import build_facts
from reporter.render.loop_charts import build_loop_charts
from reporter.render.references import References
from reporter.render.shapes import (
    Counts,
    Fact,
    Facts,
    InputRow,
    Listing,
    ReasonRow,
    Section,
    SourceRow,
    Tag,
    View,
)
from reporter.render.timeline import build_timeline
from reporter.render.verdict import build_verdict
from reporter.render.wording import (
    NO_MARK,
    STATE_TAGS,
    day,
    given,
    moment,
    number_of,
    plain,
    prose,
    size_of,
    until,
    word_of,
)

PRODUCTION: Final = BY_NAME["production"]


OWN_PAGES: Final = {"executive": "executive.html", "runbook": "runbook.html"}
"""The reports with a page of their own."""


def build_view(readiness: Readiness) -> View:
    """Build the view; the same readiness gives the same view."""
    references = References(readiness.inputs, readiness.records)
    reports, loops = list(pairs(readiness)), list(loop_pairs(readiness))
    for kind, report in [*reports, (PRODUCTION, readiness.production), *loops]:
        for check in report.checks:
            references.check(kind.name, check.id)
    blockers = name_blockers(readiness)

    def build(kind: ReportKind, report: Report) -> Section:
        return build_section(kind, report, build_facts(report, references, blockers), references)

    sections = tuple(build(*pair) for pair in reports)
    production = build(PRODUCTION, readiness.production)
    loop_sections = tuple(build(*pair) for pair in loops)
    counted = [one for one in (*sections, *loop_sections) if not BY_NAME[one.name].only_folds]
    counts = _sum(one.counts for one in counted)
    return View(
        environment=plain(readiness.environment),
        as_of=moment(readiness.as_of),
        created_at=plain(readiness.as_of),
        mode=readiness.mode.value,
        tool_version=plain(readiness.tool_version),
        verdict=build_verdict(readiness, counted, counts),
        tallies=_tallies(counts),
        key_facts=_key_facts(readiness),
        timeline=build_timeline(readiness),
        actions=build_actions(readiness, blockers, references),
        changes=build_changes(readiness, references),
        trend=build_trend(readiness, counts.failed),
        runs=build_earlier_runs(readiness),
        loops=build_loop_charts(readiness, references),
        sections=sections,
        production=production,
        loop_sections=loop_sections,
        inputs=tuple(
            _input(one, anchor, references) for one, anchor in zip(readiness.inputs, references.input_rows, strict=True)
        ),
        records=tuple(
            _source(one, anchor) for one, anchor in zip(readiness.records, references.source_rows, strict=True)
        ),
        policy=(
            Fact("A drill counts for", number_of(readiness.policy.rollback_drill_max_age_days, "day")),
            Fact("Due soon", f"{number_of(readiness.policy.rollback_drill_due_soon_days, 'day')} before"),
        ),
        notes=tuple(prose(note) for note in readiness.production.operator_notes),
        attachments=build_attachments(readiness.attachments),
    )


def _sum(counts: Iterable[Counts]) -> Counts:
    listed = list(counts)
    return Counts(
        failed=sum(one.failed for one in listed),
        passed=sum(one.passed for one in listed),
        not_applicable=sum(one.not_applicable for one in listed),
    )


def _tallies(counts: Counts) -> tuple[Tag, ...]:
    return (
        Tag(f"{counts.failed:,} failed", "bad" if counts.failed else "none", "✗"),
        Tag(f"{counts.passed:,} passed", "good" if counts.passed else "none", "✓"),
        Tag(f"{counts.not_applicable:,} not applicable", "none", NO_MARK),
    )


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


def build_section(kind: ReportKind, report: Report, facts: Facts, references: References) -> Section:
    """Build the section of one report."""
    ordered = failed_first(report.checks)
    counts = count_checks(ordered)
    return Section(
        anchor=references.reports[kind.name],
        name=kind.name,
        title=kind.title,
        question=kind.question,
        file=kind.file,
        tag=word_of(kind.name, report.status),
        summary=prose(report.summary),
        counts=counts,
        strip=draw_strip(_tell(ordered, counts), [check.status.value for check in ordered]),
        checks=tuple(build_check(kind.name, check, references) for check in ordered),
        facts=facts,
        notes=tuple(prose(note) for note in report.operator_notes) if kind is not PRODUCTION else (),
        page=OWN_PAGES.get(kind.name, ""),
        repeats=kind.only_folds,
        follows="" if kind.only_folds else follows(kind, report),
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


def _source(one: RecordSource, anchor: str) -> SourceRow:
    tag = Tag("All read", "good", "✓")
    if one.rewritten_since:
        tag = Tag(f"All read, rewritten since {day(one.rewritten_since)}", "soon", "▲")
    if one.fault_count:
        tag = Tag(count(one.fault_count, "fault"), "bad", "✗")
    return SourceRow(
        anchor=anchor,
        alias=given(one.alias),
        kind=given(one.kind),
        records=f"{one.record_count:,}",
        tag=tag,
        size=size_of(one.size_bytes),
        sha256=plain(one.sha256 or NO_MARK),
        faults=Listing(
            tuple(plain(fault) for fault in one.faults),
            "faults",
            omitted=max(0, one.fault_count - len(one.faults)),
        ),
    )
