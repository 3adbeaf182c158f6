"""What the tests of release approval records share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deliver.approvals.playing import Attach, Worlds, attaching
from deliver.vendors.server import Authorities, Mount, Vendor


@pytest.fixture
def worlds(play: Callable[[Vendor], Mount], tmp_path: Path) -> Worlds:
    return Worlds(play, tmp_path)


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def attach(authorities: Authorities, waited: list[float]) -> Attach:
    return attaching(authorities.ca_file, waited)
