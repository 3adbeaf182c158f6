"""Recovery (domain.md A9, B2.20 - B2.22)."""

from datetime import datetime, timedelta

import pytest

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, SECOND, A, F, X, settled
from reporter.loops.policy import RecoveryPolicy
from reporter.loops.recovery import RecoveryDay, escalate, needed_playbooks, recovery_days
from reporter.loops.routes import LoopStates
from reporter.model.routes import RecoveryState

POLICY = RecoveryPolicy()
OPENED = NOW - 2 * HOUR
PLAYBOOK = make.playbook(OPENED, {"slack": OPENED - MINUTE}, rid="playbook-1")


def recovery(*values: make.RecordValue, now: datetime = NOW) -> RecoveryState:
    (found,) = settled(PLAYBOOK, *values, now=now).recoveries
    return found


def needed(states: LoopStates) -> list[tuple[str, int]]:
    found = needed_playbooks(states.recent_failures, states.recoveries, states.now, POLICY)
    return [(one.provider, len(one.failures)) for one in found]


def failures(*at: datetime | None, provider: str = "slack") -> list[make.RecordValue]:
    return [make.delivery(F, one, f"export-{place}", [provider], [provider]) for place, one in enumerate(at)]


@pytest.mark.parametrize(
    ("past", "called_for"),
    [(-SECOND, [("slack", 2)]), (0 * SECOND, [("slack", 2)]), (SECOND, [])],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_two_failures_in_a_day_call_for_a_playbook(past: timedelta, called_for: list[tuple[str, int]]) -> None:
    assert needed(settled(*failures(NOW, NOW - DAY - past))) == called_for


def test_failures_of_all_loops_and_those_without_a_date_count_and_nobody_is_no_provider() -> None:
    audit = make.delivery(A, NOW, "audit-1", failed=["slack"])
    assert needed(settled(audit, *failures(NOW))) == [("slack", 2)]
    assert needed(settled(*failures(NOW, None))) == [("slack", 2)]
    nobody = [make.delivery(X, NOW - n * MINUTE, "run-1", []) for n in range(3)]
    assert needed(settled(*nobody)) == []


def test_failures_that_were_made_good_count_too() -> None:
    assert needed(settled(*failures(NOW - HOUR, NOW - HOUR), make.delivery(F, NOW, "export-0"))) == [("slack", 2)]


def test_c22_the_same_failures_never_open_a_second_playbook_while_the_first_is_open() -> None:
    lost = failures(OPENED - MINUTE, OPENED - 2 * MINUTE, NOW)
    assert needed(settled(*lost, PLAYBOOK)) == []
    second = make.playbook(OPENED + HOUR, {"slack": OPENED - MINUTE}, rid="playbook-2")
    joined = recovery(second)
    assert (joined.playbooks, joined.opened_at) == (("playbook-1", "playbook-2"), OPENED), "upstream: two to close"
    assert recovery(second, make.closure(NOW, "playbook-2")).closed
    assert recovery(second, make.closure(NOW, "playbook-1")).closed


def test_failures_before_the_end_of_a_recovery_were_answered_by_it() -> None:
    lost = failures(OPENED - MINUTE, OPENED - 2 * MINUTE)
    closed = make.closure(OPENED + MINUTE, "playbook-1")
    assert needed(settled(*lost, PLAYBOOK, closed)) == []
    newer = [make.delivery(F, OPENED + HOUR + n * MINUTE, f"later-{n}", failed=["slack"]) for n in range(2)]
    assert needed(settled(*lost, *newer, PLAYBOOK, closed)) == [("slack", 2)]


def test_playbook_about_failures_that_a_closure_answered_opens_nothing_and_one_about_newer_ones_does() -> None:
    closed = make.closure(OPENED + MINUTE, "playbook-1")
    again = make.playbook(OPENED + HOUR, {"slack": OPENED - MINUTE}, rid="playbook-2")
    assert recovery(closed, again).closed
    for newest in (OPENED + 2 * MINUTE, None):
        later = make.playbook(OPENED + HOUR, {"slack": newest}, rid="playbook-2")
        first, second = settled(PLAYBOOK, closed, later).recoveries
        assert (first.closed, second.closed, second.playbooks) == (True, False, ("playbook-2",))


@pytest.mark.parametrize(
    ("state", "refs", "closed"),
    [
        ("resolved", ["ref"], True),
        ("mitigated", ["ref"], True),
        ("resolved", [], False),
        ("mitigated", [" "], False),
        ("deferred", ["ref"], False),
        ("escalated", ["ref"], False),
        ("reopened", ["ref"], False),
        ("done", ["ref"], False),
    ],
)
def test_c13_only_resolved_or_mitigated_with_verification_closes(state: str, refs: list[str], *, closed: bool) -> None:
    found = recovery(make.closure(NOW, "playbook-1", state=state, refs=refs))
    assert found.closed is closed
    assert found.slo_status == ("closed" if closed else "open")
    assert bool(found.reasons) is not closed


def test_c13_a_closure_needs_its_playbook_and_provider_and_a_date_after_it() -> None:
    assert not recovery(make.closure(NOW, "playbook-9")).closed, "upstream: accepted"
    assert not recovery(make.closure(NOW, "playbook-1", "jira")).closed
    assert not recovery(make.closure(OPENED - SECOND, "playbook-1")).closed
    assert recovery(make.closure(OPENED, "playbook-1")).closed
    assert not recovery(make.closure(None, "playbook-1")).closed
    assert settled(make.closure(NOW, "playbook-9")).recoveries == ()


def test_reopened_opens_it_again_and_a_later_closing_closes_it() -> None:
    closed = make.closure(OPENED + MINUTE, "playbook-1")
    again = make.closure(OPENED + 2 * MINUTE, "playbook-1", state="reopened")
    assert not recovery(closed, again).closed
    last = recovery(closed, again, make.closure(OPENED + 3 * MINUTE, "playbook-1", state="mitigated"))
    assert (last.closed_at, last.state, last.by) == (OPENED + 3 * MINUTE, "mitigated", make.ACTOR)
    assert not recovery(closed, make.closure(None, "playbook-1", state="reopened")).closed
    unverified = make.closure(OPENED + 2 * MINUTE, "playbook-1", refs=[])
    assert recovery(closed, unverified).closed_at == OPENED + MINUTE
    twice = make.closure(OPENED + 2 * MINUTE, "playbook-1")
    assert recovery(closed, twice).closed_at == OPENED + MINUTE


@pytest.mark.parametrize(
    ("past", "breached"),
    [(-SECOND, False), (0 * SECOND, False), (SECOND, True)],
    ids=["a-second-before", "at", "a-second-after"],
)
def test_slo_is_breached_strictly_after_240_minutes(past: timedelta, *, breached: bool) -> None:
    found = recovery(now=OPENED + 240 * MINUTE + past)
    assert found.breached is breached
    assert found.slo_status == ("breached" if breached else "open")


def test_undated_playbook_is_breached_and_cannot_be_closed() -> None:
    undated = make.playbook(None, {"slack": None}, rid="playbook-1")
    (found,) = settled(undated, make.closure(NOW, "playbook-1")).recoveries
    assert (found.undated, found.breached, found.closed, found.age) == (True, True, False, timedelta(0))
    assert "unknown time" in found.reasons[0]


def test_playbook_within_the_tolerance_ahead_has_no_negative_age() -> None:
    (found,) = settled(make.playbook(NOW + MINUTE, {"slack": None})).recoveries
    assert found.age == timedelta(0)


def test_one_playbook_opens_a_recovery_for_each_provider() -> None:
    both = make.playbook(OPENED, {"slack": OPENED, "jira": OPENED}, rid="playbook-1")
    states = settled(both, make.closure(NOW, "playbook-1", "jira"))
    assert {one.provider: one.closed for one in states.recoveries} == {"jira": True, "slack": False}


def test_c27_escalations_never_go_to_the_failing_provider_alone() -> None:
    assert escalate("slack", ["slack", "Teams", "jira"]).channels == ("jira", "teams")
    alone = escalate("slack", ["Slack"])
    assert (alone.channels, alone.reason) == ((), "no channel but slack itself: tell a person")


def test_recovery_says_when_it_is_due_how_long_it_took_and_what_it_was_about() -> None:
    found = recovery()
    assert (found.due_at, found.closure_time) == (OPENED + 240 * MINUTE, None)
    assert (found.failures, found.latest_failure_at, found.record) == (2, OPENED - MINUTE, "")
    closed = recovery(make.closure(OPENED + 90 * MINUTE, "playbook-1", rid="closure-1"))
    assert (closed.closure_time, closed.record) == (90 * MINUTE, "closure-1")
    second = make.playbook(OPENED + HOUR, {"slack": OPENED + MINUTE}, rid="playbook-2")
    assert recovery(second).latest_failure_at == OPENED + MINUTE
    (undated,) = settled(make.playbook(None, {"slack": None})).recoveries
    assert (undated.due_at, undated.latest_failure_at, undated.closure_time) == (None, None, None)


def test_openings_and_closings_are_counted_by_day() -> None:
    states = settled(
        make.playbook(NOW - 2 * DAY, {"slack": None, "jira": None}, rid="playbook-1"),
        make.closure(NOW - DAY, "playbook-1", "slack"),
        make.playbook(NOW - 90 * DAY, {"teams": None}, rid="playbook-2"),
        make.closure(NOW, "playbook-2", "teams"),
        make.playbook(None, {"email": None}, rid="playbook-3"),
    )
    assert recovery_days(states.recoveries, NOW) == (
        RecoveryDay((NOW - 2 * DAY).date(), 2, 0),
        RecoveryDay((NOW - DAY).date(), 0, 1),
        RecoveryDay(NOW.date(), 0, 1),
    )
