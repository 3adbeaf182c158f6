"""What an earlier bundle saw in a record source must still be there (domain.md A2)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from reporter.collect.records import Kind, Reading, Source, find_sources, measure_file
from reporter.model.records import ContentFault

if TYPE_CHECKING:
    from reporter.model.readiness import Readiness, RecordSource
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


def note_rewritten(
    sources: "Iterable[RecordSource]", places: Iterable[str], reading: Reading, before: "Readiness | None"
) -> "tuple[RecordSource, ...]":
    """Note which files of JSON Lines no longer begin with the bytes that the bundle before read.

    A line that was damaged may be mended, so this alone holds nothing open; but whoever compares two bundles must see
    that more than new lines lies between them.
    """
    seen = {one.alias: one for one in before.records if one.kind == Kind.LINES and one.sha256} if before else {}
    paths = {one.alias: one.place for one in find_sources(places, reading) if isinstance(one, Source)} if seen else {}
    noted = []
    for one in sources:
        was = seen.get(one.alias)
        if before and was and one.kind == Kind.LINES and one.sha256 not in (None, was.sha256):
            try:
                same = measure_file(paths[one.alias], was.size_bytes or 0).sha256 == was.sha256
            except (KeyError, OSError):
                same = False
            noted.append(one if same else one.model_copy(update={"rewritten_since": before.as_of}))
        else:
            noted.append(one)
    return tuple(noted)


def _counted(number: int) -> str:
    return f"{number or 'no'} record{'' if number == 1 else 's'}"
