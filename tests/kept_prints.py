"""The real command, for tests whose subject is not how a PDF is laid out: no page is laid out twice.

    python kept_prints.py DIRECTORY WORD...

A PDF is kept in DIRECTORY under the digest of all that it is made from, by which its bytes are known
(tests/render/test_pdf.py). WeasyPrint is loaded once something is printed that is not there.
"""

import functools
import hashlib
import os
import sys
from datetime import datetime
from pathlib import Path

from reporter.cli import main
from reporter.render import press
from reporter.workers import become_worker

kept = Path(sys.argv.pop(1))
print_pdf, warm_up = press.print_pdf, press.warm_up
later: list[str] = []


@functools.wraps(warm_up)
def warm_up_late(templates: str) -> None:
    """Become a worker, and load nothing yet."""
    later.append(templates)
    become_worker()


@functools.wraps(print_pdf)
def print_once(html: str, name: str, description: str, content: bytes, created_at: datetime) -> bytes:
    """Give the PDF that is kept, or make it and keep it."""
    made_from = (html, name, description, content, created_at.isoformat())
    path = kept / f"{hashlib.sha256(repr(made_from).encode()).hexdigest()}.pdf"
    if path.exists():
        return path.read_bytes()
    if press._Press.loaded is None:  # noqa: SLF001 - what a warmed worker has
        warm_up(later[-1])
    pdf = print_pdf(html, name, description, content, created_at)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(pdf)
    part.replace(path)  # whole, for whoever prints the same at this moment
    return pdf


setattr(press, "warm_up", warm_up_late)  # noqa: B010 - mypy lets nobody else assign a function
setattr(press, "print_pdf", print_once)  # noqa: B010 - likewise
sys.argv[0] = "reporter"
sys.exit(main())
