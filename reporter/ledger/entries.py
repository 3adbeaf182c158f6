"""From the bytes of a record to the fields of a row. The text is kept as it came; its content is its identity."""

import hashlib
from itertools import product
from types import NoneType
from typing import Any, Final, NamedTuple

import msgspec

from reporter.ledger.chain import LARGEST
from reporter.model.raw_records import RawRecord, RecordFault

LONGEST_ID: Final = 512

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder(order="sorted").encode
_COUNTS: Final = ("decision_count", "blocked_count", "approval_required_count")
_NAMES: Final = ("metadata_kind", "created_at", "signer", *_COUNTS)
_SHAPES: Final = frozenset(product(*[(str, NoneType)] * 3, *[(int, NoneType)] * 3))
"""The types that the fields may have: one look instead of six."""

_NUL: Final = rb"\u0000"
_LONG_NUMBER: Final = b"0" * 19
_AS_ZEROS: Final = bytes.maketrans(b"123456789", b"0" * 9)


class Entry(NamedTuple):
    """A record to append. Without a key of its own the content is the key: white space and order of keys aside."""

    raw: bytes
    idempotency_key: str = ""


class Prepared(NamedTuple):
    """The fields of a row that do not depend on its place."""

    record_id: str
    kind: str | None
    created_at: str | None
    signer: str | None
    decision_count: int | None
    blocked_count: int | None
    approval_required_count: int | None
    payload: str
    payload_sha256: str
    idempotency_key: str


def prepare(record: RawRecord, key: str = "") -> Prepared | RecordFault:
    """Read the envelope of a record (domain.md B3), or say why it cannot be kept."""
    raw = record.raw.strip()
    try:
        value = _decode(raw)
        payload = raw.decode()
    except UnicodeDecodeError:
        return _fault(record, "bytes that are not UTF-8", "UTF-8 text")
    except msgspec.ValidationError as error:
        if "out of range" in str(error):
            return _fault(record, "a number out of range", "numbers of ordinary size")
        return _fault(record, "a value that is no object", "a JSON object")
    except (msgspec.DecodeError, RecursionError):
        return _fault(record, "text that is not JSON", "a JSON object")
    get = value.get
    record_id = get("session_id")
    fields = (
        get("metadata_kind"),
        get("created_at"),
        get("signer"),
        get("decision_count"),
        get("blocked_count"),
        get("approval_required_count"),
    )
    if not _is_id(record_id) or tuple(map(type, fields)) not in _SHAPES or _is_hard(raw):
        fault = _wrong_field(record_id, fields)
        if fault:
            return _fault(record, *fault)
    assert isinstance(record_id, str)  # noqa: S101 - _is_id says so, for mypy
    digest = hashlib.sha256(raw).hexdigest()
    canonical = key or hashlib.sha256(_encode(value)).hexdigest()
    return Prepared(record_id, *fields, payload, digest, canonical)


def _is_hard(raw: bytes) -> bool:
    """Say whether a record may hold texts or numbers that are more than the databases keep."""
    return _NUL in raw or _LONG_NUMBER in raw.translate(_AS_ZEROS)


def _is_id(value: object) -> bool:
    return type(value) is str and len(value) <= LONGEST_ID and "\0" not in value and bool(value.strip())


def _is_text(value: object) -> bool:
    # PostgreSQL keeps no NUL in a text.
    return value is None or (type(value) is str and "\0" not in value)


def _is_count(value: object) -> bool:
    return value is None or (type(value) is int and -LARGEST <= value <= LARGEST)


def _wrong_field(record_id: object, fields: tuple[object, ...]) -> tuple[str, str] | None:
    if not _is_id(record_id):
        found = "nothing" if record_id in (None, "") else "something else"
        return f"session_id: {found}", f"session_id: a text of at most {LONGEST_ID} characters"
    for name, value in zip(_NAMES, fields, strict=True):
        if name in _COUNTS and not _is_count(value):
            return f"{name}: something else", f"{name}: a whole number of ordinary size"
        if name not in _COUNTS and not _is_text(value):
            return f"{name}: something else", f"{name}: a text"
    return None


def _fault(record: RawRecord, found: str, wanted: str) -> RecordFault:
    return RecordFault(record.source, record.number, found, wanted, record.unit)
