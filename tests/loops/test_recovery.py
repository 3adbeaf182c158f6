"""Recovery (domain.md A9, B2.20 - B2.22)."""

from datetime import datetime, timedelta

import pytest

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, SECOND, A, F, X, settled
from reporter.loops.facts import KEPT_ANSWERS
from reporter.loops.policy import RecoveryPolicy
from reporter.loops.recovery import RecoveryDay, escalate, needed_playbooks, recovery_days
from reporter.loops.routes import LoopStates
from reporter.loops.table import OUTSIDE
from reporter.model.records import Step
from reporter.model.routes import RecoveryState

POLICY = RecoveryPolicy()
OPENED = NOW - 2 * HOUR
PLAYBOOK = make.playbook(OPENED, {"slack": OPENED - MINUTE}, rid="playbook-1")


def recovery(*values: make.RecordValue, now: datetime = NOW) -> RecoveryState:
    (found,) = settled(PLAYBOOK, *values, now=now).recoveries
    return found


def needed(states: LoopStates) -> list[tuple[str, int]]:
    found = needed_playbooks(states.recent_failures, states.recoveries, POLICY)
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


def test_failures_that_the_provider_made_good_call_for_nothing() -> None:
    lost = failures(NOW - HOUR, NOW - HOUR)
    assert needed(settled(*lost, make.delivery(F, NOW, "export-0"))) == []
    assert needed(settled(*lost, make.delivery(A, NOW, "audit-1"))) == [], "whatever it delivers"
    assert needed(settled(*lost, make.delivery(F, NOW, "export-0", ["jira"]))) == [("slack", 2)]
    assert needed(settled(*lost, make.delivery(F, NOW - 2 * HOUR, "export-0"))) == [("slack", 2)]


def test_waiting_makes_no_needed_recovery_go_away() -> None:
    assert needed(settled(*failures(NOW - HOUR, NOW - HOUR), now=NOW + 30 * DAY)) == [("slack", 2)]


def test_only_failures_near_enough_to_others_are_listed() -> None:
    apart = [NOW - 9 * DAY, NOW - 7 * DAY, NOW - 6 * DAY, NOW - 5 * DAY, NOW - DAY]
    assert needed(settled(*failures(*apart))) == [("slack", 3)]
    assert needed(settled(*failures(NOW - 9 * DAY, NOW - DAY))) == []
    assert needed(settled(*failures(None, None))) == [("slack", 2)]


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


@pytest.mark.parametrize("by", ["", " ", "-", "\u0301"], ids=ascii)
def test_closing_by_nobody_closes_nothing(by: str) -> None:
    found = recovery(make.closure(NOW, "playbook-1", by=by))
    assert (found.closed, found.reasons[-1]) == (False, "resolved by nobody closes nothing")
    anonymous = make.closure(NOW, "playbook-1")
    del anonymous[OUTSIDE[Step.CLOSURE].payload]["closed_by"]
    assert not recovery(anonymous).closed


def test_playbook_opened_again_is_not_closed_by_what_closed_it_before() -> None:
    closed = make.closure(OPENED + MINUTE, "playbook-1")
    again = make.playbook(OPENED + HOUR, {"slack": OPENED + 59 * MINUTE}, rid="playbook-1")
    found = recovery(closed, again)
    assert (found.closed, found.reasons[-1]) == (False, "resolved before the newest failure or opening closes nothing")
    same = make.playbook(OPENED + HOUR, {"slack": OPENED - MINUTE}, rid="playbook-1")
    assert not recovery(closed, same).closed
    assert recovery(closed, again, make.closure(OPENED + HOUR, "playbook-1")).closed


def test_closing_before_the_newest_failure_closes_nothing() -> None:
    book = make.playbook(OPENED, {"slack": OPENED + HOUR}, rid="playbook-1")
    early, late = (make.closure(OPENED + at, "playbook-1") for at in (59 * MINUTE, HOUR))
    assert [settled(book, one).recoveries[0].closed for one in (early, late)] == [False, True]


@pytest.mark.parametrize(
    ("providers", "count", "failed", "is_fault"),
    [
        ([], 0, 0, False),
        ([], 1, 0, True),
        ([], 0, 2, True),
        ([""], 0, 2, True),
        (["slack"], 2, 4, True),
        (["slack"], 1, 2, False),
    ],
)
def test_playbook_that_counts_more_providers_than_it_names_is_a_fault(
    providers: list[str], count: int, failed: int, *, is_fault: bool
) -> None:
    value = make.playbook(OPENED, dict.fromkeys(providers), rid="playbook-9")
    value[OUTSIDE[Step.PLAYBOOK].payload] |= {"provider_count": count, "failure_count": failed}
    assert [one.pointer for one in settled(value).faults] == ["/provider_playbooks"] * is_fault


@pytest.mark.parametrize("rid", ["closing-0", "closing-2"], ids=["sorts-before", "sorts-after"])
@pytest.mark.parametrize("state", ["reopened", "deferred", "escalated", "perhaps"])
@pytest.mark.parametrize("more", [0, KEPT_ANSWERS], ids=["one-closing", "more-than-are-kept"])
def test_what_opens_a_recovery_counts_beside_closings_of_its_instant(state: str, rid: str, more: int) -> None:
    closings = [make.closure(OPENED + MINUTE, "playbook-1", rid=f"closing-1{number}") for number in range(more + 1)]
    opened = make.closure(OPENED + MINUTE, "playbook-1", state=state, rid=rid)
    assert recovery(*closings).closed
    for values in ((*closings, opened), (opened, *closings)):
        told = recovery(*values)
        assert (told.closed, told.state) == (False, state)


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
