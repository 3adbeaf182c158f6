"""Documents that name an environment must name the same one (domain.md A3)."""

from collections.abc import Iterator

from reporter.assess.conditions import Condition, holds
from reporter.model.case import Case
from reporter.model.text import show


def environment_conditions(case: Case, alias: str, *others: str) -> Iterator[Condition]:
    """Want the document's environment, where it names one, to be that of the others that name one."""
    manifest = case.manifest(alias)
    own = getattr(manifest.value, "environment", "")
    for other in others:
        named = getattr(case.manifest(other).value, "environment", "")
        if own and named:
            wanted = f"{show(named)}, as in {case.manifest(other).document.name}"
            yield holds(manifest.document, "/environment", wanted, met=own == named)
