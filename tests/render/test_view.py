"""The view: what is said, in which order, under which name."""

import re
from collections.abc import Callable

import pytest

from reporter.model.checks import Check, CheckStatus, Evidence, Reason
from reporter.model.readiness import Change, InputFault, Previous, Readiness
from reporter.model.reports import DrillFacts, Mode, Report, Status
from reporter.model.text import count
from reporter.render.anchors import Anchors
from reporter.render.shapes import Listing, View
from reporter.render.view import build_view
from reporter.render.wording import day, joined, listed, moment, number_of, prose, size_of, tag_of_word, until


def with_production(readiness: Readiness, **reports: Report) -> Readiness:
    return readiness.model_copy(update={"production": readiness.production.model_copy(update=reports)})


def with_status(readiness: Readiness, status: Status, mode: Mode = Mode.PROMOTED) -> Readiness:
    return readiness.model_copy(update={"status": status, "mode": mode})


def with_drills(readiness: Readiness, drills: tuple[DrillFacts, ...]) -> Readiness:
    report = readiness.production.go_backend_rollback_drill_history
    history = report.history.model_copy(update={"drills": drills, "drill_count": len(drills)})
    return with_production(readiness, go_backend_rollback_drill_history=report.model_copy(update={"history": history}))


def section(view: View, name: str) -> dict[str, str]:
    facts = next(one for one in view.sections if one.name == name).facts
    return {fact.label: fact.value for fact in facts.pairs}


@pytest.mark.parametrize(
    ("environment", "headline", "sentence"),
    [
        (
            "production-pilot",
            "Yes, and a drill is due soon",
            (
                "All 36 checks that apply passed. Release readiness is ready, and the closure is closed."
                " The next rollback drill is due on 20 June 2026, in 9 days."
            ),
        ),
        (
            "payments-pilot",
            "No, it needs attention",
            (
                "Hold the release: 4 of 36 checks failed, in Drill history and Drill schedule."
                " Ask again when they are mended. Release readiness has 4 blockers."
            ),
        ),
        (
            "build-fleet",
            "No, it needs attention",
            (
                "Hold the release: 6 of 35 checks failed,"
                " in Deployment, Promotion, Rollback plan and Rollback rehearsal."
                " Ask again when they are mended. Release readiness has 4 blockers."
            ),
        ),
    ],
)
def test_the_verdict_answers_whether_the_release_may_go(
    readiness_of: Callable[[str], Readiness], environment: str, headline: str, sentence: str
) -> None:
    verdict = build_view(readiness_of(environment)).verdict
    assert (verdict.headline, verdict.sentence) == (headline, sentence)


@pytest.mark.parametrize(
    ("status", "mode", "headline"),
    [
        (Status.READY, Mode.PROMOTED, "Yes, it is ready"),
        (Status.DUE_SOON, Mode.PROMOTED, "Yes, and a drill is due soon"),
        (Status.READY, Mode.SHADOW, "In order for shadow mode"),
        (Status.DUE_SOON, Mode.ENFORCE, "In order for enforce mode"),
        (Status.NEEDS_ATTENTION, Mode.PROMOTED, "No, it needs attention"),
        (Status.DISABLED, Mode.DISABLED, "No, Go is disabled"),
        (Status.NOT_CONFIGURED, Mode.PROMOTED, "No, nothing was assessed"),
        (Status.NOT_REQUESTED, Mode.PROMOTED, "No, nothing was assessed"),
    ],
)
def test_only_a_promoted_environment_in_order_gets_a_yes(
    due_soon: Readiness, status: Status, mode: Mode, headline: str
) -> None:
    assert build_view(with_status(due_soon, status, mode)).verdict.headline == headline


def test_without_a_known_due_date_the_sentence_names_none(due_soon: Readiness) -> None:
    report = due_soon.production.go_backend_rollback_drill_schedule
    unknown = report.schedule.model_copy(
        update={
            "days_until_due": None,
            "due": report.schedule.due.model_copy(update={"at": "", "basis": "unknown"}),
        }
    )
    view = build_view(
        with_production(
            due_soon,
            go_backend_rollback_drill_schedule=report.model_copy(update={"schedule": unknown}),
        )
    )
    assert view.verdict.sentence == (
        "All 36 checks that apply passed. Release readiness is ready, and the closure is closed."
    )
    assert section(view, "schedule")["Next drill due"] == "unknown"
    assert view.timeline is not None
    assert view.timeline.due is None
    assert view.actions.rows == ()


def test_a_reason_of_two_checks_is_told_once_at_the_check_that_is_most_about_it(
    overdue: Readiness,
) -> None:
    actions = build_view(overdue).actions.rows
    told = [(reason.document.text, reason.pointer) for one in actions for reason in one.reasons.rows]
    assert len(told) == len(set(told)) == 3
    first = actions[0]
    assert first.check is not None
    assert first.check.text == "Latest drill passed"
    assert first.task == "Find out why the drill failed, mend it and run the drill again."
    assert [one.text for one in first.also_fails] == ["Drill history"]
    assert first.owners == "release-governance"


def test_a_report_that_fails_because_another_does_is_no_work_of_its_own(
    unapproved: Readiness,
) -> None:
    reports = [one.report.text for one in build_view(unapproved).actions.rows]
    assert reports[:5] == ["Deployment", "Deployment", "Deployment", "Rollback plan", "Rollback rehearsal"]
    assert "Promotion" not in reports


def test_a_blocking_report_without_a_failed_check_is_work(due_soon: Readiness) -> None:
    promotion = due_soon.production.go_backend_promotion
    reason = Reason(document="report:deployment", pointer="/status", found='"disabled"', wanted='"ready"', text="")
    failed = promotion.checks[1].model_copy(update={"status": CheckStatus.FAIL, "reasons": (reason,), "remedy": ""})
    view = build_view(
        with_production(due_soon, go_backend_promotion=promotion.model_copy(update={"checks": (failed,)}))
    )
    first = next(one for one in view.actions.rows if one.report.text == "Promotion")
    assert first.reasons.rows[0].document.anchor == "report-deployment"
    assert first.task == "Mend this check."
    assert first.owners == ""


def test_a_drill_that_is_due_soon_is_something_to_do(due_soon: Readiness) -> None:
    (action,) = build_view(due_soon).actions.rows
    assert (action.tag, action.tone) == (None, "soon")
    assert action.task == ("Run the next rollback drill by 20 June 2026, in 9 days, and add it to the drill history.")


def test_failed_checks_come_first_and_the_others_keep_their_order(overdue: Readiness) -> None:
    drills = next(one for one in build_view(overdue).sections if one.name == "drills")
    assert [check.status for check in drills.checks] == ["fail"] * 3 + ["pass"] * 3
    assert drills.strip.label == "3 failed, 3 passed"
    assert [square.status for square in drills.strip.squares] == ["fail"] * 3 + ["pass"] * 3


def test_a_failed_check_tells_its_reasons_and_not_the_same_again_as_a_message(
    overdue: Readiness,
) -> None:
    drills = next(one for one in build_view(overdue).sections if one.name == "drills")
    failed, passed = drills.checks[1], drills.checks[-1]
    assert failed.message == ""
    assert [(one.pointer, one.found, one.wanted) for one in failed.reasons.rows] == [
        ("/drills/0/status", '"fail"', '"pass"')
    ]
    assert passed.message == "1 condition met in go-backend-rollback-drills.json"
    assert passed.evidence[0].document.anchor == "input-rollback_drill_history"
    assert re.fullmatch("[0-9a-f]{64}", passed.evidence[0].sha256)


def test_a_report_without_checks_says_so(due_soon: Readiness) -> None:
    backend = due_soon.production.go_backend_pilot.model_copy(update={"checks": ()})
    view = build_view(with_production(due_soon, go_backend_pilot=backend))
    assert view.sections[0].strip.label == "no checks"


def test_the_schedule_shows_how_its_date_came_about(overdue: Readiness) -> None:
    facts = section(build_view(overdue), "schedule")
    assert facts["Next drill due"] == "19 April 2026, 15:40 UTC"
    assert facts["Rule"] == "the cadence: the last passing drill and the interval"
    assert facts["Sum"].startswith("last passing drill 2026-03-20T15:40:00Z + 30 days")


def test_anchors_are_stable_and_unique(overdue: Readiness) -> None:
    view = build_view(overdue)
    drills = next(one for one in view.sections if one.name == "drills")
    assert [one.anchor for one in view.sections][:2] == ["report-backend", "report-deployment"]
    assert drills.facts.tables[0].rows.rows[0].anchor == "drill-drill_go_backend_python_fallback_03"
    checks = [check.anchor for one in [*view.sections, view.production] for check in one.checks]
    assert "check-go_rollback_plan" in checks
    assert len(checks) == len(set(checks))
    assert view.inputs[5].anchor == "input-rollback_plan"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["a b", "a/b", "a b"], ["drill-a-b", "drill-a-b-2", "drill-a-b-3"]),
        (["", "日本", '"><script>'], ["drill-unnamed", "drill-unnamed-2", "drill-script"]),
        (["a-2", "a", "a"], ["drill-a-2", "drill-a", "drill-a-3"]),
        (["x" * 200], ["drill-" + "x" * 80]),
    ],
    ids=["same slug", "nothing left", "a taken number", "long"],
)
def test_an_anchor_is_safe_and_never_given_twice(given: list[str], wanted: list[str]) -> None:
    anchors = Anchors()
    assert [anchors.name("drill", text) for text in given] == wanted


def test_the_first_bundle_says_so(overdue: Readiness) -> None:
    assert build_view(overdue.model_copy(update={"previous": None})).changes.sentence.startswith("This is the first")


def test_changes_lead_to_what_changed_and_say_for_better_or_worse(overdue: Readiness) -> None:
    previous = Previous(digest="ab" * 32, as_of="2026-06-10T15:40:00Z", status=Status.READY, verified=True)
    changes = (
        Change(subject="drills", title="Drill history", before="ready", after="needs_attention", better=False),
        Change(
            subject="drills/go_rollback_drill_freshness",
            title="Drill is recent",
            before="fail",
            after="pass",
            better=True,
        ),
        Change(subject="gone/x", title="Gone", before="odd\x1b", after="pass", better=True),
    )
    view = build_view(overdue.model_copy(update={"previous": previous, "changes": changes}))
    assert view.changes.sentence == "3 changes since the bundle as of 10 June 2026, 15:40 UTC (abababababab)."
    rows = view.changes.rows.rows
    assert [row.title.anchor for row in rows] == [
        "report-drills",
        "check-go_rollback_drill_freshness",
        "",
    ]
    assert [row.direction.word for row in rows] == ["Worse", "Better", "Better"]
    assert rows[2].before.word == "Odd\\u001b"


def test_nothing_changed_is_told_with_the_bundle_it_was_compared_with(overdue: Readiness) -> None:
    previous = Previous(digest="ab" * 32, as_of="2026-06-10T15:40:00Z", status=Status.READY, verified=True)
    view = build_view(overdue.model_copy(update={"previous": previous, "changes": (), "trend": ()}))
    assert view.changes.sentence == ("Nothing changed since the bundle as of 10 June 2026, 15:40 UTC (abababababab).")


@pytest.mark.parametrize(
    ("verified", "told"),
    [
        (True, "No report or check changed since the bundle as of 10 June 2026, 15:40 UTC (abababababab)."),
        (False, "No comparison was possible: the bundle as of 10 June 2026, 15:40 UTC (abababababab) does not verify."),
    ],
    ids=["verified", "not verified"],
)
def test_a_verdict_that_turned_is_never_called_unchanged(overdue: Readiness, *, verified: bool, told: str) -> None:
    previous = Previous(digest="ab" * 32, as_of="2026-06-10T15:40:00Z", status=None, verified=verified)
    last = overdue.trend[-1].model_copy(
        update={"as_of": "2026-06-10T15:40:00Z", "readiness_state": "ready", "closure_state": "closed"}
    )
    view = build_view(overdue.model_copy(update={"previous": previous, "changes": (), "trend": (last,)}))
    assert view.changes.sentence == (
        f"{told} By the signed statement as of 10 June 2026, 15:40 UTC, release readiness went from ready to blocked"
        " and closure went from closed to open."
    )


def test_an_input_shows_what_is_wrong_with_it(overdue: Readiness) -> None:
    fault = InputFault(pointer="", found="not JSON", wanted="a JSON object")
    broken = overdue.inputs[0].model_copy(update={"faults": (fault,), "size_bytes": 2_500_000})
    row = build_view(overdue.model_copy(update={"inputs": (broken,)})).inputs[0]
    assert row.size == "2,500,000 bytes (2.5 MB)"
    assert row.faults.rows[0].pointer == "(whole document)"


def test_two_checks_of_one_id_get_two_places(due_soon: Readiness) -> None:
    backend = due_soon.production.go_backend_pilot
    check = Check(
        id="go_rollback_plan",
        title="Impostor",
        status=CheckStatus.PASS,
        message="",
        evidence=(Evidence(document="nowhere", sha256=None, pointer="/x", value="1"),),
    )
    view = build_view(with_production(due_soon, go_backend_pilot=backend.model_copy(update={"checks": (check,)})))
    anchors = [check.anchor for one in view.sections for check in one.checks]
    assert len(anchors) == len(set(anchors))
    assert view.sections[0].checks[0].evidence[0].document.anchor == ""


def test_drills_are_listed_newest_first_and_undated_ones_last(overdue: Readiness) -> None:
    drill = overdue.production.go_backend_rollback_drill_history.history.drills[0]
    dates = ["2026-01-02T00:00:00Z", "never", "2026-01-02T00:00:00+02:00", "2026-01-03"]
    view = build_view(
        with_drills(
            overdue,
            tuple(drill.model_copy(update={"drill_id": date, "executed_at": date}) for date in dates),
        )
    )
    table = next(one for one in view.sections if one.name == "drills").facts.tables[0]
    assert [row.cells[0] for row in table.rows.rows] == [dates[3], dates[0], dates[2], dates[1]]


def test_a_verdict_without_a_readable_instant_has_no_timeline(overdue: Readiness) -> None:
    assert build_view(overdue.model_copy(update={"as_of": "soon"})).timeline is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("due 2026-06-20T15:40:00Z, in 9 days", "due 20 June 2026, 15:40 UTC, in 9 days"),
        ("at 2026-06-20T15:40:00.123456Z", "at 20 June 2026, 15:40 UTC"),
        ('found "2026-06-20T15:40:00Z"', 'found "2026-06-20T15:40:00Z"'),
        ("2026-13-20T15:40:00Z", "2026-13-20T15:40:00Z"),
        ("20260620T154000Z", "20260620T154000Z"),
    ],
)
def test_sentence_has_its_instants_as_people_write_them(text: str, written: str) -> None:
    assert prose(text) == written


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (9.0, "in 9 days"),
        (2.9999, "in 3 days"),
        (1.99, "in 48 hours"),
        (0.05, "in 1 hour"),
        (0.0, "in less than an hour"),
        (-0.01, "less than an hour ago"),
        (-1.0, "24 hours ago"),
        (-53.0, "53 days ago"),
    ],
)
def test_spans_are_rounded_to_the_nearest(days: float, text: str) -> None:
    assert until(days) == text


def test_small_words() -> None:
    assert day("2026-06-20T23:59:59Z") == "20 June 2026"
    assert day("tomorrow\x07") == "tomorrow\\u0007"
    assert moment("") == "not given"
    assert number_of(None, "minute") == "not given"
    assert (number_of(1.0, "day"), number_of(7.5, "minute")) == ("1 day", "7.5 minutes")
    assert (count(1, "check"), count(1200, "check")) == ("1 check", "1,200 checks")
    assert (joined(["a"]), joined(["a", "b", "c"])) == ("a", "a, b and c")
    assert (size_of(None), size_of(91)) == ("\u2013", "91 bytes")
    assert listed([]) == "none"
    assert listed(["a"] * 42).endswith("a and 2 more")
    assert tag_of_word("ready").word == "Ready"


def test_a_cut_list_says_how_much_is_left_out_and_where_it_is() -> None:
    listing = Listing(tuple(range(10_000)), "drills")
    assert listing.cut(60).rows == tuple(range(60))
    assert listing.cut(60).rest == ("9,940 more drills are not shown here; readiness.json has all 10,000.")
    assert listing.cut(10_000).rest == ""
