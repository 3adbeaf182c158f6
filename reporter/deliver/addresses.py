"""Which addresses may be asked: https, a host and a port, and no user or password in them.

Plain http stays on this machine: it is for a loopback address alone, written as such, for a name could lead elsewhere.
"""

from functools import lru_cache
from ipaddress import ip_address
from typing import Final, NamedTuple

import httpx

_PORTS: Final = {"https": 443, "http": 80}
_HIGHEST_PORT: Final = 65_535


class Origin(NamedTuple):
    """A host, in lower case and as it is looked up, and a port."""

    host: str
    port: int

    def __repr__(self) -> str:
        """Print no address."""
        return "Origin(<secret>)"


@lru_cache(64)
def read_url(url: str) -> httpx.URL | None:
    """Read an address that may be asked, else give None. What sends takes this very value: nobody reads it again."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    origin = origin_of(address)
    if address.scheme not in _PORTS or not origin.host or not 0 < origin.port <= _HIGHEST_PORT or address.userinfo:
        return None
    return address if address.scheme == "https" or _is_loopback(origin.host) else None


def origin_of(address: httpx.URL) -> Origin:
    """Give the host and the port that an address leads to."""
    port = _PORTS.get(address.scheme, 0) if address.port is None else address.port
    return Origin(address.raw_host.decode("ascii").lower(), port)


def read_pin(text: str) -> Origin | None:
    """Read an entry of an allow-list, `HOST` or `HOST:PORT`, an IPv6 address in brackets; port 443 where none is given.

    None for anything else, a wildcard too.
    """
    if not text or any(sign in text for sign in "/?#@*\\") or text != text.strip():
        return None
    address = read_url(f"https://{text}")
    return origin_of(address) if address else None


def pin_of(url: str) -> str:
    """Write the entry of an allow-list that lets an address through; empty for an address that may not be asked."""
    address = read_url(url)
    if address is None:
        return ""
    host, port = origin_of(address)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
