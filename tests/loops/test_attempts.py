"""Attempts (domain.md A2, A5): what contradicts itself, is missing or is unknown never speaks for a route."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from loops import records as make
from loops.cases import HOUR, MINUTE, NOW, A, F, X, calm, folded, only, settled
from reporter.loops.attempts import MOST_PROVIDERS
from reporter.loops.closure import assess_closure
from reporter.loops.fold import fold
from reporter.loops.health import assess_health
from reporter.loops.table import READER
from reporter.model.raw_records import RecordBatch
from reporter.model.records import ContentFault
from reporter.model.reports import AlertLevel, Mode
from reporter.model.routes import RouteOutcome

LATE = NOW - HOUR
LAST = NOW - MINUTE
FAILED, DELIVERED = RouteOutcome.FAILED, RouteOutcome.DELIVERED
BEFORE_THE_CALENDAR, AFTER_THE_CALENDAR = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


def pointers(*values: make.RecordValue) -> list[str]:
    """List where the faults of some records are."""
    return [fault.pointer for fault in settled(*values).faults]


@pytest.mark.parametrize(
    "source",
    [
        None,
        "",
        " \u200b",
        "go_backend_rollback_drill_notifications",
        f" {X.source}",
        X.source.upper(),
        X.source.replace("_", "-"),
        "release_evidence",
    ],
    ids=["none", "empty", "invisible", "typo", "space", "capitals", "hyphens", "other-product-with-our-event"],
)
def test_delivery_of_ours_without_a_known_source_is_a_fault_and_not_silence(source: str | None) -> None:
    value = make.delivery(X, LATE, "run-1", failed=["slack"], connector_delivery_source=source)
    assert pointers(value) == ["/connector_delivery_source"]


def test_deliveries_of_other_products_are_theirs() -> None:
    others = make.delivery(X, LATE, "x", connector_delivery_source="release_evidence", event_type="cavra.release")
    assert (pointers(others), settled(others).routes) == ([], ())


def deny(**result: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is untyped
    """Write what one provider answered, with something in it that is no success."""
    return {"delivery": {"success": True, "deliveries": [{"provider": "slack", "success": True} | result]}}


@pytest.mark.parametrize(
    "said",
    [
        {"status_codes": [503]},
        {"status_codes": [None]},
        {"status_codes": [199]},
        {"status_codes": [300]},
        {"blocked_count": 1},
        {"blocked_count": -1},
        {"dry_run": True},
        {"delivery": {"success": False, "deliveries": []}},
        {"delivery": {"success": True, "dry_run": True, "deliveries": []}},
        deny(success=False),
        deny(status_code=0),
        deny(status_code=None),
        deny(status_code=503),
        deny(error="timed out"),
        deny(provider="jira", status_code=503),
        {"failed_providers": ["slack"]},
        {"failed_providers": ["SLACK"]},
    ],
    ids=str,
)
def test_success_that_any_part_of_its_record_denies_is_a_failure(said: dict[str, Any]) -> None:
    states = settled(make.delivery(F, LATE, "export-1") | said)
    assert FAILED in {route.outcome for route in states.routes}
    assert any("says otherwise" in route.reasons[0] for route in states.routes if route.outcome is FAILED)


@pytest.mark.parametrize("code", [200, 299], ids=str)
def test_success_of_every_part_is_one_at_both_ends_of_the_codes(code: int) -> None:
    value = make.delivery(F, LATE, "export-1") | {"status_codes": [code], **deny(status_code=code, error="")}
    assert only(value).outcome is DELIVERED


def test_provider_that_only_the_results_name_was_reached_with_the_others() -> None:
    value = make.delivery(F, LATE, "export-1", ["slack", "jira"])
    for providers in ([], ["slack"]):
        assert [one.outcome for one in settled(value | {"providers": providers}).routes] == [DELIVERED, DELIVERED]
    assert FAILED in {one.outcome for one in settled(value | {"providers": [""]}).routes}


def test_more_failures_than_a_record_names_are_of_all_whom_it_names() -> None:
    value = make.delivery(F, LATE, "export-1", ["slack", "jira"], ["jira"])
    assert [one.outcome for one in settled(value).routes] == [FAILED, DELIVERED]
    for more in ({"blocked_count": 2}, {"status_codes": [503, 503]}):
        assert [one.outcome for one in settled(value | more).routes] == [FAILED, FAILED]


@pytest.mark.parametrize(
    "said",
    [
        {"skipped": True},
        {"skip_reason": "dry_run"},
        {"dry_run": True},
    ],
    ids=str,
)
def test_delivered_execution_that_was_held_back_leaves_the_route_as_it_was(said: dict[str, Any]) -> None:
    failed = make.delivery(A, LATE, "audit-1", failed=["slack"])
    route = only(failed, make.execution(A, LAST, "audit-1", **said))
    assert (route.outcome, route.failures, route.executions.skipped) == (FAILED, 1, 1)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("delivered", {"delivery_success": False}),
        ("delivered", {"delivery_success": None}),
        ("skipped", {"skipped": False}),
        ("sent", {}),
        ("", {}),
    ],
    ids=str,
)
def test_execution_that_contradicts_itself_failed(status: str, said: dict[str, Any]) -> None:
    assert only(make.execution(A, LATE, "audit-1", status=status, **said)).outcome is FAILED


@pytest.mark.parametrize("said", [{"blocked_count": 1}, {"execution_status": "failed"}], ids=str)
def test_execution_that_its_own_envelope_contradicts_failed(said: dict[str, Any]) -> None:
    route = only(make.execution(A, LATE, "audit-1") | said)
    assert (route.outcome, "says otherwise" in route.reasons[0]) == (FAILED, True)


@pytest.mark.parametrize("envelope", ["", "delivered", "Delivered "], ids=repr)
@pytest.mark.parametrize("status", ["delivered", " Delivered"])
def test_execution_is_delivered_however_that_is_spelled(status: str, envelope: str) -> None:
    value = make.execution(A, LATE, "audit-1") | {"execution_status": envelope}
    value[A.execution.payload]["execution_status"] = status
    states = settled(value)
    assert ([route.outcome for route in states.routes], states.faults) == ([DELIVERED], ())


@pytest.mark.parametrize("provider", ["nobody-knows", "sl\u0430ck", "slack;jira"], ids=ascii)
def test_unknown_provider_is_refused_and_never_reached(provider: str) -> None:
    """The second is spelled with a letter of another alphabet."""
    for value in (make.delivery(F, LATE, "export-1", [provider]), make.execution(F, LATE, "export-1", provider)):
        states = settled(value, value)
        assert [one.outcome for one in states.routes] == [FAILED]
        (fault,) = states.faults
        assert (fault.pointer in {"/providers", "/provider"}, "slack" in fault.wanted) == (True, True)


@pytest.mark.parametrize("provider", ["", " ", "\u200b", "\u2800\u00ad"], ids=ascii)
def test_c14_delivered_to_a_name_that_shows_nothing_is_delivered_to_nobody(provider: str) -> None:
    for value in (make.delivery(F, LATE, "export-1", [provider]), make.execution(F, LATE, "export-1", provider)):
        route = only(value)
        assert (route.outcome, route.route.provider) == (FAILED, "")
        assert "no provider was used" in route.reasons[0]


def test_known_providers_count_however_they_are_written() -> None:
    values = [make.delivery(F, LATE, "export-1", [one]) for one in ("GitHub-Actions", " github_actions ")]
    assert only(*values).outcome is DELIVERED


def test_executions_that_name_one_delivery_are_an_attempt_each_and_its_delivery_none_of_its_own() -> None:
    def tried(minutes: int) -> make.RecordValue:
        at = LATE + minutes * MINUTE
        return make.execution(A, at, "audit-1", status="failed", delivery_metadata_id="rcd-1", rid=f"exec-{minutes}")

    sent = make.delivery(A, LATE, "audit-1", failed=["slack"], rid="rcd-1")
    assert [only(sent, *map(tried, range(1, count))).failures for count in (1, 2, 3, 4)] == [1, 1, 2, 3]
    route = only(*map(tried, (1, 2, 3)))
    assert (route.failures, route.exhausted, route.executions.failed) == (3, True, 3)


@pytest.mark.parametrize("at", [BEFORE_THE_CALENDAR, AFTER_THE_CALENDAR], ids=str)
def test_instants_that_utc_has_no_year_for_are_faults_and_undated(at: str) -> None:
    sent = make.delivery(F, LATE, "export-1", failed=["slack"]) | {"created_at": at}
    planned = make.plan(F, LATE, "export-1", next_due_at=at)
    opened = make.playbook(LATE, {"slack": LATE})
    opened["connector_recovery_playbook"]["provider_playbooks"][0]["latest_failure_at"] = at
    routed = make.routed_plan(F, LATE, "export-1", make.notification_routes(["slack"]), next_due_at=at)
    for value, pointer in ((sent, "/created_at"), (planned, "/next_due_at"), (routed, "/next_due_at")):
        assert pointers(value) == [pointer]
    assert pointers(opened) == ["/provider_playbooks"]
    assert only(make.delivery(F, LAST, "export-1"), sent).outcome is FAILED, "without a date it is the newest"


@pytest.mark.parametrize(
    "said",
    [
        {"providers": [f"provider-{n}" for n in range(100_000)]},
        {"failed_providers": [f"provider-{n}" for n in range(100_000)]},
        deny() | {"delivery": {"deliveries": [{"provider": f"provider-{n}"} for n in range(100_000)]}},
    ],
    ids=["providers", "failed", "results"],
)
def test_endless_lists_of_providers_are_one_fault_and_take_no_time(said: dict[str, Any]) -> None:
    states = settled(make.delivery(F, LATE, "export-1") | said)
    assert [fault.wanted for fault in states.faults] == [f"at most {MOST_PROVIDERS}"]
    assert {one.outcome for one in states.routes} == {FAILED}


def test_known_providers_of_an_endless_list_were_not_reached() -> None:
    states = settled(make.delivery(F, LATE, "export-1") | {"providers": ["slack"] * (MOST_PROVIDERS + 1)})
    assert ([one.outcome for one in states.routes], len(states.faults)) == ([FAILED], 1)
    assert only(make.delivery(F, LATE, "export-1") | {"providers": ["slack"] * MOST_PROVIDERS}).outcome is DELIVERED


def here(value: make.RecordValue) -> tuple[list[str], int]:
    """Fold a record for the environment `pilot`; list the faults, and count the routes."""
    records = READER.decode_batch(RecordBatch([make.raw(value)], "evidence.jsonl", 1))
    found = fold(records, NOW, environment="pilot")
    return [fault.pointer for fault in found.faults], len(found.routes)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("pilot", ([], 1)),
        (" Pilot", ([], 1)),
        ("", ([], 1)),
        (None, ([], 1)),
        ("other", ([], 0)),
        (7, (["/environment"], 1)),
        (["other"], (["/environment"], 1)),
        ({}, (["/environment"], 1)),
        (False, (["/environment"], 1)),
    ],
    ids=str,
)
def test_record_that_names_another_environment_does_not_count_and_a_nameless_one_does(
    environment: object, expected: tuple[list[str], int]
) -> None:
    assert here(make.delivery(F, LATE, "export-1", failed=["slack"], environment=environment)) == expected


def test_environment_of_a_payload_is_not_the_records() -> None:
    assert here(make.execution(F, LATE, "export-1", environment="other")) == ([], 1)
    assert len(folded([make.execution(F, LATE, "export-1", environment=7)]).faults) == 0


BAD: tuple[Any, ...] = (
    None,
    "",
    "\u200b",
    "nobody-knows",
    -1,
    503,
    True,
    False,
    [],
    ["nobody-knows"],
    {},
    BEFORE_THE_CALENDAR,
    "go-backend-rollback-drill-x",
    "delivered",
    "skipped",
)
NOT_BAD = {"metadata_kind": {"nobody-knows", BEFORE_THE_CALENDAR, "delivered", "skipped"}}
"""Kinds of other products."""


def flips(value: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON is untyped
    """Give every copy of a value in which one field, however deep, holds a bad value."""
    if isinstance(value, dict):
        for key, item in value.items():
            for bad in BAD:
                if not (isinstance(bad, str) and bad in NOT_BAD.get(key, ())):
                    yield value | {key: bad}
            for changed in flips(item):
                yield value | {key: changed}
    elif isinstance(value, list):
        for place, item in enumerate(value):
            for changed in flips(item):
                yield [*value[:place], changed, *value[place + 1 :]]


def verdict(values: list[make.RecordValue]) -> tuple[bool, list[int]]:
    """Say whether the closure is open, and how bad the health of each worker is."""
    states = settled(*values)
    levels = list(AlertLevel)
    health = [levels.index(one.alert_level) for one in assess_health(states, Mode.PROMOTED)]
    return bool(assess_closure(states, Mode.PROMOTED).open_items), health


BASELINES: dict[str, Callable[[], make.RecordValue]] = {
    "delivered": lambda: make.delivery(X, LAST, "run-1", ["slack", "jira"]),
    "failed": lambda: make.delivery(X, LAST, "run-1", ["slack", "jira"], ["jira"]),
    "execution-delivered": lambda: make.execution(X, LAST, "run-1"),
    "execution-failed": lambda: make.execution(X, LAST, "run-1", status="failed"),
    "execution-skipped": lambda: make.execution(X, LAST, "run-1", status="skipped", skip_reason="dry_run"),
}


@pytest.mark.parametrize("name", BASELINES)
def test_no_bad_value_of_any_one_field_makes_a_verdict_better(name: str) -> None:
    """Worker health is of what can be read: a record that is refused keeps the closure open."""
    world = [*calm(), make.delivery(X, LATE, "run-1", failed=["slack"])]
    if name != "execution-skipped":
        world.append(make.delivery(X, LATE + MINUTE, "run-1"))
    record = BASELINES[name]()
    was_open, health = verdict([*world, record])
    for changed in flips(record):
        is_open, changed_health = verdict([*world, changed])
        assert is_open >= was_open, json.dumps(changed)
        (read,) = READER.decode_batch(RecordBatch([make.raw(changed)], "", 1))
        if not isinstance(read, ContentFault) and changed.get("connector_delivery_source", X.source) == X.source:
            assert all(new >= old for new, old in zip(changed_health, health, strict=True)), json.dumps(changed)


def test_executions_older_than_all_that_is_kept_add_nothing_in_whatever_order_they_come() -> None:
    values = [make.execution(F, NOW - minute * MINUTE, "export-1", "slack", "delivered") for minute in range(12)]
    forwards, backwards = folded(values), folded(values[::-1])
    assert forwards == backwards
    (route,) = forwards.routes.values()
    assert [one.at for one in route.successes] == [NOW - 2 * MINUTE, NOW - MINUTE, NOW]
