"""Every operation: its path, who may call it, and what it does. Made from the report registry and the loop table.

The rows of both name the paths; nothing here does but what has no row.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from reporter.loops.loop import GateKind, Loop
from reporter.loops.table import LOOPS
from reporter.model.gate import GateDecision
from reporter.model.paths import AUDIT, PILOT
from reporter.model.registry import REPORTS, ReportKind
from reporter.serve import actions, bodies, readings, shapes
from reporter.serve.asked import Asked
from reporter.settings_model import Role

GET: Final = "GET"
POST: Final = "POST"

Act = Callable[[Asked], Mapping[str, Any]]


class Operation(NamedTuple):
    """One operation. A GET has a `reading`; a POST has a `body` and an `act`. Without a `role` anybody may call it.

    `records_dry` says that even a dry call is recorded, so that it needs a key too. A `page` is for browsers.
    """

    method: str
    path: str
    name: str
    summary: str
    tag: str
    role: Role | None
    answer: type[BaseModel] | None
    reading: readings.Reading | None = None
    body: type[bodies.Body] | None = None
    act: Act | None = None
    records_dry: bool = False
    page: bool = False

    @property
    def subject(self) -> str:
        """The name of the part of the path that varies; empty where none does."""
        return self.path.partition("{")[2].partition("}")[0]


START: Final = "/"
HEALTH: Final = "/healthz"
OPENAPI: Final = "/openapi.json"
ENVIRONMENTS: Final = "/environments"
GATE: Final = f"{PILOT}/gate"
CONSOLE: Final = "/console"
PANEL: Final = f"{CONSOLE}/panel"
PLAYBOOKS: Final = f"{AUDIT}/connector-recovery-playbooks"
CLOSURES: Final = f"{AUDIT}/connector-recovery-closures"

_TELLERS: Final = frozenset(loop.alert_loop for loop in LOOPS)


def all_operations() -> tuple[Operation, ...]:
    """List every operation."""
    return (*_of_server(), *map(_of_report, REPORTS), *(one for loop in LOOPS for one in _of_loop(loop)))


def _of_server() -> Iterator[Operation]:
    reads = Role.READ
    yield Operation(GET, START, "start", "Where to go from here.", "server", None, shapes.Start, readings.START)
    yield Operation(GET, HEALTH, "hello", "The server lives.", "server", None, shapes.Hello, readings.HELLO)
    yield Operation(GET, OPENAPI, "openapi", "This document.", "server", reads, None, readings.DOCUMENT)
    summary = "The environments that may be asked for, and who asks."
    yield Operation(
        GET, ENVIRONMENTS, "environments", summary, "server", reads, shapes.Environments, readings.ENVIRONMENTS
    )
    summary = "The console: a page for operators. It holds no data until somebody signs in."
    yield Operation(GET, CONSOLE, "console", summary, "console", None, None, readings.CONSOLE, page=True)
    summary = "What the console shows of an environment, as a part of its page."
    yield Operation(GET, PANEL, "console_panel", summary, "console", reads, None, readings.PANEL, page=True)
    summary = "Which backend may be selected, go or python, and what speaks against go."
    yield Operation(GET, GATE, "gate", summary, "reports", reads, GateDecision, readings.GATE)
    yield Operation(
        POST,
        PLAYBOOKS,
        "open_recovery",
        "Open the recovery of a provider.",
        "recovery",
        Role.OPERATE,
        shapes.Decision,
        body=bodies.OpenBody,
        act=actions.open_,
    )
    yield Operation(
        POST,
        CLOSURES,
        "close_recovery",
        "Decide about the recovery of a provider.",
        "recovery",
        Role.APPROVE,
        shapes.Decision,
        body=bodies.CloseBody,
        act=actions.close,
    )


def _of_report(kind: ReportKind) -> Operation:
    name = kind.name.replace("-", "_")
    return Operation(
        GET, kind.path, name, kind.question, "reports", Role.READ, kind.model, readings.of_report(kind.name)
    )


def _of_loop(loop: Loop) -> Iterator[Operation]:
    title, word = loop.title, loop.word
    is_alert = loop.word in _TELLERS
    history = loop.path if is_alert else f"{loop.path}/routes"
    yield Operation(
        GET,
        history,
        f"{word}_routes",
        f"{title}: what was delivered to whom, and who answered.",
        word,
        Role.READ,
        shapes.Routes,
        readings.of_routes(loop),
    )
    if is_alert:
        yield Operation(
            GET,
            f"{loop.path.removesuffix('s')}-dashboard",
            f"{word}_dashboard",
            f"{title}: how its alerts stand.",
            word,
            Role.READ,
            shapes.Dashboard,
            readings.of_dashboard(loop),
        )
    yield from _telling(loop, is_alert=is_alert)
    yield from _answering(loop)
    yield from _retrying(loop)


def _telling(loop: Loop, *, is_alert: bool) -> Iterator[Operation]:
    if is_alert:
        act: Act = partial(actions.tell_alerts, loop)
        answer: type[BaseModel] = shapes.Alerts
    elif loop.word == "drill_notification":
        act, answer = actions.tell_drill, shapes.Notifications
    else:
        return
    yield Operation(
        POST,
        f"{loop.path}/deliver",
        f"{loop.word}_deliver",
        f"{loop.title}: tell people.",
        loop.word,
        Role.OPERATE,
        answer,
        body=bodies.DeliverBody,
        act=act,
    )


def _answering(loop: Loop) -> Iterator[Operation]:
    by_plan = loop.gate is GateKind.APPROVAL
    below = "retry-plans/{retry_plan_id}" if by_plan else f"{{{loop.subject_keys[0]}}}"
    yield Operation(
        POST,
        f"{loop.path}/{below}/acknowledgements",
        f"{loop.word}_acknowledge",
        f"{loop.title}: answer for {'its next retry' if by_plan else 'what was delivered'}.",
        loop.word,
        Role.OPERATE,
        shapes.Decision,
        body=bodies.answer_body(loop),
        act=partial(actions.answer_plan if by_plan else actions.answer, loop),
    )
    if by_plan:
        yield Operation(
            POST,
            f"{loop.path}/{{{loop.subject_keys[0]}}}/retry-approvals",
            f"{loop.word}_approve",
            f"{loop.title}: decide about the next retry of a route.",
            loop.word,
            Role.APPROVE,
            shapes.Decision,
            body=bodies.ApprovalBody,
            act=partial(actions.approve, loop),
        )


def _retrying(loop: Loop) -> Iterator[Operation]:
    yield Operation(
        POST,
        f"{loop.path}/retry-plan",
        f"{loop.word}_retry_plan",
        f"{loop.title}: plan its retries.",
        loop.word,
        Role.OPERATE,
        shapes.Plans,
        body=bodies.PlanBody,
        act=partial(actions.plan, loop),
    )
    yield Operation(
        POST,
        f"{loop.path}/retry-worker-run",
        f"{loop.word}_retry_worker_run",
        f"{loop.title}: run its retry worker. A dry run is recorded, as a sign of life.",
        loop.word,
        Role.OPERATE,
        shapes.WorkerRun,
        body=bodies.WorkerBody,
        act=partial(actions.run_worker, loop),
        records_dry=True,
    )
