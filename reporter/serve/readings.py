"""What GETs give: the same JSON as `reporter check` and `reporter gate`, and how the routes of a loop stand.

They write nothing.
"""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from reporter.assess.everything import inputs_for, needs_records
from reporter.assess.gate import gate_reports
from reporter.jobs.answers.plans import fate
from reporter.jobs.loops import states_of
from reporter.jobs.readiness import check_report, decide_gate
from reporter.loops.alerts import alert_dashboard
from reporter.loops.loop import Loop
from reporter.loops.routes import LoopStates
from reporter.model.instants import format_instant
from reporter.model.registry import REPORTS
from reporter.model.reports import AlertLevel
from reporter.model.routes import RetryAction, RouteState
from reporter.serve import shapes
from reporter.serve.asked import Asked
from reporter.settings_model import Settings

_LOUDEST: Final = (AlertLevel.CRITICAL, AlertLevel.WARNING)


class Reading(NamedTuple):
    """What a GET gives: `make` writes it, from the inputs of `aliases` and, where it needs them, all `records`.

    One that is not `kept` is written anew each time. A page has another `media_type`, and `headers` of its own.
    """

    make: Callable[[Asked], bytes]
    aliases: Callable[[Settings, str], Collection[str]] = lambda _settings, _environment: ()
    records: bool = False
    kept: bool = True
    media_type: str = "application/json"
    headers: Callable[[], Mapping[str, str]] = dict


def of_report(name: str) -> Reading:
    """Give a report."""
    return Reading(partial(_report, name), lambda _settings, _environment: inputs_for(name), needs_records(name))


def of_routes(loop: Loop) -> Reading:
    """Give the routes of a loop."""
    return Reading(partial(_routes, loop), records=True)


def of_dashboard(loop: Loop) -> Reading:
    """Give how the alerts of a loop stand."""
    return Reading(partial(_dashboard, loop), records=True)


def _report(name: str, asked: Asked) -> bytes:
    report, _ = check_report(asked.settings, asked.environment, name, asked.now)
    return report.model_dump_json(indent=1, ensure_ascii=True).encode()


def _gate(asked: Asked) -> bytes:
    decision = decide_gate(asked.settings, asked.environment, asked.now)
    return decision.model_dump_json(indent=1, ensure_ascii=True).encode()


def _gate_inputs(settings: Settings, environment: str) -> Collection[str]:
    names = gate_reports(settings.environments[environment].mode)
    return frozenset[str]().union(*map(inputs_for, names))


def _environments(asked: Asked) -> bytes:
    listed = [{"name": name, "mode": one.mode} for name, one in sorted(asked.settings.environments.items())]
    return _json({"environments": listed, "caller": asked.caller.name, "role": asked.caller.role})


def _routes(loop: Loop, asked: Asked) -> bytes:
    states = states_of(asked.settings, asked.environment, asked.now).states
    routes = states.of(loop)
    loudest = next((one for one in _LOUDEST if any(route.alert_level is one for route in routes)), AlertLevel.HEALTHY)
    return _json({**_head(asked, loop, loudest), "routes": [_route(one) for one in routes]})


def _dashboard(loop: Loop, asked: Asked) -> bytes:
    states: LoopStates = states_of(asked.settings, asked.environment, asked.now).states
    found = alert_dashboard(states, loop)
    counts = {
        "delivered_count": found.delivered,
        "failed_delivery_count": found.failed,
        "outstanding_acknowledgement_count": found.outstanding,
        "suppressed_count": found.suppressed,
    }
    return _json({**_head(asked, loop, found.alert_level), **counts})


def _head(asked: Asked, loop: Loop, level: AlertLevel) -> dict[str, Any]:
    return {
        "environment": asked.environment,
        "generated_at": format_instant(asked.now),
        "loop": loop.word,
        "title": loop.title,
        "alert_level": level,
    }


def _route(one: RouteState) -> dict[str, Any]:
    answer = one.acknowledgement
    return {
        **one.route._asdict(),
        "outcome": one.outcome,
        "alert_level": one.alert_level,
        "failures": one.failures,
        "plan_id": one.plan_id,
        "owner": one.owner,
        "last_attempt_at": _time(one.last_attempt_at),
        "last_success_at": _time(one.last_success_at),
        "last_failure_at": _time(one.last_failure_at),
        "next_retry_at": _time(one.retry.next_retry_at),
        "fate": "" if one.retry.action is RetryAction.NONE else fate(one),
        "reason": one.retry.reason,
        "gate_state": one.gate.state,
        "gate_reason": one.gate.reason,
        "acknowledgement": {
            "required": answer.required,
            "state": answer.state,
            "outstanding": answer.outstanding,
            "breached": answer.breached,
            "since": _time(answer.since),
            "due_at": _time(answer.due_at),
            "by": answer.by,
            "at": _time(answer.at),
            "external_ref": answer.external_ref,
        },
    }


def _time(at: datetime | None) -> str:
    return format_instant(at) if at else ""


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


def _document(asked: Asked) -> bytes:
    from reporter.serve.openapi import document_bytes  # noqa: PLC0415 - it is made of the operations, which name this

    return document_bytes(tuple(sorted(asked.settings.environments)))


def _console(asked: Asked) -> bytes:
    from reporter.serve.console import page  # noqa: PLC0415 - likewise

    return page(asked)


def _console_headers() -> Mapping[str, str]:
    from reporter.serve.console import page_headers  # noqa: PLC0415 - likewise

    return page_headers()


def _panel(asked: Asked) -> bytes:
    from reporter.serve.console import panel  # noqa: PLC0415 - likewise

    return panel(asked)


def _all_inputs(_settings: Settings, _environment: str) -> Collection[str]:
    return frozenset[str]().union(*(inputs_for(kind.name) for kind in REPORTS))


HTML: Final = "text/html"
HELLO: Final = Reading(lambda _: b'{"status":"ok"}', kept=False)
START: Final = Reading(lambda _: shapes.Start().model_dump_json(indent=1).encode(), kept=False)
DOCUMENT: Final = Reading(_document, kept=False)
ENVIRONMENTS: Final = Reading(_environments, kept=False)
GATE: Final = Reading(_gate, _gate_inputs)
CONSOLE: Final = Reading(_console, kept=False, media_type=HTML, headers=_console_headers)
PANEL: Final = Reading(_panel, _all_inputs, records=True, media_type=HTML)
