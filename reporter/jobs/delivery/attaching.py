"""Attaching a sealed bundle to release approval records: verified and guarded first, each record by itself.

A record that fails does not stop the next. What stands there already is told; nothing is overwritten, approved or
published.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from reporter.deliver.addresses import pin_of
from reporter.deliver.approvals.asking import Access
from reporter.deliver.approvals.attaching import (
    DEADLINE,
    Attached,
    carry_out,
    dry_result,
    late_result,
    plan_files,
    without_private,
)
from reporter.deliver.approvals.package import File, SealedFiles, package_files
from reporter.deliver.approvals.registry import connector_of, make_target
from reporter.deliver.canary import prove
from reporter.deliver.config import ConnectorConfig, LoadedConnectors, load_connectors
from reporter.deliver.guard import guard_files
from reporter.deliver.http import MOST_ANSWER_BYTES, Http
from reporter.deliver.outbox import GRACE_SECONDS
from reporter.deliver.private_values import PrivateValues
from reporter.errors import NotPublicSafe, ReporterError, UsageFault, VerificationFailed, as_told
from reporter.jobs.answers.signature import LONGEST_NAME, check_texts
from reporter.jobs.delivery.attachment_records import INTERRUPTED, Notebook, Subject, approved_note
from reporter.jobs.loops import refuse_lost_ledger, states_of
from reporter.jobs.standing.difference import find_bundle
from reporter.loops.writing.envelope import GOVERNANCE
from reporter.model.guards import broken_rules
from reporter.model.instants import parse_instant
from reporter.model.release_records import Reference, read_references
from reporter.seal.contents import read_contents
from reporter.seal.keys import PublicKey
from reporter.settings_model import Settings
from reporter.stopping import finishing, hearing, is_asked_to_end

SECONDS_A_RECORD: Final = 900.0
"""For all that is asked of one record: one that answers slowly, and for ever, does not keep the others waiting."""
PUT_OFF: Final = "not begun when the end was asked for; the next call attaches it"
SECONDS_A_FILE: Final = 120.0
"""For one file up or down, at least: connectors are configured for messages, and a bundle has megabytes."""


class RecordResult(NamedTuple):
    """What became of the bundle at one release record. Where it is not configured, `fault` says what is wanted.

    `recorded` are the ids of the records in the ledger that this call added.
    """

    reference: Reference
    attached: Attached | None = None
    fault: str = ""
    recorded: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every file is there."""
        return self.attached is not None and self.attached.complete

    @property
    def put_off(self) -> bool:
        """Whether it was not begun, for the end was asked for."""
        return self.fault == PUT_OFF

    @property
    def failed(self) -> bool:
        """Whether something is wrong: more than that nothing was asked to be added."""
        return self.attached is None or any(one.receipt and not one.receipt.delivered for one in self.attached.files)


class BundleAttached(NamedTuple):
    """What became of one bundle at every release record that was named."""

    environment: str
    bundle: str
    digest: str
    as_of: str
    files: tuple[File, ...]
    records: tuple[RecordResult, ...]
    executed: bool

    @property
    def failed(self) -> bool:
        """Whether something is wrong at one of them."""
        return any(one.failed for one in self.records)


def attach_bundle(  # noqa: PLR0913 - what it is about, who asks, and by what rights
    settings: Settings,
    named: str,
    references: Sequence[str],
    key: PublicKey,
    now: datetime,
    *,
    connectors: LoadedConnectors | None = None,
    by: str = "",
    execute: bool = False,
    seconds_a_record: float = SECONDS_A_RECORD,
) -> BundleAttached:
    """Attach a bundle to release records, or without `execute` say what would be.

    A signal that asks for the end puts off the records that are not begun; the one under way has a few seconds more.

    Raise UsageFault with every reference that is wrong, VerificationFailed for a bundle that does not verify,
    NotPublicSafe for one that may not leave, LedgerUnusable where nothing can be recorded, or where the ledger lost
    what the last bundle saw in it: then nothing is sent.
    `connectors` are those of the settings, where they were read already.
    """
    usable = connectors or load_connectors(settings)
    if not usable.is_read:
        raise UsageFault(*map(str, usable.faults))
    private = prove(usable.private)
    chosen = _checked(references, private)
    path = find_bundle(settings, named)
    sealed, as_of = _read(settings, path, key)
    guard_files(sealed.files, private, sealed.environment)
    if execute:
        refuse_lost_ledger(settings, sealed.environment, now, key)
    files = package_files(sealed)
    signer = by or settings.environments[sealed.environment].executor or GOVERNANCE
    check_texts([("--by", signer, LONGEST_NAME)])
    notebook = Notebook(settings, sealed.environment, signer, now)
    call = _Call(settings, sealed, files, as_of, usable, notebook, now, execute, seconds_a_record)
    with finishing() if execute else nullcontext():
        records = tuple(_attach(call, one) for one in chosen)
        if execute:
            records = _tell_closeout(call, records)
    return BundleAttached(sealed.environment, path, sealed.digest, as_of, files, records, execute)


class _Call(NamedTuple):
    """What is the same for every record."""

    settings: Settings
    sealed: SealedFiles
    files: tuple[File, ...]
    as_of: str
    connectors: LoadedConnectors
    notebook: Notebook
    now: datetime
    execute: bool
    seconds: float

    def subject(self, reference: Reference) -> Subject:
        return Subject(self.sealed.environment, reference, self.sealed.digest, self.as_of)


def _checked(texts: Iterable[str], private: PrivateValues) -> tuple[Reference, ...]:
    """Read the references and guard them: they stand in records and bundles. Raise with every fault at once."""
    chosen, faults = read_references(texts)
    if faults:
        raise UsageFault(*(f"--to: {fault}" for fault in faults))
    unsafe = [
        f"--to {one.kind}: found {rule.refuses} (not shown), wanted none in a record; rule {rule.id}"
        for one in chosen
        for rule in broken_rules(one.text)
    ] + [
        f"--to {one.kind}: found what is configured as {value.place} (not shown), wanted none in a record"
        for one in chosen
        for value in private.find(one.text.encode())
    ]
    if unsafe:
        raise NotPublicSafe(*unsafe)
    return chosen


def _read(settings: Settings, path: str, key: PublicKey) -> tuple[SealedFiles, str]:
    """Read the bundle, and check that it is of an environment that is known here: it is recorded under that."""
    contents = read_contents(path, key)
    environment, as_of = contents.predicate.get("environment"), contents.predicate.get("as_of")
    at = parse_instant(as_of) if isinstance(as_of, str) else None
    if not isinstance(environment, str) or environment not in settings.environments or at is None:
        known = ", ".join(sorted(settings.environments)) or "none"
        raise UsageFault(
            f"{path}: found the bundle of an environment that is not in the settings, wanted one of {known}"
        )
    folder = _folder_of(settings, path)
    if folder not in ("", environment):
        raise VerificationFailed(f"{path}: other_environment: it is of {environment}, wanted {folder}")
    return SealedFiles(environment, at.at, contents.digest, contents.files), str(as_of)


def _folder_of(settings: Settings, path: str) -> str:
    """Name the environment in whose directory a bundle lies; empty for one that lies elsewhere."""
    parent = Path(path).absolute().parent.resolve()
    bundles_dir = Path(settings.resolve(settings.bundles_dir)).resolve()
    return parent.name if parent.parent == bundles_dir else ""


def _attach(call: _Call, reference: Reference) -> RecordResult:
    """Attach to one record. Whatever it does, the next one has its turn."""
    if call.execute and is_asked_to_end():
        return RecordResult(reference, fault=PUT_OFF)
    connector = connector_of(reference)
    config = call.connectors.connectors.get(connector)
    if connector and config is None:
        return RecordResult(reference, fault=_unusable(call.connectors, connector))
    try:
        return asyncio.run(_bring(call, reference, config))
    except ReporterError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the next record has its turn; it is told
        return RecordResult(reference, fault=str(as_told(reference.kind, error)))


def _unusable(connectors: LoadedConnectors, name: str) -> str:
    """Say why there is no way in, and what is wanted."""
    faults = [str(one) for one in connectors.faults if one.provider == name]
    if name in connectors.disabled:
        faults.append(f"connectors.{name}: is disabled")
    return (
        "; ".join(faults) or f"connectors.{name}: found none, wanted its url and token in the connector configuration"
    )


async def _bring(call: _Call, reference: Reference, config: ConnectorConfig | None) -> RecordResult:
    access = Access(config.told.url, config.told.headers) if config else None
    target = make_target(reference, access, call.settings.base_dir)
    subject, guard = call.subject(reference), call.connectors.private.find
    told = call.notebook.told(subject)
    begun = ""
    try:
        async with _open(call, target.addresses, config) as http, _in_time(call.seconds):
            plan = await plan_files(target, call.files, http, call.now, told)
            if not call.execute:
                return RecordResult(reference, without_private(dry_result(plan, call.files), guard))
            begun = call.notebook.intend(subject, plan.to_add) if plan.to_add else ""
            attached = without_private(await carry_out(plan, target, call.files, http, call.now), guard)
    except TimeoutError:
        attached = late_result(call.files, INTERRUPTED if is_asked_to_end() else DEADLINE)
        if not call.execute:
            return RecordResult(reference, attached)
    settled = call.notebook.settle(subject, attached)
    return RecordResult(reference, attached, recorded=tuple(filter(None, (begun, settled))))


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    """Give what is inside so many seconds, and once the end is asked for only a few more. Raise TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds) as limit:

        def hurry() -> None:
            with suppress(RuntimeError):  # it came to its end meanwhile
                limit.reschedule(loop.time() + min(seconds, GRACE_SECONDS))

        with hearing(lambda: loop.call_soon_threadsafe(hurry)):
            yield


def _open(call: _Call, addresses: Iterable[str], config: ConnectorConfig | None) -> Http:
    """Make the client: the target's hosts and those that are allowed, and answers as large as what is read back."""
    return Http(
        {pin for pin in map(pin_of, addresses) if pin} | (config.hosts if config else frozenset()),
        timeout_seconds=max(SECONDS_A_FILE, config.timeout_seconds if config else 0),
        ca_file=config.ca_file if config else "",
        most_answer_bytes=MOST_ANSWER_BYTES + max(one.size_bytes for one in call.files),
    )


def _tell_closeout(call: _Call, records: Sequence[RecordResult]) -> tuple[RecordResult, ...]:
    """Say to the closeout packet what is attached, where the release was approved on this bundle's summary (B2.27)."""
    names = _names(call.sealed.files)
    if not any(one.complete for one in records) or not names:
        return tuple(records)
    states = states_of(call.settings, call.sealed.environment, call.now).states
    note = approved_note(states.releases, names["release readiness summary"])
    if note is None:
        return tuple(records)
    evidence = {**names, "approval decision": note.decision, "sealed bundle": call.sealed.digest}
    told = []
    for one in records:
        name = call.notebook.tell_closeout(call.subject(one.reference), note, evidence) if one.complete else ""
        told.append(one._replace(recorded=(*one.recorded, name)) if name else one)
    return tuple(told)


def _names(files: Mapping[str, bytes]) -> dict[str, str]:
    """Give the ids of what the bundle holds, by what each is; none of a bundle of another version."""
    try:
        document: Any = json.loads(files["readiness.json"])
        loops = document["loops"]
        return {
            "release readiness summary": str(loops["release_readiness"]["summary_id"]),
            "operator runbook": str(loops["runbook"]["export_id"]),
        }
    except (KeyError, TypeError, ValueError):
        return {}
