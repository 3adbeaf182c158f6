"""Limits: how often, how many at a time, how slowly. Nobody who is over one keeps the others waiting."""

import asyncio
import socket
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import httpx
import pytest

from reporter.serve.limits import MOST_KEPT, Limit
from reporter.serve.operations import ENVIRONMENTS, HEALTH
from serve.serving import TOKENS, Running, configure, running

SLOW = 0.9


def test_limit_lets_a_burst_through_and_then_so_many_a_second() -> None:
    limit = Limit(per_second=2, burst=4)
    assert [limit.take("a", 0.0) for _ in range(4)] == [0.0] * 4
    assert limit.take("a", 0.0) == pytest.approx(0.5)
    assert limit.take("b", 0.0) == 0.0, "another key"
    assert limit.take("a", 0.5) == 0.0
    assert limit.take("a", 0.5) > 0
    assert [limit.take("a", 1_000.0) for _ in range(5)] == [0.0] * 4 + [pytest.approx(0.5)]


def test_limit_remembers_only_so_many() -> None:
    limit = Limit(per_second=0.001, burst=1)
    for number in range(MOST_KEPT + 1):
        assert limit.take(str(number), 0.0) == 0.0
    assert limit.take("0", 0.0) == 0.0, "forgotten"
    assert limit.take(str(MOST_KEPT), 0.0) > 0


@pytest.fixture
def strict(world: Path) -> Iterator[Running]:
    configure(
        world,
        failures_per_minute=3.0,
        requests_per_second=2.0,
        timeout_seconds=SLOW,
        max_connections=8,
        max_body_bytes=1_000,
    )
    with running(world) as found:
        yield found


def test_who_asks_too_often_is_told_when_to_ask_again(strict: Running) -> None:
    answers = iter(lambda: strict.get(ENVIRONMENTS, params={}), None)
    assert [next(answers).status_code for _ in range(4)] == [200] * 4
    refused = next(one for one in islice(answers, 100) if one.status_code == 429)
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["detail"].startswith("requests: found more than serve.requests_per_second")
    assert strict.get(ENVIRONMENTS, "viewer", params={}).status_code == 200, "another caller"


def test_strangers_are_slowed_down_and_callers_are_not(strict: Running) -> None:
    codes = [strict.get(ENVIRONMENTS, "", params={}).status_code for _ in range(6)]
    assert codes == [401, 401, 401, 429, 429, 429]
    assert strict.get(ENVIRONMENTS, params={}).status_code == 200
    guess = strict.get(ENVIRONMENTS, "", params={}, headers={"Authorization": "Bearer " + "x" * 64})
    assert guess.status_code == 429
    assert 18 <= int(guess.headers["retry-after"]) <= 22
    assert strict.get(HEALTH, "", params={}).status_code == 200


def ended(connection: socket.socket) -> bytes:
    """Read until the other side hangs up."""
    found: list[bytes] = []
    try:
        while part := connection.recv(1 << 20):
            found.append(part)
    except ConnectionResetError:
        pass
    return b"".join(found)


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "], ids=["nothing", "half a head"]
)
def test_head_that_does_not_come_is_hung_up_on(strict: Running, sent: bytes) -> None:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", strict.port), timeout=20) as connection:
        connection.sendall(sent)
        assert ended(connection) == b""
    assert time.monotonic() - began < 15


def test_head_that_comes_byte_by_byte_is_hung_up_on(strict: Running) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=20) as connection:
        try:
            for _ in range(1_000):
                connection.sendall(b"X")
                time.sleep(0.01)
        except OSError:
            return
        assert ended(connection) == b""


def test_body_that_does_not_come_is_refused_in_time(strict: Running) -> None:
    head = (
        "POST /runtime/go-pilot/rollback-drill-notifications/deliver?environment=payments-pilot HTTP/1.1\r\n"
        f"Host: localhost\r\nAuthorization: Bearer {TOKENS['lead']}\r\nContent-Length: 9\r\n\r\n{{"
    )
    with socket.create_connection(("127.0.0.1", strict.port), timeout=20) as connection:
        connection.sendall(head.encode())
        answer = ended(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"body: found no end of it, wanted one within 0.9 seconds" in answer


def test_caller_that_leaves_in_the_middle_is_no_fault(strict: Running) -> None:
    head = (
        "POST /runtime/go-pilot/rollback-drill-notifications/deliver?environment=payments-pilot HTTP/1.1\r\n"
        f"Host: localhost\r\nAuthorization: Bearer {TOKENS['lead']}\r\nContent-Length: 9\r\n\r\n{{"
    )
    with socket.create_connection(("127.0.0.1", strict.port), timeout=20) as connection:
        connection.sendall(head.encode())
        time.sleep(0.1)
    assert strict.get(HEALTH, params={}).status_code == 200
    assert strict.remarks == []


def test_answer_that_nobody_reads_is_given_up(world: Path) -> None:
    """Pipelined requests whose answers fill every buffer: the connection is cut, and others are served meanwhile."""
    configure(world, timeout_seconds=SLOW)
    with running(world) as server:
        asked = f"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKENS['lead']}\r\n\r\n"
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            connection.settimeout(20)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(asked.encode() * 40)
            assert server.get(HEALTH, params={}).status_code == 200
            time.sleep(3 * SLOW)
            assert len(ended(connection)) < 40 * 400_000


def test_connections_of_one_address_are_half_of_all(strict: Running) -> None:
    async def count() -> int:
        held = [await asyncio.open_connection("127.0.0.1", strict.port) for _ in range(8)]
        alive = 0
        for reader, writer in held:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                alive += (await reader.read(12)).startswith(b"HTTP/1.1 200")
            except ConnectionError:
                continue
            finally:
                writer.close()
        return alive

    assert asyncio.run(count()) == 4
    with httpx.Client() as client:
        for _ in range(50):
            if _answers(client, strict.address):
                break
            time.sleep(0.02)
        assert _answers(client, strict.address), "who left makes room"


def _answers(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(f"{address}{HEALTH}").status_code == 200
    except httpx.TransportError:
        return False
