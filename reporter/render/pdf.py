"""PDFs, laid out in workers that are warm before the first page is ready.

Forked at once, each worker imports WeasyPrint and loads the fonts while the parent still reads the manifests. The
parent never imports WeasyPrint. Layout itself is in `press.py`.
"""

import multiprocessing
import os
from collections.abc import Collection
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Final, Self

from reporter.assets import templates_dir
from reporter.errors import ReporterError
from reporter.render import press
from reporter.workers import end_workers, forking

ATTACHED_NAME: Final = "readiness.json"
ATTACHED_AS: Final = "The same for machines"


class PdfNotMade(ReporterError):
    """A worker died, or could not lay out a document."""


class PdfWorkers:
    """A pool of forked, warmed workers, `most` of them but no more than this process has cores; use it in a `with`.

    Enter it before any thread is started, and as early as possible: the warm-up takes about as long as
    collecting and assessing one environment.
    """

    def __init__(self, most: int) -> None:
        self._workers = max(1, min(most, len(os.sched_getaffinity(0))))
        self._pool: ProcessPoolExecutor | None = None
        self._others: Collection[BaseProcess] = ()

    def __enter__(self) -> Self:
        """Fork the workers and let them warm up."""
        self._others = multiprocessing.active_children()
        self._pool = ProcessPoolExecutor(
            self._workers,
            mp_context=multiprocessing.get_context("fork"),
            initializer=press.warm_up,
            initargs=(str(templates_dir()),),
        )
        # With fork the pool starts all its workers at the first task; this one only waits for the warm-up.
        with forking():
            self._pool.submit(press.ready)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the workers to end; where the caller failed, or was asked to end, end them at once."""
        if self._pool is not None:
            if error is not None:
                end_workers(self._others)
            self._pool.shutdown(wait=True, cancel_futures=error is not None)
            self._pool = None

    def submit(self, html: str, attachment: bytes, created_at: datetime, name: str = ATTACHED_NAME) -> Future[bytes]:
        """Lay out `html` as PDF/A-3a with `attachment` as a file of this name, dated `created_at`.

        The future raises UsageFault when this machine cannot make a PDF (a library is missing), PdfNotMade when
        the worker died, and ForeignFont when the document asks for a font that is not ours.
        """
        made: Future[bytes] = Future()
        if self._pool is None:
            raise PdfNotMade("PdfWorkers is not started: use it in a `with`")
        try:
            task = self._pool.submit(press.print_pdf, html, name, ATTACHED_AS, attachment, created_at)
        except BrokenProcessPool:
            made.set_exception(_died())
        else:
            task.add_done_callback(lambda done: _hand_over(done, made))
        return made


def _hand_over(done: Future[bytes], made: Future[bytes]) -> None:
    if done.cancelled():
        made.cancel()
        return
    fault = done.exception()
    if fault is None:
        made.set_result(done.result())
    else:
        made.set_exception(_died() if isinstance(fault, BrokenProcessPool) else fault)


def _died() -> PdfNotMade:
    return PdfNotMade(
        "a PDF worker ended before its PDF was ready; the usual reason is too little memory:"
        " run again with more, or with fewer environments at once"
    )
