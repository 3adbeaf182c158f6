"""Where nothing is traced for coverage: long work that is none of ours takes twice its time when it is.

Nor need a process be traced that is killed, and tells nobody what it counted.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def untraced() -> Iterator[None]:
    """Count no line meanwhile, in this thread."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


def untraced_environment() -> dict[str, str]:
    """Give the variables of this process without those by which coverage finds its way into a child."""
    return {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_PROCESS_")}
