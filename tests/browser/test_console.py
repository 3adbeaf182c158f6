"""The console in a real browser, against a real server over a real ledger: every action, dry, confirmed and refused."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from browser.conftest import AXE
from reporter.loops.table import BY_WORD
from reporter.model.paths import AUDIT
from serve.serving import PILOT, TOKENS, Running, configure, running
from serve.traces import rows, trace
from worlds import make_world

HOSTILE = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
AUDITS, EXECUTIVES = BY_WORD["acknowledgement_audit"], BY_WORD["executive_retry_health_alert"]
ALERTS = BY_WORD["audit_worker_health_alert"]


class Seen(NamedTuple):
    """A page, and what it did."""

    page: Page
    requests: list[Request]
    complaints: list[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve a world of today, with one record whose texts are markup. Each test adds to its ledger."""
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    world = make_world(tmp_path_factory.mktemp("console") / "world", now)
    evidence = world / "evidence" / f"{PILOT}.jsonl"
    record = {"session_id": HOSTILE, "created_at": now, "signer": HOSTILE, "metadata_kind": ALERTS.plans[0].word}
    plan = {"health_id": HOSTILE, "plan_id": HOSTILE, "selected_providers": [HOSTILE], "generated_at": now}
    with evidence.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**record, ALERTS.plans[0].payload: plan}) + "\n")
    configure(world)
    with running(world) as found:
        yield found


@contextmanager
def console(browser: Browser, server: Running, name: str = "lead", **options: Any) -> Iterator[Seen]:  # noqa: ANN401 - as Playwright has them
    """Open the console, sign in, and choose the pilot. What the browser complains of fails the test."""
    with browser.new_context(**options) as context:
        page = context.new_page()
        seen = Seen(page, [], [])
        page.on("request", lambda request: seen.requests.append(request))  # noqa: PLW0108 - Playwright marks what it calls
        page.on("console", lambda message: seen.complaints.append(message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (one) => console.error(one.violatedDirective))"
        )
        page.goto(f"{server.address}/console#{PILOT}")
        page.get_by_label("Token").fill(TOKENS[name])
        page.keyboard.press("Enter")
        shown(page)
        yield seen
        hosts = {
            re.sub(r"^blob:", "", one.url).partition("/console")[0].partition("/runtime")[0] for one in seen.requests
        }
        assert all(host.startswith((server.address, "data:")) for host in hosts), hosts
        assert not seen.complaints


def shown(page: Page) -> None:
    """Wait until the page shows the pilot as it is."""
    expect(page.locator("#signed-in")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#state .who")).to_have_text(f"{PILOT}:")


def kinds(server: Running, start: int = 0) -> list[str]:
    """Give the kinds of the records of the ledger from one on, but for those of the requests themselves."""
    return [one["metadata_kind"] for one in records(server)[start:]]


def records(server: Running) -> list[dict[str, Any]]:
    found = [
        json.loads(str(next(one for one in row if str(one).startswith("{"))))
        for row in rows(server.world)
        if len(row) == 13
    ]
    return [one for one in found if one["metadata_kind"] != "reporter-http-request"]


def begin(page: Page, action: str) -> Any:  # noqa: ANN401 - a locator
    page.get_by_role("button", name=action, exact=True).click()
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_role("heading", level=2)).to_contain_text(f"{action} {PILOT}")
    return dialog


def preview(dialog: Any) -> str:  # noqa: ANN401 - likewise
    dialog.locator("[type=submit]").click()
    expect(dialog.locator("[data-confirm]")).to_be_visible()
    return str(dialog.locator(".result").inner_text())


def confirm(dialog: Any) -> str:  # noqa: ANN401 - likewise
    dialog.locator("[data-confirm]").click()
    expect(dialog.locator("[data-confirm]")).to_be_hidden()
    shown(dialog.page)
    return str(dialog.locator(".result").inner_text())


def executed(seen: Seen) -> list[Request]:
    return [one for one in seen.requests if one.method == "POST" and '"execute":true' in (one.post_data or "")]


def test_plan_audit_retry_shows_first_and_records_once_confirmed(browser: Browser, server: Running) -> None:
    with console(browser, server) as seen:
        before, number = trace(server.world), len(records(server))
        dialog = begin(seen.page, "Plan Audit Retry")
        told = preview(dialog)
        assert "1 retry plan would be recorded" in told
        assert "Nothing was recorded or sent." in told
        assert trace(server.world) == before
        dialog.locator("[data-confirm]").dblclick()
        expect(dialog.locator(".result")).to_contain_text("1 retry plan recorded")
        shown(seen.page)
        assert kinds(server, number) == [AUDITS.retry_plan.word]
        assert records(server)[-1]["signer"] == "lead"
        assert len(executed(seen)) == 1, "a double click is one request"


def test_ack_retry_answers_the_newest_plan(browser: Browser, server: Running) -> None:
    server.post(f"{AUDIT}/retry-plan", "operator", json={"execute": True}, key="plan-to-be-answered")
    with console(browser, server, "operator") as seen:
        number = len(records(server))
        dialog = begin(seen.page, "Ack Retry")
        dialog.locator("[type=submit]").click()
        expect(dialog.locator("[data-confirm]")).to_be_hidden()
        dialog.get_by_label("Reason").fill("the connector is mended")
        dialog.get_by_label("Reference").fill("CHG-7")
        dialog.get_by_label("Answer").select_option("accepted")
        assert "it would be recorded" in preview(dialog)
        assert len(records(server)) == number
        dialog.get_by_label("Reference").fill("CHG-8")
        expect(dialog.locator("[data-confirm]")).to_be_hidden()
        preview(dialog)
        assert "recorded" in confirm(dialog)
        (record,) = records(server)[number:]
        assert (record["metadata_kind"], record["signer"]) == (AUDITS.acknowledgement.word, "operator")
        assert record["acknowledgement"]["external_ref"] == "CHG-8"


def test_run_audit_worker_records_even_a_dry_run_and_says_so(browser: Browser, server: Running) -> None:
    with console(browser, server) as seen:
        number = len(records(server))
        dialog = begin(seen.page, "Run Audit Worker")
        expect(dialog).to_contain_text("A dry run is recorded, as a sign of life.")
        dialog.get_by_label("At most").fill("1")
        assert "it was recorded as a sign of life, and nothing was sent" in preview(dialog)
        dry = [one for one in records(server)[number:] if one["metadata_kind"] == AUDITS.worker_run.word]
        assert [one[AUDITS.worker_run.payload]["dry_run"] for one in dry] == [True]
        assert "selected" in confirm(dialog)
        runs = [one for one in records(server)[number:] if one["metadata_kind"] == AUDITS.worker_run.word]
        assert [one[AUDITS.worker_run.payload]["dry_run"] for one in runs] == [True, False]
        assert [json.loads(one.post_data or "{}")["max_retry_deliveries"] for one in executed(seen)] == [1]


def test_send_worker_alert_records_what_people_would_be_told_of(browser: Browser, server: Running) -> None:
    with console(browser, server, "operator") as seen:
        number = len(records(server))
        dialog = begin(seen.page, "Send Worker Alert")
        dialog.get_by_label("Tell again").check()
        told = preview(dialog)
        assert "would be told of 1 worker" in told
        assert "Acknowledgement audit" in told
        assert len(records(server)) == number
        confirm(dialog)
        assert kinds(server, number) == [AUDITS.health.word], (
            "without a connector nobody is told, so nobody must answer"
        )


def test_exec_alert_retries_are_planned_and_run(browser: Browser, server: Running) -> None:
    with console(browser, server) as seen:
        number = len(records(server))
        dialog = begin(seen.page, "Plan Exec Alert Retry")
        preview(dialog)
        confirm(dialog)
        assert kinds(server, number) == [EXECUTIVES.retry_plan.word]
        dialog.get_by_role("button", name="Close").click()
        number = len(records(server))
        dialog = begin(seen.page, "Run Exec Alert Retry")
        preview(dialog)
        confirm(dialog)
        assert kinds(server, number).count(EXECUTIVES.worker_run.word) == 2
        runs = [one for one in records(server)[number:] if one["metadata_kind"] == EXECUTIVES.worker_run.word]
        assert {one["signer"] for one in runs} == {"lead"}


@pytest.mark.parametrize(("action", "section", "word"), [
    ("Final Closure", "closure", "Open"), ("Release Readiness", "release-readiness", "Needs attention"),
])  # fmt: skip
def test_reading_actions_ask_the_report_and_lead_to_it(
    browser: Browser, server: Running, action: str, section: str, word: str
) -> None:
    with console(browser, server, "viewer") as seen:
        before = trace(server.world)
        seen.page.get_by_role("button", name=action, exact=True).click()
        expect(seen.page.locator("#told")).to_have_text(re.compile(f"^{action}: .+\\.$"))
        expect(seen.page.locator(f"#{section}-title")).to_be_focused()
        expect(seen.page.locator(f"#{section}")).to_contain_text(word)
        assert trace(server.world) == before


def test_export_runbook_saves_what_the_report_says(browser: Browser, server: Running) -> None:
    with console(browser, server, "viewer") as seen:
        with seen.page.expect_download() as saved:
            seen.page.get_by_role("button", name="Export Runbook").click()
        assert saved.value.suggested_filename == f"{PILOT}-operator-runbook.md"
        text = Path(str(saved.value.path())).read_text(encoding="utf-8")
        assert text.startswith(f"# Operator runbook: {PILOT}\n")
        expect(seen.page.locator("#told")).to_have_text(f"Saved as {PILOT}-operator-runbook.md")


def test_role_that_may_only_read_is_told_why_and_refused_all_the_same(browser: Browser, server: Running) -> None:
    with console(browser, server, "viewer") as seen:
        page, before = seen.page, trace(server.world)
        acting = page.locator("#actions button[data-dialog]")
        assert acting.count() == 6
        for button in acting.all():
            expect(button).to_be_disabled()
            expect(button).to_have_accessible_description("Needs the role operate.")
        expect(page.get_by_role("button", name="Final Closure")).to_be_enabled()
        for dialog in page.locator("dialog").all():
            dialog.evaluate("(one) => one.showModal()")
            for field in dialog.locator("input[required]").all():
                field.fill("all the same")
            dialog.locator("[type=submit]").click()
            expect(dialog.locator(".faults")).to_have_text("role: found read, wanted operate for this operation")
            expect(dialog.locator("[data-confirm]")).to_be_hidden()
            page.keyboard.press("Escape")
        assert trace(server.world) == before
        seen.complaints[:] = [one for one in seen.complaints if "403 (Forbidden)" not in one]


def test_wrong_token_is_refused_in_words_and_shows_nothing(browser: Browser, server: Running) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{server.address}/console")
        assert PILOT not in page.content(), "the page holds no data"
        page.get_by_label("Token").fill("x" * 40)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#faults")).to_contain_text("token: found one that is not known, wanted")
        expect(page.locator("#signed-in")).to_be_hidden()
        expect(page.get_by_label("Token")).to_be_focused()
        assert context.cookies() == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_lost_connection_keeps_the_key(browser: Browser, server: Running) -> None:
    with console(browser, server) as seen:
        number = len(records(server))
        dialog = begin(seen.page, "Plan Audit Retry")
        preview(dialog)
        seen.page.route("**/retry-plan?*", lambda route: (route.fetch(), route.abort()))
        dialog.locator("[data-confirm]").click()
        expect(dialog.locator(".faults")).to_contain_text("server: found no answer, wanted one; ask again")
        seen.page.unroute("**/retry-plan?*")
        confirm(dialog)
        first, second = executed(seen)
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
        assert kinds(server, number) == [AUDITS.retry_plan.word]
        seen.complaints[:] = [one for one in seen.complaints if "ERR_FAILED" not in one]


def test_token_is_forgotten_after_half_an_hour_and_when_signing_out(browser: Browser, server: Running) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{server.address}/console")
        for end in ("idle", "asked"):
            page.get_by_label("Token").fill(TOKENS["viewer"])
            page.keyboard.press("Enter")
            expect(page.locator("#about-caller")).to_have_text("viewer, role read")
            expect(page.locator("#state")).to_be_visible()
            if end == "idle":
                page.clock.fast_forward("31:00")
            else:
                page.get_by_role("button", name="Sign out").click()
            expect(page.locator("#told")).to_contain_text("Signed out")
            expect(page.get_by_label("Token")).to_be_focused()
            assert page.get_by_label("Token").input_value() == ""
            assert PILOT not in page.content()


def test_keyboard_alone_plans_a_retry(browser: Browser, server: Running) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{server.address}/console")
        keys = page.keyboard
        focused = (
            "document.activeElement.textContent.trim() || document.activeElement.name || document.activeElement.id"
        )
        keys.type(TOKENS["lead"])
        keys.press("Enter")
        expect(page.get_by_label("Environment")).to_be_focused()
        keys.type(PILOT[:6])
        shown(page)
        order = []
        for _ in range(40):
            keys.press("Tab")
            order.append(page.evaluate(focused))
            if order[-1] == "Plan Audit Retry":
                break
        assert order[-2:] == ["Send Worker Alert", "Plan Audit Retry"]
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "what has the focus shows it"
        number = len(records(server))
        keys.press("Enter")
        expect(page.locator("dialog[open] [type=submit]")).to_be_focused()
        keys.press("Enter")
        expect(page.locator("dialog[open] .result")).to_be_focused()
        for _ in range(4):
            keys.press("Tab")
            if page.evaluate(focused) == "Confirm: Plan Audit Retry":
                break
        keys.press("Enter")
        expect(page.locator("dialog[open] .result")).to_contain_text("1 retry plan recorded")
        shown(page)
        assert kinds(server, number) == [AUDITS.retry_plan.word]
        keys.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(page.get_by_role("button", name="Plan Audit Retry")).to_be_focused()


def test_evidence_is_filtered_by_kind_and_hostile_texts_stay_texts(browser: Browser, server: Running) -> None:
    with console(browser, server, "viewer") as seen:
        page = seen.page
        visible = page.locator("#records tr:visible")
        assert visible.count() == 15
        page.get_by_label("Filter by kind").select_option(label="Ack audit worker health")
        number = visible.count()
        assert set(visible.locator("td:nth-child(2)").all_inner_texts()) == {"Ack audit worker health"}
        assert page.locator("#kind-told").inner_text() == f"{number} record{'s' * (number > 1)}"
        titles = page.locator("#kind option").all_inner_texts()
        assert "Retry acknowledgement" in titles
        page.get_by_label("Filter by kind").select_option(label="Audit worker health alert: plan")
        assert HOSTILE in visible.all_inner_texts()[0] + "".join(visible.locator("code").all_inner_texts())
        page.get_by_role("button", name="Refresh").click()
        shown(page)
        assert page.get_by_label("Filter by kind").input_value() == ALERTS.plans[0].word
        page.get_by_label("Filter by kind").select_option("")
        page.get_by_role("button", name="Show all").click()
        assert visible.count() > 50
        assert page.locator("#panel img, #panel script, dialog img").count() == 0
        assert page.title() == "Operator console"


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    browser: Browser, server: Running, width: int
) -> None:
    found = []
    with console(browser, server, viewport={"width": width, "height": 900}, bypass_csp=True) as seen:
        page = seen.page
        page.add_script_tag(path=AXE)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += judge(page, "body")
            preview(begin(page, "Plan Audit Retry"))
            found += judge(page, "dialog[open]")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0
            page.keyboard.press("Escape")
    assert not found


def judge(page: Page, where: str) -> list[tuple[str, list[str]]]:
    found = page.evaluate("async (where) => (await axe.run(where)).violations", where)
    serious = [one for one in found if one["impact"] in {"serious", "critical"}]
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in serious]
