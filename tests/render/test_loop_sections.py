"""The reports of the loops as sections: facts, tables, anchors, and what is left out."""

import re

import pytest

from render.documents import closed_document, readiness_document, with_loops
from render.parsed import Parsed
from reporter.assets import templates_dir
from reporter.model.checks import CheckStatus
from reporter.model.readiness import Change, Readiness, RecordSource
from reporter.model.registry import BY_NAME
from reporter.model.reports import OwnerAvailability, Status, SuppressingWindow
from reporter.render.html import render_index_html, render_readiness_html, render_readiness_paper
from reporter.render.json import write_json
from reporter.render.shapes import Section, Table, Tag
from reporter.render.view import build_view
from reporter.render.wording import NO_MARK, span_of, spelt

MANY = 500


def section(document: Readiness, name: str) -> Section:
    return next(one for one in build_view(document).loop_sections if one.name == name)


def table(document: Readiness, name: str, title: str) -> Table:
    return next(one for one in section(document, name).facts.tables if one.title.startswith(title))


def words(document: Readiness, name: str, title: str) -> list[tuple[str, ...]]:
    rows = table(document, name, title).rows.rows
    return [tuple(cell.word if isinstance(cell, Tag) else cell for cell in row.cells) for row in rows]


def crowded() -> Readiness:
    """Give an environment whose every report lists five hundred routes, and counts more."""
    document = readiness_document()
    loops = document.loops

    def many(rows: tuple[object, ...]) -> tuple[object, ...]:
        copies = [rows[index % len(rows)] for index in range(MANY)]
        return tuple(one.model_copy(update={"route_key": f"key-{n}"}) for n, one in enumerate(copies))  # type: ignore[attr-defined]

    plan = loops.retry_plan.plans[0]
    item = loops.closure.open_items[0]
    return with_loops(
        document,
        escalation_plan=loops.escalation_plan.model_copy(
            update={"routes": many(loops.escalation_plan.routes), "omitted_route_count": 740}
        ),
        audit_package=loops.audit_package.model_copy(update={"entries": many(loops.audit_package.entries)}),
        notification_plan=loops.notification_plan.model_copy(
            update={"route_decisions": many(loops.notification_plan.route_decisions)}
        ),
        retry_plan=loops.retry_plan.model_copy(
            update={"plans": (plan.model_copy(update={"retry_decisions": many(plan.retry_decisions)}),)}
        ),
        closure=loops.closure.model_copy(
            update={"open_items": (item.model_copy(update={"routes": many(item.routes), "route_count": MANY}),)}
        ),
    )


def test_every_report_of_the_loops_has_a_section_in_the_order_of_the_registry() -> None:
    names = [one.name for one in build_view(readiness_document()).loop_sections]
    assert names == [
        "notification-plan",
        "escalation-plan",
        "routing-trend",
        "audit-package",
        "retry-plan",
        "worker-health",
        "recovery",
        "closure",
        "release-readiness",
        "executive",
        "runbook",
    ]


@pytest.mark.parametrize("document", [readiness_document(), closed_document()], ids=["open", "closed"])
def test_every_table_has_a_width_for_each_column_that_the_style_knows(document: Readiness) -> None:
    known = [
        {int(number) for number in re.findall(r"\.w(\d+) \{", (templates_dir() / name).read_text(encoding="utf-8"))}
        for name in ("style.css", "paper.css")
    ]
    view = build_view(document)
    assert view.loops is not None
    assert view.trend.table is not None
    tables = [one for part in (*view.sections, *view.loop_sections) for one in part.facts.tables]
    for one in (*tables, view.loops.deliveries_table, view.loops.told_table, view.trend.table):
        assert len(one.columns) == len(one.widths), one.title
        assert sum(one.widths) == 100, one.title
        assert all(set(one.widths) <= widths for widths in known), one.title
        assert all(len(row.cells) == len(one.columns) for row in one.rows.rows), one.title


def test_who_is_not_told_is_shown_with_why_and_until_when() -> None:
    document = readiness_document()
    plan = document.loops.notification_plan
    window = SuppressingWindow(window_id="w-1", start_at="", end_at="", reason="")
    away = OwnerAvailability(available=False, reason="on leave", start_at="", end_at="")
    first = plan.route_decisions[0]
    silent = first.model_copy(update={"action": "suppress", "until": "2026-06-12T08:00:00Z", "reason": "no"})
    routes = (
        first.model_copy(update={"escalation_owner": ""}),
        silent.model_copy(update={"maintenance_window": window}),
        silent.model_copy(update={"owner_availability": away, "until": ""}),
    )
    changes = {"route_decisions": routes, "suppressed_critical": True, "told_again_at": "2026-06-12T08:00:00Z"}
    told = with_loops(document, notification_plan=plan.model_copy(update=changes))
    rows = words(told, "notification-plan", "Who is to be told")
    assert [row[2] for row in rows] == ["To be told", "Not told", "Not told"]
    assert [row[3] for row in rows][1:] == ["no (window w-1: not given)", "no (on leave)"]
    assert [row[4] for row in rows] == [NO_MARK, "12 June 2026, 08:00 UTC", "not given"]
    assert rows[0][5] == NO_MARK
    assert rows[1][5] == "platform-lead after 30 minutes"
    notes = [fact.note for fact in section(told, "notification-plan").facts.pairs]
    assert "nobody is told; the first of them again from 12 June 2026, 08:00 UTC" in notes


def test_an_overdue_answer_is_overdue_and_one_in_time_outstanding() -> None:
    rows = words(readiness_document(), "escalation-plan", "Routes")
    assert [row[2] for row in rows] == ["Overdue", "Overdue", "Outstanding"]
    assert rows[0][3] == "release-governance → platform-lead"
    assert rows[0][4] == "9 June 2026, 16:10 UTC; waits 2 days"
    assert [row[2] for row in words(closed_document(), "audit-package", "Answers")] == ["Acknowledged"] * 2


def test_an_answered_route_shows_who_answered_and_waits_no_longer() -> None:
    document = readiness_document()
    plan = document.loops.escalation_plan
    answered = plan.routes[0].model_copy(
        update={"acknowledged": True, "acknowledged_by": "r.okafor", "breached": False, "age_minutes": 50_400.0}
    )
    told = with_loops(document, escalation_plan=plan.model_copy(update={"routes": (answered,)}))
    ((_, _, _, _, due, _),) = words(told, "escalation-plan", "Routes")
    assert due == "9 June 2026, 16:10 UTC; answered by r.okafor"


def test_a_late_answer_says_by_how_much() -> None:
    rows = words(closed_document(), "audit-package", "Answers")
    assert [row[4] for row in rows] == ["9 June 2026, 15:40 UTC", "9 June 2026, 15:40 UTC, 1 hour 30 minutes late"]


def test_due_is_one_word_for_reports_from_records_and_is_explained() -> None:
    document = readiness_document()
    plan = document.loops.retry_plan.model_copy(update={"status": Status.DUE_SOON})
    told = with_loops(document, retry_plan=plan)
    changes = (Change(subject="retry-plan", title="Retry plan", before="ready", after="due_soon", better=False),)
    view = build_view(told.model_copy(update={"changes": changes}))
    assert section(told, "retry-plan").tag.word == view.changes.rows.rows[0].after.word == "Due"
    assert Parsed(render_index_html(view)).text.count("Due says that something is to be done") == 1


def test_a_report_that_only_repeats_others_has_no_squares_of_its_own() -> None:
    view = build_view(readiness_document())
    repeating = [one.name for group in view.groups for one in group.sections if one.repeats]
    assert repeating == ["production", "release-readiness", "executive", "runbook"]
    page = Parsed(render_index_html(view))
    assert page.text.count("repeats the above") == len(repeating)
    assert not {f"strip-{name}" for name in repeating} & set(page.values("id"))


def test_a_status_that_no_check_explains_says_whose_it_is() -> None:
    document = readiness_document()
    plan = document.loops.notification_plan
    passed = tuple(one for one in plan.checks if one.status is not CheckStatus.FAIL)
    quiet = plan.model_copy(update={"checks": passed, "status": Status.NEEDS_ATTENTION})
    told = section(with_loops(document, notification_plan=quiet), "notification-plan")
    assert told.follows == "no check failed here; the status follows Drill schedule"


def test_a_retry_shows_its_gate_and_who_approved_it_alone() -> None:
    document = readiness_document()
    plans = document.loops.retry_plan.plans
    alone = plans[0].retry_decisions[0].model_copy(update={"self_approved": True, "gate_state": "open"})
    changed = (plans[0].model_copy(update={"retry_decisions": (alone,)}), *plans[1:])
    told = with_loops(document, retry_plan=document.loops.retry_plan.model_copy(update={"plans": changed}))
    rows = words(told, "retry-plan", "Retry decisions")
    assert [row[1].split(":")[0] for row in rows] == ["✗ Exhausted", "▲ Due", f"{NO_MARK} Waits"]
    assert rows[0][4] == "Open (approved by the one who executes)"
    assert rows[2][4] == "Acknowledgement required: nobody acknowledged the escalation"
    assert [row[3] for row in rows] == [NO_MARK, "at once", "11 June 2026, 16:20 UTC"]


def test_a_missed_worker_and_its_recommendation_are_shown() -> None:
    document = readiness_document()
    assert words(document, "worker-health", "Alerts")[0][:4] == (
        "Critical",
        "Acknowledgement audit",
        "the last run was 9 hours ago; one is expected every 60 minutes",
        "Start the worker again, or mend what starts it.",
    )
    assert words(document, "worker-health", "Workers")[0][2] == "9 hours ago, due every 60 minutes; missed"
    assert words(document, "worker-health", "Who is told")[0][3] == "slack on 11 June 2026, 15:20 UTC"
    health = document.loops.worker_health
    changes = {"latest_run_age_minutes": None, "latest_plan_age_minutes": None, "dry_run_only": True}
    worker = health.loops[1].model_copy(update=changes | {"stale_retry_plan": True})
    told = with_loops(document, worker_health=health.model_copy(update={"loops": (worker,)}))
    assert words(told, "worker-health", "Workers")[0][2:4] == (
        "never ran, due every 60 minutes; dry runs only",
        "none, stale",
    )


def test_the_routing_trend_says_what_it_was_restricted_to() -> None:
    document = readiness_document()
    trend = document.loops.routing_trend
    event = trend.latest_events[0].model_copy(
        update={"action": "suppress", "reason": "", "category": "owner_calendar", "maintenance_window_id": "w-1"}
    )
    filters = trend.filters.model_copy(update={"owner": "release-governance"})
    bare = event.model_copy(update={"maintenance_window_id": ""})
    changes = {"filters": filters, "latest_events": (event, bare)}
    told = with_loops(document, routing_trend=trend.model_copy(update=changes))
    facts = {fact.label: fact.value for fact in section(told, "routing-trend").facts.pairs}
    assert facts["Restricted to"] == "Owner: release-governance"
    assert facts["By provider"] == "slack 205, teams 195"
    assert [row[4] for row in words(told, "routing-trend", "Latest")] == [" (window w-1)", "Owner calendar"]


def test_recoveries_to_open_and_open_ones_are_shown() -> None:
    document = readiness_document()
    assert words(document, "recovery", "Recoveries that")[0][0] == "webhook"
    rows = words(document, "recovery", "Recoveries")
    assert len(rows) == 1
    rows = [tuple(map(str, row.cells)) for row in section(document, "recovery").facts.tables[1].rows.rows]
    assert [row[4] for row in rows][:2] == ["Open", "Open"]
    assert rows[2][4].startswith("Resolved on 3 June 2026")
    rateless = document.loops.recovery.model_copy(update={"closure_rate": None})
    assert section(document, "recovery").facts.pairs[1].note == "50% of all"
    assert section(with_loops(document, recovery=rateless), "recovery").facts.pairs[1].note == ""


def test_an_open_item_names_its_first_routes_and_counts_the_others() -> None:
    (row,) = words(crowded(), "closure", "Open items")
    assert row[5].startswith("500: webhook for gordackexecsched-71d0c6be11f2a904, webhook for")
    assert row[5].endswith(" and 496 more")
    assert section(crowded(), "closure").facts.tables[0].rows.rows[0].anchor == "item-executive_report_retry_exhausted"


def test_overrides_are_there_on_every_page_and_on_paper() -> None:
    document = readiness_document()
    view = build_view(document)
    reason = document.loops.release_readiness.overrides[0].reason
    for page in (render_index_html(view), render_readiness_html(view, b"{}"), render_readiness_paper(view)):
        assert reason in Parsed(page).text
    empty = Parsed(render_readiness_html(build_view(closed_document()), b"{}")).text
    assert "Approvals over blockers: No blocked summary was ever approved." in empty


def test_the_parts_of_the_closeout_packet_are_met_or_missing() -> None:
    rows = words(readiness_document(), "release-readiness", "Closeout")
    assert [row[1] for row in rows] == ["Missing", "In order", "Missing", "In order"]


@pytest.mark.parametrize("name", ["executive", "runbook"])
def test_a_report_with_a_page_of_its_own_leads_there(name: str) -> None:
    view = build_view(readiness_document())
    page = Parsed(render_readiness_html(view, b"{}"))
    assert f"{name}.html" in page.values("href")
    assert f"The whole of it is in {name}.html beside this file." in Parsed(render_readiness_paper(view)).text


def test_the_first_page_leads_to_runbook_and_executive_report() -> None:
    links = Parsed(render_index_html(build_view(readiness_document()))).values("href")
    wanted = ("runbook.html", "runbook.pdf", "runbook.md", "executive.html", "executive.pdf")
    assert set(wanted) <= set(links)
    assert {kind.file for kind in BY_NAME.values()} <= set(links)


def test_rows_that_the_document_leaves_out_are_counted_as_such() -> None:
    listing = table(crowded(), "escalation-plan", "Routes").rows
    assert listing.cut(500).rest == "740 more routes are not shown here; readiness.json has the first 500 of 1,240."
    assert listing.cut(12).rest == "1,228 more routes are not shown here; readiness.json has the first 500 of 1,240."


def test_five_hundred_routes_in_each_report_stay_a_page_that_opens() -> None:
    document = crowded()
    view = build_view(document)
    page = render_readiness_html(view, write_json(document))
    print(f"readiness.html with {MANY} routes in each report: {len(page):,} bytes")  # noqa: T201 - the size is asked for
    assert len(page) < 5_000_000
    assert "488 more" in render_readiness_paper(view)
    parsed = Parsed(page)
    ids = parsed.values("id")
    assert len(ids) == len(set(ids))
    assert {"escalation-key-0", "answer-key-499", "retry-key-0"} <= set(ids)


def test_a_change_of_an_open_item_leads_to_its_row() -> None:
    document = readiness_document()
    change = document.changes[0].model_copy(
        update={"subject": "closure/recovery_open", "before": "closed", "after": "open", "better": False}
    )
    (row,) = build_view(document.model_copy(update={"changes": (change,)})).changes.rows.rows
    assert row.title.anchor == "item-recovery_open"
    assert (row.before.word, row.after.word) == ("Closed", "Open")


def test_sources_of_records_are_listed_with_what_could_not_be_read() -> None:
    records, ledger = build_view(readiness_document()).records
    assert (records.records, records.tag.word, records.anchor) == ("1,604", "1 fault", "source-records")
    assert (ledger.tag.word, ledger.size) == ("All read", NO_MARK)
    source = RecordSource(
        alias="", kind="", sha256=None, size_bytes=None, record_count=0, fault_count=3, faults=("line 1",)
    )
    (row,) = build_view(readiness_document(records=(source,))).records
    assert (row.alias, row.sha256) == ("not given", NO_MARK)
    assert row.faults.cut(50).rest == "2 more faults are not shown here; readiness.json has the first 1 of 3."
    page = Parsed(render_readiness_html(build_view(readiness_document(records=())), b"{}"))
    assert "No source of evidence records was given." in page.text


def test_evidence_from_records_leads_to_their_sources() -> None:
    document = readiness_document()
    failed = document.production.go_backend_rollback_drill_history.checks[0]
    reason = failed.reasons[0].model_copy(update={"document": "records"}) if failed.reasons else None
    assert reason is not None
    check = failed.model_copy(update={"id": "told", "reasons": (reason,)})
    plan = document.loops.notification_plan.model_copy(update={"checks": (check,)})
    told = section(with_loops(document, notification_plan=plan), "notification-plan")
    assert told.checks[0].reasons.rows[0].document.anchor == "records"
    without = with_loops(document.model_copy(update={"records": ()}), notification_plan=plan)
    assert section(without, "notification-plan").checks[0].reasons.rows[0].document.anchor == "records"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (None, "not given"),
        (0.0, "no time"),
        (1.0, "1 minute"),
        (59.4, "59 minutes"),
        (60.0, "1 hour"),
        (150.0, "2 hours 30 minutes"),
        (2879.0, "47 hours 59 minutes"),
        (4860.0, "3 days 9 hours"),
        (-5.0, "-5 minutes"),
        (float("inf"), "inf minutes"),
    ],
)
def test_spans_have_their_two_largest_units(minutes: float | None, text: str) -> None:
    assert span_of(minutes) == text


@pytest.mark.parametrize(("word", "text"), [("wait_for_retry_ack", "Wait for retry ack"), ("", "not given")])
def test_identifiers_are_written_for_people(word: str, text: str) -> None:
    assert spelt(word) == text
