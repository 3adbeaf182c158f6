"""Actions to compare the backends on, from a file: JSON Lines, or a JSON list. Every fault at once, with its place."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError

from reporter.errors import UsageFault
from reporter.evaluation.decision import ActionRequest
from reporter.model.records import type_word
from reporter.model.text import is_text

MOST_CASES: Final = 100_000
MOST_FAULTS: Final = 20


def read_cases(raw: bytes, name: str) -> list[ActionRequest]:
    """Read the cases of a file. Raise UsageFault: a case that is left out would prove nothing."""
    cases: list[ActionRequest] = []
    faults: list[str] = []
    for place, value in _values(raw, name):
        if isinstance(value, UsageFault):
            faults += value.faults
            continue
        try:
            cases.append(ActionRequest.model_validate(value))
        except ValidationError as error:
            faults += [
                f"{name}: {place}{_pointer(one['loc'])}: {_told(one)}" for one in error.errors(include_url=False)
            ]
    if not cases and not faults:
        faults = [f"{name}: found no case, wanted one action at least"]
    if len(cases) > MOST_CASES:
        faults = [f"{name}: found {len(cases)} cases, wanted {MOST_CASES} at most"]
    if faults:
        more = [f"{name}: and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise UsageFault(*faults[:MOST_FAULTS], *more)
    return cases


def _values(raw: bytes, name: str) -> Iterator[tuple[str, Any]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageFault(f"{name}: found bytes that are not UTF-8, wanted JSON") from None
    if text.lstrip().startswith("["):
        value = _parse(text, name)
        if isinstance(value, UsageFault):
            raise value
        yield from ((f"case {number}", one) for number, one in enumerate(value, 1))
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield f"line {number}", _parse(line, f"{name}: line {number}")


def _parse(text: str, place: str) -> Any:  # noqa: ANN401 - JSON is untyped
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return UsageFault(f"{place}: found text that is not JSON, wanted an action as a JSON object")
    if not is_text(json.dumps(value, ensure_ascii=False)):
        return UsageFault(f"{place}: found half of a character (a lone surrogate), wanted text")
    return value


def _pointer(loc: tuple[int | str, ...]) -> str:
    return "".join(f" /{one}" for one in loc[:1])


def _told(error: Any) -> str:  # noqa: ANN401 - pydantic's
    match error["type"]:
        case "missing":
            return "found nothing, wanted a text"
        case "extra_forbidden":
            return f"unknown key; known: {', '.join(ActionRequest.model_fields)}"
        case "string_type":
            return f"found {type_word(error['input'])}, wanted a text"
        case _:
            return f"found {type_word(error['input'])}, wanted an action as a JSON object"
