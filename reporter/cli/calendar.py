"""`reporter calendar`: what is due, for people's calendars."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from reporter.cli.options import as_of_option, environments_option, instant_of, output_option, settings_option
from reporter.cli.terminal import hand_over, remark
from reporter.environments import chosen_environments
from reporter.settings import load_settings


@click.command
@environments_option
@click.option("--owner", default="", metavar="NAME", help="Only what is this owner's, or everybody's.")
@click.option(
    "--days",
    type=click.IntRange(1, 1096),
    default=90,
    show_default=True,
    metavar="N",
    help="List windows that start within so many days; what is due is listed whenever it is.",
)
@output_option
@as_of_option
@settings_option
def calendar(  # noqa: PLR0913, PLR0917 - one for each option
    environments: tuple[str, ...],
    owner: str,
    days: int,
    output: Path | None,
    as_of: datetime | None,
    settings_file: str | None,
) -> None:
    """Write what is due, and who cannot be told when, as an iCalendar file.

    Rollback drills, maintenance windows and owners' calendars as the notification plan judges them, executive reports,
    ends of recoveries, retries; in UTC. A later file replaces an earlier one in a calendar that subscribes to it.

    \b
    Examples:
      reporter calendar --output due.ics
      reporter calendar --environment production-pilot --owner release-governance --days 30
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    from reporter.jobs.publication import calendar_file

    settings, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    names = chosen_environments(settings, environments)
    content, count = calendar_file(settings, names, instant_of(as_of), owner, timedelta(days=days))
    hand_over(content, output, f"{count} entr{'y' if count == 1 else 'ies'}")
