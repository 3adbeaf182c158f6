"""Who decides, why, and where it is written down: free text, which is guarded before anything is made of it (A10)."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from reporter.errors import NotPublicSafe, WrongText
from reporter.model.guards import broken_rules
from reporter.model.text import UNSEEN, is_blank

LONGEST_NAME: Final = 120
LONGEST_REASON: Final = 1_000
LONGEST_REF: Final = 200
"""Longer ones would be cut where they are shown."""
PLACEHOLDERS: Final = frozenset({"NAME", "TEXT", "REF", "PROVIDER", "SUBJECT", "P"})
"""What printed commands leave for a person to fill in (assess.commands)."""


class Signature(NamedTuple):
    """Under a decision: who took it, why, the reference of the ticket or change, and when it was recorded.

    The decision is dated by the instant of the call; `recorded_at` is the wall clock.
    """

    by: str
    reason: str
    ref: str
    recorded_at: datetime


def sign(by: str, reason: str, ref: str, recorded_at: datetime) -> Signature:
    """Check the three texts. Raise NotPublicSafe or WrongText with every fault at once."""
    check_texts(
        (("--by", by, LONGEST_NAME), ("--reason", reason, LONGEST_REASON), ("--ref", ref, LONGEST_REF)),
    )
    return Signature(by.strip(), reason.strip(), ref.strip(), recorded_at)


def check_texts(texts: Iterable[tuple[str, str, int]]) -> None:
    """Check texts by the option that each came with and the length it may have."""
    given = list(texts)
    unsafe = [
        f"{option}: found {rule.refuses} (not shown), wanted none in a record; rule {rule.id}"
        for option, text, _ in given
        for rule in broken_rules(text)
    ]
    if unsafe:
        raise NotPublicSafe(*unsafe)
    faults = [fault for option, text, longest in given for fault in _faults(option, text, longest)]
    if faults:
        raise WrongText(*faults)


def _faults(option: str, text: str, longest: int) -> Iterator[str]:
    if is_blank(text):
        yield f"{option}: is blank, wanted a text"
    elif text.strip() in PLACEHOLDERS:
        yield f"{option}: found the placeholder {text.strip()}, wanted what it stands for"
    elif len(text) > longest:
        yield f"{option}: found {len(text)} characters, wanted at most {longest}"
    elif UNSEEN.search(text):
        yield f"{option}: found line ends or invisible characters, wanted one line of plain text"
