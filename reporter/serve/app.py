"""The application: FastAPI routes made from the table of operations, behind the door."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from reporter.clock import precise_now, utc_now
from reporter.errors import ReporterError, places_of
from reporter.model.text import show
from reporter.serve import once
from reporter.serve.asked import Asked
from reporter.serve.bodies import Body
from reporter.serve.console import worded
from reporter.serve.documents import read_object
from reporter.serve.door import CALLER, App, Door
from reporter.serve.inputs import State, look
from reporter.serve.memory import Memory
from reporter.serve.openapi import ENVIRONMENT, takes_environment
from reporter.serve.operations import GET, Operation, all_operations
from reporter.serve.problems import MEDIA_TYPE, Problem, Teller, busy
from reporter.serve.readings import HTML, Reading
from reporter.serve.tokens import Caller, Tokens
from reporter.serve.validation import validated
from reporter.settings_model import Role, Settings

JSON: Final = "application/json"
REPLAYED: Final = "Idempotent-Replayed"
PLANNERS: Final = 2
MOST_WAITING: Final = 16
_NOBODY: Final = Caller("", Role.READ)

Tell = Callable[[str], None]
Handler = Callable[[Request], Awaitable[Response]]


class Service:
    """What the handlers share: the settings, the answers in memory, and the one thread that writes."""

    def __init__(self, settings: Settings, teller: Teller, tell: Tell) -> None:
        self.settings, self.teller, self.tell = settings, teller, tell
        self.memory = Memory(settings.serve.max_age_seconds)
        self.writer = ThreadPoolExecutor(1, "write")
        self.planners = ThreadPoolExecutor(PLANNERS, "plan")
        self._waiting = 0

    def close(self) -> None:
        """Let go of the threads; what is being written is finished first."""
        self.writer.shutdown(wait=True)
        self.planners.shutdown(wait=False)
        self.memory.close()

    def handler(self, operation: Operation) -> Handler:
        """Make the handler of an operation. Whatever goes wrong is a problem document."""
        act = self._get if operation.method == GET else self._post

        async def handle(request: Request) -> Response:
            try:
                return await act(operation, request)
            except Problem as problem:
                return _response(problem)
            except ReporterError as error:
                status = HTTPStatus.SERVICE_UNAVAILABLE if operation.method == GET else HTTPStatus.CONFLICT
                return _response(self.teller.problem(error, status))
            except ClientDisconnect:
                return Response(status_code=HTTPStatus.BAD_REQUEST)
            except Exception as error:  # noqa: BLE001 - the last line of defence; whatever it is, it is ours
                self.tell("\n".join(places_of(error)))
                fault = "this is a bug in reporter; its log says where"
                return _response(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, fault))

        return handle

    async def _get(self, operation: Operation, request: Request) -> Response:
        reading = cast("Reading", operation.reading)
        caller: Caller = request.scope[CALLER] or _NOBODY
        environment = self._environment(operation, request)

        def make() -> bytes:
            return reading.make(Asked(self.settings, environment, caller, utc_now()))

        def state() -> State | None:
            aliases = reading.aliases(self.settings, environment)
            return look(self.settings, environment, aliases, records=reading.records)

        if reading.kept:
            content = await self.memory.answer(f"{operation.name} {environment}", state, make)
        else:
            content = make()
        return Response(content, media_type=reading.media_type, headers=dict(reading.headers()))

    async def _post(self, operation: Operation, request: Request) -> Response:
        value = read_object(await self._read(request))
        body = validated(cast("type[Body]", operation.body), value)
        records = body.execute or operation.records_dry
        key = once.read_key(_header(request, once.HEADER), needed=records)
        environment = self._environment(operation, request)
        subject = request.path_params.get(operation.subject, "")
        caller: Caller = request.scope[CALLER]
        called = f"{operation.method} {operation.path} {subject}"
        asked_for = json.dumps(value, sort_keys=True).encode()
        keyed = once.Keyed(caller.name, key, called, environment, asked_for)

        def act() -> Mapping[str, Any]:
            # To the digit: what is sent right after must not be dated before what was decided.
            asked = Asked(self.settings, environment, caller, precise_now(), subject, body, self.tell)
            return self._shown(cast("Callable[[Asked], Mapping[str, Any]]", operation.act)(asked))

        loop, replayed = asyncio.get_running_loop(), False
        if records:
            with self._in_line():
                content, replayed = await loop.run_in_executor(
                    self.writer, lambda: once.carry_out(self.settings, keyed, utc_now(), act)
                )
        else:
            content = await loop.run_in_executor(self.planners, lambda: json.dumps(act(), indent=1).encode())
        media_type = JSON
        if request.headers.get("accept", "").startswith(HTML):
            content, media_type = await loop.run_in_executor(self.planners, worded, content), HTML
        return Response(content, media_type=media_type, headers={REPLAYED: "true"} if replayed else None)

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        """Wait for what is being written before; only so many do, for what is sent may take minutes."""
        if self._waiting >= MOST_WAITING:
            raise busy(f"found {MOST_WAITING} requests that wait for others to be carried out, wanted fewer; ask again")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def _shown(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep what is private out of what connectors and sources are told of."""
        told = {key: [self.teller.shown(one) for one in answer[key]] for key in ("remarks", "faults") if key in answer}
        return {**answer, **told}

    def _environment(self, operation: Operation, request: Request) -> str:
        """Find the environment that is meant, and refuse every other parameter."""
        known = {ENVIRONMENT} if takes_environment(operation) else set()
        given = request.query_params.multi_items()
        faults = [f"query: found the parameter {show(name)}" for name, _ in given if name not in known]
        if len(given) > len(known) and not faults:
            faults = [f"query: found the parameter {ENVIRONMENT} more than once"]
        if faults:
            wanted = f"wanted {' or '.join(known) or 'none'}"
            raise Problem(HTTPStatus.BAD_REQUEST, *(f"{self.teller.shown(one)}, {wanted}" for one in faults))
        if not known:
            return ""
        names = sorted(self.settings.environments)
        if not given and len(names) == 1:
            return names[0]
        listed = ", ".join(names)
        if not given:
            fault = f"query: found no {ENVIRONMENT}, wanted one of {listed}"
            raise Problem(HTTPStatus.BAD_REQUEST, fault)
        if given[0][1] not in names:
            fault = f"query: found an {ENVIRONMENT} that is not in the settings, wanted one of {listed}"
            raise Problem(HTTPStatus.NOT_FOUND, fault)
        return given[0][1]

    async def _read(self, request: Request) -> bytes:
        """Read a body: JSON, not too large, and not too slow."""
        length = request.headers.get("content-length", "")
        most = self.settings.serve.max_body_bytes
        if length.isdecimal() and int(length) > most:
            raise _too_large(most)
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding: found one, wanted none")
        found = bytearray()
        try:
            async with asyncio.timeout(self.settings.serve.timeout_seconds):
                async for part in request.stream():
                    found += part
                    if len(found) > most:
                        raise _too_large(most)
        except TimeoutError:
            fault = f"body: found no end of it, wanted one within {self.settings.serve.timeout_seconds:g} seconds"
            raise Problem(HTTPStatus.REQUEST_TIMEOUT, fault, headers={"Connection": "close"}) from None
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if found and kind != JSON:
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type: found another kind, wanted {JSON}")
        return bytes(found)


def make_app(settings: Settings, tokens: Tokens, service: Service) -> App:
    """Make the application with every operation."""
    operations = all_operations()
    inner = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for one in operations:
        inner.add_api_route(one.path, service.handler(one), methods=[one.method], name=one.name, response_model=None)
    return Door(cast("App", inner), operations, tokens, settings.serve)


def _too_large(most: int) -> Problem:
    fault = f"body: found more than {most} bytes, wanted {most} at most (serve.max_body_bytes)"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, fault, headers={"Connection": "close"})


def _header(request: Request, name: str) -> bytes | None:
    found = request.headers.get(name)
    return None if found is None else found.encode("latin-1")


def _response(problem: Problem) -> Response:
    return Response(problem.content(), problem.status, headers=problem.headers, media_type=MEDIA_TYPE)
