"""From a JSON object to the typed model of its kind, keeping everything that has the right type.

A value of the wrong type becomes a fault and is treated as absent; its neighbours still count. `null` is a wrong
type wherever it stands (domain.md A2.7).
"""

from copy import deepcopy
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reporter.model.documents import (
    MISSING,
    Document,
    Fault,
    Manifest,
    look_up,
    pointer_to,
)
from reporter.model.manifests import ManifestKind
from reporter.model.text import show

MOST_FAULTS: Final = 50

_WANTED: Final = {
    "string_type": "a text",
    "bool_type": "true or false",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def read_typed(kind: ManifestKind, document: Document) -> Manifest[Any]:
    """Read a document as its kind. The document of the result carries the type faults too."""
    if document.value is None:
        return Manifest(document, None)
    value: Any = deepcopy(document.value)
    faults = list(document.faults)
    known = {fault.pointer for fault in faults}
    model = None
    while model is None:
        try:
            model = kind.model.model_validate(value)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                keys = _keys_in(value, one["loc"])
                pointer = pointer_to(*keys)
                if pointer not in known:
                    known.add(pointer)
                    faults.append(_fault(document, pointer, one))
                _take_out(value, keys)
    kept = tuple(faults[:MOST_FAULTS])
    if len(faults) > MOST_FAULTS:
        kept += (Fault("", f"{len(faults) - MOST_FAULTS} more faults", "none"),)
    return Manifest(
        Document(
            document.alias,
            document.name,
            document.state,
            document.sha256,
            document.size_bytes,
            kept,
            document.value,
        ),
        model,
    )


def _fault(document: Document, pointer: str, error: ErrorDetails) -> Fault:
    found = look_up(document.value, pointer)
    kind = error["type"]
    wanted = _WANTED.get(kind, error["msg"].removeprefix("Input should be "))
    return Fault(pointer, "nothing" if found is MISSING else show(found), wanted)


def _keys_in(value: Any, loc: tuple[int | str, ...]) -> list[int | str]:  # noqa: ANN401 - JSON
    """Keep the steps of a location that exist in the value: the others name alternatives of a union."""
    keys: list[int | str] = []
    for step in loc:
        in_list = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if in_list or (isinstance(value, dict) and step in value):
            value = value[step]
            keys.append(step)
    return keys


def _take_out(value: Any, keys: list[int | str]) -> None:  # noqa: ANN401 - JSON
    """Remove a faulty value. In a list it is blanked, so that the pointers of its neighbours stay true."""
    *above, last = keys
    for key in above:
        value = value[key]
    if isinstance(value, list):
        blank: object = "" if value[int(last)] == {} else {}
        value[int(last)] = blank
    else:
        value.pop(last, None)
