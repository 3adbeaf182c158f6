"""What every command prints with: text from documents stays text, faults go to stderr."""

import sys
from collections.abc import Iterable

from reporter.model.text import visible


def say(text: str = "") -> None:
    """Print lines for a person; control characters are made visible."""
    print("\n".join(visible(line) for line in text.split("\n")))


def remark(text: str) -> None:
    """Print a line beside the result, to stderr."""
    print("\n".join(visible(line) for line in text.split("\n")), file=sys.stderr)


def complain(faults: Iterable[str]) -> None:
    """Print every fault, one by one, to stderr."""
    for fault in faults:
        remark(f"error: {fault}")


def print_json(text: str | bytes) -> None:
    """Print a JSON document alone on stdout, ASCII only: nothing in it can steer a terminal."""
    print((text.decode() if isinstance(text, bytes) else text).rstrip("\n"))
