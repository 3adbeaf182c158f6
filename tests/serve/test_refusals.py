"""A request that may not be carried out changes nothing: no row of the ledger, no file."""

import json
import socket
from collections.abc import Callable
from typing import NamedTuple

import httpx
import pytest

from reporter.model.paths import AUDIT, TOLD
from reporter.serve.operations import PLAYBOOKS
from serve.serving import PILOT, TOKENS, Running
from serve.traces import trace

WORKER = f"{AUDIT}/retry-worker-run"
PLAN = f"{AUDIT}/retry-plan"
APPROVAL = f"{AUDIT}/some-audit/retry-approvals"
KEY = "a-key-of-its-own"
EXECUTE = {"execute": True}
OPENING = {"execute": True, "provider": "jira", "reason": "deliveries fail", "ref": "INC-7"}


class Case(NamedTuple):
    """A request that is wrong in one way, and how it is refused."""

    id: str
    ask: Callable[[Running], httpx.Response]
    status: int
    fault: str


def post(path: str, name: str = "lead", **more: object) -> Callable[[Running], httpx.Response]:
    given = {"key": KEY, "json": EXECUTE, **more}
    return lambda server: server.post(path, name, **given)


def headers(**given: str) -> Callable[[Running], httpx.Response]:
    return post(PLAN, headers={name.replace("_", "-"): value for name, value in given.items()})


CASES = (
    Case("unauthenticated", post(PLAN, ""), 401, "token: found none"),
    Case("unknown token", headers(Authorization="Bearer " + "x" * 64), 401, "token: found one that is not known"),
    Case("empty token", headers(Authorization="Bearer"), 401, "token: found one that is not known"),
    Case("other scheme", headers(Authorization="Basic bGVhZDpsZWFk"), 401, "token: found one that is not known"),
    Case("reader plans", post(PLAN, "viewer"), 403, "role: found read, wanted operate"),
    Case("reader runs", post(WORKER, "viewer"), 403, "role: found read, wanted operate"),
    Case("operator approves", post(APPROVAL, "operator"), 403, "role: found operate, wanted approve"),
    Case("other site", headers(Origin="https://example.org"), 403, "origin: found the Origin of another site"),
    Case("opaque site", headers(Origin="null"), 403, "origin: found the Origin of another site"),
    Case("other port", headers(Origin="http://127.0.0.1:1"), 403, "origin: found the Origin of another site"),
    Case("cross-site fetch", headers(Sec_Fetch_Site="cross-site"), 403, "origin: found Sec-Fetch-Site"),
    Case("same-site fetch", headers(Sec_Fetch_Site="same-site"), 403, "origin: found Sec-Fetch-Site"),
    Case("rebound name", headers(Host="evil.example.org"), 421, "Host: found the name of another server"),
    Case("name with ours in it", headers(Host="localhost.example.org"), 421, "Host: found the name of another"),
    Case("no key", post(PLAN, key=""), 400, "Idempotency-Key: found none, wanted one"),
    Case("no key of a dry worker", post(WORKER, key="", json={}), 400, "Idempotency-Key: found none, wanted one"),
    Case("short key", post(PLAN, key="short"), 400, "Idempotency-Key: found something else"),
    Case("odd key", headers(**{"Idempotency-Key": "a key with spaces"}), 400, "Idempotency-Key: found something else"),
    Case("oversized", post(PLAN, content=b" " * 65_537, json=None), 413, "body: found more than 65536 bytes"),
    Case("form", post(PLAN, json=None, data={"execute": "true"}), 415, "Content-Type: found another kind"),
    Case("packed", headers(Content_Encoding="gzip"), 415, "Content-Encoding: found one, wanted none"),
    Case("unknown field", post(PLAN, json={"execute": True, "by": "me"}), 422, "by: found an unknown field"),
    Case("word for truth", post(PLAN, json={"execute": "true"}), 422, "execute: found a text, wanted true or"),
    Case("number for truth", post(PLAN, json={"execute": 1}), 422, "execute: found a whole number, wanted"),
    Case("unknown environment", post(PLAN, params={"environment": "x"}), 404, "query: found an environment"),
    Case("unknown path", post(f"{PLAN}/x"), 404, "path: found none of this server's"),
    Case("unknown method", lambda server: server.ask("DELETE", PLAN), 405, "method: found DELETE, wanted POST"),
    Case(
        "unknown subject",
        post(f"{AUDIT}/worker-health-alerts/none/acknowledgements", json={**OPENING, "provider": "slack"}),
        404,
        'subject of audit_worker_health_alert: found "none", wanted one of ',
    ),
    Case(
        "nothing to answer",
        post(f"{TOLD}/x/acknowledgements", json={**OPENING, "provider": "nobody"}),
        404,
        "subject of drill_notification",
    ),
    Case(
        "secret in a reason",
        post(PLAYBOOKS, json={**OPENING, "reason": "token gh" + "p_012345678901234567890123"}),
        422,
        "reason: found a token or a credential (not shown)",
    ),
    Case("placeholder", post(PLAYBOOKS, json={**OPENING, "ref": "REF"}), 422, "ref: found the placeholder REF"),
    Case("blank", post(PLAYBOOKS, json={**OPENING, "ref": "  "}), 422, "ref: is blank"),
)

BODIES = {
    "no object": b"[1]",
    "no JSON": b"{",
    "no UTF-8": b'{"execute": "\xff"}',
    "NaN": b'{"execute": NaN}',
    "key twice": b'{"execute": false, "execute": true}',
    "deep": b"[" * 20_000,
    "deep object": b'{"a":' * 20 + b"1" + b"}" * 20,
    "NUL": b'{"execute": "\\u0000"}',
    "half a character": b'{"execute": "\\ud800"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "long number": b'{"execute": ' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_refused_request_changes_nothing(shared: Running, case: Case) -> None:
    before = trace(shared.world)
    answer = case.ask(shared)
    assert (answer.status_code, answer.headers["content-type"]) == (case.status, "application/problem+json")
    document = answer.json()
    assert document["detail"].startswith(case.fault)
    assert (document["status"], document["faults"][0]) == (case.status, document["detail"])
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert trace(shared.world) == before


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_body_that_is_no_plain_object_is_refused(shared: Running, body: bytes) -> None:
    before = trace(shared.world)
    answer = shared.post(PLAN, key=KEY, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("body: found ")
    assert trace(shared.world) == before


def test_unauthenticated_are_told_how_to_ask_and_what_may_be_asked(shared: Running) -> None:
    assert shared.post(PLAN, "").headers["www-authenticate"] == 'Bearer realm="reporter"'
    assert shared.ask("PUT", PLAN).headers["allow"] == "POST"
    assert shared.ask("PUT", "/environments", params={}).headers["allow"] == "GET, HEAD"
    assert shared.ask("PUT", PLAN, "").status_code == 401


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "Origin", "Sec-Fetch-Site", "Content-Type"])
def test_header_that_decides_stands_once(shared: Running, name: str) -> None:
    given = [("Authorization", f"Bearer {TOKENS['lead']}"), ("Idempotency-Key", KEY), (name, "x"), (name, "x")]
    answer = shared.client.post(PLAN, headers=given, params={"environment": PILOT}, json=EXECUTE)
    assert (answer.status_code, answer.json()["detail"].partition(":")[0]) == (400, "headers")


def raw(server: Running, sent: bytes, *more: bytes) -> bytes:
    """Send bytes as they are, and give the answer until the end."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(sent)
        for one in more:
            connection.sendall(one)
        found = b""
        while not is_whole(found) and (part := connection.recv(65_536)):
            found += part
        return found


def is_whole(answer: bytes) -> bool:
    """Say whether an answer is there to its last byte."""
    top, end, body = answer.partition(b"\r\n\r\n")
    length = top.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(end) and len(body) >= int(length)


def head(*lines: str, method: str = "POST", path: str = PLAN) -> bytes:
    first = (f"{method} {path}?environment={PILOT} HTTP/1.1", "Host: localhost")
    return "\r\n".join((*first, f"Authorization: Bearer {TOKENS['lead']}", *lines, "", "")).encode()


def test_chunked_body_without_an_end_is_cut_off_at_the_limit(shared: Running) -> None:
    before = trace(shared.world)
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    answer = raw(
        shared,
        head("Transfer-Encoding: chunked", f"Idempotency-Key: {KEY}", "Content-Type: application/json"),
        chunk * 5,
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert trace(shared.world) == before


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (head("X: " + "y" * 40_000), b"431"),
        (head(*(f"X-{number}: {'y' * 100}" for number in range(400))), b"431"),
        (head(*("x: y" for _ in range(5_000))), b"431"),
        (head("Transfer-Encoding: chunked") + b"ZZ\r\n", b"400"),
        (head("Content-Length: 5", "Content-Length: 6"), b"400"),
        (head("Content-Length: -1"), b"400"),
        (head("Content-Length: 5", "Transfer-Encoding: chunked"), b"400"),
        (head("Host: localhost"), b"400"),
        (head(path="/" + "x" * 5_000), b"414"),
        (head("Bad Name: x"), b"400"),
    ],
    ids=[
        "no HTTP",
        "long header",
        "many headers",
        "many small headers",
        "bad chunk",
        "two lengths",
        "negative",
        "two framings",
        "two hosts",
        "long",
        "name",
    ],
)
def test_what_is_no_sound_http_is_refused_as_a_problem(shared: Running, sent: bytes, status: bytes) -> None:
    answer = raw(shared, sent)
    assert answer.startswith(b"HTTP/1.1 " + status), answer[:200]
    assert b"application/problem+json" in answer
    assert b"uvicorn" not in answer


def test_body_that_breaks_after_the_answer_has_begun_is_no_fault(shared: Running) -> None:
    answer = raw(shared, head("Transfer-Encoding: chunked", "Connection: close", path="/x"), b"ZZ\r\n")
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert shared.get("/healthz", params={}).status_code == 200
    assert shared.remarks == []


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/%00",
        "/%ed%a0%80",
        "/runtime/../environments",
        "/environments/",
        "/%",
    ],
)
def test_odd_path_leads_nowhere(shared: Running, path: str) -> None:
    answer = raw(shared, head("Connection: close", method="GET", path=path))
    assert answer.startswith(b"HTTP/1.1 404"), answer[:200]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 404
