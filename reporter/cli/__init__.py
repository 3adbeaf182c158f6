"""The command line. Parses, calls a job, prints, exits; the only code that prints.

Commands are imported when they are called, so that `reporter --help` starts fast. `COMMANDS` is their one list.
"""

import gc
import io
import os
import sys
from typing import Final, NoReturn

INTERRUPTED: Final = 130
TERMINATED: Final = 143


def main() -> NoReturn:
    """Run the command line and exit with a code of `reporter.errors.ExitCode`."""
    # A short life needs no search for cycles: a fifth of `reporter check` was spent on it, half of that at the end.
    gc.set_threshold(100_000)
    # A closed stream would send what is meant for it elsewhere: to the other stream, or into a file opened next.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for this whole life
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = answer(sys.argv[1:])
    gc.freeze()
    sys.exit(code)


def answer(arguments: list[str]) -> int:
    """Run one call and give its exit code. No traceback for a user's mistake; a bug shows its own."""
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as ended:
        # Looked for by name: reporter.stopping is imported by the commands that answer SIGTERM, and by no other.
        if type(ended).__name__ != "Terminated":
            raise
        return TERMINATED


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["verify"]:
        # Importing click would double the time of a verification (tests/benchmarks).
        from reporter.cli.verify import verify_plain

        code = verify_plain(arguments[1:])
        if code is not None:
            return code
    from reporter.cli.root import call

    return call(arguments)
