"""Descriptors that a forked worker must not keep: it may outlive its parent, and what they hold with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_own: Final[set[int]] = set()


@contextmanager
def kept_from_children(descriptor: int) -> Iterator[None]:
    """Let processes that are forked meanwhile have /dev/null in the place of this descriptor."""
    _own.add(descriptor)
    try:
        yield
    finally:
        _own.discard(descriptor)


def _let_go() -> None:
    if not _own:
        return
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for descriptor in _own:
        # Not closed: the number would be given to another file, which its former owner would then close.
        os.dup2(nowhere, descriptor, inheritable=False)
    os.close(nowhere)
    _own.clear()


os.register_at_fork(after_in_child=_let_go)
