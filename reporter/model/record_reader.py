"""Reads evidence records from bytes (domain.md B3). Typed and strict; a wrong value is a fault of its record alone.

A reader is made from a table of kinds. Each kind becomes a struct of its own, told apart by `metadata_kind`, so that
one pass over the bytes types, checks and selects.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from operator import length_hint
from typing import Any, Final, NamedTuple, TypeAlias, Union, cast

import msgspec

from reporter.model.instants import parse_instant
from reporter.model.raw_records import RecordBatch
from reporter.model.records import (
    SHAPES,
    UNDATED,
    ContentFault,
    Id,
    Record,
    RetryDecision,
    Step,
    Text,
    Unknown,
    type_word,
)
from reporter.model.text import UNSEEN, shorten, visible


class BadRecord(ValueError):
    """A record that cannot be used. It carries its fault; the other records count."""

    def __init__(self, fault: ContentFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class _Peek(msgspec.Struct, gc=False):
    session_id: Id
    metadata_kind: str


_INSTANTS: Final = (
    "created_at",
    "generated_at",
    "acknowledged_at",
    "executed_at",
    "decided_at",
    "closed_at",
    "next_due_at",
    "latest_failure_at",
)
_OURS: Final = "go-backend-rollback-drill-"
_DECIDING: Final = b'"delivery_success"'
"""What decides an attempt stands in its record once; looking for it twice is cheap, for every key would not be."""
_RESULT: Final = b'"success"'
"""What decides the result of one provider. It stands in many objects of a record, once in each."""
_RESULT_AGAIN: Final = re.compile(rb'"success"(?:[^{}]|\{[^{}]*\})*"success"')
"""Two of them with no object around one of them alone: in one object, or in one and, after it, in that around it."""
_KIND: Final = b'"metadata_kind"'
_DECISIONS: Final = ("retry_decisions", "selected_retries")
_WRONG_TYPE: Final = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<found>[^`]*)`")
_REFUSED: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_AT: Final = re.compile(r" - at `\$(?P<path>[^`]*)`$")


Refused: TypeAlias = Callable[[RecordBatch, int], Record | ContentFault | None]


class KindRow(NamedTuple):
    """One kind of record: its word, the loop and step it belongs to, its payload's key, the ids of its subject."""

    kind: str
    loop: str
    step: Step
    payload: str = ""
    subject_keys: tuple[str, ...] = ()


class RecordReader:
    """Reads records of the kinds of one table."""

    def __init__(self, rows: Iterable[KindRow]) -> None:
        classes = {row.kind: _record_class(row) for row in rows}
        self._kinds = frozenset(classes)
        self._type: Any = Union[tuple(classes.values())]  # noqa: UP007 - a union of classes made from the table
        self._decoder = msgspec.json.Decoder(self._type)
        self._peek = msgspec.json.Decoder(_Peek)

    def decode_record(self, raw: bytes) -> Record:
        """Read one record. Raises BadRecord when it is not JSON, has no id, or holds a value of a wrong type."""
        if _is_doubled(raw):
            return self._decode_slowly(raw)
        try:
            record: Record = self._decoder.decode(raw)
        except _REFUSED:
            record = self._decode_slowly(raw)
        return record

    def decode_batch(self, batch: RecordBatch) -> list[Record | ContentFault]:
        """Read the records of one batch; blank ones are none. One that cannot be used comes out as its fault."""
        return [*self.decode_each(batch, self.decode_refused)][::-1]

    def decode_each(self, batch: RecordBatch, refused: Refused) -> Iterator[Record | ContentFault]:
        """Read them one at a time: each is gone before the next is made, and memory stays in the processor's cache.

        The last comes first: files grow at their end, and whoever keeps the newest has little to do with the others.
        `refused` reads what the fast way does not, by its position in the batch.
        """
        raws = reversed(batch.raws)
        is_plain = all(max(map(bytes.count, batch.raws, repeat(key)), default=0) <= 1 for key in (_DECIDING, _RESULT))
        records = map(self._decoder.decode if is_plain else self._decode_single, raws)
        while True:
            try:
                yield from records
            except _REFUSED:
                read = refused(batch, length_hint(raws))
                if read is not None:
                    yield read
            else:
                return

    def _decode_single(self, raw: bytes) -> Record:
        """Read a record the fast way, unless a key may stand in it twice: of two values the decoder takes the last."""
        if _is_doubled(raw):
            raise msgspec.ValidationError
        record: Record = self._decoder.decode(raw)
        return record

    def decode_refused(self, batch: RecordBatch, position: int) -> Record | ContentFault | None:
        """Read a record the slow way: another kind, a time in another spelling, a fault, or None when it is blank."""
        raw = batch.raws[position].removesuffix(b"\n")
        try:
            return self._decode_slowly(raw) if raw.strip() else None
        except BadRecord as bad:
            where = f"{batch.source}: {batch.unit} {batch.first + position}"
            return msgspec.structs.replace(bad.fault, where=where)

    def _unknown(self, peek: _Peek, raw: bytes) -> Record:
        """Leave other products' records to them; what is ours by its kind, and of none, is refused (domain.md A2.6)."""
        kind = peek.metadata_kind
        if raw.count(_KIND) > 1:
            _refuse_doubled(visible(shorten(peek.session_id)), raw)
        spelled = UNSEEN.sub("", kind).strip().lower().replace("_", "-")
        if not spelled or spelled in self._kinds or spelled.startswith(_OURS):
            shown = visible(shorten(kind))
            record = visible(shorten(peek.session_id))
            raise BadRecord(ContentFault(record, "/metadata_kind", shown, "a kind of record that is known"))
        return Unknown(session_id=peek.session_id, metadata_kind=kind)

    def _decode_slowly(self, raw: bytes) -> Record:
        """Read what the fast way refused: another kind, a time in another spelling, or a real fault."""
        try:
            peek = self._peek.decode(raw)
            if peek.metadata_kind not in self._kinds:
                return self._unknown(peek, raw)
        except msgspec.ValidationError:
            pass  # said below, with the record's id
        except _REFUSED as broken:
            raise BadRecord(ContentFault("?", "", visible(shorten(str(broken))), "one JSON object")) from None
        try:
            value = msgspec.json.decode(raw)
        except _REFUSED as broken:
            raise BadRecord(ContentFault("?", "", visible(shorten(str(broken))), "one JSON object")) from None
        record = _check_envelope(value, raw)
        try:
            converted: Record = msgspec.convert(_with_instants(value), self._type)
        except _REFUSED as wrong:
            raise BadRecord(_fault(record, str(wrong))) from None
        else:
            return converted


def _check_envelope(value: Any, raw: bytes) -> str:  # noqa: ANN401 - JSON is untyped
    """Give a record's id. Raise BadRecord where it has none, or no kind, or a key twice."""
    if not isinstance(value, dict):
        raise BadRecord(ContentFault("?", "", type_word(value), "one JSON object"))
    name = value.get("session_id")
    if not isinstance(name, str) or not name:
        raise BadRecord(ContentFault("?", "/session_id", type_word(name), "the record's id"))
    record = visible(shorten(name))
    if _is_doubled(raw):
        _refuse_doubled(record, raw)
    kind = value.get("metadata_kind")
    if not isinstance(kind, str):
        raise BadRecord(ContentFault(record, "/metadata_kind", type_word(kind), "the kind of the record"))
    return record


def _is_doubled(raw: bytes) -> bool:
    """Say whether what decides may stand twice in one object: then it has to be looked through."""
    return raw.count(_DECIDING) > 1 or (raw.count(_RESULT) > 1 and _RESULT_AGAIN.search(raw) is not None)


def _refuse_doubled(record: str, raw: bytes) -> None:
    """Raise BadRecord where an object of a record holds a key twice."""

    def note(pairs: list[tuple[str, Any]]) -> None:
        counts = Counter(key for key, _ in pairs)
        if doubled := next((key for key, count in counts.items() if count > 1), None):
            found = f"the key {visible(shorten(doubled))} twice"
            raise BadRecord(ContentFault(record, "", found, "each key once"))

    try:
        json.loads(raw, object_pairs_hook=note, parse_int=str)
    except RecursionError as broken:
        raise BadRecord(ContentFault(record, "", str(broken), "one JSON object")) from None


def _record_class(row: KindRow) -> type[Record]:
    shape = SHAPES.get(row.step, Record)
    taken = set(shape.__struct_fields__)
    fields: list[Any] = [(key, Text, None) for key in row.subject_keys if key not in taken]
    decision = msgspec.defstruct(
        "Decision",
        [(key, Text, None) for key in row.subject_keys],
        bases=(RetryDecision,),
        gc=False,
    )
    fields += [(name, Sequence[decision], ()) for name in _DECISIONS if name in taken]  # type: ignore[valid-type]
    if row.payload and shape is not Record:
        payload = msgspec.defstruct("Payload", [*fields, ("session_id", str, "")], bases=(shape,), gc=False)
        fields.append(("payload", payload | None, msgspec.field(name=row.payload, default=None)))
    record = msgspec.defstruct(
        shape.__name__,
        fields,
        bases=(shape,),
        namespace={"kind": row.kind, "loop": row.loop, "step": row.step},
        tag_field="metadata_kind",
        tag=row.kind,
        gc=False,
    )
    return cast("type[Record]", record)


def _with_instants(value: Any) -> Any:  # noqa: ANN401 - JSON is untyped
    """Replace each timestamp by the instant it means; one that cannot be read is undated (domain.md A2.2)."""
    if isinstance(value, list):
        return [_with_instants(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _instant(item) if key in _INSTANTS else _with_instants(item) for key, item in value.items()}


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    instant = parse_instant(value)
    return instant.at if instant else UNDATED


def _fault(record: str, message: str) -> ContentFault:
    at = _AT.search(message)
    path = at["path"].partition("[")[0] if at else ""
    types = _WRONG_TYPE.search(message)
    return ContentFault(
        record,
        path.replace(".", "/"),
        types["found"] if types else visible(shorten(message[: at.start()] if at else message)),
        types["wanted"] if types else "a value of the right type",
    )
