"""The command line. Parses, calls a job, prints, exits; the only code that prints.

Commands are imported when they are called, so that `reporter --help` starts fast. `COMMANDS` is their one list.
"""

import sys
from typing import Final, NoReturn


def main() -> NoReturn:
    """Run the command line and exit with a code of `reporter.errors.ExitCode`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one call and give its exit code. No traceback for a user's mistake; a bug shows its own."""
    try:
        return _dispatch(arguments)
    except BrokenPipeError:
        # Whoever read our output has seen enough; close it, or the interpreter complains at its end.
        sys.stdout = None
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


INTERRUPTED: Final = 130


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["verify"]:
        # Importing click would double the time of a verification (tests/benchmarks).
        from reporter.cli.verify import verify_plain

        code = verify_plain(arguments[1:])
        if code is not None:
            return code
    from reporter.cli.root import call

    return call(arguments)
