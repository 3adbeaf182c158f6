"""For tests whose subject is not how a PDF is laid out: no page is laid out twice.

    python kept_prints.py DIRECTORY WORD...

runs the real command so; `keep_prints` does it in this process. A PDF is kept in the directory under the digest of all
that it is made from, by which its bytes are known (tests/render/test_pdf.py). WeasyPrint is loaded once something is
printed that is not there.
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


@contextmanager
def keep_prints(folder: Path) -> Iterator[None]:
    """Print as everybody does, but each page once."""
    print_pdf, warm_up = press.print_pdf, press.warm_up
    later: list[str] = []

    @functools.wraps(warm_up)
    def warm_up_late(templates: str) -> None:
        become_worker()
        later.append(templates)

    @functools.wraps(print_pdf)
    def print_once(html: str, name: str, description: str, content: bytes, created_at: datetime) -> bytes:
        made_from = (html, name, description, content, created_at.isoformat())
        path = folder / f"{hashlib.sha256(repr(made_from).encode()).hexdigest()}.pdf"
        if path.exists():
            return path.read_bytes()
        if later:
            warm_up(later.pop())
        pdf = print_pdf(html, name, description, content, created_at)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(pdf)
        part.replace(path)  # whole, for whoever prints the same at this moment
        return pdf

    where: Any = press
    where.warm_up, where.print_pdf = warm_up_late, print_once
    try:
        yield
    finally:
        where.warm_up, where.print_pdf = warm_up, print_pdf


if __name__ == "__main__":
    from reporter.cli import main

    directory = Path(sys.argv.pop(1))
    sys.argv[0] = "reporter"
    with keep_prints(directory):
        main()
