"""What was read, or why it could not be: the raw side of every manifest.

A document that cannot be used is a value like any other. It carries its problem to the checks that need it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class DocumentState(StrEnum):
    """How far reading came."""

    READ = "read"
    UNCONFIGURED = "unconfigured"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"


class Fault(NamedTuple):
    """One thing wrong with a document: where (a JSON pointer, empty for the whole), what, what was wanted."""

    pointer: str
    found: str
    wanted: str


@dataclass(frozen=True, eq=False)
class Document:
    """One input: `alias` is its role, `name` its file name without any path (domain.md A10)."""

    alias: str
    name: str
    state: DocumentState
    sha256: str | None = None
    size_bytes: int | None = None
    faults: tuple[Fault, ...] = ()
    value: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def configured(self) -> bool:
        """Whether anybody asked for this document."""
        return self.state is not DocumentState.UNCONFIGURED


@dataclass(frozen=True, eq=False)
class Manifest(Generic[T]):
    """A document and its typed reading. `value` is None unless the document is a JSON object.

    A value of the wrong type is a fault and is left out of the typed reading, as if it were absent.
    """

    document: Document
    value: T | None

    @property
    def configured(self) -> bool:
        """Whether anybody asked for this manifest."""
        return self.document.configured


@dataclass(frozen=True, eq=False)
class RuntimeFile:
    """The Go runtime as a file; it is never run here."""

    document: Document
    executable: bool = False


class Missing:
    """The one value that means that a pointer leads nowhere."""

    def __repr__(self) -> str:
        """Print as the word that reports use."""
        return "nothing"


MISSING: Final = Missing()


def look_up(value: Any, pointer: str) -> Any:  # noqa: ANN401 - JSON is untyped
    """Follow a JSON pointer (RFC 6901) into a value; MISSING where it leads nowhere."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value


def pointer_to(*keys: object) -> str:
    """Build a JSON pointer (RFC 6901) from object keys and list positions."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)
