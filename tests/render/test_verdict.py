"""The banner: never more reassuring than the worst of production, release readiness and closure."""

from itertools import product

import pytest

from render.documents import closed_document, readiness_document, with_loops
from reporter.model.checks import CheckStatus
from reporter.model.closing_reports import BlockerRow, OverrideRow
from reporter.model.readiness import Readiness
from reporter.model.reports import AlertLevel, Mode, Status
from reporter.model.text import count
from reporter.render.blockers import name_blockers
from reporter.render.shapes import Verdict
from reporter.render.view import build_view
from reporter.render.wording import CLOSURE_TAGS, READINESS_TAGS, STATUS_TAGS

TONES = ("none", "good", "soon", "bad")


def standing(status: Status, readiness: str, closure: str, mode: Mode = Mode.PROMOTED) -> Readiness:
    """Give a quiet environment with these states."""
    changed = {"status": status, "readiness_state": readiness, "closure_state": closure, "mode": mode}
    return closed_document(**changed, alert_level=AlertLevel.HEALTHY)


def with_blockers(document: Readiness, *blockers: tuple[str, str]) -> Readiness:
    rows = tuple(BlockerRow(code=code, severity=AlertLevel.CRITICAL, detail=detail) for code, detail in blockers)
    release = document.loops.release_readiness.model_copy(update={"blockers": rows})
    return with_loops(document, release_readiness=release)


def verdict_of(document: Readiness) -> Verdict:
    return build_view(document).verdict


@pytest.mark.parametrize(
    ("status", "readiness", "closure", "mode", "headline"),
    [
        (Status.READY, "ready", "closed", Mode.PROMOTED, "Yes, it is ready"),
        (Status.DUE_SOON, "ready", "closed", Mode.PROMOTED, "Yes, and a drill is due soon"),
        (Status.READY, "blocked", "closed", Mode.PROMOTED, "No, hold the release"),
        (Status.DUE_SOON, "blocked", "open", Mode.PROMOTED, "No, hold the release"),
        (Status.READY, "ready", "open", Mode.PROMOTED, "No, hold the release"),
        (Status.READY, "not_requested", "not_requested", Mode.PROMOTED, "No, hold the release"),
        (Status.READY, "some other word", "closed", Mode.PROMOTED, "No, hold the release"),
        (Status.READY, "not_requested", "not_requested", Mode.SHADOW, "In order for shadow mode"),
        (Status.DUE_SOON, "ready", "closed", Mode.ENFORCE, "In order for enforce mode"),
        (Status.READY, "blocked", "open", Mode.SHADOW, "No, hold the release"),
        (Status.NEEDS_ATTENTION, "ready", "closed", Mode.PROMOTED, "No, it needs attention"),
        (Status.NEEDS_ATTENTION, "blocked", "open", Mode.PROMOTED, "No, it needs attention"),
        (Status.DISABLED, "not_requested", "not_requested", Mode.DISABLED, "No, Go is disabled"),
        (Status.DISABLED, "blocked", "open", Mode.DISABLED, "No, Go is disabled"),
        (Status.NOT_REQUESTED, "blocked", "open", Mode.PROMOTED, "No, nothing was assessed"),
    ],
)
def test_only_what_is_ready_and_closed_gets_a_yes(
    status: Status, readiness: str, closure: str, mode: Mode, headline: str
) -> None:
    assert verdict_of(standing(status, readiness, closure, mode)).headline == headline


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("status", "readiness", "closure"), list(product(Status, READINESS_TAGS, CLOSURE_TAGS)), ids=str
)
def test_the_banner_never_looks_better_than_its_worst_state(
    status: Status, readiness: str, closure: str, mode: Mode
) -> None:
    verdict = verdict_of(standing(status, readiness, closure, mode))
    states = [STATUS_TAGS[status], READINESS_TAGS[readiness], CLOSURE_TAGS[closure]]
    assert [state.tag for state in verdict.states] == states
    assert TONES.index(verdict.tone) >= max(0, *(TONES.index(tag.tone) for tag in states if tag.tone != "good"), 0)
    if verdict.tone == "good":
        assert verdict.headline.startswith(("Yes", "In order"))
        assert STATUS_TAGS[status].tone == "good"


def test_a_louder_alert_level_is_seen_on_the_banner() -> None:
    document = standing(Status.READY, "ready", "closed")
    assert verdict_of(document).tone == "good"
    assert verdict_of(document.model_copy(update={"alert_level": AlertLevel.WARNING})).tone == "soon"


def test_the_first_blockers_are_told_in_words_and_the_others_counted() -> None:
    document = with_blockers(
        standing(Status.READY, "blocked", "open"),
        ("drills_not_accepted", "found needs_attention, wanted ready"),
        ("worker_health_executive_report", "1 route failed"),
        ("release_readiness_artifacts", "runbook.pdf is not there"),
        ("notification_acknowledgements", "3 outstanding"),
        ("something_else", "x"),
    )
    assert verdict_of(document).sentence == (
        "The environment is in order, but 5 blockers hold the release:"
        " Drill history; Worker of Executive report; Files of the bundle; and 2 more."
    )
    assert [one.title for one in name_blockers(document)][3:] == ["Acknowledgements", "Something else"]


def test_one_blocker_is_told_in_the_singular_and_a_long_one_is_cut() -> None:
    document = with_blockers(standing(Status.READY, "blocked", "open"), (f"something_{'x' * 1_000}", "y"))
    sentence = verdict_of(document).sentence
    assert sentence.startswith("The environment is in order, but 1 blocker holds the release: Something xxx")
    assert len(sentence) < 300


def test_blocker_that_is_an_open_item_is_told_with_its_routes_and_without_what_stands_below() -> None:
    document = standing(Status.READY, "blocked", "open")
    item = readiness_document().loops.closure.open_items[0]
    document = with_loops(document, closure=document.loops.closure.model_copy(update={"open_items": (item,)}))
    assert (": " in item.title, item.route_count > 0) == (True, True)
    document = with_blockers(
        document,
        (item.code, f"{item.title}: 2 routes"),
        (item.code, f"{item.title}: 2 routes, told again"),
        ("notification_acknowledgements", "go_backend_python_fallback_monthly -> slack, and another"),
    )
    assert verdict_of(document).sentence == (
        f"The environment is in order, but 3 blockers hold the release: {item.title.replace(': ', ' ')}"
        f" ({count(item.route_count, 'route')}); Acknowledgements."
    )


def test_a_hold_without_a_named_blocker_says_what_was_found() -> None:
    assert verdict_of(standing(Status.READY, "not_requested", "open")).sentence == (
        "The environment is in order, but release readiness is not requested, closure open: wanted ready and closed."
    )


def test_blockers_are_counted_beside_what_production_says() -> None:
    assert verdict_of(readiness_document()).sentence.endswith("Release readiness has 4 blockers.")
    disabled = with_blockers(standing(Status.DISABLED, "blocked", "open", Mode.DISABLED), ("a", "b"))
    assert verdict_of(disabled).sentence.endswith("Release readiness has 1 blocker.")


def test_a_failed_check_that_holds_nothing_is_told_with_the_yes() -> None:
    document = standing(Status.READY, "ready", "closed")
    plan = document.loops.notification_plan
    failed = plan.checks[0].model_copy(update={"status": CheckStatus.FAIL})
    told = with_loops(document, notification_plan=plan.model_copy(update={"checks": (failed,)}))
    assert verdict_of(told).sentence.startswith(
        "1 of 34 checks failed, in Notification plan; none of them holds the release. Release readiness is ready"
    )


def test_many_reports_with_failed_checks_are_counted() -> None:
    document = standing(Status.NEEDS_ATTENTION, "blocked", "open")
    production = document.production
    failing = {
        section: report.model_copy(
            update={"checks": tuple(one.model_copy(update={"status": CheckStatus.FAIL}) for one in report.checks)}
        )
        for section in type(production).model_fields
        if hasattr(report := getattr(production, section), "checks")
    }
    sentence = verdict_of(document.model_copy(update={"production": production.model_copy(update=failing)})).sentence
    assert "in Backend, Deployment, Promotion, Rollback plan, Rollback rehearsal and 2 more." in sentence


def test_every_approval_over_blockers_is_told_the_latest_first() -> None:
    document = closed_document()
    override = OverrideRow(summary_id="s", decided_by="a", decided_at="2026-01-01T00:00:00Z", reason="", record="r")
    later = override.model_copy(update={"decided_by": "", "decided_at": "2026-02-01T00:00:00Z", "reason": "because"})
    release = document.loops.release_readiness.model_copy(update={"overrides": (override, later)})
    assert verdict_of(with_loops(document, release_readiness=release)).notices.rows == (
        "not given approved s over its blockers on 1 February 2026: because",
        "a approved s over its blockers on 1 January 2026: no reason given",
    )
    assert verdict_of(document).notices.rows == ()
