"""What all tests share.

Hypothesis tries more where nobody waits for it, in CI, and there the same each time; at a desk, chance decides. With
`--hypothesis-profile few` it tries so few that tracing them for coverage costs little.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kept_prints import keep_covers, lay_out_untraced

settings.register_profile("few", max_examples=10, deadline=None, derandomize=True)
settings.register_profile("local", max_examples=100, deadline=None)
settings.register_profile("ci", max_examples=1_000, deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

KEPT_PRINTS = "KEPT_PRINTS"
"""Names the directory in which `kept_prints.py` keeps PDFs; workers have it from the process that started them."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the directory."""
    if not hasattr(config, "workerinput"):
        os.environ[KEPT_PRINTS] = tempfile.mkdtemp(prefix="prints-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(KEPT_PRINTS), ignore_errors=True)


@pytest.fixture(autouse=True, scope="module")
def prints(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print covers alone, and each once, but where printing is what is tested."""
    printing = request.path.parent.name == "render"
    with lay_out_untraced() if printing else keep_covers(Path(os.environ[KEPT_PRINTS])):
        yield
