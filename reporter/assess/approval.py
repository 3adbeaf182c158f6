"""What counts as approved, and values that a manifest may give flat, nested or both (domain.md A3).

Where both forms are given, both must hold: documents that contradict themselves never help a verdict.
"""

from typing import Any

from reporter.assess.conditions import Condition, faults_under, holds, readable
from reporter.model.documents import MISSING, Document, Manifest, look_up
from reporter.model.manifests.approval import Approvable
from reporter.model.text import is_blank


def given(document: Document, *pointers: str) -> list[str]:
    """Keep the pointers that lead to a value."""
    return [at for at in pointers if look_up(document.value, at) is not MISSING]


def says(document: Document, pointers: tuple[str, ...], wanted: str) -> list[Condition]:
    """Want a word at each of these places that is given, and at one of them at least."""
    return [
        holds(document, at, f'"{wanted}"', met=look_up(document.value, at) == wanted)
        for at in given(document, *pointers) or pointers[:1]
    ]


def approval_id(manifest: Manifest[Any]) -> str:
    """Give the id of the approval, or an empty text."""
    value = manifest.value
    if not isinstance(value, Approvable):
        return ""
    return next((one.strip() for one in (value.approval_id, value.approval.approval_id) if not is_blank(one)), "")


def approval_conditions(manifest: Manifest[Any]) -> list[Condition]:
    """Want `approved: true` or `approval.status: approved`, and the id of the approval."""
    document = manifest.document
    if manifest.value is None:
        return readable(document, "a readable document with its approval")
    faults = faults_under(document, "/approved", "/approval", "/approval_id")
    says_so = given(document, "/approved", "/approval/status") or ["/approved"]
    ids = given(document, "/approval_id", "/approval/approval_id") or ["/approval_id"]
    named = {str(look_up(document.value, at)).strip() for at in ids}
    conditions = [
        *(_says_approved(document, at) for at in says_so),
        *(
            holds(
                document,
                at,
                "the id of the approval" if len(named) == 1 else "one and the same approval id",
                met=bool(approval_id(manifest)) and len(named) == 1,
            )
            for at in ids
        ),
    ]
    return faults + [one for one in conditions if one.pointer not in {fault.pointer for fault in faults}]


def is_approved(manifest: Manifest[Any]) -> bool:
    """Say whether every approval condition holds."""
    return all(condition.met for condition in approval_conditions(manifest))


def _says_approved(document: Document, pointer: str) -> Condition:
    found = look_up(document.value, pointer)
    if pointer == "/approved":
        return holds(document, pointer, "true", met=found is True)
    return holds(document, pointer, '"approved"', met=found == "approved")
