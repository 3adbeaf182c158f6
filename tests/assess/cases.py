"""One pilot in memory, in order, and short ways to break it one fault at a time.

The documents are those of the sample world; they go through the real parser and the real typed reading.
"""

import json
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from reporter.assess.everything import assess_reports
from reporter.collect.parsing import parse_document
from reporter.collect.typed import read_typed
from reporter.model.case import EVERYBODY, Case, Policy, Request
from reporter.model.checks import Check, CheckStatus, Reason
from reporter.model.documents import Document, DocumentState, Fault, Manifest, RuntimeFile, pointer_to
from reporter.model.instants import format_instant
from reporter.model.manifests import BY_ALIAS, MANIFESTS
from reporter.model.registry import BY_NAME
from reporter.model.reports import Mode, Report, Status
from reporter.model.text import visible
from reporter.sample.world import sample_world

NOW: Final = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
POLICY: Final = Policy(drill_max_age=90 * DAY, drill_due_soon=14 * DAY, runtime_timeout=timedelta(seconds=5))

READINESS: Final = (*BY_NAME["production"].builds_on, "production")
"""The reports that these tests are about, by name."""

WORSE: Final = {Status.READY: 0, Status.DUE_SOON: 1, Status.NEEDS_ATTENTION: 2}
"""How bad the statuses are that a promoted pilot can have."""


def unconfigured(alias: str) -> Document:
    return Document(alias, "", DocumentState.UNCONFIGURED)


def there(alias: str, name: str) -> Document:
    return Document(alias, name, DocumentState.READ, sha256="0" * 64, size_bytes=64)


def not_there(alias: str, name: str) -> Document:
    return Document(alias, name, DocumentState.MISSING, faults=(Fault("", "no such file", "a file"),))


@dataclass(frozen=True)
class Pilot:
    """A pilot's documents as JSON values, bytes, Documents, or None for unconfigured; and what else decides."""

    documents: dict[str, Any]
    mode: Mode = Mode.PROMOTED
    policy: Policy = POLICY
    now: datetime = NOW
    request: Request = EVERYBODY
    runtime: RuntimeFile = field(
        default_factory=lambda: RuntimeFile(there("runtime", "cavra-runtime"), executable=True)
    )
    compiled_policy: Document = field(default_factory=lambda: there("policy", "compiled-policy.json"))
    tool_registry: Document = field(default_factory=lambda: unconfigured("registry"))
    package_dir: Document = field(default_factory=lambda: unconfigured("package_dir"))

    def but(self, **changes: Any) -> "Pilot":  # noqa: ANN401 - whatever the test changes
        """Change anything that is not a manifest."""
        return replace(self, **changes)

    def give(self, alias: str, document: object) -> "Pilot":
        """Replace a whole manifest: a JSON value, its exact bytes, or a Document."""
        return replace(self, documents={**self.documents, alias: document})

    def drop(self, *aliases: str) -> "Pilot":
        """Leave manifests unconfigured."""
        return replace(self, documents={**self.documents, **dict.fromkeys(aliases)})

    def only(self, *aliases: str) -> "Pilot":
        """Leave all other manifests unconfigured."""
        return self.drop(*(set(self.documents) - set(aliases)))

    def lose(self, alias: str) -> "Pilot":
        """Configure a manifest whose file is not there."""
        return self.give(alias, not_there(alias, BY_ALIAS[alias].file_name))

    def put(self, alias: str, pointer: str, value: object) -> "Pilot":
        """Set one value; `-` at the end appends to a list."""
        document = deepcopy(self.documents[alias])
        *above, last = _tokens(pointer)
        holder = _walk(document, above)
        if isinstance(holder, list) and last == "-":
            holder.append(value)
        else:
            holder[int(last) if isinstance(holder, list) else last] = value
        return self.give(alias, document)

    def cut(self, alias: str, pointer: str) -> "Pilot":
        """Remove one value."""
        document = deepcopy(self.documents[alias])
        *above, last = _tokens(pointer)
        holder = _walk(document, above)
        del holder[int(last) if isinstance(holder, list) else last]
        return self.give(alias, document)

    def drills(self, *drills: dict[str, Any]) -> "Pilot":
        """Replace the drills."""
        return self.put("rollback_drill_history", "/drills", list(drills))

    def case(self) -> Case:
        return Case(
            environment="production-pilot",
            mode=self.mode,
            policy=self.policy,
            now=self.now,
            manifests={kind.alias: self._read(kind.alias) for kind in MANIFESTS},
            runtime=self.runtime,
            compiled_policy=self.compiled_policy,
            tool_registry=self.tool_registry,
            package_dir=self.package_dir,
            request=self.request,
        )

    def reports(self) -> dict[str, Report]:
        """Assess production readiness and the seven reports that it is folded from."""
        return assess_reports(self.case(), ["production"])

    def report(self, name: str) -> Any:  # noqa: ANN401 - each report has facts of its own
        return assess_reports(self.case(), [name])[name]

    def _read(self, alias: str) -> Manifest[Any]:
        given = self.documents.get(alias)
        if given is None:
            return Manifest(unconfigured(alias), None)
        if isinstance(given, Document):
            return Manifest(given, None)
        raw = given if isinstance(given, bytes) else json.dumps(given).encode()
        return _typed(alias, raw)


@lru_cache(1_000)
def _typed(alias: str, raw: bytes) -> Manifest[Any]:
    """Read a manifest, the same bytes once: properties assess one pilot thousands of times."""
    return read_typed(BY_ALIAS[alias], parse_document(alias, BY_ALIAS[alias].file_name, raw))


def drill(ago: timedelta, drill_id: str = "drill", /, **changes: object) -> dict[str, Any]:
    """Give a drill that passes, run so long before NOW."""
    return {
        "drill_id": drill_id,
        "executed_at": format_instant(NOW - ago),
        "actor": "release-governance",
        "source_mode": "promoted",
        "target_mode": "disabled",
        "status": "pass",
        "fallback_verified": True,
        "recovery_minutes": 7,
        "max_recovery_minutes": 15,
        "runbook_ref": "docs/drills.md",
        "evidence_refs": ["go-rollback-drill://ci/run"],
        **changes,
    }


PILOT: Final = Pilot(sample_world(NOW)["production-pilot"])
"""Promoted and in order; the last drill was 21 days ago and the next is due in 9 days, which is soon."""

EARLY: Final = PILOT.but(now=NOW - 6 * DAY)
"""The same pilot six days before, when the due date was 15 days away: ready."""

EMPTY: Final = PILOT.only()
"""Promoted without a single manifest."""


def failed(report: Report) -> dict[str, Check]:
    """Give the failed checks by id, each of them proven to carry what a reader needs."""
    checks = {one.id: one for one in report.checks if one.status is CheckStatus.FAIL}
    for one in checks.values():
        assert one.reasons
        assert one.message == "; ".join(reason.text for reason in one.reasons)
        assert one.remedy
        for reason in one.reasons:
            assert reason.document
            assert reason.found
            assert reason.wanted
            assert visible(reason.pointer) in reason.text
            assert reason.text.endswith(f"found {reason.found}, wanted {reason.wanted}")
    for one in report.checks:
        if one.id not in checks:
            assert not one.reasons
            assert not one.remedy
            assert one.message
    return checks


def statuses(report: Report) -> dict[str, CheckStatus]:
    return {one.id: one.status for one in report.checks}


class Cut(Enum):
    """What stands in place of a value to say: remove it."""

    CUT = "cut"

    def __str__(self) -> str:
        """Give the same test id in every process."""
        return "absent"


CUT: Final = Cut.CUT


@dataclass(frozen=True)
class Violation:
    """One fault, the checks that fail by it, and what the first of them says about it."""

    name: str
    alias: str
    pointer: str
    value: object
    checks: tuple[str, ...]
    found: str
    wanted: str
    at: str = ""

    def __str__(self) -> str:
        """Serve as the id of a parametrized test."""
        return self.name

    def apply(self, pilot: Pilot) -> Pilot:
        return (
            pilot.cut(self.alias, self.pointer)
            if self.value is CUT
            else pilot.put(self.alias, self.pointer, self.value)
        )


def assert_only_fault(report: Report, fault: Violation) -> None:
    """The right checks fail, and the first names document, pointer, found and wanted."""
    assert report.status is Status.NEEDS_ATTENTION
    checks = failed(report)
    assert set(checks) == set(fault.checks)
    wanted = (fault.alias, fault.at or fault.pointer, fault.found, fault.wanted)
    assert wanted in [triple(reason) for reason in checks[fault.checks[0]].reasons]
    assert len(checks[fault.checks[0]].reasons) == 1


def triple(reason: Reason) -> tuple[str, str, str, str]:
    return reason.document, reason.pointer, reason.found, reason.wanted


def pointers(value: object, *keys: object) -> Iterator[str]:
    """Give the pointer of every value in a document, itself not."""
    items: Iterable[tuple[object, object]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield pointer_to(*keys, key)
        yield from pointers(item, *keys, key)


def without_positions(text: str) -> str:
    """Make texts comparable that name places in lists."""
    return re.sub(r"/\d+", "/n", text)


def _tokens(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _walk(value: Any, tokens: Iterable[str]) -> Any:  # noqa: ANN401 - JSON
    for token in tokens:
        value = value[int(token) if isinstance(value, list) else token]
    return value
