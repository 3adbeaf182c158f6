"""Answers from memory: only while nothing that they were made from has changed, and never for long.

Whoever asks for what is being made waits for it, and then looks again: an answer is never older than the change that
its caller knows of. Verdicts depend on the time too, so even an unchanged one is made anew after some seconds.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from reporter.serve.inputs import State

MOST_KEPT: Final = 500
LOOKERS: Final = 2
MAKERS: Final = 2
"""Threads. Looking never waits for what is long in the making."""

Look = Callable[[], State | None]
Make = Callable[[], bytes]


class _Kept(NamedTuple):
    content: bytes
    state: State
    since: float


class Memory:
    """The last answer to each question."""

    def __init__(self, max_age_seconds: float) -> None:
        self._max_age = max_age_seconds
        self._kept: dict[str, _Kept] = {}
        self._begun: dict[str, asyncio.Future[None]] = {}
        self._renewing: set[asyncio.Task[bytes]] = set()
        self._lookers = ThreadPoolExecutor(LOOKERS, "look")
        self._makers = ThreadPoolExecutor(MAKERS, "make")

    def close(self) -> None:
        """Let go of the threads."""
        self._lookers.shutdown(wait=False)
        self._makers.shutdown(wait=False)

    async def answer(self, question: str, look: Look, make: Make) -> bytes:
        """Give the answer to a question: as it was, where `look` sees no change, else made anew."""
        loop = asyncio.get_running_loop()
        while True:
            state = await loop.run_in_executor(self._lookers, look)
            kept = self._kept.get(question)
            begun = self._begun.get(question)
            if kept and kept.state == state and loop.time() - kept.since < self._max_age:
                if begun is None and loop.time() - kept.since > self._max_age / 2:
                    self._renew(question, state, look, make)
                return kept.content
            if begun is None:
                return await self._make(question, state, look, make)
            await asyncio.wait([begun])

    def _renew(self, question: str, state: State | None, look: Look, make: Make) -> None:
        """Make an answer anew before it is too old, so that nobody who asks often has to wait for it."""
        renewing = asyncio.get_running_loop().create_task(self._make(question, state, look, make))
        self._renewing.add(renewing)
        renewing.add_done_callback(self._renewed)

    def _renewed(self, renewing: "asyncio.Task[bytes]") -> None:
        self._renewing.discard(renewing)
        if not renewing.cancelled():
            renewing.exception()  # whoever asks next finds it too, and is told

    async def _make(self, question: str, state: State | None, look: Look, make: Make) -> bytes:
        loop = asyncio.get_running_loop()
        ended = self._begun[question] = loop.create_future()
        since = loop.time()
        try:
            settled = state is not None and state.is_settled()
            content = await loop.run_in_executor(self._makers, make)
            if state is not None and settled and await loop.run_in_executor(self._lookers, look) == state:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[question] = _Kept(content, state, since)
            return content
        finally:
            del self._begun[question]
            ended.set_result(None)
