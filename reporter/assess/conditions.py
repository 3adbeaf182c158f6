"""From conditions to checks: a check passes when every condition holds, and its message names those that do not.

Every condition leaves evidence, held or not. A check without conditions is refused here: what cannot fail is a
note, not a check (domain.md A2).
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from reporter.model.case import Case
from reporter.model.checks import Check, CheckStatus, Evidence, Reason
from reporter.model.documents import MISSING, Document, DocumentState, Manifest, look_up
from reporter.model.instants import format_instant
from reporter.model.manifests import BY_ALIAS
from reporter.model.registry import BY_NAME
from reporter.model.reports import Mode, Status
from reporter.model.text import show, visible
from reporter.model.wants import ManifestModel


class Condition(NamedTuple):
    """One thing that must hold: in which document, at which pointer, what was found, what was wanted."""

    document: Document
    pointer: str
    found: str
    wanted: str
    met: bool


class CheckSpec(NamedTuple):
    """The constant side of a check."""

    id: str
    title: str
    remedy: str


def found_at(document: Document, pointer: str) -> str:
    """Describe the value that a document holds at a pointer."""
    value = MISSING if document.value is None else look_up(document.value, pointer)
    return "nothing" if value is MISSING else show(value)


def holds(document: Document, pointer: str, wanted: str, *, met: bool) -> Condition:
    """State a condition about the value at a pointer."""
    return Condition(document, pointer, found_at(document, pointer), wanted, met)


def readable(document: Document, wanted: str) -> list[Condition]:
    """State that the document could be read; one unmet condition for each fault."""
    if document.state is DocumentState.UNCONFIGURED:
        return [Condition(document, "", "no path configured", wanted, met=False)]
    if document.faults:
        return [Condition(document, *fault, met=False) for fault in document.faults]
    found = "there" if document.size_bytes is None else f"{document.size_bytes} bytes"
    return [Condition(document, "", found, wanted, met=True)]


def judged(manifest: Manifest[Any], title: str) -> list[Condition]:
    """Judge a whole manifest: could it be read, has every value its type, is every want of the model met."""
    document = manifest.document
    conditions = readable(document, f"a readable {title}")
    model = manifest.value
    if not isinstance(model, ManifestModel):
        return conditions
    broken = tuple(fault.pointer for fault in document.faults)
    conditions += [
        holds(document, pointer, wanted, met=met)
        for pointer, wanted, met in model.judge()
        if not _lies_under(pointer, broken)
    ]
    return conditions


def faults_under(document: Document, *pointers: str) -> list[Condition]:
    """Give one unmet condition for each fault at or below these pointers, and of the document as a whole."""
    return under((Condition(document, *fault, met=False) for fault in document.faults), *pointers)


def under(conditions: Iterable[Condition], *pointers: str) -> list[Condition]:
    """Keep the conditions at or below these pointers, and those about the document as a whole."""
    return [condition for condition in conditions if not condition.pointer or _lies_under(condition.pointer, pointers)]


def check(spec: CheckSpec, conditions: Iterable[Condition]) -> Check:
    """Fold conditions into a check."""
    listed = list(dict.fromkeys(conditions))
    if not listed:
        message = f"{spec.id} has no condition: it could not fail"
        raise AssertionError(message)
    unmet = [condition for condition in listed if not condition.met]
    reasons = tuple(_reason(condition) for condition in unmet)
    absent = [one.document for one in unmet if one.document.state is not DocumentState.READ]
    return Check(
        id=spec.id,
        title=spec.title,
        status=CheckStatus.FAIL if reasons else CheckStatus.PASS,
        message="; ".join(reason.text for reason in reasons) or _held(listed),
        reasons=reasons,
        evidence=tuple(_evidence(listed)),
        remedy=_provide(absent[0]) if absent else spec.remedy if reasons else "",
    )


def not_applicable(spec: CheckSpec, because: str) -> Check:
    """Record that nobody asked for this check, and why."""
    return Check(id=spec.id, title=spec.title, status=CheckStatus.NOT_APPLICABLE, message=because)


def head(name: str, case: Case, status: Status, checks: tuple[Check, ...]) -> dict[str, Any]:
    """Give the fields that every report starts with."""
    kind = BY_NAME[name]
    return {
        "schema_version": kind.schema_id,
        "report": kind.name,
        "title": kind.title,
        "environment": case.environment,
        "generated_at": format_instant(case.now),
        "mode": case.mode,
        "status": status,
        "alert_level": status.alert_level,
        "summary": _summarise(status, checks),
        "checks": checks,
    }


def fold(checks: Iterable[Check]) -> Status:
    """Apply the rule of domain.md B2: ready when no check fails."""
    failed = any(one.status is CheckStatus.FAIL for one in checks)
    return Status.NEEDS_ATTENTION if failed else Status.READY


def requested(case: Case, manifest: Manifest[Any], *built_on_it: str) -> bool:
    """Say whether a report was asked for: by promoted mode, or by configuring its document (domain.md B2).

    Configuring a document that is judged against this one asks for it too: otherwise taking the plan away would
    mend a drill that is too slow for it (domain.md A2).
    """
    named = (manifest, *(case.manifest(alias) for alias in built_on_it))
    return case.mode is Mode.PROMOTED or any(one.configured for one in named)


def unrequested(case: Case, specs: Iterable[CheckSpec], what: str) -> tuple[Check, ...]:
    """Give the checks of a report that nobody asked for."""
    because = f"not requested: mode is {case.mode} and no {what} is configured"
    return tuple(not_applicable(spec, because) for spec in specs)


def _lies_under(pointer: str, above: Iterable[str]) -> bool:
    return any(pointer == at or pointer.startswith(f"{at}/") for at in above)


def _summarise(status: Status, checks: tuple[Check, ...]) -> str:
    asked = [one for one in checks if one.status is not CheckStatus.NOT_APPLICABLE]
    failed = [one for one in asked if one.status is CheckStatus.FAIL]
    if failed:
        return f"{len(failed)} of {len(asked)} checks failed: " + ", ".join(one.title for one in failed)
    if not asked:
        return str(status).replace("_", " ")
    return f"{len(asked)} of {len(asked)} checks passed"


def _held(conditions: list[Condition]) -> str:
    names = ", ".join(dict.fromkeys(condition.document.name or condition.document.alias for condition in conditions))
    count = len(conditions)
    return f"{count} condition{'' if count == 1 else 's'} met in {visible(names)}"


def _reason(condition: Condition) -> Reason:
    document = condition.document
    where = f"{visible(document.name or document.alias)}{' ' if condition.pointer else ''}{visible(condition.pointer)}"
    return Reason(
        document=document.alias,
        pointer=condition.pointer,
        found=condition.found,
        wanted=condition.wanted,
        text=f"{where}: found {condition.found}, wanted {condition.wanted}",
    )


def _evidence(conditions: list[Condition]) -> Iterator[Evidence]:
    wanted: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], Condition] = {}
    for condition in conditions:
        if condition.document.configured:
            key = (condition.document.alias, condition.pointer)
            first.setdefault(key, condition)
            wanted.setdefault(key, []).append(condition.wanted)
    for key, condition in first.items():
        yield Evidence(
            document=condition.document.alias,
            sha256=condition.document.sha256,
            pointer=condition.pointer,
            value=_value_at(condition),
            wanted=tuple(dict.fromkeys(wanted[key])),
        )


def _value_at(condition: Condition) -> str:
    """Give what stands at the pointer: a reason may tell what was computed from it, evidence never does."""
    document = condition.document
    return found_at(document, condition.pointer) if document.value and condition.pointer else condition.found


def _provide(document: Document) -> str:
    """Say what to do about a document that is not there to judge: nothing else helps before that."""
    key = document.alias if document.alias == "package_dir" else f"{document.alias}_path"
    if document.state is DocumentState.UNCONFIGURED:
        kind = BY_ALIAS.get(document.alias)
        variable = f" ({kind.env})" if kind and kind.env else ""
        return f"Name the document: set {key}{variable}, or manifests_dir for all of them."
    where = f"where {key} or its directory names it, or correct that path"
    return f"Provide {visible(document.name)}: put a usable file {where}."
