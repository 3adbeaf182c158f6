"""Bodies of requests: strict JSON objects. Each key once, no NaN, no half characters, never deep."""

import json
from http import HTTPStatus
from typing import Any, Final, Never

from reporter.model.text import show
from reporter.serve.problems import Problem

DEEPEST: Final = 16


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a body; an empty one is an empty object. Raise Problem with what is wrong."""
    if not raw.strip():
        return {}
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_short_int
        )
    except UnicodeDecodeError:
        raise _refused("found bytes that are no UTF-8") from None
    except RecursionError:
        raise _refused("found a document that is nested too deep") from None
    except json.JSONDecodeError as error:
        raise _refused(f"found no JSON: {error.msg}, line {error.lineno}, column {error.colno}") from None
    if not isinstance(value, dict):
        raise _refused("found something else")
    _check(value)
    return value


def _refused(found: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, f"body: {found}, wanted one JSON object")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _refused(f"found the key {show(key)} twice")
        found[key] = value
    return found


def _no_constant(word: str) -> Never:
    raise _refused(f"found {word}, which is no JSON")


def _short_int(digits: str) -> int:
    if len(digits) > 20:  # noqa: PLR2004 - more than any number that is asked for; longer ones take long to read
        raise _refused(f"found a number of {len(digits)} digits")
    return int(digits)


def _check(value: dict[str, Any]) -> None:
    """Look at every text, a level at a time."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += [*one, *one.values()]
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str):
                _check_text(one)
        level = below
    if level:
        raise _refused(f"found more than {DEEPEST} levels")


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise _refused("found a NUL or half of a character in a text")
