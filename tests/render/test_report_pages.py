"""The runbook and the executive report as pages: one file each, nothing loaded, and whatever a text says stays text."""

import base64
import hashlib
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from render.documents import NOW, closed_document, readiness_document
from render.parsed import Parsed
from render.rewrite import ACTING, HOSTILE, PRINTED, rewrite
from reporter.model.checks import Wire
from reporter.model.readiness import Readiness
from reporter.render.executive import build_executive_view, render_executive_html, render_executive_paper
from reporter.render.glyphs import printable
from reporter.render.json import write_json
from reporter.render.pdf import PdfWorkers
from reporter.render.runbook import build_runbook_view, render_runbook_html, render_runbook_paper
from reporter.render.wording import plain


class Kind(NamedTuple):
    """One report with pages of its own."""

    report: Callable[[Readiness], Wire]
    html: Callable[[Readiness, bytes], bytes]
    paper: Callable[[Readiness], str]

    def page(self, readiness: Readiness) -> bytes:
        """Render it with its own JSON."""
        return self.html(readiness, write_json(self.report(readiness)))


KINDS = {
    "runbook": Kind(
        lambda readiness: readiness.loops.runbook,
        lambda readiness, document: render_runbook_html(build_runbook_view(readiness), document),
        lambda readiness: render_runbook_paper(build_runbook_view(readiness)),
    ),
    "executive": Kind(
        lambda readiness: readiness.loops.executive,
        lambda readiness, document: render_executive_html(build_executive_view(readiness), document),
        lambda readiness: render_executive_paper(build_executive_view(readiness)),
    ),
}
DOCUMENTS = {"open": readiness_document, "closed": closed_document}


@pytest.fixture(params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(params=DOCUMENTS)
def page(request: pytest.FixtureRequest, name: str) -> Parsed:
    return Parsed(KINDS[name].page(DOCUMENTS[request.param]()))


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_is_loaded_from_anywhere(page: Parsed) -> None:
    assert not set(page.values("src") + page.values("srcset") + page.values("data"))
    assert [attributes for tag, attributes in page.elements if tag == "link"] == [{"rel": "icon", "href": "data:,"}]
    assert not [value for value in page.values("href") if re.match(r"[a-z]+:", value) and value != "data:,"]


def test_the_policy_allows_the_one_style_and_no_script(page: Parsed) -> None:
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    (style,) = page.inside("style")
    assert f"style-src {sha256(style)}; script-src 'none';" in policy
    assert [attributes["type"] for tag, attributes in page.elements if tag == "script"] == ["application/json"]


def test_no_attribute_carries_style_or_code(page: Parsed) -> None:
    names = {name for _, attributes in page.elements for name in attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]


def test_every_id_is_there_once_and_every_link_inside_the_page_leads_to_one(page: Parsed) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    inside = {value[1:] for value in page.values("href") if value.startswith("#")}
    named = {name for value in page.values("aria-labelledby") for name in value.split()}
    assert inside | named <= set(ids)


def test_a_page_has_a_language_one_heading_landmarks_and_a_way_past_the_navigation(page: Parsed) -> None:
    tags = [tag for tag, _ in page.elements]
    assert page.elements[0] == ("html", {"lang": "en"})
    assert tags.count("h1") == tags.count("main") == tags.count("header") == 1
    assert ("a", {"class": "skip", "href": "#main"}) in page.elements


def test_headings_go_down_one_level_at_a_time(page: Parsed) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_embedded_json_is_the_file_byte_for_byte(name: str) -> None:
    readiness = readiness_document()
    document = write_json(KINDS[name].report(readiness))
    page = KINDS[name].html(readiness, document)
    opening = f'<script type="application/json" id="{name}">'.encode()
    start = page.index(opening) + len(opening)
    assert page[start : page.index(b"</script>", start)] == document


def test_json_that_could_end_its_element_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="write_json"):
        KINDS[name].html(readiness_document(), b'"</script>"')


def test_the_same_readiness_gives_the_same_bytes(name: str) -> None:
    readiness = readiness_document()
    again = Readiness.model_validate_json(write_json(readiness))
    assert KINDS[name].page(again) == KINDS[name].page(readiness)
    assert KINDS[name].paper(again) == KINDS[name].paper(readiness)


def test_both_say_how_to_verify(page: Parsed) -> None:
    assert "reporter verify . --key signing.key.pub" in page.text
    assert "VERIFY.md" in page.values("href")


def test_an_approval_over_blockers_is_told_on_top(name: str) -> None:
    told = Parsed(KINDS[name].page(readiness_document())).text
    assert "Approved over blockers m.lindqvist approved" in told
    assert "Customer fix CHG-20377 could not wait" in told


@pytest.mark.parametrize("keep_dates", [True, False], ids=["dates kept", "dates replaced"])
@pytest.mark.parametrize("medium", ["page", "paper"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_of_a_document_adds_an_element_or_an_attribute(
    name: str,
    kind: str,
    medium: str,
    keep_dates: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    render: Callable[[Readiness], bytes | str] = getattr(KINDS[name], medium)
    readiness = readiness_document()
    hostile = Parsed(render(rewrite(readiness, HOSTILE[kind], keep_dates=keep_dates)))
    harmless = Parsed(render(rewrite(readiness, "word", keep_dates=keep_dates)))
    if (name, medium) == ("executive", "paper"):
        # Long texts leave room for fewer rows; what is in a row stays the same.
        assert set(hostile.shape) <= set(harmless.shape) | {("p", ("class",))}
    else:
        assert hostile.shape == harmless.shape
    for attribute in ("href", "class", "src"):
        for value in hostile.values(attribute):
            assert not value.strip().lower().startswith(("javascript:", "http", "file:")), value
    for value in hostile.values("id"):
        assert value.isascii()
        assert not set(value) & set(" <>\"'&")


@pytest.mark.parametrize("kind", ["controls", "bidi"])
def test_nothing_invisible_reaches_a_page(name: str, kind: str) -> None:
    hidden = set(HOSTILE[kind]) - set(plain(HOSTILE[kind])) - set("\n")
    readiness = rewrite(readiness_document(), HOSTILE[kind], keep_dates=True)
    for shown in (KINDS[name].page(readiness), KINDS[name].paper(readiness)):
        assert not hidden & set(Parsed(shown).text)


def with_texts(readiness: Readiness, *texts: str) -> Readiness:
    """Give the runbook a step, and the executive report a risk, for each of these."""
    loops = readiness.loops
    step, risk = loops.runbook.steps[0], loops.executive.key_risks[0]
    runbook = loops.runbook.model_copy(update={"steps": tuple(step.model_copy(update={"task": one}) for one in texts)})
    risks = tuple(risk.model_copy(update={"risk": one}) for one in texts)
    executive = loops.executive.model_copy(update={"key_risks": risks})
    return readiness.model_copy(update={"loops": loops.model_copy(update={"runbook": runbook, "executive": executive})})


@pytest.mark.parametrize("texts", [PRINTED[:6], PRINTED[6:]], ids=["some", "others"])
def test_hostile_text_on_paper_is_text_and_nothing_more(name: str, texts: tuple[str, ...], tmp_path: Path) -> None:
    readiness = with_texts(rewrite(readiness_document(), *texts, keep_dates=True), *texts)
    path, unpacked = tmp_path / "hostile.pdf", tmp_path / "unpacked.pdf"
    with PdfWorkers(1) as workers:
        made = workers.submit(KINDS[name].paper(readiness), b"{}", NOW, f"{name}.json")
        path.write_bytes(made.result(timeout=120))
    text = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True).stdout
    for shown in texts:
        assert "".join(printable(plain(shown)).split()) in "".join(text.split())
    subprocess.run(["qpdf", "--qdf", "--object-streams=disable", path, unpacked], check=True)
    assert re.findall(ACTING, unpacked.read_bytes()) == []
    fonts = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout
    assert all("+Inter" in line for line in fonts.splitlines()[2:])
