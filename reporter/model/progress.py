"""How far long work has come: told to whoever watches, and to nobody else."""

from collections.abc import Callable

Tick = Callable[[str, int], None]
"""Takes what is being done, and how many parts of the work were done since the last call."""


def untold(what: str, done: int) -> None:
    """Tell nobody."""
    del what, done
