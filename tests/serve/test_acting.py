"""What POSTs do: the jobs of the commands, once for each key, signed by the caller."""

import fcntl
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from reporter.model.paths import AUDIT, TOLD
from reporter.model.providers import PROVIDERS
from reporter.serve.operations import CLOSURES, PLAYBOOKS
from serve.serving import TOKENS, Running, running
from serve.traces import rows, trace

PLAN, WORKER = f"{AUDIT}/retry-plan", f"{AUDIT}/retry-worker-run"
SIGNED = {"reason": "it is planned", "ref": "CHG-1"}
EXECUTE = {"execute": True}


def records(server: Running) -> list[dict[str, Any]]:
    """Give the records of the ledger, without those of the requests themselves."""
    found = [json.loads(str(next(one for one in row if str(one).startswith("{")))) for row in rows_of(server)]
    return [one for one in found if one["metadata_kind"] != "reporter-http-request"]


def rows_of(server: Running) -> list[tuple[object, ...]]:
    return [row for row in rows(server.world) if len(row) == 13]


def gated(server: Running) -> tuple[str, str, str]:
    """Give plan, subject and provider of the route whose retry waits."""
    (plan,) = (one for one in server.post(PLAN).json()["plans"])
    (route,) = plan["routes"]
    return plan["retry_plan_id"], route["subject"], route["provider"]


def test_dry_posts_leave_no_trace(shared: Running) -> None:
    before = trace(shared.world)
    planned = shared.post(PLAN, "operator").json()
    assert (planned["executed"], planned["added"], len(planned["plans"])) == (False, 0, 1)
    told = shared.post(f"{TOLD}/deliver", "operator", json={"provider": "slack", "retries": 2}).json()
    assert (told["executed"], told["delivery"]) == (False, None)
    assert {one["provider"] for one in told["routes"]} <= {"slack"}
    assert told["remarks"] == ["retries: found 2; what fails is tried again by the retry worker, under its own rules"]
    alerts = shared.post(f"{AUDIT}/worker-health-alerts/deliver", "operator", json={"provider": "slack"}).json()
    assert alerts["executed"] is False
    assert {one["loop"] for one in alerts["alerts"]} <= {"audit_worker_health_alert"}
    assert shared.post(PLAN, key="no-key-is-needed").json()["executed"] is False
    assert trace(shared.world) == before


def test_plan_is_recorded_once_with_the_caller_as_who_made_it(server: Running) -> None:
    first = server.post(PLAN, "operator", json=EXECUTE, key="key-of-plan-1")
    assert (first.status_code, first.json()["added"]) == (200, 1)
    assert "idempotent-replayed" not in first.headers
    (record,) = records(server)
    assert record["signer"] == "operator"
    left = trace(server.world)
    again = server.post(PLAN, "operator", json={"execute": True}, key="key-of-plan-1")
    assert (again.text, again.headers["idempotent-replayed"]) == (first.text, "true")
    assert trace(server.world) == left


def test_key_stands_for_one_request_of_one_caller(server: Running) -> None:
    assert server.post(WORKER, "operator", key="key-of-worker").status_code == 200
    left = trace(server.world)
    for path, more in ((WORKER, {"json": EXECUTE}), (PLAN, {"json": EXECUTE})):
        refused = server.post(path, "operator", key="key-of-worker", **more)
        assert refused.status_code == 422
        assert refused.json()["detail"].startswith("Idempotency-Key: found one that stood for another request")
    other = server.post(WORKER, "operator", key="key-of-worker", params={"environment": "build-fleet"})
    assert other.status_code == 422
    assert trace(server.world) == left
    assert server.post(WORKER, "lead", key="key-of-worker").status_code == 200
    assert trace(server.world) != left


def test_first_answer_outlives_the_server(server: Running) -> None:
    first = server.post(WORKER, "operator", key="key-that-lasts", json=EXECUTE)
    left = trace(server.world)
    with running(server.world) as anew:
        again = anew.post(WORKER, "operator", key="key-that-lasts", json=EXECUTE)
        assert (again.text, again.headers["idempotent-replayed"]) == (first.text, "true")
        assert trace(anew.world) == left


def test_refused_request_may_be_made_good_under_its_key(server: Running) -> None:
    body = {**SIGNED, "execute": True, "provider": "jira", "state": "resolved"}
    assert server.post(CLOSURES, json=body, key="key-of-closing").status_code == 404
    opened = server.post(PLAYBOOKS, json={**SIGNED, "execute": True, "provider": "jira"}, key="key-of-opening")
    assert opened.json()["added"] is True
    again = server.post(PLAYBOOKS, json={**SIGNED, "provider": "jira", "reason": "other"})
    assert (again.status_code, again.json()["detail"].partition(":")[0]) == (409, "jira")
    unproved = server.post(CLOSURES, json=body, key="key-of-closing")
    assert unproved.status_code == 409
    assert unproved.json()["detail"].startswith("verification: found none, wanted at least one")
    body["verification_refs"] = ["INC-7"]
    closed = server.post(CLOSURES, json=body, key="key-of-closing")
    assert (closed.status_code, closed.json()["added"]) in {(200, True), (409, None)}


def test_retry_is_accepted_approved_and_free_to_go(server: Running) -> None:
    server.post(PLAN, "operator", json=EXECUTE, key="key-of-plan-2")
    plan, subject, provider = server.post(PLAN).json()["plans"][0]["retry_plan_id"], *gated(server)[1:]
    plan = next(one["session_id"] for one in records(server))
    approval = f"{AUDIT}/{subject}/retry-approvals"
    signed = {**SIGNED, "provider": provider}
    early = server.post(approval, json=signed)
    assert early.status_code == 409
    answers = f"{AUDIT}/retry-plans/{plan}/acknowledgements"
    unknown = server.post(f"{AUDIT}/retry-plans/gordackretry-0/acknowledgements", json=signed)
    assert unknown.status_code == 404
    assert plan in unknown.json()["detail"]
    nobody = server.post(answers, json={**signed, "provider": next(iter(PROVIDERS))})
    assert nobody.json()["detail"].startswith("audit_id: found none in the body and 0 routes to")
    accepted = server.post(answers, "operator", json={**signed, "execute": True}, key="key-of-answer")
    assert (accepted.status_code, accepted.json()["added"]) == (200, True), accepted.text
    named = server.post(answers, json={**signed, "audit_id": subject})
    assert named.status_code in {200, 409}
    approved = server.post(approval, json={**signed, "execute": True}, key="key-of-approval")
    assert (approved.status_code, approved.json()["added"]) == (200, True), approved.text
    signers = {one["metadata_kind"].rpartition("-")[2]: one["signer"] for one in records(server)}
    assert (signers["ack"], signers["decision"]) == ("operator", "lead")
    ran = server.post(WORKER, "lead", json=EXECUTE, key="key-of-own-run").json()
    assert ran["runs"][0]["selected"][0]["subject"] == subject
    assert ran["delivery"]["messages"][0]["fate"] == "skipped", "no connector is configured"


def test_older_plan_is_not_answered(server: Running) -> None:
    for number in (1, 2):
        server.post(PLAN, "operator" if number == 1 else "lead", json=EXECUTE, key=f"key-of-plan-{number}")
    first, second = (one["session_id"] for one in records(server))
    _, _, provider = gated(server)
    answers = [
        server.post(f"{AUDIT}/retry-plans/{plan}/acknowledgements", json={**SIGNED, "provider": provider}).status_code
        for plan in (first, second)
    ]
    assert sorted(answers) == [200, 409]


def test_without_any_plan_there_is_none_to_answer(server: Running) -> None:
    path = server.world / "evidence"
    for one in path.iterdir():
        one.write_text("", encoding="utf-8")
    refused = server.post(f"{AUDIT}/retry-plans/x/acknowledgements", json={**SIGNED, "provider": "slack"})
    assert refused.json()["detail"].endswith("wanted one of acknowledgement_audit: none is recorded")


def test_worker_that_runs_alone_finds_the_lock_taken(server: Running) -> None:
    (server.world / "state").mkdir(exist_ok=True)
    holder = os.open(server.world / "state", os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        before = trace(server.world)
        busy = server.post(WORKER, key="key-of-busy", json=EXECUTE)
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "6")
        assert busy.json()["faults"] == ["another run holds the lock; try again later"]
        assert trace(server.world) == before
    finally:
        os.close(holder)
    assert server.post(WORKER, key="key-of-busy", json=EXECUTE).status_code == 200


@pytest.mark.parametrize("name", ["operator", "lead"])
def test_who_runs_the_worker_is_who_executed(server: Running, name: str) -> None:
    server.post(WORKER, name, key="key-of-who", json=EXECUTE)
    runs = [one for one in records(server) if one["metadata_kind"].endswith("worker-run")]
    assert [one["signer"] for one in runs] == [name]


def test_ledger_that_cannot_be_used_is_no_bug(server: Running) -> None:
    state = server.world / "state"
    state.mkdir(exist_ok=True)
    (state / "ledger.db").write_bytes(b"no database" * 100)
    answer = server.post(WORKER, key="key-of-lost", json=EXECUTE)
    assert answer.status_code == 503
    assert "not an SQLite database" in answer.json()["detail"]
    assert str(server.world) not in answer.text


def test_same_request_at_the_same_moment_is_carried_out_once(server: Running) -> None:
    """Two servers over one ledger: whoever comes second gives the first answer."""
    with running(server.world) as twin, ThreadPoolExecutor(8) as pool:
        asking = [
            pool.submit(one.post, PLAN, "operator", json=EXECUTE, key="key-of-many") for one in (server, twin) * 4
        ]
        answers = [one.result() for one in asking]
    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1
    assert len([row for row in rows_of(server) if row[2] == "reporter-http-request"]) == 1
    assert sum("idempotent-replayed" not in one.headers for one in answers) == 1


def test_private_value_in_a_body_is_refused_by_its_field_dry_and_executed(server: Running) -> None:
    left = trace(server.world)
    body = {"ref": "CHG-1", "reason": f"used {TOKENS['operator']}", "provider": "jira"}
    for execute in (False, True):
        refused = server.post(PLAYBOOKS, json={**body, "execute": execute}, key=f"key-of-private-{execute}")
        assert refused.status_code == 422
        (fault,) = refused.json()["faults"]
        found, _, rule = fault.partition(" (not shown), wanted none in a record; rule ")
        assert (found, rule) == ("reason: found what is configured as serve.tokens.operator", "private_value")
        assert TOKENS["operator"] not in refused.text
    assert trace(server.world) == left
