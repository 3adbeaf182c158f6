"""The latest of some records: all that are dated at the newest instant, for none outvotes another (domain.md A2).

Which of them has the greater id, or was written last, says nothing of which is true. So each must satisfy a rule by
itself, and one record that came in two versions of one instant satisfies none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from reporter.loops.facts import ReleaseNote, is_undated
from reporter.loops.packet import ArchivePart, AttachmentPart, ExportPart, ManifestPart, PacketFacts, VerificationPart
from reporter.model.instants import format_instant

P = TypeVar("P", ReleaseNote, ExportPart, AttachmentPart, ArchivePart, ManifestPart, VerificationPart)

Evidence = ReleaseNote | ExportPart | AttachmentPart | ArchivePart | ManifestPart | VerificationPart


class Latest(NamedTuple, Generic[P]):
    """The records in order, and what makes them count for nothing, whatever each of them says."""

    records: tuple[P, ...]
    flaws: tuple[str, ...]


def latest_of(mine: Iterable[P], kept: Sequence[P], most: int, since: datetime | None = None) -> Latest[P]:
    """Find the latest of `mine`, which are some of those that are `kept`, of which there are `most` at most.

    Where so many are kept that others of the same instant may have been left out, or any since `since` while none of
    `mine` is there, nobody knows what those said.
    """
    told = list(mine)
    at = max((one.at for one in told), default=since)
    if at is None:
        return Latest((), ())
    latest = sorted(one for one in told if one.at == at)
    flaws = [_contradiction([f"two versions of {name}"], at) for name in sorted(versions_of(latest))]
    newest = {id_of(one): one.at for one in sorted(kept) if not is_undated(one.at)}
    flaws += [
        f"a newer version of {id_of(one)} speaks of something else"
        for one in latest
        if newest.get(id_of(one), one.at) > one.at
    ]
    if len(kept) >= most and min(one.at for one in kept) >= at:
        flaws.append(f"more records since {format_instant(at)} than the {most} that are kept")
    return Latest(tuple(latest), tuple(dict.fromkeys(flaws)))


def latest_of_each(
    kept: Sequence[P], most: int, names: Iterable[str], name_of: Callable[[P], str], what: str
) -> Latest[P]:
    """Find the latest for each of some names. A record that names none is for each."""
    found = {name: latest_of([one for one in kept if name_of(one) in ("", name)], kept, most) for name in sorted(names)}
    records = sorted({one for latest in found.values() for one in latest.records})
    flaws = [flaw for latest in found.values() for flaw in latest.flaws]
    flaws += [f"{what} {name}".strip() for name, latest in found.items() if not latest.records]
    return Latest(tuple(records), tuple(dict.fromkeys(flaws)))


def problems_of(latest: Latest[P], judge: Callable[[P], Iterable[str]]) -> Iterator[str]:
    """Give what `judge` finds wrong with any of the records, and that they contradict each other where they do."""
    told = [tuple(judge(one)) for one in latest.records]
    yield from dict.fromkeys(problem for problems in told for problem in problems)
    names = sorted({id_of(one) for one in latest.records})
    if len(set(told)) > 1 and len(names) > 1:
        yield _contradiction(names, latest.records[-1].at)
    yield from latest.flaws


def versions_of(kept: Iterable[P]) -> set[str]:
    """Give the ids of the records that came with different contents."""
    return {name for name, count in Counter(map(id_of, kept)).items() if count > 1}


def conflicts_of(packet: PacketFacts, releases: Iterable[ReleaseNote]) -> set[str]:
    """Give the ids of the parts of a packet, and of the decisions about it, that came with different contents."""
    return set().union(
        versions_of(releases),
        versions_of(packet.exports),
        versions_of(packet.attachments),
        versions_of(packet.verifications),
        versions_of(packet.archives),
        versions_of(packet.manifests),
    )


def id_of(record: Evidence) -> str:
    """Give the id of a record. What an export calls itself is another one."""
    return record.id if isinstance(record, ReleaseNote) else record.record


def _contradiction(names: Sequence[str], at: datetime) -> str:
    when = "without a date" if is_undated(at) else f"of {format_instant(at)}"
    return f"{' and '.join(names)}, {when}, contradict each other"
