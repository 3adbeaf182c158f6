"""What every request passes before anything is read for it, and every answer on its way out. Plain ASGI.

In this order: the Host header, the address, other sites, how many are under way, who calls and what they may do, how
often. A request that does not pass has changed nothing.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from reporter.serve.limits import Limit
from reporter.serve.operations import Operation
from reporter.serve.origins import Names, foreign_origin
from reporter.serve.problems import MEDIA_TYPE, Problem, busy
from reporter.serve.tokens import Caller, Tokens
from reporter.settings_model import ServeSettings

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LONGEST_TARGET: Final = 4_096
MOST_HEAD_BYTES: Final = 16_384
MOST_UNDER_WAY: Final = 64
"""Requests that are worked on at a time; more are asked to come again."""
ONCE: Final = (b"authorization", b"origin", b"sec-fetch-site", b"content-type", b"idempotency-key")
"""Headers that decide something: of two, one would be believed and the other looked at by somebody before us."""
CALLER: Final = "reporter.caller"
OPERATION: Final = "reporter.operation"

SECURITY: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Headers of every answer that does not bring its own."""


class Door:
    """Stands before the application."""

    def __init__(self, app: App, operations: Iterable[Operation], tokens: Tokens, settings: ServeSettings) -> None:
        self._app, self._tokens, self._map = app, tokens, Map(operations)
        self._names = Names(settings.hosts)
        self._callers = Limit(settings.requests_per_second, 2 * settings.requests_per_second)
        self._strangers = Limit(settings.failures_per_minute / 60, settings.failures_per_minute)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] != "http":
            raise RuntimeError(f"found {scope['type']}, wanted http")
        try:
            inside = self._let_in(scope)
        except Problem as problem:
            await _answer(problem, _dressed(send))
            return
        self._under_way += 1
        try:
            await self._app(inside, receive, _dressed(send))
        finally:
            self._under_way -= 1

    def _let_in(self, scope: Scope) -> Scope:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not self._names.know(headers.get(b"host", b"")):
            raise Problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "Host: found the name of another server, wanted one of this; see the setting serve.hosts",
            )
        _refuse_head(scope["headers"], headers)
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_TARGET:
            raise Problem(HTTPStatus.REQUEST_URI_TOO_LONG, f"address: wanted {LONGEST_TARGET} characters at most")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        operation = self._map.find(method, scope["path"])
        foreign = foreign_origin(headers, is_page=operation is not None and operation.page)
        if foreign:
            raise Problem(HTTPStatus.FORBIDDEN, f"origin: found {foreign}, wanted this server's own pages, or none")
        if self._under_way >= MOST_UNDER_WAY:
            raise busy(f"found {MOST_UNDER_WAY} requests under way, wanted fewer; ask again", 1)
        caller = None
        if operation is None or operation.role is not None:
            caller = self._admit(scope, headers)
            if operation is None:
                raise self._lost(method, scope["path"])
            if operation.role is not None and not caller.may(operation.role):
                raise Problem(
                    HTTPStatus.FORBIDDEN, f"role: found {caller.role}, wanted {operation.role} for this operation"
                )
        return {**scope, "method": method, CALLER: caller, OPERATION: operation}

    def _admit(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Caller:
        """Find out who calls. A known token is known whatever its address did before: guessing gains nothing."""
        now = asyncio.get_running_loop().time()
        caller = self._tokens.find(headers.get(b"authorization"))
        if caller is None:
            wait = self._strangers.take(str((scope["client"] or ("",))[0]), now)
            if wait:
                raise busy("token: found too many requests without one", wait, HTTPStatus.TOO_MANY_REQUESTS)
            found = "none" if b"authorization" not in headers else "one that is not known"
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                f"token: found {found}, wanted Authorization: Bearer and a token of serve.tokens",
                headers={"WWW-Authenticate": 'Bearer realm="reporter"'},
            )
        wait = self._callers.take(caller.name, now)
        if wait:
            raise busy("requests: found more than serve.requests_per_second", wait, HTTPStatus.TOO_MANY_REQUESTS)
        return caller

    def _lost(self, method: str, path: str) -> Problem:
        allowed = self._map.methods(path)
        if not allowed:
            return Problem(HTTPStatus.NOT_FOUND, "path: found none of this server's; /openapi.json lists them")
        listed = ", ".join(allowed)
        fault = f"method: found {method[:20]}, wanted {listed}"
        return Problem(HTTPStatus.METHOD_NOT_ALLOWED, fault, headers={"Allow": listed})


def _refuse_head(given: Sequence[tuple[bytes, bytes]], headers: Mapping[bytes, bytes]) -> None:
    """Raise Problem for headers that are too large, or that two readers could read in two ways."""
    if sum(len(name) + len(value) + 4 for name, value in given) > MOST_HEAD_BYTES:
        fault = f"headers: wanted {MOST_HEAD_BYTES} bytes at most"
        raise Problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, fault, headers={"Connection": "close"})
    names = [name for name, _ in given if name in ONCE]
    if len(names) > len({*names}):
        raise Problem(HTTPStatus.BAD_REQUEST, f"headers: wanted {b', '.join(ONCE).decode()} once each at most")
    if b"transfer-encoding" in headers and b"content-length" in headers:
        fault = "body: found two lengths of it, wanted one of Content-Length and Transfer-Encoding (RFC 9112 6.1)"
        raise Problem(HTTPStatus.BAD_REQUEST, fault, headers={"Connection": "close"})


class Map:
    """Finds operations by method and path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._varying: list[tuple[re.Pattern[str], dict[str, Operation]]] = []
        varying: dict[str, dict[str, Operation]] = {}
        for one in operations:
            (varying if one.subject else self._fixed).setdefault(one.path, {})[one.method] = one
        for path, found in varying.items():
            self._varying.append((re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), found))

    def find(self, method: str, path: str) -> Operation | None:
        """Find one; None where there is none."""
        return self._at(path).get(method)

    def methods(self, path: str) -> list[str]:
        """List the methods of a path."""
        found = sorted(self._at(path))
        return [*found, "HEAD"] if "GET" in found else found

    def _at(self, path: str) -> dict[str, Operation]:
        fixed = self._fixed.get(path)
        if fixed:
            return fixed
        return next((found for pattern, found in self._varying if pattern.fullmatch(path)), {})


async def _answer(problem: Problem, send: Send) -> None:
    content = problem.content()
    headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    headers += [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": int(problem.status), "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _dressed(send: Send) -> Send:
    """Add the security headers."""

    async def dressed(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = message["headers"]
            names = {name.lower() for name, _ in own}
            message["headers"] = [*own, *(one for one in SECURITY if one[0] not in names)]
        await send(message)

    return dressed
