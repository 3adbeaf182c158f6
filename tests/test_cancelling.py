"""What waits for others ends when SIGTERM or Ctrl-C asks for it, wherever in an event loop the signal arrives."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

from reporter import stopping
from reporter.cancelling import run_until_asked
from reporter.stopping import Terminated, ending_on_sigterm

SIGNALS = pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)], ids=["SIGTERM", "Ctrl-C"]
)


@pytest.fixture(autouse=True)
def _not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_asked", 0)


async def in_a_task(number: signal.Signals) -> str:
    async def asked() -> None:
        os.kill(os.getpid(), number)
        await asyncio.sleep(60)

    async with anyio.create_task_group() as group:
        group.start_soon(asked)
    return "waited to the end"


async def in_a_callback(number: signal.Signals) -> str:
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
    await asyncio.sleep(60)
    return "waited to the end"


async def while_it_cancels(number: signal.Signals) -> str:
    async with anyio.create_task_group() as group:
        group.start_soon(asyncio.sleep, 60)
        await asyncio.sleep(0)
        os.kill(os.getpid(), number)
        group.cancel_scope.cancel()
    await asyncio.sleep(60)
    return "waited to the end"


@pytest.mark.parametrize("where", [in_a_task, in_a_callback, while_it_cancels])
@SIGNALS
def test_end_is_asked_for_in_the_midst_of_it(
    where: Callable[[signal.Signals], Coroutine[Any, Any, str]], number: signal.Signals, raised: type[BaseException]
) -> None:
    with pytest.raises(raised), ending_on_sigterm():
        run_until_asked(where(number))


@SIGNALS
def test_what_is_begun_after_the_end_was_asked_for_does_not_wait(
    number: signal.Signals, raised: type[BaseException]
) -> None:
    with pytest.raises(raised), ending_on_sigterm():  # noqa: PT012 - the first is lost, as in a hook
        with pytest.raises(raised):
            os.kill(os.getpid(), number)
        run_until_asked(asyncio.sleep(60))


def test_what_comes_to_its_end_is_given_and_what_fails_fails() -> None:
    async def fail() -> None:
        raise FileNotFoundError

    assert run_until_asked(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(FileNotFoundError):
        run_until_asked(fail())


def test_what_cancels_itself_is_not_taken_for_an_end_that_was_asked_for() -> None:
    async def cancel() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_until_asked(cancel())
