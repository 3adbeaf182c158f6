"""The runbook: the way back on top, loud when it is not proven; then the steps, each with all that it takes."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from render.documents import NOW, closed_document, readiness_document, with_loops
from render.parsed import Parsed
from reporter.model.closing_reports import RunbookStep
from reporter.model.readiness import Readiness
from reporter.model.reports import AlertLevel, Mode
from reporter.render.json import write_json
from reporter.render.pdf import PdfWorkers
from reporter.render.runbook import (
    LONGEST_COMMAND,
    build_runbook_view,
    command_of,
    render_runbook_html,
    render_runbook_paper,
)
from reporter.render.standing import distance


def with_runbook(readiness: Readiness, **changes: object) -> Readiness:
    return with_loops(readiness, runbook=readiness.loops.runbook.model_copy(update=changes))


def with_steps(*changes: Mapping[str, object]) -> Readiness:
    """Give a runbook whose steps are the first one, changed."""
    readiness = readiness_document()
    step = readiness.loops.runbook.steps[1]
    steps = tuple(step.model_copy(update={"number": n, **change}) for n, change in enumerate(changes, start=1))
    return with_runbook(readiness, steps=steps)


def read(readiness: Readiness) -> str:
    page = render_runbook_html(build_runbook_view(readiness), write_json(readiness.loops.runbook))
    return Parsed(page).text


@pytest.mark.parametrize(
    ("phases", "headline"),
    [
        (["now"], "1 thing to do now"),
        (["soon", "now", "now"], "2 things to do now"),
        (["close", "soon"], "Nothing to do now, 1 thing soon"),
        (["close"], "Nothing to do but to close the release"),
        (["rollback"], "Nothing to do"),
        ([], "Nothing to do"),
    ],
    ids=["now", "two now", "soon", "only closing", "only the way back", "nothing"],
)
def test_the_headline_counts_what_is_most_pressing(phases: list[str], headline: str) -> None:
    view = build_runbook_view(with_steps(*({"phase": phase} for phase in phases)))
    assert view.verdict.headline == headline


def test_the_state_stands_on_top_with_the_step_to_begin_with() -> None:
    verdict = build_runbook_view(readiness_document()).verdict
    assert [(one.label, one.tag.word) for one in verdict.states] == [
        ("Release readiness", "Blocked"),
        ("Final closure", "Open"),
        ("Way back to Python", "Not proven"),
    ]
    assert verdict.sentence == (
        "Begin with step 2: Run the rollback drill again. This is the state as of 11 June 2026, 15:40 UTC."
    )


def test_the_tallies_leave_out_the_way_back_for_nobody_has_to_go_it_yet() -> None:
    tallies = build_runbook_view(readiness_document()).tallies
    assert [one.word for one in tallies] == ["4 critical", "2 warning", "1 routine"]


@pytest.mark.parametrize(
    ("ready", "mode", "tone", "sentence"),
    [
        (False, Mode.PROMOTED, "bad", "Nothing proves that these steps work in time."),
        (False, Mode.ENFORCE, "bad", "Nothing proves that these steps work in time."),
        (True, Mode.PROMOTED, "good", "These steps worked in rehearsal; the target is 15 minutes."),
        (False, Mode.SHADOW, "none", "Python decides in shadow mode: there is nothing to roll back."),
        (True, Mode.DISABLED, "none", "Python decides in disabled mode: there is nothing to roll back."),
    ],
    ids=["not proven", "not proven in enforce mode", "proven", "shadow", "disabled"],
)
def test_the_way_back_says_whether_it_is_proven(*, ready: bool, mode: Mode, tone: str, sentence: str) -> None:
    readiness = with_runbook(readiness_document(mode=mode), rollback_ready=ready)
    rollback = build_runbook_view(readiness).rollback
    assert rollback.tag.tone == tone
    assert rollback.sentence.endswith(sentence)


def test_a_step_of_the_way_back_has_no_severity_for_nobody_has_to_go_it_yet() -> None:
    view = build_runbook_view(readiness_document())
    assert {step.tag for step in view.rollback.steps.rows} == {None}
    assert None not in {step.tag for phase in view.phases for step in phase.steps.rows}
    page = Parsed(render_runbook_html(view, b"{}"))
    assert page.text.count("✗ Critical") == 4


def test_the_way_back_is_open_on_the_screen_and_can_be_folded() -> None:
    view = build_runbook_view(readiness_document())
    page = render_runbook_html(view, b"{}").decode()
    assert page.count("<details open>") == 1
    assert page.index("Nothing proves that these steps work in time.") < page.index("<details open>")
    assert f"<summary>{view.rollback.label}</summary>" in page
    assert "<details" not in render_runbook_paper(view)


def test_a_command_in_the_headline_is_a_command() -> None:
    page = render_runbook_html(build_runbook_view(with_steps({"task": "Run `reporter run`"})), b"{}").decode()
    assert "Begin with step 1: Run <code>reporter run</code>." in page


def test_the_way_back_comes_before_every_step() -> None:
    page = Parsed(render_runbook_html(build_runbook_view(readiness_document()), b"{}"))
    places = [value for value in page.values("id") if value in {"roll-back", "do-now", "do-soon", "do-close"}]
    assert places == ["roll-back", "do-now", "do-soon", "do-close"]


def test_steps_of_the_plan_that_the_runbook_has_are_told_once() -> None:
    readiness = readiness_document()
    first, *others = readiness.loops.runbook.rollback_steps
    step = readiness.loops.runbook.steps[0].model_copy(update={"task": first})
    view = build_runbook_view(with_runbook(readiness, steps=(step,)))
    assert list(view.rollback.plan.rows) == others


def test_step_of_the_plan_that_is_quoted_with_one_of_ours_is_told_there_alone() -> None:
    readiness = readiness_document()
    first, second, *others = readiness.loops.runbook.rollback_steps
    why = f"Python decides. Step 1 of 3 of the rollback plan, which is not approved: {first.rstrip('.')}."
    steps = tuple(
        readiness.loops.runbook.steps[0].model_copy(
            update={"phase": "rollback", "number": at, "task": task, "why": said}
        )
        for at, (task, said) in enumerate([("Switch it off", why), ("Wait", f"{second.rstrip('.')} or not.")], start=1)
    )
    view = build_runbook_view(with_runbook(readiness, steps=steps))
    assert list(view.rollback.plan.rows) == [second, *others]
    page = render_runbook_html(view, b"{}").decode()
    assert page.count('<ul class="steps plan">') == 1
    assert '<ol class="steps plan">' not in page


def test_plan_is_numbered_where_no_step_of_ours_is() -> None:
    readiness = with_runbook(readiness_document(), steps=())
    assert '<ol class="steps plan">' in render_runbook_html(build_runbook_view(readiness), b"{}").decode()


def test_a_plan_without_steps_is_told() -> None:
    readiness = with_runbook(readiness_document(), rollback_steps=(), steps=())
    assert "The rollback plan gives no steps. Ask the contacts below." in read(readiness)


def test_a_step_shows_command_person_dates_reason_and_end() -> None:
    text = read(readiness_document())
    assert (
        "5. ✗ Critical Close the recovery of servicenow, or escalate it"
        " reporter recovery close servicenow --state resolved --by NAME --verification-ref REF --execute"
        " Who connector-operations Since 9 June 2026, 14:50 UTC (2 days ago)"
        " By 9 June 2026, 18:50 UTC (overdue by 44 hours 50 minutes)"
        " Why The repair takes 48 hours 50 minutes; 4 hours were agreed."
        " Done when The recovery is closed with at least one verification reference."
    ) in text


def test_a_step_without_dates_reason_and_end_shows_what_there_is() -> None:
    bare = {"command": "", "owner": "", "since": "", "due_at": "", "why": "", "done_when": ""}
    (phase,) = build_runbook_view(with_steps(bare)).phases
    (step,) = phase.steps.rows
    assert step.command == ""
    assert [(fact.label, fact.value) for fact in step.facts] == [("Who", "not given")]


def test_what_commands_leave_open_is_told_where_they_stand() -> None:
    phases = {phase.anchor: phase.note for phase in build_runbook_view(readiness_document()).phases}
    assert phases["do-now"].endswith("In the commands, fill in NAME and REF.")
    assert phases["do-soon"].endswith("In the commands, fill in NAME.")
    assert "fill in" not in phases["do-close"]


def test_a_command_is_whole_or_not_there() -> None:
    assert command_of("x" * LONGEST_COMMAND) == "x" * LONGEST_COMMAND
    assert command_of("x" * (LONGEST_COMMAND + 1)) == "# too long to show; runbook.json has it"


def test_commands_stand_in_a_block_of_their_own() -> None:
    page = Parsed(render_runbook_html(build_runbook_view(readiness_document()), b"{}"))
    blocks = [attributes for tag, attributes in page.elements if tag == "pre"]
    assert blocks == [{"class": "command"}] * 8


def test_anchors_follow_the_task_and_not_the_number() -> None:
    one, other = {"task": "Mend it"}, {"task": "Tell them"}
    before = build_runbook_view(with_steps(one)).phases[0].steps.rows
    after = build_runbook_view(with_steps(other, one)).phases[0].steps.rows
    assert before[0].anchor == after[1].anchor == "step-Mend-it"


@pytest.mark.parametrize(
    ("most", "render"),
    [(500, lambda view: render_runbook_html(view, b"{}").decode()), (60, render_runbook_paper)],
    ids=["page", "paper"],
)
def test_steps_that_are_cut_are_counted(most: int, render: object) -> None:
    view = build_runbook_view(with_steps(*({"task": f"Step {n}."} for n in range(1_000))))
    assert callable(render)
    text = Parsed(render(view)).text
    assert f"Step {most - 1}." in text
    assert f"Step {most}." not in text
    assert f"{1_000 - most} more steps are not shown here; runbook.json has all 1,000." in text


def test_nothing_to_do_is_told() -> None:
    readiness = closed_document()
    steps: tuple[RunbookStep, ...] = ()
    text = read(with_runbook(readiness, steps=steps, contacts=()))
    assert "No step is open." in text
    assert "No contact is given" in text
    assert build_runbook_view(readiness).verdict.tone == "good"


def test_a_healthy_step_is_called_routine() -> None:
    (phase,) = build_runbook_view(with_steps({"phase": "close", "severity": AlertLevel.HEALTHY})).phases
    tag = phase.steps.rows[0].tag
    assert tag is not None
    assert tag.word == "Routine"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-06-11T15:40:00Z", "now"),
        ("2026-06-11T15:40:59Z", "now"),
        ("2026-06-11T15:41:00Z", "in 1 minute"),
        ("2026-06-11T15:39:00Z", "1 minute ago"),
        ("2026-06-09T12:40:00Z", "2 days 3 hours ago"),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_the_distance_of_an_instant(at: str, told: str) -> None:
    assert distance(at, "2026-06-11T15:40:00Z") == told


def test_an_unknown_now_has_no_distances() -> None:
    assert distance("2026-06-11T15:40:00Z", "now") == ""


def test_the_paper_has_the_title_the_dates_and_its_own_json(tmp_path: Path) -> None:
    readiness = readiness_document()
    document = write_json(readiness.loops.runbook)
    path, out = tmp_path / "runbook.pdf", tmp_path / "out.json"
    with PdfWorkers(1) as workers:
        paper = render_runbook_paper(build_runbook_view(readiness))
        path.write_bytes(workers.submit(paper, document, NOW, "runbook.json").result(timeout=120))
    told = subprocess.run(["pdfinfo", "-isodates", path], capture_output=True, text=True, check=True).stdout
    info = dict(re.findall(r"^(\w+):\s+(.*)$", told, re.MULTILINE))
    assert info["Title"] == "Operator runbook of payments-pilot as of 11 June 2026, 15:40 UTC"
    assert info["CreationDate"] == "2026-06-11T15:40:00Z"
    subprocess.run(["pdfdetach", "-savefile", "runbook.json", "-o", out, path], check=True)
    assert out.read_bytes() == document
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    assert "Complete in runbook.json, attached to this file" in text
