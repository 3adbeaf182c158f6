"""The pages: one file each, nothing loaded, one policy that allows exactly what is there."""

import base64
import hashlib
import re
from collections.abc import Callable

import pytest

from render.parsed import Parsed
from render.test_view import with_drills
from reporter.model.readiness import Readiness
from reporter.render.html import (
    LARGE_PAGE_BYTES,
    is_large,
    render_index_html,
    render_readiness_html,
    render_readiness_paper,
)
from reporter.render.json import write_json
from reporter.render.view import build_view

ENVIRONMENTS = ("production-pilot", "payments-pilot", "build-fleet")


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def readiness(request: pytest.FixtureRequest, readiness_of: Callable[[str], Readiness]) -> Readiness:
    return readiness_of(request.param)


@pytest.fixture(params=["readiness.html", "index.html"])
def page(request: pytest.FixtureRequest, readiness: Readiness) -> Parsed:
    view = build_view(readiness)
    if request.param == "index.html":
        return Parsed(render_index_html(view))
    return Parsed(render_readiness_html(view, write_json(readiness)))


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_is_loaded_from_anywhere(page: Parsed) -> None:
    assert not set(page.values("src") + page.values("srcset") + page.values("data"))
    links = [attributes for tag, attributes in page.elements if tag == "link"]
    assert links == [{"rel": "icon", "href": "data:,"}]
    assert not re.search(r"url\(|@import|https?:", "".join(page.inside("style")))
    assert not [value for value in page.values("href") if re.match(r"[a-z]+:", value) and value != "data:,"]


def test_the_policy_allows_the_style_and_the_script_that_are_there_and_no_others(
    page: Parsed,
) -> None:
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    (style,) = page.inside("style")
    scripts = [
        data
        for data in page.inside("script")
        if not data.startswith("{")  # the embedded JSON is data, and no policy speaks of it
    ]
    assert "default-src 'none'" in policy
    assert f"style-src {sha256(style)};" in policy
    assert len(scripts) <= 1
    assert f"script-src {sha256(scripts[0]) if scripts else repr('none')};" in policy


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


def test_links_of_the_first_page_into_the_report_lead_somewhere(readiness: Readiness) -> None:
    view = build_view(readiness)
    report = Parsed(render_readiness_html(view, write_json(readiness)))
    index = Parsed(render_index_html(view))
    wanted = {value.partition("#")[2] for value in index.values("href") if value.startswith("readiness.html#")}
    assert wanted
    assert wanted <= set(report.values("id"))


def test_a_page_has_a_language_one_heading_and_landmarks(page: Parsed) -> None:
    tags = [tag for tag, _ in page.elements]
    assert page.elements[0] == ("html", {"lang": "en"})
    assert tags.count("h1") == tags.count("main") == tags.count("header") == 1
    assert tags.count("style") == 1
    assert ("a", {"class": "skip", "href": "#main"}) in page.elements


def test_the_embedded_json_is_the_file_byte_for_byte(readiness: Readiness) -> None:
    document = write_json(readiness)
    page = render_readiness_html(build_view(readiness), document)
    opening = b'<script type="application/json" id="readiness">'
    start = page.index(opening) + len(opening)
    assert page[start : page.index(b"</script>", start)] == document


def test_json_that_could_end_its_element_is_refused(overdue: Readiness) -> None:
    with pytest.raises(ValueError, match="write_json"):
        render_readiness_html(build_view(overdue), b'"</script>"')


def test_the_same_readiness_gives_the_same_bytes(overdue: Readiness) -> None:
    again = Readiness.model_validate_json(write_json(overdue))
    assert render_index_html(build_view(again)) == render_index_html(build_view(overdue))
    assert render_readiness_paper(build_view(again)) == render_readiness_paper(build_view(overdue))


def test_evidence_of_failed_checks_is_open_and_of_passed_ones_closed(overdue: Readiness) -> None:
    page = Parsed(render_readiness_html(build_view(overdue), write_json(overdue)))
    open_ones = [attributes for tag, attributes in page.elements if tag == "details" and attributes]
    assert len(open_ones) == 6


def test_the_first_page_lists_every_report_with_its_status(overdue: Readiness) -> None:
    text = Parsed(render_index_html(build_view(overdue))).text
    assert "reports/drills.json ✗ Needs attention Drill history" in text
    assert "reports/rollback.json ✓ Ready Rollback plan" in text


def test_status_is_told_in_words_beside_every_colour(page: Parsed) -> None:
    assert not [
        attributes
        for tag, attributes in page.elements
        if tag == "svg" and "aria-labelledby" not in attributes and attributes.get("aria-hidden") != "true"
    ]


def test_ten_thousand_drills_are_cut_and_counted(overdue: Readiness) -> None:
    drill = overdue.production.go_backend_rollback_drill_history.history.drills[0]
    many = with_drills(
        overdue,
        tuple(drill.model_copy(update={"drill_id": f"drill-{index}"}) for index in range(10_000)),
    )
    view = build_view(many)
    document = write_json(many)
    page = Parsed(render_readiness_html(view, document))
    rest = "9,500 more drills are not shown here; readiness.json has all 10,000."
    assert rest in page.text
    assert "The line shows the latest 40 of 10,000 dated drills." in page.text
    assert "9,940 more drills are not shown here" in render_readiness_paper(view)


def test_rollback_steps_that_are_cut_are_counted(overdue: Readiness) -> None:
    report = overdue.production.go_backend_rollback
    many = report.rollback.model_copy(update={"rollback_steps": tuple(f"step {n}." for n in range(70))})
    rollback = report.model_copy(update={"rollback": many})
    production = overdue.production.model_copy(update={"go_backend_rollback": rollback})
    paper = render_readiness_paper(build_view(overdue.model_copy(update={"production": production})))
    assert "step 59." in paper
    assert "step 60." not in paper
    assert "10 more steps are not shown here; readiness.json has all 70." in paper


def test_a_page_of_more_than_five_megabytes_is_large() -> None:
    assert not is_large(b"x" * LARGE_PAGE_BYTES)
    assert is_large(b"x" * (LARGE_PAGE_BYTES + 1))
