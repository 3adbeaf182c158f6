"""What a field of a manifest must hold, said once: it judges the value and it writes the JSON Schema.

Use in a model: `status: Annotated[str, equals("ready")] = ""`. The type says what may stand there; the want
says what makes the document acceptable. A field without a want may be absent.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from reporter.model.documents import pointer_to
from reporter.model.instants import parse_instant
from reporter.model.text import is_blank, shorten, show

ABSENT_NUMBER = math.nan
"""A number that was not given. JSON cannot hold it and every comparison with it is false, so it fails closed."""


@dataclass(frozen=True)
class Want:
    """A condition on one value. `optional` lets the value be absent, not wrong."""

    text: str
    test: Callable[[Any], bool]
    schema: dict[str, Any]
    optional: bool = False
    lack: Callable[[Any], str] | None = None
    lacking: str = "missing"

    def wanted(self, value: object) -> str:
        """Say what was wanted, and of a list what is missing in it or unknown."""
        lack = self.lack(value) if self.lack else ""
        return f"{self.text}; {self.lacking}: {lack}" if lack else self.text

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Add what is wanted to the field's schema, so that editors and CI can check it too."""
        return {**handler(core_schema), **self.schema}


def equals(value: str | bool, *, optional: bool = False) -> Want:  # noqa: FBT001 - a JSON constant
    """Want exactly this constant, of exactly this type."""
    text = f'"{value}"' if isinstance(value, str) else str(value).lower()
    return Want(text, lambda found: found is value or found == value, {"const": value}, optional=optional)


def one_of(*words: str, optional: bool = False) -> Want:
    """Want one of the known words (domain.md A2.6)."""
    return Want(
        "one of " + ", ".join(f'"{word}"' for word in words),
        lambda found: found in words,
        {"enum": list(words)},
        optional=optional,
    )


def text() -> Want:
    """Want a text that shows something: spaces and invisible characters alone are nothing."""
    return Want("a non-empty text", lambda found: not is_blank(found), {"pattern": r"\S"})


def filled(at_most: int | None = None) -> Want:
    """Want a list with at least one entry, none of them blank, and no more than `at_most`."""
    return Want(
        "a list with at least one entry, none blank" + (f", {at_most} at most" if at_most else ""),
        lambda found: (
            0 < len(found) <= (at_most or len(found)) and all(not isinstance(x, str) or not is_blank(x) for x in found)
        ),
        {"minItems": 1} | ({"maxItems": at_most} if at_most else {}),
    )


def includes(*words: str) -> Want:
    """Want a list that holds every one of these words; more are allowed."""
    return Want(
        f"all {len(words)} required entries",
        lambda found: set(words) <= set(found),
        {"allOf": [{"contains": {"const": word}} for word in words]},
        lack=lambda found: ", ".join(word for word in words if word not in found),
    )


def known(what: str, *words: str, spelled: Callable[[str], str] = str, optional: bool = False) -> Want:
    """Want a known word or a list of known words (domain.md A2.6). `spelled` writes a word the way it is compared."""

    def unknown(found: str | list[str]) -> list[str]:
        return [word for word in ([found] if isinstance(found, str) else found) if spelled(word) not in words]

    return Want(
        f"known {what} only: " + ", ".join(words),
        lambda found: not unknown(found),
        {},
        optional=optional,
        lack=lambda found: shorten(", ".join(show(word) for word in unknown(found))),
        lacking="unknown",
    )


def instant(*, optional: bool = False) -> Want:
    """Want a timestamp that can be read (domain.md A2.2)."""
    return Want(
        "an ISO 8601 timestamp",
        lambda found: parse_instant(found) is not None,
        {"format": "date-time"},
        optional=optional,
    )


def positive(unit: str, at_most: float, *, optional: bool = False) -> Want:
    """Want a number above zero, and below what no one means (which also keeps date sums in range)."""
    return Want(
        f"a positive number of {unit}, {at_most:g} at most",
        lambda found: 0 < found <= at_most,
        {"exclusiveMinimum": 0, "maximum": at_most},
        optional=optional,
    )


class Judged(NamedTuple):
    """One want, applied: the pointer of the value, what was wanted, and whether it is so."""

    pointer: str
    wanted: str
    met: bool


class ManifestModel(BaseModel):
    """Base of every manifest and of what is in it. Strict types; unknown keys are left alone."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """List the fields that a want makes necessary as required."""
        schema = handler(core_schema)
        schema = handler.resolve_ref_schema(schema)
        needed = [name for name, want in cls.wants() if not want.optional]
        if needed:
            schema["required"] = needed
        for prop in schema.get("properties", {}).values():
            prop.pop("default", None)
        return schema

    @classmethod
    def wants(cls) -> Iterator[tuple[str, Want]]:
        """List the wants of the model's own fields."""
        for name, field in cls.model_fields.items():
            for mark in field.metadata:
                if isinstance(mark, Want):
                    yield field.alias or name, mark

    def judge(self, *keys: object) -> Iterator[Judged]:
        """Apply every want, here and in every model below. `keys` lead from the document to this model."""
        given = self.model_fields_set
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            here = (*keys, field.alias or name)
            for mark in field.metadata:
                if isinstance(mark, Want):
                    met = mark.test(value) if name in given else mark.optional
                    yield Judged(pointer_to(*here), mark.wanted(value), met)
            yield from _judge_below(value, here)


def _judge_below(value: object, keys: tuple[object, ...]) -> Iterator[Judged]:
    if isinstance(value, ManifestModel):
        yield from value.judge(*keys)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _judge_below(item, (*keys, position))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _judge_below(item, (*keys, key))
