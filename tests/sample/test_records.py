"""The sample's evidence: what each pilot's records come to, at any instant, and that they come out the same."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.errors import UsageFault
from reporter.loops.closeout import assess_closeout
from reporter.loops.closure import assess_closure
from reporter.loops.fold import fold
from reporter.loops.health import assess_health
from reporter.loops.recovery import needed_playbooks
from reporter.loops.routes import LoopStates, finalise
from reporter.loops.table import LOOPS, READER
from reporter.model.instants import parse_instant
from reporter.model.raw_records import RecordBatch
from reporter.model.records import ContentFault, Unknown
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import ClosureState, RetryAction, WorkerHealth
from reporter.sample.write import sample_files

AS_OF = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
INSTANTS = (AS_OF, datetime(2024, 2, 29, 23, 59, 59, 999_999, UTC), datetime(2031, 1, 1, tzinfo=UTC))
each_instant = pytest.mark.parametrize("as_of", INSTANTS, ids=lambda as_of: f"{as_of:%Y}")
ENVIRONMENTS = ("production-pilot", "payments-pilot", "build-fleet")
MOST_BYTES = 1_500_000


def lines(environment: str, as_of: datetime) -> list[bytes]:
    return sample_files(as_of)[Path("evidence", f"{environment}.jsonl")].encode().splitlines()


def values(environment: str, as_of: datetime = AS_OF) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(environment, as_of)]


def states(environment: str, as_of: datetime) -> LoopStates:
    read = READER.decode_batch(RecordBatch(lines(environment, as_of), "evidence.jsonl", 1))
    assert not [one for one in read if isinstance(one, ContentFault | Unknown)]
    found = finalise(fold(read, as_of))
    assert (found.faults, found.future, found.unmatched, found.conflicts) == ((), (), (), ())
    return found


def unhealthy(found: LoopStates) -> dict[str, WorkerHealth]:
    health = assess_health(found, Mode.PROMOTED)
    return {one.loop: one for one in health if one.alert_level is not AlertLevel.HEALTHY}


def codes(found: LoopStates) -> list[str]:
    return [item.code for item in assess_closure(found, Mode.PROMOTED).open_items]


@each_instant
def test_production_pilot_has_closed_every_loop_after_failures_and_a_recovery(as_of: datetime) -> None:
    found = states("production-pilot", as_of)
    assert assess_closure(found, Mode.PROMOTED).state is ClosureState.CLOSED
    assert unhealthy(found) == {}
    assert {one.route.loop for one in found.routes} == {loop.word for loop in LOOPS}
    assert [(one.provider, one.closed) for one in found.recoveries] == [("splunk", True)]
    released = found.releases[-1].summary
    assert all(entry.met for entry in assess_closeout(found, released, readiness_ready=True).entries)
    assert assess_closeout(found, "a later summary", readiness_ready=True).state is ClosureState.OPEN
    failed = [one for one in values("production-pilot", as_of) if one.get("delivery_success") is False]
    assert len({one["event_type"] for one in failed}) == 3


@each_instant
def test_payments_pilot_has_a_retry_due_a_breached_alert_and_a_missed_worker(as_of: datetime) -> None:
    found = states("payments-pilot", as_of)
    assert codes(found) == [
        "acknowledgement_audit_delivery_failed",
        "audit_worker_health_alert_acknowledgement_outstanding",
    ]
    (due,) = [one for one in found.routes if one.retry.action is not RetryAction.NONE]
    assert (due.route.provider, due.retry.action, due.failures) == ("servicenow", RetryAction.RETRY, 1)
    (silent,) = [one for one in found.routes if one.acknowledgement.outstanding]
    assert (silent.route.provider, silent.acknowledgement.breached) == ("slack", True)
    judged = unhealthy(found)
    assert list(judged) == ["acknowledgement_audit", "audit_worker_health_alert"]
    assert [one.loop for one in judged.values() if one.missed] == ["acknowledgement_audit"]


@each_instant
def test_build_fleet_has_an_exhausted_executive_delivery_that_calls_for_a_recovery(as_of: datetime) -> None:
    found = states("build-fleet", as_of)
    assert codes(found) == [
        "executive_report_delivery_failed",
        "executive_report_retry_execution_failed",
        "executive_report_retry_exhausted",
    ]
    (left,) = [one for one in found.routes if one.exhausted]
    assert (left.route.loop, left.route.provider, left.failures) == ("executive_report", "jira", 3)
    assert list(unhealthy(found)) == ["executive_report"]
    needed = needed_playbooks(found.recent_failures, found.recoveries, found.policies.recovery)
    assert [one.provider for one in needed] == ["jira"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@each_instant
def test_evidence_is_sixty_days_long_small_and_never_of_the_future(as_of: datetime, environment: str) -> None:
    written = values(environment, as_of)
    dates = [parse_instant(one["created_at"]) for one in written]
    known = [one.at for one in dates if one]
    assert known == sorted(known)
    assert len(known) == len(written)
    assert as_of - timedelta(days=60) <= known[0] <= as_of - timedelta(days=59)
    assert known[-1] <= as_of
    assert sum(map(len, lines(environment, as_of))) < MOST_BYTES


def test_every_record_has_an_id_of_its_own_in_all_environments() -> None:
    ids = Counter(one["session_id"] for environment in ENVIRONMENTS for one in values(environment))
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_routes_are_suppressed_now_and_then_and_say_why(environment: str) -> None:
    plans = [one["plan"] for one in values(environment) if one["metadata_kind"].endswith("notification-plan")]
    held = [route for plan in plans for route in plan["route_decisions"] if route["action"] == "suppress"]
    assert {"maintenance_window", "owner_calendar"} <= {route["category"] for route in held}
    assert all(route["reason"] for route in held)
    windows = [route["maintenance_window"] for route in held if route["category"] == "maintenance_window"]
    assert all(window["start_at"] < window["end_at"] for window in windows)


@each_instant
def test_evidence_is_the_same_bytes_for_the_same_instant(as_of: datetime) -> None:
    assert sample_files(as_of) == sample_files(as_of)


def test_evidence_holds_no_address() -> None:
    assert not [line for environment in ENVIRONMENTS for line in lines(environment, AS_OF) if b"http" in line]


FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("as_of", [FIRST, LAST], ids=["first", "last"])
def test_calendar_too_short_for_the_evidence_is_refused(as_of: datetime) -> None:
    with pytest.raises(UsageFault, match="a year of drills"):
        sample_files(as_of)
