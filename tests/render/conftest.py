"""The sample world, assessed at one instant, as every page is made from it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from render.documents import NOW, closed_document, readiness_document
from reporter.model.readiness import Readiness
from reporter.render.html import render_readiness_paper
from reporter.render.json import write_json
from reporter.render.pdf import PdfWorkers
from reporter.render.view import build_view

__all__ = ["NOW"]


@pytest.fixture(scope="session")
def readiness_of() -> Callable[[str], Readiness]:
    """Give an environment of the sample: the loops of `production-pilot` are closed, those of the others open."""

    def build(environment: str) -> Readiness:
        return closed_document() if environment == "production-pilot" else readiness_document(environment)

    return build


@pytest.fixture(scope="session")
def due_soon(readiness_of: Callable[[str], Readiness]) -> Readiness:
    return readiness_of("production-pilot")


@pytest.fixture(scope="session")
def overdue(readiness_of: Callable[[str], Readiness]) -> Readiness:
    return readiness_of("payments-pilot")


@pytest.fixture(scope="session")
def unapproved(readiness_of: Callable[[str], Readiness]) -> Readiness:
    return readiness_of("build-fleet")


@pytest.fixture(scope="session")
def printed(overdue: Readiness, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PDF of `overdue`."""
    path = tmp_path_factory.mktemp("printed") / "readiness.pdf"
    with PdfWorkers(1) as workers:
        made = workers.submit(render_readiness_paper(build_view(overdue)), write_json(overdue), NOW)
        path.write_bytes(made.result(timeout=120))
    return path
