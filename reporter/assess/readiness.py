"""From the reports of one environment to the two documents that the bundle carries beside them."""

from collections.abc import Iterator

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
    PolicyFacts,
    Previous,
    Readiness,
)
from reporter.model.registry import REPORTS
from reporter.model.reports import ProductionReport, Report, Status

# From the best news to the worst, to say whether a change is for the better.
_ORDER = (
    Status.READY,
    Status.DUE_SOON,
    Status.NOT_REQUESTED,
    Status.NOT_CONFIGURED,
    Status.DISABLED,
    Status.NEEDS_ATTENTION,
)


def build_readiness(
    case: Case,
    production: ProductionReport,
    tool_version: str,
    previous: Previous | None = None,
    before: ProductionReport | None = None,
) -> Readiness:
    """Join verdict, reports and inputs, and compare with the production report of the previous bundle."""
    return Readiness(
        environment=case.environment,
        as_of=format_instant(case.now),
        tool_version=tool_version,
        mode=case.mode,
        status=production.status,
        alert_level=production.alert_level,
        policy=PolicyFacts(
            rollback_drill_max_age_days=days(case.policy.drill_max_age),
            rollback_drill_due_soon_days=days(case.policy.drill_due_soon),
        ),
        previous=previous,
        changes=tuple(compare(before, production)) if before else (),
        production=production,
        inputs=tuple(list_inputs(case)),
    )


def build_inputs(case: Case, settings_sha256: str) -> Inputs:
    """List everything that was read, and what could not be."""
    return Inputs(
        environment=case.environment,
        as_of=format_instant(case.now),
        settings_sha256=settings_sha256,
        inputs=tuple(list_inputs(case)),
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


def compare(before: ProductionReport, after: ProductionReport) -> Iterator[Change]:
    """List what changed: the verdict, then each report, then each check that began or ceased to fail."""
    pairs = [(before, after), *zip(sections(before), sections(after), strict=True)]
    for old, new in pairs:
        if old.status is not new.status:
            yield Change(
                subject=new.report,
                title=new.title,
                before=old.status,
                after=new.status,
                better=_ORDER.index(new.status) < _ORDER.index(old.status),
            )
    for old, new in pairs[1:]:
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
