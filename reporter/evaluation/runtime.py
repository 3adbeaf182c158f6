"""Asking the Go runtime about one action: one process, JSON in, JSON out; nothing of it is trusted (domain.md B8.2).

It has a time limit, an output limit, no shell, and an environment with nothing in it. Whatever it does instead of
answering is a fault with a word for it; what it writes to its standard error is nobody's business.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from pydantic import ValidationError

from reporter.evaluation.decision import ActionRequest, Decision

MOST_ANSWER_BYTES: Final = 1_000_000
_CHUNK: Final = 65_536
_POLL_SECONDS: Final = 0.05
"""How soon the end of a program is seen whose pipe somebody else keeps open."""
_CLEAN: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class RuntimeFault(NamedTuple):
    """Why there is no decision: a word of ours, and what was found. Nothing that the runtime said is in it."""

    code: str
    found: str


class Runtime(NamedTuple):
    """The runtime of one environment. `timeout` is for one whole evaluation."""

    path: Path
    policy: Path
    registry: Path | None
    timeout: timedelta

    @property
    def command(self) -> list[str]:
        """The command line (B8.2)."""
        registry = ["--registry", str(self.registry)] if self.registry else []
        return [str(self.path), "--policy", str(self.policy), *registry]


def ask_runtime(runtime: Runtime, request: ActionRequest) -> Decision | RuntimeFault:
    """Have the runtime decide about an action. One process an action."""
    said = run_bounded(runtime.command, request.model_dump_json().encode(), runtime.timeout, MOST_ANSWER_BYTES)
    return said if isinstance(said, RuntimeFault) else read_decision(said, request)


def read_decision(said: bytes, request: ActionRequest) -> Decision | RuntimeFault:
    """Read an answer. One that speaks of another action is none."""
    try:
        value: Any = json.loads(said, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return RuntimeFault("runtime_answer_unreadable", f"{len(said)} bytes that are no JSON document")
    if not isinstance(value, dict):
        return RuntimeFault("runtime_answer_no_object", "JSON that is no object")
    try:
        decision = Decision.model_validate({key: value[key] for key in Decision.model_fields if key in value})
    except ValidationError as error:
        wrong = sorted({str(one["loc"][0]) for one in error.errors(include_url=False, include_input=False)})
        return RuntimeFault("runtime_answer_incomplete", f"a decision without a sound {', '.join(wrong)}")
    if (decision.action_type, decision.target) != (request.action_type, request.target):
        return RuntimeFault("runtime_answer_of_another_action", "a decision about another action")
    return decision


def run_bounded(command: Sequence[str], given: bytes, timeout: timedelta, most_bytes: int) -> bytes | RuntimeFault:
    """Run a program on some bytes, and give what it printed. All that it started in its session ends with it."""
    try:
        process = subprocess.Popen(  # noqa: S603 - a path of the settings, without a shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_CLEAN,
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return RuntimeFault("runtime_not_started", getattr(error, "strerror", "") or type(error).__name__)
    try:
        return _talk(process, given, time.monotonic() + timeout.total_seconds(), most_bytes)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None  # noqa: S101 - both are pipes, for mypy
            with contextlib.suppress(OSError):
                pipe.close()
        process.wait()


def _talk(process: "subprocess.Popen[bytes]", given: bytes, end: float, most_bytes: int) -> bytes | RuntimeFault:
    """Write and read at once, as far as either goes. What outlives the program and keeps its pipe is not waited for."""
    assert process.stdin is not None  # noqa: S101 - both are pipes, for mypy
    assert process.stdout is not None  # noqa: S101 - as above
    said, rest = bytearray(), memoryview(given)
    os.set_blocking(process.stdin.fileno(), False)
    os.set_blocking(process.stdout.fileno(), False)
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdin, selectors.EVENT_WRITE)
        ready.register(process.stdout, selectors.EVENT_READ)
        is_over = False
        while not is_over:
            left = end - time.monotonic()
            if left <= 0:
                return RuntimeFault("runtime_timeout", "no whole answer in time")
            events = ready.select(min(left, _POLL_SECONDS))
            if any(key.fileobj is process.stdin for key, _ in events):
                rest = _write_some(process.stdin, rest)
                if not rest:
                    ready.unregister(process.stdin)
                    with contextlib.suppress(OSError):
                        process.stdin.close()
            has_ended = process.poll() is not None
            chunk = _read_some(process.stdout)
            said += chunk or b""
            if len(said) > most_bytes:
                return RuntimeFault("runtime_flooded", f"more than {most_bytes} bytes")
            is_over = chunk == b"" or (chunk is None and has_ended)
    return _ended(process, bytes(said), end)


def _write_some(pipe: IO[bytes], rest: memoryview) -> memoryview:
    """Write what the program takes; one that does not listen has nothing more coming."""
    try:
        return rest[os.write(pipe.fileno(), rest) :]
    except BlockingIOError:
        return rest
    except OSError:
        return rest[:0]


def _read_some(pipe: IO[bytes]) -> bytes | None:
    """Read what is there: nothing at the end, None where there is nothing yet."""
    try:
        return os.read(pipe.fileno(), _CHUNK)
    except BlockingIOError:
        return None


def _ended(process: "subprocess.Popen[bytes]", said: bytes, end: float) -> bytes | RuntimeFault:
    try:
        code = process.wait(max(end - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return RuntimeFault("runtime_timeout", "an answer, and no end in time")
    if code:
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return RuntimeFault("runtime_failed", how)
    return said


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
