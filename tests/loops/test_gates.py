"""Acknowledgements and gates (domain.md A5, C5 - C7, C15)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loops import records as make
from loops.cases import AH, DAY, FH, HOUR, MINUTE, NOW, RH, SECOND, XH, A, N, R, X, only, policies, settled
from reporter.loops.facts import KEPT_ANSWERS
from reporter.loops.folder import LONGEST_TEXT
from reporter.loops.gates import is_same_person
from reporter.loops.loop import Loop
from reporter.model.routes import Gate, GateState

PLANNED = NOW - 2 * HOUR
DUE = "2026-06-20T15:40:00Z"


def drill_plan(at: datetime | str | None = PLANNED, due: str = DUE, **more: Any) -> make.RecordValue:  # noqa: ANN401 - fields of a record
    routes = make.notification_routes(["slack"])
    return make.plan(N, at, "monthly", **({"next_due_at": due, "route_decisions": routes} | more))


@pytest.mark.parametrize("loop", [N, AH, RH, XH, FH], ids=lambda loop: loop.word)
@pytest.mark.parametrize(
    ("state", "outstanding"),
    [
        ("acknowledged", False),
        ("resolved", False),
        (" Resolved ", False),
        ("escalated", True),
        ("dismissed", True),
        ("deferred", True),
        ("accepted", True),
        ("seen", True),
        ("", True),
    ],
)
def test_only_acknowledged_and_resolved_count(loop: Loop, state: str, *, outstanding: bool) -> None:
    plan = make.plan(loop, PLANNED, "subject-1", rid="plan-1")
    told = only(plan, make.acknowledgement(loop, PLANNED + HOUR, "subject-1", state=state, plan_id="plan-1"))
    assert told.acknowledgement.required
    assert told.acknowledgement.outstanding is outstanding
    assert told.acknowledgement.state == state.strip().lower()


def test_acknowledgement_says_when_and_under_which_reference_it_was_given() -> None:
    told = only(drill_plan(), make.acknowledgement(N, PLANNED + HOUR, "monthly", external_ref="CHG-7\u202e"))
    assert (told.acknowledgement.at, told.acknowledgement.external_ref) == (PLANNED + HOUR, r"CHG-7\u202e")
    undated = only(drill_plan(), make.acknowledgement(N, None, "monthly", state="escalated", external_ref="r" * 500))
    assert undated.acknowledgement.at is None
    assert len(undated.acknowledgement.external_ref) == LONGEST_TEXT
    silent = only(drill_plan()).acknowledgement
    assert (silent.at, silent.external_ref) == (None, "")


def test_unknown_state_is_a_fault_that_lists_the_known_ones() -> None:
    (fault,) = settled(drill_plan(), make.acknowledgement(N, PLANNED, "monthly", state="seen", rid="ack-1")).faults
    assert str(fault) == (
        "record (ack-1) /acknowledgement_state: found seen, wanted one of "
        "accepted, acknowledged, deferred, dismissed, escalated, resolved"
    )


@pytest.mark.parametrize(
    ("past", "outstanding"),
    [(-SECOND, True), (0 * SECOND, False), (SECOND, False)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_c5_an_answer_counts_from_its_plan_on(past: timedelta, *, outstanding: bool) -> None:
    told = only(drill_plan(), make.acknowledgement(N, PLANNED + past, "monthly"))
    assert told.acknowledgement.outstanding is outstanding, "upstream: an answer of any former cycle counts for ever"


def test_c5_an_answer_to_a_former_cycle_does_not_answer_this_one() -> None:
    former = drill_plan(PLANNED - 30 * DAY, "2026-05-21T15:40:00Z", rid="plan-may")
    answer = make.acknowledgement(N, PLANNED - 29 * DAY, "monthly", plan_id="plan-may")
    assert not only(former, answer).acknowledgement.outstanding
    assert only(former, answer, drill_plan(rid="plan-june")).acknowledgement.outstanding


def test_c5_an_answer_with_another_plans_id_does_not_count_whatever_its_date() -> None:
    answer = make.acknowledgement(N, PLANNED + HOUR, "monthly", plan_id="plan-may")
    assert only(drill_plan(rid="plan-june"), answer).acknowledgement.outstanding
    answers = [answer, make.acknowledgement(N, PLANNED + MINUTE, "monthly", plan_id="plan-june")]
    assert not only(drill_plan(rid="plan-june"), *answers).acknowledgement.outstanding


def test_c5_a_later_escalation_reopens() -> None:
    values = [drill_plan(), make.acknowledgement(N, PLANNED + MINUTE, "monthly")]
    for state in ("escalated", "dismissed", "deferred"):
        told = only(*values, make.acknowledgement(N, PLANNED + 2 * MINUTE, "monthly", state=state))
        assert (told.acknowledgement.outstanding, told.acknowledgement.state) == (True, state)


def test_answer_is_for_its_subject_and_provider_alone() -> None:
    plan = make.plan(RH, PLANNED, "health-1", ["slack", "jira"])
    states = settled(plan, make.acknowledgement(RH, NOW, "health-1", "Slack"), make.acknowledgement(RH, NOW, "other"))
    assert {one.route.provider: one.acknowledgement.outstanding for one in states.routes} == {
        "jira": True,
        "slack": False,
    }


def test_c6_planning_again_in_the_same_cycle_keeps_the_start_of_the_slo() -> None:
    again = [drill_plan(PLANNED + place * MINUTE) for place in range(0, 120, 10)]
    told = only(*again).acknowledgement
    assert (told.since, told.breached) == (PLANNED, True), "upstream: the clock starts anew and never ends"
    changed = drill_plan(NOW - MINUTE, rid="plan-changed")
    assert only(*again, changed).acknowledgement.since == PLANNED
    other_cycle = drill_plan(NOW - MINUTE, "2026-07-20T15:40:00Z")
    answer = make.acknowledgement(N, PLANNED + HOUR, "monthly")
    assert only(drill_plan(), answer, other_cycle).acknowledgement.since == NOW - MINUTE


@pytest.mark.parametrize("due", ["2026-07-20T15:40:00Z", "2026-06-20T15:40:01Z"], ids=["a-month", "a-second"])
def test_planning_another_cycle_does_not_restart_the_slo_of_what_nobody_answered(due: str) -> None:
    told = only(drill_plan(), drill_plan(NOW - MINUTE, due, rid="plan-2")).acknowledgement
    assert (told.since, told.outstanding, told.breached) == (PLANNED, True, True)


def test_a_cycle_that_wants_no_answer_does_not_drop_the_one_that_an_earlier_cycle_wants() -> None:
    silent = drill_plan(
        NOW - MINUTE,
        "2026-07-20T15:40:00Z",
        rid="plan-2",
        route_decisions=[],
        selected_providers=["slack"],
        acknowledgement_required_providers=[],
    )
    first = drill_plan(rid="plan-1")
    told = only(first, silent).acknowledgement
    assert (told.required, told.outstanding, told.since) == (True, True, PLANNED)
    for more in ({"plan_id": "plan-1"}, {}):
        answered = only(first, silent, make.acknowledgement(N, PLANNED + MINUTE, "monthly", **more)).acknowledgement
        assert (answered.required, answered.outstanding) == (False, False)
    undone = make.acknowledgement(N, PLANNED + HOUR, "monthly", state="escalated", plan_id="plan-1")
    assert only(first, silent, make.acknowledgement(N, PLANNED + MINUTE, "monthly"), undone).acknowledgement.outstanding
    assert not only(
        first, silent, make.acknowledgement(N, NOW, "monthly", plan_id="plan-2")
    ).acknowledgement.outstanding
    assert only(first, silent, make.acknowledgement(N, NOW, "monthly", by="-")).acknowledgement.outstanding


def test_a_plan_made_again_without_its_question_still_wants_the_answer() -> None:
    silent = drill_plan(NOW, rid="plan-1", route_decisions=[], acknowledgement_required_providers=[])
    told = only(drill_plan(rid="plan-1"), silent | {"session_id": "another-record"}).acknowledgement
    assert (told.required, told.since) == (True, PLANNED)


@pytest.mark.parametrize("by", ["\u0301", "-", "..", "\u3164", " "], ids=ascii)
def test_a_name_without_a_letter_or_digit_is_nobody(by: str) -> None:
    assert only(drill_plan(), make.acknowledgement(N, NOW, "monthly", by=by)).acknowledgement.outstanding


@pytest.mark.parametrize(
    "same",
    [
        "retry-worker",
        "Retry\u2011Worker",
        "retry\u2013worker",
        "\uff52etry-worker",
        " RETRY-WORKER\u200b ",
        "re\u00adtry-worker",
    ],
    ids=ascii,
)
def test_one_person_is_the_same_however_the_name_is_written(same: str) -> None:
    assert is_same_person(same, "retry-worker")
    assert not is_same_person(same, "retry-worker-2")
    assert not is_same_person("", "")


def test_c6_planning_again_does_not_undo_an_answer_unless_the_plan_changed() -> None:
    values = [
        drill_plan(rid="plan-1"),
        make.acknowledgement(N, PLANNED + MINUTE, "monthly"),
        drill_plan(NOW, rid="plan-1"),
    ]
    assert not only(*values).acknowledgement.outstanding
    assert only(*values, drill_plan(NOW, rid="plan-2")).acknowledgement.outstanding


def test_one_due_date_in_two_spellings_is_one_cycle() -> None:
    told = only(drill_plan(), drill_plan(NOW, "2026-06-20T17:40:00+02:00", rid="plan-2"))
    assert told.acknowledgement.since == PLANNED


@pytest.mark.parametrize(
    ("past", "breached"),
    [(-SECOND, False), (0 * SECOND, True), (SECOND, True)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_slo_is_breached_at_its_end(past: timedelta, *, breached: bool) -> None:
    told = only(drill_plan(NOW - 30 * MINUTE - past)).acknowledgement
    assert (told.slo, told.breached) == (30 * MINUTE, breached)


@pytest.mark.parametrize(
    ("decision", "changes", "slo"),
    [
        ({"acknowledgement_minutes": 45}, {}, 45 * MINUTE),
        ({"acknowledgement_minutes": 45}, {"acknowledgement": 5 * MINUTE}, 5 * MINUTE),
        ({"acknowledgement_minutes": None}, {}, 60 * MINUTE),
        ({"acknowledgement_minutes": -1}, {}, 60 * MINUTE),
        ({"acknowledgement_minutes": 1e300}, {}, 60 * MINUTE),
    ],
    ids=["plan", "policy-wins", "default", "negative", "absurd"],
)
def test_slo_comes_from_policy_then_plan_then_an_hour(
    decision: dict[str, Any], changes: dict[str, Any], slo: timedelta
) -> None:
    routes = [make.notification_routes(["slack"])[0] | decision]
    told = only(drill_plan(route_decisions=routes), policies=policies(N, **changes))
    assert told.acknowledgement.slo == slo


def test_strictest_minutes_and_all_owners_of_a_provider_count() -> None:
    routes = [
        *make.notification_routes(["slack"], 45, "release-governance", "platform-lead"),
        *make.notification_routes(["slack"], 20, "payments", "payments-lead"),
    ]
    told = only(drill_plan(route_decisions=routes))
    assert told.acknowledgement.slo == 20 * MINUTE
    assert (told.owner, told.escalation_owner) == ("payments, release-governance", "payments-lead, platform-lead")


def test_c7_a_plan_with_all_routes_suppressed_does_not_quieten_what_is_outstanding() -> None:
    quiet = [make.notification_routes(["slack"])[0] | {"action": "suppress"}]
    suppressed = drill_plan(
        NOW, route_decisions=quiet, selected_providers=[], acknowledgement_required_providers=[], rid="plan-2"
    )
    assert only(drill_plan(), suppressed).acknowledgement.outstanding, "upstream: nothing required, so healthy"


def test_decision_without_an_action_is_a_delivery() -> None:
    routes = [{"provider": "teams"}, {"provider": ""}]
    assert {one.route.provider for one in settled(drill_plan(route_decisions=routes)).routes} == {"slack", "teams"}


def test_delivery_without_a_plan_wants_an_answer_where_the_loop_does() -> None:
    told = only(make.delivery(RH, PLANNED, "health-1")).acknowledgement
    assert (told.required, told.outstanding, told.since) == (True, True, PLANNED)
    answered = only(make.delivery(RH, PLANNED, "health-1"), make.acknowledgement(RH, NOW, "health-1"))
    assert not answered.acknowledgement.outstanding
    assert only(make.delivery(X, PLANNED, "run-1")).acknowledgement.state == "not_required"


def test_report_that_asks_for_an_answer_by_its_plan_gets_one() -> None:
    plan = make.plan(X, PLANNED, "run-1", acknowledgement_required_providers=["slack"])
    assert only(plan).acknowledgement.outstanding
    assert not only(plan, make.acknowledgement(X, NOW, "run-1")).acknowledgement.outstanding


def test_undated_plan_cannot_be_answered_and_is_breached() -> None:
    told = only(drill_plan(None), make.acknowledgement(N, NOW, "monthly")).acknowledgement
    assert (told.outstanding, told.breached, told.since, told.due_at) == (True, True, None, None)


def test_undated_answer_counts_only_against() -> None:
    answered = [drill_plan(), make.acknowledgement(N, NOW, "monthly")]
    assert only(drill_plan(), make.acknowledgement(N, None, "monthly")).acknowledgement.outstanding
    assert only(*answered, make.acknowledgement(N, None, "monthly", state="escalated")).acknowledgement.outstanding
    assert not only(*answered).acknowledgement.outstanding


def test_answer_of_nobody_is_none() -> None:
    assert only(drill_plan(), make.acknowledgement(N, NOW, "monthly", by=" ")).acknowledgement.outstanding


def test_answers_with_one_id_count_once_the_newest_and_are_noted() -> None:
    states = settled(
        drill_plan(),
        make.acknowledgement(N, NOW - MINUTE, "monthly", rid="ack-1"),
        make.acknowledgement(N, NOW, "monthly", state="escalated", rid="ack-1"),
    )
    assert states.routes[0].acknowledgement.outstanding
    assert states.conflicts == ("ack-1",)


FAILED = NOW - 5 * HOUR
LOST = make.delivery(A, FAILED, "audit-1", failed=["slack"])


def gate(*values: make.RecordValue, executor: str = "", **changes: Any) -> Gate:  # noqa: ANN401 - fields of a policy
    return only(LOST, *values, policies=policies(A, executor=executor, **changes)).gate


def approved(at: datetime | None = FAILED + HOUR, state: str = "approved", **more: Any) -> make.RecordValue:  # noqa: ANN401 - fields of a record
    return make.approval(A, at, "audit-1", state=state, rid=more.pop("rid", "approval-1"), **more)


ACCEPTED = make.acknowledgement(A, FAILED + MINUTE, "audit-1", state="accepted")


def test_approval_gate_waits_for_the_retry_ack_then_for_the_approval_then_opens() -> None:
    assert gate().state is GateState.WAIT_FOR_RETRY_ACK
    assert gate(require_retry_ack=False).state is GateState.APPROVAL_REQUIRED
    assert gate(ACCEPTED).state is GateState.APPROVAL_REQUIRED
    assert not gate(ACCEPTED).lets_through
    opened = gate(ACCEPTED, approved())
    assert (opened.state, opened.by, opened.lets_through) == (GateState.OPEN, make.ACTOR, True)


@pytest.mark.parametrize(
    ("past", "state"),
    [
        (-SECOND, GateState.WAIT_FOR_RETRY_ACK),
        (0 * SECOND, GateState.WAIT_FOR_RETRY_ACK),
        (SECOND, GateState.OPEN),
    ],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_c15_approval_counts_strictly_after_the_failure_it_answers(past: timedelta, state: GateState) -> None:
    assert gate(approved(FAILED + past)).state is state, "upstream: one approval is good for ever"


@pytest.mark.parametrize("state", ["denied", "expired", "deferred", "perhaps"])
def test_c15_a_later_decision_revokes(state: str) -> None:
    later = approved(FAILED + 2 * HOUR, state, rid="approval-2")
    assert gate(approved(), later).state is GateState.REVOKED, "upstream: once approved, always approved"
    earlier = approved(FAILED + MINUTE, state, rid="approval-2")
    assert gate(approved(), earlier).state is GateState.OPEN


@pytest.mark.parametrize("rid", ["approval-0", "approval-2"], ids=["sorts-before", "sorts-after"])
@pytest.mark.parametrize(
    ("against", "state"),
    [
        ({"state": "denied"}, GateState.REVOKED),
        ({"state": "expired"}, GateState.REVOKED),
        ({"state": "deferred"}, GateState.REVOKED),
        ({"state": "perhaps"}, GateState.REVOKED),
        ({"by": " "}, GateState.APPROVAL_REQUIRED),
    ],
    ids=["denied", "expired", "deferred", "unknown", "by-nobody"],
)
@pytest.mark.parametrize("more", [0, KEPT_ANSWERS], ids=["one-approval", "more-than-are-kept"])
def test_decision_against_a_retry_counts_beside_approvals_of_its_instant(
    against: dict[str, Any], state: GateState, rid: str, more: int
) -> None:
    approvals = [approved(), *(approved(rid=f"approval-1-{number}") for number in range(more))]
    for values in ((*approvals, approved(rid=rid, **against)), (approved(rid=rid, **against), *approvals)):
        assert gate(ACCEPTED, *values).state is state


@pytest.mark.parametrize("rid", ["ack-0", "ack-2"], ids=["sorts-before", "sorts-after"])
@pytest.mark.parametrize(
    ("loop", "good", "against"),
    [
        (N, "acknowledged", {"state": "escalated"}),
        (N, "resolved", {"state": "dismissed"}),
        (N, "resolved", {"state": "accepted"}),
        (N, "acknowledged", {"state": "perhaps"}),
        (N, "acknowledged", {"by": " "}),
    ],
    ids=["escalated", "dismissed", "not-accepted-in-this-loop", "unknown", "by-nobody"],
)
def test_answer_that_is_none_counts_beside_one_of_its_instant(
    loop: Loop, good: str, against: dict[str, Any], rid: str
) -> None:
    answer = make.acknowledgement(loop, NOW, "monthly", state=good, rid="ack-1")
    other = make.acknowledgement(loop, NOW, "monthly", rid=rid, **against)
    assert not only(drill_plan(), answer).acknowledgement.outstanding
    for values in ((answer, other), (other, answer)):
        assert only(drill_plan(), *values).acknowledgement.outstanding


@pytest.mark.parametrize("rid", ["ack-0", "ack-2"], ids=["sorts-before", "sorts-after"])
def test_escalation_at_the_instant_of_an_answer_that_opens_the_gate_alone_shuts_it(rid: str) -> None:
    values = [make.plan(R, PLANNED, "plan-1", rid="plan-1"), make.delivery(R, PLANNED, "plan-1", failed=["slack"])]
    accepted = make.acknowledgement(R, NOW, "plan-1", state="accepted", rid="ack-1")
    escalated = make.acknowledgement(R, NOW, "plan-1", state="escalated", rid=rid)
    assert only(*values, accepted).gate.state is GateState.OPEN
    assert only(*values, accepted, escalated).gate.state is GateState.ACKNOWLEDGEMENT_REQUIRED


@pytest.mark.parametrize("field", ["decision_id", "approval_decision_id"])
@pytest.mark.parametrize("named", ["approval-1", "record-7"], ids=["by-its-decision", "by-its-record"])
def test_approval_is_told_by_the_id_of_its_record_and_by_that_of_its_decision(field: str, named: str) -> None:
    names: dict[str, Any] = {"decision_id": "", field: "approval-1"}
    decision = approved(rid="record-7", **names)
    used = make.execution(A, FAILED - HOUR, "audit-1", status="failed", approval_decision_id=named)
    assert gate(decision, used).state is GateState.USED
    done = make.execution(A, FAILED + 2 * HOUR, "audit-1", by=make.ACTOR, approval_decision_id=named)
    assert gate(decision, done).self_approved
    by_another = make.execution(A, FAILED + 2 * HOUR, "audit-1", by="worker", approval_decision_id=named)
    unnamed = make.execution(A, FAILED + 2 * HOUR, "audit-1", by=make.ACTOR)
    assert not gate(decision, by_another).self_approved
    assert not gate(decision, unnamed).self_approved
    assert not gate(approved(decision_id=""), unnamed).self_approved


def test_c15_one_approval_covers_one_execution() -> None:
    again = make.execution(A, FAILED + 2 * HOUR, "audit-1", status="failed", approval_decision_id="approval-1")
    assert gate(ACCEPTED, approved(), again).state is GateState.WAIT_FOR_RETRY_ACK, "the failure is newer"
    predated = make.execution(A, FAILED - HOUR, "audit-1", status="failed", approval_decision_id="approval-1")
    assert gate(ACCEPTED, approved(), predated).state is GateState.USED
    skipped = make.execution(A, FAILED + 2 * HOUR, "audit-1", status="skipped", approval_decision_id="approval-1")
    assert gate(approved(), skipped).state is GateState.OPEN, "skipping uses nothing up"


def test_c15_an_approval_of_a_plan_made_before_the_failure_does_not_count() -> None:
    old = make.retry_plan(A, FAILED - HOUR, [("audit-1", "slack")], rid="plan-old")
    new = make.retry_plan(A, FAILED + MINUTE, [("audit-1", "slack")], rid="plan-new")
    assert gate(old, new, approved(retry_plan_id="plan-old")).state is GateState.WAIT_FOR_RETRY_ACK
    assert gate(old, new, approved(retry_plan_id="plan-new")).state is GateState.OPEN


def test_answers_that_name_only_the_retry_plan_are_tied_to_its_routes() -> None:
    plan = make.retry_plan(A, FAILED + MINUTE, [("audit-1", "slack")], rid="plan-1")
    answer = make.acknowledgement(A, FAILED + HOUR, None, state="accepted", retry_plan_id="plan-1")
    decision = make.approval(A, FAILED + HOUR, None, retry_plan_id="plan-1")
    assert gate(plan, answer).state is GateState.APPROVAL_REQUIRED
    assert gate(plan, decision).state is GateState.OPEN
    assert gate(answer, decision).state is GateState.WAIT_FOR_RETRY_ACK, "nothing ties them"


def test_approval_of_nobody_or_without_a_date_is_none() -> None:
    assert gate(approved(by="")).state is GateState.WAIT_FOR_RETRY_ACK
    assert gate(approved(None)).state is GateState.WAIT_FOR_RETRY_ACK
    assert gate(approved(), approved(None, "denied", rid="approval-2")).state is GateState.REVOKED


def test_self_approval_is_flagged_or_refused() -> None:
    assert not gate(approved(), executor="somebody-else").self_approved
    flagged = gate(approved(), executor="Release-Manager")
    assert (flagged.state, flagged.self_approved) == (GateState.OPEN, True)
    refused = gate(approved(), executor=make.ACTOR, self_approval="refuse")
    assert (refused.state, refused.self_approved) == (GateState.SELF_APPROVAL_REFUSED, True)
    done = make.execution(A, FAILED + 2 * HOUR, "audit-1", by=make.ACTOR, approval_decision_id="approval-1")
    shown = gate(approved(), done)
    assert (shown.state, shown.self_approved) == (GateState.NOT_NEEDED, True)


@pytest.mark.parametrize("state", ["acknowledged", "accepted", "resolved"])
def test_escalation_retry_opens_with_an_acknowledgement(state: str) -> None:
    values = [make.plan(R, PLANNED, "plan-1", rid="plan-1"), make.delivery(R, PLANNED, "plan-1", failed=["slack"])]
    assert only(*values).gate.state is GateState.ACKNOWLEDGEMENT_REQUIRED
    opened = only(*values, make.acknowledgement(R, PLANNED + MINUTE, "plan-1", state=state))
    assert opened.gate.state is GateState.OPEN
    assert opened.acknowledgement.outstanding is (state == "accepted")
    reopened = make.acknowledgement(R, PLANNED + HOUR, "plan-1", state="escalated")
    told = only(*values, make.acknowledgement(R, PLANNED + MINUTE, "plan-1", state=state), reopened)
    assert told.gate.state is GateState.ACKNOWLEDGEMENT_REQUIRED


def test_escalation_plan_that_nobody_sent_wants_no_answer() -> None:
    plan = make.plan(R, PLANNED, "plan-1", rid="plan-1")
    del plan[R.plans[0].payload]["acknowledgement_required_providers"]
    assert not only(plan).acknowledgement.outstanding
    assert only(plan, make.delivery(R, PLANNED, "plan-1")).acknowledgement.outstanding


def test_other_loops_have_no_gate() -> None:
    assert only(make.delivery(RH, FAILED, "health-1", failed=["slack"])).gate.state is GateState.NOT_NEEDED


@pytest.mark.parametrize(
    ("changes", "is_fault"),
    [
        ({}, False),
        ({"deliverable_route_count": 2}, True),
        ({"approval_required_count": 1}, True),
        ({"deliverable_route_count": 2, "selected_providers": ["slack"]}, False),
    ],
    ids=["nothing", "deliverable", "to-be-answered", "named"],
)
def test_plan_that_counts_routes_and_names_none_is_a_fault(changes: dict[str, Any], *, is_fault: bool) -> None:
    empty: dict[str, Any] = {"route_decisions": [], "selected_providers": [], "acknowledgement_required_providers": []}
    value = make.plan(N, PLANNED, "monthly", [], **{**empty, **changes})
    assert [one.pointer for one in settled(value).faults] == ["/selected_providers"] * is_fault
