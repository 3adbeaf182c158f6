"""Options that several commands share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from reporter.clock import utc_now
from reporter.model.instants import parse_instant


class InstantType(click.ParamType):
    """An ISO 8601 timestamp, as aware UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the text of the option."""
        if isinstance(value, datetime):
            return value
        instant = parse_instant(value)
        if instant is None:
            self.fail(f"{value!r} is not an ISO 8601 time; wanted one such as 2026-06-11T15:40:00Z", param, ctx)
        return instant.at.replace(microsecond=0)


Command = Callable[..., Any]

settings_option = click.option(
    "--settings",
    "settings_file",
    metavar="FILE",
    help="The settings file. Default: $REPORTER_SETTINGS, then reporter.toml here, then the environment alone.",
)
as_of_option = click.option(
    "--as-of", type=InstantType(), metavar="T", help="Judge as of this time (ISO 8601). Default: now."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout, and nothing else there.")
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(["due_soon", "needs_attention"]),
    help="Exit 3 when something is due soon, 4 when something needs attention. needs_attention lets due soon pass.",
)


def instant_of(as_of: datetime | None) -> datetime:
    """Give the instant of the whole call: read the clock once, here."""
    return as_of or utc_now()
