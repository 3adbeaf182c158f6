"""Evidence for the benchmarks: all steps of the nine loops, in the shares they have where workers run all the time.

Most records are deliveries and worker runs. Whatever their number, they are of the same 60 days, in which each loop has
another subject every six hours: some 9,600 routes, which do not grow with the records. A record is its envelope and its
payload, with what the loops need and no more: not half of upstream's, so that the work on each record weighs most.
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from reporter.loops.loop import Kind, Loop
from reporter.loops.table import LOOPS
from reporter.model.records import DELIVERY_KIND, Step

PROVIDERS: Final = ("slack", "teams", "jira", "servicenow")
FAILED: Final = 0.1
SHARES: Final = {
    Step.DELIVERY: 48,
    Step.WORKER_RUN: 30,
    Step.RETRY_PLAN: 6,
    Step.ACKNOWLEDGEMENT: 5,
    Step.PLAN: 4,
    Step.EXECUTION: 4,
    Step.APPROVAL: 1,
    Step.HEALTH: 2,
}
"""Of a hundred records, how many are of each step."""

START: Final = datetime(2026, 4, 1, tzinfo=UTC)
END: Final = START + timedelta(days=60)
SUBJECT_LASTS: Final = timedelta(hours=6)

Value = dict[str, object]


def write_records(path: Path, count: int, named: str = "rec") -> None:
    """Write so many records as JSON Lines, in the order of their times."""
    chance = random.Random(1)  # noqa: S311 - a benchmark
    steps = chance.choices(list(SHARES), list(SHARES.values()), k=99_991)
    providers = chance.choices(PROVIDERS, k=9_973)
    loops = chance.choices(LOOPS, k=997)
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for number in range(count):
            at = START + (END - START) * number / count
            loop = loops[number % len(loops)]
            subject = f"{loop.plans[-1].prefix}-{max(0, (at - START) // SUBJECT_LASTS - number % 3):016x}"
            route = {loop.subject_keys[0]: subject, "provider": providers[number % len(providers)]}
            named_at = {"session_id": f"{named}-{number:012x}", "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            step = steps[number % len(steps)]
            file.write(encode(named_at | one_record(step, loop, subject, route, failed=chance.random() < FAILED)))
            file.write(b"\n")


def one_record(step: Step, loop: Loop, subject: str, route: dict[str, str], *, failed: bool) -> Value:  # noqa: PLR0911
    """Make one record but for its id and time."""
    provider = route["provider"]
    match step:
        case Step.DELIVERY:
            return {
                "metadata_kind": DELIVERY_KIND,
                "connector_delivery_source": loop.source,
                "event_id": subject,
                "delivery_success": not failed,
                "providers": [provider],
                "failed_providers": [provider] if failed else [],
                "status_codes": [503 if failed else 200],
                "delivery": {"deliveries": [{"provider": provider, "success": not failed}]},
            }
        case Step.WORKER_RUN:
            schedule = {"interval_minutes": 60, "enabled": True}
            retries = [route] if failed else []
            return _of(loop.worker_run, {"dry_run": False, "schedule": schedule, "selected_retries": retries})
        case Step.RETRY_PLAN:
            return _of(loop.retry_plan, {"retryable_count": 1, "retry_decisions": [route | {"action": "retry"}]})
        case Step.ACKNOWLEDGEMENT:
            answer = {"acknowledgement_state": "acknowledged", "acknowledged_by": "release-manager"}
            return _of(loop.acknowledgement, route | answer)
        case Step.PLAN:
            named = {loop.subject_keys[0]: subject, "plan_id": f"plan-{subject}"}
            return _of(loop.plans[-1], named | {"selected_providers": [provider]})
        case Step.EXECUTION:
            status = "failed" if failed else "delivered"
            return _of(loop.execution, route | {"execution_status": status, "executed_by": "retry-worker"})
        case Step.APPROVAL if loop.approval:
            return _of(loop.approval, route | {"approval_state": "approved", "decided_by": "release-manager"})
        case _:
            return _of(loop.health, {"alert_level": "healthy", "alerts": []})


def _of(kind: Kind, payload: Mapping[str, object]) -> Value:
    return {"metadata_kind": kind.word, kind.payload: payload}
