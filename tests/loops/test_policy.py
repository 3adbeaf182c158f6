"""Retry policies (domain.md B1.11, B1.12): aliases, bounds; a bad value is a fault and never a crash (C33)."""

from datetime import timedelta

import pytest

from loops.cases import F, X, policies
from reporter.loops.policy import MOST_ATTEMPTS, LoopPolicies, default_policy, parse_policy

MINUTE = timedelta(minutes=1)


def test_nothing_given_is_the_table() -> None:
    assert parse_policy(None, X) == (default_policy(X), ())
    assert default_policy(X).delay == 30 * MINUTE
    assert (default_policy(F).max_attempts, default_policy(F).multiplier, default_policy(F).max_deliveries) == (3, 2, 5)
    assert LoopPolicies({}).of(X) == default_policy(X)
    assert policies(X, max_attempts=2).of(X).max_attempts == 2


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("max_retry_attempts", 5, "max_attempts", 5),
        ("max_retries", 1, "max_attempts", 1),
        ("max_retries", MOST_ATTEMPTS, "max_attempts", MOST_ATTEMPTS),
        ("max_retry_attempts", 4.0, "max_attempts", 4),
        ("allow_immediate_retry", True, "immediate", True),
        ("retry_delay_minutes", 1, "delay", MINUTE),
        ("delay_minutes", 2.5, "delay", 2.5 * MINUTE),
        ("backoff_multiplier", 1, "multiplier", 1.0),
        ("multiplier", 3, "multiplier", 3.0),
        ("require_retry_ack", False, "require_retry_ack", False),
        ("interval_minutes", 15, "worker_interval", 15 * MINUTE),
        ("schedule_interval_minutes", 15, "worker_interval", 15 * MINUTE),
        ("stale_metadata_minutes", 10, "stale_after", 10 * MINUTE),
        ("max_retry_deliveries", 25, "max_deliveries", 25),
        ("acknowledgement_minutes", 20, "acknowledgement", 20 * MINUTE),
        ("self_approval", "refuse", "self_approval", "refuse"),
    ],
)
def test_key_and_alias_are_read(key: str, value: object, field: str, expected: object) -> None:
    policy, faults = parse_policy({key: value}, F)
    assert (getattr(policy, field), faults) == (expected, ())


@pytest.mark.parametrize(
    ("key", "value", "found", "wanted"),
    [
        ("max_retry_attempts", 0, "0", "a whole number from 1 to 25"),
        ("max_retry_attempts", 26, "26", "a whole number from 1 to 25"),
        ("max_retry_attempts", 2.5, "2.5", "a whole number from 1 to 25"),
        ("max_retry_attempts", "x", '"x"', "a whole number from 1 to 25"),
        ("max_retry_attempts", True, "true", "a whole number from 1 to 25"),
        ("retry_delay_minutes", 0, "0", "a number of minutes from 1 to 525600"),
        ("retry_delay_minutes", float("nan"), "NaN", "a number of minutes from 1 to 525600"),
        ("backoff_multiplier", 0.5, "0.5", "a number from 1 to 100"),
        ("backoff_multiplier", float("inf"), "Infinity", "a number from 1 to 100"),
        ("max_retry_deliveries", 26, "26", "a whole number from 1 to 25"),
        ("allow_immediate_retry", "false", '"false"', "true or false"),
        ("self_approval", "maybe", '"maybe"', 'one of "flag", "refuse"'),
        ("interval_minutes", None, "null", "a number of minutes from 1 to 525600"),
    ],
)
def test_bad_value_is_a_fault_and_the_default_stays(key: str, value: object, found: str, wanted: str) -> None:
    policy, (fault,) = parse_policy({key: value}, F)
    assert policy == default_policy(F)
    assert fault == (f"/{key}", found, wanted)


def test_no_delay_needs_an_immediate_retry() -> None:
    policy, faults = parse_policy({"allow_immediate_retry": True, "retry_delay_minutes": 0}, F)
    assert (policy.delay, policy.immediate, faults) == (timedelta(0), True, ())


def test_key_and_alias_that_disagree_are_a_fault_and_those_that_agree_are_not() -> None:
    policy, (fault,) = parse_policy({"max_retry_attempts": 5, "max_retries": 4}, F)
    assert policy == default_policy(F)
    assert fault == ("/max_retries", "4", "the same as max_retry_attempts")
    policy, faults = parse_policy({"max_retry_attempts": 5, "max_retries": 5}, F)
    assert (policy.max_attempts, faults) == (5, ())


@pytest.mark.parametrize("value", [[], "x", 3, True], ids=str)
def test_what_is_no_object_is_a_fault(value: object) -> None:
    policy, (fault,) = parse_policy(value, F)
    assert (policy, fault.wanted) == (default_policy(F), "an object")


def test_unknown_key_is_a_fault_that_lists_the_known_ones() -> None:
    _, (fault,) = parse_policy({"max_retires": 4}, F)
    assert (fault.pointer, fault.found) == ("/max_retires", "4")
    assert "max_retries" in fault.wanted
