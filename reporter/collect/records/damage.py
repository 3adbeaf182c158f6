"""Why a record's bytes are no JSON object. For the few that a decoder refused; it reads slowly and says exactly."""

import json
from typing import Final

import msgspec

_ANYTHING: Final = msgspec.json.Decoder()


def damage_of(raw: bytes) -> tuple[str, str] | None:  # noqa: PLR0911 - one for each way to be damaged
    """Say what was found and what was wanted; None for a record that is whole, or for nothing but white space."""
    if not raw.strip():
        return None
    try:
        value = json.loads(raw.decode(), parse_int=str)
        if not isinstance(value, dict):
            return _kind(value), "a JSON object"
        _ANYTHING.decode(raw)
    except UnicodeDecodeError as error:
        return f"bytes that are not UTF-8 at offset {error.start}", "UTF-8 text"
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} at offset {error.pos}", "a JSON object"
    except RecursionError:
        return "nesting too deep", "a JSON object of ordinary depth"
    except msgspec.DecodeError as error:
        return _refused(str(error))
    return None


def _refused(message: str) -> tuple[str, str]:
    """Tell what the strict decoder refuses and Python's takes."""
    if "surrogate" in message or "truncated" in message:
        return "a lone surrogate, which no text holds", "Unicode text"
    return "a number out of range, NaN or Infinity", "finite numbers of ordinary size"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {list: "a list", bool: "true or false", float: "a number"}.get(type(value), "a text or a number")
