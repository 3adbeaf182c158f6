"""Where the ledger ended by the newest bundles whose seals hold: what it must still hold, whoever asks."""

from typing import NamedTuple

from reporter.errors import ReporterError
from reporter.jobs.loops import ANSWERS
from reporter.jobs.standing import public_key_of
from reporter.model.records import UNDATED
from reporter.seal.history import sealed_ledger
from reporter.seal.keys import PublicKey
from reporter.settings_model import Settings

_Head = tuple[int, str]


class NotedHeads(NamedTuple):
    """The last record, and the last record of a run; None where no bundle noted one."""

    records: _Head | None = None
    runs: _Head | None = None


def noted_heads(settings: Settings) -> NotedHeads:
    """Give the heads that the newest sealed bundles noted, of all environments the last; without a key, none."""
    try:
        key = public_key_of(settings)
    except ReporterError:
        key = None
    if key is None:
        return NotedHeads()
    found = [_heads_of(settings, name, key) for name in settings.environments]
    return NotedHeads(*(max(filter(None, heads), default=None) for heads in zip(*found, strict=True)))


def _heads_of(settings: Settings, environment: str, key: PublicKey) -> NotedHeads:
    """Ask the last bundle that found the ledger whole: those after a loss note what was begun anew."""
    found = sealed_ledger(settings.resolve(settings.bundles_dir), environment, UNDATED, key, ANSWERS)
    if found is None:
        return NotedHeads()
    records = (found.sequence, found.hash) if found.sequence else None
    return NotedHeads(records, (found.run_sequence, found.run_hash) if found.run_sequence else None)
