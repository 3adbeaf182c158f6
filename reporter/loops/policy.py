"""The rules of retrying, waiting and answering (domain.md B1.11, B1.12, A9). A bad value is a fault without effect."""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

from reporter.loops.loop import MAX_ATTEMPTS, MAX_DELIVERIES, MULTIPLIER, Loop
from reporter.loops.table import LOOPS
from reporter.model.documents import Fault, pointer_to
from reporter.model.text import show

MOST_ATTEMPTS: Final = 25
MOST_MINUTES: Final = 525_600
MOST_MULTIPLIER: Final = 100.0
DEFAULT_SLO: Final = timedelta(minutes=60)

SelfApproval = Literal["flag", "refuse"]


class LoopPolicy(NamedTuple):
    """The rules of one loop. `acknowledgement` wins over what plans ask for (B1.10)."""

    delay: timedelta
    worker_interval: timedelta
    stale_after: timedelta
    max_attempts: int = MAX_ATTEMPTS
    multiplier: float = MULTIPLIER
    immediate: bool = False
    require_retry_ack: bool = True
    max_deliveries: int = MAX_DELIVERIES
    acknowledgement: timedelta | None = None
    self_approval: SelfApproval = "flag"


class RecoveryPolicy(NamedTuple):
    """When a recovery is called for, and how long it may take (A9)."""

    min_failures: int = 2
    lookback: timedelta = timedelta(hours=24)
    slo: timedelta = timedelta(minutes=240)


class LoopPolicies(NamedTuple):
    """All rules. `executor` is who would execute a retry: whoever approves for themselves is flagged."""

    loops: Mapping[str, LoopPolicy]
    recovery: RecoveryPolicy = RecoveryPolicy()
    executor: str = ""

    def of(self, loop: Loop) -> LoopPolicy:
        """Find the rules of a loop; the table's where nobody set others."""
        return self.loops.get(loop.word) or default_policy(loop)


def default_policy(loop: Loop) -> LoopPolicy:
    """Take the table's values."""
    return LoopPolicy(loop.base_delay, loop.worker_interval, loop.stale_after)


def default_policies(loops: tuple[Loop, ...] = LOOPS) -> LoopPolicies:
    """Take the table's values for every loop."""
    return LoopPolicies({loop.word: default_policy(loop) for loop in loops})


class _Key(NamedTuple):
    field: str
    names: tuple[str, ...]
    kind: Literal["flag", "count", "minutes", "number", "word"]
    least: float = 1
    most: float = MOST_MINUTES


_KEYS: Final = (
    _Key("max_attempts", ("max_retry_attempts", "max_retries"), "count", most=MOST_ATTEMPTS),
    _Key("immediate", ("allow_immediate_retry",), "flag"),
    _Key("delay", ("retry_delay_minutes", "delay_minutes"), "minutes"),
    _Key("multiplier", ("backoff_multiplier", "multiplier"), "number", most=MOST_MULTIPLIER),
    _Key("require_retry_ack", ("require_retry_ack",), "flag"),
    _Key("worker_interval", ("interval_minutes", "schedule_interval_minutes"), "minutes"),
    _Key("stale_after", ("stale_metadata_minutes",), "minutes"),
    _Key("max_deliveries", ("max_retry_deliveries",), "count", most=25),
    _Key("acknowledgement", ("acknowledgement_minutes", "ack_minutes"), "minutes"),
    _Key("self_approval", ("self_approval",), "word"),
)


def parse_policy(value: object, loop: Loop) -> tuple[LoopPolicy, tuple[Fault, ...]]:
    """Read the policy object of one loop. Each bad, contradictory or unknown entry is a fault; its default stays."""
    policy = default_policy(loop)
    if value is None:
        return policy, ()
    if not isinstance(value, dict):
        return policy, (Fault("", show(value), "an object"),)
    faults: list[Fault] = []
    chosen: dict[str, Any] = {}
    known = {name for key in _KEYS for name in key.names}
    faults += [
        Fault(pointer_to(name), show(value[name]), "a known key: " + ", ".join(sorted(known)))
        for name in sorted(set(map(str, value)) - known)
    ]
    for key in _KEYS:
        given = [name for name in key.names if name in value]
        read = [(name, _read(key, value[name], immediate=value.get("allow_immediate_retry") is True)) for name in given]
        faults += [Fault(pointer_to(name), show(value[name]), _wanted(key)) for name, found in read if found is None]
        if len({repr(found) for _, found in read}) > 1:
            faults.append(Fault(pointer_to(given[1]), show(value[given[1]]), f"the same as {given[0]}"))
        elif read and read[0][1] is not None:
            chosen[key.field] = read[0][1]
    return policy._replace(**chosen), tuple(faults)


def _read(key: _Key, value: Any, *, immediate: bool) -> Any:  # noqa: ANN401 - JSON is untyped
    least = 0 if immediate and key.field == "delay" else key.least
    if key.kind == "word":
        return value if value in ("flag", "refuse") else None
    if key.kind == "flag":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if not least <= value <= key.most or (key.kind == "count" and value != int(value)):
        return None
    if key.kind == "minutes":
        return timedelta(minutes=value)
    return int(value) if key.kind == "count" else float(value)


def _wanted(key: _Key) -> str:
    if key.kind == "word":
        return 'one of "flag", "refuse"'
    if key.kind == "flag":
        return "true or false"
    what = {"count": "a whole number", "minutes": "a number of minutes", "number": "a number"}[key.kind]
    return f"{what} from {key.least:g} to {key.most:g}"
