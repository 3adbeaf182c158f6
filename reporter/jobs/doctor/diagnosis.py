"""What one look found."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad it is: `warn` lets a run go on, `fail` does not, or makes its result worthless."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Diagnosis(NamedTuple):
    """One line. `step` says what to do; empty where nothing is to be done."""

    what: str
    level: Level
    found: str
    step: str = ""


def well(what: str, found: str) -> Diagnosis:
    """Say that all is well."""
    return Diagnosis(what, Level.OK, found)


def warn(what: str, found: str, step: str) -> Diagnosis:
    """Say what may go wrong later."""
    return Diagnosis(what, Level.WARN, found, step)


def fail(what: str, found: str, step: str) -> Diagnosis:
    """Say what goes wrong now."""
    return Diagnosis(what, Level.FAIL, found, step)
