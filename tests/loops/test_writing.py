"""What is written is read back without a fault, and means what was meant (domain.md B1.14 - B1.16, B2, B3)."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, A, F, N, R, X
from loops.records import route
from reporter.loops.fold import fold
from reporter.loops.loop import GateKind, Loop
from reporter.loops.routes import LoopStates, finalise
from reporter.loops.table import DELIVERIES, LOOPS, OUTSIDE, READER
from reporter.loops.writing import (
    Cause,
    Decision,
    Ended,
    ProviderFailures,
    RecordValue,
    decisions_of,
    write_acknowledgement,
    write_approval,
    write_archive_manifest,
    write_archive_reference,
    write_attachment,
    write_attempt,
    write_closure,
    write_delivery,
    write_execution,
    write_health,
    write_notification_plan,
    write_plan,
    write_playbook,
    write_release_decision,
    write_retry_plan,
    write_subject,
    write_worker_run,
)
from reporter.model.records import Step, Unknown
from reporter.model.reports import AlertLevel, RouteDecision
from reporter.model.routes import GateState, RetryAction, RouteOutcome, RouteState

START = NOW - DAY
PILOT = "cavra.go-backend-pilot."
each_loop = pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.word)


def states(*values: RecordValue) -> LoopStates:
    read = [READER.decode_record(json.dumps(value).encode()) for value in values]
    assert not [one for one in read if isinstance(one, Unknown)]
    folded = fold(read, NOW)
    assert not folded.faults
    assert not folded.future
    return finalise(folded)


def only(*values: RecordValue) -> RouteState:
    (one,) = states(*values).routes
    return one


def payload(value: RecordValue, kind_payload: str) -> Any:  # noqa: ANN401 - JSON is untyped
    return value[kind_payload]


def counts(value: RecordValue) -> tuple[int, int, int]:
    return value["decision_count"], value["blocked_count"], value["approval_required_count"]


def every_record(loop: Loop) -> Iterable[RecordValue]:
    """Write a record of each step of a loop."""
    decided = [Decision("subject-1", "slack", next_retry_at=NOW, latest_delivery_at=START)]
    yield write_plan(loop, START, "subject-1", ["slack"])
    yield write_delivery(loop, START, "subject-1", {"slack": 200})
    yield write_acknowledgement(loop, START, "subject-1", "slack", "acknowledged", by="ana")
    yield write_retry_plan(loop, START, decided)
    yield write_worker_run(loop, START, dry=False, decisions=decided, selected=decided)
    yield write_execution(loop, START, "subject-1", "slack", "delivered")
    yield write_health(loop, START, AlertLevel.HEALTHY)
    if loop.subjects:
        yield write_subject(loop, START)
    if loop.approval:
        yield write_approval(loop, START, "subject-1", "slack", "approved", by="ana")


def outside() -> dict[Step, RecordValue]:
    return {
        Step.PLAYBOOK: write_playbook(START, {"slack": ProviderFailures(2, START, (503, 0))}),
        Step.CLOSURE: write_closure(START, "p-1", "slack", "resolved", by="ana", verification_refs=["rcd-1"]),
        Step.RELEASE_DECISION: write_release_decision(START, "summary-1", "approved", by="ana"),
        Step.ATTACHMENT: write_attachment(START, "rel-1", by="ana", decision_id="d-1", evidence={"runbook": "r-1"}),
        Step.ARCHIVE_MANIFEST: write_archive_manifest(START, ["vault-1"], by="ana"),
        Step.ARCHIVE: write_archive_reference(
            START, "vault-1", by="ana", export_id="e-1", archive_hash="0" * 64, retention_until=NOW + 365 * DAY
        ),
    }


@each_loop
def test_every_record_of_a_loop_says_what_it_is_and_who_it_is(loop: Loop) -> None:
    kinds = {kind.word: kind for _, kind in loop.kinds()} | {DELIVERIES.word: DELIVERIES}
    for value in every_record(loop):
        kind = kinds[value["metadata_kind"]]
        said = value[kind.payload]
        assert (value["schema_version"], value["product"]) == ("cavra.evidence.metadata.v1", "CAVRA")
        assert said["schema_version"] == kind.schema_id
        if kind is not DELIVERIES:
            assert value["session_id"] in said.values(), "the record's id is the payload's own"
            assert value["signer"] in said.values(), "the signer is who acted"


@each_loop
def test_same_record_has_the_same_id_and_another_has_another(loop: Loop) -> None:
    written, again = list(every_record(loop)), list(every_record(loop))
    assert written == again
    assert len({value["session_id"] for value in written}) == len(written)


@each_loop
def test_healthy_life_of_a_route_is_delivered_and_acknowledged(loop: Loop) -> None:
    (one,) = states(*every_record(loop)).of(loop)
    assert (one.route.subject, one.route.provider) == ("subject-1", "slack")
    assert (one.outcome, one.acknowledgement.outstanding) == (RouteOutcome.DELIVERED, False)


@each_loop
def test_failed_delivery_is_retried_and_an_executed_retry_is_one_attempt_with_its_delivery(loop: Loop) -> None:
    lost = write_delivery(loop, START, "subject-1", {"slack": 503, "teams": 200})
    failed, reached = states(lost).of(loop)
    assert (failed.outcome, failed.failures, reached.outcome) == (RouteOutcome.FAILED, 1, RouteOutcome.DELIVERED)
    plan = write_retry_plan(loop, NOW - HOUR, decisions_of(states(lost).of(loop)))
    assert payload(plan, loop.retry_plan.payload)["retryable_count"] == 1
    name = plan["session_id"]
    again = write_delivery(loop, NOW - HOUR, "subject-1", {"slack": 0}, retry_plan_id=name, worker_run_id="run-1")
    done = write_execution(
        loop,
        NOW - HOUR,
        "subject-1",
        "slack",
        "failed",
        retry_plan_id=name,
        worker_run_id="run-1",
        delivery_metadata_id=again["session_id"],
    )
    worse = states(lost, plan, again, done).of(loop)[0]
    assert (worse.failures, worse.execution_failed) == (2, True)


def test_schema_ids_are_upstreams_and_final_reporting_is_a_family_of_its_own() -> None:
    assert N.acknowledgement.schema_id == PILOT + "rollback-drill-notification-ack.v1"
    assert N.plans[-1].schema_id == PILOT + "rollback-drill-notification-plan.v1"
    assert A.subjects[-1].schema_id == PILOT + "rollback-drill-acknowledgement-audit-package.v1"
    assert A.health.schema_id == PILOT + "rollback-drill-acknowledgement-audit-delivery-worker-health.v1"
    assert X.health.schema_id == (
        PILOT + "rollback-drill-acknowledgement-audit-delivery-recovery-executive-report-delivery-retry-health.v1"
    )
    assert OUTSIDE[Step.RELEASE_DECISION].schema_id == (
        PILOT + "rollback-drill-final-reporting-release-readiness-approval-decision.v1"
    )
    assert F.plans[-1].schema_id == PILOT + "rollback-drill-final-reporting-auditor-export.v1"
    assert DELIVERIES.schema_id == "cavra.connector.delivery.v1"
    ids = [kind.schema_id for loop in LOOPS for _, kind in loop.kinds()]
    assert len(ids) == len(set(ids))


def test_counts_follow_the_conventions() -> None:
    """The table at the end of B3."""
    actions = (RetryAction.RETRY, RetryAction.RETRY, RetryAction.WAIT, RetryAction.SUPPRESS)
    decided = [Decision(f"audit-{place}", "slack", action) for place, action in enumerate(actions)]
    assert counts(write_retry_plan(A, NOW, decided)) == (4, 1, 2)
    assert counts(write_worker_run(A, NOW, dry=True, decisions=decided, selected=decided[:1])) == (1, 1, 1)
    assert counts(write_execution(A, NOW, "audit-1", "slack", "delivered")) == (1, 0, 0)
    assert counts(write_execution(A, NOW, "audit-1", "slack", "skipped")) == (1, 1, 0)
    assert counts(write_acknowledgement(A, NOW, "audit-1", "slack", "escalated", by="ana")) == (1, 0, 0)
    assert counts(write_plan(N, NOW, "monthly", ["slack"], suppressed={"jira": START})) == (2, 1, 1)
    assert counts(write_approval(A, NOW, "audit-1", "slack", "denied", by="ana")) == (1, 1, 0)
    assert counts(write_approval(A, NOW, "audit-1", "slack", "approved", by="ana")) == (1, 0, 0)
    failures = {"slack": ProviderFailures(3, NOW), "jira": ProviderFailures(2, NOW)}
    assert counts(write_playbook(NOW, failures)) == (2, 5, 2)
    assert counts(write_delivery(A, NOW, "audit-1", {"slack": 503, "jira": 201})) == (2, 1, 0)


@pytest.mark.parametrize(
    ("code", "reached"),
    [(200, True), (299, True), (300, False), (199, False), (404, False), (503, False), (0, False), (None, False)],
)
def test_only_codes_of_success_are_deliveries(code: int | None, *, reached: bool) -> None:
    value = write_delivery(X, START, "gordackexecsched-1", {"jira": code})
    (result,) = value["delivery"]["deliveries"]
    assert (value["delivery_success"], result["success"], result["error"] is None) == (reached, reached, reached)
    assert (only(value).outcome is RouteOutcome.DELIVERED) is reached


def test_delivery_to_nobody_is_not_called_a_success() -> None:
    value = write_delivery(X, START, "gordackexecsched-1", {})
    assert value["delivery_success"] is False
    assert only(value).outcome is RouteOutcome.FAILED


def test_delivery_names_its_subject_as_its_loop_does_and_holds_no_address() -> None:
    value = write_delivery(A, START, "gordackaudit-1", {"webhook": 200}, delivery_id="gordackdelivery-1")
    assert (value["audit_id"], value["delivery_id"], value["event_id"]) == (
        "gordackaudit-1",
        "gordackdelivery-1",
        "gordackaudit-1",
    )
    assert value["session_id"].startswith("rcd-gordackaudit-1-")
    assert "schedule_id" not in write_delivery(N, START, "monthly", {"slack": 200})
    assert "://" not in json.dumps(value)


@pytest.mark.parametrize("loop", [R, X, F], ids=lambda loop: loop.word)
def test_plan_that_is_the_subject_has_the_id_of_the_subject(loop: Loop) -> None:
    value = write_plan(loop, START, "subject-1", ["slack"])
    assert value["session_id"] == "subject-1"
    assert payload(value, loop.plans[-1].payload)[loop.subject_keys[0]] == "subject-1"


def test_plan_made_again_is_the_same_plan() -> None:
    first = write_plan(N, START, "monthly", ["slack"])
    again = write_plan(N, START + HOUR, "monthly", ["slack"])
    other = write_plan(N, START, "monthly", ["slack", "jira"])
    assert first["session_id"] == again["session_id"] != other["session_id"]


def suppressed(provider: str, category: str) -> RouteDecision:
    return route(provider, "ana", 30, "eve").model_copy(
        update={"action": "suppress", "category": category, "reason": "network change"}
    )


def test_notification_plan_says_who_is_told_and_why_others_are_not() -> None:
    routes = [
        route("slack", "ana", 30, "eve"),
        suppressed("teams", "maintenance_window"),
        suppressed("slack", "owner_calendar"),
        suppressed("jira", "owner_calendar"),
    ]
    value = write_notification_plan(N, START, "monthly", routes, next_due_at=NOW + DAY)
    said = payload(value, "plan")
    assert (said["selected_providers"], said["suppressed_providers"]) == (["slack"], ["teams", "jira"])
    assert (said["deliverable_route_count"], said["suppressed_route_count"]) == (1, 3)
    assert (said["maintenance_suppressed_count"], said["calendar_suppressed_count"]) == (1, 2)
    assert [one["category"] for one in said["route_decisions"]][1:] == [
        "maintenance_window",
        "owner_calendar",
        "owner_calendar",
    ]
    one = only(value)
    assert (one.route.provider, one.owner, one.escalation_owner) == ("slack", "ana", "eve")
    assert (one.acknowledgement.outstanding, one.acknowledgement.slo) == (True, 30 * MINUTE)
    assert (
        value["session_id"] == write_notification_plan(N, NOW, "monthly", routes, next_due_at=NOW + DAY)["session_id"]
    )
    assert value["session_id"] != write_notification_plan(N, START, "monthly", routes)["session_id"]


def test_retry_plan_decides_as_the_states_say_and_is_critical_when_exhausted() -> None:
    failed = [write_delivery(X, START - number * HOUR, "gordackexecsched-1", {"jira": 503}) for number in range(3)]
    found = states(*failed, write_delivery(X, NOW, "gordackexecsched-2", {"jira": 200})).routes
    value = write_retry_plan(X, NOW, decisions_of(found))
    said = payload(value, X.retry_plan.payload)
    assert (said["alert_level"], said["decision_count"], said["suppressed_count"]) == ("critical", 1, 1)
    (decision,) = said["retry_decisions"]
    assert (decision["action"], decision["retry_count"], decision["retry_delay_minutes"]) == ("suppress", 3, 120)
    assert (decision["run_id"], decision["latest_delivery_at"]) == ("gordackexecsched-1", "2026-06-10T15:40:00Z")


@pytest.mark.parametrize(
    ("action", "level"),
    [(RetryAction.RETRY, "critical"), (RetryAction.SUPPRESS, "critical"), (RetryAction.WAIT, "warning")],
)
def test_retry_plan_is_as_loud_as_its_worst_decision(action: RetryAction, level: str) -> None:
    assert write_retry_plan(A, NOW, [Decision("a", "slack", action)])["alert_level"] == level
    assert write_retry_plan(A, NOW, [])["alert_level"] == "healthy"


@pytest.mark.parametrize(
    ("minutes", "start", "end"),
    [
        (60, "2026-06-11T15:00:00Z", "2026-06-11T16:00:00Z"),
        (45, "2026-06-11T15:00:00Z", "2026-06-11T15:45:00Z"),
        (1440, "2026-06-11T00:00:00Z", "2026-06-12T00:00:00Z"),
    ],
)
def test_window_of_a_run_holds_its_whole_interval(minutes: int, start: str, end: str) -> None:
    """Upstream's daily window starts at the current hour, and its windows of 45 minutes overlap (C31)."""
    policy = states().policies.of(A)._replace(worker_interval=timedelta(minutes=minutes))
    said = payload(write_worker_run(A, NOW, dry=True, policy=policy), A.worker_run.payload)
    assert (said["schedule"]["window_start"], said["schedule"]["window_end"]) == (start, end)
    assert said["schedule"]["cadence"] == f"every_{minutes}_minutes"


@each_loop
def test_run_says_of_each_selected_retry_what_its_gate_says(loop: Loop) -> None:
    chosen = [Decision("subject-1", "slack")]
    words = {
        GateKind.NONE: ("execution_state", "selected_for_delivery_retry", "dry_run"),
        GateKind.APPROVAL: ("approval_state", "approved", "dry_run_not_required"),
        GateKind.ACKNOWLEDGEMENT: ("acknowledgement_state", "accepted", "dry_run_not_required"),
    }
    key, live, dry = words[loop.gate]
    for is_dry, word in ((False, live), (True, dry)):
        value = write_worker_run(loop, NOW, dry=is_dry, selected=chosen)
        (action,) = payload(value, loop.worker_run.payload)["follow_up_actions"]
        assert action[key] == word


def test_approval_opens_the_gate_of_the_route_it_names() -> None:
    lost = write_delivery(A, START, "gordackaudit-1", {"slack": 503})
    plan = write_retry_plan(A, START + HOUR, [Decision("gordackaudit-1", "slack")])
    named = {"retry_plan_id": plan["session_id"], "external_ref": "CHG-1", "notes": "mended"}
    accepted = write_acknowledgement(A, NOW - HOUR, None, "slack", "accepted", by="ana", **named)
    assert only(lost, plan, accepted).gate.state is GateState.APPROVAL_REQUIRED
    approved = write_approval(A, NOW, "gordackaudit-1", "slack", "approved", by="ana", approval_plan_id="p", **named)
    assert only(lost, plan, accepted, approved).gate.state is GateState.OPEN
    assert approved["retry_execution_approval_decision"]["external_ref"] == "CHG-1"


def test_loop_without_approval_refuses_a_decision() -> None:
    with pytest.raises(ValueError, match="executive_report"):
        write_approval(X, NOW, "gordackexecsched-1", "slack", "approved", by="ana")


def test_skipped_execution_keeps_its_reason() -> None:
    lost = write_delivery(X, START, "gordackexecsched-1", {"jira": 503})
    skip = write_execution(
        X, NOW, "gordackexecsched-1", "jira", "skipped", skip_reason="connector_config_not_configured"
    )
    one = only(lost, skip)
    assert (one.failures, one.skipped) == (1, "connector_config_not_configured")
    assert payload(skip, X.execution.payload)["selected_providers"] == []


def test_recovery_is_open_until_it_is_closed_with_verification_refs() -> None:
    playbook = write_playbook(START, {"slack": ProviderFailures(2, START), "unheard-of": ProviderFailures(2, None)})
    said = payload(playbook, "connector_recovery_playbook")
    assert [one["category"] for one in said["provider_playbooks"]] == ["chatops", "webhook"]
    assert "latest_failure_at" not in said["provider_playbooks"][1]
    name = playbook["session_id"]
    unproven = write_closure(NOW - HOUR, name, "slack", "resolved", by="ana", verification_refs=[])
    proven = write_closure(NOW - HOUR, name, "slack", "resolved", by="ana", verification_refs=["rcd-1"])
    assert [one.closed for one in states(playbook, unproven).recoveries] == [False, False]
    assert [one.closed for one in states(playbook, proven).recoveries] == [True, False]


def test_empty_playbook_is_healthy() -> None:
    assert write_playbook(NOW, {})["alert_level"] == "healthy"


def test_override_of_a_release_decision_is_kept_with_its_reason() -> None:
    value = write_release_decision(
        NOW, "summary-1", "approved", by="ana", readiness_state="blocked", override=True, reason="agreed with the board"
    )
    (note,) = states(value).releases
    assert (note.state, note.override, note.by, note.reason) == ("approved", True, "ana", "agreed with the board")
    assert counts(write_release_decision(NOW, "summary-1", "denied", by="ana", failed_check_count=2)) == (1, 1, 0)


def test_records_outside_the_loops_are_read_as_what_they_are() -> None:
    for step, value in outside().items():
        assert READER.decode_record(json.dumps(value).encode()).step is step
        assert value[OUTSIDE[step].payload]["schema_version"] == OUTSIDE[step].schema_id


def test_attachment_counts_what_is_missing() -> None:
    value = write_attachment(NOW, "rel-1", by="ana", decision_id="d-1", evidence={"runbook": "", "summary": "s-1"})
    assert counts(value) == (2, 1, 0)


def test_archive_reference_without_a_retention_date_has_none() -> None:
    value = write_archive_reference(
        NOW, "vault-1", by="ana", export_id="e-1", archive_hash="0" * 64, retention_until=None
    )
    assert "retention_until" not in payload(value, OUTSIDE[Step.ARCHIVE].payload)


def test_intent_names_the_result_to_come_and_holds_the_evidence_of_its_attempt() -> None:
    one = make.Try(F, NOW, "export-1", "jira", 2, Cause("plan", "run", "decision", "worker"))
    intent, result = make.intent(one), make.result(one, "throttled", error_class="too_many")
    assert intent["delivery_id"] == intent["delivery_intent"]["delivery_id"] == result["session_id"]
    assert intent["session_id"].startswith("rcdi-")
    shared = ("message_id", "attempt", "connector", "payload_sha256")
    assert [result[key] for key in shared] == [intent["delivery_intent"][key] for key in shared]
    assert (result["outcome"], result["error_class"], result["attempt"]) == ("throttled", "too_many", 2)
    assert (intent["approval_decision_id"], intent["executed_by"], result["worker_run_id"]) == (
        "decision", "worker", "run",
    )  # fmt: skip
    assert make.intent(one._replace(attempt=3))["delivery_id"] != intent["delivery_id"]
    assert make.intent(one._replace(provider="slack"))["session_id"] != intent["session_id"]


def test_result_says_how_often_it_was_tried_and_when_and_how_far_it_came() -> None:
    begun = make.Try(X, NOW, "run-1").begun(NOW)
    later = NOW + timedelta(seconds=3)
    told = Ended(
        delivered=True, outcome="accepted", receipt_level="landed", completed_at=later, tries=3, ids=[("key", "OPS-1")]
    )
    record = write_attempt(X, begun, told)
    (one,) = record["delivery"]["deliveries"]
    assert (record["attempt_count"], record["max_attempt_count"], record["status_codes"]) == (3, 3, [])
    assert (one["started_at"], one["completed_at"]) == ("2026-06-11T15:40:00Z", "2026-06-11T15:40:03Z")
    assert (record["receipt_level"], record["receipt_ids"]) == ("landed", {"key": "OPS-1"})
    assert only(record).outcome is RouteOutcome.DELIVERED
    waits = told._replace(delivered=False, retry_after=timedelta(minutes=2), status_code=429)
    assert write_attempt(X, begun, waits)["retry_after_seconds"] == 120
    assert write_attempt(X, begun, told._replace(completed_at=NOW - HOUR))["created_at"] == "2026-06-11T15:40:00Z"


def test_id_of_a_delivery_is_short_however_long_its_subject() -> None:
    assert len(make.result(make.Try(X, NOW, "x" * 5_000))["session_id"]) < 200
