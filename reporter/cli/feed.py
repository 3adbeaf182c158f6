"""`reporter feed`: the changes of verdicts, for feed readers."""

from datetime import datetime
from pathlib import Path

import click

from reporter.cli.options import as_of_option, environments_option, instant_of, output_option, settings_option
from reporter.cli.terminal import hand_over, remark
from reporter.environments import chosen_environments
from reporter.errors import UsageFault
from reporter.jobs.standing import public_key_of
from reporter.settings import load_settings


@click.command
@environments_option
@click.option(
    "--last", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="So many changes at most."
)
@output_option
@as_of_option
@settings_option
def feed(
    environments: tuple[str, ...],
    last: int,
    output: Path | None,
    as_of: datetime | None,
    settings_file: str | None,
) -> None:
    """Write the changes of verdicts as an Atom feed.

    One entry for each bundle whose verdict is another one than that of the bundle before it, from signed statements
    alone. Ids and dates are those of the bundles. Links need the setting deliver.link.

    \b
    Examples:
      reporter feed --output verdicts.atom
      reporter feed --environment production-pilot --last 10
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    from reporter.jobs.publication import feed_file

    settings, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    names, key = chosen_environments(settings, environments), public_key_of(settings)
    if key is None:
        raise UsageFault("no bundle yet, and no key to verify one with: `reporter run` makes both")
    content, count = feed_file(settings, names, instant_of(as_of), key, last)
    hand_over(content, output, f"{count} verdict change{'' if count == 1 else 's'}")
