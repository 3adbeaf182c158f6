"""From an environment's record sources, and our own answers in the ledger, to the state of every route.

What cannot be read is a fault among the evidence: it keeps the closure open, and the rest counts.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from reporter.errors import LedgerUnusable, UsageFault
from reporter.record_jobs import open_settings_ledger, reading_of
from reporter.settings_model import Settings

if TYPE_CHECKING:
    from reporter.fold_jobs import SourceRead
    from reporter.ledger import Head
    from reporter.loops.facts import Folded
    from reporter.loops.policy import LoopPolicies
    from reporter.loops.routes import LoopStates
    from reporter.model.readiness import RecordSource

PROCESSES: Final = 2
ANSWERS: Final = "our own answers"


class Evidence(NamedTuple):
    """The state of every route, what was read for it, and where the ledger stood."""

    states: "LoopStates"
    sources: "tuple[RecordSource, ...]"
    head: "Head | None" = None


def states_of(settings: Settings, environment: str, now: datetime, *, processes: int = 1) -> Evidence:
    """Read and fold every record of an environment. Raise UsageFault for rules that cannot be.

    With more than one process, large sources are shared among forked ones: call it before any thread is started.
    """
    from reporter.fold_jobs import fold_places
    from reporter.loops.facts import merge
    from reporter.loops.routes import finalise

    policies = policies_of(settings, environment)
    places = settings.environments[environment].records
    with _without_garbage_collection():
        folded, read = fold_places(places, reading_of(settings, environment), now, processes=processes)
        answers, source, head = _own_answers(settings, environment, now)
        states = finalise(merge(folded, answers), policies)
    sources = [*map(_source, read), *([source] if source else [])]
    return Evidence(states, tuple(sources), head)


def read_large(settings: Settings, environment: str, now: datetime) -> Evidence | None:
    """Read what is worth sharing among processes, which are forked: call it before any thread is started."""
    from reporter.fold_jobs import are_worth_sharing

    places = settings.environments[environment].records
    if not are_worth_sharing(places, reading_of(settings, environment)):
        return None
    return states_of(settings, environment, now, processes=PROCESSES)


def check_policies(settings: Settings) -> None:
    """Raise UsageFault with every fault of the rules of every environment."""
    faults: list[str] = []
    for environment in sorted(settings.environments):
        try:
            policies_of(settings, environment)
        except UsageFault as fault:
            faults += fault.faults
    if faults:
        raise UsageFault(*faults)


def policies_of(settings: Settings, environment: str) -> "LoopPolicies":
    """Read the rules of the loops. Raise UsageFault with every fault at once."""
    from reporter.loops.policy import LoopPolicies, RecoveryPolicy, default_policies, parse_policy
    from reporter.loops.table import BY_WORD

    chosen = settings.environments[environment]
    rules, faults = dict(default_policies().loops), []
    for word, given in chosen.loops.items():
        where = f"environments.{environment}.loops.{word}"
        loop = BY_WORD.get(word.replace("-", "_"))
        if loop is None:
            faults.append(f"{where}: unknown loop; known: {', '.join(BY_WORD)}")
            continue
        rules[loop.word], found = parse_policy(given, loop)
        faults += [f"{where}{one.pointer.replace('/', '.')}: found {one.found}, wanted {one.wanted}" for one in found]
    if faults:
        raise UsageFault(*faults)
    return LoopPolicies(
        rules,
        RecoveryPolicy(
            chosen.recovery.min_failures,
            timedelta(hours=chosen.recovery.lookback_hours),
            timedelta(minutes=chosen.recovery.slo_minutes),
        ),
        chosen.executor,
    )


def _own_answers(
    settings: Settings, environment: str, now: datetime
) -> "tuple[Folded, RecordSource | None, Head | None]":
    """Fold what people answered through us for this environment; they count wherever the other records are."""
    from reporter.loops.facts import Folded
    from reporter.loops.fold import fold
    from reporter.loops.table import READER
    from reporter.model.raw_records import RecordBatch
    from reporter.model.readiness import RecordSource
    from reporter.model.records import ContentFault

    if not is_ledger_there(settings):
        return Folded(now), None, None
    try:
        with open_settings_ledger(settings, write=False) as ledger:
            raws = [row.payload.encode() for row in ledger.read_own(environment)]
            head = ledger.head()
    except LedgerUnusable as error:
        fault = ContentFault("?", "", str(error), "a ledger that can be read", ANSWERS)
        read = RecordSource(
            alias=ANSWERS,
            kind="ledger",
            sha256=None,
            size_bytes=None,
            record_count=0,
            fault_count=1,
            faults=(str(error),),
        )
        return fold([fault], now), read, None
    if not raws:
        return Folded(now), None, head
    batch = RecordBatch(raws, ANSWERS, 1, "row")
    digest, size = _digest(raws)
    read = RecordSource(
        alias=ANSWERS,
        kind="ledger",
        sha256=digest,
        size_bytes=size,
        record_count=len(raws),
        fault_count=0,
        faults=(),
    )
    return fold(READER.decode_batch(batch), now), read, head


def _source(read: "SourceRead") -> "RecordSource":
    from reporter.model.readiness import RecordSource

    return RecordSource(
        alias=read.alias,
        kind=read.kind,
        sha256=read.sha256 or None,
        size_bytes=read.size_bytes if read.sha256 else None,
        record_count=read.records,
        fault_count=read.faulty,
        faults=tuple(map(str, read.faults)),
    )


def is_ledger_there(settings: Settings) -> bool:
    """Say whether there is a ledger to look at; a file that nobody has made yet holds nothing."""
    kind, _, path = settings.ledger.partition(":///")
    return kind != "sqlite" or Path(settings.resolve(path)).exists()


def _digest(raws: list[bytes]) -> tuple[str, int]:
    import hashlib

    whole = b"".join(raw + b"\n" for raw in raws)
    return hashlib.sha256(whole).hexdigest(), len(whole)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Facts refer to nothing that refers back; looking for cycles among millions of them costs a third."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
