"""From an environment's record sources, and our own answers in the ledger, to the state of every route.

What cannot be read is a fault among the evidence: it keeps the closure open, and the rest counts.
"""

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reporter.errors import LedgerUnusable, UsageFault
from reporter.jobs.records import open_settings_ledger, reading_of
from reporter.model.instants import format_instant
from reporter.model.text import is_blank, show, visible
from reporter.settings import DEFAULT_ENVIRONMENT, load_settings, read_rules
from reporter.settings_model import Settings

if TYPE_CHECKING:
    from reporter.jobs.folding import SourceRead
    from reporter.ledger import Head
    from reporter.loops.facts import Folded
    from reporter.loops.policy import LoopPolicies, LoopPolicy
    from reporter.loops.routes import LoopStates
    from reporter.model.readiness import RecordSource
    from reporter.seal.history import SealedLedger
    from reporter.seal.keys import PublicKey

PROCESSES: Final = 2
ANSWERS: Final = "our own answers"
MOST_LISTED: Final = 20


class Evidence(NamedTuple):
    """The state of every route, what was read for it, and where the ledger stood: its records, and those of runs."""

    states: "LoopStates"
    sources: "tuple[RecordSource, ...]"
    head: "Head | None" = None
    run_head: "Head | None" = None


def states_of(
    settings: Settings, environment: str, now: datetime, *, processes: int = 1, key: "PublicKey | None" = None
) -> Evidence:
    """Read and fold every record of an environment. Raise UsageFault for rules that cannot be.

    With more than one process, large sources are shared among forked ones: call it before any thread is started. With
    the key of the bundles, ledger and sources must still hold what those saw in them.
    """
    from reporter.jobs.folding import fold_places
    from reporter.loops.facts import merge
    from reporter.loops.routes import finalise

    policies = policies_of(settings, environment)
    places = settings.environments[environment].records
    with _without_garbage_collection():
        folded, read = fold_places(
            places, reading_of(settings), now, environment=_named(environment), processes=processes
        )
        answers, source, own = _own_answers(settings, environment, now, key)
        sources, losses = _compare(settings, environment, now, key, map(_source, read))
        states = finalise(merge(merge(folded, losses), answers), policies)
    return Evidence(states, (*sources, *([source] if source else [])), own.head, own.run_head)


def _named(environment: str) -> str:
    """Give the name that records are told apart by; what flags and variables alone describe has none."""
    return "" if environment == DEFAULT_ENVIRONMENT else environment


def read_large(settings: Settings, environment: str, now: datetime, key: "PublicKey | None" = None) -> Evidence | None:
    """Read what is worth sharing among processes, which are forked: call it before any thread is started."""
    from reporter.jobs.folding import are_worth_sharing

    places = settings.environments[environment].records
    if not are_worth_sharing(places, reading_of(settings)):
        return None
    return states_of(settings, environment, now, processes=PROCESSES, key=key)


def load_checked_settings(file: str | None) -> tuple[Settings, list[str]]:
    """Read the settings in force, and remarks. Raise UsageFault with all faults, those of the loops' rules too."""
    try:
        settings, remarks = load_settings(file)
    except UsageFault as fault:
        found, tables = read_rules(file)
        raise UsageFault(*fault.faults, *_rule_faults(found, tables)) from None
    tables = {name: one.loops for name, one in settings.environments.items()}
    faults = _rule_faults(settings.file, tables)
    if faults:
        raise UsageFault(*faults)
    return settings, remarks


def refuse_unknown_schedule(settings: Settings, environment: str, now: datetime, schedule: str) -> None:
    """Raise UsageFault for a schedule of which the routing history knows nothing."""
    states = states_of(settings, environment, now).states
    named = {one.subject for one in states.routing_days} | {one.subject for one in states.latest_plans}
    known = sorted(named - {""})
    if schedule not in known:
        listed = ", ".join(show(name)[1:-1] for name in known[:MOST_LISTED]) or "none"
        more = f" and {len(known) - MOST_LISTED} more" if len(known) > MOST_LISTED else ""
        raise UsageFault(f"--schedule: found {show(schedule)}, wanted one of the routing history: {listed}{more}")


def policies_of(settings: Settings, environment: str) -> "LoopPolicies":
    """Read the rules of the loops. Raise UsageFault with every fault at once."""
    from reporter.loops.policy import LoopPolicies, RecoveryPolicy, default_policies

    chosen = settings.environments[environment]
    given, faults = _read_rules(f"{_in_file(settings.file)}environments.{environment}.loops", chosen.loops)
    faults += [
        f"{_in_file(settings.file)}environments.{environment}.executor: found nobody,"
        f' wanted who executes retries: loops.{word}.self_approval is "refuse"'
        for word, rule in given.items()
        if rule.self_approval == "refuse" and is_blank(chosen.executor)
    ]
    if faults:
        raise UsageFault(*faults)
    rules = {**default_policies().loops, **given}
    return LoopPolicies(
        rules,
        RecoveryPolicy(
            chosen.recovery.min_failures,
            timedelta(hours=chosen.recovery.lookback_hours),
            timedelta(minutes=chosen.recovery.slo_minutes),
        ),
        chosen.executor,
    )


def _in_file(file: str) -> str:
    return f"{file}: " if file else ""


def _rule_faults(file: str, tables: Mapping[str, Any]) -> list[str]:
    """List every fault of the rules of every environment; what is no table is told by whoever reads the settings."""
    return [
        fault
        for environment, rules in sorted(tables.items())
        if isinstance(rules, dict)
        for fault in _read_rules(f"{_in_file(file)}environments.{visible(environment)}.loops", rules)[1]
    ]


def _read_rules(place: str, given: Mapping[str, Any]) -> "tuple[dict[str, LoopPolicy], list[str]]":
    from reporter.loops.policy import parse_policy
    from reporter.loops.table import BY_WORD

    rules: dict[str, LoopPolicy] = {}
    faults: list[str] = []
    for word, rule in given.items():
        where = f"{place}.{visible(word)}"
        loop = BY_WORD.get(word.replace("-", "_"))
        if loop is None:
            faults.append(f"{where}: unknown loop; known: {', '.join(BY_WORD)}")
        elif isinstance(rule, dict):
            rules[loop.word], found = parse_policy(rule, loop)
            faults += [
                f"{where}{one.pointer.replace('/', '.')}: found {one.found}, wanted {one.wanted}" for one in found
            ]
    return rules, faults


def _own_answers(
    settings: Settings, environment: str, now: datetime, key: "PublicKey | None"
) -> "tuple[Folded, RecordSource | None, _Own]":
    """Fold what people answered through us for this environment; they count wherever the other records are.

    What the last bundle saw in the ledger must still be there, and be what was written.
    """
    from reporter.loops.facts import Folded
    from reporter.loops.fold import fold
    from reporter.loops.table import READER
    from reporter.model.raw_records import RecordBatch
    from reporter.model.readiness import RecordSource
    from reporter.model.records import ContentFault

    sealed = _sealed_ledger(settings, environment, now, key)
    own = _read_own(settings, environment, now, sealed)
    raws, faults = own.raws, own.faults
    if not raws and not faults:
        return Folded(now), None, own
    digest, size = _digest(raws)
    read = RecordSource(
        alias=ANSWERS,
        kind="ledger",
        sha256=None if faults else digest,
        size_bytes=None if faults else size,
        record_count=len(raws),
        fault_count=len(faults),
        faults=tuple(faults[:MOST_LISTED]),
    )
    wanted = "a sound ledger; restore its backup"
    if sealed:
        wanted = _wanted(sealed)
    records = READER.decode_batch(RecordBatch(raws, ANSWERS, 1, "row"))
    return (
        fold(
            [*records, *(ContentFault("?", "", one, wanted, ANSWERS) for one in faults)], now, environment=environment
        ),
        read,
        own,
    )


def _compare(
    settings: Settings, environment: str, now: datetime, key: "PublicKey | None", sources: "Iterable[RecordSource]"
) -> "tuple[tuple[RecordSource, ...], Folded]":
    """Compare the sources with what the earlier bundles saw in them. Our own answers are compared by their chain."""
    from reporter.jobs.lost_records import find_lost_records, with_losses
    from reporter.loops.facts import Folded
    from reporter.loops.fold import fold
    from reporter.seal.history import sealed_counts

    given = tuple(sources)
    if key is None:
        return given, Folded(now)
    sealed = sealed_counts(settings.resolve(settings.bundles_dir), environment, now, key)
    sealed.pop(ANSWERS, None)
    lost = find_lost_records(given, sealed)
    return with_losses(given, lost), fold(lost.values(), now)


class _Own(NamedTuple):
    """Our own records as far as they are whole, what is wrong with the ledger, and where it ends."""

    raws: list[bytes]
    faults: list[str]
    head: "Head | None" = None
    run_head: "Head | None" = None


def _read_own(settings: Settings, environment: str, now: datetime, sealed: "SealedLedger | None") -> _Own:
    if not is_ledger_there(settings):
        return _Own([], ["no ledger"] if sealed else [])
    from reporter.ledger import Head, head_of_runs, read_own_verified

    noted = Head(sealed.sequence, sealed.hash) if sealed and sealed.sequence else None
    noted_runs = Head(sealed.run_sequence, sealed.run_hash) if sealed and sealed.run_sequence else None
    try:
        with open_settings_ledger(settings, write=False) as ledger:
            rows, damage = read_own_verified(ledger, environment, noted, noted_runs)
            head, run_head = ledger.head(), head_of_runs(ledger.database, format_instant(now))
    except LedgerUnusable as error:
        return _Own([], [str(error)])
    raws = [row.payload.encode() for row in rows]
    faults = [one.detail for one in damage]
    if sealed and not faults and _digest(raws[: sealed.own_count])[0] != (sealed.own_sha256 or _digest([])[0]):
        faults = ["other answers than it held"]
    return _Own(raws, faults, head, run_head)


def refuse_lost_ledger(settings: Settings, environment: str, now: datetime, key: "PublicKey | None") -> None:
    """Raise LedgerUnusable where the ledger is not the one that the last bundle saw: what was sent would be sent again.

    Without the key of the bundles nobody can tell.
    """
    sealed = _sealed_ledger(settings, environment, now, key)
    faults = _read_own(settings, environment, now, sealed).faults if sealed else []
    if sealed and faults:
        raise LedgerUnusable(f"{environment}: nothing is sent: found {faults[0]}, wanted {_wanted(sealed)}")


def _wanted(sealed: "SealedLedger") -> str:
    rows = [f"row {sealed.sequence}"] if sealed.sequence else []
    rows += [f"run record {sealed.run_sequence}"] if sealed.run_sequence else []
    return f"the ledger that the bundle of {sealed.as_of} saw, up to {' and '.join(rows)}; restore its backup"


def _sealed_ledger(
    settings: Settings, environment: str, now: datetime, key: "PublicKey | None"
) -> "SealedLedger | None":
    """Give what the last bundle says of the ledger."""
    from reporter.seal.history import sealed_ledger

    if key is None:
        return None
    return sealed_ledger(settings.resolve(settings.bundles_dir), environment, now, key, ANSWERS)


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
    """Say whether there is a ledger to look at, or a link to one; a file that nobody has made yet holds nothing."""
    kind, _, path = settings.ledger.partition(":///")
    return kind != "sqlite" or os.path.lexists(settings.resolve(path))


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
