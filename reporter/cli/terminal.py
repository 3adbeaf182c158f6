"""What every command prints with: text from documents stays text, faults go to stderr.

A reader that leaves early (`| head`) is no fault, and never changes the exit code: a failed verification stays one.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from reporter.errors import UsageFault
from reporter.model.text import visible


def say(text: str = "") -> None:
    """Print lines for a person; control characters are made visible."""
    _write(_lines(text))


def remark(text: str) -> None:
    """Print a line beside the result, to stderr."""
    print(_lines(text), file=sys.stderr)


def complain(faults: Iterable[str]) -> None:
    """Print every fault, one line each, to stderr."""
    for fault in faults:
        print(f"error: {visible(fault)}", file=sys.stderr)


def print_json(text: str | bytes) -> None:
    """Print a JSON document alone on stdout, ASCII only: nothing in it can steer a terminal."""
    _write((text.decode() if isinstance(text, bytes) else text).rstrip("\n"))


def hand_over(content: bytes, output: Path | None, what: str) -> None:
    """Write a document to a file, in one step, or else alone on stdout, byte for byte."""
    if output is None:
        _write_bytes(content)
        return
    from reporter.seal.disk import replace_file

    try:
        replace_file(str(output), content, 0o644)
    except OSError as error:
        raise UsageFault(f"{output}: cannot be written: {error.strerror}; choose another --output") from None
    say(f"{output}  {what}")


def _write_bytes(content: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _write_nowhere()
    except OSError as error:
        _write_nowhere()
        message = f"standard output: {error.strerror}; nothing of it can be relied on"
        raise UsageFault(message) from None


def _lines(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))


def _write(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _write_nowhere()
    except OSError as error:
        _write_nowhere()
        message = f"standard output: {error.strerror}; nothing of it can be relied on"
        raise UsageFault(message) from None


def _write_nowhere() -> None:
    """Let what is left go to /dev/null, or the interpreter complains at its end (Python's own advice on SIGPIPE)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
