"""`reporter notify`: plan who is told of the next rollback drill, and tell them."""

import json
from collections.abc import Iterator
from datetime import datetime

import click

from reporter.cli.answering import decided_at, recording_options, sending_options, start
from reporter.cli.deliveries import counted, delivery_lines, ended
from reporter.cli.options import providers_option
from reporter.cli.terminal import print_json, remark, say
from reporter.clock import utc_now
from reporter.errors import ExitCode
from reporter.jobs.delivery.alone import note_end, sending
from reporter.jobs.delivery.as_json import delivery_as_json, notifications_as_json
from reporter.jobs.delivery.notifying import (
    Notifications,
    plan_notifications,
    record_notifications,
    send_notifications,
)
from reporter.jobs.runs.lock import patiently
from reporter.model.case import Request
from reporter.model.instants import format_instant
from reporter.model.reports import RouteDecision
from reporter.model.text import count, visible

force_option = click.option("--force", is_flag=True, help="Tell, though the schedule is healthy.")


@click.group
def notify() -> None:
    """Tell owners of the next rollback drill.

    \b
    Examples:
      reporter notify plan
      reporter notify send --execute
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


@notify.command
@providers_option
@force_option
@recording_options
def plan(  # noqa: PLR0913, PLR0917 - one for each option
    providers: tuple[str, ...],
    force: bool,  # noqa: FBT001 - a flag of click
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    execute: bool,  # noqa: FBT001 - a flag of click
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Say who is told of the next drill, who is not, and why.

    --execute records the plan; nothing is sent. Planned again in the same cycle it is the same plan, and answers are
    due since it was first made.

    \b
    Example:
      reporter notify plan --provider slack,teams --force
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, name = start(settings_file, environment)
    request = Request(providers=providers, force=force)
    planned = plan_notifications(settings, name, decided_at(as_of, execute=execute), utc_now(), request)
    added = execute and record_notifications(settings, planned)
    if as_json:
        print_json(json.dumps(notifications_as_json(planned) | {"executed": execute, "added": added}, indent=1))
    else:
        for line in _lines(planned):
            say(line)
        if execute and planned.record:
            say(f"{'recorded' if added else 'recorded already'}: plan {planned.report.plan_id}")
    if not execute:
        remark("nothing was recorded; --execute records the plan")
    return ExitCode.DONE


@notify.command
@providers_option
@force_option
@sending_options
def send(  # noqa: PLR0913, PLR0917 - one for each option
    providers: tuple[str, ...],
    force: bool,  # noqa: FBT001 - a flag of click
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    execute: bool,  # noqa: FBT001 - a flag of click
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Tell everybody whom the plan tells, once for each plan. What failed is tried again by `reporter retry run`.

    Without --execute nothing is recorded or sent.

    \b
    Examples:
      reporter notify send
      reporter notify send --environment production-pilot --execute
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, name = start(settings_file, environment)
    request = Request(providers=providers, force=force)
    now = decided_at(as_of, execute=execute)
    if not execute:
        planned = plan_notifications(settings, name, now, utc_now(), request)
        if as_json:
            print_json(json.dumps(notifications_as_json(planned) | {"executed": False, "delivery": None}, indent=1))
        else:
            for line in _lines(planned):
                say(line)
        remark("nothing was sent; --execute records the plan and sends it")
        return ExitCode.DONE
    with sending(settings, name, "notify send", remark, alone=True, patience=patiently(remark)) as (sender, watch):
        planned = plan_notifications(settings, name, now, utc_now(), request)
        record_notifications(settings, planned)
        delivery = send_notifications(sender, planned)
        note_end(watch, delivery)
    if as_json:
        told = {"executed": True, "delivery": delivery_as_json(delivery)}
        print_json(json.dumps(notifications_as_json(planned) | told, indent=1))
    elif not delivery.counts and planned.is_told:
        for line in _lines(planned):
            say(line)
    else:
        say(f"{name}: {counted(delivery)}")
        for line in delivery_lines(delivery):
            say(line)
    return ended(delivery)


def _lines(planned: Notifications) -> Iterator[str]:
    report, told = planned.report, len(planned.told)
    if planned.is_told:
        yield visible(f"{planned.environment}: {count(told, 'route')} told already; nothing to do")
    else:
        already = f"; {count(told, 'route')} of these told already" if told else ""
        yield visible(f"{planned.environment}: {report.summary}{already}")
    yield from (_line(planned, one) for one in report.route_decisions)


def _line(planned: Notifications, one: RouteDecision) -> str:
    who = f"{one.owner} -> {one.provider}"
    if one.action == "deliver" and one.provider in planned.told:
        at = planned.told[one.provider]
        return visible(f"  {'':<9}  {who}  told already{f' on {format_instant(at)}' if at else ''}")
    until = f", until {one.until}" if one.until else ""
    return visible(f"  {one.action:<9}  {who}  {one.reason}{until}")
