"""The console's actions, made from the operations that they call: their paths, roles, fields and words are theirs."""

import json
from collections.abc import Mapping
from enum import EnumType
from functools import cache
from typing import Final, NamedTuple, get_args

from reporter.jobs.console import look_at
from reporter.model.registry import BY_NAME
from reporter.render.answers import render_answer
from reporter.render.console import (
    CLOSING,
    RUNBOOK,
    ActionGroup,
    ActionView,
    FieldView,
    build_page_view,
    page_policy,
    render_console_page,
    render_console_panel,
)
from reporter.serve.asked import Asked
from reporter.serve.operations import ENVIRONMENTS, PANEL, Operation, all_operations
from reporter.settings_model import Role

_ROUTE: Final = FieldView("choice", "Route", "choice", "Those whose next retry may be answered for.")
"""What chooses a route, and fills in the fields that name it."""

_AUDIT: Final = "acknowledgement_audit"
_EXEC: Final = "executive_retry_health_alert"
_CLOSURE, _READINESS = CLOSING


class _Asked(NamedTuple):
    """A field of a body that the console asks for, and how it is called there."""

    name: str
    label: str


class _Action(NamedTuple):
    """An action of the seeds' consoles, the operation that it calls, and what of its body is asked for."""

    title: str
    operation: str
    fields: tuple[_Asked, ...] = ()
    chooses: bool = False
    reads: str = ""
    saves: str = ""


_SIGNED: Final = (_Asked("state", "Answer"), _Asked("reason", "Reason"), _Asked("ref", "Reference"))
_WORKER: Final = (_Asked("max_retry_deliveries", "At most"),)
_GROUPS: Final = (
    (
        "Workers and their alerts",
        (
            _Action(
                "Send Worker Alert",
                "audit_worker_health_alert_deliver",
                (_Asked("provider", "Through"), _Asked("force", "Tell again")),
            ),
        ),
    ),
    (
        "Audit retries",
        (
            _Action("Plan Audit Retry", f"{_AUDIT}_retry_plan"),
            _Action("Ack Retry", f"{_AUDIT}_acknowledge", _SIGNED, chooses=True),
            _Action("Run Audit Worker", f"{_AUDIT}_retry_worker_run", _WORKER),
        ),
    ),
    (
        "Executive alert retries",
        (
            _Action("Plan Exec Alert Retry", f"{_EXEC}_retry_plan"),
            _Action("Run Exec Alert Retry", f"{_EXEC}_retry_worker_run", _WORKER),
        ),
    ),
    (
        "Closing",
        (
            _Action("Final Closure", _CLOSURE, reads=_CLOSURE),
            _Action("Release Readiness", _READINESS.replace("-", "_"), reads=_READINESS),
            _Action("Export Runbook", RUNBOOK, reads=RUNBOOK, saves="operator-runbook.md"),
        ),
    ),
)


def page(_: Asked) -> bytes:
    """Give the page. It holds no data, so that anybody may have it."""
    return _page()


def page_headers() -> Mapping[str, str]:
    """Give the headers of the page: the policy that a browser enforces."""
    return {"Content-Security-Policy": page_policy()}


def panel(asked: Asked) -> bytes:
    """Give the part of the page that shows an environment."""
    return render_console_panel(look_at(asked.settings, asked.environment, asked.now))


def worded(answer: bytes) -> bytes:
    """Give an answer as a part of the page."""
    return render_answer(json.loads(answer))


@cache
def _page() -> bytes:
    operations = {one.name: one for one in all_operations()}
    groups = [
        ActionGroup(title, tuple(_action(one, operations[one.operation]) for one in actions))
        for title, actions in _GROUPS
    ]
    return render_console_page(build_page_view(groups, list(Role), PANEL, ENVIRONMENTS))


def _action(one: _Action, operation: Operation) -> ActionView:
    assert operation.role  # noqa: S101 - by the table of operations, for mypy
    return ActionView(
        anchor=one.title.lower().replace(" ", "-"),
        title=one.title,
        summary=BY_NAME[one.reads].question if one.reads else operation.summary,
        path=operation.path,
        role=operation.role,
        reads=one.reads,
        saves=one.saves,
        records_dry=operation.records_dry,
        fields=(
            *((_ROUTE,) if one.chooses else ()),
            *(_field(each, operation) for each in one.fields),
        ),
    )


def _field(asked: _Asked, operation: Operation) -> FieldView:
    """Ask for a field of the body as its model describes it."""
    assert operation.body  # noqa: S101 - as above
    field = operation.body.model_fields[asked.name]
    kinds = [field.annotation, *get_args(field.annotation)]
    options = next((tuple(map(str, one)) for one in kinds if isinstance(one, EnumType)), ())
    kind = "choose" if options else "tick" if bool in kinds else "number" if int in kinds else "text"
    bounds = [getattr(one, "max_length", None) or getattr(one, "le", None) for one in field.metadata]
    longest = next((bound for bound in bounds if bound), 0)
    return FieldView(
        asked.name, asked.label, kind, field.description or "", options, int(longest), needed=field.is_required()
    )
