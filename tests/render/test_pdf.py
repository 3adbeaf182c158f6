"""The PDF as other tools see it: pages, text, fonts, bookmarks, attachment, and the same bytes anywhere."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

from render.conftest import NOW
from reporter.errors import UsageFault
from reporter.model.readiness import Readiness
from reporter.render import press
from reporter.render.html import render_readiness_paper
from reporter.render.json import write_json
from reporter.render.pdf import PdfNotMade, PdfWorkers
from reporter.render.view import build_view
from tracing import untraced_environment

PAGE = "<style>html { font-family: Inter }</style><p>x"

AGAIN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from reporter.render.pdf import PdfWorkers

html, attachment, out = map(Path, sys.argv[1:])
with PdfWorkers(2) as workers:
    made = workers.submit(html.read_text(), attachment.read_bytes(), datetime(2026, 6, 11, 15, 40, tzinfo=UTC))
    out.write_bytes(made.result())
"""

WITHOUT_LIBRARY = """
import cffi, sys
from datetime import UTC, datetime

missing = sys.argv[1]
dlopen = cffi.FFI.dlopen

def refuse(self, name, flags=0):
    if missing in (name or ""):
        raise OSError(f"{name}: cannot open shared object file")
    return dlopen(self, name, flags)

cffi.FFI.dlopen = refuse
from reporter.errors import UsageFault
from reporter.render.pdf import PdfWorkers

with PdfWorkers(1) as workers:
    try:
        workers.submit("<p>x", b"{}", datetime(2026, 6, 11, tzinfo=UTC)).result()
    except UsageFault as fault:
        print(fault)
"""


def tool(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_it_has_a_few_pages_with_title_author_and_the_dates_of_the_verdict(printed: Path) -> None:
    info = dict(re.findall(r"^(\w+):\s+(.*)$", tool("pdfinfo", "-isodates", printed), re.MULTILINE))
    assert 15 <= int(info["Pages"]) <= 25
    assert info["Title"] == "Readiness of payments-pilot as of 11 June 2026, 15:40 UTC"
    assert info["Author"] == "reporter 0.1.0"
    assert info["CreationDate"] == info["ModDate"] == "2026-06-11T15:40:00Z"
    assert info["Tagged"] == "yes"
    assert info["JavaScript"] == "no"


def test_its_text_can_be_read_and_copied(printed: Path) -> None:
    pages = tool("pdftotext", "-layout", printed, "-").split("\f")
    assert "No, it needs attention" in pages[0]
    assert re.search(r"Drill schedule +\d+ ", pages[0]), "the contents have page numbers"
    assert "Readiness of payments-pilot · as of 11 June 2026, 15:40 UTC" in pages[1]
    assert f"Page 2 of {len(pages) - 1}" in pages[1]
    assert "Find out why the drill failed, mend it and run the drill again." in pages[1]
    assert "Set CAVRA_GO_BACKEND_MODE=disabled." in "".join(pages)


def test_its_bookmarks_are_the_headings(printed: Path) -> None:
    outlines = json.loads(tool("qpdf", "--json", "--json-key=outlines", printed))["outlines"]
    titles = [one["title"] for one in outlines]
    assert titles[:5] == ["Verdict", "What to do", "What changed", "Trend", "Reports and checks"]
    assert titles[-3:] == ["Operator runbook", "Inputs", "About this document"]


def test_it_carries_the_signed_json_byte_for_byte(printed: Path, overdue: Readiness, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert "1: readiness.json" in tool("pdfdetach", "-list", printed)
    tool("pdfdetach", "-save", "1", "-o", out, printed)
    assert out.read_bytes() == write_json(overdue)


def test_it_claims_pdf_a_3a_and_lists_its_attachment_once(printed: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.pdf"
    tool("qpdf", "--qdf", "--object-streams=disable", printed, plain)
    content = plain.read_bytes()
    assert re.findall(rb"(?m)^  /AF \[\s*(?:\d+ 0 R\s*)+\]", content)[0].count(b" R") == 1
    assert content.count(b"/AFRelationship /Data") == 1
    assert b'pdfaid:part="3"' in content
    assert b'pdfaid:conformance="A"' in content


def test_it_is_well_formed_and_has_no_font_but_ours(printed: Path) -> None:
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", printed)
    fonts = tool("pdffonts", printed).splitlines()[2:]
    assert fonts
    assert all(re.match(r"[A-Z]{6}\+Inter", line) for line in fonts)


def test_two_processes_of_different_surroundings_make_the_same_bytes(
    overdue: Readiness, printed: Path, tmp_path: Path
) -> None:
    html, attachment = tmp_path / "paper.html", tmp_path / "readiness.json"
    html.write_text(render_readiness_paper(build_view(overdue)), encoding="utf-8")
    attachment.write_bytes(write_json(overdue))
    for seed, zone, locale in (("0", "UTC", "C.UTF-8"), ("42", "Asia/Tokyo", "C")):
        out, elsewhere = tmp_path / f"{seed}.pdf", tmp_path / seed
        elsewhere.mkdir()
        subprocess.run(
            [sys.executable, "-c", AGAIN, html, attachment, out],
            cwd=elsewhere,
            env={**untraced_environment(), "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONUTF8": "1"},
            check=True,
            timeout=120,
        )
        assert out.read_bytes() == printed.read_bytes()


def test_a_worker_makes_its_second_pdf_as_another_made_its_first(overdue: Readiness, printed: Path) -> None:
    paper = render_readiness_paper(build_view(overdue))
    with PdfWorkers(1) as workers:
        workers.submit(PAGE, b"{}", NOW).result(timeout=120)
        assert workers.submit(paper, write_json(overdue), NOW).result(timeout=120) == printed.read_bytes()


def test_a_document_loads_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("attached", encoding="utf-8")
    html = (
        f'<style>@import "{secret.as_uri()}"; html {{ font-family: Inter }}</style>'
        f'<link rel="attachment" href="{secret.as_uri()}"><img src="{secret.as_uri()}" alt="image"><p>x'
    )
    out = tmp_path / "out.pdf"
    with PdfWorkers(1) as workers:
        out.write_bytes(workers.submit(html, b"{}", NOW).result(timeout=120))
    assert tool("pdfdetach", "-list", out).splitlines() == ["1 embedded files", "1: readiness.json"]


def test_a_font_that_is_not_ours_is_refused() -> None:
    document = SimpleNamespace(fonts={1: SimpleNamespace(family="Inter"), 2: SimpleNamespace(family="DejaVu Sans")})
    with pytest.raises(press.ForeignFont, match="found the font DejaVu Sans, wanted Inter alone"):
        press._finish(document, None)  # noqa: SLF001 - no page of ours could show another font


@pytest.mark.parametrize(
    ("missing", "found"),
    [("pangoft2", "pangoft2"), ("harfbuzz-subset", "libharfbuzz-subset.so.0")],
)
def test_a_missing_library_is_told_with_the_packages_and_the_line_to_run(missing: str, found: str) -> None:
    told = tool(sys.executable, "-c", WITHOUT_LIBRARY, missing)
    assert found in told
    assert told.rstrip().endswith("apt-get install --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0")
    assert len(told.splitlines()) == 1


def test_a_worker_that_dies_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "_lay_out", lambda *_: os._exit(9))
    with PdfWorkers(1) as workers, pytest.raises(PdfNotMade, match="ended before its PDF was ready"):
        workers.submit("<p>x", b"{}", NOW).result(timeout=60)


def test_a_pool_that_lost_its_workers_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "_lay_out", lambda *_: os._exit(9))
    with PdfWorkers(1) as workers:
        for _ in range(2):
            with pytest.raises(PdfNotMade):
                workers.submit("<p>x", b"{}", NOW).result(timeout=60)


def test_workers_that_were_not_started_make_nothing() -> None:
    with pytest.raises(PdfNotMade, match="not started"):
        PdfWorkers(1).submit("<p>x", b"{}", NOW)


def test_a_caller_that_fails_does_not_wait_for_what_was_not_begun() -> None:
    made: list[Future[bytes]] = []

    def fail() -> None:
        with PdfWorkers(1) as workers:
            made.extend(workers.submit(PAGE, b"{}", NOW) for _ in range(20))
            raise UsageFault("elsewhere")

    with pytest.raises(UsageFault, match="elsewhere"):
        fail()
    assert made[-1].cancelled()
