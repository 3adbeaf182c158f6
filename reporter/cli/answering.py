"""What the commands that record a decision share: their options, and how they say what they record.

Without --execute they check everything and print what they would record.
"""

import functools
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import click

from reporter.cli.options import as_of_option, complete_environment, json_option, settings_option
from reporter.cli.terminal import print_json, remark, say
from reporter.clock import precise_now, utc_now
from reporter.environments import chosen_environments
from reporter.errors import ExitCode, UsageFault
from reporter.jobs.answers import Prepared, Signature, prepared_as_json, record_once, sign
from reporter.model.instants import FUTURE_TOLERANCE, format_instant
from reporter.settings import load_settings
from reporter.settings_model import Settings

C = TypeVar("C", bound=Callable[..., Any])

environment_option = click.option(
    "--environment",
    "-e",
    metavar="NAME",
    shell_complete=complete_environment,
    help="The environment it is about; needed where the settings have several.",
)
execute_option = click.option(
    "--execute", is_flag=True, help="Record it in the ledger. Default: only say what would be."
)


def signature_options(command: C) -> C:
    """Add who, why and where it is written down."""
    for option in (
        click.option("--ref", required=True, metavar="REF", help="The ticket or change that holds the decision."),
        click.option("--reason", required=True, metavar="TEXT", help="Why, in one line."),
        click.option("--by", required=True, metavar="NAME", help="Who decides: a name or a role, no address."),
    ):
        command = option(command)
    return command


def recording_options(command: C) -> C:
    """Add the options of every command that records something."""
    for option in (json_option, execute_option, settings_option, as_of_option, environment_option):
        command = option(command)
    return command


class Deciding(NamedTuple):
    """Who decides, why, about which environment, and what becomes of it."""

    by: str
    reason: str
    ref: str
    environment: str | None
    as_of: datetime | None
    settings_file: str | None
    execute: bool
    as_json: bool

    def decide(self, prepare: Callable[[Settings, str, datetime, Signature], Prepared]) -> int:
        """Prepare a decision, and record it, or only say what would be recorded."""
        signature = signed(self.by, self.reason, self.ref)
        settings, name = start(self.settings_file, self.environment)
        prepared = prepare(settings, name, decided_at(self.as_of, execute=self.execute), signature)
        return finish(settings, prepared, execute=self.execute, as_json=self.as_json)


def decision_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options of every command that records a decision; it gets them as one `deciding`."""

    @functools.wraps(command)
    def with_deciding(**given: Any) -> int:  # noqa: ANN401 - as click has it
        deciding = Deciding(**{name: given.pop(name) for name in Deciding._fields})
        return command(**given, deciding=deciding)

    return signature_options(recording_options(with_deciding))


def sending_options(command: C) -> C:
    """Add the options of every command that sends something."""
    execute = click.option("--execute", is_flag=True, help="Record it and send it. Default: only say what would be.")
    for option in (json_option, execute, settings_option, as_of_option, environment_option):
        command = option(command)
    return command


def start(settings_file: str | None, environment: str | None) -> tuple[Settings, str]:
    """Load the settings and find the one environment that is meant."""
    settings, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    names = chosen_environments(settings, [environment] if environment else [])
    if len(names) > 1:
        raise UsageFault(f"several environments in the settings: choose one with --environment ({', '.join(names)})")
    return settings, names[0]


def signed(by: str, reason: str, ref: str) -> Signature:
    """Check and sign with the wall clock."""
    return sign(by, reason, ref, utc_now())


def decided_at(as_of: datetime | None, *, execute: bool) -> datetime:
    """Give the instant of a decision. Raise UsageFault for one to be recorded that is not dated when it is given.

    Dated later it would not count, and dated back it would count as in time. What is recorded is dated to the digit:
    in whole seconds, a plan could be dated after what was sent by it.
    """
    clock = utc_now()
    if as_of is not None and execute and abs(as_of - clock) > FUTURE_TOLERANCE:
        side = "later" if as_of > clock else "earlier"
        raise UsageFault(
            f"--as-of: found {format_instant(as_of)}, {side} than the clock, {format_instant(clock)}:"
            " what is recorded is dated when it is given; leave --as-of out, or --execute"
        )
    return as_of or (precise_now() if execute else clock)


def finish(settings: Settings, prepared: Prepared, *, execute: bool, as_json: bool) -> int:
    """Record the decision, or only say what would be recorded; what the person should know is said before."""
    for line in prepared.remarks:
        remark(line)
    prepared, added = record_once(settings, prepared) if execute else (prepared, False)
    if as_json:
        print_json(json.dumps(prepared_as_json(prepared, execute=execute, added=added), indent=1))
    else:
        say(f"{_said(prepared, added=added)} {prepared.about}")
        if not prepared.repeats:
            for line in prepared.changes:
                say(f"  {line}")
        say(f"  record {prepared.record_id} for {prepared.environment}, dated {prepared.record['created_at']}")
    if not execute and not prepared.repeats:
        remark("nothing was recorded; --execute records it")
    return ExitCode.DONE


def _said(prepared: Prepared, *, added: bool) -> str:
    if added:
        return "recorded:"
    if prepared.repeats:
        return "recorded already, nothing was added:"
    return "would record:"
