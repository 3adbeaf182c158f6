"""Standing where a file cannot be read."""

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

NOBODY = 65534


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """Give up root's power to read everything, for a while."""

    @contextlib.contextmanager
    def stand_in() -> Iterator[None]:
        if os.getuid() == 0:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            if os.getuid() == 0:
                os.seteuid(0)

    return stand_in
