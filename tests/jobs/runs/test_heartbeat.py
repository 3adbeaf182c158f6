"""Pings at the start and the end of a run, to a real server on loopback; what goes wrong is told and left at that."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from reporter.errors import NotPublicSafe
from reporter.jobs.runs import heartbeat
from reporter.jobs.runs.heartbeat import Heartbeat
from reporter.jobs.runs.results import Ending, ending_of
from reporter.settings import load_settings
from reporter.stopping import Terminated

SECRET = "3f2a-ping-key"  # noqa: S105 - of this test


class Server(ThreadingHTTPServer):
    """Keeps the paths that were asked for."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Location", "http://xn--")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


class Told(list[str]):
    """The remarks of one heartbeat."""


def heartbeat_to(folder: Path, url: str) -> tuple[Heartbeat, Told]:
    (folder / "ping").write_text(f"{url}\n", encoding="utf-8")
    (folder / "reporter.toml").write_text('heartbeat_url = "file:ping"\n', encoding="utf-8")
    told = Told()
    return Heartbeat(load_settings(str(folder / "reporter.toml"), {})[0], "run", told.append), told


def test_redirect_to_what_is_no_address_is_a_remark(tmp_path: Path, server: Server) -> None:
    server.status = 302
    heartbeat, told = heartbeat_to(tmp_path, f"http://127.0.0.1:{server.server_port}/{SECRET}")
    heartbeat.start()
    assert told == ["heartbeat_url: the start was not told: status 302"]


def test_bug_in_a_ping_is_a_remark_without_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(url: str, _: str) -> str:
        raise RuntimeError(url)

    monkeypatch.setattr(heartbeat, "_get", broken)
    pings, told = heartbeat_to(tmp_path, f"http://127.0.0.1:9/{SECRET}")
    pings.start()
    assert told == ["heartbeat_url: the start was not told: a bug in reporter (RuntimeError)"]


@pytest.mark.parametrize(
    ("ending", "path"),
    [
        (Ending(0), ""),
        (Ending(2), "/2"),
        (Ending(6), "/6"),
        (ending_of(NotPublicSafe("x")), "/fail"),
        (ending_of(KeyboardInterrupt()), "/fail"),
        (ending_of(Terminated()), "/fail"),
        (ending_of(ZeroDivisionError()), "/fail"),
    ],
)
def test_start_and_end_are_told_as_healthchecks_has_it(
    tmp_path: Path, server: Server, ending: Ending, path: str
) -> None:
    beat, told = heartbeat_to(tmp_path, f"http://127.0.0.1:{server.server_port}/{SECRET}/?rid=1")
    beat.start()
    beat.end(ending)
    assert server.asked == [f"/{SECRET}/start?rid=1", f"/{SECRET}{path}?rid=1"]
    assert told == []


def test_a_refusal_is_a_remark_without_the_address(tmp_path: Path, server: Server) -> None:
    server.status = 404
    beat, told = heartbeat_to(tmp_path, f"http://127.0.0.1:{server.server_port}/{SECRET}")
    beat.start()
    assert told == ["heartbeat_url: the start was not told: status 404"]


def test_a_server_that_is_not_there_is_a_remark(tmp_path: Path) -> None:
    with serving() as server:
        port = server.server_port
    beat, told = heartbeat_to(tmp_path, f"http://127.0.0.1:{port}/{SECRET}")
    beat.end(Ending(75))
    assert told == ["heartbeat_url: exit code 75 was not told: connection refused"]


def test_a_server_that_never_answers_costs_no_more_than_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "TIMEOUT_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        beat, told = heartbeat_to(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}/{SECRET}")
        beat.end(Ending(0))
    assert told == ["heartbeat_url: success was not told: read timeout"]


@pytest.mark.parametrize("url", ["http://pings.example.org/x", "ftp://127.0.0.1/x", "no address", ""])
def test_an_address_that_may_not_be_asked_is_refused(tmp_path: Path, url: str) -> None:
    beat, told = heartbeat_to(tmp_path, url)
    beat.start()
    assert told == ["heartbeat_url: found no https:// address (not shown), wanted one; nothing is pinged"]
    beat.end(Ending(0))
    assert len(told) == 1


def test_a_reference_to_nothing_is_a_remark(tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text('heartbeat_url = "env:NO_SUCH_VARIABLE"\n', encoding="utf-8")
    told = Told()
    beat = Heartbeat(load_settings(str(tmp_path / "reporter.toml"), {})[0], "run", told.append)
    beat.start()
    assert told == ["no heartbeat: heartbeat_url: the environment variable NO_SUCH_VARIABLE is not set"]


def test_without_the_setting_nothing_is_pinged(tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("", encoding="utf-8")
    told = Told()
    beat = Heartbeat(load_settings(str(tmp_path / "reporter.toml"), {})[0], "run", told.append)
    beat.start()
    beat.end(Ending(0))
    assert told == []


def test_other_jobs_are_not_pinged_for(tmp_path: Path) -> None:
    heartbeat_to(tmp_path, "no address that could be asked")
    told = Told()
    Heartbeat(load_settings(str(tmp_path / "reporter.toml"), {})[0], "prune", told.append).start()
    assert told == []
