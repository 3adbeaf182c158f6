"""A check: one condition of a report with everything a person needs to believe it or to mend it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class CheckStatus(StrEnum):
    """What became of a check. There is no warning: what only informs is a note."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"


class Wire(BaseModel):
    """Base of everything that is written. What a type does not name is not emitted (domain.md A10)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Evidence(Wire):
    """Where a claim comes from: the document, the digest of its bytes, a JSON pointer, the value there.

    `wanted` holds what the conditions on this value ask, met or not; empty in bundles that do not say.
    """

    document: str
    sha256: str | None
    pointer: str
    value: str
    wanted: tuple[str, ...] = ()


class Reason(Wire):
    """One condition that failed."""

    document: str
    pointer: str
    found: str
    wanted: str
    text: str


class Check(Wire):
    """One check. `message` is composed from the reasons, `remedy` says what to do when it fails."""

    id: str
    title: str
    status: CheckStatus
    message: str
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""
