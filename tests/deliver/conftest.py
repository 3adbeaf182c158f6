"""One HTTPS server for all tests of a session, and a mount on it for each vendor that a test plays."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from deliver.vendors.server import Authorities, Mount, Vendor, VendorServer, make_authorities, serving


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("authorities"))


@pytest.fixture(scope="session")
def vendor_server(authorities: Authorities) -> Iterator[VendorServer]:
    with serving(authorities.trusted.issue_cert("localhost", "127.0.0.1")) as server:
        yield server


@pytest.fixture(scope="session")
def untrusted_server(authorities: Authorities) -> Iterator[VendorServer]:
    """Serve with a certificate of an authority that nobody knows."""
    with serving(authorities.unknown.issue_cert("localhost", "127.0.0.1")) as server:
        yield server


@pytest.fixture
def play(vendor_server: VendorServer) -> Iterator[Callable[[Vendor], Mount]]:
    """Play vendors for one test: `play(Slack())` gives the mount."""
    with ExitStack() as stack:
        yield lambda vendor: stack.enter_context(vendor_server.mounted(vendor))
