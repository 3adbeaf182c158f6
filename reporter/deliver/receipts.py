"""What one attempt to send came to (integrations.md): a delivery is not a 2xx.

A receipt holds nothing private: words of ours, numbers, and ids that are allow-listed by whoever judges the answer.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from reporter.model.guards import RULES, broken_rules

Guard: TypeAlias = Callable[[bytes], Collection[object]]
"""Names what private things some bytes hold; nothing where they may leave."""


class Outcome(StrEnum):
    """How one attempt ended."""

    ACCEPTED = "accepted"
    REJECTED_PERMANENT = "rejected_permanent"
    """The other side will never take this as it is: mend the connector or the message first."""
    THROTTLED = "throttled"
    """The other side took nothing and says to come later."""
    UNREACHABLE = "unreachable"
    """No connection came about, so that nothing can have arrived: trying again is safe."""
    TIMEOUT_UNKNOWN = "timeout_unknown"
    """It may have arrived. It is looked for where the other side can be asked, never repeated blindly."""
    REFUSED_LOCALLY = "refused_locally"
    """Nothing was sent: not configured, not public-safe, or larger than the other side takes."""


class Level(StrEnum):
    """How far a message is known to have come, the least first."""

    INTENDED = "intended"
    ACCEPTED = "accepted"
    LANDED = "landed"
    ACKNOWLEDGED = "acknowledged"


class Receipt(NamedTuple):
    """What one attempt came to.

    `status_code` is the other side's; 0 where it was not reached, None where there is none to tell. `error_class` is a
    word of ours, such as `dns_failure` or `answer_too_large`. `ids` are what the other side calls it, allow-listed.
    `findings` say of what was refused as not public-safe which rule it broke and where; they are for people, not kept.
    """

    outcome: Outcome
    level: Level = Level.INTENDED
    status_code: int | None = None
    error_class: str = ""
    retry_after: timedelta | None = None
    ids: tuple[tuple[str, str], ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def delivered(self) -> bool:
        """Whether the other side took it."""
        return self.outcome is Outcome.ACCEPTED


def safe_ids(ids: Iterable[tuple[str, str]], guard: Guard) -> tuple[tuple[str, str], ...]:
    """Leave out what the other side calls it where that may not be kept: it could repeat a secret of ours as an id."""
    return tuple(
        (name, text)
        for name, text in ids
        if not broken_rules(text, RULES) and not guard(text.encode("utf-8", "surrogatepass"))
    )


ARRIVAL_UNKNOWN: Final = Receipt(Outcome.TIMEOUT_UNKNOWN, status_code=None, error_class="interrupted")
"""What is known of a message that was being sent when the process died."""
