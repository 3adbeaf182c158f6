"""From the reports of one environment to the two documents that the bundle carries beside them."""

from collections.abc import Iterator, Mapping
from typing import Any

from reporter.model.attachments import Attachment
from reporter.model.case import Case
from reporter.model.checks import CheckStatus
from reporter.model.documents import Document
from reporter.model.instants import days, format_instant
from reporter.model.manifests import MANIFESTS
from reporter.model.readiness import (
    Change,
    Input,
    InputFault,
    Inputs,
    LoopReports,
    PolicyFacts,
    Previous,
    Readiness,
    RecordSource,
    Runs,
    TrendPoint,
)
from reporter.model.registry import REPORTS
from reporter.model.reports import AlertLevel, ProductionReport, Report, Status

# From the best news to the worst, to say whether a change is for the better.
_ORDER = (
    Status.READY,
    Status.DUE_SOON,
    Status.NOT_REQUESTED,
    Status.NOT_CONFIGURED,
    Status.DISABLED,
    Status.NEEDS_ATTENTION,
)


def build_readiness(  # noqa: PLR0913 - the parts of the document
    case: Case,
    reports: Mapping[str, Report],
    tool_version: str,
    *,
    previous: Previous | None = None,
    before: Readiness | None = None,
    trend: tuple[TrendPoint, ...] = (),
    records: tuple[RecordSource, ...] = (),
    runs: Runs | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Readiness:
    """Join verdict, reports and inputs, and compare with the previous bundle's readiness where that verified."""
    production: Any = reports["production"]
    by_field: dict[str, Any] = {name: reports[name.replace("_", "-")] for name in LoopReports.model_fields}
    loops = LoopReports(**by_field)
    levels = list(AlertLevel)
    joined = Readiness(
        environment=case.environment,
        as_of=format_instant(case.now),
        tool_version=tool_version,
        mode=case.mode,
        status=production.status,
        readiness_state=loops.release_readiness.readiness_state,
        closure_state=loops.closure.closure_state,
        alert_level=max(production.alert_level, loops.release_readiness.alert_level, key=levels.index),
        policy=PolicyFacts(
            rollback_drill_max_age_days=days(case.policy.drill_max_age),
            rollback_drill_due_soon_days=days(case.policy.drill_due_soon),
        ),
        previous=previous,
        changes=(),
        trend=trend,
        runs=runs or Runs(),
        production=production,
        loops=loops,
        inputs=tuple(list_inputs(case)),
        records=records,
        attachments=attachments,
    )
    return joined.model_copy(update={"changes": tuple(compare(before, joined))}) if before else joined


def build_inputs(case: Case, settings_sha256: str, records: tuple[RecordSource, ...] = ()) -> Inputs:
    """List everything that was read, and what could not be."""
    return Inputs(
        environment=case.environment,
        as_of=format_instant(case.now),
        settings_sha256=settings_sha256,
        inputs=tuple(list_inputs(case)),
        records=records,
    )


def list_inputs(case: Case) -> Iterator[Input]:
    """List the inputs in the order of the manifest table, then the runtime, the policy and the registry."""
    for kind in MANIFESTS:
        yield _input(case.manifest(kind.alias).document, kind.title)
    yield _input(case.runtime.document, "Go runtime")
    yield _input(case.compiled_policy, "Compiled policy")
    yield _input(case.tool_registry, "Tool registry")


def sections(production: ProductionReport) -> Iterator[Report]:
    """Give the reports that a production report was folded from, in the order of the registry."""
    for kind in REPORTS:
        if kind.section:
            yield getattr(production, kind.section)


def judging(readiness: Readiness) -> Iterator[Report]:
    """Give the reports that judge by themselves, in the order of the registry; the others fold these."""
    for kind in REPORTS:
        if not kind.only_folds:
            home, name = (readiness.production, kind.section) if kind.section else (readiness.loops, kind.name)
            yield getattr(home, name.replace("-", "_"))


def count_failed(readiness: Readiness) -> int:
    """Count the failed checks of the reports that judge by themselves."""
    return sum(check.status is CheckStatus.FAIL for report in judging(readiness) for check in report.checks)


def compare(before: Readiness, after: Readiness) -> Iterator[Change]:
    """List what changed: the verdicts, each report, each check that began or ceased to fail, open items, records."""
    verdicts = [(before.production, after.production), (before.loops.release_readiness, after.loops.release_readiness)]
    judged = list(zip(judging(before), judging(after), strict=True))
    pairs: list[tuple[Report, Report]] = [*verdicts, *judged]
    for old, new in pairs:
        if old.status is not new.status:
            yield Change(
                subject=new.report,
                title=new.title,
                before=old.status,
                after=new.status,
                better=_ORDER.index(new.status) < _ORDER.index(old.status),
            )
    for old, new in judged:
        was = {check.id: check.status for check in old.checks}
        for check in new.checks:
            failed = CheckStatus.FAIL in (was.get(check.id), check.status)
            if failed and was.get(check.id) is not check.status:
                yield Change(
                    subject=f"{new.report}/{check.id}",
                    title=f"{new.title}: {check.title}",
                    before=was.get(check.id, CheckStatus.NOT_APPLICABLE),
                    after=check.status,
                    better=check.status is not CheckStatus.FAIL,
                )
    yield from _items(before, after)
    for source in after.records:
        if source.rewritten_since == before.as_of:
            yield Change(
                subject=f"records/{source.alias}",
                title=f"Earlier records in {source.alias}",
                before="as_sealed",
                after="rewritten",
                better=False,
            )


def _items(before: Readiness, after: Readiness) -> Iterator[Change]:
    """List the open items of the closure that came or went, and those whose routes grew or shrank."""
    was = {item.code: item for item in before.loops.closure.open_items}
    now = {item.code: item for item in after.loops.closure.open_items}
    for code in dict.fromkeys((*now, *was)):
        counts = was[code].route_count if code in was else 0, now[code].route_count if code in now else 0
        states = "open" if code in was else "closed", "open" if code in now else "closed"
        if states[0] != states[1]:
            yield Change(
                subject=f"closure/{code}",
                title=(now.get(code) or was[code]).title,
                before=states[0],
                after=states[1],
                better=states[1] == "closed",
            )
        elif counts[0] != counts[1]:
            yield Change(
                subject=f"closure/{code}",
                title=now[code].title,
                before=_routes(counts[0]),
                after=_routes(counts[1]),
                better=counts[1] < counts[0],
            )


def _routes(count: int) -> str:
    return f"{count} route{'' if count == 1 else 's'}"


def _input(document: Document, title: str) -> Input:
    return Input(
        alias=document.alias,
        title=title,
        name=document.name,
        state=document.state,
        sha256=document.sha256,
        size_bytes=document.size_bytes,
        faults=tuple(
            InputFault(pointer=fault.pointer, found=fault.found, wanted=fault.wanted) for fault in document.faults
        ),
    )
