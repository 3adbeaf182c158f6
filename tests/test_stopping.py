"""Ending on SIGTERM: at once, or when what is being sent is done."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from reporter import stopping
from reporter.stopping import (
    Terminated,
    end_if_asked,
    ending_on_sigterm,
    exit_code_when_asked,
    finishing,
    hearing,
    is_asked_to_end,
)


@pytest.fixture(autouse=True)
def _not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_asked", 0)


def test_sigterm_ends_what_is_going_on() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), ending_on_sigterm():  # noqa: PT012 - it ends at the first line
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("it went on")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=str)
def test_what_is_being_finished_is_finished_and_told(number: signal.Signals, code: int) -> None:
    before, done = signal.getsignal(signal.SIGINT), []
    with ending_on_sigterm():
        with finishing(), hearing(lambda: done.append("heard")):
            os.kill(os.getpid(), number)
            assert is_asked_to_end()
            done.append("sent")
        with finishing(), hearing(lambda: done.append("heard before it began")):
            done.append("recorded")
    assert signal.getsignal(signal.SIGINT) is before
    assert done == ["heard", "sent", "heard before it began", "recorded"]
    assert exit_code_when_asked() == code


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)], ids=["SIGTERM", "Ctrl-C"]
)
def test_end_that_was_lost_in_a_hook_is_raised_at_the_next_step(
    number: signal.Signals, raised: type[BaseException]
) -> None:
    end_if_asked()
    with pytest.raises(raised), ending_on_sigterm():  # noqa: PT012 - the first is lost, as in a hook
        with suppress(raised):
            os.kill(os.getpid(), number)
        end_if_asked()
        pytest.fail("it went on")


def test_second_ctrl_c_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), finishing():  # noqa: PT012 - the first one does not end it
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    assert exit_code_when_asked() == 130


def test_second_sigterm_changes_nothing_until_it_is_done() -> None:
    with pytest.raises(Terminated), ending_on_sigterm():  # noqa: PT012 - the last one ends it
        with finishing():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)


def test_ctrl_c_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with finishing():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not is_asked_to_end()


def test_without_a_signal_nothing_ends() -> None:
    with ending_on_sigterm(), finishing():
        pass
    assert (is_asked_to_end(), exit_code_when_asked()) == (False, 0)


def test_a_thread_leaves_signals_to_the_main_one() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def inside() -> None:
        with ending_on_sigterm():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [before]


def test_an_error_while_finishing_is_not_hidden_by_the_end() -> None:
    with pytest.raises(ZeroDivisionError), ending_on_sigterm(), finishing():  # noqa: PT012 - in this order
        os.kill(os.getpid(), signal.SIGTERM)
        raise ZeroDivisionError


def test_a_command_that_sigterm_ended_exits_143(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; import reporter.cli.keys as keys; from reporter.stopping import ending_on_sigterm\n"
        "def told(*_):\n"
        "    with ending_on_sigterm():\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "keys.keys.invoke = told\n"
        "from reporter.cli import answer; sys.exit(answer(['keys', 'new', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 143, done.stderr
    assert done.stderr == ""
