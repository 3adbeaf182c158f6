"""The body of a POST against its model: every fault in our words, with what was found, what was wanted, and where.

No value is repeated, for it may hold what no answer may: found is told by its kind and its length.
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import ValidationError

from reporter.model.text import count, show
from reporter.serve.bodies import Body
from reporter.serve.problems import Problem

_SEE: Final = "/openapi.json lists what this path takes"
_KINDS: Final = {
    bool: "true or false",
    int: "a whole number",
    float: "a number with a fraction",
    str: "a text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
"""How the values of JSON are called."""

_WANTED: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "missing": lambda _: "one",
    "extra_forbidden": lambda _: "no such field",
    "bool_type": lambda _: "true or false",
    "int_type": lambda _: "a whole number",
    "string_type": lambda _: "a text",
    "list_type": lambda _: "a list",
    "enum": lambda ctx: f"one of {ctx['expected'].replace(' or ', ', ')}".replace("'", ""),
    "greater_than_equal": lambda ctx: f"{ctx['ge']} at least",
    "less_than_equal": lambda ctx: f"{ctx['le']} at most",
    "string_too_short": lambda ctx: f"{count(ctx['min_length'], 'character')} at least",
    "string_too_long": lambda ctx: f"{count(ctx['max_length'], 'character')} at most",
    "string_pattern_mismatch": lambda ctx: f"a text of the form {ctx['pattern']}",
    "too_long": lambda ctx: f"{ctx['max_length']} at most",
}
"""What every kind of fault that the models can have wanted."""


def validated(kind: type[Body], value: dict[str, Any]) -> Body:
    """Read a body. Raise Problem with every fault at once."""
    try:
        return kind.model_validate_json(json.dumps(value))
    except ValidationError as error:
        faults = map(_fault, error.errors(include_url=False))
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, *faults)


def _fault(error: Mapping[str, Any]) -> str:
    where = ".".join(map(str, error["loc"]))
    place = where if where.isprintable() else show(where)[1:-1]
    found = "none" if error["type"] == "missing" else _found(error["type"], error["input"])
    wanted = _WANTED.get(error["type"], _another)(error.get("ctx", {}))
    return f"{place}: found {found}, wanted {wanted}; {_SEE}"


def _found(fault: str, value: object) -> str:
    match fault, value:
        case "extra_forbidden", _:
            return "an unknown field"
        case "too_long", list():
            return str(len(value))
        case (("string_too_short" | "string_too_long"), str()):
            return count(len(value), "character")
        case (("enum" | "string_pattern_mismatch"), str()):
            return "another text"
        case (("greater_than_equal" | "less_than_equal"), _):
            return "another number"
        case _:
            return _KINDS[type(value)]


def _another(_: Mapping[str, Any]) -> str:
    return "another value"
