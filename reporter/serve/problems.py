"""Answers that refuse: problem documents (RFC 9457), each fault with what was found, what was wanted, and where.

Nothing private leaves in one: a fault that holds what the settings or the rules keep private is named by its rule.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from pydantic import BaseModel, Field

from reporter.errors import LedgerUnusable, Locked, NotKnown, NotPublicSafe, ReporterError, UsageFault, WrongText
from reporter.model.guards import RULES

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 5
MOST_FAULTS: Final = 20

_OPTION: Final = re.compile(r"^--([a-z][a-z-]*)(?=:)")
_BUSY: Final = "another run holds the lock; try again later"


class ProblemDocument(BaseModel):
    """What every refusal says."""

    type: str = Field(default="about:blank", description="Nothing more than the status says.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The status.", examples=[404])
    detail: str = Field(description="What was found, what was wanted, and where; the first fault.")
    faults: list[str] = Field(description="Every fault, one sentence each.")


class Problem(Exception):
    """A request is refused. `faults` are safe to show."""

    def __init__(self, status: HTTPStatus, *faults: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(*faults)
        self.status = status
        self.faults = faults
        self.headers = dict(headers or {})

    def content(self) -> bytes:
        """Write the document."""
        return problem_bytes(self.status, self.faults)


def problem_bytes(status: HTTPStatus, faults: Sequence[str]) -> bytes:
    """Write a problem document."""
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": faults[0] if faults else status.phrase,
        "faults": list(faults[:MOST_FAULTS]),
    }
    return json.dumps(document, indent=1).encode()


def busy(fault: str, seconds: float = RETRY_SECONDS, status: HTTPStatus = HTTPStatus.SERVICE_UNAVAILABLE) -> Problem:
    """Refuse for now, and say when to ask again."""
    return Problem(status, fault, headers={"Retry-After": str(max(1, round(seconds + 0.5)))})


class Teller:
    """Turns errors of the jobs into problems, and keeps private values out of them."""

    def __init__(self, is_private: Callable[[str], bool]) -> None:
        self._is_private = is_private

    def shown(self, text: str) -> str:
        """Give a text, or say by which rule it is left out."""
        if self._is_private(text):
            return "(not shown: rule private_value)"
        broken = next((rule for rule in RULES if rule.finds(text)), None)
        return f"(not shown: rule {broken.id})" if broken else text

    def problem(self, error: ReporterError, status: HTTPStatus = HTTPStatus.CONFLICT) -> Problem:
        """Give the problem of an expected error; `status` is that of a call that cannot be done as things are."""
        faults = [self.shown(_as_field(one)) for one in error.faults]
        match error:
            case Locked():  # who holds it names a host
                return busy(_BUSY)
            case LedgerUnusable():
                return busy_with(faults)
            case NotKnown():
                return Problem(HTTPStatus.NOT_FOUND, *faults)
            case NotPublicSafe() | WrongText():
                return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, *faults)
            case UsageFault():
                return busy_with(faults) if status is HTTPStatus.SERVICE_UNAVAILABLE else Problem(status, *faults)
            case _:
                return busy_with(faults)


def busy_with(faults: Sequence[str]) -> Problem:
    """Refuse for now with several faults."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, *faults, headers={"Retry-After": str(RETRY_SECONDS)})


def _as_field(fault: str) -> str:
    """Name a field of the body where the command names its option."""
    return _OPTION.sub(lambda found: found[1].replace("-", "_"), fault)
