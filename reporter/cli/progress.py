"""A bar on stderr while a person watches; nothing at all, and no import, when nobody does.

It has no thread of its own: work that is shared among forked processes goes on below it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from reporter.model.progress import Tick, untold
from reporter.model.text import visible


def is_watched() -> bool:
    """Say whether stderr is a terminal."""
    return sys.stderr.isatty()


@contextmanager
def shown(total: int | None = None) -> Iterator[Tick]:
    """Show a bar of so many parts, and take it away at the end; None is an unknown number."""
    if not is_watched():
        yield untold
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task("", total=total)

        def tick(what: str, done: int) -> None:
            bar.update(task, description=visible(what), advance=done, refresh=True)

        yield tick
