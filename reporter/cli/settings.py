"""`reporter settings`: check what is in force, print an example with every key."""

import click

from reporter.cli.options import settings_option
from reporter.cli.terminal import print_json, remark, say
from reporter.settings import load_settings
from reporter.settings_text import example_text, settings_in_force


@click.group
def settings() -> None:
    """Check the settings; print an example with every key."""


@settings.command
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print the settings in force as JSON.")
def check(settings_file: str | None, as_json: bool) -> None:  # noqa: FBT001 - a flag of click
    """Validate the settings; report every fault at once, or print what is in force. Secrets are never shown."""
    found, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    if as_json:
        print_json(settings_in_force(found, as_json=True))
    else:
        say(settings_in_force(found, as_json=False))


@settings.command
def example() -> None:
    """Print a reporter.toml with every key, its type, unit, default and variable."""
    say(example_text())
