"""Short ways from record values to states."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from loops import records as make
from reporter.loops.facts import Folded
from reporter.loops.fold import fold
from reporter.loops.loop import Loop
from reporter.loops.policy import LoopPolicies, default_policies
from reporter.loops.routes import LoopStates, finalise
from reporter.loops.table import BY_WORD, LOOPS, READER
from reporter.model.raw_records import RecordBatch
from reporter.model.routes import RouteState

NOW: Final = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

N: Final = BY_WORD["drill_notification"]
A: Final = BY_WORD["acknowledgement_audit"]
AH: Final = BY_WORD["audit_worker_health_alert"]
R: Final = BY_WORD["recovery_escalation"]
RH: Final = BY_WORD["recovery_retry_health_alert"]
X: Final = BY_WORD["executive_report"]
XH: Final = BY_WORD["executive_retry_health_alert"]
F: Final = BY_WORD["auditor_export"]
FH: Final = BY_WORD["archive_health_alert"]

Values = Iterable[make.RecordValue]


def folded(values: Values, now: datetime = NOW) -> Folded:
    """Write, read and fold."""
    return fold(READER.decode_batch(RecordBatch([make.raw(value) for value in values], "evidence.jsonl", 1)), now)


def settled(*values: make.RecordValue, now: datetime = NOW, policies: LoopPolicies | None = None) -> LoopStates:
    """Write, read, fold and finalise."""
    return finalise(folded(values, now), policies)


def only(*values: make.RecordValue, now: datetime = NOW, policies: LoopPolicies | None = None) -> RouteState:
    """Give the one route that these records are about."""
    (route,) = settled(*values, now=now, policies=policies).routes
    return route


def policies(loop: Loop, *, executor: str = "", **changes: Any) -> LoopPolicies:  # noqa: ANN401 - fields of a policy
    """Change the rules of one loop."""
    standard = default_policies(LOOPS)
    changed = standard.of(loop)._replace(**changes)
    return standard._replace(loops={**standard.loops, loop.word: changed}, executor=executor)


def calm(now: datetime = NOW) -> list[make.RecordValue]:
    """Write records of a world in which every loop is in order: runs and plans are recent, a report is delivered."""
    quiet = [
        record
        for loop in LOOPS
        for record in (make.worker_run(loop, now - MINUTE, dry=False), make.retry_plan(loop, now - MINUTE))
    ]
    return [*quiet, make.delivery(X, now - HOUR, "gordackexecsched-1")]
