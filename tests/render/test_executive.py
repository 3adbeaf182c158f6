"""The executive report: what to know, what to decide, and the sums; at most four pages, whatever comes in."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from render.documents import NOW, closed_document, readiness_document, with_loops
from render.parsed import Parsed
from render.rewrite import rewrite
from reporter.model.readiness import Readiness
from reporter.model.reports import AlertLevel, Mode
from reporter.render.executive import (
    LONGEST_NAME,
    LONGEST_SENTENCE,
    brief,
    build_executive_view,
    render_executive_html,
    render_executive_paper,
)
from reporter.render.json import write_json
from reporter.render.pdf import PdfWorkers
from reporter.render.sums import add_up
from tracing import untraced

MOST_PAGES = 4
MANY = 150


def read(readiness: Readiness) -> str:
    page = render_executive_html(build_executive_view(readiness), write_json(readiness.loops.executive))
    return Parsed(page).text


def with_executive(readiness: Readiness, **changes: object) -> Readiness:
    return with_loops(readiness, executive=readiness.loops.executive.model_copy(update=changes))


def with_many(readiness: Readiness) -> Readiness:
    """Repeat every list that executives see some hundred times."""
    report, release = readiness.loops.executive, readiness.loops.release_readiness
    loud = with_loops(
        readiness,
        executive=report.model_copy(
            update={
                "key_risks": report.key_risks[:1] * MANY,
                "decisions": report.decisions[:1] * MANY,
                "recommended_actions": report.recommended_actions[:1] * MANY,
            }
        ),
        release_readiness=release.model_copy(update={"overrides": release.overrides * MANY}),
    )
    return loud.model_copy(update={"changes": readiness.changes[:1] * MANY, "trend": readiness.trend * 20})


@pytest.mark.parametrize(
    ("changes", "headline", "tone"),
    [
        ({}, "Hold the release", "bad"),
        ({"readiness_state": "ready"}, "Hold the release", "bad"),
        ({"alert_level": AlertLevel.HEALTHY}, "Hold the release", "bad"),
        (
            {"readiness_state": "ready", "closure_state": "closed", "alert_level": AlertLevel.HEALTHY},
            "This release may be approved",
            "good",
        ),
        (
            {"readiness_state": "ready", "closure_state": "closed", "alert_level": AlertLevel.WARNING},
            "This release may be approved",
            "soon",
        ),
        (
            {
                "readiness_state": "not_requested",
                "closure_state": "not_requested",
                "alert_level": AlertLevel.HEALTHY,
                "mode": Mode.SHADOW,
            },
            "There is no release to approve",
            "none",
        ),
    ],
    ids=["blocked", "ready but open", "healthy but blocked", "ready", "ready with a warning", "not asked for"],
)
def test_the_headline_says_what_may_be_done_with_the_release(changes: dict[str, Any], headline: str, tone: str) -> None:
    verdict = build_executive_view(readiness_document(**changes)).verdict
    assert (verdict.headline, verdict.tone) == (headline, tone)


def test_the_verdict_is_the_sentence_of_the_report() -> None:
    readiness = readiness_document()
    assert build_executive_view(readiness).verdict.sentence == readiness.loops.executive.verdict


def test_the_tallies_count_risks_and_decisions() -> None:
    assert [one.word for one in build_executive_view(readiness_document()).tallies] == [
        "4 critical risks",
        "2 other risks",
        "2 decisions asked for",
    ]
    assert build_executive_view(closed_document()).tallies == ()


def test_a_risk_has_an_owner_and_a_date() -> None:
    text = read(readiness_document())
    assert (
        "✗ Critical Nobody answered the drill notification in time"
        " Owner: release-governance · since 9 June 2026 (2 days ago) · 2 in all"
    ) in text


def test_a_risk_without_a_date_has_none() -> None:
    readiness = readiness_document()
    risk = readiness.loops.executive.key_risks[0].model_copy(update={"since": "", "owner": ""})
    text = read(with_executive(readiness, key_risks=(risk,)))
    assert "the latest drill failed Owner: not given Decisions asked for" in text


def test_the_parts_come_in_the_order_that_executives_read() -> None:
    page = Parsed(render_executive_html(build_executive_view(readiness_document()), b"{}"))
    assert [attributes["id"] for tag, attributes in page.elements if tag == "section" and "id" in attributes] == [
        "what-changed",
        "risks",
        "decisions",
        "arithmetic",
        "trend",
        "verify",
    ]


def test_nothing_open_is_told_in_so_many_words() -> None:
    text = read(closed_document())
    assert "No risk is open." in text
    assert "Decisions asked for The approval of this release, and nothing else." in text


def test_where_no_release_may_be_approved_and_nothing_is_asked_that_is_told() -> None:
    assert "No decision is asked for." in read(with_executive(readiness_document(), decisions=()))


def test_reports_are_named_by_their_titles() -> None:
    readiness = readiness_document()
    risk = readiness.loops.executive.key_risks[0]
    told = [
        build_executive_view(with_executive(readiness, key_risks=(risk.model_copy(update={"risk": text}),)))
        .risks.rows[0]
        .risk
        for text in ("Not proven: drills, notification-plan", "Not proven: drills, what", "drills")
    ]
    assert told == ["Not proven: Drill history and Notification plan", "Not proven: drills, what", "drills"]


def test_a_report_that_one_provider_did_not_deliver_says_so_beside_the_last_delivery() -> None:
    readiness = readiness_document()
    item = readiness.loops.closure.open_items[0]
    route = item.routes[0].model_copy(update={"loop": "executive_report", "provider": "jira"})
    failed = item.model_copy(update={"code": "executive_report_delivery_failed", "routes": (route,)})
    closure = readiness.loops.closure.model_copy(update={"open_items": (failed,)})
    last, failing = build_executive_view(with_loops(readiness, closure=closure)).key_facts[-2:]
    assert last.label == "Last report delivered"
    assert (failing.label, failing.value) == ("Not delivered through", "jira")


def test_one_bundle_alone_has_no_trend() -> None:
    page = Parsed(render_executive_html(build_executive_view(readiness_document(trend=())), b"{}"))
    assert "trend" not in page.values("id")


def test_the_trend_has_a_text_that_says_the_same() -> None:
    text = read(readiness_document())
    assert "Failed checks went from 0 to 4, open items from 0 to 6." in text


def test_every_sum_adds_up() -> None:
    sums = {fact.label: (fact.value, fact.note) for fact in build_executive_view(readiness_document()).sums}
    assert sums == {
        "Checks": ("4 failed + 32 passed + 3 not applicable = 39", ""),
        "Routes": ("24 delivered + 3 failed + 1 planned = 28", ""),
        "Failed routes": ("1 exhausted + 1 to be tried again + 1 waiting = 3", ""),
        "Routes that ever failed": ("6 recovered + 1 exhausted + 1 to be tried again + 1 waiting = 9", ""),
        "Answers asked for": ("8 given + 3 outstanding = 11", ""),
        "Recoveries": ("2 open + 2 closed = 4", ""),
        "Next drill": (
            (
                "last passing drill 20 March 2026, 15:40 UTC + 30 days = 19 April 2026, 15:40 UTC;"
                " next_due_at 20 May 2026, 15:40 UTC is later and cannot push it out"
            ),
            "",
        ),
    }


@pytest.mark.parametrize(
    ("parts", "whole", "value", "note"),
    [
        (((5, "delivered"), (1, "failed")), 6, "5 delivered + 1 failed = 6", ""),
        (((5, "delivered"), (0, "failed")), None, "5 delivered = 5", ""),
        (((0, "delivered"), (0, "failed")), 0, "none", ""),
        (
            ((5, "delivered"), (1, "failed")),
            7,
            "5 delivered + 1 failed = 6",
            "the report counts 7: these do not add up",
        ),
        (((0, "delivered"),), 1_000, "none", "the report counts 1,000: these do not add up"),
    ],
    ids=["even", "no whole", "nothing", "one is missing", "all are missing"],
)
def test_a_sum_that_does_not_add_up_says_so(
    parts: tuple[tuple[int, str], ...], whole: int | None, value: str, note: str
) -> None:
    fact = add_up("Routes", parts, whole)
    assert (fact.value, fact.note) == (value, note)


@pytest.mark.parametrize(
    ("delivered", "due", "overdue", "value", "note"),
    [
        ("", "", True, "never", ""),
        (
            "2026-06-08T06:40:00Z",
            "2026-06-09T06:40:00Z",
            True,
            "8 June 2026, 06:40 UTC",
            "the next was due 2 days 9 hours ago",
        ),
        (
            "2026-06-11T06:40:00Z",
            "2026-06-12T06:40:00Z",
            False,
            "11 June 2026, 06:40 UTC",
            "the next is due in 15 hours",
        ),
    ],
    ids=["never", "overdue", "in time"],
)
def test_the_last_report_is_told_with_the_next(
    delivered: str,
    due: str,
    overdue: bool,  # noqa: FBT001 - a column of the table
    value: str,
    note: str,
) -> None:
    readiness = readiness_document()
    schedule = readiness.loops.executive.schedule.model_copy(
        update={"last_delivered_at": delivered, "next_due_at": due, "overdue": overdue}
    )
    readiness = with_loops(readiness, closure=readiness.loops.closure.model_copy(update={"open_items": ()}))
    fact = build_executive_view(with_executive(readiness, schedule=schedule)).key_facts[-1]
    assert (fact.label, fact.value, fact.note) == ("Last report delivered", value, note)


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("ten letter", 10, "ten letter"),
        ("eleven lett", 10, "eleven let…"),
        ("日本", 12, "日本"),
        ("日本語", 12, "日本…"),
        ("\u202e", 6, "\\u202e"),
    ],
    ids=["fits", "one too many", "codes fit", "codes do not", "invisible"],
)
def test_a_brief_text_is_measured_as_it_is_printed(text: str, most: int, short: str) -> None:
    assert brief(text, most) == short


def test_the_page_says_how_many_rows_it_leaves_out() -> None:
    text = read(with_many(readiness_document()))
    assert "50 more risks are not shown here; executive.json has all 150." in text
    assert "50 more decisions are not shown here; executive.json has all 150." in text
    assert "50 more changes are not shown here; readiness.json has all 150." in text


@pytest.fixture(scope="module")
def workers() -> Iterator[PdfWorkers]:
    with PdfWorkers(2) as pool:
        yield pool


def print_pdf(workers: PdfWorkers, readiness: Readiness, path: Path) -> dict[str, str]:
    document = write_json(readiness.loops.executive)
    paper = render_executive_paper(build_executive_view(readiness))
    path.write_bytes(workers.submit(paper, document, NOW, "executive.json").result(timeout=120))
    told = subprocess.run(["pdfinfo", "-isodates", path], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^(\w+):\s+(.*)$", told, re.MULTILINE))


@pytest.mark.parametrize(
    "text",
    # The codes of what cannot be printed are six times as long as it is.
    ["", "W" * 5_000, "m" * 5_000, "日" * 900, "a few words " * 500, "i", "\u202e" * 900],
    ids=["as it is", "widest", "wide", "codes", "words", "narrow", "invisible"],
)
def test_the_paper_has_at_most_four_pages_whatever_comes_in(workers: PdfWorkers, text: str, tmp_path: Path) -> None:
    readiness = with_many(readiness_document())
    with untraced():
        worst = rewrite(readiness, text, keep_dates=False) if text else readiness
        assert int(print_pdf(workers, worst, tmp_path / "executive.pdf")["Pages"]) <= MOST_PAGES


@pytest.mark.parametrize(
    ("text", "shown"),
    [("W" * 5_000, 9), ("日" * 900, 9), ("a few words " * 500, 9), ("i", 50)],
    ids=["widest", "codes", "words", "narrow"],
)
def test_recommendations_have_the_room_that_other_lists_leave(
    workers: PdfWorkers, text: str, shown: int, tmp_path: Path
) -> None:
    readiness = with_executive(readiness_document(), key_risks=(), decisions=(), recommended_actions=(text,) * MANY)
    readiness = rewrite(readiness.model_copy(update={"changes": ()}), text, keep_dates=False)
    paper = render_executive_paper(build_executive_view(readiness))
    (rest,) = re.findall(r"([\d,]+) more recommendations are not shown here", Parsed(paper).text)
    assert MANY - int(rest) >= shown
    with untraced():
        assert int(print_pdf(workers, readiness, tmp_path / "executive.pdf")["Pages"]) <= MOST_PAGES


def test_the_paper_of_an_ordinary_day_has_two_pages_and_its_own_json(workers: PdfWorkers, tmp_path: Path) -> None:
    readiness = readiness_document()
    path, out = tmp_path / "executive.pdf", tmp_path / "out.json"
    info = print_pdf(workers, readiness, path)
    assert int(info["Pages"]) == 2
    assert info["Title"] == "Executive report on payments-pilot as of 11 June 2026, 15:40 UTC"
    subprocess.run(["pdfdetach", "-savefile", "executive.json", "-o", out, path], check=True)
    assert out.read_bytes() == write_json(readiness.loops.executive)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    assert "Complete in executive.json, attached to this file" in text


def test_the_paper_says_how_many_rows_it_leaves_out() -> None:
    text = Parsed(render_executive_paper(build_executive_view(with_many(readiness_document())))).text
    rests = re.findall(r"([\d,]+) more ([a-z ]+) are not shown here", text)
    assert {what for _, what in rests} == {
        "risks",
        "decisions",
        "recommendations",
        "changes",
        "approvals over blockers",
    }


def test_on_paper_names_are_shorter_than_sentences() -> None:
    readiness = readiness_document()
    risk = readiness.loops.executive.key_risks[0].model_copy(update={"risk": "r" * 999, "owner": "o" * 999})
    text = Parsed(render_executive_paper(build_executive_view(with_executive(readiness, key_risks=(risk,))))).text
    assert f"{'r' * LONGEST_SENTENCE}…" in text
    assert f" {'o' * LONGEST_NAME}…" in text
