"""The simulator's world holds together, and one story goes through it from healthy to closed again."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reporter.loops.table import BY_WORD
from reporter.model.reports import AlertLevel
from reporter.model.routes import ClosureState, RetryAction, RouteOutcome
from simulator import AUDIT, EXECUTIVE, NOTIFICATION, Simulator
from worlds import reporter_here

START = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def pilot(seed: int = 0) -> Simulator:
    return Simulator("pilot", START, seed)


def test_story_of_a_connector_from_healthy_to_exhausted_to_mended_and_closed() -> None:
    world = pilot()
    world.advance(3 * HOUR)
    assert world.closure().state is ClosureState.CLOSED
    assert world.health() == {}

    world.fail("jira")
    world.advance(21 * HOUR)
    lost = world.route(EXECUTIVE, "jira")
    assert (lost.outcome, lost.failures, lost.retry.action) == (RouteOutcome.FAILED, 1, RetryAction.WAIT)
    assert world.codes() == ["executive_report_delivery_failed"]
    assert world.health()["executive_report"].alert_level is AlertLevel.CRITICAL

    world.advance(HOUR)
    retried = world.route(EXECUTIVE, "jira")
    assert (retried.failures, retried.retry.action, retried.execution_failed) == (2, RetryAction.WAIT, True)
    assert world.codes() == ["executive_report_delivery_failed", "executive_report_retry_execution_failed"]

    world.advance(HOUR)
    exhausted = world.route(EXECUTIVE, "jira")
    assert (exhausted.failures, exhausted.retry.action) == (3, RetryAction.SUPPRESS)
    assert world.codes()[-1] == "executive_report_retry_exhausted"
    playbook_id = world.open_recovery("jira")
    assert world.codes()[-1] == "recovery_open"
    world.advance(5 * HOUR)
    assert world.route(EXECUTIVE, "jira").failures == 3, "nobody tries again"
    (recovery,) = world.states().recoveries
    assert (recovery.breached, recovery.playbooks) == (True, (playbook_id,))

    world.mend("jira")
    world.advance(HOUR)
    assert "executive_report_retry_exhausted" in world.codes(), "mending alone delivers nothing"
    proof = world.send(EXECUTIVE, exhausted.route.subject, ["jira"])
    assert world.codes() == ["recovery_open"]
    world.close_recovery(playbook_id, "jira", [])
    assert world.codes() == ["recovery_open"], "without proof it stays open"
    world.advance(10 * MINUTE)
    world.close_recovery(playbook_id, "jira", [proof])
    assert world.closure().state is ClosureState.CLOSED
    assert world.health() == {}


def test_retry_after_mending_is_accepted_approved_executed_and_closes_the_loop() -> None:
    world = pilot()
    world.advance(6 * DAY + 23 * HOUR)
    world.fail("servicenow")
    world.advance(HOUR + MINUTE)
    assert world.codes() == ["acknowledgement_audit_delivery_failed"]
    world.mend("servicenow")
    world.advance(HOUR)
    assert world.closure().state is ClosureState.CLOSED
    assert world.health() == {}
    (executed,) = [one for one in world.documents.records if one["metadata_kind"] == AUDIT.execution.word]
    assert executed[AUDIT.execution.payload]["approval_decision_id"].startswith("gordackretryapprovaldecision-")


def test_worker_that_stops_is_missed_after_two_intervals_and_found_when_it_is_back() -> None:
    world = pilot()
    world.stop_worker(EXECUTIVE)
    world.advance(2 * HOUR)
    assert world.health() == {}
    world.advance(MINUTE)
    health = world.health()["executive_report"]
    assert (health.missed, health.alert_level) == (True, AlertLevel.CRITICAL)
    world.attentive = False
    world.alert(EXECUTIVE)
    world.advance(HOUR)
    assert world.codes() == ["executive_retry_health_alert_acknowledgement_outstanding"]
    world.start_worker(EXECUTIVE)
    assert world.answer(BY_WORD[EXECUTIVE.alert_loop]) == 1
    world.advance(HOUR)
    assert world.closure().state is ClosureState.CLOSED
    assert world.health() == {}


def test_people_who_do_not_answer_leave_the_notification_of_a_drill_outstanding() -> None:
    world = pilot()
    world.attentive = False
    world.advance(15 * DAY - MINUTE)
    assert not world.states().of(NOTIFICATION), "the drill is not due soon yet"
    world.advance(HOUR)
    assert [one.acknowledgement.breached for one in world.states().of(NOTIFICATION)] == [True, True]
    assert world.answer(NOTIFICATION, "escalated") == 2
    assert world.codes() == ["drill_notification_acknowledgement_outstanding"]
    world.advance(MINUTE)
    assert world.answer(NOTIFICATION, "resolved", by="platform-lead") == 2
    assert world.closure().state is ClosureState.CLOSED


def test_people_who_answer_keep_a_quiet_month_closed() -> None:
    world = pilot()
    world.advance(20 * DAY)
    world.run_drill()
    world.advance(3 * DAY)
    assert world.closure().state is ClosureState.CLOSED
    assert {one.acknowledgement.by for one in world.states().of(NOTIFICATION)} == {"release-manager"}


def test_same_seed_and_calls_give_the_same_documents_and_another_seed_others() -> None:
    def told(seed: int) -> tuple[object, object]:
        world = pilot(seed)
        world.fail("jira")
        world.advance(2 * DAY)
        return world.documents.records, world.documents.manifests

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_every_record_has_an_id_of_its_own_and_none_is_of_the_future() -> None:
    world = pilot()
    world.fail("jira")
    world.advance(2 * DAY)
    ids = Counter(record["session_id"] for record in world.documents.records)
    assert [name for name, count in ids.items() if count > 1] == []
    states = world.states()
    assert (states.faults, states.future, states.unmatched, states.conflicts) == ((), (), (), ())


@pytest.mark.parametrize(("passed", "status"), [(True, "ready"), (False, "needs_attention")], ids=["passed", "failed"])
def test_drills_that_are_run_are_judged_by_the_command(tmp_path: Path, *, passed: bool, status: str) -> None:
    world = pilot()
    world.advance(HOUR)
    world.run_drill(passed=passed)
    world.write(tmp_path)
    arguments = ("check", "drills", "--environment", "pilot", "--as-of", "2026-06-01T07:00:00Z", "--json")
    done = reporter_here(*arguments, cwd=tmp_path)
    assert json.loads(done.stdout)["status"] == status, done.stderr


def test_records_are_only_ever_added_to_those_already_written(tmp_path: Path) -> None:
    world = pilot()
    world.write(tmp_path)
    before = (tmp_path / "evidence.jsonl").read_bytes()
    world.advance(HOUR)
    world.write(tmp_path)
    after = (tmp_path / "evidence.jsonl").read_bytes()
    assert after.startswith(before)
    assert [json.loads(line) for line in after.splitlines()] == world.documents.records


def test_command_runs_on_the_world_and_comes_to_its_closure(tmp_path: Path) -> None:
    world = pilot()
    world.advance(23 * HOUR)
    world.fail("jira")
    world.advance(HOUR)
    assert world.closure().state is ClosureState.OPEN
    world.write(tmp_path)
    done = reporter_here("run", "--as-of", "2026-06-02T06:00:00Z", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)["environments"]
    assert (one["environment"], one["reports"]["drills"]) == ("pilot", "ready")
    assert one["closure_state"] == "open"
