"""Reads evidence records from bytes (domain.md B3). Typed and strict; a wrong value is a fault of its record alone.

A reader is made from a table of kinds. Each kind becomes a struct of its own, told apart by `metadata_kind`, so that
one pass over the bytes types, checks and selects. Each is read in up to three ways: as a record whose words and times
are spelled as they usually are, as one with any words, and slowly, which finds out what is wrong.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias, Union, cast, get_args, get_origin

import msgspec

from reporter.model.instants import parse_instant
from reporter.model.raw_records import RecordBatch
from reporter.model.records import (
    SHAPES,
    UNDATED,
    ContentFault,
    Delivery,
    Doubted,
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
    """A record that cannot be used. It carries its fault; the other records count.

    `taken` is what the decoder took where the bytes can be taken in more than one way, but for a delivery that tells a
    result twice.
    """

    def __init__(self, fault: ContentFault, taken: Record | None = None) -> None:
        super().__init__(str(fault))
        self.fault, self.taken = fault, taken


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
_DAYS: Final = frozenset({"next_due_at"})
"""Of these a day is enough, and begins at midnight. What happened on a day may be before or after anything else."""
_OURS: Final = "go-backend-rollback-drill-"
TOLD: Final = b'success"'
"""What ends the keys that say how an attempt ended, as a whole and with one provider."""
_RESULTS: Final = frozenset({"delivery_success", "success"})
BACKSLASH: Final = ord("\\")
"""With one, a key may be spelled in another way. As a number, for which bytes are searched at once."""
_WITH_OFFSET: Final = Annotated[datetime, msgspec.Meta(tz=True)]
_KIND: Final = b'kind"'
"""What ends the key of the kind, unless it is spelled with an escape."""
_DECODE: Final = msgspec.json.Decoder().decode
_ENCODE: Final = msgspec.json.Encoder().encode
_DECISIONS: Final = ("retry_decisions", "selected_retries")
_WRONG_TYPE: Final = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<found>[^`]*)`")
REFUSED: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises."""
_AT: Final = re.compile(r" - at `\$(?P<path>[^`]*)`$")


Words: TypeAlias = Mapping[str, Iterable[str]]
"""The words that the fields of some names usually hold."""


class KindRow(NamedTuple):
    """One kind of record: its word, the loop and step it belongs to, its payload's key, the ids of its subject."""

    kind: str
    loop: str
    step: Step
    payload: str = ""
    subject_keys: tuple[str, ...] = ()


class RecordReader:
    """Reads records of the kinds of one table.

    `decode_usual` reads records whose fields hold their usual words, and times with an offset. It makes no text of such
    a word anew, and raises one of REFUSED for every other record, of which `decode_record` may read some. It does not
    look for keys that stand twice: whoever calls it asks `says_one_thing`.
    """

    def __init__(self, rows: Iterable[KindRow], words: Words | None = None) -> None:
        self._rows = tuple(rows)
        self._words = words or {}
        self._kinds = frozenset(row.kind for row in self._rows)
        self._peek = msgspec.json.Decoder(_Peek)

    # Classes are made when they are wanted: that takes longer than the start of a command that reads no records.

    @cached_property
    def usual(self) -> Mapping[str, type[Record]]:
        """The classes of records of usual words, by their kinds."""
        usual = _UsualTypes(self._words)
        return {row.kind: _record_class(row, usual) for row in self._rows}

    @cached_property
    def decode_usual(self) -> Callable[[bytes], Record]:
        """Read a record of usual words, or raise one of REFUSED."""
        return msgspec.json.Decoder(_union(self.usual)).decode

    @cached_property
    def _type(self) -> Any:  # noqa: ANN401 - a union of classes made from the table
        return _union({row.kind: _record_class(row) for row in self._rows})

    @cached_property
    def _decode_any(self) -> Callable[[bytes], Record]:
        return msgspec.json.Decoder(self._type).decode

    def decode_record(self, raw: bytes) -> Record:
        """Read one record. Raises BadRecord when it is not JSON, has no id, or holds a value of a wrong type."""
        try:
            record = self.decode_usual(raw)
        except REFUSED:
            try:
                record = self._decode_any(raw)
            except REFUSED:
                return self._decode_slowly(raw)
        if not says_one_thing(raw):
            _doubt(visible(shorten(record.session_id)), raw, record)
        return record

    def decode_batch(self, batch: RecordBatch) -> list[Record | ContentFault | Doubted]:
        """Read the records of one batch; blank ones are none. One that cannot be used comes out as its fault."""
        records = (self.decode_at(batch, position) for position in range(len(batch.raws)))
        return [record for record in records if record is not None]

    def decode_at(self, batch: RecordBatch, position: int) -> Record | ContentFault | Doubted | None:
        """Read the record at one position of a batch; it may be a fault, or doubted, or None when it is blank."""
        raw = batch.raws[position].removesuffix(b"\n")
        try:
            return self.decode_record(raw) if raw.strip() else None
        except BadRecord as bad:
            where = f"{batch.source}: {batch.unit} {batch.first + position}"
            fault = msgspec.structs.replace(bad.fault, where=where)
            return Doubted(bad.taken, fault) if bad.taken else fault

    def _unknown(self, peek: _Peek, raw: bytes) -> Record:
        """Leave other products' records to them; what is ours by its kind, and of none, is refused (domain.md A2.6)."""
        kind = peek.metadata_kind
        if raw.count(_KIND) > 1 or BACKSLASH in raw:
            _doubt(visible(shorten(peek.session_id)), raw)
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
        except REFUSED as broken:
            raise BadRecord(ContentFault("?", "", visible(shorten(str(broken))), "one JSON object")) from None
        try:
            value = msgspec.json.decode(raw)
        except REFUSED as broken:
            raise BadRecord(ContentFault("?", "", visible(shorten(str(broken))), "one JSON object")) from None
        record = _check_envelope(value, raw)
        try:
            converted: Record = msgspec.convert(_with_instants(value), self._type)
        except REFUSED as wrong:
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
    _doubt(record, raw)
    kind = value.get("metadata_kind")
    if not isinstance(kind, str):
        raise BadRecord(ContentFault(record, "/metadata_kind", type_word(kind), "the kind of the record"))
    return record


def says_one_thing(raw: bytes) -> bool:
    """Say whether each object of a record holds each of its keys once: of two values a decoder takes the last.

    Then it is the same when it is read and written again; where it is spelled in another way, each key is looked at.
    """
    try:
        if _ENCODE(_DECODE(raw)) == raw.removesuffix(b"\n"):
            return True
        _doubt("", raw)
    except (BadRecord, *REFUSED):
        return False
    return True


def _doubt(record: str, raw: bytes, taken: Record | None = None) -> None:
    """Raise BadRecord where an object of a record holds a key twice, or what nobody reads is no JSON."""
    doubled: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            doubled.update((key, None) for key, count in counts.items() if count > 1)

    try:
        json.loads(raw, object_pairs_hook=note, parse_int=str)
    except (ValueError, RecursionError) as broken:
        raise BadRecord(ContentFault(record, "", visible(shorten(str(broken))), "one JSON object"), taken) from None
    results = _RESULTS if isinstance(taken, Delivery) else frozenset()
    for key in sorted(doubled, key=lambda one: one not in results):
        found = f"the key {visible(shorten(key))} twice"
        raise BadRecord(ContentFault(record, "", found, "each key once"), None if key in results else taken)


def _union(classes: Mapping[str, type[Record]]) -> Any:  # noqa: ANN401 - a union of classes made from the table
    return Union[tuple(classes.values())]  # noqa: UP007 - as above


def _record_class(row: KindRow, usual: "_UsualTypes | None" = None) -> type[Record]:
    """Make the class of one kind of record, or the one of such records of usual words."""
    shape = SHAPES.get(row.step, Record)
    taken = set(shape.__struct_fields__)
    fields: list[Any] = [(key, Text, None) for key in row.subject_keys if key not in taken]
    decision = msgspec.defstruct(
        "Decision",
        [(key, Text, None) for key in row.subject_keys],
        bases=(usual.struct(RetryDecision) if usual else RetryDecision,),
        gc=False,
    )
    fields += [(name, Sequence[decision], ()) for name in _DECISIONS if name in taken]  # type: ignore[valid-type]
    if usual:
        fields += [field for field in usual.fields(shape) if field[0] not in _DECISIONS]
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


class _UsualTypes:
    """The types of fields that hold usual words, and times with an offset. Each class is made once."""

    def __init__(self, words: Words) -> None:
        self._words = {name: Literal[tuple(known)] for name, known in words.items()}
        self._structs: dict[type[msgspec.Struct], type[msgspec.Struct]] = {}

    def fields(self, shape: type[msgspec.Struct]) -> list[tuple[str, Any, Any]]:
        """List the fields of a class that have other types then: name, type and default."""
        fields = []
        for field in msgspec.structs.fields(shape):
            usual = self._type(field.type, field.name)
            if usual is not field.type:
                fields.append((field.name, usual, field.default))
        return fields

    def struct(self, shape: type[msgspec.Struct]) -> type[msgspec.Struct]:
        """Give the class with these fields; the same one where it has none."""
        if shape not in self._structs:
            fields = self.fields(shape)
            made = msgspec.defstruct(shape.__name__, fields, bases=(shape,), gc=False) if fields else shape
            self._structs[shape] = made
        return self._structs[shape]

    def _type(self, known: Any, name: str) -> Any:  # noqa: ANN401 - types
        if known is str:
            return self._words.get(name, known)
        if known is datetime:
            return _WITH_OFFSET
        if isinstance(known, type) and issubclass(known, msgspec.Struct):
            return self.struct(known)
        parts = get_args(known)
        usual = tuple(self._type(part, name) for part in parts)
        if all(one is part for one, part in zip(usual, parts, strict=True)):
            return known
        return Sequence[usual[0]] if get_origin(known) is Sequence else Union[usual]  # type: ignore[valid-type]  # noqa: UP007


def _with_instants(value: Any) -> Any:  # noqa: ANN401 - JSON is untyped
    """Replace each timestamp by the instant it means; one that cannot be read is undated (domain.md A2.2)."""
    if isinstance(value, list):
        return [_with_instants(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _instant(key, item) if key in _INSTANTS else _with_instants(item) for key, item in value.items()}


def _instant(key: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    instant = parse_instant(value)
    if instant is None or (instant.is_day and key not in _DAYS):
        return UNDATED
    return instant.at


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
