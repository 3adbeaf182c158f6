"""A real server on loopback, in a thread of this process, and what asks it."""

import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from reporter.jobs.loops import load_checked_settings
from reporter.serve.server import Server

ROLES: Final = {"viewer": "read", "operator": "operate", "lead": "approve"}
TOKENS: Final = {name: secrets.token_hex(32) for name in ROLES}
PILOT: Final = "payments-pilot"


class Running:
    """A server that runs. Requests are of the lead, and about the pilot, unless they say otherwise."""

    def __init__(self, world: Path, address: str, remarks: list[str]) -> None:
        self.world, self.address, self.remarks = world, address, remarks
        self.port = int(address.rpartition(":")[2])
        self.client = httpx.Client(base_url=address, timeout=30)

    def get(self, path: str, name: str = "lead", **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx has it
        return self.ask("GET", path, name, **more)

    def post(self, path: str, name: str = "lead", **more: Any) -> httpx.Response:  # noqa: ANN401 - likewise
        return self.ask("POST", path, name, **more)

    def ask(  # noqa: PLR0913 - a request
        self,
        method: str,
        path: str,
        name: str = "lead",
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        key: str = "",
        **more: Any,  # noqa: ANN401 - likewise
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {TOKENS[name]}"} if name else {}
        sent |= {"Idempotency-Key": key} if key else {}
        asked = {"environment": PILOT} if params is None else dict(params)
        return self.client.request(method, path, headers={**sent, **(headers or {})}, params=asked, **more)


def configure(world: Path, **keys: object) -> None:
    """Give a world the callers of these tests, and limits that stand in no test's way unless it sets them."""
    given = {"port": 0, "failures_per_minute": 1e6, "requests_per_second": 10_000.0, "timeout_seconds": 10.0, **keys}
    lines = ["[serve]", *(f"{key} = {_toml(value)}" for key, value in given.items())]
    for name, role in ROLES.items():
        (world / f"{name}.token").write_text(f"{TOKENS[name]}\n", encoding="ascii")
        lines += [f"[serve.tokens.{name}]", f'secret = "file:{name}.token"', f'role = "{role}"']
    settings = world / "reporter.toml"
    text = settings.read_text(encoding="utf-8").partition("\n[serve]")[0]
    settings.write_text(text + "\n" + "\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


@contextmanager
def running(world: Path) -> Iterator[Running]:
    """Run a server over a world until the end of the block."""
    remarks: list[str] = []
    address: list[str] = []
    listening = threading.Event()

    def started(at: str) -> None:
        address.append(at)
        listening.set()

    server = Server(load_checked_settings(str(world / "reporter.toml"))[0], remarks.append, started)
    thread = threading.Thread(target=server.serve_until_asked, daemon=True)
    thread.start()
    assert listening.wait(30), remarks
    found = Running(world, address[0], remarks)
    try:
        yield found
    finally:
        found.client.close()
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
