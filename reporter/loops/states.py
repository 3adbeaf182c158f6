"""The words that people and workers answer with (domain.md B1.16, B2.17, B2.18). Others are refused (A2.6)."""

import sys
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from reporter.model.text import is_blank

ACKNOWLEDGEMENT_STATES: Final = frozenset(
    {"acknowledged", "accepted", "resolved", "dismissed", "deferred", "escalated"}
)
ANSWERED_STATES: Final = frozenset({"acknowledged", "accepted", "resolved"})
"""Those that speak for a route in some loop; the others keep it open in every loop."""
DELIVERED: Final = "delivered"
FAILED: Final = "failed"
SKIPPED: Final = "skipped"
EXECUTION_STATES: Final = (DELIVERED, FAILED, SKIPPED)
APPROVAL_STATES: Final = frozenset({"approved", "denied", "deferred", "expired"})
CLOSURE_STATES: Final = frozenset({"resolved", "mitigated", "deferred", "escalated", "reopened"})
CLOSED_STATES: Final = frozenset({"resolved", "mitigated"})
FAILED_RUN_STATES: Final = frozenset({"failed", "error", "timeout", "cancelled"})
PASSED_RUN_STATES: Final = frozenset({"", "completed", "succeeded", "success", "ok", "dry_run"})
"""Upstream's runs carry no status (B2.18), so none is no failure; ours carry one of these."""
RUN_STATES: Final = FAILED_RUN_STATES | PASSED_RUN_STATES


def weigh_answer(state: str, by: str, accepted: Collection[str]) -> int:
    """Say how much an answer is against its route: nothing, in part where it opens gates alone, or wholly."""
    if state not in ANSWERED_STATES or is_blank(by):
        return 2
    return 0 if state in accepted else 1


@lru_cache(1_000)
def normalise_state(word: str | None) -> str:
    """Write a state the one way that it is compared: trimmed, lower case, `_` for `-` (B1.16)."""
    return sys.intern(word.strip().lower().replace("-", "_")) if word else ""
