"""What counts as approved, and values that a manifest may give flat, nested or both (domain.md A3).

Where both forms are given, both must hold: documents that contradict themselves never help a verdict.
"""

from typing import Any

from reporter.assess.conditions import Condition, holds
from reporter.model.documents import MISSING, Document, Manifest, look_up
from reporter.model.manifests.approval import Approvable


def given(document: Document, *pointers: str) -> list[str]:
    """Keep the pointers that lead to a value."""
    value = document.value or {}
    return [at for at in pointers if look_up(value, at) is not MISSING]


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
    return value.approval_id.strip() or value.approval.approval_id.strip()


def approval_conditions(manifest: Manifest[Any]) -> list[Condition]:
    """Want `approved: true` or `approval.status: approved`, and the id of the approval."""
    document = manifest.document
    places = given(document, "/approved", "/approval/status") or ["/approved"]
    wanted = {"/approved": (True, "true"), "/approval/status": ("approved", '"approved"')}
    conditions = [holds(document, at, wanted[at][1], met=look_up(document.value, at) == wanted[at][0]) for at in places]
    places = given(document, "/approval_id", "/approval/approval_id") or ["/approval_id"]
    ids = {str(look_up(document.value, at)).strip() for at in places}
    conditions += [
        holds(
            document,
            at,
            "the id of the approval" if len(ids) == 1 else "one and the same approval id",
            met=bool(approval_id(manifest)) and len(ids) == 1,
        )
        for at in places
    ]
    return conditions


def is_approved(manifest: Manifest[Any]) -> bool:
    """Say whether every approval condition holds."""
    return all(condition.met for condition in approval_conditions(manifest))
