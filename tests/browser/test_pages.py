"""The pages in a real browser: accessible, without network, readable on a phone, complete without scripts."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from browser.conftest import AXE
from reporter.cli import answer

AS_OF = "2026-06-11T15:40:00Z"
ENVIRONMENTS = ("production-pilot", "payments-pilot", "build-fleet")
FILTER_WORDS = {"Show", "with", "the", "text", "of", "checks", "all", "failed", "passed", "not", "applicable"} | {
    *("checks,", "and", "that", "repeat", "them"),
}
PAGES = ("index.html", "readiness.html", "runbook.html", "executive.html")


class Opened(NamedTuple):
    """A page, and what the browser did while it opened."""

    page: Page
    requests: list[str]
    complaints: list[str]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = tmp_path_factory.mktemp("world") / "w"
    assert answer(["init", str(world), "--sample", "--as-of", AS_OF]) == 0
    assert answer(["run", "--settings", str(world / "reporter.toml"), "--as-of", AS_OF]) == 0
    return world / "bundles"


Visit = Callable[..., Opened]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a file in a context of its own; options are those of Playwright's `new_context`."""
    contexts: list[BrowserContext] = []

    def open_file(path: Path, **options: Any) -> Opened:  # noqa: ANN401 - handed through
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        requests: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.resolve().as_uri())
        return Opened(page, requests, complaints)

    yield open_file
    for context in contexts:
        context.close()


@pytest.mark.parametrize("look", list(product([1280, 390], ["light", "dark"])))
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_axe_finds_nothing_serious(
    visit: Visit, bundles: Path, environment: str, name: str, look: tuple[int, str]
) -> None:
    width, scheme = look
    # The page's own policy forbids foreign scripts, axe among them: lifted for the inspection alone.
    opened = visit(
        bundles / environment / "latest" / name,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        bypass_csp=True,
    )
    opened.page.add_script_tag(path=AXE)
    found = opened.page.evaluate("async () => (await axe.run(document)).violations")
    serious = [one for one in found if one["impact"] in {"serious", "critical"}]
    assert not serious, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in serious]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_opening_a_page_loads_nothing_and_breaks_no_policy(
    visit: Visit, bundles: Path, environment: str, name: str
) -> None:
    path = bundles / environment / "latest" / name
    opened = visit(path)
    assert opened.requests == [path.resolve().as_uri()]
    assert opened.complaints == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_phone_shows_the_page_without_scrolling_sideways(
    visit: Visit, bundles: Path, environment: str, name: str
) -> None:
    opened = visit(bundles / environment / "latest" / name, viewport={"width": 390, "height": 844})
    wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_everything_is_there(visit: Visit, bundles: Path, name: str) -> None:
    path = bundles / "build-fleet" / "latest" / name
    plain = visit(path, java_script_enabled=False).page.locator("main").inner_text()
    scripted = visit(path).page.locator("main").inner_text()
    assert plain
    assert set(scripted.split()) - set(plain.split()) <= FILTER_WORDS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_filter_counts_the_checks_that_the_verdict_counts(visit: Visit, bundles: Path, environment: str) -> None:
    page = visit(bundles / environment / "latest" / "readiness.html").page
    tallies = page.locator(".tallies li").all_inner_texts()
    counted = sum(int(number) for told in tallies for number in told.replace(",", "").split() if number.isdigit())
    assert page.locator("#found").inner_text().startswith(f"{counted} of {counted} checks, and ")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_runbook_on_a_phone_shows_the_way_back_and_leads_past_it(
    visit: Visit, bundles: Path, environment: str
) -> None:
    page = visit(bundles / environment / "latest" / "runbook.html", viewport={"width": 390, "height": 844}).page
    assert page.locator("#roll-back details").evaluate("one => one.open")
    links = page.get_by_role("navigation").get_by_role("link")
    assert {"#roll-back", "#contacts"} <= {one.get_attribute("href") for one in links.all()}
    page.locator("#roll-back summary").click()
    box = page.locator("#roll-back").bounding_box()
    assert box
    assert box["height"] < 400, "the way back can be folded"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_link_of_the_first_page_leads_to_a_file_of_the_bundle(
    visit: Visit, bundles: Path, environment: str
) -> None:
    folder = bundles / environment / "latest"
    opened = visit(folder / "index.html")
    links = opened.page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))")
    files = {link.partition("#")[0] for link in links} - {""}
    assert files, "the first page links to the rest"
    assert [name for name in files if not (folder / name).is_file()] == []
