"""The parts by themselves: memory, the state of inputs, tokens, names, problems, the door, the log."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from reporter.errors import LedgerUnusable, Locked, NotKnown, NotPublicSafe, ReporterError, UsageFault, WrongText
from reporter.jobs.loops import load_checked_settings
from reporter.serve.app import MOST_WAITING, Service
from reporter.serve.door import CALLER, Door
from reporter.serve.inputs import State, look
from reporter.serve.memory import MOST_KEPT, Memory
from reporter.serve.operations import all_operations
from reporter.serve.origins import Names, foreign_origin, is_loopback
from reporter.serve.problems import Problem, Teller
from reporter.serve.server import Server
from reporter.serve.tokens import Caller, Tokens, read_tokens
from reporter.settings_model import Role, Settings
from serve.serving import TOKENS, configure

OLD = State((("file", 0, 1, 1, 1, 1),))
OTHER = State((("file", 0, 2, 2, 2, 2),))


class Source:
    """Something that is asked about: its state, and how often an answer was made."""

    def __init__(self, state: State | None = OLD) -> None:
        self.state, self.made = state, 0

    def look(self) -> State | None:
        return self.state

    def make(self) -> bytes:
        self.made += 1
        return str(self.made).encode()


def answers(memory: Memory, source: Source, count: int, wait: float = 0.0) -> list[bytes]:
    async def ask() -> list[bytes]:
        found = []
        for _ in range(count):
            found.append(await memory.answer("question", source.look, source.make))
            await asyncio.sleep(wait)
        return found

    try:
        return asyncio.run(ask())
    finally:
        memory.close()


def test_answer_is_kept_while_nothing_changes() -> None:
    assert answers(Memory(60), Source(), 3) == [b"1", b"1", b"1"]


def test_what_cannot_be_looked_at_is_never_kept() -> None:
    assert answers(Memory(60), Source(None), 3) == [b"1", b"2", b"3"]


def test_age_of_nothing_keeps_nothing() -> None:
    assert answers(Memory(0), Source(), 3) == [b"1", b"2", b"3"]


def test_answer_is_renewed_before_it_is_too_old() -> None:
    source = Source()
    found = answers(Memory(0.2), source, 12, 0.03)
    assert found[0] == b"1"
    assert source.made >= 3
    assert found == sorted(found)


def test_change_is_seen_at_once_even_within_its_making() -> None:
    source = Source()

    def make() -> bytes:
        source.state = OTHER
        return source.make()

    async def ask() -> list[bytes]:
        return [await memory.answer("question", source.look, one) for one in (make, source.make, source.make)]

    memory = Memory(60)
    assert asyncio.run(ask()) == [b"1", b"2", b"2"]
    memory.close()


def test_file_that_was_changed_a_moment_ago_is_not_relied_on(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    found = file.stat()
    fresh = State(((str(file), 0, found.st_mtime_ns, found.st_ctime_ns, 0, 0),))
    assert not fresh.is_settled()
    assert State(((str(file), 0, found.st_mtime_ns - 10**9, found.st_ctime_ns - 10**9, 0, 0),)).is_settled()
    assert State(()).is_settled()


def test_many_who_ask_at_once_wait_for_one_answer() -> None:
    source, memory, gate = Source(), Memory(60), threading.Event()

    def make() -> bytes:
        gate.wait(10)
        return source.make()

    async def ask() -> list[bytes]:
        asking = [asyncio.create_task(memory.answer("question", source.look, make)) for _ in range(20)]
        await asyncio.sleep(0.05)
        gate.set()
        return await asyncio.gather(*asking)

    assert set(asyncio.run(ask())) == {b"1"}
    memory.close()


def test_failure_is_told_to_each_and_not_kept() -> None:
    source, memory = Source(), Memory(2.0)

    def fail() -> bytes:
        raise UsageFault("no")

    async def ask() -> bytes:
        with pytest.raises(UsageFault):
            await memory.answer("question", source.look, fail)
        first = await memory.answer("question", source.look, source.make)
        await asyncio.sleep(1.2)
        assert await memory.answer("question", source.look, fail) == first, "renewing failed, and nobody waited for it"
        await asyncio.sleep(1.2)
        return await memory.answer("question", source.look, source.make)

    assert asyncio.run(ask()) == b"2"
    memory.close()


def test_memory_holds_only_so_many_answers() -> None:
    source, memory = Source(), Memory(60)

    async def ask() -> None:
        for number in range(MOST_KEPT + 1):
            await memory.answer(str(number), source.look, source.make)
        assert await memory.answer("0", source.look, source.make) == str(MOST_KEPT + 2).encode()

    asyncio.run(ask())
    memory.close()


def load(folder: Path, text: str) -> Settings:
    (folder / "reporter.toml").write_text(text, encoding="utf-8")
    return load_checked_settings(str(folder / "reporter.toml"))[0]


ALL = ("rollback_plan", "runtime", "package_dir", "policy")


def test_every_input_and_source_is_looked_at(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        '[environments.a]\nrollback_plan_path = "plan.json"\nruntime_path = "bin"\npackage_dir = "package"\n'
        'records = ["evidence/*.jsonl", "one.jsonl", "ledger", "sqlite:///other.db"]\n',
    )
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "x.jsonl").touch()
    state = look(settings, "a", ALL, records=True)
    assert state is not None
    names = [os.path.relpath(one[0], tmp_path) for one in state.files]
    assert names == [
        *("plan.json", "bin", "package", "evidence/x.jsonl", "evidence/*.jsonl", "one.jsonl", "other.db"),
        *("other.db-wal", "state/ledger.db", "state/ledger.db-wal", "bundles/a", "bundles/a/latest/attestation.json"),
        "keys/signing.key",
    ]
    assert look(settings, "a", ALL, records=True) == state
    (tmp_path / "evidence" / "y.jsonl").touch()
    assert look(settings, "a", ALL, records=True) != state


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ('[environments.a]\nrollback_plan_path = "https://example.org/plan.json"\n', False),
        ('[environments.a]\nrecords = ["https://example.org/evidence.jsonl"]\n', True),
        ('ledger = "postgresql+psycopg://db/reporter"\n[environments.a]\n', True),
    ],
    ids=["manifest", "records", "ledger"],
)
def test_what_has_no_file_cannot_be_looked_at(tmp_path: Path, text: str, records: bool) -> None:  # noqa: FBT001 - a case
    assert look(load(tmp_path, text), "a", ALL, records=records) is None


def test_key_that_is_no_file_is_not_looked_at(tmp_path: Path) -> None:
    settings = load(tmp_path, 'signing_key = "env:KEY"\n[environments.a]\n')
    state = look(settings, "a", (), records=True)
    assert state is not None
    assert not [one for one in state.files if Path(one[0]).name == "KEY"]
    assert state.files[-1][0].endswith("attestation.json")


def test_role_includes_those_before_it() -> None:
    may = {role: [other for other in Role if Caller("x", role).may(other)] for role in Role}
    assert may == {Role.READ: ["read"], Role.OPERATE: ["read", "operate"], Role.APPROVE: list(Role)}


@pytest.mark.parametrize("given", [None, b"", b"Bearer", b"Bearer ", b"Basic x", b"Bearer x", b"\xff" * 10])
def test_token_that_is_not_known_is_nobodys(given: bytes | None, world: Path) -> None:
    tokens = read_tokens(load_checked_settings(str(world / "reporter.toml"))[0])
    assert tokens.find(given) is None
    assert tokens.find(f"bEARER  {TOKENS['lead']} ".encode()) == Caller("lead", Role.APPROVE)


def test_names_of_this_server_are_known_with_and_without_a_port() -> None:
    names = Names(["Evidence.example.org", "10.0.0.1:8443"])
    for host in (b"localhost", b"LOCALHOST:1", b"127.0.0.1:8000", b"[::1]:80", b"[::1]", b"evidence.example.org."):
        assert names.know(host), host
    assert names.know(b"10.0.0.1:8443")
    for host in (b"", b"10.0.0.1", b"127.0.0.1.example.org", b"localhost:x", b"::1", b":80", b"\xff", b"0.0.0.0"):
        assert not names.know(host), host


PAGE = {b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"navigate", b"sec-fetch-dest": b"document"}


@pytest.mark.parametrize(
    ("headers", "is_page", "foreign"),
    [
        ({}, False, False),
        ({b"origin": b"http://localhost:8000"}, False, False),
        ({b"origin": b"https://LOCALHOST:8000"}, False, False),
        ({b"origin": b"http://localhost:8001"}, False, True),
        ({b"sec-fetch-site": b"none"}, False, False),
        ({b"sec-fetch-site": b"same-origin"}, False, False),
        ({b"sec-fetch-site": b"anything"}, False, True),
        (PAGE, True, False),
        (PAGE, False, True),
        ({**PAGE, b"sec-fetch-dest": b"iframe"}, True, True),
        ({**PAGE, b"sec-fetch-mode": b"no-cors"}, True, True),
        ({**PAGE, b"origin": b"https://example.org"}, True, True),
    ],
)
def test_other_site_is_told_by_what_a_browser_says(
    headers: Mapping[bytes, bytes],
    is_page: bool,  # noqa: FBT001 - a case
    foreign: bool,  # noqa: FBT001 - a case
) -> None:
    assert bool(foreign_origin({b"host": b"localhost:8000", **headers}, is_page=is_page)) is foreign


def test_loopback_is_this_machine_alone() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost", "LocalHost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org", "")))  # noqa: S104 - refused


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Locked("held on host-7"), 503),
        (LedgerUnusable("gone"), 503),
        (NotKnown("no such"), 404),
        (NotPublicSafe("--reason: found a secret"), 422),
        (WrongText("--ref: is blank"), 422),
        (UsageFault("not now"), 409),
        (ReporterError("killed"), 503),
    ],
    ids=lambda one: type(one).__name__,
)
def test_error_of_a_job_is_a_problem_with_a_status_of_its_own(error: ReporterError, status: int) -> None:
    problem = Teller(lambda _: False).problem(error)
    assert problem.status == status
    assert ("Retry-After" in problem.headers) is (status == 503)
    assert "host-7" not in str(problem.faults)
    assert not str(problem.faults[0]).startswith("--")


def test_call_that_only_reads_has_no_conflict() -> None:
    assert Teller(lambda _: False).problem(UsageFault("x"), HTTPStatus.SERVICE_UNAVAILABLE).status == 503


def test_private_text_is_named_by_its_rule() -> None:
    teller = Teller(lambda text: "secret" in text)
    assert teller.shown("my secret") == "(not shown: rule private_value)"
    assert teller.shown("at 10.0.0.1") == "(not shown: rule private_address)"
    assert teller.shown("plain") == "plain"


def test_door_is_for_http_alone() -> None:
    async def app(*_: object) -> Any:  # noqa: ANN401 - nobody calls it
        raise AssertionError

    door = Door(app, all_operations(), Tokens({}), Settings().serve)
    with pytest.raises(RuntimeError, match="wanted http"):
        asyncio.run(door({"type": "websocket"}, app, app))


def test_too_many_at_a_time_are_asked_to_come_again() -> None:
    sent: list[dict[str, Any]] = []
    inside = threading.Event()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {}

    async def app(*_: object) -> None:
        await asyncio.sleep(0.05)
        inside.set()

    door = Door(app, all_operations(), Tokens({}), Settings().serve)
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/healthz",
        "raw_path": b"/healthz",
        "query_string": b"",
    }
    scope |= {"headers": [(b"host", b"localhost")], "client": None}

    async def ask() -> None:
        await asyncio.gather(*(door(dict(scope), receive, send) for _ in range(65)))

    asyncio.run(ask())
    assert inside.is_set()
    assert [one["status"] for one in sent if "status" in one] == [503]
    assert (b"retry-after", b"2") in sent[0]["headers"]


def test_only_so_many_wait_for_others_to_be_carried_out(world: Path) -> None:
    settings, _ = load_checked_settings(str(world / "reporter.toml"))
    service = Service(settings, Teller(lambda _: False), print)
    with ExitStack() as line:
        for _ in range(MOST_WAITING):
            line.enter_context(service._in_line())  # noqa: SLF001 - what a request stands in
        with pytest.raises(Problem) as refused, service._in_line():  # noqa: SLF001 - as above
            pytest.fail("it was let in")
    assert refused.value.status == HTTPStatus.SERVICE_UNAVAILABLE
    with service._in_line():  # noqa: SLF001 - as above
        service.close()


def test_bug_is_told_by_its_place_alone(world: Path) -> None:
    told: list[str] = []
    settings, _ = load_checked_settings(str(world / "reporter.toml"))
    service = Service(settings, Teller(lambda _: False), told.append)
    (operation,) = (one for one in all_operations() if one.name == "environments")

    class Broken:
        scope: Mapping[str, object] = {CALLER: None}

        @property
        def query_params(self) -> object:
            raise ValueError("a secret text")

    handle: Callable[[Any], Any] = service.handler(operation)
    answer = asyncio.run(handle(Broken()))
    service.close()
    assert answer.status_code == 500
    assert b"a secret text" not in answer.body
    assert "secret" not in told[0]
    assert "ValueError" in told[0]


def test_log_of_uvicorn_tells_of_places_alone(world: Path) -> None:
    told: list[str] = []
    configure(world)
    server = Server(load_checked_settings(str(world / "reporter.toml"))[0], told.append, told.append)
    log = logging.getLogger("uvicorn.error")
    log.warning("Invalid HTTP request received: a secret")
    log.error("Exception in ASGI application: a secret", exc_info=ValueError("a secret text"))
    log.error("a secret")
    server.should_exit = True
    server.serve_until_asked()
    assert len(told) == 3, "and the address"
    assert "ValueError" in told[0]
    assert told[1] == "an error of the server: please report it"
    assert not [one for one in told if "secret" in one]
