"""Asking a target over HTTP, and reading what it answers: strictly, and nothing of it but what is named here."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from reporter.deliver.approvals.package import File
from reporter.deliver.approvals.target import NOT_THERE, Found, Ids, Presence, Survey
from reporter.deliver.http import Http, HttpAnswer, HttpRequest
from reporter.deliver.http_connector import receipt_of
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.deliver.retry_after import read_retry_after

JSON: Final = "application/json"
BYTES: Final = "application/octet-stream"
PAGE: Final = 100
MOST_PAGES: Final = 20

LOOKED: Final = Receipt(Outcome.ACCEPTED, Level.ACCEPTED)
NOT_THERE_STATUS: Final = frozenset({404, 410})
BAD_ANSWER: Final = Receipt(Outcome.REJECTED_PERMANENT, error_class="bad_answer")
"""It answered, and not as its makers say: a page for people, or another kind of JSON."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_WORD: Final = re.compile(r"[a-z][a-z_ -]{0,39}", re.ASCII)


class Access(NamedTuple):
    """Where a target is and what lets us in. All of it is private."""

    root: str
    headers: Mapping[str, str] = {}

    def __repr__(self) -> str:
        """Print nothing of it."""
        return "Access(<secret>)"

    def request(
        self, method: str, place: str, body: bytes = b"", *, media_type: str = "", accept: str = JSON
    ) -> HttpRequest:
        """Put a request together; a place that is no address of its own starts at the root."""
        url = place if "://" in place else f"{self.root}{place}"
        typed = {"content-type": media_type} if media_type else {}
        return HttpRequest(method, url, {**self.headers, "accept": accept, **typed}, body)


def root_of(url: str, marker: str = "?") -> str:
    """Give the part of a configured address before the API's own path; connectors name single calls of it."""
    return url.partition("?")[0].partition(marker)[0].rstrip("/")


def within(text: str) -> str:
    """Write a text as one segment of a path."""
    return quote(text, safe="")


async def ask(http: Http, request: HttpRequest, at: datetime) -> HttpAnswer | Receipt:
    """Give a 2xx as it came, else what became of the request."""
    result = await http.send(request)
    receipt = receipt_of(result, at, lambda answer: taken(answer, at))
    return result if isinstance(result, HttpAnswer) and receipt.delivered else receipt


def taken(answer: HttpAnswer, at: datetime, ids: Ids = ()) -> Receipt:
    """Say that the other side took it; it may still ask to be left in peace for a while (Azure does)."""
    wait = read_retry_after(answer.headers, at) if "retry-after" in answer.headers else None
    return Receipt(Outcome.ACCEPTED, Level.ACCEPTED, answer.status_code, retry_after=wait, ids=ids)


def unproven(answer: HttpAnswer) -> Receipt:
    """Say that a 2xx does not say what it should: the file may be there, and is looked for."""
    return Receipt(Outcome.TIMEOUT_UNKNOWN, status_code=answer.status_code, error_class="bad_answer")


def not_looked(receipt: Receipt) -> Survey:
    """Say that nothing could be found out."""
    return Survey(receipt._replace(outcome=Outcome.REJECTED_PERMANENT) if receipt.delivered else receipt)


def read_json(answer: HttpAnswer) -> Any:  # noqa: ANN401 - JSON is untyped
    """Read an answer's body; None where it is no JSON."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def value_at(value: Any, *path: str) -> Any:  # noqa: ANN401 - as above
    """Follow keys into an object; None where one of them leads nowhere."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def write_json(value: object) -> bytes:
    """Write a body."""
    return json.dumps(value).encode()


def text_at(value: Any, *path: str) -> str:  # noqa: ANN401 - as above
    """Give a text of an object; empty where there is none."""
    found = value_at(value, *path)
    return found if isinstance(found, str) else ""


def size_at(value: Any, *path: str) -> int | None:  # noqa: ANN401 - as above
    """Give a size in bytes, which some write as a text; None where there is none."""
    found = value_at(value, *path)
    if isinstance(found, str) and re.fullmatch(r"[0-9]{1,15}", found, re.ASCII):
        found = int(found)
    return found if type(found) is int else None


def ids_of(**named: object) -> Ids:
    """Keep the ids that look like ids. Everything else that another system says stays there."""
    texts = {name: str(value) for name, value in named.items() if isinstance(value, str | int)}
    return tuple((name, text) for name, text in texts.items() if _ID.fullmatch(text))


def word_of(text: str) -> str:
    """Keep a word of another system's that looks like a word of a list."""
    return text if _WORD.fullmatch(text) else "unrecognised"


async def read_pages(
    access: Access, place: str, http: Http, at: datetime, *, accept: str = JSON
) -> list[Any] | Receipt:
    """Read a list to its end, page by page. One that never ends is not understood."""
    items: list[Any] = []
    sign = "&" if "?" in place else "?"
    for page in range(1, MOST_PAGES + 1):
        answer = await ask(http, access.request("GET", f"{place}{sign}per_page={PAGE}&page={page}", accept=accept), at)
        if isinstance(answer, Receipt):
            return answer
        listed = read_json(answer)
        if not isinstance(listed, list):
            return BAD_ANSWER
        items += listed
        if len(listed) < PAGE:
            return items
    return BAD_ANSWER


async def compare(  # noqa: PLR0913, PLR0917 - what is compared, and how it is read
    file: File, size_bytes: int, request: HttpRequest, ids: Ids, http: Http, at: datetime
) -> Found | Receipt:
    """Read a file back, and compare its digest; of another size it is another file.

    What was not read says nothing of the file where another call may read it: then the receipt comes back.
    """
    if size_bytes != file.size_bytes:
        return Found(Presence.DIFFERENT, ids)
    answer = await ask(http, request, at)
    if isinstance(answer, HttpAnswer):
        return Found(compare_bytes(file, answer.body), ids)
    presence = _presence_of(answer)
    return answer if presence is None else Found(presence, ids)


def _presence_of(refusal: Receipt) -> Presence | None:
    """Say what a download that failed tells of the file; None where another call may tell more.

    A listed file without its bytes, or with more of them than it has, is another one.
    """
    whole = refusal.status_code is not None and 200 <= refusal.status_code <= 299  # noqa: PLR2004 - RFC 9110 15.3
    match refusal.outcome, refusal.error_class:
        case Outcome.REJECTED_PERMANENT, _ if refusal.status_code in NOT_THERE_STATUS:
            return Presence.DIFFERENT
        case _, "answer_too_large" if whole:
            return Presence.DIFFERENT
        case _, "answer_encoded" if whole:
            return Presence.UNREADABLE
        case ((Outcome.REJECTED_PERMANENT | Outcome.REFUSED_LOCALLY), _):
            return Presence.UNREADABLE
        case _:
            return None


def compare_bytes(file: File, content: bytes) -> Presence:
    """Say whether these are the bytes of the file, by their digest."""
    return Presence.SAME if hashlib.sha256(content).hexdigest() == file.sha256 else Presence.DIFFERENT


def join(found: Sequence[Found | Receipt]) -> Found | Receipt:
    """Join what stands under one name where several may: the worst is what a reader of the record may open.

    One that could not be looked at may be as bad as any, so that its receipt stands for all but a worse one.
    """
    known = [one for one in found if isinstance(one, Found)]
    worst = min(known, key=lambda one: _WORST_FIRST.index(one.presence), default=NOT_THERE)
    unseen = [one for one in found if isinstance(one, Receipt)]
    return unseen[0] if unseen and worst.presence is not Presence.DIFFERENT else worst


_WORST_FIRST: Final = (Presence.DIFFERENT, Presence.UNREADABLE, Presence.SAME, Presence.LEFTOVER)
