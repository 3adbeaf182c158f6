"""What an earlier bundle saw in a record source must still be there (domain.md A2)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from reporter.model.records import ContentFault

if TYPE_CHECKING:
    from reporter.model.readiness import RecordSource
    from reporter.seal.history import SealedCount


def find_lost_records(
    sources: "Iterable[RecordSource]", sealed: "Mapping[str, SealedCount]"
) -> dict[str, ContentFault]:
    """Give a fault, by alias, for every source that has fewer records than a bundle saw in it, or is gone.

    What is damaged is still there, and is told by itself.
    """
    there = {one.alias: one.record_count + one.fault_count for one in sources}
    return {
        alias: ContentFault(
            "?",
            "",
            _counted(there.get(alias, 0)),
            f"at least the {seen.record_count} that the bundle of {seen.as_of} saw; restore the source",
            alias,
        )
        for alias, seen in sorted(sealed.items())
        if there.get(alias, 0) < seen.record_count
    }


def with_losses(sources: "Iterable[RecordSource]", lost: Mapping[str, ContentFault]) -> "tuple[RecordSource, ...]":
    """Note beside each source what it lost."""
    return tuple(
        one.model_copy(update={"fault_count": one.fault_count + 1, "faults": (str(lost[one.alias]), *one.faults)})
        if one.alias in lost
        else one
        for one in sources
    )


def _counted(number: int) -> str:
    return f"{number or 'no'} record{'' if number == 1 else 's'}"
