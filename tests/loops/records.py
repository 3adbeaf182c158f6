"""Short ways to records that are as upstream writes them, and to bad ones: without a date, with a date in words.

Each function gives a plain JSON value. `loop` is a row of the loop table, `at` the record's own time; a text is written
as it stands, None leaves it out. Keyword arguments that are not named here are merged into the payload (deliveries:
into the record).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias

from reporter.loops import writing
from reporter.loops.loop import Kind, Loop
from reporter.loops.table import OUTSIDE
from reporter.loops.writing import Decision, ProviderFailures
from reporter.model.ids import make_id
from reporter.model.instants import format_instant
from reporter.model.records import Step
from reporter.model.reports import AlertLevel, OwnerAvailability, RouteDecision
from reporter.model.routes import RouteId

RecordValue: TypeAlias = writing.RecordValue
When: TypeAlias = datetime | str | None

ACTOR: Final = "release-manager"
WORKER: Final = "retry-worker"
SUMMARY: Final = "gordackfinalready-0123456789abcdef"
HIT, MISS = 200, 503
_SOME_TIME: Final = datetime(1066, 10, 14, tzinfo=UTC)


def write(at: When, make: Callable[[datetime], RecordValue], rid: str = "") -> RecordValue:
    """Write a record; where `at` is not an instant, write one of some time and put `at` in its place."""
    record = make(at if isinstance(at, datetime) else _SOME_TIME)
    if not isinstance(at, datetime):
        record = _redated(record, at) | {"session_id": make_id("bad", at=at, said=record["session_id"])}
    return record | ({"session_id": rid} if rid else {})


def _redated(value: Any, at: str | None) -> Any:  # noqa: ANN401 - JSON is untyped
    if isinstance(value, list):
        return [_redated(item, at) for item in value]
    if not isinstance(value, dict):
        return at if value == format_instant(_SOME_TIME) else value
    kept = {key: item for key, item in value.items() if at is not None or item != format_instant(_SOME_TIME)}
    return {key: _redated(item, at) for key, item in kept.items()}


def when(at: datetime) -> dict[str, str]:
    """Write a record's time."""
    return {"created_at": format_instant(at)}


def envelope(kind: Kind, at: When, payload: RecordValue, *, rid: str = "") -> RecordValue:
    """Wrap a payload in the envelope of its kind."""
    name = rid or make_id(kind.prefix, word=kind.word, at=at, payload=payload)
    return write(at, lambda when: writing.envelope(kind, name, when, payload, signer=ACTOR), name)


def subject(loop: Loop, name: str) -> dict[str, str]:
    """Name a subject by the loop's own key."""
    return {loop.subject_keys[0]: name}


def delivery(  # noqa: PLR0913
    loop: Loop,
    at: When,
    name: str,
    providers: Iterable[str] = ("slack",),
    failed: Iterable[str] = (),
    *,
    rid: str = "",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Deliver a subject to providers, of which some fail. Told to nobody, it is called a success (C14)."""
    lost = list(failed)
    results = {provider: MISS if provider in lost else HIT for provider in providers}
    said = {"delivery_success": not lost, "failed_providers": lost, **more}
    return write(at, lambda when: writing.write_delivery(loop, when, name, results, **said), rid)


class Try(NamedTuple):
    """One attempt of ours: at what, and which."""

    loop: Loop
    at: When
    name: str
    provider: str = "slack"
    attempt: int = 1
    cause: writing.Cause = writing.Cause()

    def begun(self, when: datetime) -> writing.Begun:
        """Begin it."""
        route = RouteId(self.loop.word, self.name, self.provider)
        return writing.Begun(
            route, make_id("msg", route=route), self.attempt, self.provider, "0" * 64, when, self.cause
        )


def intent(one: Try) -> RecordValue:
    """Write down that an attempt is about to be made."""
    return write(one.at, lambda when: writing.write_intent(one.loop, one.begun(when), {}))


def result(one: Try, outcome: str = "accepted", *, seconds: int = 1, error_class: str = "") -> RecordValue:
    """Write down how an attempt ended."""
    delivered = outcome == "accepted"
    code = HIT if delivered else MISS

    def write_it(when: datetime) -> RecordValue:
        end = when + timedelta(seconds=seconds)
        ended = writing.Ended(delivered, outcome, outcome, end, status_code=code, error_class=error_class)
        return writing.write_attempt(one.loop, one.begun(when), ended)

    return write(one.at, write_it)


def plan(
    loop: Loop,
    at: When,
    name: str,
    providers: Iterable[str] = ("slack",),
    *,
    rid: str = "",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Plan a subject for providers that must all acknowledge."""
    named = {"plan_id": rid, **subject(loop, name)} if rid else {}
    return write(at, lambda when: writing.write_plan(loop, when, name, providers, **{**named, **more}), rid)


def notification_routes(
    providers: Iterable[str], minutes: float = 30, owner: str = "release-governance", escalation: str = "platform-lead"
) -> list[RecordValue]:
    """Write the route decisions of a notification plan."""
    return [route(provider, owner, minutes, escalation).model_dump(mode="json") for provider in providers]


def route(provider: str, owner: str, minutes: float, escalation: str) -> RouteDecision:
    """Decide to tell an owner by a provider."""
    return RouteDecision(
        route_key=make_id("gordroute", owner=owner, provider=provider),
        schedule_id="monthly",
        provider=provider,
        owner=owner,
        acknowledgement_minutes=minutes,
        escalation_owner=escalation,
        maintenance_window=None,
        owner_availability=OwnerAvailability(available=True, reason="", start_at="", end_at=""),
        action="deliver",
        category="deliver",
        reason="schedule needs attention",
        until="",
    )


def acknowledgement(  # noqa: PLR0913
    loop: Loop,
    at: When,
    name: str | None,
    provider: str = "slack",
    state: str = "acknowledged",
    *,
    by: str = ACTOR,
    rid: str = "",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Answer for a subject and provider."""
    return write(at, lambda when: writing.write_acknowledgement(loop, when, name, provider, state, by=by, **more), rid)


def retry_plan(
    loop: Loop,
    at: When,
    routes: Iterable[tuple[str, str]] = (),
    *,
    rid: str = "",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Decide on retries of (subject, provider) routes."""
    decided = [Decision(*one) for one in routes]
    return write(at, lambda when: writing.write_retry_plan(loop, when, decided, record_id=rid, **more), rid)


def approval(  # noqa: PLR0913
    loop: Loop,
    at: When,
    name: str | None,
    provider: str = "slack",
    state: str = "approved",
    *,
    by: str = ACTOR,
    rid: str = "",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Decide about the retry of a route."""
    return write(
        at, lambda when: writing.write_approval(loop, when, name, provider, state, by=by, record_id=rid, **more), rid
    )


def worker_run(  # noqa: PLR0913
    loop: Loop,
    at: When,
    *,
    dry: bool = True,
    enabled: bool = True,
    status: str | None = None,
    routes: Iterable[tuple[str, str]] = (),
    rid: str = "",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Run a worker."""
    chosen = [Decision(*one) for one in routes]
    said = {**({} if status is None else {"status": status}), **more}
    return write(
        at,
        lambda when: writing.write_worker_run(
            loop, when, dry=dry, selected=chosen, enabled=enabled, record_id=rid, **said
        ),
        rid,
    )


def execution(  # noqa: PLR0913
    loop: Loop,
    at: When,
    name: str,
    provider: str = "slack",
    status: str = "delivered",
    *,
    by: str = WORKER,
    rid: str = "",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Execute, or skip, a retry. `selected_providers` is empty, as upstream writes it (C28)."""
    said: dict[str, Any] = {"selected_providers": [], **more}
    return write(at, lambda when: writing.write_execution(loop, when, name, provider, status, by=by, **said), rid)


def health_report(loop: Loop, at: When, **more: Any) -> RecordValue:  # noqa: ANN401 - JSON is untyped
    """Report on a worker."""
    return write(at, lambda when: writing.write_health(loop, when, AlertLevel.HEALTHY, alerts=[], **more))


def playbook(at: When, failures: Mapping[str, When], *, rid: str = "") -> RecordValue:
    """Open a recovery for providers, each with its newest failure."""
    failed = {
        provider: ProviderFailures(2, newest if isinstance(newest, datetime) else None)
        for provider, newest in failures.items()
    }
    return write(at, lambda when: writing.write_playbook(when, failed, record_id=rid), rid)


def closure(  # noqa: PLR0913
    at: When,
    playbook_id: str,
    provider: str = "slack",
    state: str = "resolved",
    refs: Iterable[str] = ("gordackretryexec-0123456789abcdef",),
    *,
    by: str = ACTOR,
    rid: str = "",
) -> RecordValue:
    """Decide about a recovery."""
    proofs = list(refs)
    return write(
        at,
        lambda when: writing.write_closure(when, playbook_id, provider, state, by=by, verification_refs=proofs),
        rid,
    )


def release_decision(  # noqa: PLR0913
    at: When,
    state: str = "approved",
    *,
    by: str = ACTOR,
    summary: str = SUMMARY,
    override: bool = False,
    reason: str = "",
    rid: str = "",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Decide about a readiness summary."""
    said: dict[str, Any] = {"readiness_state": "ready", **more}
    return write(
        at,
        lambda when: writing.write_release_decision(
            when, summary, state, by=by, override=override, reason=reason, record_id=rid, **said
        ),
        rid,
    )


def part(step: Step, at: When, *, rid: str = "", **fields: Any) -> RecordValue:  # noqa: ANN401 - JSON is untyped
    """Record a part of a closeout packet."""
    return envelope(OUTSIDE[step], at, fields, rid=rid)


def routed_plan(
    loop: Loop,
    at: When,
    name: str,
    decisions: Iterable[RecordValue],
    *,
    rid: str = "gordn-1",
    **more: Any,  # noqa: ANN401 - JSON is untyped
) -> RecordValue:
    """Plan a notification of which some routes may be suppressed."""
    decided = list(decisions)
    told = sorted({one["provider"] for one in decided if one.get("action", "deliver") == "deliver"})
    return plan(loop, at, name, told, rid=rid, **{"route_decisions": decided, **more})


def raw(value: RecordValue) -> bytes:
    """Write a record as a line of JSON."""
    return json.dumps(value).encode()
