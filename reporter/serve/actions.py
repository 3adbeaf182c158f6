"""What POSTs do: the same jobs as the commands, signed by the caller. Dry unless `execute` is true."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from reporter.clock import utc_now
from reporter.errors import NotKnown, UsageFault
from reporter.jobs.answers import (
    Prepared,
    Signature,
    acknowledge,
    approve_retry,
    close_recovery,
    open_recovery,
    plan_retries,
    plans_as_json,
    prepared_as_json,
    record_once,
    record_plans,
    sign,
)
from reporter.jobs.delivery.alerting import plan_alerting, send_alerts
from reporter.jobs.delivery.alone import note_end, sending
from reporter.jobs.delivery.as_json import (
    alerts_as_json,
    delivery_as_json,
    notifications_as_json,
    retry_run_as_json,
)
from reporter.jobs.delivery.notifying import plan_notifications, record_notifications, send_notifications
from reporter.jobs.delivery.retrying import run_retries
from reporter.jobs.delivery.sending import Sender
from reporter.jobs.loops import states_of
from reporter.loops.loop import Loop
from reporter.model.case import Request
from reporter.model.providers import ALL, normalise
from reporter.model.text import show
from reporter.serve.asked import Asked
from reporter.serve.bodies import (
    AnswerBody,
    ApprovalBody,
    Body,
    CloseBody,
    DeliverBody,
    OpenBody,
    SignedBody,
    WorkerBody,
)
from reporter.settings_model import Settings

B = TypeVar("B", bound=Body)

Answer = Mapping[str, Any]


def tell_drill(asked: Asked) -> Answer:
    """Tell owners of the next drill."""
    body = _body(asked, DeliverBody)
    request = Request(providers=_providers(body), force=body.force)
    settings, environment, by = asked.settings, asked.environment, asked.caller.name
    if not body.execute:
        planned = plan_notifications(settings, environment, asked.now, utc_now(), request, by=by)
        return {**notifications_as_json(planned), "executed": False, "delivery": None, "remarks": _remarks(body)}
    with sending(settings, environment, "notify send", asked.tell, alone=True, by=by) as (sender, watch):
        planned = plan_notifications(settings, environment, asked.now, utc_now(), request, by=by)
        record_notifications(settings, planned)
        delivery = send_notifications(sender, planned)
        note_end(watch, delivery)
    told = {"executed": True, "delivery": delivery_as_json(delivery), "remarks": _remarks(body, sender)}
    return {**notifications_as_json(planned), **told}


def tell_alerts(loop: Loop, asked: Asked) -> Answer:
    """Tell people of the workers that a loop tells of."""
    body = _body(asked, DeliverBody)
    delivery = None
    what, by, only = "alert send", asked.caller.name, {loop.word}
    with sending(asked.settings, asked.environment, what, asked.tell, alone=body.execute, by=by) as (all_, watch):
        sender = _narrowed(all_, _providers(body))
        if body.execute:
            alerts, delivery = send_alerts(sender, asked.now, force=body.force, only=only)
            note_end(watch, delivery)
        else:
            alerts = plan_alerting(sender, asked.now, force=body.force, only=only)
    return {**alerts_as_json(alerts, delivery), "remarks": _remarks(body, sender)}


def plan(loop: Loop, asked: Asked) -> Answer:
    """Plan the retries of a loop."""
    by, only = asked.caller.name, {loop.word}
    plans = plan_retries(asked.settings, asked.environment, asked.now, utc_now(), only=only, by=by)
    added = record_plans(asked.settings, plans) if asked.body.execute else 0
    return plans_as_json(plans, execute=asked.body.execute, added=added)


def run_worker(loop: Loop, asked: Asked) -> Answer:
    """Run the retry worker of a loop. Who asks for it is who executes: what they approved themselves is flagged."""
    body = _body(asked, WorkerBody)
    settings = _executed_by(asked.settings, asked.environment, asked.caller.name)
    with sending(settings, asked.environment, "retry run", asked.tell, alone=True, by=asked.caller.name) as (
        sender,
        watch,
    ):
        ran = run_retries(sender, asked.now, live=body.execute, most=body.max_retry_deliveries, only={loop.word})
        note_end(watch, ran.delivery)
    return {**retry_run_as_json(ran), "remarks": _unused(sender)}


def answer(loop: Loop, asked: Asked) -> Answer:
    """Answer for what was delivered."""
    body = _body(asked, AnswerBody)
    return _acknowledged(loop, asked, asked.subject, body)


def answer_plan(loop: Loop, asked: Asked) -> Answer:
    """Answer for the next retry of a route, as the newest retry plan has it."""
    body = _body(asked, AnswerBody)
    states = states_of(asked.settings, asked.environment, asked.now).states
    facts = states.facts.get(loop.word)
    plans = sorted(facts.retry_plans) if facts else []
    known = [one.id for one in plans]
    if asked.subject not in known:
        wanted = f"the newest of {loop.word}, {show(known[-1])}" if known else f"one of {loop.word}: none is recorded"
        raise NotKnown(f"retry_plan_id: found {show(asked.subject)}, wanted {wanted}")
    if asked.subject != known[-1]:
        raise UsageFault(f"retry_plan_id: found an older plan, wanted the newest of {loop.word}, {show(known[-1])}")
    subject = getattr(body, loop.subject_keys[0])
    if not subject:
        waiting = [
            one.route.subject
            for one in states.of(loop)
            if one.route.provider == normalise(body.provider) and one.failures and not one.exhausted
        ]
        if len(waiting) != 1:
            found = f"{len(waiting)} routes to {body.provider} that wait for a retry"
            raise UsageFault(
                f"{loop.subject_keys[0]}: found none in the body and {found}, wanted the one that is meant"
            )
        subject = waiting[0]
    return _acknowledged(loop, asked, subject, body)


def approve(loop: Loop, asked: Asked) -> Answer:
    """Decide about the next retry of a route."""
    body = _body(asked, ApprovalBody)
    route = (loop.word, asked.subject, body.provider)
    return _recorded(
        asked,
        approve_retry(asked.settings, asked.environment, asked.now, route, body.state, _signed(asked, body)),
    )


def open_(asked: Asked) -> Answer:
    """Open a recovery."""
    body = _body(asked, OpenBody)
    return _recorded(
        asked, open_recovery(asked.settings, asked.environment, asked.now, body.provider, _signed(asked, body))
    )


def close(asked: Asked) -> Answer:
    """Decide about a recovery."""
    body = _body(asked, CloseBody)
    prepared = close_recovery(
        asked.settings,
        asked.environment,
        asked.now,
        body.provider,
        body.playbook,
        body.state,
        body.verification_refs,
        _signed(asked, body),
    )
    return _recorded(asked, prepared)


def _acknowledged(loop: Loop, asked: Asked, subject: str, body: AnswerBody) -> Answer:
    route = (loop.word, subject, body.provider)
    state = getattr(body, "state", None) or ""
    signature = _signed(asked, body)
    return _recorded(
        asked, acknowledge(asked.settings, asked.environment, asked.now, route, state, body.plan_id, signature)
    )


def _recorded(asked: Asked, prepared: Prepared) -> Answer:
    execute = asked.body.execute
    prepared, added = record_once(asked.settings, prepared) if execute else (prepared, False)
    return prepared_as_json(prepared, execute=execute, added=added)


def _signed(asked: Asked, body: SignedBody) -> Signature:
    return sign(asked.caller.name, body.reason, body.ref, utc_now())


def _body(asked: Asked, kind: type[B]) -> B:
    assert isinstance(asked.body, kind)  # noqa: S101 - by the table of operations, for mypy
    return asked.body


def _providers(body: DeliverBody) -> tuple[str, ...]:
    return () if body.provider == ALL else (str(body.provider),)


def _remarks(body: DeliverBody, sender: Sender | None = None) -> list[str]:
    left = f"retries: found {body.retries}; what fails is tried again by the retry worker, under its own rules"
    return [*([left] if body.retries else []), *(_unused(sender) if sender else [])]


def _unused(sender: Sender) -> list[str]:
    return [f"not used: {fault}" for fault in sender.channels.faults]


def _narrowed(sender: Sender, providers: tuple[str, ...]) -> Sender:
    if not providers:
        return sender
    kept = {name: one for name, one in sender.channels.by_provider.items() if name in providers}
    return sender._replace(channels=replace(sender.channels, by_provider=kept))


def _executed_by(settings: Settings, environment: str, executor: str) -> Settings:
    chosen = settings.environments[environment].model_copy(update={"executor": executor})
    return settings.model_copy(update={"environments": {**settings.environments, environment: chosen}})
