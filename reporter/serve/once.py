"""Requests that are carried out once: the first answer to a key is kept in the ledger, and given again.

The key is the caller's own (`Idempotency-Key`). The same key for another request is refused. What was refused was not
carried out, and is not kept; what was interrupted before its answer was kept is done again, and the jobs add nothing.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec

from reporter.jobs.answers.recording import sealed_for
from reporter.jobs.loops import is_ledger_there
from reporter.jobs.records import open_settings_ledger
from reporter.ledger import Entry
from reporter.loops.table import HTTP_REQUEST
from reporter.loops.writing.envelope import make_record
from reporter.model.ids import make_id
from reporter.serve.problems import Problem
from reporter.settings_model import Settings

HEADER: Final = "Idempotency-Key"
SHORTEST: Final = 8
LONGEST: Final = 200
PREFIX: Final = "http:"


class Keyed(NamedTuple):
    """A request with its key: whose it is, and what it asks for."""

    caller: str
    key: str
    operation: str
    environment: str
    asked: bytes

    @property
    def name(self) -> str:
        """The id of its record."""
        return make_id(HTTP_REQUEST.prefix, caller=self.caller, key=_sha256(self.key.encode()))

    @property
    def digest(self) -> str:
        """The digest of what is asked for."""
        return _sha256(b"\0".join((self.operation.encode(), self.environment.encode(), self.asked)))


def read_key(given: bytes | None, *, needed: bool) -> str:
    """Read the header; empty where there is none and none is needed. Raise Problem."""
    if given is None:
        if needed:
            wanted = f"wanted one of {SHORTEST} to {LONGEST} characters, another for each request"
            raise Problem(HTTPStatus.BAD_REQUEST, f"{HEADER}: found none, {wanted}: what is recorded is recorded once")
        return ""
    visible = all(0x21 <= byte <= 0x7E for byte in given)  # noqa: PLR2004 - visible ASCII
    if not visible or not SHORTEST <= len(given) <= LONGEST:
        wanted = f"wanted {SHORTEST} to {LONGEST} characters of ASCII without spaces"
        raise Problem(HTTPStatus.BAD_REQUEST, f"{HEADER}: found something else, {wanted}")
    return given.decode()


def carry_out(
    settings: Settings, keyed: Keyed, now: datetime, act: Callable[[], Mapping[str, Any]]
) -> tuple[bytes, bool]:
    """Carry out a request and keep its answer, or give the answer of the first time; say which it was.

    Raise Problem for a key that stood for another request, and LedgerUnusable.
    """
    before = _find(settings, keyed)
    if before is not None:
        return before, True
    answer = msgspec.json.format(msgspec.json.encode(act()), indent=1)
    if not _keep(settings, keyed, now, answer):
        return _find(settings, keyed) or answer, True
    return answer, False


def _find(settings: Settings, keyed: Keyed) -> bytes | None:
    if not is_ledger_there(settings):
        return None
    with open_settings_ledger(settings, write=False) as ledger:
        row = ledger.find(PREFIX + keyed.name)
    if row is None:
        return None
    payload = msgspec.json.decode(row.payload, type=dict[str, Any])[HTTP_REQUEST.payload]
    if payload["request_sha256"] != keyed.digest:
        wanted = "wanted a key of its own for each request"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{HEADER}: found one that stood for another request, {wanted}")
    return str(payload["answer"]).encode()


def _keep(settings: Settings, keyed: Keyed, now: datetime, answer: bytes) -> bool:
    """Keep an answer; say whether it was the first."""
    fields = {
        "operation": keyed.operation,
        "key_sha256": _sha256(keyed.key.encode()),
        "request_sha256": keyed.digest,
        "answer_sha256": _sha256(answer),
        "answer": answer.decode(),
    }
    record = make_record(
        HTTP_REQUEST, HTTP_REQUEST.own_id, now, fields, by=keyed.caller, done="answered", record_id=keyed.name
    )
    entry = Entry(msgspec.json.encode(sealed_for(keyed.environment, now, record)), PREFIX + keyed.name)
    with open_settings_ledger(settings, write=True) as ledger:
        return ledger.append([entry]).added == 1


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
