"""From a JSON object to the typed model of its kind, keeping everything that has the right type.

A value of the wrong type becomes a fault and is treated as absent; its neighbours still count. `null` is a wrong
type wherever it stands (domain.md A2.7).
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from reporter.collect.parsing import MOST_FAULTS, first_faults
from reporter.model.documents import MISSING, Document, Fault, Manifest, look_up, pointer_to
from reporter.model.manifests import ManifestKind
from reporter.model.text import show

_WANTED: Final = {
    "string_type": "a text",
    "bool_type": "true or false",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}

Keys = tuple[int | str, ...]


def read_typed(kind: ManifestKind, document: Document) -> Manifest[Any]:
    """Read a document as its kind. The document of the result carries the type faults too."""
    if document.value is None:
        return Manifest(document, None)
    value: Any = deepcopy(document.value)
    wrong: dict[Keys, str] = {}
    model = None
    while model is None:
        try:
            model = kind.model.model_validate(value)
        except ValidationError as error:
            for keys, wanted in _innermost(_wanted_at(value, error)).items():
                wrong.setdefault(keys, wanted)
                _take_out(value, keys)
    faults = [*document.faults, *islice(_faults(document, wrong), MOST_FAULTS + 1)]
    return Manifest(replace(document, faults=tuple(first_faults(faults))), model)


def _faults(document: Document, wrong: dict[Keys, str]) -> Iterator[Fault]:
    known = {fault.pointer for fault in document.faults}
    for keys, wanted in wrong.items():
        pointer = pointer_to(*keys)
        if pointer not in known:
            found = look_up(document.value, pointer)
            yield Fault(pointer, "nothing" if found is MISSING else show(found), wanted)


def _wanted_at(value: object, error: ValidationError) -> dict[Keys, str]:
    """Say what was wanted at every place; where a union has alternatives, all of them."""
    wanted: dict[Keys, str] = {}
    for one in error.errors(include_url=False):
        keys = _keys_to(value, one["loc"], one["input"]) or one["loc"][:1]
        text = _WANTED.get(one["type"], one["msg"].removeprefix("Input should be "))
        wanted[keys] = f"{wanted[keys]} or {text}" if keys in wanted else text
    return wanted


def _innermost(wanted: dict[Keys, str]) -> dict[Keys, str]:
    """Leave out a place that holds another one: the alternative of a union that the value was not meant for."""
    above = {keys[:length] for keys in wanted for length in range(len(keys))}
    return {keys: text for keys, text in wanted.items() if keys not in above}


def _keys_to(value: Any, loc: tuple[int | str, ...], found: object) -> Keys | None:  # noqa: ANN401 - JSON
    """Find the keys that lead to the very value that was found: some steps of a location name alternatives."""
    if not loc:
        return () if value is found else None
    step, rest = loc[0], loc[1:]
    in_list = isinstance(value, list) and isinstance(step, int) and step < len(value)
    if in_list or (isinstance(value, dict) and step in value):
        below = _keys_to(value[step], rest, found)
        if below is not None:
            return (step, *below)
    return _keys_to(value, rest, found)


def _take_out(value: Any, keys: Keys) -> None:  # noqa: ANN401 - JSON
    """Remove a faulty value. In a list it is blanked, so that the pointers of its neighbours stay true."""
    *above, last = keys
    for key in above:
        value = value[key]
    if isinstance(value, list):
        blank: object = "" if value[int(last)] == {} else {}
        value[int(last)] = blank
    else:
        del value[last]
