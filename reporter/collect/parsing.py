"""From bytes to a JSON object, strictly, with every fault at its pointer (domain.md A2.7).

Stricter than `json`: duplicate keys, NaN, Infinity, numbers out of range, lone surrogates and deep nesting are
faults. The bytes are hashed as they came.
"""

import hashlib
import json
from collections import Counter
from typing import Any, Final

from reporter.model.documents import Document, DocumentState, Fault, pointer_to
from reporter.model.text import shorten

DEEPEST_NESTING: Final = 64
MOST_FAULTS: Final = 50
MOST_ITEMS: Final = 2_000
"""Entries of one list: drills for years. Owners are paired with providers, and bundles with targets."""
MOST_TEXT: Final = 10_000
MOST_VALUES: Final = 100_000
"""Thousands of drills fit. What follows takes time and memory for each value, so bytes alone are no limit."""

_MORE_FAULTS: Final = Fault("", f"more than {MOST_FAULTS} faults", "none")


class _NotANumber:
    """Stands where the document has NaN, Infinity or a number out of range."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Twice(dict[str, Any]):
    """An object with keys given more than once."""

    keys_twice: tuple[str, ...] = ()


def parse_document(alias: str, name: str, raw: bytes) -> Document:
    """Parse the exact bytes of a document that has to be a JSON object."""
    sha256 = hashlib.sha256(raw).hexdigest()

    def outcome(state: DocumentState, *faults: Fault, value: dict[str, Any] | None = None) -> Document:
        return Document(alias, name, state, sha256, len(raw), faults, value)

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"bytes that are not UTF-8 at offset {error.start}"
        return outcome(DocumentState.NOT_UTF8, Fault("", found, "UTF-8 text"))
    if not text.strip():
        found = "only white space" if raw else "an empty file"
        return outcome(DocumentState.NOT_JSON, Fault("", found, "a JSON object"))
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_NotANumber,
            parse_float=_float,
            parse_int=_int,
        )
    except (json.JSONDecodeError, RecursionError) as error:
        return outcome(DocumentState.NOT_JSON, _not_json(error))
    if not isinstance(value, dict):
        return outcome(DocumentState.NOT_AN_OBJECT, Fault("", _kind(value), "a JSON object"))
    try:
        faults = _inspect(value)
    except _TooManyValuesError:
        fault = Fault("", f"more than {MOST_VALUES} values", f"{MOST_VALUES} values at most")
        return outcome(DocumentState.TOO_LARGE, fault)
    return outcome(DocumentState.READ, *faults, value=value)


class _TooManyValuesError(Exception):
    """The document has more values than anybody will judge."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = _Twice(plain)
    times = Counter(key for key, _ in pairs)
    marked.keys_twice = tuple(key for key in plain if times[key] > 1)
    return marked


def _float(text: str) -> float | _NotANumber:
    number = float(text)
    return number if number - number == 0 else _NotANumber(text[:40])


def _int(text: str) -> int | float | _NotANumber:
    # Beyond 64 bits no reader agrees on the value; beyond 4,300 digits int() itself refuses.
    return int(text) if len(text) <= 19 else _NotANumber(f"{text[:40]}")  # noqa: PLR2004 - digits


def _not_json(error: json.JSONDecodeError | RecursionError) -> Fault:
    if isinstance(error, RecursionError):
        return _too_deep("")
    return Fault(
        "", f"not JSON: {error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}", "a JSON object"
    )


def _too_deep(pointer: str) -> Fault:
    return Fault(pointer, "nesting too deep", f"{DEEPEST_NESTING} levels at most")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {list: "a list", str: "a text", bool: "true or false"}.get(type(value), "a number")


def _inspect(root: dict[str, Any]) -> list[Fault]:
    """Walk the value without recursion, note what JSON readers would silently accept, and take it out.

    The walk goes on after the last fault that is listed: whoever comes next relies on clean values.
    """
    faults: list[Fault] = []
    values = 0
    todo: list[tuple[tuple[object, ...], Any]] = [((), root)]
    while todo:
        path, holder = todo.pop()
        new = [
            Fault(pointer_to(*path, _readable(key)), "a key given more than once", "each key once")
            for key in getattr(holder, "keys_twice", ())
        ]
        if isinstance(holder, list) and len(holder) > MOST_ITEMS:
            new.append(Fault(pointer_to(*path), f"a list of {len(holder)}", f"{MOST_ITEMS} entries at most"))
            del holder[MOST_ITEMS:]
        items = list(holder.items() if isinstance(holder, dict) else enumerate(holder))
        values += len(items)
        if values > MOST_VALUES:
            raise _TooManyValuesError
        for key, value in items:
            here = (*path, _readable(key) if isinstance(key, str) else key)
            fault = _fault_of(key, value, here)
            if fault:
                new.append(fault)
                _take_out(holder, key)
            elif isinstance(value, dict | list):
                todo.append((here, value))
        faults = [*faults, *new][: MOST_FAULTS + 1]
    return first_faults(faults)


def first_faults(faults: list[Fault]) -> list[Fault]:
    """List as many faults as anybody will read, and say so when there are more."""
    return faults if len(faults) <= MOST_FAULTS else [*faults[:MOST_FAULTS], _MORE_FAULTS]


def _take_out(holder: Any, key: Any) -> None:  # noqa: ANN401 - JSON
    if isinstance(holder, dict) and _readable(key) != key:
        del holder[key]
    else:
        holder[key] = None


def _fault_of(key: object, value: object, path: tuple[object, ...]) -> Fault | None:
    pointer = pointer_to(*path)
    if isinstance(value, _NotANumber):
        return Fault(pointer, f"the number {value.text}", "a finite number of ordinary size")
    texts = [text for text in (key, value) if isinstance(text, str)]
    if any(_readable(text) != text for text in texts):
        return Fault(pointer, "a lone surrogate, which no text holds", "Unicode text")
    if any(len(text) > MOST_TEXT for text in texts):
        return Fault(
            pointer_to(*path[:-1], shorten(str(path[-1]))), "a text nobody reads", f"{MOST_TEXT} characters at most"
        )
    if isinstance(value, dict | list) and len(path) >= DEEPEST_NESTING:
        return _too_deep(pointer)
    return None


def _readable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
