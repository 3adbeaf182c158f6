"""The documents of a bundle beside the reports, and the comparison with the bundle before."""

from itertools import product

import pytest

from assess.cases import DAY, EARLY, NOW, PILOT, Pilot, not_there, there
from reporter.assess.everything import assess_reports
from reporter.assess.readiness import (
    build_inputs,
    build_readiness,
    compare,
    count_failed,
    judging,
    list_inputs,
    sections,
)
from reporter.model.manifests import MANIFESTS
from reporter.model.readiness import Change, Previous, Readiness
from reporter.model.registry import REPORTS
from reporter.model.reports import Mode, ProductionReport, Status

OVERDUE = PILOT.but(now=NOW + 10 * DAY)


def production(pilot: Pilot) -> ProductionReport:
    report: ProductionReport = pilot.report("production")
    return report


def readiness(pilot: Pilot, *, previous: Previous | None = None, before: Readiness | None = None) -> Readiness:
    case = pilot.case()
    return build_readiness(case, assess_reports(case), "1.2.3", previous=previous, before=before)


def changes(before: Pilot, after: Pilot) -> list[tuple[str, str, str, bool]]:
    """Compare two pilots without a record; what follows from that is the same in both."""
    listed = compare(readiness(before), readiness(after))
    return [(one.subject, one.before, one.after, one.better) for one in listed]


def test_readiness_joins_verdict_reports_and_inputs() -> None:
    case = PILOT.case()
    previous = Previous(digest="0" * 64, as_of="2026-06-10T00:00:00Z", status=Status.READY, verified=True)
    joined = readiness(PILOT, previous=previous, before=readiness(EARLY))
    assert (joined.schema_version, joined.tool_version) == ("reporter.readiness.v1", "1.2.3")
    assert (joined.environment, joined.as_of, joined.mode) == (
        "production-pilot",
        "2026-06-11T15:40:00Z",
        Mode.PROMOTED,
    )
    assert (joined.status, joined.production.alert_level) == (joined.production.status, "warning")
    assert joined.readiness_state == joined.loops.release_readiness.readiness_state == "blocked"
    assert joined.closure_state == joined.loops.closure.closure_state == "open"
    assert joined.alert_level == "critical", "the louder of the two"
    assert joined.policy.model_dump() == {"rollback_drill_max_age_days": 90.0, "rollback_drill_due_soon_days": 14.0}
    assert joined.previous == previous
    assert [one.subject for one in joined.changes] == [
        "production",
        "schedule",
        "notification-plan",
    ]
    assert joined.inputs == tuple(list_inputs(case))


def test_readiness_without_a_bundle_before_lists_no_changes() -> None:
    first = readiness(PILOT)
    assert (first.previous, first.changes) == (None, ())


def test_inputs_list_every_document_with_its_digest_or_its_fault() -> None:
    pilot = PILOT.lose("rollback_plan").drop("updater_policy").but(tool_registry=not_there("registry", "registry.json"))
    inputs = build_inputs(pilot.case(), "f" * 64)
    assert inputs.settings_sha256 == "f" * 64
    by_alias = {one.alias: one for one in inputs.inputs}
    assert list(by_alias) == [*(kind.alias for kind in MANIFESTS), "runtime", "policy", "registry"]
    assert (by_alias["updater_policy"].state, by_alias["updater_policy"].faults) == ("unconfigured", ())
    assert by_alias["rollback_plan"].faults[0].model_dump() == {
        "pointer": "",
        "found": "no such file",
        "wanted": "a file",
    }
    assert by_alias["channel_manifest"].sha256 is not None
    assert by_alias["channel_manifest"].size_bytes is not None
    assert by_alias["runtime"].name == there("runtime", "cavra-runtime").name


def test_inputs_show_type_faults_too() -> None:
    inputs = build_inputs(PILOT.put("rollback_plan", "/controls", None).case(), "f" * 64).inputs
    (fault,) = next(one for one in inputs if one.alias == "rollback_plan").faults
    assert (fault.pointer, fault.found, fault.wanted) == ("/controls", "null", "a list")


def test_sections_come_in_the_order_of_the_registry() -> None:
    assert [one.report for one in sections(production(PILOT))] == [kind.name for kind in REPORTS if kind.section]


def test_nothing_changed_is_an_empty_list() -> None:
    assert changes(PILOT, PILOT) == []


def test_check_that_fails_before_and_after_is_no_change() -> None:
    assert changes(OVERDUE, OVERDUE) == []
    assert changes(OVERDUE, OVERDUE.but(now=OVERDUE.now + DAY)) == []


def test_change_of_a_verdict_names_report_and_check() -> None:
    assert changes(PILOT, OVERDUE) == [
        ("production", "due_soon", "needs_attention", False),
        ("schedule", "due_soon", "needs_attention", False),
        ("notification-plan", "due_soon", "needs_attention", False),
        ("schedule/go_rollback_drill_schedule_not_stale", "pass", "fail", False),
    ]
    assert changes(OVERDUE, PILOT) == [
        ("production", "needs_attention", "due_soon", True),
        ("schedule", "needs_attention", "due_soon", True),
        ("notification-plan", "needs_attention", "due_soon", True),
        ("schedule/go_rollback_drill_schedule_not_stale", "fail", "pass", True),
    ]


def test_check_that_nobody_asks_for_any_more_is_listed_when_it_failed() -> None:
    broken = PILOT.give("promotion_evidence", b"{}").but(mode=Mode.ENFORCE)
    listed = changes(broken, broken.drop("promotion_evidence"))
    assert ("promotion/go_parity_evidence", "fail", "not_applicable", True) in listed
    assert ("promotion", "needs_attention", "not_requested", True) in listed


def test_check_that_is_asked_for_and_passes_is_no_change() -> None:
    before = EARLY.but(mode=Mode.ENFORCE).drop("promotion_evidence")
    listed = changes(before, EARLY.but(mode=Mode.ENFORCE))
    assert listed == [("promotion", "not_requested", "ready", True)]


def test_check_that_was_not_known_before_is_listed_when_it_fails() -> None:
    before, after = readiness(PILOT), readiness(PILOT.drop("rollback_plan"))
    rollback = before.production.go_backend_rollback
    older = rollback.model_copy(update={"checks": rollback.checks[1:]})
    production = before.production.model_copy(update={"go_backend_rollback": older})
    listed = list(compare(before.model_copy(update={"production": production}), after))
    assert (
        Change(
            subject="rollback/python_fallback_available",
            title="Rollback plan: Python fallback",
            before="not_applicable",
            after="fail",
            better=False,
        )
        in listed
    )


BEST_FIRST = ["ready", "due_soon", "not_requested", "not_configured", "disabled", "needs_attention"]


@pytest.mark.parametrize(
    ("old", "new"), [pair for pair in product(BEST_FIRST, repeat=2) if pair[0] != pair[1]], ids=str
)
def test_change_is_for_the_better_by_the_order_of_the_statuses(old: str, new: str) -> None:
    joined = readiness(PILOT)
    before, after = (
        joined.model_copy(update={"production": joined.production.model_copy(update={"status": Status(one)})})
        for one in (old, new)
    )
    (change,) = compare(before, after)
    assert change.better is (BEST_FIRST.index(new) < BEST_FIRST.index(old))


def with_items(**routes: int) -> Readiness:
    """Give a readiness whose closure has these items open, each with so many routes."""
    joined = readiness(PILOT)
    (item, *_) = joined.loops.closure.open_items
    items = tuple(
        item.model_copy(update={"code": code, "title": code, "route_count": count}) for code, count in routes.items()
    )
    closure = joined.loops.closure.model_copy(update={"open_items": items})
    return joined.model_copy(update={"loops": joined.loops.model_copy(update={"closure": closure})})


def test_open_items_that_came_went_grew_or_shrank_are_listed_and_others_are_not() -> None:
    before = with_items(gone=1, grows=1, shrinks=3, stays=2)
    listed = compare(before, with_items(grows=2, shrinks=1, stays=2, comes=1))
    assert [(one.subject, one.before, one.after, one.better) for one in listed] == [
        ("closure/grows", "1 route", "2 routes", False),
        ("closure/shrinks", "3 routes", "1 route", True),
        ("closure/comes", "closed", "open", False),
        ("closure/gone", "open", "closed", True),
    ]


def test_failed_checks_are_counted_once_where_they_are_judged() -> None:
    joined = readiness(PILOT.drop("rollback_plan"))
    failed = [check.id for report in judging(joined) for check in report.checks if check.status == "fail"]
    assert count_failed(joined) == len(failed) > 0
    assert not {one.report for one in judging(joined)} & {"production", "release-readiness", "executive", "runbook"}
