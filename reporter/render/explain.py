"""Why a verdict is what it is, check by check. Every word is the check's own: what the pages show, this shows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from reporter.model.checks import Check, CheckStatus
from reporter.model.delivery_reports import WorkerHealthReport
from reporter.model.explanation import ExplainedCheck, ExplainedCondition, ExplainedReport, Explanation
from reporter.model.fold_rules import rule_of
from reporter.model.readiness import Input, Readiness
from reporter.model.registry import BY_NAME, ReportKind
from reporter.model.reports import ProductionReport, Report, ScheduleReport, Status
from reporter.model.text import count
from reporter.render.actions import drill_task, loop_pairs, pairs
from reporter.render.check_rows import failed_first
from reporter.render.references import RECORDS, References
from reporter.render.wording import joined

VERDICTS: Final = ("production", "release-readiness")
"""The reports that say whether a release may go."""

_NOT_IN_ORDER: Final = (Status.NEEDS_ATTENTION, Status.DUE_SOON)


def explain_reports(reports: Mapping[str, Report], names: Sequence[str], inputs: Sequence[Input]) -> Explanation:
    """Explain these reports, then those that they build on and that are not in order, each once."""
    first = reports[names[0]]
    references = References(inputs)
    return Explanation(
        environment=first.environment,
        as_of=first.generated_at,
        reports=tuple(_explain(BY_NAME[name], reports[name], references) for name in _walk(reports, names)),
    )


def explain_readiness(readiness: Readiness) -> Explanation:
    """Explain the verdict of a bundle: production and release readiness, and what they follow from."""
    found = [*pairs(readiness), *loop_pairs(readiness)]
    reports: dict[str, Report] = {kind.name: report for kind, report in found}
    return explain_reports(reports | {"production": readiness.production}, VERDICTS, readiness.inputs)


def follows(kind: ReportKind, report: Report) -> str:
    """Say whose status a report has that needs attention although none of its own checks failed."""
    failed = any(check.status is CheckStatus.FAIL for check in report.checks)
    if failed or report.status is not Status.NEEDS_ATTENTION or not kind.builds_on:
        return ""
    return f"no check failed here; the status follows {joined([BY_NAME[name].title for name in kind.builds_on])}"


def _walk(reports: Mapping[str, Report], names: Sequence[str]) -> Iterator[str]:
    waiting, seen = list(names), set(names)
    while waiting:
        name = waiting.pop(0)
        yield name
        below = [one for one in BY_NAME[name].builds_on if one not in seen and reports[one].status in _NOT_IN_ORDER]
        seen.update(below)
        waiting.extend(below)


def _explain(kind: ReportKind, report: Report, references: References) -> ExplainedReport:
    return ExplainedReport(
        report=kind.name,
        title=report.title,
        question=kind.question,
        status=report.status,
        alert_level=report.alert_level,
        summary=report.summary,
        rule=rule_of(kind),
        because=_because(kind, report),
        better=tuple(_better(report)),
        checks=tuple(_check(check, report, references) for check in failed_first(report.checks)),
    )


def _because(kind: ReportKind, report: Report) -> str:
    asked = [one for one in report.checks if one.status is not CheckStatus.NOT_APPLICABLE]
    failed = [one.title for one in asked if one.status is CheckStatus.FAIL]
    held = f"{count(len(asked), 'check')} passed" if asked else "no check applies"
    if failed:
        return f"{len(failed)} of {count(len(asked), 'check')} failed: {joined(failed)}"
    if above := follows(kind, report):
        return above
    if report.status is Status.DUE_SOON:
        return f"{held}; what is due: {report.summary}"
    return held if report.status is Status.READY else f"{held}; {report.summary}"


def _better(report: Report) -> Iterator[str]:
    """Give what would make a status better, each remedy once; nothing for one that cannot be."""
    remedies = [one.remedy for one in report.checks if one.status is CheckStatus.FAIL and one.remedy]
    yield from dict.fromkeys(remedies)
    if report.status is not Status.DUE_SOON:
        return
    schedule = report.go_backend_rollback_drill_schedule if isinstance(report, ProductionReport) else report
    if isinstance(schedule, ScheduleReport) and (task := drill_task(schedule)):
        yield task
    elif isinstance(report, WorkerHealthReport):
        yield from dict.fromkeys(alert.recommendation for loop in report.loops for alert in loop.alerts)


def _check(check: Check, report: Report, references: References) -> ExplainedCheck:
    worst = CheckStatus.FAIL if report.status is Status.NEEDS_ATTENTION else CheckStatus.PASS
    return ExplainedCheck(
        id=check.id,
        title=check.title,
        status=check.status,
        decides=check.status is worst and report.status in {Status.NEEDS_ATTENTION, Status.READY},
        message=check.message,
        conditions=tuple(_conditions(check, references)),
        remedy=check.remedy,
    )


def _conditions(check: Check, references: References) -> Iterator[ExplainedCondition]:
    """Give the conditions that failed, as the reasons have them, then those that held, as the evidence has them."""
    digests = {(one.document, one.pointer): one.sha256 for one in check.evidence}
    unmet: dict[tuple[str, str], list[str]] = {}
    for reason in check.reasons:
        key = (reason.document, reason.pointer)
        unmet.setdefault(key, []).append(reason.wanted)
        yield _condition(references, *key, digests.get(key), reason.found, [reason.wanted], met=False)
    for one in check.evidence:
        failed = unmet.get((one.document, one.pointer), [])
        held = [want for want in one.wanted if want not in failed]
        if held or not failed:
            yield _condition(references, one.document, one.pointer, one.sha256, one.value, held, met=True)


def _condition(  # noqa: PLR0913, PLR0917 - the parts of a condition
    references: References,
    document: str,
    pointer: str,
    sha256: str | None,
    found: str,
    wanted: Iterable[str],
    *,
    met: bool,
) -> ExplainedCondition:
    name = "evidence records" if document == RECORDS else references.document(document).text
    return ExplainedCondition(
        met=met,
        document=document,
        name=name,
        sha256=sha256,
        pointer=pointer,
        found=found,
        wanted=tuple(wanted),
    )
