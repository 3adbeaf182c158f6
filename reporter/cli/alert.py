"""`reporter alert`: tell people of retry workers that are not well."""

import json
from collections.abc import Iterator
from datetime import datetime

import click

from reporter.cli.answering import decided_at, sending_options, start
from reporter.cli.deliveries import counted, delivery_lines, ended
from reporter.cli.terminal import print_json, remark, say
from reporter.errors import ExitCode
from reporter.jobs.delivery.alerting import Alerts, plan_alerting, send_alerts, told_by
from reporter.jobs.delivery.alone import note_end, sending
from reporter.jobs.delivery.as_json import alerts_as_json
from reporter.jobs.runs.lock import patiently
from reporter.model.instants import format_instant


@click.group
def alert() -> None:
    """Tell people of retry workers that are not well.

    \b
    Example:
      reporter alert send --execute
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


@alert.command
@click.option("--force", is_flag=True, help="Tell again, though it was told a moment ago; never of a healthy worker.")
@sending_options
def send(  # noqa: PLR0913, PLR0917 - one for each option
    force: bool,  # noqa: FBT001 - a flag of click
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    execute: bool,  # noqa: FBT001 - a flag of click
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Judge the worker of every loop, and tell each usable connector of those that are not well.

    The same state of affairs is not told again within the loop's window. Without --execute nothing is recorded or sent.

    \b
    Examples:
      reporter alert send
      reporter alert send --environment production-pilot --execute
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, name = start(settings_file, environment)
    now = decided_at(as_of, execute=execute)
    delivery = None
    with sending(settings, name, "alert send", remark, alone=execute, patience=patiently(remark)) as (sender, watch):
        if execute:
            alerts, delivery = send_alerts(sender, now, force=force)
            note_end(watch, delivery)
        else:
            alerts = plan_alerting(sender, now, force=force)
    for silent in sender.channels.silent:
        remark(f"{silent} is not told: connectors.{silent}.to names nobody whom messages go to")
    if as_json:
        print_json(json.dumps(alerts_as_json(alerts, delivery), indent=1))
    else:
        for line in _lines(alerts):
            say(line)
        for line in delivery_lines(delivery) if delivery else ():
            say(line)
    if delivery is None:
        remark("nothing was recorded or sent; --execute does both")
        return ExitCode.DONE
    if not as_json:
        say(f"{name}: {counted(delivery)}")
    return ended(delivery)


def _lines(alerts: Alerts) -> Iterator[str]:
    if not alerts.wanted:
        yield f"{alerts.environment}: every retry worker is well"
    for one in alerts.wanted:
        told, absent = told_by(alerts, one)
        rest = f"; would tell {', '.join(absent)}, which is not configured" if absent else ""
        yield f"{one.loop}  about {one.about}: {one.alert_level}; tells {', '.join(told) or 'nobody'}{rest}"
        yield from (f"  {each.severity:<9}  {each.message}" for each in one.alerts)
        for silent in one.suppressed_providers:
            yield f"  {silent.provider} was told at {format_instant(silent.last_delivery_at)}"
