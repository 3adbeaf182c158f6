"""Jobs around the ledger: import sources, export it, verify it. Read each source on from where it was read last."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from reporter.errors import LedgerUnusable, UsageFault
from reporter.model.progress import Tick, untold
from reporter.model.raw_records import RawRecord, RecordFault
from reporter.settings import read_secret, read_token
from reporter.settings_model import Settings
from reporter.settings_places import LEDGERS

if TYPE_CHECKING:
    from reporter.collect.https import HttpsAccess
    from reporter.collect.records import Reading, Source, SourceState, Span
    from reporter.ledger import Appended, Format, Head, Ledger, LedgerFault


RECORDS_A_TICK: Final = 10_000
MOST_NOTED: Final = 20
"""Faults of a source that are told again when it is not read again."""


class Imported(NamedTuple):
    """What one source brought. `unchanged` ones were not read again.

    `faulty_before` counts what was damaged when it was read, and `faults_before` are the first of it. Of an
    `unreadable` source nothing was read.
    """

    source: str
    appended: "Appended"
    unchanged: bool = False
    unreadable: bool = False
    faulty_before: int = 0
    faults_before: tuple[RecordFault, ...] = ()

    @property
    def faults(self) -> tuple[RecordFault, ...]:
        """What is damaged in the source, in its order: what is known from before, then what was found."""
        return (*self.faults_before, *self.appended.faults)

    @property
    def faulty(self) -> int:
        """How much is damaged in the source, listed or not."""
        return self.faulty_before + self.appended.faulty


class Verified(NamedTuple):
    """What is wrong with the ledger, and its head."""

    head: "Head | None"
    faults: "list[LedgerFault]"


def open_settings_ledger(settings: Settings, address: str = "", *, write: bool) -> "Ledger":
    """Open the settings' ledger, or another one by its address. Raise LedgerUnusable."""
    from reporter.ledger import open_ledger

    address = address or settings.ledger
    password = "" if address.startswith("sqlite") else ledger_password(settings)
    return open_ledger(address, settings.base_dir, password, write=write)


def ledger_password(settings: Settings) -> str:
    """Fetch the password of a PostgreSQL ledger; empty where none is named."""
    if not settings.ledger_password:
        return ""
    return read_secret(settings, settings.ledger_password, "ledger_password").decode().strip()


def reading_of(settings: Settings) -> "Reading":
    """Say how sources are read under these settings."""
    from reporter.collect.records import Reading

    def https() -> "HttpsAccess":
        from reporter.collect.https import HttpsAccess

        tokens = {host.lower(): read_token(settings, host) for host in settings.https.tokens}
        ca_file = settings.resolve(settings.https.ca_file) if settings.https.ca_file else ""
        return HttpsAccess(settings.https.timeout_seconds, ca_file, tokens)

    def ledger(place: str) -> Iterator[bytes | RecordFault]:
        from reporter.ledger import LedgerFault, read_verified

        address = place if place.startswith(LEDGERS) else ""
        with open_settings_ledger(settings, address, write=False) as opened:
            for row in read_verified(opened):
                if isinstance(row, LedgerFault):
                    yield RecordFault("ledger", None, row.detail, "what was written; restore its latest backup")
                else:
                    yield row.payload.encode()
            yield from _left_out(opened)

    return Reading(base_dir=settings.base_dir, https=https, ledger=ledger)


def import_records(settings: Settings, places: Sequence[str], tick: Tick = untold) -> Iterator[Imported]:
    """Import sources into the ledger: those given, relative to the current directory, else all of the settings.

    A source that cannot be read does not stop the others. `tick` is told of each source, and now and then within one.
    """
    from reporter.collect.records import find_sources
    from reporter.ledger import Appended

    reading = reading_of(settings)
    chosen = [_from_here(place) for place in places] or _places_of(settings)
    if not chosen:
        raise UsageFault("no source: name one, or list some under environments.NAME.records of the settings")
    with open_settings_ledger(settings, write=True) as ledger:
        for source in find_sources(chosen, reading):
            if isinstance(source, RecordFault):
                yield Imported(source.source, Appended(faulty=1, faults=(source,)), unreadable=True)
            else:
                yield _import_source(ledger, source, reading, tick)
                tick(source.alias, 1)


def export_records(settings: Settings, form: "Format", path: Path) -> int:
    """Write the ledger in one of upstream's formats, and give the number of records. Raise UsageFault."""
    from reporter.ledger import export_ledger

    with open_settings_ledger(settings, write=False) as ledger:
        return export_ledger(ledger, form, path)


def verify_records(settings: Settings, expected: "Head | None" = None, expected_runs: "Head | None" = None) -> Verified:
    """Go over every row of the ledger, those that were noted among them. Raise LedgerUnusable when there is none."""
    from reporter.ledger import LedgerFault, verify_ledger

    try:
        with open_settings_ledger(settings, write=False) as ledger:
            return Verified(ledger.head(), verify_ledger(ledger, expected, expected_runs))
    except LedgerUnusable as error:
        if not error.damaged:
            raise
        return Verified(None, [LedgerFault("unreadable", None, str(error))])


def _left_out(ledger: "Ledger") -> Iterator[RecordFault]:
    """Name every source whose import left something out: what the ledger holds is not all that there is."""
    for alias, text in ledger.source_states():
        faulty = _read_note(text).faulty
        if faulty:
            found = f"{faulty} damaged records of {alias} that its import left out"
            yield RecordFault("ledger", None, found, "that source repaired where it stands and imported again")


def _places_of(settings: Settings) -> list[str]:
    """Give every place once; what stands in the ledger already is not imported into it."""
    listed = [place for name in sorted(settings.environments) for place in settings.environments[name].records]
    return [place for place in dict.fromkeys(listed) if place not in ("ledger", settings.ledger)]


def _from_here(place: str) -> str:
    return place if "://" in place else str(Path.cwd() / place)


def _import_source(ledger: "Ledger", source: "Source", reading: "Reading", tick: Tick) -> Imported:
    from reporter.collect.records import Bookmark, Kind, Span, read_source, resume, state_of
    from reporter.collect.records.source import checked
    from reporter.ledger import Appended

    is_file = source.kind in (Kind.LINES, Kind.FILE)
    span: Span | None = Span()
    told = ledger.source_state(source.key)
    noted = _Noted(None)
    mark = Bookmark()
    if is_file:
        noted = _read_note(told)
        span = resume(source.place, noted.state, append_only=source.kind is Kind.LINES)
        if span is None:
            faults = tuple(one._replace(source=source.alias) for one in noted.faults)
            return Imported(source.alias, Appended(), unchanged=True, faulty_before=noted.faulty, faults_before=faults)
        noted = _before(noted, span)
    at_start = state_of(source.place) if is_file else None
    by_line = span if source.kind is Kind.LINES else None
    unreadable = False

    def heard() -> Iterator[RawRecord | RecordFault]:
        nonlocal unreadable
        for number, part in enumerate(checked(read_source(source, reading, by_line, mark))):
            if number % RECORDS_A_TICK == 0:
                tick(f"{source.alias}: {number:,} records", 0)
            unreadable = unreadable or (isinstance(part, RecordFault) and part.number is None)
            yield part

    appended = ledger.append(heard())
    nothing_read = bool(appended.faulty) and not appended.added and not appended.repeated
    unreadable = unreadable or (nothing_read and noted.state is None)
    state = None
    if at_start and not unreadable:
        state = state_of(source.place, mark) if source.kind is Kind.LINES else at_start
        # What was appended while we read counts as not read: sizes and times are those of the start.
        state = state and state._replace(size_bytes=at_start.size_bytes, mtime_ns=at_start.mtime_ns)
    if state or told or appended.added or appended.repeated:
        faults = (*noted.faults, *appended.faults)[:MOST_NOTED]
        whole = _Noted(state, noted.faulty + appended.faulty, faults)
        ledger.note_source(source.key, source.alias, _write_note(whole))
    return Imported(
        source.alias,
        appended,
        unreadable=unreadable,
        faulty_before=noted.faulty,
        faults_before=noted.faults,
    )


class _Noted(NamedTuple):
    """What the ledger notes about a source: how far it was read, and what was damaged.

    Without a state it is read again from its start.
    """

    state: "SourceState | None"
    faulty: int = 0
    faults: tuple[RecordFault, ...] = ()


def _before(noted: _Noted, span: "Span") -> _Noted:
    """Give what was noted of the part that is not read again: a last line may have been half written."""
    if span.start == 0:
        return _Noted(None)
    kept = tuple(one for one in noted.faults if one.number is None or one.number < span.first)
    return noted._replace(faulty=noted.faulty - len(noted.faults) + len(kept), faults=kept)


def _write_note(noted: _Noted) -> str:
    import msgspec

    return msgspec.json.encode(noted).decode()


def _read_note(text: str | None) -> _Noted:
    import msgspec

    from reporter.collect.records import SourceState

    if not text:
        return _Noted(None)
    state, faulty, *more = msgspec.json.decode(text)
    (faults,) = more or ([],)
    return _Noted(
        msgspec.convert(state, SourceState | None), faulty, tuple(msgspec.convert(one, RecordFault) for one in faults)
    )
