"""What one look found."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from reporter.settings import AS_THE_SERVICE, OF_A_SERVICE

_LOOK_AS_THE_SERVICE: Final = f"look as it does: {AS_THE_SERVICE} reporter doctor"


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


def fail_unless_of_a_service(what: str, faults: Sequence[str], step: str) -> Diagnosis:
    """Say what goes wrong now; where a secret is merely one that services alone are given, that it is not judged."""
    if all(one.endswith(OF_A_SERVICE) for one in faults):
        return warn(what, "not judged here: systemd gives the secret to the service alone", _LOOK_AS_THE_SERVICE)
    return fail(what, "; ".join(faults), step)
