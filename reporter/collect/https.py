"""Bytes over https: one request, a time limit for all of it, a size limit, no redirects (integrations.md).

A fault never repeats the address or what the server says (domain.md A10): both may be private.
"""

import asyncio
import io
import ssl
from http import HTTPStatus
from typing import IO, NamedTuple

import httpx

from reporter.cancelling import run_until_asked
from reporter.collect.files import Unread, too_large
from reporter.model.documents import DocumentState, Fault

_HIGHEST_PORT = 65_535


class HttpsAccess(NamedTuple):
    """How to reach the hosts that manifests are read from. `tokens` are by host name, in lower case."""

    timeout_seconds: float
    ca_file: str
    tokens: dict[str, str]

    def __repr__(self) -> str:
        """Print no token."""
        return f"HttpsAccess(timeout_seconds={self.timeout_seconds:g}, tokens=<secret>)"


def fetch_bytes(url: str, limit: int, access: HttpsAccess) -> bytes | Unread:
    """GET a document of at most `limit` bytes within `access.timeout_seconds`."""
    sink = io.BytesIO()
    return fetch_into(sink, url, limit, access) or sink.getvalue()


def fetch_into(sink: IO[bytes], url: str, limit: int, access: HttpsAccess) -> Unread | None:
    """GET a document as `fetch_bytes` does, into a file. What came before a failure stays there."""
    try:
        trust = ssl.create_default_context(cafile=access.ca_file or None)
    except (OSError, ssl.SSLError):
        return _unread("certificate authorities that cannot be read", "a PEM file in https.ca_file")
    try:
        return run_until_asked(_get(sink, url, limit, access, trust))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return _failed(error, access)


def _failed(error: Exception, access: HttpsAccess) -> Unread:
    """Say why there is no answer, in words of ours: those of the error may hold the address."""
    match error:
        case TimeoutError():
            return _unread("no complete answer in time", f"all of it within {access.timeout_seconds:g} seconds")
        case httpx.ConnectError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return _unread("a certificate that is not trusted", "one for this host name, from a trusted authority")
        case httpx.ConnectError():
            return _unread("no connection", "a server that answers over TLS")
        case _:
            return _unread(f"a failed request ({type(error).__name__})", "a complete answer")


async def _get(sink: IO[bytes], url: str, limit: int, access: HttpsAccess, trust: ssl.SSLContext) -> Unread | None:
    # A time limit of httpx starts again with every byte that drips in; this one covers the whole request.
    async with (
        asyncio.timeout(access.timeout_seconds),
        httpx.AsyncClient(verify=trust, timeout=None, follow_redirects=False, trust_env=False) as client,  # noqa: S113 - the line above
        client.stream("GET", url, headers=_headers(url, access)) as answer,
    ):
        if answer.status_code != HTTPStatus.OK:
            missing = answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
            state = DocumentState.MISSING if missing else DocumentState.UNREADABLE
            return Unread(state, Fault("", f"HTTP status {answer.status_code}", "HTTP status 200"))
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            return _unread("a compressed answer", "the exact bytes of the document")
        size = 0
        async for chunk in answer.aiter_raw():
            sink.write(chunk)
            size += len(chunk)
            if size > limit:
                return too_large(f"more than {limit} bytes", limit)
        return None


def _headers(url: str, access: HttpsAccess) -> dict[str, str]:
    address = httpx.URL(url)
    if (address.port or 0) > _HIGHEST_PORT:  # httpx lets it pass, and the event loop stumbles
        raise httpx.InvalidURL("port")
    token = access.tokens.get(address.host)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


def _unread(found: str, wanted: str) -> Unread:
    return Unread(DocumentState.UNREADABLE, Fault("", found, wanted))
