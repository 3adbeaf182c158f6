"""What every command prints with: text from documents stays text, faults go to stderr.

A reader that leaves early (`| head`) is no fault, and never changes the exit code: a failed verification stays one.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from reporter.errors import UsageFault
from reporter.model.text import visible

if TYPE_CHECKING:
    from pathlib import Path

    from reporter.logs import Log
    from reporter.settings_model import Settings

_log: "Log | None" = None


def say(text: str = "") -> None:
    """Print lines for a person; control characters are made visible."""
    _write(_lines(text))


def remark(text: str) -> None:
    """Print a line beside the result, to stderr."""
    if _log is None:
        print(_lines(text), file=sys.stderr)
    else:
        _write_log("info", "remark", _lines(text))


def complain(faults: Iterable[str]) -> None:
    """Print every fault, one line each, to stderr."""
    for fault in faults:
        if _log is None:
            print(f"error: {visible(fault)}", file=sys.stderr)
        else:
            _write_log("error", "fault", visible(fault))


def event(name: str, **fields: object) -> None:
    """Write what happened to a log for machines; people are told by words."""
    if _log is not None:
        _write_log("info", name, "", fields)


def log_as(settings: "Settings") -> None:
    """From here on, write to stderr as the settings say, and nothing that they hold in private."""
    global _log  # noqa: PLW0603 - stderr is of the whole process
    from reporter.logs import Log

    _log = Log(settings.log_format, settings.log_level, _finder(settings))


def log_plainly() -> None:
    """Write to stderr as it comes: what a call begins with."""
    global _log  # noqa: PLW0603 - as above
    _log = None


def _finder(settings: "Settings") -> Callable[[str], bool]:
    from reporter.deliver.private_sources import private_in_settings
    from reporter.deliver.private_values import PrivateValues

    values = PrivateValues(private_in_settings(settings))
    return lambda text: bool(values.find(text.encode(errors="replace")))


def _write_log(level: str, name: str, text: str, fields: Mapping[str, object] | None = None) -> None:
    from reporter.clock import utc_now
    from reporter.settings_model import LogLevel

    line = _log.line(LogLevel(level), name, text, utc_now(), fields) if _log else None
    if line is not None:
        print(line, file=sys.stderr)


def print_json(text: str | bytes) -> None:
    """Print a JSON document alone on stdout, ASCII only: nothing in it can steer a terminal."""
    _write((text.decode() if isinstance(text, bytes) else text).rstrip("\n"))


def hand_over(content: bytes, output: "Path | None", what: str) -> None:
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
