"""Bytes over https: one request, a time limit for all of it, a size limit, no redirects (integrations.md).

A fault never repeats the address or what the server says (domain.md A10): both may be private.
"""

import ssl
import time
from http import HTTPStatus
from typing import NamedTuple

import httpx

from reporter.collect.files import Unread, too_large
from reporter.model.documents import DocumentState, Fault


class HttpsAccess(NamedTuple):
    """How to reach the hosts that manifests are read from. `tokens` are by host name."""

    timeout_seconds: float
    ca_file: str
    tokens: dict[str, str]

    def __repr__(self) -> str:
        """Print no token."""
        return f"HttpsAccess(timeout_seconds={self.timeout_seconds:g}, tokens=<secret>)"


def fetch_bytes(url: str, limit: int, access: HttpsAccess) -> bytes | Unread:
    """GET a document of at most `limit` bytes within `access.timeout_seconds`."""
    try:
        trust = ssl.create_default_context(cafile=access.ca_file or None)
    except (OSError, ssl.SSLError):
        return _unread("certificate authorities that cannot be read", "a PEM file in https.ca_file")
    try:
        with httpx.Client(
            verify=trust,
            timeout=access.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        ) as client:
            return _get(client, url, limit, access)
    except httpx.TimeoutException:
        return _unread("no answer in time", f"an answer within {access.timeout_seconds:g} seconds")
    except httpx.ConnectError as error:
        failed = "CERTIFICATE_VERIFY_FAILED" in str(error)
        return _unread("a certificate that is not trusted" if failed else "no connection", "a trusted server")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _unread(f"a failed request ({type(error).__name__})", "a complete answer")


def _get(client: httpx.Client, url: str, limit: int, access: HttpsAccess) -> bytes | Unread:
    token = access.tokens.get(httpx.URL(url).host)
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    end = time.monotonic() + access.timeout_seconds
    with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code != HTTPStatus.OK:
            missing = answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
            state = DocumentState.MISSING if missing else DocumentState.UNREADABLE
            return Unread(state, Fault("", f"HTTP status {answer.status_code}", "HTTP status 200"))
        chunks, size = [], 0
        for chunk in answer.iter_bytes(1 << 16):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                return too_large(f"more than {limit} bytes", limit)
            if time.monotonic() > end:
                return _unread("an answer that took too long", f"{access.timeout_seconds:g} seconds at most")
        return b"".join(chunks)


def _unread(found: str, wanted: str) -> Unread:
    return Unread(DocumentState.UNREADABLE, Fault("", found, wanted))
