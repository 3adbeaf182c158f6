"""Whatever a manifest says stays text, in every page and on paper."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from render.conftest import NOW
from render.parsed import Parsed
from render.rewrite import ACTING, HOSTILE, PRINTED, rewrite
from reporter.model.readiness import Readiness
from reporter.render.glyphs import printable
from reporter.render.html import (
    render_index_html,
    render_readiness_html,
    render_readiness_paper,
)
from reporter.render.json import write_json
from reporter.render.pdf import PdfWorkers
from reporter.render.view import build_view
from reporter.render.wording import plain

RENDERERS: dict[str, Callable[[Readiness], bytes | str]] = {
    "readiness.html": lambda readiness: render_readiness_html(build_view(readiness), write_json(readiness)),
    "index.html": lambda readiness: render_index_html(build_view(readiness)),
    "paper": lambda readiness: render_readiness_paper(build_view(readiness)),
}


@pytest.mark.parametrize("keep_dates", [True, False], ids=["dates kept", "dates replaced"])
@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_of_a_document_adds_an_element_or_an_attribute(
    overdue: Readiness,
    kind: str,
    renderer: str,
    keep_dates: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    render = RENDERERS[renderer]
    hostile = Parsed(render(rewrite(overdue, HOSTILE[kind], keep_dates=keep_dates)))
    harmless = Parsed(render(rewrite(overdue, "word", keep_dates=keep_dates)))
    assert hostile.shape == harmless.shape
    for attribute in ("href", "class", "src"):
        for value in hostile.values(attribute):
            assert not value.strip().lower().startswith(("javascript:", "http", "file:")), value
    for value in hostile.values("id"):
        assert value.isascii()
        assert not set(value) & set(" <>\"'&")


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_shown_as_the_text_it_is(overdue: Readiness, kind: str) -> None:
    readiness = rewrite(overdue, HOSTILE[kind], keep_dates=True)
    shown = " ".join(plain(readiness.production.go_backend_rollback.rollback.rollback_steps[0]).split())
    assert shown in Parsed(RENDERERS["readiness.html"](readiness)).text
    assert printable(shown) in Parsed(RENDERERS["paper"](readiness)).text


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_evidence_records_say_is_shown_as_the_text_it_is(overdue: Readiness, kind: str) -> None:
    readiness = rewrite(overdue, HOSTILE[kind], keep_dates=True)
    loops = readiness.loops
    told = (
        loops.closure.open_items[0].title,
        loops.release_readiness.overrides[0].reason,
        loops.worker_health.loops[0].alerts[0].message,
        loops.recovery.escalation_routes[0].reason,
        loops.retry_plan.plans[0].retry_decisions[0].reason,
        loops.escalation_plan.routes[0].provider,
        loops.audit_package.entries[0].subject,
        readiness.records[0].faults[0],
    )
    page, paper = Parsed(RENDERERS["readiness.html"](readiness)).text, Parsed(RENDERERS["paper"](readiness)).text
    for text in told:
        shown = " ".join(plain(text).split())
        assert shown in page
        assert printable(shown) in paper


@pytest.mark.parametrize("kind", ["controls", "bidi"])
def test_nothing_invisible_reaches_a_page(overdue: Readiness, kind: str) -> None:
    hidden = set(HOSTILE[kind]) - set(plain(HOSTILE[kind])) - set("\n")
    assert hidden
    for name, render in RENDERERS.items():
        page = Parsed(render(rewrite(overdue, HOSTILE[kind], keep_dates=True)))
        assert not hidden & set(page.text), name


def print_pdf(readiness: Readiness, path: Path) -> str:
    """Print a readiness, and give the text of the PDF without its spaces."""
    with PdfWorkers(1) as workers:
        made = workers.submit(render_readiness_paper(build_view(readiness)), write_json(readiness), NOW)
        path.write_bytes(made.result(timeout=120))
    text = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True)
    return "".join(text.stdout.split())


def with_steps(readiness: Readiness, *steps: str) -> Readiness:
    """Give the rollback plan these steps."""
    plan = readiness.production.go_backend_rollback
    changed = plan.model_copy(update={"rollback": plan.rollback.model_copy(update={"rollback_steps": steps})})
    production = readiness.production.model_copy(update={"go_backend_rollback": changed})
    return readiness.model_copy(update={"production": production})


def test_hostile_text_on_paper_is_text_and_nothing_more(overdue: Readiness, tmp_path: Path) -> None:
    path, unpacked = tmp_path / "hostile.pdf", tmp_path / "unpacked.pdf"
    text = print_pdf(with_steps(rewrite(overdue, *PRINTED, keep_dates=True), *PRINTED), path)
    for step in PRINTED:
        assert "".join(printable(plain(step)).split()) in text
    subprocess.run(["qpdf", "--qdf", "--object-streams=disable", path, unpacked], check=True)
    assert re.findall(ACTING, unpacked.read_bytes()) == []
    fonts = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout
    assert all("+Inter" in line for line in fonts.splitlines()[2:])


def test_a_very_long_word_wraps_on_paper(overdue: Readiness, tmp_path: Path) -> None:
    readiness = with_steps(overdue, HOSTILE["long"])
    text = print_pdf(readiness, tmp_path / "long.pdf")
    # A page may end in the middle of it.
    assert "w" * 100 in text
    assert "w…(4400morecharacters)" in text
