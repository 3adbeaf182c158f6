"""Jobs around the ledger: import sources, export it, verify it. Read each source on from where it was read last."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reporter.errors import LedgerUnusable, UsageFault
from reporter.model.raw_records import RawRecord, RecordFault
from reporter.settings import read_secret, read_token
from reporter.settings_model import LEDGERS, Settings

if TYPE_CHECKING:
    from reporter.collect.https import HttpsAccess
    from reporter.collect.records import Reading, Source
    from reporter.ledger import Appended, Format, Head, Ledger, LedgerFault


class Imported(NamedTuple):
    """What one source brought. `unchanged` ones were not read again; `faulty_before` counts what was damaged then."""

    source: str
    appended: "Appended"
    unchanged: bool = False
    unreadable: bool = False
    faulty_before: int = 0


class Verified(NamedTuple):
    """What is wrong with the ledger, and its head."""

    head: "Head | None"
    faults: "list[LedgerFault]"


def open_settings_ledger(settings: Settings, address: str = "", *, write: bool) -> "Ledger":
    """Open the settings' ledger, or another one by its address. Raise LedgerUnusable."""
    from reporter.ledger import open_ledger

    address = address or settings.ledger
    password = ""
    if settings.ledger_password and not address.startswith("sqlite"):
        password = read_secret(settings, settings.ledger_password, "ledger_password").decode().strip()
    return open_ledger(address, settings.base_dir, password, write=write)


def reading_of(settings: Settings, environment: str = "") -> "Reading":
    """Say how sources are read under these settings; of a ledger, without what names another environment."""
    from reporter.collect.records import Reading

    def https() -> "HttpsAccess":
        from reporter.collect.https import HttpsAccess

        tokens = {host.lower(): read_token(settings, host) for host in settings.https.tokens}
        ca_file = settings.resolve(settings.https.ca_file) if settings.https.ca_file else ""
        return HttpsAccess(settings.https.timeout_seconds, ca_file, tokens)

    def ledger(place: str) -> Iterator[bytes]:
        address = place if place.startswith(LEDGERS) else ""
        with open_settings_ledger(settings, address, write=False) as opened:
            yield from (raw for row in opened.read() if _is_for(environment, raw := row.payload.encode()))

    return Reading(base_dir=settings.base_dir, https=https, ledger=ledger)


def import_records(
    settings: Settings, places: Sequence[str], note: Callable[[RecordFault], None]
) -> Iterator[Imported]:
    """Import sources into the ledger: those given, relative to the current directory, else all of the settings.

    `note` hears of each fault as it is found. A source that cannot be read does not stop the others.
    """
    from reporter.collect.records import find_sources
    from reporter.ledger import Appended

    reading = reading_of(settings)
    chosen = [_from_here(place) for place in places] or _places_of(settings)
    if not chosen:
        raise UsageFault("no source: name one, or list `records` under an environment of the settings")
    with open_settings_ledger(settings, write=True) as ledger:
        for source in find_sources(chosen, reading):
            if isinstance(source, RecordFault):
                note(source)
                yield Imported(source.source, Appended(faulty=1, faults=(source,)), unreadable=True)
            else:
                yield _import_source(ledger, source, reading, note)


def export_records(settings: Settings, form: "Format", path: Path) -> int:
    """Write the ledger in one of upstream's formats, and give the number of records. Raise UsageFault."""
    from reporter.ledger import export_ledger

    with open_settings_ledger(settings, write=False) as ledger:
        return export_ledger(ledger, form, path)


def verify_records(settings: Settings, expected: "Head | None" = None) -> Verified:
    """Go over every row of the ledger. Raise LedgerUnusable when there is none."""
    from reporter.ledger import LedgerFault, verify_ledger

    try:
        with open_settings_ledger(settings, write=False) as ledger:
            return Verified(ledger.head(), verify_ledger(ledger, expected))
    except LedgerUnusable as error:
        if not error.damaged:
            raise
        return Verified(None, [LedgerFault("unreadable", None, str(error))])


def _places_of(settings: Settings) -> list[str]:
    """Give every place once; what stands in the ledger already is not imported into it."""
    listed = [place for name in sorted(settings.environments) for place in settings.environments[name].records]
    return [place for place in dict.fromkeys(listed) if place not in ("ledger", settings.ledger)]


def _is_for(environment: str, raw: bytes) -> bool:
    """Say whether a record counts here: most name no environment, and only our own answers do."""
    if not environment or b'"environment"' not in raw:
        return True
    import msgspec

    try:
        named = msgspec.json.decode(raw).get("environment")
    except (msgspec.DecodeError, AttributeError):
        return True
    return named in (None, environment)


def _from_here(place: str) -> str:
    return place if "://" in place else str(Path.cwd() / place)


def _import_source(
    ledger: "Ledger", source: "Source", reading: "Reading", note: Callable[[RecordFault], None]
) -> Imported:
    import msgspec

    from reporter.collect.records import Bookmark, Kind, SourceState, Span, read_source, resume, state_of
    from reporter.collect.records.source import checked
    from reporter.ledger import Appended

    is_file = source.kind in (Kind.LINES, Kind.FILE)
    span: Span | None = Span()
    faulty_before = 0
    mark = Bookmark()
    if is_file:
        noted = ledger.source_state(source.key)
        before, faulty_before = msgspec.json.decode(noted, type=tuple[SourceState, int]) if noted else (None, 0)
        span = resume(source.place, before, append_only=source.kind is Kind.LINES)
        if span is None:
            return Imported(source.alias, Appended(), unchanged=True, faulty_before=faulty_before)
        if span.start == 0:
            faulty_before = 0
    at_start = state_of(source.place) if is_file else None
    unreadable = False

    def heard() -> Iterator[RawRecord | RecordFault]:
        nonlocal unreadable
        by_line = span if source.kind is Kind.LINES else None
        for part in checked(read_source(source, reading, by_line, mark)):
            if isinstance(part, RecordFault):
                unreadable = unreadable or part.number is None
                note(part)
            yield part

    appended = ledger.append(heard())
    if at_start and not unreadable:
        state = state_of(source.place, mark) if source.kind is Kind.LINES else at_start
        if state:
            # What was appended while we read counts as not read: sizes and times are those of the start.
            state = state._replace(size_bytes=at_start.size_bytes, mtime_ns=at_start.mtime_ns)
            whole = msgspec.json.encode((state, faulty_before + appended.faulty)).decode()
            ledger.note_source(source.key, source.alias, whole)
    return Imported(source.alias, appended, unreadable=unreadable, faulty_before=faulty_before)
