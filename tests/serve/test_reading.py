"""What GETs give: every path that upstream's users know, the same JSON as the commands, and no trace."""

import json
import re
import shlex
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from reporter.jobs.loops import load_checked_settings
from reporter.jobs.readiness import check_report, decide_gate
from reporter.loops.table import LOOPS
from reporter.model.paths import AUDIT, PILOT, TOLD
from reporter.model.registry import REPORTS, ReportKind
from reporter.serve.operations import ENVIRONMENTS, GATE, HEALTH, OPENAPI, START, all_operations
from serve.serving import PILOT as ENVIRONMENT
from serve.serving import TOKENS, Running, configure, running
from serve.traces import trace

UPSTREAMS = (
    ("GET", f"{PILOT}/deployment-readiness"),
    ("GET", "/deployment/production-readiness"),
    ("GET", f"{PILOT}/rollback-drill-schedule"),
    ("GET", f"{PILOT}/rollback-readiness"),
    ("POST", f"{TOLD}/deliver"),
    ("GET", f"{AUDIT}/worker-health"),
    ("POST", f"{AUDIT}/worker-health-alerts/deliver"),
    ("POST", f"{AUDIT}/worker-health-alerts/{{health_id}}/acknowledgements"),
    ("GET", f"{AUDIT}/worker-health-alerts"),
    ("GET", f"{AUDIT}/worker-health-alert-dashboard"),
    ("POST", f"{AUDIT}/retry-plans/{{retry_plan_id}}/acknowledgements"),
    ("POST", f"{AUDIT}/recovery-executive-report/delivery-retry-health-alerts/retry-plan"),
    ("POST", f"{AUDIT}/recovery-executive-report/delivery-retry-health-alerts/retry-worker-run"),
    ("GET", f"{AUDIT}/final-reporting-closure-dashboard"),
)
"""The paths that upstream's pages name."""

OPERATIONS = all_operations()
READINGS = [one for one in OPERATIONS if one.method == "GET"]


def test_upstreams_root_is_spelled_as_upstream_spells_it() -> None:
    assert AUDIT == "/runtime/go-pilot/rollback-drill-notifications/acknowledgements/audit-delivery"


@pytest.mark.parametrize(("method", "path"), UPSTREAMS)
def test_path_of_upstream_is_served_and_documented(shared: Running, method: str, path: str) -> None:
    document = shared.get(OPENAPI, params={}).json()
    assert method.lower() in document["paths"][path]
    answer = shared.ask(method, path.format(health_id="unknown", retry_plan_id="unknown"))
    wanted = {"GET": {200}, "POST": {404 if "{" in path else 200, 400 if "worker-run" in path else 0, 422}}
    assert answer.status_code in wanted[method], answer.text
    assert shared.ask(method, path, "").status_code == 401


def test_every_operation_has_a_path_and_a_name_of_its_own() -> None:
    assert len({(one.method, one.path) for one in OPERATIONS}) == len(OPERATIONS)
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)
    assert {kind.path for kind in REPORTS} <= {one.path for one in READINGS}
    assert all(any(one.path.startswith(loop.path) for one in OPERATIONS) for loop in LOOPS)


@pytest.mark.parametrize("kind", REPORTS, ids=lambda kind: kind.name)
def test_report_is_what_check_prints(shared: Running, kind: ReportKind) -> None:
    answer = shared.get(kind.path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    now = datetime.fromisoformat(answer.json()["generated_at"])
    settings, _ = load_checked_settings(str(shared.world / "reporter.toml"))
    report, _ = check_report(settings, ENVIRONMENT, kind.name, now)
    assert answer.text == report.model_dump_json(indent=1, ensure_ascii=True)


def test_gate_is_what_gate_prints(shared: Running) -> None:
    answer = shared.get(GATE)
    settings, _ = load_checked_settings(str(shared.world / "reporter.toml"))
    decision = decide_gate(settings, ENVIRONMENT, datetime.fromisoformat(answer.json()["as_of"]))
    assert answer.text == decision.model_dump_json(indent=1, ensure_ascii=True)


def test_gets_leave_no_trace(shared: Running) -> None:
    before = trace(shared.world)
    names = [one["name"] for one in shared.get(ENVIRONMENTS, params={}).json()["environments"]]
    for one in READINGS:
        for name in names:
            asked = {"environment": name} if one.reading and one.reading.kept else {}
            assert shared.get(one.path, "viewer", params=asked).status_code == 200, one.path
    assert trace(shared.world) == before


def test_server_says_that_it_lives_to_anybody_and_nothing_else(shared: Running) -> None:
    answer = shared.get(HEALTH, "", params={})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert shared.get(ENVIRONMENTS, "", params={}).status_code == 401


def test_start_names_where_to_go_and_nothing_of_what_is_served(shared: Running) -> None:
    answer = shared.get(START, "", params={})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told = answer.json()
    assert (told["console"], told["openapi"], told["health"]) == ("/console", OPENAPI, HEALTH)
    assert told["token"].endswith(" for every path but /, /console and /healthz")
    assert ENVIRONMENT not in answer.text
    assert shared.post(START, "", params={}, json={}).status_code == 401
    assert shared.get("/none", params={}).json()["detail"].startswith("path: found none of this server's")


def test_paths_that_need_no_token_are_those_that_the_readme_names() -> None:
    assert {one.path for one in OPERATIONS if one.role is None} == {"/", "/console", "/healthz"}
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert "\n`/`, which says where to go, `/healthz` and the page of `/console` need no token " in readme


def curls() -> list[list[str]]:
    """Give the calls of curl in the README, word by word."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").replace("\\\n", "")
    return [shlex.split(one) for one in re.findall(r"^curl .*$", readme, flags=re.MULTILINE)]


@pytest.mark.parametrize("words", curls(), ids=lambda words: words[-1].rpartition("/")[2] or "/")
def test_call_of_curl_in_the_readme_is_answered(server: Running, words: list[str]) -> None:
    address = words[-1].replace("http://127.0.0.1:8000", server.address)
    given = [after for word, after in pairwise(words) if word == "-H"]
    headers = dict(one.replace("$TOKEN", TOKENS["lead"]).split(": ") for one in given)
    body = words[words.index("-d") + 1] if "-d" in words else None
    answer = server.client.request("POST" if body else "GET", address, headers=headers, content=body)
    assert answer.status_code == 200, answer.text


def test_environments_are_listed_with_who_asks(shared: Running) -> None:
    told = shared.get(ENVIRONMENTS, "viewer", params={}).json()
    assert (told["caller"], told["role"]) == ("viewer", "read")
    assert {"name": ENVIRONMENT, "mode": "promoted"} in told["environments"]


@pytest.mark.parametrize(
    ("params", "status", "fault"),
    [
        ({}, 400, "query: found no environment, wanted one of build-fleet, payments-pilot, production-pilot"),
        ({"environment": "none"}, 404, "query: found an environment that is not in the settings, wanted one of"),
        ({"environment": "build-fleet", "as_of": "x"}, 400, 'query: found the parameter "as_of", wanted environment'),
    ],
    ids=["none", "unknown", "other"],
)
def test_environment_is_named_where_there_are_several(
    shared: Running, params: dict[str, str], status: int, fault: str
) -> None:
    answer = shared.get(GATE, params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["detail"].startswith(fault)


def test_environment_is_named_once(shared: Running) -> None:
    answer = shared.client.get(
        f"{GATE}?environment=build-fleet&environment=build-fleet",
        headers={"Authorization": shared.get(HEALTH, params={}).request.headers["Authorization"]},
    )
    assert answer.json()["faults"] == ["query: found the parameter environment more than once, wanted environment"]
    assert shared.get(ENVIRONMENTS, params={"environment": "x"}).status_code == 400


def test_head_is_get_without_a_body(shared: Running) -> None:
    answer = shared.ask("HEAD", GATE)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 100


def test_answer_follows_a_change_at_once(server: Running) -> None:
    """Whatever is kept in memory: the next answer after a change is of the changed file."""
    path = next(kind.path for kind in REPORTS if kind.name == "rollback")
    plan = server.world / "manifests" / ENVIRONMENT / "go-backend-rollback-plan.json"
    text = plan.read_text(encoding="utf-8")
    for status in ("draft", "ready", "draft", "ready"):
        plan.write_text(json.dumps({**json.loads(text), "status": status}), encoding="utf-8")
        assert server.get(path).json()["rollback"]["status"] == status


def test_only_environment_needs_no_name(world: Path) -> None:
    settings = world / "reporter.toml"
    settings.write_text('[environments.alone]\nmode = "shadow"\n', encoding="utf-8")
    configure(world)
    with running(world) as server:
        assert server.get(GATE, params={}).json()["environment"] == "alone"
        document = server.get(OPENAPI, params={}).json()
        (parameter,) = document["paths"][GATE]["get"]["parameters"]
        assert (parameter["required"], parameter["schema"]["enum"]) == (False, ["alone"])
