"""Statuses for people, and as exit codes."""

from collections.abc import Iterable

from reporter.errors import ExitCode
from reporter.model.words import Status

BLOCKED = "BLOCKED"
"""The verdict of an environment whose reports are in order and whose release is held all the same."""


def word(status: Status) -> str:
    """Write a status as people read it."""
    return str(status).replace("_", " ").upper()


def overall(status: str, readiness_state: str, closure_state: str) -> str:
    """Write a verdict as people read it, never a better one than release readiness and the closure have."""
    held = is_held(readiness_state, closure_state)
    return BLOCKED if held and status != Status.NEEDS_ATTENTION else status.replace("_", " ").upper()


def is_held(readiness_state: str, closure_state: str) -> bool:
    """Say whether the loops hold the release."""
    return readiness_state == "blocked" or closure_state == "open"


def exit_code(statuses: Iterable[Status], fail_on: str | None) -> int:
    """Apply --fail-on: the worst status that the caller wants to hear about decides."""
    seen = set(statuses)
    if fail_on and Status.NEEDS_ATTENTION in seen:
        return ExitCode.NEEDS_ATTENTION
    if fail_on == "due_soon" and Status.DUE_SOON in seen:
        return ExitCode.DUE_SOON
    return ExitCode.DONE
