"""A real key pair, and a sealed bundle of its own for each test."""

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from reporter.seal.keys import SigningKey, new_key_pair, read_signing_key
from seal.small_bundle import write_small


@pytest.fixture(scope="session")
def key_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "signing.key"
    new_key_pair(path)
    return path


@pytest.fixture(scope="session")
def key(key_path: Path) -> SigningKey:
    return read_signing_key(key_path)


@pytest.fixture(scope="session")
def other_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    path = tmp_path_factory.mktemp("keys") / "other.key"
    new_key_pair(path)
    return read_signing_key(path)


@pytest.fixture
def bundle(tmp_path: Path, key: SigningKey) -> Path:
    return Path(write_small(tmp_path / "bundles", key).path)


@pytest.fixture
def as_nobody() -> Callable[[Path], AbstractContextManager[None]]:
    """Stand in a directory without root's power to read everything."""

    @contextlib.contextmanager
    def stand_in(directory: Path) -> Iterator[None]:
        with contextlib.chdir(directory):
            if os.getuid() == 0:
                os.seteuid(65534)
            try:
                yield
            finally:
                if os.getuid() == 0:
                    os.seteuid(0)

    return stand_in
