"""Jobs that deliver talk to the vendors that tests of `deliver` play."""

from pathlib import Path

import pytest

from deliver.approvals.bundles import AttachingWorld
from deliver.conftest import authorities, play, vendor_server
from deliver.vendors.server import Authorities

__all__ = ["authorities", "play", "vendor_server"]


@pytest.fixture
def world(tmp_path: Path, authorities: Authorities) -> AttachingWorld:
    world = AttachingWorld(tmp_path, authorities.ca_file)
    world.seal()
    return world
