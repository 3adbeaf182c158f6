"""The console without a browser: a page that holds no data, a part that needs a token, answers in words."""

import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from reporter.jobs.console.newest import KEPT, newest_records
from reporter.jobs.loops import load_checked_settings
from reporter.loops.table import BY_WORD, LOOPS
from reporter.model.paths import AUDIT, TOLD
from reporter.model.recent import RecentRecord
from reporter.render.answers import build_answer, render_answer
from reporter.render.record_words import kind_title
from reporter.serve.operations import CONSOLE, OPENAPI, PANEL, PLAYBOOKS
from serve.serving import PILOT, Running
from serve.traces import trace

HTML = {"Accept": "text/html"}
SIGNED = {"reason": "it is planned", "ref": "CHG-1"}
ACTIONS = (
    "Send Worker Alert",
    "Ack Retry",
    "Plan Audit Retry",
    "Run Audit Worker",
    "Plan Exec Alert Retry",
    "Run Exec Alert Retry",
    "Final Closure",
    "Release Readiness",
    "Export Runbook",
)
"""What the consoles that upstream's users know can do."""


def newest(world: Path) -> tuple[list[RecentRecord], dict[str, int]]:
    settings, _ = load_checked_settings(str(world / "reporter.toml"))
    found = newest_records(settings, PILOT)
    return list(found.rows), dict(found.counts)


def add(world: Path, *lines: object) -> None:
    with (world / "evidence" / f"{PILOT}.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines)


def test_page_is_anybodys_and_holds_nothing_of_an_environment(shared: Running) -> None:
    answer = shared.get(CONSOLE, "", params={})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert PILOT not in answer.text
    for action in ACTIONS:
        assert f">{action}</button>" in answer.text
    assert "set-cookie" not in answer.headers


def test_policy_of_the_page_allows_its_own_style_and_script_and_its_own_server(shared: Running) -> None:
    answer = shared.get(CONSOLE, "", params={})
    policy = dict(one.strip().partition(" ")[::2] for one in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    for kind in ("script-src", "style-src"):
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", policy[kind])
    assert not re.search(r"<[^>]+ (style|on[a-z]+)=", answer.text), "neither styles nor scripts stand at elements"
    assert not re.search(r"(src|href)=\"(?!#|data:,)", answer.text), "nothing is loaded"


def test_link_from_elsewhere_may_open_the_page_and_nothing_else(shared: Running) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert shared.get(CONSOLE, "", params={}, headers=link).status_code == 200
    assert shared.get(CONSOLE, "", params={}, headers={**link, "Sec-Fetch-Mode": "cors"}).status_code == 403


def test_part_with_the_data_needs_a_token_and_leaves_no_trace(shared: Running) -> None:
    assert shared.get(PANEL, "").status_code == HTTPStatus.UNAUTHORIZED
    before = trace(shared.world)
    answer = shared.get(PANEL, "viewer")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for part in ("worker-health", "alerts", "retry-plan", "closure", "release-readiness", "runbook", "evidence"):
        assert f'id="{part}-title"' in answer.text
    assert not re.search(r"<[^>]+ (style|on[a-z]+)=", answer.text)
    links = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert links <= set(re.findall(r'id="([^"]+)"', answer.text)), "a link leads somewhere"
    assert trace(shared.world) == before
    assert CONSOLE not in shared.get(OPENAPI, params={}).json()["paths"]


def test_part_of_an_environment_without_records_says_so(server: Running) -> None:
    for one in (server.world / "evidence").iterdir():
        one.write_text("", encoding="utf-8")
    text = server.get(PANEL).text
    assert "No record is there." in text
    assert "Nobody was ever told of a worker." in text
    assert text.count("<option data-retry_plan_id") == 0


def test_ledger_that_was_damaged_is_told_by_the_closure_and_hides_nothing_else(server: Running) -> None:
    (server.world / "state").mkdir(exist_ok=True)
    (server.world / "state" / "ledger.db").write_bytes(b"no database" * 100)
    text = server.get(PANEL).text
    assert "not an SQLite database" in text
    assert 'id="records"' in text


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (f"{AUDIT}/retry-plan", {}, "1 retry plan would be recorded"),
        (f"{AUDIT}/recovery-escalation/retry-plan", {}, "Nothing is to be tried again."),
        (f"{AUDIT}/worker-health-alerts/deliver", {}, "of 1 worker"),
        (f"{TOLD}/deliver", {"retries": 2}, "what fails is tried again by the retry worker"),
        (PLAYBOOKS, {**SIGNED, "provider": "jira"}, "it would be recorded"),
    ],
    ids=["plan", "nothing", "alerts", "drill", "recovery"],
)
def test_answer_is_given_in_words_where_a_page_asks(
    shared: Running, path: str, body: dict[str, object], told: str
) -> None:
    answer = shared.post(path, json=body, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), answer.text
    assert told in answer.text
    assert "Nothing was recorded or sent." in answer.text
    assert "Not done yet" in answer.text


def test_refusal_stays_a_problem_document(shared: Running) -> None:
    answer = shared.post(f"{AUDIT}/retry-plan", "viewer", headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_what_was_done_is_told_in_the_same_words_again(server: Running) -> None:
    asked: dict[str, Any] = {"json": {**SIGNED, "provider": "jira", "execute": True}, "headers": HTML}
    first = server.post(PLAYBOOKS, key="key-of-opening", **asked)
    assert "recorded" in first.text
    assert "Done" in first.text
    again = server.post(PLAYBOOKS, key="key-of-opening", **asked)
    assert (again.text, again.headers["idempotent-replayed"]) == (first.text, "true")
    other = server.post(PLAYBOOKS, key="key-of-opening-again", **asked)
    assert "it was recorded already" in other.text
    assert "it is recorded already" in server.post(PLAYBOOKS, json={**SIGNED, "provider": "jira"}, headers=HTML).text
    plans: dict[str, Any] = {"json": {"execute": True}, "headers": HTML}
    assert "1 retry plan recorded" in server.post(f"{AUDIT}/retry-plan", key="key-of-plan", **plans).text
    told = server.post(f"{TOLD}/deliver", key="key-of-telling", **plans).text
    assert re.search(r"\d routes? to tell: ", told)
    alerts = server.post(f"{AUDIT}/worker-health-alerts/deliver", key="key-of-alerts", **plans).text
    assert "1 worker to tell of: " in alerts
    assert "Incomplete" in alerts, "no connector is configured"
    ran = server.post(f"{AUDIT}/retry-worker-run", key="key-of-run", **plans).text
    assert "Left" in ran


def test_answer_about_well_workers_and_no_record() -> None:
    healthy = {"executed": False, "alerts": [], "delivery": None, "remarks": ["<b>"]}
    well = build_answer(healthy)
    assert b"<li>&lt;b&gt;</li>" in render_answer(healthy)
    assert (well.headline, well.remarks.rows) == ("Every worker is well: nobody is told", ("<b>",))
    none = build_answer({"executed": False, "added": 0, "plans": [], "faults": []})
    assert none.headline == "No record is there to plan from"
    there = build_answer({"executed": True, "added": 0, "plans": [{"routes": []}], "faults": []})
    assert there.sentences == ("1 plan was there already.",)
    silent = {"about": "x", "alert_level": "critical", "selected_providers": [], "suppressed_providers": ["slack"]}
    nobody = build_answer({"executed": True, "alerts": [{**silent, "alerts": []}], "delivery": {"counts": {}}})
    assert (nobody.headline, nobody.sentences) == ("1 worker to tell of: nothing to send", ())
    planned = build_answer({"executed": False, "alerts": [{**silent, "alerts": []}], "delivery": None})
    assert planned.headline == "Nobody would be told of 1 worker"


def test_left_routes_are_told_before_and_after() -> None:
    route = {"loop": "acknowledgement_audit", "subject": "", "provider": "jira", "owner": ""}
    left = {**route, "fate": "retry", "reason": "over the limit", "gate_reason": ""}
    run = {"selected": [], "left": [left]}
    for executed, title in ((False, "Would be left"), (True, "Left")):
        view = build_answer({"executed": executed, "runs": [run], "delivery": {"counts": {}, "complete": True}})
        assert [one.title for one in view.tables][-1] == title


def test_newest_records_of_each_kind_are_kept_and_all_are_counted(world: Path) -> None:
    kind = BY_WORD["executive_report"].worker_run.word
    before = newest(world)[1][kind]
    add(world, *(
        {"session_id": f"run-{number}", "created_at": f"2030-01-{number:02}T00:00:00Z", "metadata_kind": kind}
        for number in range(1, 29)
    ))  # fmt: skip
    rows, counts = newest(world)
    assert counts[kind] == before + 28
    mine = [one.record for one in rows if one.kind == kind]
    assert mine == [f"run-{number}" for number in range(28, 28 - KEPT, -1)]


def test_record_is_told_by_what_it_says(world: Path) -> None:
    loop = BY_WORD["acknowledgement_audit"]
    base: dict[str, object] = {"created_at": "2030-01-01T00:00:00Z", "signer": "somebody@example.com"}
    add(
        world,
        {**base, "session_id": "a", "metadata_kind": "k-a", "payload": {"acknowledgement_state": "accepted"}},
        {
            **base,
            "session_id": "b",
            "metadata_kind": "k-b",
            "providers": ["slack", 7, "jira"],
            "delivery_success": False,
        },
        {**base, "session_id": "c", "metadata_kind": "k-c", "delivery_success": True, "created_at": 7},
        {**base, "session_id": "d", "metadata_kind": "k-d", loop.worker_run.payload: {"dry_run": True}},
        {**base, "session_id": "e", "metadata_kind": "k-e", "environment": "another"},
        {**base, "session_id": "f", "metadata_kind": ["k"]},
        {**base, "session_id": None, "metadata_kind": "k-g"},
        "no record",
    )
    rows = {one.kind: one for one in newest(world)[0]}
    assert [rows[f"k-{one}"].state for one in "abcd"] == ["accepted", "failed", "delivered", "dry_run"]
    assert (rows["k-b"].provider, rows["k-c"].created_at) == ("slack, jira", "")
    assert rows["k-a"].signer.startswith("(not shown: rule ")
    assert not {"k-e", "k-g"} & set(rows)


def test_endless_kinds_of_records_end(world: Path) -> None:
    add(world, *({"session_id": "a", "metadata_kind": f"kind-{number}"} for number in range(600)))
    assert len(newest(world)[1]) == 500


def test_records_of_the_ledger_count_once(server: Running) -> None:
    server.post(f"{AUDIT}/retry-plan", json={"execute": True}, key="key-of-plan")
    kind = BY_WORD["acknowledgement_audit"].retry_plan.word
    rows, counts = newest(server.world)
    assert rows[0].kind == kind
    settings = server.world / "reporter.toml"
    text = settings.read_text(encoding="utf-8")
    named = f'records = ["evidence/{PILOT}.jsonl"'
    settings.write_text(text.replace(f"{named}]", f'{named}, "ledger"]'), encoding="utf-8")
    assert newest(server.world)[1][kind] == counts[kind]
    (server.world / "state" / "ledger.db").write_bytes(b"no database" * 100)
    assert newest(server.world)[1][kind] == counts[kind] - 1


def test_every_kind_of_a_loop_has_a_title_of_its_own() -> None:
    words = [kind.word for loop in LOOPS for _, kind in loop.kinds()]
    assert len({kind_title(word) for word in words}) == len(set(words))
    assert kind_title("what_nobody-knows") == "What nobody-knows"
