"""A store of messages on a plain loopback address, in a thread of its own: it outlives whoever sends to it.

Asynchronous, so that hundreds of slow answers cost nothing; it can be slow, and it can be told to lose answers.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

from deliver.store import Store, Teller
from reporter.deliver.connector import Recall


class Target:
    """One store and its address. `arrived` counts requests that were read whole."""

    def __init__(self, recall: Recall, *, delay_seconds: float = 0.0) -> None:
        self.store, self.delay_seconds = Store(recall), delay_seconds
        self.arrived = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def teller(self, provider: str = "webhook") -> Teller:
        return Teller(f"http://{self.host}/messages", self.store.recall, provider)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0
                )
                body = await reader.readexactly(length)
                self.arrived += 1
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                method, path, _ = head.split(" ", 2)
                status, answer = self._answer(method, path, body)
                raw = json.dumps(answer).encode()
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw)
                await writer.drain()
        writer.close()

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, bool]]:
        if method == "GET":
            (name,) = parse_qs(urlsplit(path).query)["id"]
            return 200, {"found": name in self.store.kept}
        self.store.keep(json.loads(body)["id"])
        return 201, {"ok": True}

    def run(self, ready: threading.Event) -> None:
        async def serve() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            with suppress(asyncio.CancelledError):
                await server.serve_forever()

        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(serve())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        others = asyncio.all_tasks(self._loop)
        for one in others:
            one.cancel()
        self._loop.run_until_complete(asyncio.gather(*others, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)


@contextmanager
def listening(recall: Recall, *, delay_seconds: float = 0.0) -> Iterator[Target]:
    """Run a target for a while."""
    target, ready = Target(recall, delay_seconds=delay_seconds), threading.Event()
    thread = threading.Thread(target=target.run, args=(ready,))
    thread.start()
    ready.wait()
    try:
        yield target
    finally:
        target.stop()
        thread.join()
