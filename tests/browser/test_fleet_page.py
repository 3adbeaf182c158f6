"""The fleet page in a real browser: accessible, without network, readable on a phone, complete without scripts."""

from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser.conftest import AXE
from fleets import NOW, make_fleet
from reporter.jobs.fleet import write_fleet
from reporter.jobs.standing import public_key_of


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    settings = make_fleet(tmp_path_factory.mktemp("fleet"))
    key = public_key_of(settings)
    assert key
    assert write_fleet(settings, NOW, NOW, key) == ""
    return Path(settings.resolve(settings.bundles_dir), "index.html").as_uri()


def shown(page: Page) -> list[str]:
    return [one.split(" ")[1] for one in page.locator("tr.environment:visible th").all_inner_texts()]


@pytest.mark.parametrize("look", list(product([1280, 390], ["light", "dark"])))
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    browser: Browser, address: str, look: tuple[int, str]
) -> None:
    width, scheme = look
    viewport = {"width": width, "height": 900}
    with browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
        page.add_script_tag(path=AXE)
        found = page.evaluate("async () => (await axe.run(document)).violations")
    serious = [one for one in found if one["impact"] in {"serious", "critical"}]
    assert not serious, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in serious]


def test_page_loads_nothing_breaks_no_policy_and_filters(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        requests: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        assert len(shown(page)) == 7
        page.select_option("select[name=state]", "bad")
        assert shown(page) == ["broken-seal", "billing", "never-run"]
        page.fill("input[name=text]", "drill HISTORY")
        assert shown(page) == ["billing"]
        assert page.locator("#found").inner_text() == "1 of 7 environments"
        page.goto(f"{address}#environment-zebra")
        assert len(shown(page)) == 7, "a link to what is filtered away shows it"
        assert {url.partition("#")[0] for url in requests} == {address}
        assert complaints == []


def test_without_scripts_everything_is_there(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        assert len(shown(page)) == 7
        assert not page.locator("form.filter").is_visible()
