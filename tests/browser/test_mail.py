"""The executive report as mail, in a real browser: accessible, without network, as wide as a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.conftest import AXE
from render.golden_mail import GOLDEN

MAILS = ("mail-held.html", "mail-closed.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [600, 390])
@pytest.mark.parametrize("name", MAILS)
def test_mail_reads_well_everywhere(browser: Browser, name: str, width: int, scheme: str) -> None:
    path = Path(GOLDEN, name).resolve()
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert requests == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run(document)).violations")
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    context.close()
