"""Prune one environment: what goes is recorded first, then taken away but for its seal."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from reporter.jobs.answers.recording import append_own, own_records, sealed_for
from reporter.jobs.retention.choosing import Candidate, Choice, Rules, choose, referred
from reporter.jobs.retention.holds import PRUNED, on_hold, write_retention
from reporter.jobs.standing.standing import instant_of
from reporter.loops.table import BUNDLE_ATTACHMENT, BUNDLE_RETENTION
from reporter.loops.writing import RecordValue
from reporter.model.ids import make_id
from reporter.model.instants import format_instant, is_future, parse_instant
from reporter.seal.bundle import LATEST_NAME, list_bundles, prune_bundle
from reporter.seal.digests import sha256_hex
from reporter.seal.keys import PublicKey
from reporter.seal.verify import verify_bundle
from reporter.settings_model import Settings

SIGNER: Final = "reporter"
_SAME_IN_ALL: Final = ("schemas/", "VERIFY.md")
"""Files that say nothing of their bundle: a reference to one is a reference to none."""
_OF_ITSELF: Final = frozenset({BUNDLE_ATTACHMENT.word, BUNDLE_RETENTION.word})
"""Records that every bundle may have: one that is at a release record is there whole, and need not stay here too."""


class Pruned(NamedTuple):
    """One bundle that went, and the record of it."""

    choice: Choice
    record_id: str


class _Seen(NamedTuple):
    """A bundle, and its signed statement where it verifies."""

    candidate: Candidate
    statement: Any


def choose_bundles(settings: Settings, environment: str, now: datetime, key: PublicKey, rules: Rules) -> list[Choice]:
    """Say of every bundle of an environment whether it stays and why, the newest first."""
    return [one for one, _ in _judged(settings, environment, now, key, rules)]


def prune(  # noqa: PLR0913, PLR0917 - as choose_bundles, and the clock
    settings: Settings, environment: str, now: datetime, key: PublicKey, rules: Rules, recorded_at: datetime
) -> Iterator[Pruned]:
    """Prune what may go, the oldest first, and yield each as it is gone. Raise LedgerUnusable, BundleNotWritten."""
    for choice, statement in reversed(_judged(settings, environment, now, key, rules)):
        if choice.goes:
            record = _record(environment, now, choice, statement, recorded_at)
            append_own(settings, environment, [record])
            prune_bundle(choice.candidate.path)
            yield Pruned(choice, record["session_id"])


def rules_of(settings: Settings, days: int | None, count: int | None) -> Rules:
    """Give the rules of a call over those of the settings; without any, all bundles are kept."""
    return Rules(
        settings.retention.days or None if days is None else days,
        settings.retention.count or None if count is None else count,
    )


def _judged(
    settings: Settings, environment: str, now: datetime, key: PublicKey, rules: Rules
) -> list[tuple[Choice, Any]]:
    bundles_dir = settings.resolve(settings.bundles_dir)
    latest = Path(bundles_dir, environment, LATEST_NAME).resolve().name
    records = own_records(settings, environment, now).records
    held = on_hold(records)
    seen: list[_Seen] = []
    for name in list_bundles(bundles_dir, environment):
        at = instant_of(name)
        if at is None:
            continue
        verification = verify_bundle(name.path, key)
        sealed = verification.statement if not verification.failures else None
        digest = sha256_hex(Path(name.path, "attestation.json").read_bytes()) if sealed else name.digest
        holds = [f"on hold: {ref or 'no reference'}" for one, ref in held.items() if one == digest]
        holds += ["on hold by the settings" for one in settings.retention.holds if digest.startswith(one)]
        kept = [*dict.fromkeys(holds)]
        odd = _oddity(environment, at, sealed, now)
        kept += [f"{odd}: it is kept for whoever looks into that"] if odd else []
        kept += [f"`{LATEST_NAME}` shows it"] if Path(name.path).name == latest else []
        seen.append(_Seen(Candidate(Path(name.path).name, name.path, at, digest, tuple(kept), not odd), sealed))
    who = _references(seen, records)
    first = _first_told(seen)
    candidates = [
        one.candidate._replace(
            kept_by=(*one.candidate.kept_by, *who.get(one.candidate.name, ()), *first.get(one.candidate.name, ()))
        )
        for one in seen
    ]
    statements = {one.candidate.name: one.statement for one in seen}
    return [(choice, statements[choice.candidate.name]) for choice in choose(candidates, rules, now)]


def _oddity(environment: str, at: datetime, statement: Any, now: datetime) -> str:  # noqa: ANN401 - JSON
    """Say why a bundle has no place among the newest; empty where it has one."""
    if statement is None:
        return "it does not verify"
    if statement["predicate"].get("environment") != environment:
        return "it is of another environment"
    return "it is dated later than now" if is_future(at, now) else ""


def _references(seen: list[_Seen], records: Any) -> dict[str, list[str]]:  # noqa: ANN401 - JSON
    """Find the bundles that a record of ours or an open item names: by digest, by name, or by the digest of a file."""
    names: dict[str, list[str]] = {}
    for one in seen:
        files = [digest for _, digest in _files(one.statement)] if one.statement else []
        for name in (one.candidate.name, one.candidate.digest, *files):
            names.setdefault(name, []).append(one.candidate.name)

    def texts() -> Iterator[tuple[str, str]]:
        for record in records:
            if record["metadata_kind"] not in _OF_ITSELF:
                yield f"record {record['session_id']} refers to it", json.dumps(record)
        for item in _open_items(seen):
            yield f"the open item {item.get('code')} refers to it", json.dumps(item)

    return referred(texts(), names)


def _files(statement: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    for subject in statement["subject"]:
        if not subject["name"].startswith(_SAME_IN_ALL):
            yield subject["name"], subject["digest"]["sha256"]


def _open_items(seen: list[_Seen]) -> list[dict[str, Any]]:
    """Give what is open by the newest bundle that counts."""
    newest = next((one for one in seen if one.candidate.counts), None)
    try:
        document = json.loads(Path(newest.candidate.path, "readiness.json").read_bytes()) if newest else {}
        found = document["loops"]["closure"]["open_items"] + document["loops"]["release_readiness"]["blockers"]
        return [one for one in found if isinstance(one, dict)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _first_told(seen: list[_Seen]) -> dict[str, list[str]]:
    """Find, for each open item, the first bundle that can have told of it: that is its evidence."""
    found: dict[str, list[str]] = {}
    for item in _open_items(seen):
        since = parse_instant(str(item.get("since") or ""))
        told = [one.candidate for one in seen if since and one.candidate.counts and one.candidate.at >= since.at]
        if told:
            first = min(told, key=lambda one: one.name)
            found.setdefault(first.name, []).append(f"the first that tells of the open item {item.get('code')}")
    return found


def _record(
    environment: str,
    now: datetime,
    choice: Choice,
    statement: Any,  # noqa: ANN401 - JSON
    recorded_at: datetime,
) -> RecordValue:
    """Say what went: enough to find its place in the chain again."""
    one, predicate = choice.candidate, statement["predicate"]
    previous = predicate.get("previous")
    record_id = make_id(BUNDLE_RETENTION.prefix, event=PRUNED, bundle=one.digest)
    record = write_retention(
        now,
        PRUNED,
        record_id,
        by=SIGNER,
        digest=one.digest,
        as_of=format_instant(one.at),
        statement_sha256=sha256_hex(json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()),
        previous_digest=previous["digest"] if previous else "",
    )
    return sealed_for(environment, recorded_at, record)
