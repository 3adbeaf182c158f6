"""The only way out over HTTP: pinned hosts, no redirects, one time limit for all of a request, TLS verified.

What the other side does is an answer or a fault, never an exception; neither holds an address or a header of ours.
"""

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Final, NamedTuple, Self

from reporter.deliver.receipts import Outcome

MOST_ANSWER_BYTES: Final = 1_000_000


class HttpRequest(NamedTuple):
    """One request. All of it may be private, and none of it is printed."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def __repr__(self) -> str:
        """Print the method alone."""
        return f"HttpRequest({self.method}, <secret>)"


class HttpAnswer(NamedTuple):
    """What came back, whole. Names of headers are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


class HttpFault(NamedTuple):
    """Why no whole answer came: `unreachable`, `timeout_unknown` or `refused_locally`, and a word of ours for it."""

    outcome: Outcome
    error_class: str


class Http:
    """A client for the hosts that the configuration names, and no others. Use it in an `async with`."""

    def __init__(
        self,
        hosts: Collection[str],
        *,
        timeout_seconds: float = 10.0,
        ca_file: str = "",
        most_answer_bytes: int = MOST_ANSWER_BYTES,
    ) -> None:
        self.hosts = frozenset(hosts)
        self.timeout_seconds, self.ca_file, self.most_answer_bytes = timeout_seconds, ca_file, most_answer_bytes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        return None

    async def send(self, request: HttpRequest) -> HttpAnswer | HttpFault:
        """Send one request and read its whole answer."""
        raise NotImplementedError
