"""Whose page asks: the name that a caller uses for us (DNS rebinding), and where a browser says a request began.

There is no CORS: no other site may read an answer. These rules keep other sites from asking at all.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")

Headers = Mapping[bytes, bytes]


class Names:
    """The names of this server."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower() for name in (*LOOPBACK, *names))

    def know(self, host: bytes) -> bool:
        """Say whether a `Host` header, with or without a port, names this server."""
        text = host.decode("ascii", "replace").lower()
        return text in self._names or _without_port(text) in self._names


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name.rstrip(".") if name and port.isdecimal() else host.rstrip(".")


def foreign_origin(headers: Headers, *, is_page: bool) -> str:
    """Say what shows that another site asks; empty where nothing does. A page may be opened by a link from anywhere."""
    origin = headers.get(b"origin")
    if origin is not None and origin.lower() not in _own_origins(headers.get(b"host", b"")):
        return "the Origin of another site"
    site = headers.get(b"sec-fetch-site", b"none").lower()
    if site in {b"none", b"same-origin"}:
        return ""
    if is_page and headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document":
        return ""
    return "Sec-Fetch-Site of another site"


def _own_origins(host: bytes) -> frozenset[bytes]:
    return frozenset({b"http://" + host.lower(), b"https://" + host.lower()})


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address to listen at."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
