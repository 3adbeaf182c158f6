"""Checks as rows: failed first, every reason and every piece of evidence with its document and pointer."""

from collections.abc import Iterable, Sequence
from typing import Final

from reporter.model.checks import Check, CheckStatus, Evidence, Reason
from reporter.model.text import count
from reporter.render.references import References
from reporter.render.shapes import (
    CheckRow,
    Counts,
    EvidenceGroup,
    EvidenceRow,
    Listing,
    ReasonRow,
)
from reporter.render.wording import CHECK_TAGS, plain, prose

WHOLE: Final = "(whole document)"

_ORDER: Final = {CheckStatus.FAIL: 0, CheckStatus.PASS: 1, CheckStatus.NOT_APPLICABLE: 2}


def failed_first(checks: Iterable[Check]) -> list[Check]:
    """Sort checks for reading; among equals the report's order stays."""
    return sorted(checks, key=lambda check: _ORDER[check.status])


def count_checks(checks: Iterable[Check]) -> Counts:
    """Count the outcomes."""
    statuses = [check.status for check in checks]
    return Counts(
        failed=statuses.count(CheckStatus.FAIL),
        passed=statuses.count(CheckStatus.PASS),
        not_applicable=statuses.count(CheckStatus.NOT_APPLICABLE),
    )


def build_check(report: str, check: Check, references: References) -> CheckRow:
    """Build one row. The message of a failed check is left out: its reasons say the same, each in its place."""
    evidence = _group(check.evidence, references)
    message = "" if check.reasons else prose(check.message)
    documents = len(evidence)
    return CheckRow(
        anchor=references.check(report, check.id),
        id=plain(check.id),
        title=plain(check.title),
        status=check.status.value,
        tag=CHECK_TAGS[check.status],
        message=message,
        reasons=Listing(tuple(build_reason(one, references) for one in check.reasons), "reasons"),
        evidence=evidence,
        evidence_label=(f"Evidence: {count(len(check.evidence), 'value')} from {count(documents, 'document')}"),
        remedy=plain(check.remedy),
    )


def build_reason(reason: Reason, references: References) -> ReasonRow:
    """Build one reason with a link to its document."""
    return ReasonRow(
        document=references.document(reason.document),
        pointer=plain(reason.pointer) or WHOLE,
        found=prose(reason.found),
        wanted=prose(reason.wanted),
    )


def _group(evidence: Sequence[Evidence], references: References) -> tuple[EvidenceGroup, ...]:
    groups: dict[tuple[str, str | None], list[EvidenceRow]] = {}
    for one in evidence:
        row = EvidenceRow(plain(one.pointer) or WHOLE, plain(one.value))
        groups.setdefault((one.document, one.sha256), []).append(row)
    return tuple(
        EvidenceGroup(
            document=references.document(alias),
            sha256=plain(sha256 or ""),
            short_sha256=plain((sha256 or "")[:12]),
            rows=Listing(tuple(rows), "values"),
        )
        for (alias, sha256), rows in groups.items()
    )
