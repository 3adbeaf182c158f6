"""Records over https: page after page from one host, each into a file of its own that vanishes.

A page is a JSON list, an object with `items`, or JSON Lines, packed or not. The next page is the `next` link of the
document, where it has one, and else the next number, until a page is not full. A link to another host is refused: the
token is for this one.
"""

import tempfile
from typing import IO, TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from reporter.collect.files import Unread, name_of
from reporter.collect.records.document import read_document
from reporter.collect.records.lines import read_lines
from reporter.collect.records.outside import NOTHING, WHOLE, Outside
from reporter.collect.records.reading import Batches, Paging, Reading
from reporter.collect.records.streams import SQLITE, peek, plain_stream, read_head, size_of, unpacked_stream
from reporter.collect.records.suffixes import is_document, is_file_name
from reporter.model.documents import DocumentState
from reporter.model.raw_records import RecordBatch, RecordFault

if TYPE_CHECKING:
    from reporter.collect.https import HttpsAccess

UNIT: Final = "item"
IN_MEMORY: Final = 4_000_000


class _Named(NamedTuple):
    """A source by its alias, which may be told, and by the file name in its address, which says how it is read."""

    alias: str
    file: str


def read_web(url: str, source: str, reading: Reading) -> Batches:
    """Yield the records of all pages, numbered through."""
    named = _Named(source, name_of(urlsplit(url).path))
    access = reading.https()
    pages = _Pages(url, reading.paging)
    number = 0
    while address := pages.address:
        outside: list[Outside] = []
        before, damaged = number, False
        for part in _read_page(address, named, reading, access, outside):
            if isinstance(part, RecordBatch):
                yield RecordBatch(part.raws, source, before + part.first, UNIT)
                number = before + part.first + len(part.raws) - 1
            elif part.number is None:
                yield part._replace(number=number + 1 if number else None, unit=UNIT)
                return
            else:
                damaged = True
                number = max(number, before + part.number)
                yield part._replace(number=before + part.number, unit=UNIT)
        beside = outside[0] if outside else NOTHING
        fault = pages.turn(number - before, beside, damaged=damaged)
        if not fault and not pages.address and (missing := beside.missing(number, pages.count)):
            fault = missing, WHOLE
        if fault:
            yield RecordFault(source, number + 1, *fault, UNIT)
            return


class _Pages:
    """Knows the address of the page to read; empty after the last."""

    def __init__(self, url: str, paging: Paging) -> None:
        self._url = url
        self._paging = paging
        self._numbered = not is_file_name(urlsplit(url).path)
        self._linked = False
        self._page = 1
        self._seen: set[str] = set()
        self.address = self._number(1) if self._numbered else url

    @property
    def count(self) -> int:
        """How many pages were read."""
        return len(self._seen)

    def turn(self, records: int, outside: Outside, *, damaged: bool) -> tuple[str, str] | None:
        """Go on to the next page, or say what is wrong with the way to it."""
        self._seen.add(self.address)
        link = outside.members.get(self._paging.next_key)
        here, self.address = self.address, ""
        if self._paging.next_key in outside.members:
            self._linked = True
        if link not in (None, ""):
            if not isinstance(link, str):
                return f"a `{self._paging.next_key}` that is no text", "a link to the next page"
            there = urljoin(here, link)
            if not _same_host(there, self._url):
                return "a next page on another host", "one on the host of the first page"
        elif self._last(records, damaged=damaged):
            return None
        else:
            self._page += 1
            there = self._number(self._page)
        if there in self._seen or len(self._seen) >= self._paging.most_pages:
            return "pages without end", f"{self._paging.most_pages} different pages at most"
        self.address = there
        return None

    def _last(self, records: int, *, damaged: bool) -> bool:
        if self._linked or not self._numbered or not self._paging.number_parameter:
            return True
        # More than was asked for: the service takes no notice of the size, and this was all.
        return not records or records > self._paging.size or (records < self._paging.size and not damaged)

    def _number(self, page: int) -> str:
        parts = urlsplit(self._url)
        given = parse_qsl(parts.query, keep_blank_values=True)
        names = {name for name, _ in given}
        added = [
            (name, str(value))
            for name, value in ((self._paging.size_parameter, self._paging.size), (self._paging.number_parameter, page))
            if name and name not in names
        ]
        return parts._replace(query="&".join(filter(None, (parts.query, urlencode(added))))).geturl()


def _same_host(there: str, url: str) -> bool:
    try:
        one, other = urlsplit(there), urlsplit(url)
        ports = one.port or 443, other.port or 443
    except ValueError:
        return False
    return one.scheme == "https" and one.hostname == other.hostname and ports[0] == ports[1] and "@" not in one.netloc


def _read_page(address: str, named: _Named, reading: Reading, access: "HttpsAccess", outside: list[Outside]) -> Batches:
    """Yield the records of one page; a fault without a number when there is none."""
    from reporter.collect.https import fetch_into  # noqa: PLC0415 - httpx is imported by whoever has an address

    with tempfile.SpooledTemporaryFile(IN_MEMORY) as page:
        unread = fetch_into(page, address, reading.most_answer_bytes, access)
        yield from _records(page, unread, named, reading, outside)


def _records(
    page: IO[bytes], unread: Unread | None, named: _Named, reading: Reading, outside: list[Outside]
) -> Batches:
    source = named.alias
    page.seek(0)
    head = read_head(page)
    if unread:
        found, wanted = unread.fault.found, unread.fault.wanted
        if unread.state is DocumentState.TOO_LARGE:
            wanted = f"an answer of {reading.most_answer_bytes} bytes at most"
        yield RecordFault(source, None, found, wanted)
    elif head.startswith(SQLITE):
        yield RecordFault(source, None, "a database", "JSON over https; a database is read from a file")
    else:
        begin, stream = peek(unpacked_stream(page, head, size_of(page)) or plain_stream(page))
        if is_document(named.file, begin):
            yield from read_document(stream, source, reading.most_record_bytes, outside)
        else:
            yield from read_lines(stream, source, reading.most_record_bytes)
