"""Waiting for others until SIGTERM or Ctrl-C asks to end; what sends is not cancelled but finished (`stopping`)."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from reporter.stopping import end_if_asked, finishing, hearing

T = TypeVar("T")


def run_until_asked(work: Coroutine[Any, Any, T]) -> T:
    """Run what waits for others; cancel it and end when the end is asked for.

    What a signal raised in the midst of an event loop would break the loop, which may then turn for ever.
    """
    with finishing(), suppress(asyncio.CancelledError):
        return asyncio.run(_cancelled_when_asked(work))
    end_if_asked()
    raise asyncio.CancelledError


async def _cancelled_when_asked(work: Coroutine[Any, Any, T]) -> T:
    loop, waiting = asyncio.get_running_loop(), asyncio.ensure_future(work)
    with hearing(lambda: loop.call_soon_threadsafe(waiting.cancel)):
        return await waiting
