"""For tests whose subject is not how a PDF is laid out: its cover alone is, and no cover twice.

    python kept_prints.py DIRECTORY WORD...

runs the real command so; `keep_covers` does it in this process. What WeasyPrint prints is real, and differs where the
document or its attachment does; its length alone is not what a run makes. That is what tests/render and
`test_papers_of_a_run_are_whole` (tests/test_run.py) are about. A PDF is kept in the directory under the digest of all
that it is made from, by which its bytes are known (tests/render/test_pdf.py). WeasyPrint is loaded once something is
printed that is not there.

Tracing for coverage doubles the time that WeasyPrint takes, and counts no line of it: `lay_out_untraced` suspends it.
"""

import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from reporter.render import press
from reporter.workers import become_worker
from tracing import untraced

LONG = 20_000
"""Characters of a document whose layout is not traced; what is shorter, tests of single lines of `press.py`, is."""


@contextmanager
def keep_covers(folder: Path) -> Iterator[None]:
    """Print the cover of each document, and each cover once."""
    print_pdf, warm_up = press.print_pdf, press.warm_up
    later: list[str] = []

    @functools.wraps(warm_up)
    def warm_up_late(templates: str) -> None:
        become_worker()
        later.append(templates)

    @functools.wraps(print_pdf)
    def print_cover(html: str, name: str, description: str, content: bytes, created_at: datetime) -> bytes:
        made_from = (html, name, description, content, created_at.isoformat())
        digest = hashlib.sha256(repr(made_from).encode()).hexdigest()
        path = folder / f"{digest}.pdf"
        if path.exists():
            return path.read_bytes()
        with untraced():
            if later:
                warm_up(later.pop())
            pdf = print_pdf(_cover(html, digest), name, description, content, created_at)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(pdf)
        part.replace(path)  # whole, for whoever prints the same at this moment
        return pdf

    with _instead(warm_up=warm_up_late, print_pdf=print_cover):
        yield


@contextmanager
def lay_out_untraced() -> Iterator[None]:
    """Print as everybody does, and count no line of it where a document is long."""
    lay_out = press._lay_out  # noqa: SLF001 - its caller is ours and is counted

    @functools.wraps(lay_out)
    def lay_out_long(html: str, options: dict[str, Any]) -> bytes:
        if len(html) < LONG:
            return lay_out(html, options)
        with untraced():
            return lay_out(html, options)

    with _instead(_lay_out=lay_out_long):
        yield


def _cover(html: str, digest: str) -> str:
    """Cut a document after its first section, and name the whole by its digest."""
    end = html.find("</section>", html.index("<body"))
    return f"{html[:end]}</section><p>{digest}"


@contextmanager
def _instead(**functions: Any) -> Iterator[None]:  # noqa: ANN401 - of any signature
    """Let workers that are forked meanwhile find these functions in `press.py`."""
    where: Any = press
    before = {name: getattr(where, name) for name in functions}
    vars(where).update(functions)
    try:
        yield
    finally:
        vars(where).update(before)


if __name__ == "__main__":
    from reporter.cli import main

    directory = Path(sys.argv.pop(1))
    sys.argv[0] = "reporter"
    with keep_covers(directory):
        main()
