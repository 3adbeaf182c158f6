"""The sample world, assessed at one instant, as every page is made from it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reporter.assess.everything import assess_reports
from reporter.assess.readiness import build_readiness
from reporter.collect.case import collect_case
from reporter.model.readiness import Readiness
from reporter.model.reports import ProductionReport
from reporter.render.html import render_readiness_paper
from reporter.render.json import write_json
from reporter.render.pdf import PdfWorkers
from reporter.render.view import build_view
from reporter.sample.write import sample_files, write_new
from reporter.settings import load_settings

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)


@pytest.fixture(scope="session")
def readiness_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Readiness]:
    world = tmp_path_factory.mktemp("world")
    write_new(world, sample_files(NOW))
    settings, _ = load_settings(str(world / "reporter.toml"), {})

    def build(environment: str) -> Readiness:
        case = collect_case(settings, environment, NOW)
        production = assess_reports(case)["production"]
        assert isinstance(production, ProductionReport)
        return build_readiness(case, production, "0.1.0")

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
