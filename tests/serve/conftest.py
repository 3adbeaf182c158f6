"""A world of today, and a server over it: what is decided over HTTP is dated when it is decided."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serve.serving import Running, configure, running
from worlds import make_world


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    now = datetime.now(UTC).replace(microsecond=0)
    return make_world(tmp_path_factory.mktemp("serve") / "world", now.isoformat())


@pytest.fixture
def world(sample: Path, tmp_path: Path) -> Path:
    copied = Path(shutil.copytree(sample, tmp_path / "world"))
    configure(copied)
    return copied


@pytest.fixture
def server(world: Path) -> Iterator[Running]:
    with running(world) as found:
        yield found


@pytest.fixture(scope="module")
def shared(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve a world that no test of the module changes."""
    copied = Path(shutil.copytree(sample, tmp_path_factory.mktemp("shared") / "world"))
    configure(copied)
    with running(copied) as found:
        yield found
